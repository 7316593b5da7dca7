-- Lets a node begin, or go on after its link was down.
--
-- ARGV: node, the epoch that it has had, one that it may have, 1 if it has been told to ask again, 1 if
-- another server was found to be this node, lease in ms, history, highest number that the node knows,
-- a number made of the clock, the last entry that the node has read, a name for a new history. A node
-- that has nothing yet names no history.
--
-- Returns {'history', its name} if the chat has another history, {'doubled'} if another server has
-- begun as this node or is alive as it, {'again'} if some of the people whom this node had before are
-- still to be taken out, else {'begun', 1 if the node goes on with the epoch that it has had, 2 if
-- Redis knew of no chat, else 0, history, last entry's id, first entry's id, 1 if all topics are here}.
local node, epoch, fresh_epoch, is_asked_again, is_doubled, lease_ms, history, known, clock, place,
  fresh = unpack(ARGV)

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
-- Redis has lost entries that the node has read: its last one is later than the stream's, or is
-- missing from it, though the stream begins before it.
local has_lost = last_number < read_number or (last_number == read_number and last_part < read_part)
if first ~= '' and place ~= '0-0' then
  local first_number, first_part = parts(first)
  local is_kept = first_number < read_number or (first_number == read_number and first_part <= read_part)
  has_lost = has_lost or (is_kept and not redis.call('XRANGE', facts, place, place)[1])
end

local own = redis.call('HGET', state, 'history')
local is_new = not own
if is_new then
  own = history
  if own == '' then own = fresh end
  redis.call('HSET', state, 'history', own)
end
if own ~= history and history ~= '' then
  return {'history', own}
end

-- A Redis that was restarted may have lost its last moments, and with them messages that some node
-- has. Nobody here knows the numbers of those, but one made of the clock is higher.
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
local was_restarted = run ~= (redis.call('HGET', state, 'run') or run)
redis.call('HSET', state, 'run', run)

local number = tonumber(redis.call('HGET', state, 'number') or '0')
if tonumber(known) > number or has_lost or was_restarted then
  number = math.max(tonumber(clock), number)
end
-- Ids go up only. A stranger's entry may have gone ahead.
number = math.max(number, last_number)
redis.call('HSET', state, 'number', string.format('%.0f', number))
if number > last_number then
  -- The id of a message that nobody has said is used up: what happens next, and is no message, must
  -- not get it.
  local id = string.format('%.0f-0', number)
  redis.call('XADD', facts, id, 'x', '')
  redis.call('XDEL', facts, id)
end

local before = redis.call('HGET', nodes, node)
if is_asked_again == '1' and before and before ~= OUT .. fresh_epoch then
  return {'doubled'}
end
-- One that was found to be there twice waits until the other has gone, or was never there: what a
-- server sent before it died may have come late.
local other_until_ms = tonumber(redis.call('ZSCORE', leases, node) or '0')
if is_doubled == '1' and before and before ~= epoch and other_until_ms > now() then
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
