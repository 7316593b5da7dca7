// Changes of earlier messages, in the state of the page. Pure.

// Time for which the server lets people change what they have said.
const OWN_MS = 24 * 60 * 60 * 1000;

/** A message of any conversation by its id. */
function find(model, id) {
  for (const it of model.conversations.values()) {
    const message = it.messages.find((one) => one.id === id);
    if (message) return { it, message };
  }
  return {};
}

const seen = (message) => { message.version = (message.version ?? 0) + 1; };

/** The marks of a message: fields that it may have beside its text. */
const MARKS = ['edited', 'reactions'];

const NO_MARKS = Object.fromEntries(MARKS.map((mark) => [mark, undefined]));

/** The marks that a message, or an event about it, has. */
export const marksOf = (message) => Object.fromEntries(
  MARKS.filter((mark) => message[mark] != null).map((mark) => [mark, message[mark]]));

/** A message has another text. After an absence it comes with all its marks, so that one that is
 *  missing has ended. Only such an event has reactions, even if there are none. */
function edited(model, event) {
  const { message } = find(model, event.id);
  if (!message) return;
  if (event.reactions) Object.assign(message, NO_MARKS);
  Object.assign(message, { text: event.text }, marksOf(event));
  seen(message);
}

function deleted(model, { id }) {
  const { message } = find(model, id);
  if (!message) return;
  Object.assign(message, NO_MARKS, { text: '', isDeleted: true });
  seen(message);
}

/** Somebody reacts to a message, or no longer. */
function reacted(model, { id, emoji, on, nick, count }) {
  const { message } = find(model, id);
  if (!message) return;
  const all = message.reactions ?? [];
  const before = all.find((one) => one.emoji === emoji);
  const others = (before?.nicks ?? []).filter((one) => one !== nick);
  const mine = model.isMe(nick) ? on : before?.mine ?? false;
  const after = { emoji, count, nicks: on ? [...others, nick] : others, mine };
  message.reactions = before ? all.map((one) => (one === before ? after : one)) : [...all, after];
  message.reactions = message.reactions.filter((one) => one.count > 0);
  seen(message);
}

/** By the names of their events. */
export const CHANGES = { edited, deleted, reacted };

/** By the names of the requests for them. */
export const REQUESTED = { edit: edited, delete: deleted, react: reacted };

/** Whether the person may change a message. */
export const isOwn = (model, message, now = Date.now()) =>
  message.id > 0 && !message.isDeleted && model.isMe(message.from) && now - message.ts < OWN_MS;

/** The last message of a conversation that the person may correct. */
export const lastOwn = (model, { messages }, now = Date.now()) =>
  messages.findLast((message) => isOwn(model, message, now) && !message.action);
