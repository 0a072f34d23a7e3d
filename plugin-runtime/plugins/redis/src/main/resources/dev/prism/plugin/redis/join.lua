-- A new consumer of a group, which is made where it is not there. ARGV: group, bound, strict (1 or 0), create
-- the topic (1 or 0), owner, process, the channels' prefix, whether to look after the dead (1 or 0).
local group, bound, strict, create = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4] == '1'
if redis.call('EXISTS', stream) == 0 then
  if not create then
    return redis.error_reply('NOTPROVISIONED it is not there')
  end
  if strict and bound ~= '0-0' then
    return redis.error_reply('PASTEND 0-0')
  end
  make(group, '0-0', nil)
elseif not group_of(group) then
  local at, last, read = place(bound, strict)
  if not at then
    return redis.error_reply('PASTEND ' .. last)
  end
  make(group, at, read)
elseif redis.call('HEXISTS', consumers, 'token') == 0 then
  local time = redis.call('TIME')
  redis.call('HSET', consumers, 'token', time[1] .. string.format('%06d', tonumber(time[2])))
end
redis.call('HSET', consumers, ARGV[5], ARGV[6])
if ARGV[8] == '1' then
  bury_the_dead(ARGV[6], ARGV[7], now())
end
return 1
