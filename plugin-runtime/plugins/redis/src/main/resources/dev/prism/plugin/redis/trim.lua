-- Removes messages that nobody needs. KEYS: the stream alone. ARGV: how many ms a message stays that every group
-- has acknowledged; how many ms and how many bytes stay at most, 0: no bound. Answers how many went.
if redis.call('EXISTS', stream) == 0 then
  return 0
end
local at = now()
local keep, most_ms, most_bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local settled
for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = named(reply)
  local first = group['last-delivered-id']
  local ms, seq = string.match(first, '^(%d+)-(%d+)$')
  first = ms .. '-' .. string.format('%.0f', tonumber(seq) + 1)
  if group.pending > 0 then
    first = redis.call('XPENDING', stream, group.name)[2]
  end
  if not settled or before(first, settled) then
    settled = first
  end
end
local removed = 0
if settled then
  local old = string.format('%.0f-0', math.max(0, at - keep))
  removed = redis.call('XTRIM', stream, 'MINID', before(old, settled) and old or settled)
end
if most_ms > 0 then
  removed = removed + redis.call('XTRIM', stream, 'MINID', string.format('%.0f-0', math.max(0, at - most_ms)))
end
if most_bytes > 0 then
  local bytes = redis.call('MEMORY', 'USAGE', stream) or 0
  if bytes > most_bytes then
    local length = redis.call('XLEN', stream)
    removed = removed + redis.call('XTRIM', stream, 'MAXLEN', math.floor(length * most_bytes / bytes))
  end
end
return removed
