-- Lets a node begin, or go on after its link was down.
--
-- ARGV: node, the epoch that it has had, one that it may have, 1 if it has been told to ask again,
-- lease in ms, history, highest number that the node knows, a number made of the clock, the last entry
-- that the node has read, a name for a new history. A node that has nothing yet names no history.
--
-- Returns {'history', its name} if the chat has another history, {'doubled'} if another server has
-- begun as this node, {'again'} if some of the people whom this node had before are still to be taken
-- out, else {'begun', 1 if the node goes on with the epoch that it has had, 2 if Redis knew of no chat,
-- else 0, history, last entry's id, first
-- entry's id, 1 if all topics are here}.
local node, epoch, fresh_epoch, is_asked_again, lease_ms, history, known, clock, place, fresh =
  unpack(ARGV)

local function parts(id)
  local number, part = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(number or '0'), tonumber(part or '0')
end

local last, first = '0-0', ''
if redis.call('EXISTS', facts) == 1 then
  local info = redis.call('XINFO', 'STREAM', facts)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
    if info[i] == 'first-entry' and info[i + 1] then first = info[i + 1][1] end
  end
end
local last_number, last_part = parts(last)
local read_number, read_part = parts(place)
-- Redis has lost entries that the node has read.
local has_lost = last_number < read_number or (last_number == read_number and last_part < read_part)

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
if tonumber(known) > number or has_lost then
  number = math.max(tonumber(clock), number)
  redis.call('HSET', state, 'number', string.format('%.0f', number))
end
-- Ids go up only. A stranger's entry may have gone ahead.
if last_number > number then
  redis.call('HSET', state, 'number', string.format('%.0f', last_number))
end

local before = redis.call('HGET', nodes, node)
if is_asked_again == '1' and before and before ~= OUT .. fresh_epoch then
  return {'doubled'}
end
local goes_on = epoch ~= '' and before == epoch and not has_lost
if before and not goes_on then
  if string.sub(before, 1, 1) == OUT then
    redis.call('HSET', nodes, node, OUT .. fresh_epoch)
  end
  if not take_out(node, fresh_epoch) then
    return {'again'}
  end
end
if not goes_on then
  redis.call('HSET', nodes, node, fresh_epoch)
  redis.call('HDEL', state, 'sent:' .. node)
end
redis.call('ZADD', leases, string.format('%.0f', now() + tonumber(lease_ms)), node)

-- Nodes that were taken out have added entries.
last = redis.call('EXISTS', facts) == 1 and redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
last = last and last[1] or string.format('%.0f-%.0f', last_number, last_part)
local how = goes_on and 1 or 0
if is_new then
  how = 2
end
return {'begun', how, own, last, first, redis.call('HEXISTS', state, 'topics')}
