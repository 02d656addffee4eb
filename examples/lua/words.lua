-- Counts the words of the files named, and writes the list to words.txt.
local counts = {}
for _, name in ipairs(arg) do
  for line in io.lines(name) do
    for word in line:lower():gmatch("%a+") do
      counts[word] = (counts[word] or 0) + 1
    end
  end
end

local words = {}
for word in pairs(counts) do words[#words + 1] = word end
table.sort(words, function(a, b) return counts[a] > counts[b] or counts[a] == counts[b] and a < b end)

local list <close> = assert(io.open("words.txt", "w"))
for _, word in ipairs(words) do list:write(counts[word], " ", word, "\n") end
print(#words .. " words, most often: " .. table.concat(words, ", ", 1, 3))
