// Rooms that the person is not in.

// The only room that is always there.
const LOBBY = 'lobby';

/** The rooms of the server's list, and the rooms `left` that are not in it: only the page keeps
 *  those. If the server has listed all rooms with members, they are empty; otherwise their count is
 *  unknown. */
export function elsewhere({ rooms, hasAllRooms, conversations }, left) {
  const kept = left.filter((key) => !rooms.some(({ room }) => room === key))
    .map((room) => ({ room, count: hasAllRooms ? 0 : undefined, isKept: true }));
  return [...rooms, ...kept].filter(({ room }) => !conversations.get(room)?.isJoined);
}

/** The rooms of a list after the server has told that some are listed otherwise, or no longer. A
 *  room that is empty now stays where it is, and comes into no list that did not have it. */
export function relisted(rooms, { rooms: changed, gone }) {
  const now = new Map(changed.map((it) => [it.room, it]));
  const stay = rooms.filter(({ room }) => !gone.includes(room))
    .map((it) => now.get(it.room) ?? it);
  for (const { room } of rooms) now.delete(room);
  return [...stay, ...[...now.values()].filter(({ count }) => count > 0)];
}

/** The server's rooms, as it would list them after the person has left this one. */
export function withoutOne(rooms, left) {
  return rooms.map((it) => (it.room === left ? { ...it, count: it.count - 1 } : it))
    .filter(({ room, count }) => count > 0 || room === LOBBY);
}
