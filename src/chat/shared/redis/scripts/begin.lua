-- Lets a node begin, or go on after its link was down.
--
-- ARGV: node, the epoch that it has had, one that it may have, 1 if it has been told to ask again, 1 if
-- another server was found to be this node, lease in ms, history, highest number that the node knows,
-- a number made of the clock, the last entry that the node has read, a name for a new history, a word for
-- the connection. A node that has nothing yet names no history. From here on its facts are taken only
-- with this word, so none that is still on its way on an earlier connection gets in between.
--
-- Returns {'stuck', the last entry's id} if no id can follow a stranger's entry, {'history', its name}
-- if the chat has another history, {'lacks'} if the stream no longer has entries of registered people that
-- the node has not read, {'doubled'} if another server has begun as this node or is alive as
-- it, {'again'} if some of the people whom this node had before are still to be taken out, else {'begun',
-- 1 if the node goes on with the epoch that it has had, 2 if Redis knew of no chat, else 0, history, last
-- entry's id, first entry's id, 1 if all topics are here, 1 if Redis has lost entries that the node has
-- read}.
local node, epoch, fresh_epoch, is_asked_again, is_doubled, lease_ms, history, known, clock, place,
  fresh, link = unpack(ARGV)

local last, first = ends()
local last_number, last_part = parts(last)
if last_number > NUMBER_MAX then
  return {'stuck', last}
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

-- Messages may be missing in a node's file. Without all registered people a name would have two owners.
local marks = redis.call('HMGET', state, 'registered_from', 'registered_upto')
if marks[1] and marks[2] and is_before(place, marks[2])
  and (first == '' or (is_before(place, first) and is_before(marks[1], first))) then
  return {'lacks'}
end

-- A Redis that was restarted may have lost its last moments, and with them messages that some node
-- has. Nobody here knows the numbers of those, but one made of the clock is higher.
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
local was_restarted = run ~= (redis.call('HGET', state, 'run') or run)
redis.call('HSET', state, 'run', run)

-- Each time when Redis may have lost its end, `state` notes the id at which it goes on after that, and
-- the last one that it still knew. A node that has read up to an id between these has read what is
-- lost. Whether the entry itself is there does not matter: a purge may have taken it out.
local gaps = {}
for from, upto in string.gmatch(redis.call('HGET', state, 'gaps') or '', '(%S+) (%S+);') do
  gaps[#gaps + 1] = {from, upto}
end
local has_lost = false
for _, gap in ipairs(gaps) do
  has_lost = has_lost or (is_before(gap[1], place) and is_before(place, gap[2]))
end
local number = tonumber(redis.call('HGET', state, 'number') or '0')
local may_have_lost = tonumber(known) > number or is_before(last, place) or was_restarted
-- Older gaps are not known, or a Redis that does not tell its run may have lost something unnoticed.
if (run == '' or #gaps == GAPS_MAX) and first ~= '' and not is_before(place, first)
  and not redis.call('XRANGE', facts, place, place)[1] then
  may_have_lost, has_lost = true, true
end
has_lost = has_lost or is_before(last, place)

if may_have_lost then
  number = math.max(tonumber(clock), number)
end
-- Ids go up only. A stranger's entry may have gone ahead.
number = math.max(number, last_number)
redis.call('HSET', state, 'number', string.format('%.0f', number))
if number > last_number then
  use_up(number)
end
if may_have_lost then
  gaps[#gaps + 1] = {last, string.format('%.0f-0', number)}
  local text = ''
  for i = math.max(1, #gaps - GAPS_MAX + 1), #gaps do
    text = text .. gaps[i][1] .. ' ' .. gaps[i][2] .. ';'
  end
  redis.call('HSET', state, 'gaps', text)
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
redis.call('HSET', state, 'link:' .. node, link)
redis.call('ZADD', leases, string.format('%.0f', now() + tonumber(lease_ms)), node)

-- Nodes that were taken out have added entries.
last = redis.call('EXISTS', facts) == 1 and redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
last = last and last[1] or string.format('%.0f-%.0f', last_number, last_part)
local how = goes_on and 1 or 0
if is_new then
  how = 2
end
local are_topics_here = redis.call('HEXISTS', state, 'topics')
return {'begun', how, own, last, first, are_topics_here, has_lost and 1 or 0}
