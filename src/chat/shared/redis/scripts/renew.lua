-- Renews a node's lease, goes on with taking nodes out whose lease is over, and takes away what is
-- over: holds of names, bans, the texts of deleted messages, and the oldest entries if the stream has too
-- many bytes.
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

if erase_due(now_ms) then
  has_more = true
end

-- Some of the bans. Of those that were lifted long ago nothing tells any more: nodes that still have
-- one know by its entry that it is not one that Redis has lost.
local cursor = redis.call('HGET', state, 'bans-cursor') or '0'
local part = redis.call('HSCAN', bans, cursor, 'COUNT', BANS_AT_ONCE)
for i = 1, #part[2], 2 do
  local id, until_ms, order = string.match(part[2][i + 1], '^(%d+%-%d+) (%d+) (.*)$')
  if id and tonumber(until_ms) > 0 and tonumber(until_ms) <= now_ms then
    redis.call('HDEL', bans, part[2][i])
    local upto = redis.call('HGET', state, 'bans-swept-upto') or '0-0'
    if string.find(order, '{"unban"', 1, true) == 1 and is_before(upto, id) then
      redis.call('HSET', state, 'bans-swept-upto', id)
    end
  end
end
redis.call('HSET', state, 'bans-cursor', part[1])

-- Redis estimates it from some entries. Where it may not be asked, the number of entries is the bound.
local bytes = redis.pcall('MEMORY', 'USAGE', facts)
if type(bytes) == 'number' and bytes > tonumber(keep_bytes) then
  local fitting = math.floor(redis.call('XLEN', facts) * tonumber(keep_bytes) / bytes)
  if redis.call('XTRIM', facts, 'MAXLEN', '~', fitting, 'LIMIT', TRIMMED) > 0 then
    has_more = true
  end
end
return has_more and 2 or 1
