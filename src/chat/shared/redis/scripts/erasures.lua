-- Entries with texts of messages that were deleted. They are taken out of the stream a while after the
-- deletion. By then each node has read them, or was taken out: none waits for an entry of its own that
-- is gone.

-- Notes that an entry must be taken out. If there are too many, the oldest are taken out at once.
local function erase_entry(id, now_ms)
  redis.call('ZADD', erasures, string.format('%.0f', now_ms + ERASE_MS), id)
  if redis.call('ZCARD', erasures) > ERASED_MAX then
    redis.call('XDEL', facts, redis.call('ZPOPMIN', erasures)[1])
  end
end

-- Notes that a message was corrected by the entry with this id. Of too many corrections, those of the
-- oldest messages are forgotten.
local function edit(number, id, now_ms)
  if redis.call('ZSCORE', erasures, number .. '-0') then
    -- Another node had deleted it a moment before.
    return erase_entry(id, now_ms)
  end
  redis.call('ZADD', edits, number, id)
  if redis.call('ZCARD', edits) > EDITS_MAX then
    redis.call('ZPOPMIN', edits)
  end
end

-- Notes that a message was deleted.
local function erase(number, now_ms)
  erase_entry(number .. '-0', now_ms)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', edits, number, number)) do
    redis.call('ZREM', edits, id)
    erase_entry(id, now_ms)
  end
end

-- Takes some of the entries out whose time has come. Returns whether there may be more.
local function erase_due(now_ms)
  local upto = string.format('%.0f', now_ms)
  local due = redis.call('ZRANGEBYSCORE', erasures, '-inf', upto, 'LIMIT', 0, ERASED_AT_ONCE)
  if #due > 0 then
    redis.call('XDEL', facts, unpack(due))
    redis.call('ZREM', erasures, unpack(due))
  end
  return #due == ERASED_AT_ONCE
end
