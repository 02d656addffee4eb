-- The os library: clocks, dates, environment, locale; and the arguments of the script.
assert(arg[0]:find("system.lua$") and arg[1] == "one" and arg[2] == "two words" and arg[3] == "" and #arg == 3)
assert(select("#", ...) == 3 and arg[-1]:find("lua"))
assert(os.getenv("PORT") == "lua" and os.getenv("NO_SUCH_VARIABLE") == nil)

-- Time.
local now = os.time()
assert(math.type(now) == "integer" and now > 1700000000 and os.difftime(now + 5, now) == 5.0)
local begin = os.clock()
local x = 0
while os.clock() - begin < 0.02 do x = x + 1 end
assert(x > 100)
assert(os.time { year = 1970, month = 1, day = 2, hour = 0 } == 86400 and os.time { year = 2001, month = 9, day = 9, hour = 1, min = 46, sec = 40 } == 1000000000)
assert(os.time { year = 2024, month = 14, day = -3, hour = 12 } == os.time { year = 2025, month = 1, day = 28, hour = 12 })
local fields = { year = 2023, month = 2, day = 31 }
os.time(fields)
assert(fields.month == 3 and fields.day == 3 and fields.yday == 62 and fields.wday == 6 and fields.isdst == false)
local d = os.date("!*t", 951782399)
assert(d.year == 2000 and d.month == 2 and d.day == 28 and d.hour == 23 and d.min == 59 and d.sec == 59 and d.wday == 2 and d.yday == 59)
assert(os.date("!%Y-%m-%d %H:%M:%S", 0) == "1970-01-01 00:00:00" and os.date("!%c", 0) == "Thu Jan  1 00:00:00 1970")
assert(os.date("!%a %A %b %B %d %e %j %p %y %% %u %w %U %W %V %G %g %C %D %F %R %T %I %M %h %n%t %x %X", 1234567890)
  == "Fri Friday Feb February 13 13 044 PM 09 % 5 5 06 06 07 2009 09 20 02/13/09 2009-02-13 23:31 23:31:30 11 31 Feb \n\t 02/13/09 23:31:30")
assert(os.date("%Z") ~= nil and os.date("%z"):find("^[+-]%d%d%d%d$"))
for _, option in ipairs { "%", "%9", "%Ez", "%Oy%O" } do assert(not pcall(os.date, option)) end
assert(not pcall(os.date, "*t", 1 << 60) and not pcall(os.time, { year = 1 << 40, month = 1, day = 1 }) and not pcall(os.time, {}))
assert(os.date("!%Y", -62167219200) == "0" or os.date("!%Y", -62167219200) == "0000")
for _, at in ipairs { 0, 1, 68169600, 951868800, 1709210096, 4102444800 } do
  assert(os.time(os.date("*t", at)) == at)
end

-- Locale: C is there.
assert(os.setlocale() == "C" and os.setlocale("C") == "C" and os.setlocale(nil, "numeric") == "C")
assert(os.setlocale("no such locale") == nil and not pcall(os.setlocale, "C", "no such category"))

-- Names of files.
local name = os.tmpname()
assert(name:find("^/tmp/lua_") and io.open(name, "w"):write("x"):close() and os.remove(name))

-- Debugging.
local calls = 0
debug.sethook(function() calls = calls + 1 end, "l")
local y = 1
y = y + 1
debug.sethook()
assert(calls >= 2 and debug.getinfo(1, "S").short_src:find("system.lua") and debug.getinfo(1, "l").currentline > 30)
local function sample(first, ...) local inner = first end
assert(debug.getinfo(sample, "u").nparams == 1 and debug.getinfo(sample, "u").isvararg and debug.getlocal(sample, 1) == "first")
warn("@on")
warn("a ", "warning")
os.exit(7, true)
