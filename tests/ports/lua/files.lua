-- The io library, on files in the current folder and in /tmp, and on the standard streams.
local function fails(pattern, ok, message, code)
  assert(not ok and string.find(message, pattern), message)
  return code
end

for _, folder in ipairs { "", "/tmp/" } do
  local name = folder .. "files.tmp"
  -- Write, read in all formats.
  local file = assert(io.open(name, "w"))
  assert(io.type(file) == "file" and tostring(file):find("^file %("))
  assert(file:write("first\n", 12, " ", 3.5, " 0x1F -7e1 nan\n\nlast"))
  assert(file:seek() == 32 and file:seek("set", 6) == 6 and file:write("1") and file:seek("end") == 32)
  assert(file:close() and io.type(file) == "closed file" and tostring(file) == "file (closed)")
  assert(not pcall(file.read, file))
  file = assert(io.open(name))
  assert(file:read() == "first" and file:read("n", "n", "n", "n") == 12)
  assert(file:seek("set", 8) == 8)
  local a, b, c, d = file:read("n", "n", "n", "n")
  assert(a == 3.5 and b == 31 and c == -70.0 and d == nil)
  -- A failed "n" has taken the space in front.
  assert(file:read("L") == "nan\n" and file:read("l") == "" and file:read(2) == "la" and file:read(0) == "")
  assert(file:read("a") == "st" and file:read("a") == "" and file:read("l") == nil and file:read(0) == nil and file:read("n") == nil)
  file:close()
  fails("Bad file descriptor", io.open(name):write("x"))

  -- Lines, each way.
  local lines = {}
  for line in io.lines(name) do lines[#lines + 1] = line end
  assert(#lines == 4 and lines[3] == "" and lines[4] == "last")
  local pieces = 0
  for piece in io.lines(name, 5) do pieces = pieces + #piece end
  assert(pieces == 32)
  for line, rest in io.lines(name, "l", "a") do assert(line == "first" and #rest == 26) end

  -- Appending, updating, truncating.
  file = assert(io.open(name, "a+"))
  assert(file:write("+") and file:seek("set") == 0 and file:read(5) == "first" and file:seek("set", 2) and file:write("-"))
  assert(file:seek("end") == 34 and file:close())
  file = assert(io.open(name, "r+"))
  assert(file:read("l") == "first" and file:seek("set", 0) == 0 and file:write("FIRST") and file:seek("cur", 1) == 6)
  assert(file:read(1) == "1" and file:close())
  assert(io.open(name):read("a"):sub(1, 6) == "FIRST\n")
  file = assert(io.open(name, "w+"))
  assert(file:seek("end") == 0 and file:write("x") and file:seek("set") and file:read("a") == "x" and file:close())

  -- Buffers: what is in one is not in the file yet.
  local writer, reader = assert(io.open(name, "w")), assert(io.open(name))
  assert(writer:setvbuf("full", 2000) and writer:write("x") and reader:read("a") == "" and writer:flush())
  assert(reader:seek("set") == 0 and reader:read("a") == "x" and writer:setvbuf("no") and writer:write("y"))
  assert(reader:read("a") == "y" and writer:setvbuf("line") and writer:write("z") and reader:read("a") == "")
  assert(writer:write("\n") and reader:read("a") == "z\n" and writer:close() and reader:close())

  -- A hole, an offset behind 4 GiB, and 8 MiB in small and large pieces.
  file = assert(io.open(name, "w+b"))
  assert(file:seek("set", 100000) and file:write("end") and file:seek("set", 50000) and file:read(10) == ("\0"):rep(10))
  if folder == "" then
    assert(file:seek("set", 1 << 33) == 1 << 33 and file:write("far") and file:seek("set", (1 << 33) + 1) and file:read(5) == "ar")
  end
  file:close()
  file = assert(io.open(name, "wb"))
  for i = 1, 1 << 16 do file:write(string.pack("<I4", i)) end
  file:write(("\1\2\3\4\5\6\7\0"):rep(1 << 20))
  file:close()
  file = assert(io.open(name, "rb"))
  for i = 1, 1 << 16 do assert(string.unpack("<I4", file:read(4)) == i) end
  local rest = file:read("a")
  assert(#rest == 1 << 23 and rest:sub(-8) == "\1\2\3\4\5\6\7\0" and file:close())

  -- Names.
  local renamed = folder .. "renamed.tmp"
  assert(os.rename(name, renamed) and not io.open(name) and io.open(renamed):close())
  assert(fails("No such file or directory", os.rename(name, renamed)) == 2)
  assert(os.remove(renamed) and fails("No such file or directory", os.remove(renamed)) == 2)
  assert(fails("No such file or directory", io.open(folder .. "no/such")) == 2)
  assert(fails("Is a directory", io.open(folder == "" and "." or folder, "w")) == 21)
end

-- A file's own functions once it is garbage, and as a variable that is closed.
do
  local kept <close> = assert(io.open("closed.tmp", "w"))
  kept:write("kept")
end
assert(io.open("closed.tmp"):read("a") == "kept")
for _ = 1, 3000 do io.open("closed.tmp") end
collectgarbage()
assert(os.remove("closed.tmp"))

-- Default streams can be files.
io.output("default.tmp")
io.write("one\n", "two\n")
io.close()
io.output(io.stdout)
io.input("default.tmp")
assert(io.read("l") == "one" and io.read("L") == "two\n" and io.read() == nil)
io.close(io.input())
io.input(io.stdin)
os.remove("default.tmp")
assert(not pcall(io.lines, "no such file") and not pcall(io.open, "x", "rz"))

-- Files without a name.
local temporary = assert(io.tmpfile())
assert(temporary:write("temporary") and temporary:seek("set") == 0 and temporary:read("a") == "temporary" and temporary:close())

-- Modules are files.
local module = assert(io.open("module_tmp.lua", "w"))
module:write("local name, path = ...\nreturn { name = name, path = path }\n")
module:close()
package.path = "./?.lua"
assert(require("module_tmp").name == "module_tmp" and require("module_tmp") == package.loaded.module_tmp)
assert(package.searchpath("module_tmp", package.path) == "./module_tmp.lua" and loadfile("module_tmp.lua")("x").name == "x")
assert(dofile("module_tmp.lua").name == nil and os.remove("module_tmp.lua"))
assert(select(2, pcall(require, "no_such_module")):find("no file './no_such_module.lua'", 1, true))
local chunk = assert(io.open("chunk.tmp", "wb"))
chunk:write(string.dump(function(a, b) return a * b end))
chunk:close()
assert(loadfile("chunk.tmp", "b")(6, 7) == 42 and not loadfile("chunk.tmp", "t") and os.remove("chunk.tmp"))

-- What a unikernel has not: a second process, shared objects.
assert(os.execute() == false and not pcall(io.popen, "no such mode", "x"))
local stream, why = io.popen("ls")
assert(stream == nil and why:find("Function not implemented"))
assert(not package.loadlib("no.so", "*"))

-- Standard streams.
assert(io.read("n") == 17 and io.read("l") == "" and io.read("L") == "second line\n" and io.read("a") == ("x"):rep(200000) .. "\n")
assert(io.read("l") == nil)
io.stderr:write("to standard error\n")
io.stdout:write("files ", "OK\n")
