-- Messages from an id on, within both bounds but for the first. KEYS: the stream alone. ARGV: id, how many, of
-- how many bytes. Answers {id, fields} ...
local from, most, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local found = {}
local chunk, largest = 1, 64
while #found < most and room > 0 do
  local count = math.min(chunk, most - #found)
  local entries = redis.call('XRANGE', stream, from, '+', 'COUNT', count)
  for _, entry in ipairs(entries) do
    local bytes = bytes_of(entry[2])
    if #found > 0 and bytes > room then
      return found
    end
    room = room - bytes
    largest = math.max(largest, bytes)
    found[#found + 1] = entry
    from = '(' .. entry[1]
  end
  if #entries < count then
    break
  end
  chunk = math.max(1, math.min(chunk * 2, 32, math.floor(room / largest)))
end
return found
