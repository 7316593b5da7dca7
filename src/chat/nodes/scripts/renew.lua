-- Renews a node's lease, goes on with taking nodes out whose lease is over, and takes away what is
-- over: holds of names, and the oldest entries if the stream has too many bytes.
--
-- ARGV: node, epoch, lease in ms, 1 if the node may take out others that nobody has begun to take out,
-- how many bytes of memory the stream may have
--
-- Returns 0 if the node has been taken out itself, -1 if another server has its name, 2 if there is
-- more to do at once, else 1.
local node, epoch, lease_ms, may_take_out, keep_bytes = unpack(ARGV)

local bearer = redis.call('HGET', nodes, node)
if bearer ~= epoch then
  return bearer and bearer ~= OUT and -1 or 0
end
local now_ms = now()
redis.call('ZADD', leases, string.format('%.0f', now_ms + tonumber(lease_ms)), node)

-- Nodes that are being taken out have a lease that is over for ever.
local upto = may_take_out == '1' and string.format('%.0f', now_ms) or '0'
local dead = redis.call('ZRANGEBYSCORE', leases, '-inf', upto, 'LIMIT', 0, 2)
local has_more = #dead > 1
if dead[1] and not take_out(dead[1], '') then
  has_more = true
end
if not dead[1] then
  sweep_holds(now_ms, 2 * PART)
end

-- Redis estimates it from some entries. Where it may not be asked, the number of entries is the bound.
local bytes = redis.pcall('MEMORY', 'USAGE', facts)
if type(bytes) == 'number' and bytes > tonumber(keep_bytes) then
  local fitting = math.floor(redis.call('XLEN', facts) * tonumber(keep_bytes) / bytes)
  if redis.call('XTRIM', facts, 'MAXLEN', '~', fitting, 'LIMIT', TRIMMED) > 0 then
    has_more = true
  end
end
return has_more and 2 or 1
