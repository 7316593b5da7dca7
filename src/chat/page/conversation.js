// A room or a private conversation, by itself.

export const privateKey = (nick) => `@${nick.toLowerCase()}`;

/** Whether a text names somebody. */
export function mentions(text, nick) {
  const escaped = nick.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const letter = '[\\p{L}\\p{N}_]';
  return new RegExp(`(?<!${letter})${escaped}(?!${letter})`, 'iu').test(text);
}

/** The id of its last message. */
export const lastOf = ({ messages }) => messages.at(-1)?.id ?? 0;

/** Whether there are too many in a room to be named: it is only known how many. */
export const isCrowd = ({ members, count }) => !members.size && count > 0;

/** One of which nothing is known but what was kept. */
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
