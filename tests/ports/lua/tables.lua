-- Tables, their library, metatables, closures, goto, to-be-closed variables, and the garbage collector.
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and string.find(tostring(message), pattern), message)
end

-- Sorting: of numbers, strings (strcoll) and by a function that may be wrong.
math.randomseed(7)
local numbers = {}
for i = 1, 20000 do numbers[i] = math.random(1, 1000000) end
table.sort(numbers)
for i = 2, #numbers do assert(numbers[i - 1] <= numbers[i]) end
table.sort(numbers, function(a, b) return a > b end)
for i = 2, #numbers do assert(numbers[i - 1] >= numbers[i]) end
local names = { "delta", "Alpha", "charlie", "", "alpha", "a\0b", "a" }
table.sort(names)
assert(table.concat(names, "|") == "|Alpha|a|a\0b|alpha|charlie|delta")
fails("invalid order function", table.sort, { 1, 2, 3, 4, 5 }, function() return true end)
fails("attempt to compare", table.sort, { 1, "x" })

-- The rest of the library.
local t = { 1, 2, 3 }
table.insert(t, 4)
table.insert(t, 1, 0)
assert(table.concat(t, ",") == "0,1,2,3,4" and table.remove(t, 1) == 0 and table.remove(t) == 4 and #t == 3)
assert(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ",") == "1,1,2,3" and select("#", table.unpack({}, 1, 3)) == 3)
assert(table.pack(nil, nil).n == 2 and select(-1, 1, 2, 3) == 3 and table.remove({}) == nil)
fails("position out of bounds", table.insert, t, 10, 1)
fails("too many results", table.unpack, {}, 1, 1e7)
fails("invalid value", table.concat, { 1, {}, 3 })

-- A million keys of all kinds; taken out while walked.
local big = {}
for i = 1, 300000 do
  big[i], big["k" .. i], big[i + 0.5] = i, i, i
end
local count = 0
for key in pairs(big) do
  big[key] = nil
  count = count + 1
end
assert(count == 900000 and next(big) == nil)
fails("index is nil", function() t[nil] = 1 end)
fails("index is NaN", function() t[0 / 0] = 1 end)

-- Metatables.
local vector = {}
vector.__index = vector
vector.__add = function(a, b) return setmetatable({ a[1] + b[1], a[2] + b[2] }, vector) end
vector.__eq = function(a, b) return a[1] == b[1] and a[2] == b[2] end
vector.__lt = function(a, b) return a[1] < b[1] end
vector.__le = function(a, b) return a[1] <= b[1] end
vector.__len = function() return 2 end
vector.__call = function(self, i) return self[i] end
vector.__tostring = function(self) return "(" .. self[1] .. "," .. self[2] .. ")" end
vector.__concat = function(a, b) return tostring(a) .. tostring(b) end
vector.__unm = function(a) return setmetatable({ -a[1], -a[2] }, vector) end
vector.__name = "vector"
local v, w = setmetatable({ 1, 2 }, vector), setmetatable({ 3, 4 }, vector)
assert(tostring(v + w) == "(4,6)" and v ~= w and v + w == w + v and v < w and v <= w and #v == 2 and w(2) == 4)
assert(v .. w == "(1,2)(3,4)" and "x" .. v == "x(1,2)" and tostring(-v) == "(-1,-2)")
local log = {}
local proxy = setmetatable({}, {
  __index = function(_, key) return key .. "!" end,
  __newindex = function(_, key, value) log[#log + 1] = key .. "=" .. tostring(value) end,
  __pairs = function() return function(_, k) if not k then return 1, 2 end end, nil, nil end,
  __metatable = "locked",
})
proxy.x = 5
assert(proxy.y == "y!" and log[1] == "x=5" and getmetatable(proxy) == "locked" and rawget(proxy, "x") == nil)
for k, value in pairs(proxy) do assert(k == 1 and value == 2) end
fails("protected metatable", setmetatable, proxy, {})
fails("loop", function()
  local a = {}
  setmetatable(a, { __index = a })
  return a.x
end)

-- Closures share and keep their variables.
local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end
local up, get = counter()
up() up()
local other = counter()
assert(get() == 2 and other() == 1)
local closures = {}
for i = 1, 3 do closures[i] = function() return i end end
assert(closures[1]() + closures[3]() == 4)

-- goto, and variables that are closed whatever happens.
local order = {}
do
  local i = 1
  ::again::
  local closed <close> = setmetatable({}, { __close = function(_, e) order[#order + 1] = tostring(e) .. i end })
  i = i + 1
  if i <= 3 then goto again end
end
pcall(function()
  local x <close> = setmetatable({}, { __close = function(_, e) order[#order + 1] = e end })
  error("thrown", 0)
end)
assert(table.concat(order, " ") == "nil2 nil3 nil4 thrown", table.concat(order, " "))
assert(select(2, load("local x <const> = 1; x = 2")):find("attempt to assign to const variable 'x'"))

-- Garbage: finalizers, weak tables, both kinds of collection, and memory that is given back.
local finalized = 0
for mode, argument in pairs { incremental = 0, generational = 0 } do
  collectgarbage(mode, argument, argument)
  for _ = 1, 1000 do
    setmetatable({}, { __gc = function() finalized = finalized + 1 end })
  end
  collectgarbage()
end
assert(finalized == 2000, finalized)
local weak = setmetatable({}, { __mode = "v" })
local ephemeron = setmetatable({}, { __mode = "k" })
weak[1], weak[2] = {}, "string"
do
  local key = {}
  ephemeron[key] = { key }
end
collectgarbage()
collectgarbage()
assert(weak[1] == nil and weak[2] == "string" and next(ephemeron) == nil)
collectgarbage("incremental")
local before = collectgarbage("count")
local list
for i = 1, 500000 do list = { next = list, value = i } end
assert(collectgarbage("count") - before > 20000)
list = nil
collectgarbage()
assert(collectgarbage("count") - before < 1000)
assert(collectgarbage("isrunning") and collectgarbage("stop") == 0 and not collectgarbage("isrunning"))
collectgarbage("restart")
-- More than there is: an error that can be caught, and the program goes on.
fails("not enough memory", function()
  local s = ("x"):rep(1 << 20)
  local all = {}
  for i = 1, 1 << 20 do all[i] = s .. i end
end)
collectgarbage()
assert(collectgarbage("count") - before < 10000)
-- What is left is finalized at the end.
FINALIZED_AT_END = setmetatable({}, { __gc = function() print("tables OK") end })
