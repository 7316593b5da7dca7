-- Writes topics again that Redis has lost; those that it has are newer.
--
-- ARGV: 1 if these are the last ones, then rooms and topics
for i = 2, #ARGV, 2 do
  redis.call('HSETNX', topics, ARGV[i], ARGV[i + 1])
end
if ARGV[1] == '1' then
  redis.call('HSET', state, 'topics', '1')
end
return 1
