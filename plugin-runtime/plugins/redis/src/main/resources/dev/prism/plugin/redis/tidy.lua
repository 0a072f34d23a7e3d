#!lua flags=allow-oom
-- Forgets the names of items that have expired. KEYS: the namespace's entries by their expiry, the collection's names
-- and places, and the items. ARGV of each item: its entry, its name, and its place or nothing. Answers how many have
-- no entry any more.
local expiring, names, places = KEYS[1], KEYS[2], KEYS[3]
local settled = 0
for i = 4, #KEYS do
  local entry, name, place = ARGV[3 * i - 11], ARGV[3 * i - 10], ARGV[3 * i - 9]
  local at = redis.call('PEXPIRETIME', KEYS[i])
  if at >= 0 then
    redis.call('ZADD', expiring, at, entry)
  else
    if at == -2 then
      redis.call('ZREM', names, name)
      if place ~= '' then
        redis.call('ZREM', places, place)
      end
    end
    redis.call('ZREM', expiring, entry)
    settled = settled + 1
  end
end
return settled
