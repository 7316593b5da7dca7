// A room or a private conversation, by itself.

// People who are named of those who wrote in a crowd.
const WRITERS_MAX = 30;

export const privateKey = (nick) => `@${nick.toLowerCase()}`;

/** The address in this page of a conversation, or of a message in it. */
export const addressOf = (key, id) =>
  `#${encodeURIComponent(key).replace('%40', '@')}${id ? `/${id}` : ''}`;

/** Whether a text names a person. */
export function mentions(text, nick) {
  const escaped = nick.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const letter = '[\\p{L}\\p{N}_]';
  return new RegExp(`(?<!${letter})${escaped}(?!${letter})`, 'iu').test(text);
}

/** Whether a message is worth telling at this level; without one, at the usual one. */
export function isWorth({ isPrivate }, message, nick, level) {
  if (level === 'nothing') return false;
  return level === 'all' || isPrivate || mentions(message.text, nick);
}

/** The id of its last message. */
export const lastOf = ({ messages }) => messages.at(-1)?.id ?? 0;

/** Whether a room is a crowd, of which only the number of members is known. */
export const isCrowd = ({ members, count }) => !members.size && count > 0;

/** The people who wrote last in a room, each once, the last one first. */
export const lastWriters = ({ messages }) =>
  [...new Set(messages.map(({ from }) => from).reverse())].slice(0, WRITERS_MAX);

/** Whether a person is surely in the chat: they are in a room with this one, as far as its members
 *  are known. */
export function isNear({ conversations }, nick) {
  const name = nick.toLowerCase();
  return [...conversations.values()].some((it) => it.isJoined
    && (isCrowd(it) || [...it.members.keys()].some((one) => one.toLowerCase() === name)));
}

/** A conversation of which only the kept values are known. */
export function conversationOf(key, name, kept) {
  const isPrivate = key[0] === '@';
  return {
    key, name, label: isPrivate ? name : `#${name}`, isPrivate, isJoined: false,
    topic: '', members: new Map(), count: 0,
    messages: [], gaps: new Map(), notes: [], typing: new Map(), left: new Map(),
    hasMore: true, isLoading: false, keepsHistory: true,
    read: 0, mark: 0, unread: 0, mentions: 0, draft: '',
    // In private: the person meant and the last writer, by the server's ids.
    person: undefined, heard: undefined, ...kept,
  };
}

/** The server has lost its messages: ours stay, before all that have an id. */
export function outlives(it) {
  const { messages, notes } = it;
  const countUpTo = (id) => messages.findLastIndex((message) => message.id <= id) + 1;
  for (const note of notes) note.after = countUpTo(note.after) - messages.length - 1;
  for (const [at, message] of messages.entries()) message.id = at - messages.length;
  Object.assign(it, { read: 0, mark: 0, from: 0, hasMore: !messages.length });
  it.gaps.clear();
}

/** The words about a private message to somebody who is away. */
export const waits = (isGuest) => (isGuest
  ? 'has left and has no account: they get it only if they come back in the same browser or '
    + 'program.'
  : 'is away and gets it later.');
