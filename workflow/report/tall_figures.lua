-- A page cuts off what is taller than it, so a figure that is too tall for its width is made narrower. On a screen nothing
-- is cut.

if FORMAT:match("^html") then return {} end

-- Height to width of the text of an A4 page with margins of 2 cm, less three lines of caption.
local TALLEST = 1.36

-- Height to width of a figure, by the head of the PNG that stands beside every SVG; nil where there is none.
local function shape(source)
  local file = io.open(source:gsub("%.%w+$", "") .. ".png", "rb")
  if not file then return nil end
  local width, height = string.unpack(">I4I4", file:read(24), 17)
  file:close()
  return height / width
end

local function fit(image)
  local share, tall = (image.attributes.width or "100%"):match("^([%d.]+)%%$"), shape(image.src)
  if not (share and tall) then return nil end
  local most = 100 * TALLEST / tall
  if tonumber(share) <= most then return nil end
  image.attributes.width = string.format("%.1f%%", most)
  return image
end

return { { Image = fit } }
