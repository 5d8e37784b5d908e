-- Lets pandoc alone read what report.qmd takes from Quarto: figures and tables with ids and @references, callouts, and
-- content that only some formats show. A reference to nothing is an error.

local kinds = { fig = "Figure", tbl = "Table" }
local counts = { fig = 0, tbl = 0 }
local labels = {}

local function kind_of(id) return id:match("^(%a+)%-") end

local function number(id)
  local kind = kind_of(id)
  counts[kind] = counts[kind] + 1
  labels[id] = kinds[kind] .. "\u{a0}" .. counts[kind]
  return labels[id]
end

-- Typst numbers figures by itself; the label stands in the caption of every other format.
local function labelled(inlines, id)
  local label = number(id)
  if FORMAT == "typst" then return inlines end
  local out = pandoc.Inlines { pandoc.Str(label .. ":"), pandoc.Space() }
  out:extend(inlines)
  return out
end

local function shown(div)
  local only, except = div.attributes["when-format"], div.attributes["unless-format"]
  local function is(format)
    return FORMAT:match("^" .. format) ~= nil or (format == "pdf" and FORMAT == "typst")
  end
  if only then return is(only) end
  if except then return not is(except) end
  return true
end

-- Content that only some formats show, and boxes that only a screen can scroll.
local function hide(div)
  if div.classes:includes("scroll") and not FORMAT:match("html") then return div.content end
  if div.classes:includes("content-visible") then return shown(div) and div.content or {} end
  if div.classes:includes("content-hidden") then return shown(div) and {} or div.content end
end

local function callout(div, kind)
  local title = div.attributes["title"] or kind
  local body = div.content
  if FORMAT == "typst" then
    local colour = ({ warning = "#c77700", important = "#b3261e", note = "#2b6ca3", tip = "#2e7d32" })[kind]
    local out = pandoc.Blocks {
      pandoc.RawBlock("typst", '#block(fill: luma(246), stroke: (left: 3pt + rgb("' .. colour ..
        '")), inset: 10pt, width: 100%, breakable: true)['),
      pandoc.RawBlock("typst", "#block(sticky: true)["),
      pandoc.Para { pandoc.Strong { pandoc.Str(title) } },
      pandoc.RawBlock("typst", "]"),
    }
    out:extend(body)
    out:insert(pandoc.RawBlock("typst", "]"))
    return out
  end
  body:insert(1, pandoc.Para { pandoc.Strong { pandoc.Str(title) } })
  return pandoc.Div(body, pandoc.Attr("", { "callout", "callout-" .. kind }))
end

local function figure_div(div)
  local caption = div.content:remove(#div.content)
  assert(caption.t == "Para", "the last paragraph of #" .. div.identifier .. " must be its caption")
  local inlines = labelled(caption.content, div.identifier)
  local content = pandoc.Blocks {}
  for _, block in ipairs(div.content) do
    if block.t == "Figure" then content:extend(block.content) else content:insert(block) end
  end
  return pandoc.Figure(content, { long = { pandoc.Plain(inlines) } }, pandoc.Attr(div.identifier))
end

local function div(element)
  local hidden = hide(element)
  if hidden then return hidden end
  for _, class in ipairs(element.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind then return callout(element, kind) end
  end
  if kind_of(element.identifier) == "fig" and not labels[element.identifier] then return figure_div(element) end
end

local function image(element)
  local alt = element.attributes["fig-alt"]
  if alt then
    element.attributes["fig-alt"] = nil
    if FORMAT:match("html") then element.attributes["alt"] = alt else element.caption = { pandoc.Str(alt) } end
  end
  return element
end

local function captioned(kind)
  return function(element)
    if kind_of(element.identifier) == kind and not labels[element.identifier] then
      local inlines = pandoc.utils.blocks_to_inlines(element.caption.long)
      element.caption.long = { pandoc.Plain(labelled(inlines, element.identifier)) }
      return element
    end
  end
end

local function reference(cite)
  local id = cite.citations[1].id
  if not kinds[kind_of(id) or ""] then return nil end
  local label = labels[id] or error("report.qmd refers to @" .. id .. ", which is not there")
  return pandoc.Link(label, "#" .. id)
end

return {
  { traverse = "topdown", Div = hide, Span = hide },
  { Image = image },
  { traverse = "topdown", Div = div, Figure = captioned("fig"), Table = captioned("tbl") },
  { Cite = reference },
}
