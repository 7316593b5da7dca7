-- Returns the id of the last entry of the stream.
local last = redis.call('XREVRANGE', facts, '+', '-', 'COUNT', 1)[1]
return last and last[1] or '0-0'
