#!lua flags=allow-oom
-- What the other scripts begin with. KEYS of a group's scripts are always these five:
local stream, leased, waiting, held, consumers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
-- stream     the topic; the group is one of its consumer groups, all of whose deliveries are those of one
--            consumer, `prism`, so that its list of pending entries is what is not acknowledged, by id
-- leased     sorted set: ids that are delivered, by their deadline
-- waiting    sorted set: ids that are not delivered now and have been, or were not due, by when they are due
-- held       hash: by id what is known of those: `TOKEN ATTEMPTS OWNER`, TOKEN 0 where nobody has it
-- consumers  hash: by owner the process where it is subscribed; and the last token under `token`

-- Milliseconds since 1970 by the server's clock, the one clock of all processes.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Redis reads ids with zeros before their numbers; with them, text sorts as ids do.
local function pad(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return string.format('%015d-%07d', tonumber(ms), tonumber(seq))
end

-- Whether the first id is before the second.
local function before(one, other)
  local ms, seq = string.match(one, '^(%d+)-(%d+)$')
  local oms, oseq = string.match(other, '^(%d+)-(%d+)$')
  ms, oms = tonumber(ms), tonumber(oms)
  return ms < oms or (ms == oms and tonumber(seq) < tonumber(oseq))
end

-- A reply of names and values as a table.
local function named(reply)
  local by = {}
  for i = 1, #reply, 2 do
    by[reply[i]] = reply[i + 1]
  end
  return by
end

local function group_of(name)
  for _, reply in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = named(reply)
    if group.name == name then
      return group
    end
  end
  return nil
end

-- Runs work(part, from) on at most 1000 at a time: what unpack takes is bounded.
local function parts(list, work)
  for from = 1, #list, 1000 do
    local part = {}
    for i = from, math.min(from + 999, #list) do
      part[#part + 1] = list[i]
    end
    work(part, from)
  end
end

-- Where a group is put that begins after `bound`: an id that is no later than the last one, and how many
-- messages are before it, where that is found in a moment: without it the lag is an estimate.
local function place(bound, strict)
  local info = named(redis.call('XINFO', 'STREAM', stream))
  local last = info['last-generated-id']
  if bound == '$' or not before(bound, last) then
    if strict and bound ~= '$' and before(last, bound) then
      return nil, last
    end
    return last, last, nil
  end
  local length = info.length
  if length == 0 then
    return bound, last, nil
  end
  local mean = math.max(1, (redis.call('MEMORY', 'USAGE', stream) or 0) / length)
  local most = math.max(1, math.min(1000, math.floor(1048576 / mean)))
  local after = #redis.call('XRANGE', stream, '(' .. bound, '+', 'COUNT', most + 1)
  if after > most then
    return bound, last, nil
  end
  return bound, last, info['entries-added'] - after
end

local function move(group, bound, read)
  if read then
    redis.call('XGROUP', 'SETID', stream, group, bound, 'ENTRIESREAD', read)
  else
    redis.call('XGROUP', 'SETID', stream, group, bound)
  end
end

-- What a group of that name had before is nothing to this one; tokens are never used twice.
local function make(group, bound, read)
  redis.call('XGROUP', 'CREATE', stream, group, bound, 'MKSTREAM')
  if read then
    move(group, bound, read)
  end
  redis.call('DEL', leased, waiting, held, consumers)
  local time = redis.call('TIME')
  redis.call('HSET', consumers, 'token', time[1] .. string.format('%06d', tonumber(time[2])))
end

-- Gives back at once what these owners have, and forgets them.
local function give_back(owners, at)
  local any = false
  parts(redis.call('ZRANGE', leased, 0, -1), function(ids)
    local values = redis.call('HMGET', held, unpack(ids))
    local back, due, notes = {}, {}, {}
    for i, id in ipairs(ids) do
      local attempts, owner = string.match(values[i] or '', '^%S+ (%d+) (%S+)$')
      if owner and owners[owner] then
        back[#back + 1] = id
        due[#due + 1] = at
        due[#due + 1] = id
        notes[#notes + 1] = id
        notes[#notes + 1] = '0 ' .. attempts .. ' -'
      end
    end
    if #back > 0 then
      any = true
      redis.call('ZREM', leased, unpack(back))
      redis.call('ZADD', waiting, unpack(due))
      redis.call('HSET', held, unpack(notes))
    end
  end)
  for owner in pairs(owners) do
    redis.call('HDEL', consumers, owner)
  end
  return any
end

-- Gives back what the consumers of processes have that are gone: each process that lives listens to a
-- channel of its own, and the server sees at once when it does not any more.
local function bury_the_dead(own, channel, at)
  local alive = {[own] = true}
  local owners, any = {}, false
  local known = redis.call('HGETALL', consumers)
  for i = 1, #known, 2 do
    local owner, process = known[i], known[i + 1]
    if owner ~= 'token' then
      if alive[process] == nil then
        alive[process] = redis.call('PUBSUB', 'NUMSUB', channel .. process)[2] > 0
      end
      if not alive[process] then
        owners[owner] = true
        any = true
      end
    end
  end
  if any then
    give_back(owners, at)
  end
end

local function bytes_of(fields)
  local bytes = 64
  for _, field in ipairs(fields) do
    bytes = bytes + #field
  end
  return bytes
end
