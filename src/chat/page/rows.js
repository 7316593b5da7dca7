// The rows of a conversation: messages, and the lines between them. Pure.

const TOGETHER_MS = 5 * 60_000;
const NAMES_SHOWN = 5;

/** "3 others" */
export const counted = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** "alice, bob and 3 others" */
function listOf(names, most = NAMES_SHOWN) {
  const shown = names.length > most ? names.slice(0, most) : [...names];
  const others = names.length - shown.length;
  if (others) shown.push(counted(others, 'other'));
  const last = shown.pop();
  return shown.length ? `${shown.join(', ')} and ${last}` : last ?? '';
}

/** The people who are typing, in words. */
export function typingOf(names) {
  if (!names.length) return '';
  if (names.length > 3) return 'several people are typing…';
  return `${listOf(names)} ${names.length > 1 ? 'are' : 'is'} typing…`;
}

function noteOf({ text, joined, left, renamed }) {
  if (text) return text;
  const parts = [
    joined.length && `${listOf(joined)} joined`, left.length && `${listOf(left)} left`,
    listOf(renamed),
  ];
  return parts.filter(Boolean).join(' · ');
}

/** The conversation's rows from the message `first` to the message `last`. */
export function rowsOf(it, model, first = -Infinity, last = Infinity, dayOf = String) {
  const rows = [];
  let day;
  let before;
  let isMarked = !it.mark;
  let noteAt = it.notes.findIndex(({ after }) => after >= first);
  if (noteAt < 0) noteAt = it.notes.length;
  const notesUpTo = (id) => {
    for (; it.notes[noteAt]?.after < id; noteAt += 1) {
      const note = it.notes[noteAt];
      const text = noteOf(note);
      if (!text) continue;
      rows.push({ key: note.key, type: 'note', text, isLive: note.isLive });
      before = undefined;
    }
  };
  const put = (message, state) => {
    const today = dayOf(message.ts);
    if (today !== day) {
      rows.push({ key: `day ${today}`, type: 'day', text: today, ts: message.ts });
      before = undefined;
    }
    day = today;
    const isHead = !before || before.from !== message.from || before.action || message.action
      || message.ts - before.ts > TOGETHER_MS;
    rows.push({ key: message.key ?? message.id, type: 'message', message, isHead, ...state });
    before = message;
  };
  if (!it.hasMore && !(it.messages[0]?.id < first)) rows.push({ key: 'start', type: 'start' });
  else if (model.isKept) {
    const text = it.messages.length ? 'Older messages come with the connection.'
      : 'What was said here comes with the connection: this browser has kept nothing of it.';
    rows.push({ key: 'kept', type: 'note', text });
  }
  for (const message of it.messages) {
    if (message.id < first) continue;
    if (message.id > last) return rows;
    notesUpTo(message.id);
    const missed = it.gaps.get(message.id);
    if (missed !== undefined) {
      rows.push({ key: `gap ${message.id}`, type: 'gap', before: message.id, missed });
      before = undefined;
    }
    const isMine = model.isMe(message.from);
    if (!isMarked && message.id > it.mark && !isMine) {
      rows.push({ key: 'new', type: 'new' });
      isMarked = true;
      before = undefined;
    }
    put(message, { isMine });
  }
  notesUpTo(Infinity);
  for (const post of model.outbox) {
    if (post.conversation !== it.key || post.twin) continue;
    put({ ...post, from: model.nick }, { isMine: true, post, state: post.state });
  }
  return rows;
}
