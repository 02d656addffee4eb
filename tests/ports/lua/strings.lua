-- The string library: what it asks of the C library (printf's formats, collation, ctype), patterns, packing.
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and string.find(message, pattern), message)
end

-- Formats: each goes to snprintf.
assert(string.format("%d|%5d|%-5d|%05d|%+d", 42, 42, 42, 42, 42) == "42|   42|42   |00042|+42")
assert(string.format("%x|%X|%#x|%o", 255, 255, 255, 8) == "ff|FF|0xff|10")
assert(string.format("%d %i", math.mininteger, math.maxinteger) == "-9223372036854775808 9223372036854775807")
assert(string.format("%.3f|%10.2f|%-10.2f|%+.1f|%e|%g", 3.14159, 2.5, 2.5, 1.25, 12345.678, 0.0001)
  == "3.142|      2.50|2.50      |+1.2|1.234568e+04|0.0001")
assert(string.format("%.14g %.17g %.99f", 0.1, 0.1, 1 / 3):match("^0%.1 0%.10000000000000001 0%.3333333333333333148"))
assert(#string.format("%99.99f", -1e308) >= 100)
assert(string.format("%a %a %.3a", 1.0, -0.5, 3.14159) == "0x1p+0 -0x1p-1 0x1.922p+1")
assert(string.format("%g %g %g", 1 / 0, -1 / 0, 2 ^ 53) == "inf -inf 9.0072e+15")
assert(string.format("%5.2s|%-6s|%s|%c%c", "hello", "ab", "x", 65, 0) == "   he|ab    |x|A\0")
assert(string.format("%q", 'a "quoted"\n\\line\0end\r') == '"a \\"quoted\\"\\\n\\\\line\\0end\\13"')
assert(string.format("%q", 0.1) == "0x1.999999999999ap-4" and string.format("%q", math.mininteger) == "0x8000000000000000")
assert(load("return " .. string.format("%q", 1 / 3))() == 1 / 3)
fails("invalid conversion", string.format, "%y", 1)
fails("no value", string.format, "%d")
fails("number has no integer representation", string.format, "%d", 1.5)

-- Numbers in text: strtod and what Lua has of its own.
assert(tonumber("0x1p4") == 16.0 and tonumber("0x.8") == 0.5 and tonumber("  12  ") == 12)
assert(tonumber("1e308") == 1e308 and tonumber("1e400") == math.huge and tonumber("5e-324") == 5e-324)
assert(tonumber("2.2250738585072014e-308") == 2 ^ -1022 and tonumber("0x1.fffffffffffffp1023") == 1.7976931348623157e308)
assert(tonumber("12a") == nil and tonumber("") == nil and tonumber("nan") == nil and tonumber("inf") == nil)
assert(tonumber("7fffffffffffffff", 16) == math.maxinteger and tonumber("zz", 36) == 1295 and tonumber("8", 8) == nil)
for _, x in ipairs { 0.1, 1 / 3, 1e100, 123456.789, 2 ^ -1074, 1.7976931348623157e308 } do
  assert(tonumber(string.format("%.17g", x)) == x and tonumber(string.format("%a", x)) == x)
end
assert(tostring(1e15) == "1e+15" and tostring(-0.0) == "-0.0" and tostring(3.0) == "3.0" and 10 // 3 .. "" == "3")

-- Patterns.
assert(string.find("hello world", "o w") == 5 and select(2, string.find("hello", "l+")) == 4)
assert(string.find("a.b", ".", 1, true) == 2 and string.find("", "") == 1 and string.find("abc", "b", -1) == nil)
assert(string.match("key = value", "^(%w+)%s*=%s*(%w+)$") == "key")
assert(string.match("2026-11-22", "(%d+)-(%d+)-(%d+)") == "2026")
assert(string.match("f(a(b)c)d", "%b()") == "(a(b)c)" and string.match("THE (quick) fox", "%f[%a]%a+%f[%A]") == "THE")
assert(string.gsub("hello", "l", { l = "L" }) == "heLLo" and string.gsub("abc", "%w", "%0%0") == "aabbcc")
assert(string.gsub("abc", "", "-") == "-a-b-c-" and select(2, string.gsub("aaa", "a", "b", 2)) == 2)
assert(string.gsub("$name is $age", "%$(%w+)", { name = "Lua", age = 30 }) == "Lua is 30")
assert(string.gsub("x^2", "%^(%d)", function(d) return "**" .. d end) == "x**2")
local words = {}
for word in string.gmatch("one two  three", "%a+") do words[#words + 1] = word end
assert(table.concat(words, ",") == "one,two,three")
assert(string.match(("a"):rep(100000) .. "b", ".-b") == ("a"):rep(100000) .. "b")
assert(string.match("\0\1\2", "[\0-\2]+") == "\0\1\2" and string.match("x]y", "[]]") == "]")
fails("malformed pattern", string.find, "a", "[a")
fails("pattern too complex", string.match, ("x"):rep(300000), ("(x?)"):rep(1) .. ("x?"):rep(300000))

-- Classes go to ctype, of the locale C.
for byte = 0, 255 do
  local c = string.char(byte)
  assert((c:match("%a") ~= nil) == (byte >= 65 and byte <= 90 or byte >= 97 and byte <= 122), byte)
  assert((c:match("%c") ~= nil) == (byte < 32 or byte == 127), byte)
  assert((c:match("%p") ~= nil) == (byte > 32 and byte < 127 and not c:match("%w")), byte)
  assert((c:match("%s") ~= nil) == (byte == 32 or byte >= 9 and byte <= 13), byte)
end
assert(("ÀbC"):upper() == "ÀBC" and ("ÀBC"):lower() == "Àbc")

-- Comparison goes to strcoll, in pieces at each null.
assert("a" < "b" and "a" < "aa" and "Z" < "a" and "a\0a" < "a\0b" and not ("a\0b" < "a\0a") and "" < "\0")
assert("\xff" > "a" and "alo" <= "alo\0" and not ("alo\0" <= "alo"))

-- The rest.
assert(("abc"):rep(3, "-") == "abc-abc-abc" and ("x"):rep(0) == "" and ("x"):rep(-1) == "" and ("abc"):reverse() == "cba")
assert(("hello"):sub(2, -2) == "ell" and ("hello"):sub(-100, 100) == "hello" and ("x"):byte(10) == nil)
fails("resulting string too large", string.rep, "x", math.maxinteger)
local long = ("0123456789"):rep(1000000)
assert(#long == 10000000 and long:sub(-3) == "789" and long:find("9", 9999991, true) == 10000000)

-- Packing: layout of C's types.
assert(string.pack("<i4", 100) == "d\0\0\0" and string.pack(">I2", 258) == "\1\2" and string.packsize("!8 b d") == 16)
assert(string.packsize("i") == 4 and string.packsize("l") == 8 and string.packsize("T") == 8 and string.packsize("j") == 8)
local packed = string.pack("z s1 f d n", "zero", "one", 0.5, 0.1, 1e300)
local a, b, c, d, e = string.unpack("z s1 f d n", packed)
assert(a == "zero" and b == "one" and c == 0.5 and d == 0.1 and e == 1e300)
assert(string.unpack("<i16", string.pack("<i16", math.mininteger)) == math.mininteger)
fails("overflow", string.pack, "i1", 200)
fails("too short", string.unpack, "i4", "abc")
print("strings OK")
