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

-- Notes that a person is here by a device, and their nick.
local function come(key, device, id, nick)
  local all = device
  for _, other in ipairs(devices_of(redis.call('HGET', names, key))) do
    if other ~= device then
      all = all .. ' ' .. other
    end
  end
  redis.call('HSET', names, key, all .. '|' .. id .. '|0|' .. nick)
end

-- Takes a device out of those that are here. If its person has others, these bear the person's names
-- from now on. If not, the names are held if `is_held`, or free. They may be other names than the
-- device's node knew when it sent the fact.
--
-- Returns how many names are held.
local function go(device, is_held, now_ms)
  local here = device_at(device)
  local all, person = names_of(here and here.standing)
  redis.call('HDEL', people, device)
  local other
  for _, name in ipairs(all) do
    if string.sub(name, 1, 1) == '@' then
      local devices, rest = devices_of(redis.call('HGET', names, name))
      local left = {}
      for _, one in ipairs(devices) do
        if one ~= device and redis.call('HEXISTS', people, one) == 1 then
          left[#left + 1] = one
        end
      end
      if #left == 0 then
        redis.call('HDEL', names, name)
      else
        redis.call('HSET', names, name, table.concat(left, ' ') .. rest)
        other = left[1]
      end
    end
  end
  local held = 0
  for _, name in ipairs(all) do
    local value = redis.call('HGET', names, name)
    local of, rest = string.match(value or '', '^([^|]*)(|.*)$')
    if string.sub(name, 1, 1) ~= '@' and of == device then
      if other then
        redis.call('HSET', names, name, other .. rest)
      elseif is_held and person.id ~= '' then
        hold(name, person.id, person.nick, now_ms)
        held = held + 1
      else
        redis.call('HDEL', names, name)
      end
    end
  end
  return held
end
