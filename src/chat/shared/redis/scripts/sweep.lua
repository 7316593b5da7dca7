-- Takes purged messages, and their corrections, out of the stream, some entries at a time.
--
-- KEYS: facts
-- ARGV: the last entry that was looked at, the last one to look at, the time in Unix milliseconds
-- before which messages are taken out, the room or '' for all and private ones, how many entries to
-- look at
--
-- Returns the last entry that was examined, '' if there are no more, and the number that were taken
-- out.
local facts = KEYS[1]
local from, upto, before_ms, room, count = unpack(ARGV)
before_ms, count = tonumber(before_ms), tonumber(count)

-- Whether a message of this time and place is purged.
local function is_old(ts, place)
  return type(ts) == 'number' and ts < before_ms and (room == '' or place == room)
end

-- Whether an entry must be taken out: a message, or the new text of one. A stranger's may have any
-- form.
local function is_purged(words)
  for i = 1, #words, 2 do
    if words[i] == 'f' then
      local is_read, written = pcall(cjson.decode, words[i + 1])
      if not is_read or type(written) ~= 'table' or type(written.fact) ~= 'table' then
        return false
      end
      local said, edited = written.fact.said, written.fact.edited
      if type(edited) == 'table' then
        local about = edited.about
        return type(about) == 'table' and is_old(about.ts, about.place)
      end
      local place = type(said) == 'table' and said.room or nil
      return (said or written.fact.whispered) ~= nil and is_old(written.ts, place)
    end
  end
  return false
end

local entries = redis.call('XRANGE', facts, '(' .. from, upto, 'COUNT', count)
local last, purged = '', {}
for _, entry in ipairs(entries) do
  last = entry[1]
  if is_purged(entry[2]) then
    purged[#purged + 1] = last
  end
end
if #purged > 0 then
  redis.call('XDEL', facts, unpack(purged))
end
if #entries < count then
  last = ''
end
return {last, #purged}
