-- Appends facts to the stream, in the order in which a node sends them. A message takes the next
-- number, and with it the id NUMBER-0; whatever else happens until the next one has NUMBER-1 and so
-- on.
--
-- ARGV: node, epoch, the word for the connection, how many entries to keep, how the names of keys begin
-- that tell which posts were said, the same for invitations, then for each fact: its sequence number, its author's socket, 1 if
-- that need not be here yet, 1 if it is a message, its text, its signature, the number of attachments,
-- those, the number of changes, and those: each is a kind and three words.
--
-- Returns {'fenced'} if the node has been taken out, {'doubled'} if another server has its name,
-- {'stale'} if it has begun again on another connection, else
-- the facts that were refused, each with its sequence number and the reason: the name's bearer, or
-- 'behind', the last entry, and the kinds of the changes that were not met: by 'same' and 'devices' the node
-- knew something else of the person than Redis, and by 'known' it had not read of a deed when it decided, or
-- 'gone' if the socket is not here, or 'spent' if the invitation is used up, or 'said' and the number of the message that was said before, or
-- 'had' and the last entry if the fact was sent before, or 'stuck' and why if nothing can be appended.
-- No fact after it is in the stream then.
local node, epoch, link, keep, posted, invited = unpack(ARGV, 1, 6)
local hashes = {names = names, people = people, topics = topics}

local bearer_epoch = redis.call('HGET', nodes, node)
if bearer_epoch ~= epoch then
  return {bearer_epoch and bearer_epoch ~= OUT and 'doubled' or 'fenced'}
end

local known = redis.call(
  'HMGET', state, 'link:' .. node, 'number', 'sent:' .. node, 'deed_last', 'deed_floor')
if known[1] ~= link then
  return {'stale'}
end

local now_ms = now()
local number, sent = tonumber(known[2] or '0'), tonumber(known[3] or '0')
local first_sent, refused, has_held, at = sent, {}, 0, 7

local function word()
  at = at + 1
  return ARGV[at - 1]
end

-- A name is free for the device that bears it, for the person who bears it by another device or for
-- whom it is held, and for everyone once that is over.
local function bearer_of(name, device, id)
  local value = redis.call('HGET', names, name)
  if not value then
    return nil
  end
  local of, known, until_ms = string.match(value, '^([^|]*)|([^|]*)|(%d+)|')
  if not of then
    return nil
  end
  local is_over = tonumber(until_ms) > 0 and tonumber(until_ms) <= now_ms
  if of == device or (id ~= '' and known == id) or is_over then
    return nil
  end
  return value
end

-- Whether a name may be given up by a device: nobody but its person bears it.
local function is_own(name, device, id)
  local value = redis.call('HGET', names, name)
  local of, known = string.match(value or '', '^([^|]*)|([^|]*)|')
  return not of or of == device or of == '' or (id ~= '' and known == id)
end

-- Whether a person has this nick, or is not here. A device that has gone may be in their list.
local function is_called(key, nick)
  local value = redis.call('HGET', names, key)
  local has_other_nick = value and string.match(value, '|([^|]*)$') ~= nick
  if has_other_nick then
    for _, device in ipairs(devices_of(value)) do
      if redis.call('HEXISTS', people, device) == 1 then
        return false
      end
    end
  end
  return true
end

-- Whether all devices by which a person is here are among these.
local function has_no_other(key, known)
  for _, device in ipairs(devices_of(redis.call('HGET', names, key))) do
    if not string.find(' ' .. known .. ' ', ' ' .. device .. ' ', 1, true)
      and redis.call('HEXISTS', people, device) == 1 then
      return false
    end
  end
  return true
end

-- The number of people who may still come in by an invitation. Its node may not have read of the last ones yet,
-- and Redis may have lost them.
local function uses_left(change)
  local left = redis.call('GET', invited .. ':' .. change[2])
  return math.min(tonumber(left or change[3]), tonumber(change[3]))
end

-- The last deed, and the last one that is about everybody: older ones about somebody are not known.
local deed_last, deed_floor = known[4] or '0-0', known[5] or '0-0'
-- The authors of whom a fact of this call must be decided again. Their later ones wait for that.
local waits = {}
-- An entry, and whether a deed is in the stream after it: most facts of a call were decided after the same.
local looked_at, is_older = '', false

-- Whether a deed about one of these is in the stream after this entry. The node would wait in vain for one that
-- was taken out of the stream.
local function is_unaware(subjects, upto)
  if upto ~= looked_at then
    looked_at, is_older = upto, is_before(upto, deed_last)
  end
  if not is_older then
    return false
  end
  local found = is_before(upto, deed_floor) and deed_floor
  for subject in string.gmatch(subjects, '%S+') do
    local deed = redis.call('HGET', deeds, subject)
    if deed and is_before(upto, deed) then
      found = deed
    end
  end
  local last = found and redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
  return last and not is_before(last[1], found) or false
end

-- Notes a deed about these, or about everybody.
local function note_deed(subjects, id)
  if subjects == '' or redis.call('HLEN', deeds) >= DEEDS_MAX then
    redis.call('DEL', deeds)
    deed_floor = id
    redis.call('HSET', state, 'deed_floor', id)
  end
  for subject in string.gmatch(subjects, '%S+') do
    redis.call('HSET', deeds, subject, id)
  end
  deed_last, looked_at = id, ''
  redis.call('HSET', state, 'deed_last', id)
end

-- Makes the changes of a fact that is in the stream.
local function make(changes, id, by)
  local was
  for _, change in ipairs(changes) do
    local kind, hash = change[1], hashes[change[2]]
    if kind == 'here' then
      enter_people(by, change[2])
    elseif kind == 'become' then
      become(by, change[2], change[3], was)
    elseif kind == 'join' then
      join(by, change[2])
    elseif kind == 'leave' then
      leave(by, change[2])
    elseif kind == 'remove' then
      remove(by, change[2], change[3])
    elseif kind == 'out' then
      out(change[2], change[3], change[4])
    elseif kind == 'clear' then
      clear(change[2], change[3])
    elseif kind == 'set' then
      -- Two nodes may have found space for one more topic at the same time. Another device of the
      -- person may have gone, unknown to the node.
      if hash == people then
        set_people(change[3], change[4])
      elseif hash ~= topics or redis.call('HLEN', topics) < TOPICS_MAX
        or redis.call('HEXISTS', topics, change[3]) == 1 then
        redis.call('HSET', hash, change[3], change[4])
      end
    elseif kind == 'order' then
      -- One that lifts a ban is kept for a while, so that no older data bring the ban back.
      local until_ms = change[3] ~= '' and change[3] or string.format('%.0f', now_ms + LIFTED_MS)
      if redis.call('HLEN', bans) < BANS_MAX or redis.call('HEXISTS', bans, change[2]) == 1 then
        redis.call('HSET', bans, change[2], id .. ' ' .. until_ms .. ' ' .. change[4])
      end
    elseif kind == 'come' then
      come(change[2], by, change[3], change[4])
    elseif kind == 'go' then
      was = device_at(change[2])
      has_held = has_held + go(change[2], change[3] == '1', now_ms)
    elseif kind == 'delete' then
      if hash ~= names or is_own(change[3], by, change[4]) then
        redis.call('HDEL', hash, change[3])
      end
    elseif kind == 'use' then
      local for_ms = math.max(1, tonumber(change[4]) - now_ms)
      local left = string.format('%.0f', uses_left(change) - 1)
      redis.call('SET', invited .. ':' .. change[2], left, 'PX', string.format('%.0f', for_ms))
    elseif kind == 'spend' then
      -- A node that has not read of its end lets nobody in.
      local for_ms = math.max(1, tonumber(change[4]) - now_ms)
      redis.call('SET', invited .. ':' .. change[2], '0', 'PX', string.format('%.0f', for_ms))
    elseif kind == 'edited' then
      edit(change[2], id, now_ms)
    elseif kind == 'erase' then
      erase(change[2], now_ms)
    elseif kind == 'deed' then
      note_deed(change[2], id)
    elseif kind == 'mark' then
      redis.call('HSETNX', state, change[2] .. '_from', id)
      redis.call('HSET', state, change[2] .. '_upto', id)
    elseif kind == 'hold' and is_own(change[2], by, change[3]) then
      hold(change[2], change[3], change[4], now_ms)
      has_held = has_held + 1
    end
  end
end

while at <= #ARGV do
  local sequence, by, is_entering, is_message = tonumber(word()), word(), word(), word()
  local text, signature = word(), word()
  local entry = {'n', node, 'e', epoch, 's', sequence, 'f', text}
  if signature ~= '' then
    entry[#entry + 1] = 'h'
    entry[#entry + 1] = signature
  end
  for _ = 1, tonumber(word()) do
    entry[#entry + 1] = 'a'
    entry[#entry + 1] = word()
  end
  local changes = {}
  for i = 1, tonumber(word()) do
    changes[i] = {word(), word(), word(), word()}
  end
  -- A fact that was sent twice is appended once.
  if sequence <= sent then
    local last = redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
    refused[#refused + 1] = {sequence, 'had', last and last[1] or '0-0'}
  else
    local before = sent
    sent = sequence
    local bearer, said, once
    local behind, is_spent = waits[by] and 'known ' or '', false
    for _, change in ipairs(changes) do
      if change[1] == 'free' then
        bearer = bearer or bearer_of(change[2], by, change[4])
      elseif change[1] == 'same' then
        behind = behind .. (is_called(change[2], change[3]) and '' or 'same ')
      elseif change[1] == 'devices' then
        behind = behind .. (has_no_other(change[2], change[3]) and '' or 'devices ')
      elseif change[1] == 'known' and not waits[by] and is_unaware(change[2], change[3]) then
        behind = behind .. 'known '
      elseif change[1] == 'use' then
        is_spent = is_spent or uses_left(change) < 1
      elseif change[1] == 'once' then
        once = string.format('%s:%s:%s', posted, change[2], change[3])
        said = redis.call('GET', once)
      end
    end
    if is_entering == '0' and redis.call('HEXISTS', people, by) == 0 then
      -- Their node was taken out, and they have not come in again.
      refused[#refused + 1] = {sequence, 'gone'}
    elseif behind ~= '' then
      waits[by] = waits[by] or string.find(behind, 'known ', 1, true) ~= nil
      local last = redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
      refused[#refused + 1] = {sequence, 'behind', last and last[1] or '0-0', behind}
    elseif bearer then
      refused[#refused + 1] = {sequence, bearer}
    elseif is_spent then
      refused[#refused + 1] = {sequence, 'spent'}
    elseif said then
      refused[#refused + 1] = {sequence, 'said', said}
    else
      local id, newest = append(number, is_message == '1', entry, keep)
      if not id then
        -- Nothing of this fact is written. The node sends it again, and those after it.
        refused[#refused + 1] = {sequence, 'stuck', newest}
        sent = before
        break
      end
      number = newest
      if once then
        redis.call('SET', once, string.format('%.0f', number), 'EX', POSTED_S)
      end
      -- The fact counts as sent, whatever a stranger has made of a key.
      local is_made, why = pcall(make, changes, id, by)
      if not is_made then
        why = type(why) == 'table' and why.err or why
        refused[#refused + 1] = {sequence, 'stuck', tostring(why)}
        break
      end
    end
  end
end

if has_held > 0 then
  -- More go than come, so that there are never many expired ones.
  sweep_holds(now_ms, 2 * has_held)
end
if sent > first_sent then
  redis.call('HSET', state, 'number', string.format('%.0f', number), 'sent:' .. node, sent)
end
return refused
