-- Renews a node's lease, and takes out nodes whose lease is over.
--
-- KEYS: facts, state, names, people, topics, nodes, leases
-- ARGV: node, epoch, lease in ms, 1 if the node may take others out
--
-- Returns 0 if the node has been taken out itself, -1 if another server has its name, else 1.
local facts, state, names, people, topics, nodes, leases = unpack(KEYS)
local node, epoch, lease_ms, may_take_out = unpack(ARGV)

local bearer = redis.call('HGET', nodes, node)
if bearer ~= epoch then
  return bearer and -1 or 0
end
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', leases, string.format('%.0f', now_ms + lease_ms), node)
if may_take_out == '1' then
  for _, dead in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', string.format('%.0f', now_ms))) do
    TAKE_OUT(dead)
  end
end
return 1
