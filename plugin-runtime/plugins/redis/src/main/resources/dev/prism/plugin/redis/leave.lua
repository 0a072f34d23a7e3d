-- Consumers go, and what they have comes back. ARGV: the channel to wake readers on, owners.
local owners = {}
for i = 2, #ARGV do
  owners[ARGV[i]] = true
end
if give_back(owners, now()) then
  redis.call('PUBLISH', ARGV[1], '')
end
return 1
