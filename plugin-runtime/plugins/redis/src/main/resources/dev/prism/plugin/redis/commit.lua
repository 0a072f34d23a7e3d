-- Acknowledges all up to an id. ARGV: group, the id.
local group, bound = ARGV[1], ARGV[2]
if redis.call('EXISTS', stream) == 0 then
  return redis.error_reply('NOTOPIC it is not there')
end
local at, last, read = place(bound, true)
if not at then
  return redis.error_reply('PASTEND ' .. last)
end
if not group_of(group) then
  make(group, '0-0', nil)
end
if before(group_of(group)['last-delivered-id'], at) then
  move(group, at, read)
end
local settled
repeat
  settled = redis.call('XPENDING', stream, group, '-', at, 1000)
  local ids = {}
  for i, entry in ipairs(settled) do
    ids[i] = pad(entry[1])
  end
  if #ids > 0 then
    redis.call('XACK', stream, group, unpack(ids))
    redis.call('ZREM', leased, unpack(ids))
    redis.call('ZREM', waiting, unpack(ids))
    redis.call('HDEL', held, unpack(ids))
  end
until #settled < 1000
return 1
