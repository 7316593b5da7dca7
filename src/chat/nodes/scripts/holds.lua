-- Names that are held for people who have gone. The sorted set has each of them under the time at
-- which its hold ends, so that expired holds are found without a search through all names.

-- Whether nobody bears a name that is held.
local function is_hold(name)
  local value = redis.call('HGET', names, name)
  return value and string.sub(value, 1, 1) == '|' and value
end

-- Takes away at most `most` holds: the expired ones, and the oldest if there are too many.
local function sweep_holds(now_ms, most)
  local now = string.format('%.0f', now_ms)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', holds, '-inf', now, 'LIMIT', 0, most)) do
    redis.call('ZREM', holds, name)
    local value = is_hold(name)
    if value and tonumber(string.match(value, '^|[^|]*|(%d+)|') or '0') <= now_ms then
      redis.call('HDEL', names, name)
    end
  end
  local surplus = redis.call('ZCARD', holds) - HOLDS_MAX
  if surplus > 0 then
    local oldest = redis.call('ZPOPMIN', holds, math.min(surplus, most))
    for i = 1, #oldest, 2 do
      if is_hold(oldest[i]) then
        redis.call('HDEL', names, oldest[i])
      end
    end
  end
end

-- Holds a name from now on for the person with this id and this nick.
local function hold(name, id, nick, now_ms)
  local until_ms = string.format('%.0f', now_ms + HELD_MS)
  redis.call('HSET', names, name, '|' .. id .. '|' .. until_ms .. '|' .. nick)
  redis.call('ZADD', holds, until_ms, name)
end
