-- Typst reads '- a', '+ a', '1. a', '= a', '/ a: b', '...' and '--' as commands, and pandoc writes them as they stand. Here
-- every sign of a word is escaped, so that words are words wherever a line or a cell begins.

if FORMAT ~= "typst" then return {} end

local function literal(word)
  local escaped = word.text:gsub("%p", "\\%0")
  if escaped ~= word.text then return pandoc.RawInline("typst", escaped) end
end

-- The words of an image are its alternative text: a string in Typst, which holds no commands.
local function as_it_is(image) return image, false end

local words = { traverse = "topdown", Image = as_it_is, Str = literal }

-- Of the metadata these alone are text; the others are lengths and names that Typst reads as code.
local function document(doc)
  for _, key in ipairs { "title", "subtitle", "author" } do
    local value = doc.meta[key]
    if pandoc.utils.type(value) == "Inlines" then
      doc.meta[key] = value:walk(words)
    elseif pandoc.utils.type(value) == "List" then
      doc.meta[key] = value:map(function(one) return pandoc.utils.type(one) == "Inlines" and one:walk(words) or one end)
    end
  end
  doc.blocks = doc.blocks:walk(words)
  return doc
end

return { { Pandoc = document } }
