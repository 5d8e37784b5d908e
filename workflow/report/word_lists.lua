-- In Word pandoc sets the items of lists like the cells of tables, whose type is small. Here they get a style of their own.

if FORMAT ~= "docx" then return {} end

local function styled(blocks)
  local out = pandoc.Blocks(blocks):map(function(block)
    return block.t == "Plain" and pandoc.Para(block.content) or block
  end)
  return { pandoc.Div(out, pandoc.Attr("", {}, { ["custom-style"] = "List Item" })) }
end

local function list(element)
  element.content = element.content:map(styled)
  return element
end

return { { BulletList = list, OrderedList = list } }
