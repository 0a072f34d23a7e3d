-- Takes what became of deliveries. ARGV: group, the channel to wake readers on, and for each: id, token, done,
-- again or extend, how many ms. Answers for each: 0 not in force, 1 taken, or the new deadline.
local group = ARGV[1]
local at = now()
local count = (#ARGV - 2) / 4
local ids = {}
for i = 1, count do
  ids[i] = ARGV[4 * i - 1]
end
local values, deadlines = {}, {}
parts(ids, function(part, from)
  local known = redis.call('HMGET', held, unpack(part))
  local due = redis.call('ZMSCORE', leased, unpack(part))
  for i = 1, #part do
    values[from + i - 1] = known[i]
    deadlines[from + i - 1] = due[i]
  end
end)
local answers, done, back, due, notes = {}, {}, {}, {}, {}
local settled = {}
for i, id in ipairs(ids) do
  local token, attempts = string.match(values[i] or '', '^(%S+) (%d+) ')
  local in_force = token == ARGV[4 * i] and deadlines[i] and tonumber(deadlines[i]) > at
  if not in_force or settled[id] then
    answers[i] = 0
  else
    local outcome, ms = ARGV[4 * i + 1], tonumber(ARGV[4 * i + 2])
    answers[i] = 1
    if outcome == 'extend' then
      redis.call('ZADD', leased, at + ms, id)
      answers[i] = at + ms
    else
      settled[id] = true
      if outcome == 'done' then
        done[#done + 1] = id
      else
        back[#back + 1] = id
        due[#due + 1] = at + ms
        due[#due + 1] = id
        notes[#notes + 1] = id
        notes[#notes + 1] = '0 ' .. attempts .. ' -'
      end
    end
  end
end
parts(done, function(part)
  redis.call('XACK', stream, group, unpack(part))
  redis.call('ZREM', leased, unpack(part))
  redis.call('HDEL', held, unpack(part))
end)
if #back > 0 then
  parts(back, function(part)
    redis.call('ZREM', leased, unpack(part))
  end)
  parts(due, function(part)
    redis.call('ZADD', waiting, unpack(part))
  end)
  parts(notes, function(part)
    redis.call('HSET', held, unpack(part))
  end)
  redis.call('PUBLISH', ARGV[2], '')
end
return answers
