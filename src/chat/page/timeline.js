// The log: a window on the conversation that stays where its reader is.

import { isNear, mentions } from './conversation.js';
import {
  $, dayOf, faceOf, fullDayOf, h, nickOf, setText, sync, timeOf, visible, whenOf,
} from './dom.js';
import { ANOTHER } from './model.js';
import { reactionsOf } from './picker.js';
import { counted, rowsOf } from './rows.js';
import { lineOf, textOf } from './text.js';

// Messages in the document.
const SHOWN_MAX = 200;
const STEP = 50;
const NEAR_PX = 300;
const END_PX = 40;

const topOf = (element) => element.getBoundingClientRect().top;

export class Timeline {
  #log = $('log');
  // The conversation shown.
  #shown;
  // Ids.
  #first = -Infinity;
  #last = Infinity;
  #follows = true;
  #isFresh = true;
  // The id of the message that was asked for, by its address or in a search.
  #target;
  // The row being read, and its position.
  #place;
  #width;

  /** `begin` makes the head of a conversation that is loaded from its beginning; `fail` shows an
   *  error. */
  constructor(chat, begin, fail) {
    Object.assign(this, { chat, begin, fail });
    this.#log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => {
      this.#width = this.#log.clientWidth;
      this.#stay(this.#place);
    }).observe(this.#log);
    $('pill').onclick = () => {
      this.jump();
      this.#log.focus();
    };
  }

  get isAtEnd() {
    return this.#follows && this.#last === Infinity && this.#shown === this.chat.model.here;
  }

  /** To the last message. */
  jump() {
    this.#follows = true;
    this.#last = Infinity;
    this.chat.onChange();
  }

  /** To a message, which comes first. If it is not there nothing moves, and the answer is false. */
  show(id) {
    if (!this.chat.model.here.messages.some((message) => message.id === id)) return false;
    this.#follows = false;
    this.#first = id;
    this.#target = id;
    this.render();
    this.#log.scrollTop = 0;
    return true;
  }

  render() {
    const { model } = this.chat;
    const it = model.here;
    const isOther = this.#shown !== it;
    if (isOther) {
      this.#shown = it;
      this.#isFresh = true;
      this.#follows = true;
      this.#first = -Infinity;
      this.#last = Infinity;
      this.#target = undefined;
      this.#log.made = undefined;
      this.#log.replaceChildren();
    }
    this.#log.ariaLabel = `Messages in ${it.label}`;
    this.#limit(it.messages);
    const place = this.#anchor();
    const rows = rowsOf(it, model, this.#first, this.#last, dayOf);
    sync(this.#log, rows.map((row) => this.#item(row)));
    this.#log.classList.toggle('loading', it.isLoading);
    this.#isFresh = false;
    this.#stay(place);
    const mark = isOther && it.unread && this.#log.made.get('new')?.element;
    if (mark && topOf(mark) < topOf(this.#log)) {
      mark.scrollIntoView();
      this.#follows = false;
    }
    this.#pill(it);
    if (this.#follows && it.hasMore && this.#log.scrollHeight <= this.#log.clientHeight) {
      this.#older(it);
    }
  }

  #limit(messages) {
    // Their ids have changed.
    if (messages.at(-1)?.id < this.#first) [this.#first, this.#last] = [-Infinity, Infinity];
    const from = Math.max(0, messages.findIndex(({ id }) => id >= this.#first));
    if (messages.length - from <= SHOWN_MAX) return;
    if (this.#follows) {
      // Messages that came too fast to be seen are not announced on scrolling.
      for (const message of messages.slice(from, -SHOWN_MAX)) message.isLive = false;
      this.#first = messages.at(-SHOWN_MAX).id;
    } else this.#last = Math.min(this.#last, messages[from + SHOWN_MAX - 1].id);
  }

  #pill({ unread }) {
    const pill = $('pill');
    pill.hidden = this.isAtEnd;
    setText(pill, `${unread ? counted(unread, 'new message') : 'Latest messages'} ↓`);
  }

  /** Stays at the end, or at a row that was in sight. */
  #stay(place) {
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
    else {
      const row = this.#log.made?.get(place?.key);
      if (row) this.#log.scrollTop += this.#below(row.element) - place.top;
    }
  }

  /** The first row that begins in sight, and its position, for a reader who does not follow. */
  #anchor() {
    let place;
    for (const [key, { element }] of this.#follows ? [] : this.#log.made ?? []) {
      // These stay above the loaded messages.
      if (/start|day/.test(key)) continue;
      place = { key, top: this.#below(element) };
      if (place.top >= 0) break;
    }
    return place;
  }

  /** A row's distance below the upper edge, which moves when something comes above the log. */
  #below(element) {
    return topOf(element) - topOf(this.#log);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.#log;
    // The person has not scrolled: the text has become longer or shorter.
    if (clientWidth !== this.#width) return;
    const left = scrollHeight - scrollTop - clientHeight;
    const wasAtEnd = this.isAtEnd;
    this.#follows = this.#last === Infinity && left < END_PX;
    this.#place = this.#anchor();
    const it = this.#shown;
    if (scrollTop < NEAR_PX && !this.#follows) this.#older(it);
    else if (left < NEAR_PX && this.#last !== Infinity) this.#newer(it);
    if (wasAtEnd !== this.isAtEnd) this.chat.onChange();
  }

  #older(it) {
    const at = it.messages.findIndex(({ id }) => id >= this.#first);
    if (at > 0) {
      this.#first = it.messages[Math.max(0, at - STEP)].id;
      this.render();
    } else if (it.hasMore) {
      this.#first = -Infinity;
      this.chat.older(it);
    }
  }

  #newer({ messages }) {
    const at = messages.findIndex(({ id }) => id >= this.#last);
    const to = at < 0 ? messages.length : at + STEP;
    this.#last = to >= messages.length - 1 ? Infinity : messages[to].id;
    const from = Math.min(to, messages.length - 1) - SHOWN_MAX + 1;
    if (from > 0) this.#first = Math.max(this.#first, messages[from].id);
    this.render();
  }

  #item(row) {
    const { key, type, text, message, isHead, isMine, state, missed, post } = row;
    const isEmpty = type === 'start' && !this.#shown.messages.length;
    const { rules: own, may, isPrivate, name, topic } = this.#shown;
    const rules = type === 'start' && JSON.stringify([own, may, Boolean(topic),
      isPrivate && isNear(this.chat.model, name)]);
    const isTarget = type === 'message' && message.id === this.#target;
    const sign = [type, text, isHead, isMine, state, missed, post?.error, isEmpty, isTarget,
      rules, message?.version].join();
    return [key, sign, () => {
      const element = type === 'message' ? this.#message(row) : this.#between(row);
      const said = message ?? row;
      const isLive = !this.#isFresh && said.isLive;
      said.isLive = false;
      if (!isLive) element.ariaLive = 'off';
      return element;
    }];
  }

  #between({ type, text, before, missed, ts }) {
    if (type === 'new') return h('div', { className: type }, h('span', {}, 'New messages'));
    if (type === 'start') return this.begin(this.#shown);
    if (type !== 'gap') {
      const title = type === 'day' ? fullDayOf(ts) : '';
      return h('div', { className: type }, h('span', { title }, visible(text)));
    }
    const words = missed ? counted(missed, 'message') : 'Some messages are';
    const onclick = () => this.chat.older(this.#shown, before);
    return h('div', { className: type }, `${words} not loaded · `,
      h('button', { onclick, textContent: 'Load' }));
  }

  #message({ message, isHead, isMine, state, post }) {
    const { id, from, text, ts, action, edited, isDeleted } = message;
    const isMention = !isMine && mentions(text, this.chat.model.nick);
    const classes = ['message', isHead && 'head', isMine && 'mine', isMention && 'mention', state,
      action && 'action', isDeleted && 'deleted',
      message.id && message.id === this.#target && 'target'];
    const body = h('div', { className: 'text', dir: 'auto' }, ...this.#said(message));
    if (edited && !isDeleted) body.append(' ', h('small', { title: whenOf(edited) }, '(edited)'));
    const meta = [timeOf(ts), isMention ? ' · names you' : ''];
    const nick = nickOf(from);
    if (action) {
      body.prepend('*', nick, ' ');
      body.append('* ', ...meta);
    }
    // The author of a message that follows another by the same author is only heard.
    if (!isHead) nick.classList.add('hidden');
    const className = classes.filter(Boolean).join(' ');
    return h('div', { className, role: 'article', said: message },
      isHead && !action ? faceOf(from) : null,
      action ? null : h('div', { className: 'meta' }, nick, ' ', ...meta),
      body, reactionsOf(message, (emoji, on) => this.#react(id, emoji, on)),
      post && this.#sending(post));
  }

  #said({ text, action, isDeleted }) {
    if (isDeleted) return ['This message was deleted.'];
    return action ? lineOf(text) : textOf(text);
  }

  async #react(id, emoji, on) {
    const answer = await this.chat.change('react', { id, emoji, on });
    if (!answer.ok) this.fail(answer.error);
  }

  #sending(post) {
    if (post.state === 'waiting') return h('p', { className: 'sending' }, 'Sending…');
    const button = (textContent, onclick) => h('button', { textContent, onclick });
    const again = post.code === ANOTHER ? `Send to this ${post.name}` : 'Retry';
    return h('p', { className: 'sending' }, `Not sent: ${post.error}. `,
      button(again, () => this.chat.outbox.retry(post)), ' ',
      button('Discard', () => this.chat.outbox.discard(post)));
  }
}
