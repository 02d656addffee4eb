-- Coroutines and errors: both stand on setjmp and longjmp.
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and string.find(tostring(message), pattern), message)
end

-- Values go both ways.
local co = coroutine.create(function(a, b)
  local c = coroutine.yield(a + b)
  local d, e = coroutine.yield(c * 2)
  return d + e
end)
assert(select(2, coroutine.resume(co, 1, 2)) == 3 and select(2, coroutine.resume(co, 10)) == 20)
assert(coroutine.status(co) == "suspended" and select(2, coroutine.resume(co, 3, 4)) == 7)
assert(coroutine.status(co) == "dead" and not coroutine.resume(co))
assert(select(2, coroutine.running()) and not coroutine.isyieldable())
fails("outside a coroutine", coroutine.yield)

-- Permutations by a generator within generators.
local function permutations(list, n)
  if n == 0 then coroutine.yield(table.concat(list)) end
  for i = 1, n do
    list[i], list[n] = list[n], list[i]
    permutations(list, n - 1)
    list[i], list[n] = list[n], list[i]
  end
end
local count, seen = 0, {}
for p in coroutine.wrap(function() permutations({ 1, 2, 3, 4, 5, 6, 7 }, 7) end) do
  assert(not seen[p])
  seen[p] = true
  count = count + 1
end
assert(count == 5040)

-- The sieve: a chain of filters, each a coroutine.
local function filter(prime, source)
  return coroutine.wrap(function()
    for n in source do
      if n % prime ~= 0 then coroutine.yield(n) end
    end
  end)
end
local source = coroutine.wrap(function() for n = 2, 400 do coroutine.yield(n) end end)
local primes = {}
for prime in function() return source() end do
  primes[#primes + 1] = prime
  source = filter(prime, source)
end
assert(#primes == 78 and primes[78] == 397)

-- Yields across pcall, metamethods and iterators; errors through coroutines.
co = coroutine.wrap(function()
  local ok, message = pcall(function()
    coroutine.yield("in pcall")
    error { code = 7 }
  end)
  coroutine.yield(message.code)
  local t = setmetatable({}, { __add = function(a, b) return coroutine.yield("in add") end })
  coroutine.yield(t + 1)
  for x in function(_, i) return coroutine.yield(i) end do coroutine.yield("x" .. x) end
  table.sort({ 3, 1, 2 }, function(a, b) coroutine.yield() end)
end)
assert(co() == "in pcall" and co() == 7 and co() == "in add" and co("sum") == "sum")
co()
assert(co("1") == "x1")
co()
fails("attempt to yield across a C%-call boundary", co)
local failing = coroutine.create(function() local x = nil; return x.y end)
local ok, message = coroutine.resume(failing)
assert(not ok and message:find("attempt to index a nil value %(local 'x'%)"))
assert(debug.traceback(failing):find("in function <"))

-- Closing a coroutine closes its variables.
local closed
co = coroutine.create(function()
  local v <close> = setmetatable({}, { __close = function() closed = true end })
  coroutine.yield()
end)
coroutine.resume(co)
assert(coroutine.close(co) and closed and coroutine.status(co) == "dead")

-- Errors: messages, handlers, values of any kind, and depth.
fails("coroutines.lua:%d+: plain", function() error("plain") end)
assert(select(2, pcall(error, nil)) == nil and select(2, pcall(error, { 1 }))[1] == 1)
assert(select(2, xpcall(error, function(m) return m .. "!" end, "handled")) == "handled!")
assert(select(2, xpcall(error, function() error("again") end, "x")) ~= nil)
assert(debug.traceback("message", 1):find("^message\nstack traceback:"))
fails("stack overflow", function() local function f() return 1 + f() end return f() end)
fails("C stack overflow", function()
  local function f(s) return string.gsub(s, ".", f) end
  return f("x")
end)
fails("stack overflow", function()
  local t = setmetatable({}, {})
  getmetatable(t).__index = function(_, k) return t[k + 1] end
  return t[1]
end)
fails("C stack overflow", function() assert(load(("("):rep(100000))) end)
local nested = 0
local function deep(n)
  if n == 0 then error("bottom", 0) end
  nested = nested + 1
  local okay, why = pcall(deep, n - 1)
  error(why, 0)
end
fails("bottom", deep, 150)
assert(nested == 150)

-- 10000 coroutines at once, each with a stack of its own.
local all = {}
for i = 1, 10000 do
  all[i] = coroutine.wrap(function() for k = 1, 3 do coroutine.yield(i * k) end end)
end
local sum = 0
for k = 1, 3 do
  for i = 1, #all do sum = sum + all[i]() end
end
assert(sum == 6 * 10000 * 10001 // 2)
print("coroutines OK")
