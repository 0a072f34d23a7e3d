-- Writes messages once. KEYS: the stream, and where the publication is remembered. ARGV: fingerprint, for how
-- many seconds, create the topic (1 or 0), the channel to wake readers on, how many messages; of each, how many
-- fields and values, and these. Answers {new, old or reused, ids}.
local stream, memory = KEYS[1], KEYS[2]
local known = redis.call('GET', memory)
if known then
  local fingerprint, ids = string.sub(known, 1, #ARGV[1]), string.sub(known, #ARGV[1] + 1)
  return {fingerprint == ARGV[1] and 'old' or 'reused', ids}
end
if ARGV[3] ~= '1' and redis.call('EXISTS', stream) == 0 then
  return redis.error_reply('NOTPROVISIONED it is not there')
end
local ids = {}
local next = 6
for i = 1, tonumber(ARGV[5]) do
  local count = tonumber(ARGV[next])
  local fields = {}
  for j = 1, count do
    fields[j] = ARGV[next + j]
  end
  ids[i] = redis.call('XADD', stream, '*', unpack(fields))
  next = next + count + 1
end
ids = table.concat(ids, ' ')
redis.call('SET', memory, ARGV[1] .. ids, 'EX', ARGV[2])
redis.call('PUBLISH', ARGV[4], '')
return {'new', ids}
