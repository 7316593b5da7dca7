// Keeping order: what people do who keep it, and which of it the person may do.

import { whenOf } from './dom.js';

// Time for which it is taken for known what the person may do in a room.
const MAY_MS = 30_000;

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

  /** Whether the person may delete others' messages in a room, as it was known a moment ago: the
   *  page shows it again once it knows better. */
  mayDelete(it) {
    const now = Date.now();
    if (!it.isPrivate && !(now - it.askedAt < MAY_MS)) {
      it.askedAt = now;
      this.may(it).then((may) => {
        if (Boolean(it.mayDelete) === may.includes('delete')) return;
        it.mayDelete = !it.mayDelete;
        this.chat.onChange();
      });
    }
    return Boolean(it.mayDelete);
  }

  /** The sentence for a deed upon a person. Either of the two may be this one. */
  #words(what, { nick, by, on, until, reason }) {
    const { model } = this.chat;
    const [isMe, isMine] = [model.isMe(nick), model.isMe(by)];
    const whom = isMe ? 'you' : nick;
    if (what === 'owner') {
      const who = isMine ? 'You' : by;
      return on ? `${who} made ${whom} an owner of this room.`
        : `${who} ended that ${isMe ? 'you are' : `${nick} is`} an owner of this room.`;
    }
    const end = until ? ` until ${whenOf(until)}` : '';
    const why = reason ? `: ${reason}` : '.';
    return isMine ? `You ${what} ${nick}${end}${why}`
      : `${isMe ? 'You were' : `${nick} was`} ${what} by ${by}${end}${why}`;
  }

  /** Somebody has removed, muted or banned a person, or made them an owner, or no longer. */
  told(what, data, now) {
    const { model, onRemoved } = this.chat;
    const { room, nick } = data;
    const text = this.#words(what, data);
    if (what === 'removed' && model.isMe(nick)) {
      model.parted(room);
      onRemoved?.(room);
    }
    const it = room && model.conversations.get(room);
    if (it && what === 'owner' && model.isMe(nick)) it.askedAt = undefined;
    model.note(it || model.here, { text, isLive: true }, now);
  }
}

/** The names of its events. */
export const DEEDS = ['removed', 'muted', 'banned', 'owner'];
