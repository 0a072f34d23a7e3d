-- What a topic holds. KEYS: the stream alone. ARGV: what the keys of its groups begin with, groups wanted (all
-- where none). Answers {first id or '', last id, {group, last delivered, first pending or '', lag, in flight, consumers} ...}.
if redis.call('EXISTS', stream) == 0 then
  return redis.error_reply('NOTOPIC it is not there')
end
local wanted, all = {}, #ARGV == 1
for i = 2, #ARGV do
  wanted[ARGV[i]] = true
end
local at = now()
local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
first = first and first[1] or ''
local last = named(redis.call('XINFO', 'STREAM', stream))['last-generated-id']
local length = redis.call('XLEN', stream)
local answer = {first, last}

local function time_of(id)
  return tonumber(string.match(id, '^%d+'))
end

-- Redis does not know the lag of a group that was put between messages, until it has caught up: by time, as if
-- messages came evenly.
local function estimate(place)
  if length == 0 or not before(place, last) then
    return 0
  end
  if before(place, first) then
    return length
  end
  local span = time_of(last) - time_of(first)
  local rest = time_of(last) - time_of(place)
  return span == 0 and length or math.max(1, math.ceil(length * rest / span))
end

for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = named(reply)
  if #answer < 1002 and (all or wanted[group.name]) then
    local keys = ARGV[1] .. group.name .. ':'
    local pending = redis.call('XPENDING', stream, group.name)
    local subscribed = redis.call('HLEN', keys .. 'consumers')
    answer[#answer + 1] = {
      group.name,
      group['last-delivered-id'],
      pending[2] or '',
      (group.lag or estimate(group['last-delivered-id'])) + pending[1],
      redis.call('ZCOUNT', keys .. 'leased', '(' .. at, '+inf'),
      math.max(0, subscribed - 1),
    }
  end
end
return answer
