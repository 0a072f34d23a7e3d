-- Says who shares the events of a queue group: to all of them, at one place among the events, because the
-- server sends what is published to everybody in one order. KEYS: the set of its processes. ARGV: the channel
-- to say it on, what the channels of processes begin with, and join, leave or look; the process.
local members, process = KEYS[1], ARGV[4]
local changed = false
if ARGV[3] == 'join' then
  redis.call('SADD', members, process)
  changed = true
elseif ARGV[3] == 'leave' then
  changed = redis.call('SREM', members, process) == 1
end
local all = redis.call('SMEMBERS', members)
local alive = {}
for _, each in ipairs(all) do
  if each == process or redis.call('PUBSUB', 'NUMSUB', ARGV[2] .. each)[2] > 0 then
    alive[#alive + 1] = each
  else
    redis.call('SREM', members, each)
    changed = true
  end
end
if changed then
  table.sort(alive)
  redis.call('PUBLISH', ARGV[1], table.concat(alive, ' '))
end
return changed and 1 or 0
