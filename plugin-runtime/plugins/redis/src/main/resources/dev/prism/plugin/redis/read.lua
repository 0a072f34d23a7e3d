#!lua flags=no-writes
-- Reads items. KEYS: theirs. ARGV: how many bytes they may have together, and `heads` where all but their values is
-- wanted. Answers those that fit, and one more at most; false for what is not there.
local room = tonumber(ARGV[1])
if ARGV[2] == 'heads' then
  local heads = {}
  for i, key in ipairs(KEYS) do
    local head = redis.call('GETRANGE', key, 0, 22)
    local about = #head == 23 and struct.unpack('>I2', head, 22) or 0
    if about > 0 then
      head = redis.call('GETRANGE', key, 0, 22 + about)
    end
    heads[i] = #head > 0 and head
    room = room - #head
    if room < 0 then
      break
    end
  end
  return heads
end
local last = #KEYS
for i, key in ipairs(KEYS) do
  room = room - redis.call('STRLEN', key)
  if room < 0 then
    last = i
    break
  end
end
return redis.call('MGET', unpack(KEYS, 1, last))
