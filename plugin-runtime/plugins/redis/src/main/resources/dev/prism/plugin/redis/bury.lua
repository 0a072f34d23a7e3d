-- Writes a dead letter to the stream KEYS[6] and ends the delivery, both or neither. ARGV: group, id, token,
-- create the letters' topic (1 or 0), its channel, and the letter's fields. Answers 1, or 0 where the delivery is not in force.
local token = string.match(redis.call('HGET', held, ARGV[2]) or '', '^(%S+) ')
local deadline = redis.call('ZSCORE', leased, ARGV[2])
if token ~= ARGV[3] or not deadline or tonumber(deadline) <= now() then
  return 0
end
if ARGV[4] ~= '1' and redis.call('EXISTS', KEYS[6]) == 0 then
  return redis.error_reply('NOTPROVISIONED it is not there')
end
local fields = {}
for i = 6, #ARGV do
  fields[#fields + 1] = ARGV[i]
end
redis.call('XADD', KEYS[6], '*', unpack(fields))
redis.call('XACK', stream, ARGV[1], ARGV[2])
redis.call('ZREM', leased, ARGV[2])
redis.call('HDEL', held, ARGV[2])
redis.call('PUBLISH', ARGV[5], '')
return 1
