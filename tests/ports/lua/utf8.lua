-- The utf8 library, and what else of Lua takes text for more than bytes.
assert(utf8.char(72, 228, 8364, 128512) == "Hä€😀" and utf8.char() == "" and utf8.charpattern == "[\0-\x7F\xC2-\xFD][\x80-\xBF]*")
assert(utf8.len("Hä€😀") == 4 and #"Hä€😀" == 10 and utf8.len("") == 0 and utf8.len("äöü", -4) == 2)
assert(utf8.codepoint("€") == 8364 and select("#", utf8.codepoint("Hä€😀", 1, -1)) == 4)
assert(utf8.offset("Hä€😀", 3) == 4 and utf8.offset("Hä€😀", -1) == 7 and utf8.offset("ab", 5) == nil)
local points = {}
for position, point in utf8.codes("aé€😀") do points[#points + 1] = position .. ":" .. point end
assert(table.concat(points, " ") == "1:97 2:233 4:8364 7:128512")

-- Invalid sequences are found where they begin.
for text, where in pairs {
  ["abc\xE3def"] = 4, ["\xF4\x9F\xBF\xBF"] = 1, ["\u{D7FF}\xED\xA0\x80"] = 4, ["\xC0\x80"] = 1, ["\xFF"] = 1,
} do
  local len, position = utf8.len(text)
  assert(len == nil and position == where, position)
  assert(not pcall(function() for _ in utf8.codes(text) do end end), where)
end
assert(select(2, utf8.len("x\x80")) == 2)
assert(utf8.len("\u{7FFFFFFF}", 1, -1, true) == 1 and utf8.len("\u{7FFFFFFF}") == nil)
assert(not pcall(utf8.codepoint, "\xFF") and not pcall(utf8.char, -1) and not pcall(utf8.len, "abc", 5))

-- All code points, there and back.
local step = 251
for point = 0, 0x10FFFF, step do
  if point < 0xD800 or point > 0xDFFF then
    local text = utf8.char(point)
    assert(utf8.codepoint(text) == point and utf8.len(text) == 1 and text:match("^" .. utf8.charpattern .. "$") == text)
  end
end
assert("\u{48}\x69\065\z
        !" == "HiA!" and '\'' == "'" and [==[
a]]b]==] == "a]]b")
print("utf8 OK")
