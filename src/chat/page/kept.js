// The last messages of the person's conversations, kept in the browser: a page without a connection
// shows them. They are this person's alone, and go when the person signs out.

import { marksOf } from './changes.js';
import { keep, load } from './storage.js';

// Another form of what is kept has another number.
const FORM = 1;
const CONVERSATIONS_MAX = 30;
const MESSAGES_MAX = 50;
// Letters of all of it; the conversations in which something was said last come first.
const LETTERS_MAX = 200_000;
const EVERY_MS = 5_000;

/** A conversation's last messages that surely follow each other, and have all come. */
function tail({ messages, gaps }, since) {
  const first = Math.max(1, ...gaps.keys());
  return messages.filter(({ id, isDeleted }) => id >= first && id <= since && !isDeleted)
    .slice(-MESSAGES_MAX)
    .map(({ id, ts, from, to, text, action, ...more }) =>
      ({ id, ts, from, to, text, action, ...marksOf(more) }));
}

/** The part of a chat that is kept; private conversations only for people with an account. */
export function saidIn(model, hasAccount) {
  const all = [...model.conversations.values()]
    .filter(({ isJoined, isPrivate }) => isJoined || (isPrivate && hasAccount))
    .map((it) => ({ key: it.key, name: it.name, topic: it.topic, messages: tail(it, model.since) }))
    .sort((a, b) => (b.messages.at(-1)?.id ?? 0) - (a.messages.at(-1)?.id ?? 0));
  let letters = 0;
  const conversations = all.slice(0, CONVERSATIONS_MAX).filter((one) => {
    letters += JSON.stringify(one).length;
    return letters <= LETTERS_MAX;
  });
  return { form: FORM, nick: model.nick, history: model.historyName, conversations };
}

/** Shows what was kept, until the server's welcome. */
export function recall(model, said) {
  if (said.form !== FORM || said.history !== model.historyName) return;
  model.nick = said.nick;
  for (const { key, name, topic, messages } of said.conversations) {
    const it = model.conversation(key, name);
    Object.assign(it, { isJoined: !it.isPrivate, topic, messages, isKept: true });
    const isNews = ({ id, from }) => it.read && id > it.read && from !== said.nick;
    it.unread = messages.filter(isNews).length;
    it.mark = it.unread ? it.read : 0;
  }
}

/** Before the server's welcome: of what was kept, only that stays which the server does not tell
 *  anew. Nothing stays if it may have missed a change. */
export function reconcile(model, { rooms, recovered, history }) {
  const isSame = recovered && history === model.historyName;
  const isThere = ({ key, isPrivate }) => isPrivate || rooms.some(({ room }) => room === key);
  for (const it of model.conversations.values()) {
    if (!it.isKept) continue;
    const since = isSame && isThere(it) ? model.since : 0;
    const messages = it.messages.filter(({ id }) => id <= since);
    Object.assign(it, { messages, isKept: false, unread: 0, mark: 0 });
  }
  if (!model.since) model.nick = '';
}

export class Kept {
  #savedAt = 0;

  constructor(chat) {
    this.chat = chat;
    recall(chat.model, load('said'));
  }

  /** Keeps what is there now. At another time soon, unless it has to be at once. */
  save(isNow) {
    const { chat } = this;
    const now = Date.now();
    if (!isNow && now - this.#savedAt < EVERY_MS) return;
    this.#savedAt = now;
    // In another tab the person may have signed out.
    if (load('me').token !== chat.me.token) return;
    keep('said', saidIn(chat.model, Boolean(chat.account)));
  }

  forget() {
    keep('said', {});
  }
}
