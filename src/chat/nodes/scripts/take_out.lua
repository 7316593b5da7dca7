-- Takes a node out: its people leave, the names of those who may come back are held for them, and
-- one fact tells of it. From here on what the node sends is refused.
local function TAKE_OUT(node)
  local epoch = redis.call('HGET', KEYS[6], node) or ''
  local time = redis.call('TIME')
  local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
  local prefix = node .. '/'
  local all = redis.call('HGETALL', KEYS[4])
  for i = 1, #all, 2 do
    local visit = all[i]
    if string.sub(visit, 1, #prefix) == prefix then
      local person = cjson.decode(all[i + 1])
      for _, name in ipairs(person.names) do
        local value = redis.call('HGET', KEYS[3], name)
        if value and string.match(value, '^([^|]*)|') == visit then
          if person.returns then
            redis.call('HSET', KEYS[3], name, string.format('|%s|%.0f|%s', person.id, now_ms + HELD_MS, person.nick))
          else
            redis.call('HDEL', KEYS[3], name)
          end
        end
      end
      redis.call('HDEL', KEYS[4], visit)
    end
  end
  redis.call('HDEL', KEYS[6], node)
  redis.call('ZREM', KEYS[7], node)
  local number = redis.call('HGET', KEYS[2], 'number') or '0'
  redis.call('XADD', KEYS[1], number .. '-*', 'n', node, 'e', epoch, 'o', '1')
end
