-- Moves a group. ARGV: group, bound, strict (1 or 0), the channel to wake readers on. Answers the id after which
-- the group stands.
local group = ARGV[1]
if redis.call('EXISTS', stream) == 0 then
  return redis.error_reply('NOTOPIC it is not there')
end
local at, last, read = place(ARGV[2], ARGV[3] == '1')
if not at then
  return redis.error_reply('PASTEND ' .. last)
end
if group_of(group) then
  move(group, at, read)
  redis.call('XGROUP', 'DELCONSUMER', stream, group, 'prism')
  redis.call('DEL', leased, waiting, held)
else
  make(group, at, read)
end
redis.call('PUBLISH', ARGV[4], '')
local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
return {at, first and first[1] or ''}
