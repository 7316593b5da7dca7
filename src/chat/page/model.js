// The state of the chat: conversations, messages, people, pending posts. It has no DOM, no network
// and no clock; times are arguments.

import {
  conversationOf, isCrowd, lastOf, mentions, outlives, privateKey, waits,
} from './conversation.js';

// Messages kept of a conversation.
const MEMORY_MAX = 2_000;
const NOTES_MAX = 100;
const TYPING_MS = 6_000;
// A person who is back within this time has not left.
const REJOIN_MS = 10_000;
export const OUTBOX_MAX = 50;
// The answer to a post whose name now belongs to another person than the one meant.
export const ANOTHER = 'another-person';

export class Model {
  nick = '';
  conversations = new Map();
  // The server's rooms at the last answer, only the largest if there are many.
  rooms = [];
  // Whether these are all rooms with anybody in them.
  hasAllRooms = false;
  // Only what the browser has kept is shown: there was no connection yet.
  isKept = false;
  outbox = [];
  current = 'lobby';
  // Whether the person sees the end of the current conversation.
  isWatched = false;
  // The name of the server's history: in another one, ids mean other messages.
  historyName;
  // All messages up to this id have come.
  since = 0;
  wroteLast = '';
  #seen = 0;
  #isSettled = false;
  #formerNicks = new Set();
  #kept;
  #notes = 0;

  constructor(saved = {}) {
    this.historyName = saved.historyName;
    this.since = saved.since ?? 0;
    this.outbox = (saved.outbox ?? []).map((post) => ({ ...post, isSent: false }));
    this.#kept = saved.kept ?? {};
    for (const name of saved.privates ?? []) this.at(undefined, name);
    for (const { conversation, name } of this.outbox) this.conversation(conversation, name);
  }

  /** The values to keep over a reload. */
  saved() {
    const all = [...this.conversations.values()];
    return {
      historyName: this.historyName,
      since: Math.min(this.since, ...all.map(({ unread, from }) => (unread ? from : Infinity))),
      kept: Object.fromEntries(all.map(({ key, read, draft, person }) =>
        [key, { read, draft, person }])),
      rooms: all.filter(({ isJoined }) => isJoined).map(({ key }) => key),
      privates: all.filter(({ isPrivate }) => isPrivate).map(({ name }) => name),
    };
  }

  get here() {
    return this.conversation(this.current);
  }

  /** The conversation of a room or, with `@`, of a person; made if it is not there. */
  conversation(key, name = key.replace(/^@/, '')) {
    let it = this.conversations.get(key);
    if (!it) {
      it = conversationOf(key, name, this.#kept[key]);
      // A page that comes back later begins anew.
      delete this.#kept[key];
      this.conversations.set(key, it);
    }
    return it;
  }

  /** That of a room or, without one, with a person. */
  at(room, nick) {
    return room === undefined ? this.conversation(privateKey(nick), nick) : this.conversation(room);
  }

  isMe(nick) {
    return nick === this.nick || this.#formerNicks.has(nick);
  }

  welcome({ nick, rooms, recovered, history }, now) {
    this.renamed(nick);
    this.#isSettled = false;
    if (this.historyName !== undefined && history !== this.historyName) this.#beginAnew();
    this.historyName = history;
    // A client gets either the latest messages or those it missed.
    const isEmpty = !rooms.some(({ messages }) => messages.length);
    if (!recovered && !isEmpty) this.since = 0;
    this.#seen = this.since;
    for (const it of this.conversations.values()) {
      it.isJoined = false;
      it.typing.clear();
    }
    for (const room of rooms) {
      const it = this.conversation(room.room);
      const members = [...it.members.keys()];
      if (!recovered && !it.keepsHistory) {
        this.note(it, { text: 'Messages sent meanwhile were not kept.' }, now);
      }
      this.joined(room);
      if (isCrowd(it)) continue;
      for (const name of members) if (!it.members.has(name)) it.left.set(name, now);
    }
  }

  /** All that was missed has come. */
  settle() {
    this.#isSettled = true;
    this.since = Math.max(this.since, this.#seen);
  }

  /** The server has another history: earlier messages stay, before all of its messages. */
  #beginAnew() {
    this.since = 0;
    for (const it of this.conversations.values()) outlives(it);
    for (const kept of Object.values(this.#kept)) kept.read = 0;
  }

  joined({ room, topic, rules, members, count, messages }) {
    const it = this.conversation(room);
    Object.assign(it, { isJoined: true, topic: topic ?? '', rules, count });
    it.members = new Map(members.map(({ nick, door }) => [nick, door]));
    for (const { nick } of members) this.#formerNicks.delete(nick);
    if (!messages.length) return;
    const last = messages.at(-1).id;
    if (it.messages.at(-1)?.id < messages[0].id) it.gapAhead = 0;
    const news = this.#merge(it, messages);
    it.gapAhead = undefined;
    if (it.read && it.read <= last) {
      for (const message of news) this.#count(it, message);
    } else it.read = last;
    this.#advance(last);
  }

  parted(room) {
    this.conversations.delete(room);
  }

  renamed(nick) {
    for (const { members } of this.conversations.values()) {
      const door = members.get(this.nick);
      if (members.delete(this.nick)) members.set(nick, door);
    }
    this.#formerNicks.add(this.nick);
    this.#formerNicks.delete(nick);
    this.nick = nick;
  }

  /** A message has come, new or missed before. Returns its conversation. */
  message(message, now = message.ts) {
    const isMine = this.isMe(message.from);
    const it = this.at(message.room, isMine ? message.to : message.from);
    if (isMine) it.person ??= message.person;
    else if (message.person) this.#heard(it, message, now);
    this.#advance(message.id);
    it.typing.delete(message.from);
    if (!this.#merge(it, [{ ...message, isLive: this.#isSettled && !isMine }])[0]) return it;
    if (isMine) {
      // Very likely a post whose receipt was lost. It is not shown a second time while the receipt
      // may come.
      const post = this.outbox.find((one) => !one.twin && one.conversation === it.key
        && one.text === message.text && one.state !== 'failed');
      if (post) post.twin = message.id;
    } else {
      if (it.isPrivate) this.wroteLast = message.from;
      this.#count(it, message);
    }
    return it;
  }

  /** A person has written in private, perhaps a different one than before. */
  #heard(it, { from, person }, now) {
    it.person ??= person;
    if (![it.person, it.heard].includes(person)) {
      this.note(it, { text: `This ${from} is another person than before.`, isLive: true }, now);
    }
    it.heard = person;
  }

  #count(it, message) {
    if (message.id <= it.read || this.isMe(message.from)) return;
    if (this.isWatched && it.key === this.current) {
      it.read = message.id;
      return;
    }
    if (!it.unread) Object.assign(it, { mark: it.read, from: message.id - 1 });
    it.unread += 1;
    if (mentions(message.text, this.nick)) it.mentions += 1;
  }

  /** The person has read this much at another device. */
  readElsewhere({ room, with: name, person, id }) {
    const it = this.conversations.get(room ?? privateKey(name));
    const isOther = it?.person && person && it.person !== person;
    if (!it || isOther || id <= it.read) return;
    it.read = id;
    const news = it.messages.filter((one) => one.id > id && !this.isMe(one.from));
    it.unread = Math.min(it.unread, news.length);
    it.mentions = Math.min(it.mentions, it.unread);
  }

  /** The person sees the end of the current conversation, or no longer does. */
  watch(isWatched) {
    this.isWatched = isWatched;
    const it = this.here;
    if (!isWatched) return;
    it.read = Math.max(it.read, lastOf(it));
    it.unread = 0;
    it.mentions = 0;
  }

  open(key, name) {
    const before = this.conversations.get(this.current);
    if (before && !before.unread) before.mark = 0;
    this.current = key;
    this.isWatched = false;
    return this.conversation(key, name);
  }

  gap({ room, with: name, missed }) {
    this.at(room, name).gapAhead = missed;
  }

  presence({ room, members, joined, left = [], renamed = [], count }, now) {
    const it = this.conversation(room);
    it.count = count;
    if (!joined && !left.length && !renamed.length) {
      // A crowd has only a count; a room that has shrunk is listed completely.
      it.members = new Map(members?.map(({ nick, door }) => [nick, door]));
      it.left.clear();
      return;
    }
    for (const { nick, door } of joined ?? []) {
      const isNews = !it.left.delete(nick) && !it.members.has(nick) && nick !== this.nick;
      it.members.set(nick, door);
      this.#formerNicks.delete(nick);
      if (isNews) this.#person(it, now, 'joined', nick);
    }
    for (const nick of left) {
      it.members.delete(nick);
      it.typing.delete(nick);
      it.left.set(nick, now);
    }
    for (const { from, to } of renamed) {
      if (to === this.nick) continue;
      it.members.set(to, it.members.get(from) ?? '');
      it.members.delete(from);
      it.typing.delete(from);
      this.#formerNicks.delete(to);
      this.#person(it, now, 'renamed', `${from} is now ${to}`);
      this.#follow(from, to);
    }
  }

  /** A private conversation goes on under the other's new name. */
  #follow(from, to) {
    const [old, key] = [privateKey(from), privateKey(to)];
    const it = this.conversations.get(old);
    if (!it || this.conversations.has(key)) return;
    this.conversations.delete(old);
    this.conversations.set(key, Object.assign(it, { key, name: to, label: to }));
    for (const post of this.outbox) {
      if (post.conversation === old) Object.assign(post, { conversation: key, name: to });
    }
    if (this.current === old) this.current = key;
  }

  #person(it, now, what, name) {
    const last = it.notes.at(-1);
    const note = last?.joined && last.after === lastOf(it) ? last
      : this.note(it, { joined: [], left: [], renamed: [] }, now);
    note.version = (note.version ?? 0) + 1;
    const undone = { left: note.joined, joined: note.left }[what] ?? [];
    const at = undone.indexOf(name);
    if (at >= 0) undone.splice(at, 1);
    else note[what].push(name);
  }

  /** Adds a note of this page's own after the messages so far. */
  note(it, note, now) {
    Object.assign(note, { after: lastOf(it), ts: now, key: `note${this.#notes += 1}` });
    it.notes.push(note);
    if (it.notes.length > NOTES_MAX) it.notes.shift();
    return note;
  }

  typing({ room, from, nick, on }, now) {
    const it = this.conversations.get(room ?? privateKey(from));
    if (on) it?.typing.set(nick, now + TYPING_MS);
    else it?.typing.delete(nick);
  }

  topic({ room, topic, nick }, now) {
    const it = this.conversation(room);
    it.topic = topic ?? '';
    const text = it.topic ? `set the topic: ${it.topic}` : 'took the topic away';
    this.note(it, { text: `${nick} ${text}` }, now);
  }

  /** Lets time pass: people stop typing, or have really left. True if that shows. */
  tick(now) {
    let isChanged = false;
    for (const it of this.conversations.values()) {
      for (const [nick, until] of it.typing) {
        if (until <= now) isChanged = it.typing.delete(nick);
      }
      for (const [nick, at] of it.left) {
        if (at + REJOIN_MS > now) continue;
        isChanged = it.left.delete(nick);
        this.#person(it, now, 'left', nick);
      }
    }
    return isChanged;
  }

  /** A post of the person's own, to be sent; nothing if too many wait already. */
  compose(it, text, isAction, key, now) {
    if (this.outbox.length >= OUTBOX_MAX) return undefined;
    const { key: conversation, name, person } = it;
    const about = { key, conversation, name, person, ts: now, state: 'waiting' };
    const post = { ...about, text, action: isAction };
    this.outbox.push(post);
    if (!it.unread) it.mark = 0;
    return post;
  }

  /** The server has taken a post. */
  acked(post, { id, ts, away, guest, person = post.person }) {
    this.discard(post);
    const it = this.conversation(post.conversation, post.name);
    if (it.person && person && ![it.person, it.heard].includes(person)) {
      this.note(it, { text: `From here on, ${it.name} is another person.`, isLive: true }, ts);
    }
    if (person) Object.assign(it, { person, heard: person });
    const { key, text, action } = post;
    if (post.twin !== id) this.#merge(it, [{ id, ts, from: this.nick, text, action, key }]);
    this.#advance(id);
    if (!it.unread) it.read = Math.max(it.read, id);
    if (away) this.note(it, { text: `${it.name} ${waits(guest)}`, isLive: true }, ts);
  }

  refused(post, { error, code }) {
    Object.assign(post, { state: 'failed', error, code, isSent: false, twin: undefined });
  }

  discard(post) {
    this.outbox = this.outbox.filter((one) => one !== post);
  }

  /** Older messages, asked for with this `before`. */
  history(it, messages, hasMore, before) {
    const gap = before && it.gaps.get(before);
    const floor = it.messages.findLast(({ id }) => id < before)?.id ?? 0;
    if (gap !== undefined) {
      it.gaps.delete(before);
      const first = messages[0]?.id ?? 0;
      if (hasMore && first > floor) it.gaps.set(first, Math.max(0, gap - messages.length));
    } else it.hasMore = hasMore;
    it.person ??= messages.at(-1)?.person;
    this.#merge(it, messages);
  }

  /** Puts messages in their places by id. Returns the new ones. */
  #merge(it, messages) {
    const news = [];
    for (const message of messages) {
      let at = it.messages.length;
      while (at > 0 && it.messages[at - 1].id > message.id) at -= 1;
      if (it.messages[at - 1]?.id === message.id) continue;
      if (it.gapAhead !== undefined) {
        if (at > 0) it.gaps.set(message.id, it.gapAhead);
        else it.hasMore = true;
        it.gapAhead = undefined;
      }
      it.messages.splice(at, 0, message);
      news.push(message);
    }
    // While the person reads further up, more messages are kept, up to a bound.
    const max = it.key !== this.current || this.isWatched ? MEMORY_MAX : 5 * MEMORY_MAX;
    if (it.messages.length > max) {
      it.messages.splice(0, it.messages.length - max);
      it.hasMore = true;
    }
    return news;
  }

  #advance(id) {
    this.#seen = Math.max(this.#seen, id);
    if (this.#isSettled) this.since = this.#seen;
  }
}
