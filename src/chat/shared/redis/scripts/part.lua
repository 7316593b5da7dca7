-- A part of the people who are here, of the topics, or of the bans, with the last entry of the stream
-- at this moment. The part knows nothing of later entries. A part of the people has all devices of
-- each person in it, so that what the part has of a person is of one moment.
--
-- ARGV: people, topics or bans, the cursor of the part before, how many fields
--
-- Returns {last entry's id, cursor, fields and values, the last entry of a ban that was lifted so long
-- ago that nothing tells of it any more}; the cursor is 0 after the last part.
local last = redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
local hash = ({people = people, topics = topics, bans = bans})[ARGV[1]]
local part = redis.call('HSCAN', hash, ARGV[2], 'COUNT', ARGV[3])
local found = part[2]
if ARGV[1] == 'people' then
  local has = {}
  for i = 1, #found, 2 do
    has[found[i]] = true
  end
  for i = 1, #found, 2 do
    for _, other in ipairs(others_at(found[i])) do
      if not has[other.name] then
        has[other.name] = true
        found[#found + 1], found[#found + 2] = other.name, redis.call('HGET', people, other.name)
      end
    end
  end
end
local swept = redis.call('HGET', state, 'bans-swept-upto') or '0-0'
return {last and last[1] or '0-0', part[1], found, swept}
