-- The common part of the scripts. It is sent before each of them.
--
-- KEYS: facts, state, names, people, topics, nodes, leases, holds, bans
local facts, state, names, people, topics, nodes, leases, holds, bans = unpack(KEYS)

-- The mark before the epoch of a node that is being taken out. No epoch begins with it.
local OUT = '!'

-- Unix milliseconds by the clock of Redis.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
