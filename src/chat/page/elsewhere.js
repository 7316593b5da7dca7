// Rooms that the person is not in.

// The only room that the server lists when nobody is there.
const LOBBY = 'lobby';

/** Those of the server, and of the rooms `left` those of which it says nothing: the page alone
 *  keeps these. How many are there is known only if the server has listed all in which somebody
 *  is: nobody. */
export function elsewhere({ rooms, hasAllRooms, conversations }, left) {
  const kept = left.filter((key) => !rooms.some(({ room }) => room === key))
    .map((room) => ({ room, count: hasAllRooms ? 0 : undefined, isKept: true }));
  return [...rooms, ...kept].filter(({ room }) => !conversations.get(room)?.isJoined);
}

/** The server's rooms, as it would list them after the person has left this one. */
export function withoutOne(rooms, left) {
  return rooms.map((it) => (it.room === left ? { ...it, count: it.count - 1 } : it))
    .filter(({ room, count }) => count > 0 || room === LOBBY);
}
