-- Takes a node out that ends.
--
-- KEYS: facts, state, names, people, topics, nodes, leases
-- ARGV: node, epoch
if redis.call('HGET', KEYS[6], ARGV[1]) == ARGV[2] then
  TAKE_OUT(ARGV[1])
end
return 1
