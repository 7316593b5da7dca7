// Keeping order: what people do who keep it, and which of it the person may do.

import { whenOf } from './dom.js';
import { counted } from './rows.js';

// Time for which it is taken for known what the person may do in a room.
const MAY_MS = 30_000;

// The sentences for the beginning of a rule, and for its end.
const RULED = {
  private: ['made this room private: only invited people come in.',
    'opened this room to everybody.'],
  readonly: ['made this room read-only: only its owners write here.',
    'lets everybody write here again.'],
  past: ['lets invited people read what was said before.',
    'hides from invited people what was said before.'],
};

export class Deeds {
  constructor(chat) {
    this.chat = chat;
  }

  /** The ways in which the person may keep order in a conversation; with a nick, upon them. Only
   *  people with a registered name have any. */
  async may({ key, isPrivate }, nick) {
    if (!this.chat.account) return [];
    const answer = await this.chat.ask('may', { ...(!isPrivate && { room: key }), nick });
    return answer.may ?? [];
  }

  /** The person has another name or another role: what they may do is asked for anew. */
  forget() {
    for (const it of this.chat.model.conversations.values()) it.askedAt = undefined;
  }

  /** Whether the person may do something in a room, `delete` others' messages or change the `room`
   *  itself, as it was known a moment ago: the page shows it again once it knows better. */
  mayIn(it, what) {
    const now = Date.now();
    if (!it.isPrivate && !(now - it.askedAt < MAY_MS)) {
      it.askedAt = now;
      this.may(it).then((may) => {
        const isNews = it.may?.join() !== may.join();
        it.may = may;
        if (isNews) this.chat.onChange();
      });
    }
    return Boolean(it.may?.includes(what));
  }

  /** The sentence for a deed upon a person. Either of the two may be this one. */
  #words(what, { room, nick, by, on, until, reason }) {
    const { model } = this.chat;
    const [isMe, isMine] = [model.isMe(nick), model.isMe(by)];
    const whom = isMe ? 'you' : nick;
    if (what === 'removed' && isMe && isMine) {
      // A person who signs out is no longer in their private rooms.
      return reason === 'the room is deleted' ? `You deleted #${room}.`
        : `You are no longer in #${room}: it is private.`;
    }
    if (what === 'owner') {
      const who = isMine ? 'You' : by;
      return on ? `${who} made ${whom} an owner of this room.`
        : `${who} ended that ${isMe ? 'you are' : `${nick} is`} an owner of this room.`;
    }
    if (what === 'unmuted' && isMe) return `${by} lets you speak again.`;
    if (what === 'unmuted') return `You let ${nick} speak again.`;
    if (what === 'unbanned') return `You let ${nick} come in again.`;
    const end = until ? ` until ${whenOf(until)}` : '';
    const why = reason ? `: ${reason}` : '.';
    // They read it elsewhere, because they are no longer there.
    if (what === 'removed' && isMe) return `You were removed from #${room} by ${by}${why}`;
    return isMine ? `You ${what} ${nick}${end}${why}`
      : `${isMe ? 'You were' : `${nick} was`} ${what} by ${by}${end}${why}`;
  }

  /** Somebody has removed, muted or banned a person or made them an owner, or has ended that. */
  told(what, data, now) {
    const { model, onRemoved } = this.chat;
    const { room, nick } = data;
    const text = this.#words(what, data);
    if (what === 'removed' && model.isMe(nick)) {
      model.parted(room);
      onRemoved?.(room);
      // It may be gone, and not only for this person.
      this.chat.forget(room);
      this.chat.refreshRooms();
    }
    const it = room && model.conversations.get(room);
    if (it && what === 'owner' && model.isMe(nick)) it.askedAt = undefined;
    model.note(it || model.here, { text, isLive: true }, now);
  }

  /** An owner has made a rule of a room. */
  ruled({ room, nick, ...rules }, now) {
    const { model } = this.chat;
    const it = model.conversation(room);
    const who = model.isMe(nick) ? 'You' : nick;
    const before = it.rules ?? {};
    for (const [rule, [on, off]] of Object.entries(RULED)) {
      if (Boolean(before[rule]) === rules[rule]) continue;
      model.note(it, { text: `${who} ${rules[rule] ? on : off}`, isLive: true }, now);
    }
    const { private: isPrivate, readonly, past, keep } = rules;
    if ((before.keep ?? 0) !== (keep ?? 0)) {
      const time = keep ? `for ${counted(keep, 'day')}` : 'as long as in other rooms';
      model.note(it, { text: `${who} set messages to be kept ${time}.`, isLive: true }, now);
    }
    it.rules = { private: isPrivate, readonly, past, keep };
  }

  /** The person is invited to a room, which is among the other rooms from now on. */
  invited({ room, nick }, now) {
    const { chat } = this;
    chat.left = [...chat.left.filter((one) => one !== room), room];
    const text = `${nick} invited you to #${room}. It is among the other rooms.`;
    chat.model.note(chat.model.here, { text, isLive: true }, now);
  }
}

/** The names of its events. */
export const DEEDS = ['removed', 'muted', 'unmuted', 'banned', 'unbanned', 'owner'];

/** Deeds upon a person, by their names in the server's answer, in the order of the menu: their
 *  words there; the request, for a conversation and a nick; the note after it, if no event tells of
 *  it. Those with a dialog ask once more, for a reason and perhaps for how long. */
export const ORDER = {
  op: {
    words: 'Make an owner of this room',
    request: ({ key }, nick) => ['op', { room: key, nick, on: true }],
  },
  deop: {
    words: 'No longer an owner of this room',
    request: ({ key }, nick) => ['op', { room: key, nick, on: false }],
  },
  unmute: {
    words: 'Let them speak again',
    request: (it, nick) => ['unmute', { nick: `@${nick}` }],
    note: (nick) => `${nick} may speak again.`,
  },
  mute: {
    words: 'Mute…',
    request: (it, nick) => ['mute', { nick: `@${nick}` }],
    dialog: {
      title: (who) => `Mute ${who}`, does: 'Mute', hasTime: true,
      why: 'They can read everything, and say nothing in any room.',
    },
  },
  kick: {
    words: 'Remove from this room…', isGrave: true,
    request: ({ key }, nick) => ['kick', { room: key, nick }],
    dialog: {
      title: (who, room) => `Remove ${who} from ${room}`, does: 'Remove', hasTime: false,
      why: 'They may come back at once.',
    },
  },
  ban: {
    words: 'Ban…', isGrave: true,
    request: (it, nick) => ['ban', { nick: `@${nick}` }],
    dialog: {
      title: (who) => `Ban ${who}`, does: 'Ban', hasTime: true,
      why: 'They are disconnected and cannot come back. A guest is banned with their address.',
    },
  },
};
