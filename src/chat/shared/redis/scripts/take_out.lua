-- Takes a node out, a part of its people in each call, so that Redis answers others in between. The
-- first call marks the node, and its facts are refused from then on. Each call has some of its people
-- leave, and holds the names of those who may come back. The last one appends the fact that tells of
-- it. Each call goes on where the last one ended, so several nodes may share the work.
--
-- `successor` is the epoch of the server that wants to be this node; empty if there is none.
--
-- Returns whether the node is out.
local function take_out(node, successor)
  local epoch = redis.call('HGET', nodes, node) or ''
  if string.sub(epoch, 1, 1) ~= OUT then
    redis.call('HSET', state, 'out:' .. node, epoch)
    redis.call('HSET', nodes, node, OUT .. successor)
    redis.call('ZADD', leases, 0, node)
  end
  local now_ms = now()
  local cursor, gone, parts = redis.call('HGET', state, 'swept:' .. node) or '0', 0, 0
  repeat
    local part = redis.call('HSCAN', people, cursor, 'MATCH', node .. '/*', 'COUNT', PART)
    cursor, parts = part[1], parts + 1
    for i = 1, #part[2], 2 do
      local of = part[2][i]
      local here = device_at(of)
      local _, person = names_of(here and here.standing)
      go(of, type(person) == 'table' and person.returns == true, now_ms)
      gone = gone + 1
    end
  until cursor == '0' or gone >= PART or parts >= PARTS
  sweep_holds(now_ms, 2 * PART)
  if cursor ~= '0' then
    redis.call('HSET', state, 'swept:' .. node, cursor)
    return false
  end
  redis.call('HDEL', state, 'swept:' .. node)
  epoch = redis.call('HGET', state, 'out:' .. node) or ''
  -- If nothing can be appended, another call tries again: the node is not out before all are told.
  append_now({'n', node, 'e', epoch, 'o', '1'})
  redis.call('HDEL', nodes, node)
  redis.call('ZREM', leases, node)
  redis.call('HDEL', state, 'out:' .. node, 'sent:' .. node, 'link:' .. node)
  return true
end
