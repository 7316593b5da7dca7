-- The common part of the scripts. It is sent before each of them.
--
-- KEYS: facts, state, names, people, topics, nodes, leases, holds, bans, edits, erasures, deeds
local facts, state, names, people, topics, nodes, leases, holds, bans, edits, erasures, deeds =
  unpack(KEYS)

-- The mark before the epoch of a node that is being taken out. No epoch begins with it.
local OUT = '!'

-- Unix milliseconds by the clock of Redis.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The names that somebody bears, as their standing has them. A stranger may have written anything.
local function names_of(text)
  local is_json, person = pcall(cjson.decode, text or '')
  local all = is_json and type(person) == 'table' and person.names
  return type(all) == 'table' and all or {}, person
end

-- Both parts of an entry's id.
local function parts(id)
  local number, part = string.match(id or '', '^(%d+)-(%d+)$')
  return tonumber(number or '0'), tonumber(part or '0')
end

-- Whether one id is before another.
local function is_before(one, other)
  local number, part = parts(one)
  local other_number, other_part = parts(other)
  return number < other_number or (number == other_number and part < other_part)
end

-- The highest id that the stream has ever given, and the entry that it begins with.
local function ends()
  local last, first = '0-0', ''
  if redis.call('EXISTS', facts) == 1 then
    local info = redis.call('XINFO', 'STREAM', facts)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then last = info[i + 1] end
      if info[i] == 'first-entry' and info[i + 1] then first = info[i + 1][1] end
    end
  end
  return last, first
end

-- Uses up the id of a message that nobody has said, because what happens next, and is no message,
-- must not get it.
local function use_up(number)
  local id = string.format('%.0f-0', number)
  redis.call('XADD', facts, id, 'x', '')
  redis.call('XDEL', facts, id)
end

-- Appends an entry: a message as NUMBER-0 under the number after `number`, anything else after what
-- `number` has. Nothing is written before the entry is there, so a script that appends first never
-- leaves half of a change. A stranger's entry may stand above the newest number; then numbers go on
-- from there.
--
-- Returns the entry's id and the newest number, or nil and the reason: 'stuck' if no id can follow
-- the stranger's entry, or the error of Redis.
local function append(number, is_message, entry, keep)
  local words = {'XADD', facts}
  if keep then
    words = {'XADD', facts, 'MAXLEN', '~', keep}
  end
  local at = #words + 1
  for i = 1, #entry do
    words[at + i] = entry[i]
  end
  for _ = 1, 4 do
    local wanted = number + (is_message and 1 or 0)
    if wanted > NUMBER_MAX then
      return nil, 'stuck'
    end
    words[at] = string.format(is_message and '%.0f-0' or '%.0f-*', wanted)
    local id = redis.pcall(unpack(words))
    if type(id) == 'table' then
      local last_number, last_part = parts(ends())
      -- No node uses up so many parts of a number.
      local is_used_up = last_number == number and last_part > NUMBER_MAX
      if last_number <= number and not is_used_up then
        return nil, id.err
      end
      if last_number >= NUMBER_MAX then
        return nil, 'stuck'
      end
      if last_part > NUMBER_MAX and not is_message then
        last_number = last_number + 1
        use_up(last_number)
      end
      number = last_number
    elseif not is_message and string.sub(id, -2) == '-0' then
      -- The stream was emptied by hand.
      redis.call('XDEL', facts, id)
    else
      return id, wanted
    end
  end
  return nil, 'stuck'
end

-- Appends an entry that is no message after everything else. If that is impossible, the script ends
-- with an error.
local function append_now(entry)
  local before = tonumber(redis.call('HGET', state, 'number') or '0')
  local id, number = append(before, false, entry)
  if not id then
    error(number)
  end
  if number > before then
    redis.call('HSET', state, 'number', string.format('%.0f', number))
  end
end
