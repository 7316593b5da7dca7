-- Appends facts to the stream, in the order in which a node sends them. A message takes the next
-- number, and with it the id NUMBER-0; whatever else happens until the next one has NUMBER-1 and so
-- on.
--
-- KEYS: facts, state, names, people, topics, nodes, posted (which begins the names of keys), bans
-- ARGV: node, epoch, how many entries to keep, for how many ms a name is held, then for each fact:
-- its sequence number, its author's socket, 1 if that need not be here yet, 1 if it is a message,
-- its text, the number of attachments, those, the number of changes, and those: each is a kind and
-- three words.
--
-- Returns {'fenced'} if the node has been taken out, {'doubled'} if another server has its name, else
-- the facts that were refused, each with its sequence number and the reason: the name's bearer, or
-- 'gone' if the socket is not here, or 'said' and the number of the message that was said before, or
-- 'had' and the last entry if the fact was sent before.
local facts, state, names, people, topics, nodes, posted, bans = unpack(KEYS)
local node, epoch, keep, held_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local hashes = {names = names, people = people, topics = topics, bans = bans}

local bearer_epoch = redis.call('HGET', nodes, node)
if bearer_epoch ~= epoch then
  return {bearer_epoch and 'doubled' or 'fenced'}
end

local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local number = tonumber(redis.call('HGET', state, 'number') or '0')
local sent = tonumber(redis.call('HGET', state, 'sent:' .. node) or '0')
local first_sent, refused, at = sent, {}, 5

local function word()
  at = at + 1
  return ARGV[at - 1]
end

-- A name is free for the socket that bears it, for one that takes its place, for the person for whom
-- it is held, and for everyone once that is over.
local function bearer_of(name, visit, id, replaced)
  local value = redis.call('HGET', names, name)
  if not value then
    return nil
  end
  local of, known, until_ms = string.match(value, '^([^|]*)|([^|]*)|(%d+)|')
  local is_over = tonumber(until_ms) > 0 and tonumber(until_ms) <= now_ms
  local is_held = tonumber(until_ms) > 0
  if of == visit or of == replaced or (is_held and id ~= '' and known == id) or is_over then
    return nil
  end
  return value
end

-- Whether a name may be given up by a socket: nobody else bears it.
local function is_own(name, visit, replaced)
  local value = redis.call('HGET', names, name)
  local of = value and string.match(value, '^([^|]*)|')
  return not value or of == visit or of == replaced or of == ''
end

while at <= #ARGV do
  local sequence, by, is_entering, is_message = tonumber(word()), word(), word(), word()
  local text = word()
  local entry = {'n', node, 'e', epoch, 's', sequence, 'f', text}
  for _ = 1, tonumber(word()) do
    entry[#entry + 1] = 'a'
    entry[#entry + 1] = word()
  end
  local changes = {}
  for i = 1, tonumber(word()) do
    changes[i] = {word(), word(), word(), word()}
  end
  -- What was sent twice is appended once.
  if sequence <= sent then
    local last = redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
    refused[#refused + 1] = {sequence, 'had', last and last[1] or '0-0'}
  else
    sent = sequence
    local bearer, said, replaced, once
    for _, change in ipairs(changes) do
      if change[1] == 'replace' then
        replaced = change[2]
      elseif change[1] == 'free' then
        bearer = bearer or bearer_of(change[2], change[3], change[4], replaced)
      elseif change[1] == 'once' then
        once = string.format('%s:%s:%s', posted, change[2], change[3])
        said = redis.call('GET', once)
      end
    end
    if is_entering == '0' and redis.call('HEXISTS', people, by) == 0 then
      -- Their node was taken out, and they have not come in again.
      refused[#refused + 1] = {sequence, 'gone'}
    elseif bearer then
      refused[#refused + 1] = {sequence, bearer}
    elseif said then
      refused[#refused + 1] = {sequence, 'said', said}
    else
      for _, change in ipairs(changes) do
        local kind, hash = change[1], hashes[change[2]]
        if kind == 'set' then
          redis.call('HSET', hash, change[3], change[4])
        elseif kind == 'delete' then
          if hash ~= names or is_own(change[3], by, replaced) then
            redis.call('HDEL', hash, change[3])
          end
        elseif kind == 'hold' and is_own(change[2], by, replaced) then
          local hold = string.format('|%s|%.0f|%s', change[3], now_ms + held_ms, change[4])
          redis.call('HSET', names, change[2], hold)
        end
      end
      if is_message == '1' then
        number = number + 1
      end
      if once then
        redis.call('SET', once, string.format('%.0f', number), 'EX', POSTED_S)
      end
      local id = string.format('%.0f-*', number)
      redis.call('XADD', facts, 'MAXLEN', '~', keep, id, unpack(entry))
    end
  end
end

if sent > first_sent then
  redis.call('HSET', state, 'number', string.format('%.0f', number), 'sent:' .. node, sent)
end
return refused
