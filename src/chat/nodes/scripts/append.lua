-- Appends facts to the stream, in the order in which a node sends them. A message takes the next
-- number, and with it the id NUMBER-0; whatever else happens until the next one has NUMBER-1 and so
-- on.
--
-- KEYS: facts, state, names, people, topics, nodes, posted (which begins the names of keys)
-- ARGV: node, epoch, how many entries to keep, for how many ms a name is held, then for each fact: its sequence number, whose it is, 1 if they come in by it, 1 if it is
-- a message, its text, the number of attachments, those, the number of changes, and those: each is
-- a kind and three words.
--
-- Returns {'fenced'} if the node has been taken out, {'doubled'} if another server has its name, else the facts that were refused: sequence
-- number, and the name's bearer, or 'gone' if whose it is is not here, or 'said' and the number of the
-- message that was said before.
local facts, state, names, people, topics, nodes, posted = unpack(KEYS)
local node, epoch, keep, held_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local hashes = {names = names, people = people, topics = topics}

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

-- A name is free for whoever bears it, or holds it by their id, and for everyone once a hold is over.
local function bearer_of(name, visit, id)
  local value = redis.call('HGET', names, name)
  if not value then
    return nil
  end
  local of, known, until_ms = string.match(value, '^([^|]*)|([^|]*)|(%d+)|')
  local is_over = tonumber(until_ms) > 0 and tonumber(until_ms) <= now_ms
  if of == visit or (id ~= '' and known == id) or is_over then
    return nil
  end
  return value
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
  if sequence > sent then
    sent = sequence
    local bearer, said
    for _, change in ipairs(changes) do
      if change[1] == 'free' then
        bearer = bearer or bearer_of(change[2], change[3], change[4])
      elseif change[1] == 'once' then
        local key = string.format('%s:%s:%s', posted, change[2], change[3])
        local id = string.format('%.0f', number + 1)
        if not redis.call('SET', key, id, 'NX', 'EX', POSTED_S) then
          said = redis.call('GET', key)
        end
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
          redis.call('HDEL', hash, change[3])
        elseif kind == 'hold' then
          local hold = string.format('|%s|%.0f|%s', change[3], now_ms + held_ms, change[4])
          redis.call('HSET', names, change[2], hold)
        end
      end
      if is_message == '1' then
        number = number + 1
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
