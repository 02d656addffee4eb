-- Arithmetic, the math library, random numbers: what comes from libm is compared with known results.
local function near(x, y) return math.abs(x - y) <= 1e-14 * math.max(1, math.abs(y)) end
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and string.find(message, pattern), message)
end

assert(math.type(1) == "integer" and math.type(1.0) == "float" and math.type("1") == nil)
assert(math.maxinteger + 1 == math.mininteger and math.mininteger // -1 == math.mininteger)
assert(7 // 2 == 3 and -7 // 2 == -4 and 7 // -2.0 == -4.0 and 7 % -3 == -2 and -7 % 3 == 2 and 5.5 % -2 == -0.5)
assert(1 / 0 == math.huge and -1 / 0 == -math.huge and 0 / 0 ~= 0 / 0 and 1 // 0.0 == math.huge)
assert(-6 % math.huge == math.huge and 6 % -math.huge == -math.huge and 3 % math.huge == 3)
fails("divide by zero", function() return 1 // 0 end)
fails("'n%%+0'", function() return 1 % 0 end)
assert(1 << 63 == math.mininteger and 1 << 64 == 0 and -1 >> 60 == 15 and ~0 == -1 and 5 ~ 3 == 6)
fails("no integer representation", function() return 1.5 | 1 end)
assert(2 ^ 53 == 9007199254740992.0 and 2 ^ -1074 > 0 and 2 ^ -1075 == 0 and (-8) ^ (1 / 3) ~= (-8) ^ (1 / 3))
assert(1 < 1.5 and math.maxinteger < math.huge and math.maxinteger + 0.0 == 2 ^ 63 and math.maxinteger ~= 2 ^ 63)
assert(10 == 10.0 and "10" ~= 10 and "10" + 5 == 15 and "0x10" * 1 == 16 and "1e1" + 0 == 10.0)

assert(near(math.sin(1), 0.8414709848078965) and near(math.cos(1), 0.5403023058681398))
assert(near(math.tan(1), 1.5574077246549023) and near(math.atan(1), 0.7853981633974483))
assert(near(math.atan(-1, -1), -2.356194490192345) and near(math.asin(1), math.pi / 2) and near(math.acos(-1), math.pi))
assert(near(math.exp(1), 2.718281828459045) and near(math.log(10), 2.302585092994046) and math.log(8, 2) == 3.0)
assert(math.log(1000, 10) == 3.0 and near(math.log(27, 3), 3.0) and math.sqrt(2) ^ 2 - 2 < 1e-15 and math.sqrt(-1) ~= math.sqrt(-1))
assert(near(math.sin(1e22), -0.8522008497671888) and near(math.exp(700), 1.0142320547350045e304))
assert(math.floor(-3.5) == -4 and math.ceil(-3.5) == -3 and math.floor(1e300) == 1e300 and math.type(math.floor(2.0)) == "integer")
assert(math.fmod(-7, 3) == -1 and math.fmod(7, -3.0) == 1.0 and select(2, math.modf(-3.25)) == -0.25 and math.modf(math.huge) == math.huge)
assert(math.tointeger(3.0) == 3 and math.tointeger(3.5) == nil and math.tointeger("8") == 8 and math.tointeger({}) == nil)
assert(math.ult(1, -1) and not math.ult(-1, 1) and math.abs(math.mininteger) == math.mininteger)
assert(math.max(1, 2.5, -1) == 2.5 and math.min(3, 1, 2) == 1)
fails("value expected", math.max)

-- The generator gives the same from the same seed, everywhere.
math.randomseed(42)
local first = { math.random(0), math.random(1, 100), math.random() }
math.randomseed(42)
assert(first[1] == math.random(0) and first[2] == math.random(1, 100) and first[3] == math.random())
math.randomseed(1, 2)
local sum, seen = 0.0, {}
for _ = 1, 10000 do
  local x = math.random()
  assert(x >= 0 and x < 1)
  sum = sum + x
  seen[math.random(1, 6)] = true
end
assert(math.abs(sum / 10000 - 0.5) < 0.02 and #seen == 6 and seen[7] == nil)
fails("interval is empty", math.random, 2, 1)
-- Without a seed it begins anywhere.
local a, b = math.randomseed()
assert(math.type(a) == "integer" and math.type(b) == "integer")

-- Loops at the ends of integers, and with floats.
local count = 0
for i = math.maxinteger - 2, math.maxinteger do count = count + 1 end
for i = math.mininteger, math.mininteger + 2 do count = count + 1 end
for x = 1.0, 0.0, -0.25 do count = count + 1 end
assert(count == 11)
fails("'for' step is zero", function() for _ = 1, 2, 0 do end end)

-- 200 digits of pi, by big numbers in tables.
local function pi_digits(digits)
  local length = digits * 10 // 3 + 1
  local a, out, nines, predigit = {}, {}, 0, 0
  for i = 1, length do a[i] = 2 end
  for _ = 1, digits do
    local q = 0
    for i = length, 1, -1 do
      local x = 10 * a[i] + q * i
      a[i] = x % (2 * i - 1)
      q = x // (2 * i - 1)
    end
    a[1] = q % 10
    q = q // 10
    if q == 9 then
      nines = nines + 1
    elseif q == 10 then
      out[#out + 1] = predigit + 1 .. ("0"):rep(nines)
      predigit, nines = 0, 0
    else
      out[#out + 1] = predigit .. ("9"):rep(nines)
      predigit, nines = q, 0
    end
  end
  return table.concat(out)
end
assert(pi_digits(200):sub(2, 101) == "3141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117067")
print("numbers OK")
