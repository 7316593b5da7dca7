-- Has a node begin, or go on after its link was down.
--
-- KEYS: facts, state, names, people, topics, nodes, leases
-- ARGV: node, epoch, lease in ms, history, highest number that the node knows, a number made of the
-- clock, 1 if the node has been here with this epoch, a name for a new history. A node that has nothing
-- yet names no history.
--
-- Returns {'history', its name} if the chat has another history, else {'begun', 1 if the node goes on with its
-- epoch, 2 if Redis knew of no chat, else 0, history, last entry's id, first entry's id, people, topics}.
local facts, state, names, people, topics, nodes, leases = unpack(KEYS)
local node, epoch, lease_ms, history, known, clock, was_here, fresh = unpack(ARGV)

local own = redis.call('HGET', state, 'history')
local is_new = not own
if is_new then
  own = history
  if own == '' then own = fresh end
  redis.call('HSET', state, 'history', own)
  -- Redis knows of no chat, but the node may: no number of before is given again.
  if tonumber(known) > 0 then
    redis.call('HSET', state, 'number', clock)
  end
end
if own ~= history and history ~= '' then
  return {'history', own}
end

local number = tonumber(redis.call('HGET', state, 'number') or '0')
if tonumber(known) > number then
  -- Redis has lost what the node has read.
  redis.call('HSET', state, 'number', clock)
end

local before = redis.call('HGET', nodes, node)
local goes_on = was_here == '1' and before == epoch
if before and not goes_on then
  TAKE_OUT(node)
end
if not goes_on then
  redis.call('HSET', nodes, node, epoch)
  redis.call('HDEL', state, 'sent:' .. node)
end
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', leases, string.format('%.0f', now_ms + lease_ms), node)

local last, first = '0-0', ''
if redis.call('EXISTS', facts) == 1 then
  local info = redis.call('XINFO', 'STREAM', facts)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
    if info[i] == 'first-entry' and info[i + 1] then first = info[i + 1][1] end
  end
end
local how = goes_on and 1 or 0
if is_new then
  how = 2
end
return {'begun', how, own, last, first, redis.call('HGETALL', people), redis.call('HGETALL', topics)}
