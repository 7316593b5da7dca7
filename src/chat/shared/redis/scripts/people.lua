-- The people who are here. `people` has each device as KEY|ONE|ROOMS|STANDING: the key of its person
-- in `names`, empty if the person has one device only; 1 if the device is in one room at a time; its
-- rooms, with spaces between them; and all else that nodes know of it. What an entry changes in rooms
-- is worked out here from what Redis has, by the rules by which each node applies the entry: the node
-- that sent it may not have read of all devices yet.

-- A device with this value. A stranger may have written anything.
local function read_device(name, value)
  local key, one, rooms, standing = string.match(value, '^([^|{]*)|([^|{]*)|([^|{]*)|(.*)$')
  local device = {name = name, key = key or '', is_one = one == '1', rooms = {}}
  device.standing = standing or value
  for room in string.gmatch(rooms or '', '%S+') do
    device.rooms[#device.rooms + 1] = room
  end
  return device
end

-- How a device is here; nil if it is not.
local function device_at(name)
  local value = redis.call('HGET', people, name)
  return value and read_device(name, value) or nil
end

local function keep_device(device)
  local head = device.key .. '|' .. (device.is_one and '1' or '') .. '|'
  local value = head .. table.concat(device.rooms, ' ') .. '|' .. device.standing
  redis.call('HSET', people, device.name, value)
end

-- The names of the devices of a person, as the value of their key in `names` has them, and the rest
-- of the value.
local function devices_of(value)
  local all, rest = string.match(value or '', '^([^|]*)(|.*)$')
  local devices = {}
  for device in string.gmatch(all or '', '%S+') do
    devices[#devices + 1] = device
  end
  return devices, rest or ''
end

-- The other devices by which the person with this key is here.
local function others_of(key, name)
  local others = {}
  if key ~= '' then
    for _, other in ipairs(devices_of(redis.call('HGET', names, key))) do
      local device = other ~= name and device_at(other)
      if device then
        others[#others + 1] = device
      end
    end
  end
  return others
end

-- The other devices of the person who is here by this one.
local function others_at(name)
  local device = device_at(name)
  return device and others_of(device.key, name) or {}
end

local function is_in(device, room)
  for _, own in ipairs(device.rooms) do
    if own == room then
      return true
    end
  end
  return false
end

local function go_in(device, room)
  if not is_in(device, room) then
    device.rooms[#device.rooms + 1] = room
  end
end

local function go_out(device, room)
  local left = {}
  for _, own in ipairs(device.rooms) do
    if own ~= room then
      left[#left + 1] = own
    end
  end
  device.rooms = left
end

-- Whether one room is before another, byte by byte: `<` would go by the language of Redis.
local function is_room_before(one, other)
  for at = 1, math.min(#one, #other) do
    local byte, other_byte = string.byte(one, at), string.byte(other, at)
    if byte ~= other_byte then
      return byte < other_byte
    end
  end
  return #one < #other
end

-- A device comes with this value. One that may be in several rooms is in those of the person's other
-- devices, and in those of its value too if all others are in one at a time.
local function enter_people(name, value)
  local device = read_device(name, value)
  local others = others_of(device.key, name)
  if device.is_one or #others == 0 then
    return keep_device(device)
  end
  local all, is_alone = {rooms = {}}, true
  for _, other in ipairs(others) do
    is_alone = is_alone and other.is_one
    for _, room in ipairs(other.rooms) do
      go_in(all, room)
    end
  end
  for _, room in ipairs(is_alone and device.rooms or {}) do
    go_in(all, room)
  end
  device.rooms = all.rooms
  keep_device(device)
end

-- A device, which was here like this before, becomes another person's with this value. All devices of
-- the person that may be in several rooms are in all of theirs, and in `rooms`.
local function become(name, value, rooms, before)
  local device = read_device(name, value)
  device.rooms = before and before.rooms or device.rooms
  local all = others_of(device.key, name)
  local others, more = #all, {rooms = {}}
  for _, other in ipairs(all) do
    for _, room in ipairs(other.rooms) do
      go_in(more, room)
    end
  end
  for room in string.gmatch(rooms, '%S+') do
    go_in(more, room)
  end
  all[others + 1] = device
  for _, one in ipairs(all) do
    for _, room in ipairs(others > 0 and not one.is_one and more.rooms or {}) do
      go_in(one, room)
    end
    keep_device(one)
  end
end

-- A device gets another value, but stays in its rooms.
local function set_people(name, value)
  local before = device_at(name)
  if before then
    local device = read_device(name, value)
    device.rooms = before.rooms
    keep_device(device)
  end
end

-- A device goes to a room, and with it those of its person that may be in several.
local function join(name, room)
  local own = device_at(name)
  if own then
    local all = others_of(own.key, name)
    all[#all + 1] = own
    for _, device in ipairs(all) do
      if not device.is_one then
        go_in(device, room)
        keep_device(device)
      elseif device == own then
        device.rooms = {room}
        keep_device(device)
      end
    end
  end
end

-- A person leaves a room with all devices. One that must be in a room goes to the lobby, or else to
-- the first of the person's other rooms.
local function leave(name, room)
  local own = device_at(name)
  if not own then
    return
  end
  local all = others_of(own.key, name)
  all[#all + 1] = own
  local next_room
  for _, device in ipairs(all) do
    for _, other in ipairs(device.rooms) do
      if other ~= room and next_room ~= LOBBY
        and (other == LOBBY or not next_room or is_room_before(other, next_room)) then
        next_room = other
      end
    end
  end
  for _, device in ipairs(all) do
    if is_in(device, room) then
      go_out(device, room)
      if device.is_one then
        device.rooms = {next_room or LOBBY}
      end
      keep_device(device)
    end
  end
end

-- A device is removed from a room, and comes to another if it must be in one.
local function remove(name, room, to)
  local device = device_at(name)
  if device and is_in(device, room) then
    go_out(device, room)
    if to ~= '' then
      go_in(device, to)
    end
    keep_device(device)
  end
end

-- A device is put out of a room. One that must be in a room comes to the lobby.
local function put_out(device, room)
  if is_in(device, room) then
    go_out(device, room)
    if device.is_one then
      go_in(device, LOBBY)
    end
    keep_device(device)
  end
end

-- The person with this key, or at this device, is put out of a room.
local function out(room, key, name)
  for _, device in ipairs(others_of(key, '')) do
    put_out(device, room)
  end
  local device = device_at(name)
  if device then
    put_out(device, room)
  end
end

-- Everybody is put out of a room, except the people with these ids. Somebody without an id is known by
-- their device.
local function clear(room, ids)
  local stays = {}
  for id in string.gmatch(ids, '%S+') do
    stays[id] = true
  end
  local cursor = '0'
  repeat
    local part = redis.call('HSCAN', people, cursor, 'COUNT', PART)
    cursor = part[1]
    for i = 1, #part[2], 2 do
      local name, value = part[2][i], part[2][i + 1]
      if string.find(value, room, 1, true) then
        local device = read_device(name, value)
        local _, person = names_of(device.standing)
        local id = type(person) == 'table' and type(person.id) == 'string' and person.id or ''
        if not stays[id ~= '' and id or name] then
          put_out(device, room)
        end
      end
    end
  until cursor == '0'
end
