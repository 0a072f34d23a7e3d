-- Delivers to a consumer what came back or became due, and then what is new. ARGV: group, owner, how many at
-- most, of how many bytes, the timeout in ms, process, the channels' prefix, whether to look after the dead.
-- Answers {token, deadline, when to look again or -1, {id, attempt, fields} ...}.
local group, owner = ARGV[1], ARGV[2]
local most, room, timeout = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
-- Whoever is not registered is gone: a claim that comes late must not take what nobody will see.
if redis.call('HEXISTS', consumers, owner) == 0 then
  return redis.error_reply('GONE it is not registered')
end
local at = now()
if ARGV[8] == '1' then
  bury_the_dead(ARGV[6], ARGV[7], at)
end

local EXAMINED = 4096
local claimed, out, notes, leases = {}, {}, {}, {}
local deadline = at + timeout

local function take(id, fields, attempt)
  local bytes = bytes_of(fields)
  if #claimed > 0 and bytes > room then
    return false
  end
  room = room - bytes
  claimed[#claimed + 1] = id
  out[#out + 1] = {id, attempt, fields}
  leases[#leases + 1] = deadline
  leases[#leases + 1] = id
  return true
end

-- What has come back or become due: the oldest first.
local due = redis.call('ZRANGEBYSCORE', waiting, '-inf', at, 'LIMIT', 0, most)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leased, '-inf', at, 'LIMIT', 0, most)) do
  due[#due + 1] = id
end
table.sort(due)
local settled = {}
if #due > 0 then
  local known = {}
  parts(due, function(ids)
    for _, value in ipairs(redis.call('HMGET', held, unpack(ids))) do
      known[#known + 1] = value
    end
  end)
  for i, id in ipairs(due) do
    if #claimed >= most or room <= 0 then
      break
    end
    local entry = redis.call('XCLAIM', stream, group, 'prism', 0, id)[1]
    if entry then
      local attempts = tonumber(string.match(known[i] or '', '^%S+ (%d+) ') or 0)
      if not take(id, entry[2], attempts + 1) then
        break
      end
    end
    settled[#settled + 1] = id -- trimmed, or acknowledged by somebody else, where there is no entry
  end
end
local gone = {}
local again = {}
for _, id in ipairs(claimed) do
  again[id] = true
end
for _, id in ipairs(settled) do
  if not again[id] then
    gone[#gone + 1] = id
  end
end
if #settled > 0 then
  redis.call('ZREM', waiting, unpack(settled))
end
if #gone > 0 then
  redis.call('ZREM', leased, unpack(gone))
  redis.call('HDEL', held, unpack(gone))
end

-- What is new. How large messages are is known when they have been read: few at first, and more while they
-- turn out to be small; what is over the bound is the next claim's.
local later, later_notes = {}, {}
local examined, chunk, largest = 0, 1, 64
local more, full = false, false
while #claimed < most and room > 0 do
  if examined >= EXAMINED then
    more = true
    break
  end
  local count = math.min(chunk, most - #claimed)
  local reply =
    redis.call('XREADGROUP', 'GROUP', group, 'prism', 'COUNT', count, 'STREAMS', stream, '>')
  if not reply then
    break
  end
  local entries = reply[1][2]
  for _, entry in ipairs(entries) do
    local id, fields = pad(entry[1]), entry[2]
    examined = examined + 1
    largest = math.max(largest, bytes_of(fields))
    local deliver_at = 0
    for i = 1, #fields, 2 do
      if fields[i] == 'deliver_at' then
        deliver_at = tonumber(fields[i + 1]) or 0
        break
      end
    end
    local due_now = deliver_at <= at
    full = full or (due_now and not take(id, fields, 1)) -- those behind it must not overtake it
    if full or not due_now then
      later[#later + 1] = math.max(deliver_at, at)
      later[#later + 1] = id
      later_notes[#later_notes + 1] = id
      later_notes[#later_notes + 1] = '0 0 -'
    end
  end
  if full or #entries < count then
    break
  end
  chunk = math.max(1, math.min(chunk * 2, 32, math.floor(room / largest)))
end
if examined > 0 then
  -- Redis 7.0 does not write to its file how many messages the group has read: after a restart its lag is wrong
  -- for ever, unless it is told.
  local place = group_of(group)
  if place['entries-read'] then
    move(group, place['last-delivered-id'], place['entries-read'])
  end
end
parts(later, function(part)
  redis.call('ZADD', waiting, unpack(part))
end)
parts(later_notes, function(part)
  redis.call('HSET', held, unpack(part))
end)

local token = '0'
if #claimed > 0 then
  token = string.format('%.0f', redis.call('HINCRBY', consumers, 'token', 1))
  for i, id in ipairs(claimed) do
    notes[#notes + 1] = id
    notes[#notes + 1] = token .. ' ' .. out[i][2] .. ' ' .. owner
  end
  parts(leases, function(part)
    redis.call('ZADD', leased, unpack(part))
  end)
  parts(notes, function(part)
    redis.call('HSET', held, unpack(part))
  end)
end

local look = -1
if more then
  look = at
elseif #claimed == 0 then
  for _, key in ipairs({leased, waiting}) do
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if first[2] then
      local when = tonumber(first[2])
      look = look < 0 and when or math.min(look, when)
    end
  end
end
local answer = {token, deadline, look, at}
for _, each in ipairs(out) do
  answer[#answer + 1] = each
end
return answer
