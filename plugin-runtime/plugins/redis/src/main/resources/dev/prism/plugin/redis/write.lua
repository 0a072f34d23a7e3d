-- Writes units, one after the other: all that can fail of a unit is looked at before anything of it is written.
-- KEYS: the namespace's entries by their expiry; of each collection its names and its places; and then, as the units
-- have them, where a unit is remembered and the items of its writes.
-- ARGV: for how many seconds a unit is remembered; how many collections there are, and their names; of each unit how
-- many writes it has, `atomic` or nothing, and the fingerprint by which it is remembered or nothing; of each write its
-- FIELDS:
--   kind        put, delete, swap or expire
--   collection  its number
--   name        in the collection
--   place       in its partition; nothing where the partition is the key
--   condition   nothing, `absent`, `present`, or `etag` and the etag
--   at          when it expires, in ms since 1970; nothing for never, or `keep`
--   item        what is written; of expire the eight bytes of the expiry
--   expected    of swap: the value after a `=`, or nothing where there is to be no item
-- An item is a 1, its etag of 12 bytes, its expiry of 8, two bytes with the length of what is known about it, that,
-- and the value.
-- Answers for each unit a word of four letters and its outcomes, which are their length in four bytes, a letter and
-- what is to be known:
--   done  it was done; the outcomes of its writes
--   same  it had been done before; the outcomes of then
--   diff  it had been done before, and was another
--   fail  nothing was done; the outcome of the write that failed
local FIELDS = {'kind', 'collection', 'name', 'place', 'condition', 'at', 'item', 'expected'}
local HEAD = 23
local expiring = KEYS[1]
local next_key, next_arg = 2, 3

local function key()
  next_key = next_key + 1
  return KEYS[next_key - 1]
end

local function arg()
  next_arg = next_arg + 1
  return ARGV[next_arg - 1]
end

local function must_be_sorted(name)
  local type = redis.call('TYPE', name).ok
  if type ~= 'zset' and type ~= 'none' then
    error(redis.error_reply('WRONGTYPE ' .. name .. ' is no sorted set'))
  end
end

-- What is there, without its value where that is not needed: false for nothing; or nil and why it is no item.
local function look(write)
  local item
  if write.kind == 'swap' then
    item = redis.pcall('GET', write.key)
  else
    item = redis.pcall('GETRANGE', write.key, 0, HEAD - 1)
  end
  if type(item) == 'table' then
    return nil, 'w'
  end
  if not item or #item == 0 then
    return false
  end
  if #item < HEAD or string.byte(item) ~= 1 then
    return nil, 'c'
  end
  return item
end

-- Why a write is not to be done; nil where it is.
local function refusal(write)
  local condition = write.condition
  if condition == '' and (write.kind == 'delete' or (write.kind == 'put' and write.at ~= 'keep')) then
    return nil
  end
  local found, why = look(write)
  if why then
    return why
  end
  write.found = found
  if condition == 'absent' then
    return found and 't' or nil
  elseif condition == 'present' then
    return not found and 'a' or nil
  elseif condition ~= '' then
    local same = found and string.sub(found, 2, 13) == string.sub(condition, 5)
    return not same and 'e' or nil
  end
  return nil
end

local function expires(write)
  redis.call('ZADD', expiring, write.at, write.collection.name .. '\0' .. write.name)
end

-- Here and below a name without an item does no harm, and an item without its name would.
local function put(write)
  local item = write.item
  redis.call('ZADD', write.collection.names, 0, write.name)
  if write.place ~= '' then
    redis.call('ZADD', write.collection.places, 0, write.place)
  end
  if write.at == 'keep' and write.found then
    item = string.sub(item, 1, 13) .. string.sub(write.found, 14, 21) .. string.sub(item, 22)
    redis.call('SET', write.key, item, 'KEEPTTL')
  elseif write.at == '' or write.at == 'keep' then
    redis.call('SET', write.key, item)
  else
    expires(write)
    redis.call('SET', write.key, item, 'PXAT', write.at)
  end
  return 'd' .. string.sub(item, 2, 21)
end

local function delete(write)
  local there = redis.call('DEL', write.key) == 1
  redis.call('ZREM', write.collection.names, write.name)
  if write.place ~= '' then
    redis.call('ZREM', write.collection.places, write.place)
  end
  redis.call('ZREM', expiring, write.collection.name .. '\0' .. write.name)
  return there and 'd' or 'n'
end

local function expire(write)
  if not write.found then
    return 'n'
  end
  if write.at ~= '' then
    expires(write)
  end
  redis.call('SETRANGE', write.key, 13, write.item)
  if write.at ~= '' then
    redis.call('PEXPIREAT', write.key, write.at)
  else
    redis.call('PERSIST', write.key)
  end
  return 'd' .. write.item
end

local function swap(write)
  local value = ''
  if write.found then
    value = '=' .. string.sub(write.found, HEAD + 1 + struct.unpack('>I2', write.found, HEAD - 1))
  end
  if value ~= write.expected then
    return 's' .. (write.found or '')
  end
  return put(write)
end

local apply = {put = put, delete = delete, swap = swap, expire = expire}

local function packed(outcome)
  return struct.pack('>I4', #outcome) .. outcome
end

local function run(writes, atomic, memory, fingerprint)
  if memory then
    local known = redis.pcall('GET', memory)
    if type(known) == 'table' then
      return 'fail' .. packed('w')
    elseif known then
      if string.sub(known, 1, #fingerprint) == fingerprint then
        return 'same' .. string.sub(known, #fingerprint + 1)
      end
      return 'diff'
    end
  end
  local refusals, refused = {}, nil
  for i, write in ipairs(writes) do
    refusals[i] = refusal(write)
    refused = refused or refusals[i]
  end
  if atomic and refused then
    return 'fail' .. packed(refused)
  end
  local outcomes = {}
  for i, write in ipairs(writes) do
    outcomes[i] = packed(refusals[i] or apply[write.kind](write))
  end
  local done = table.concat(outcomes)
  if memory and not (refused and #writes == 1) then
    redis.call('SET', memory, fingerprint .. done, 'EX', ARGV[1])
  end
  return 'done' .. done
end

must_be_sorted(expiring)
local collections = {}
for i = 1, tonumber(ARGV[2]) do
  local collection = {name = arg(), names = key(), places = key()}
  must_be_sorted(collection.names)
  must_be_sorted(collection.places)
  collections[i] = collection
end
local answers = {}
while next_arg <= #ARGV do
  local count = tonumber(arg())
  local atomic = arg() == 'atomic'
  local fingerprint = arg()
  local memory = fingerprint ~= '' and key()
  local writes = {}
  for i = 1, count do
    local write = {key = key()}
    for _, field in ipairs(FIELDS) do
      write[field] = arg()
    end
    write.collection = collections[tonumber(write.collection)]
    writes[i] = write
  end
  answers[#answers + 1] = run(writes, atomic, memory, fingerprint)
end
return answers
