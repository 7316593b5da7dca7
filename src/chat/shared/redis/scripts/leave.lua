-- Takes out a node that ends. If it has many people, the others are told to go on with it: its last
-- entry says that it leaves.
--
-- ARGV: node, epoch
local node, epoch = unpack(ARGV)
if redis.call('HGET', nodes, node) == epoch and not take_out(node, '') then
  append_now({'n', node, 'e', epoch, 'l', '1'})
end
return 1
