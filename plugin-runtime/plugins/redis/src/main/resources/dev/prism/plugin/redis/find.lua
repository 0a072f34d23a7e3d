-- A delivery that is in force: {attempts, fields}, or nothing. ARGV: id, token.
local token, attempts = string.match(redis.call('HGET', held, ARGV[1]) or '', '^(%S+) (%d+) ')
local deadline = redis.call('ZSCORE', leased, ARGV[1])
if token ~= ARGV[2] or not deadline or tonumber(deadline) <= now() then
  return {}
end
local entry = redis.call('XRANGE', stream, ARGV[1], ARGV[1])[1]
return entry and {tonumber(attempts), entry[2]} or {}
