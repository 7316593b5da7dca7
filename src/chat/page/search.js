// The results of a search, and the messages that name the person.

import { addressOf, mentions } from './conversation.js';
import { $, dateOf, h, nickOf, setText, timeOf, visible } from './dom.js';

// The server's bound is lower, and its own.
const MENTIONS_MAX = 50;

/** A text with the words that were searched for in it marked, at their beginnings. */
export function marked(text, words) {
  const found = words.match(/[\p{L}\p{N}_]+/gu);
  if (!found) return [text];
  const hit = new RegExp(`(?<![\\p{L}\\p{N}_])(${found.join('|')})`, 'giu');
  // Every second part is what the group has matched.
  return text.split(hit).map((part, at) => (at % 2 ? h('mark', { textContent: part }) : part));
}

export class Search {
  /** `show` brings a message of a conversation into sight. */
  constructor(chat, show) {
    Object.assign(this, { chat, show });
    $('searching').onclick = () => (this.isOpen ? this.close() : this.#open());
    $('mentions').onclick = () => this.mentions();
    $('find').onsubmit = (event) => {
      event.preventDefault();
      this.find($('words').value);
    };
  }

  get isOpen() {
    return !$('find').hidden;
  }

  #open() {
    this.#toggle(true);
    $('words').focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#toggle(false);
    $('found').hidden = true;
    $('searching').focus();
  }

  #toggle(isOpen) {
    $('find').hidden = !isOpen;
    $('searching').ariaExpanded = isOpen;
    setText($('searching').lastElementChild, isOpen ? 'Close' : 'Search');
  }

  /** Searches all of the person's rooms and private conversations. */
  async find(words) {
    const text = words.trim();
    const answer = await this.chat.ask('search', { text });
    const found = answer.messages?.reverse() ?? [];
    const what = found.length ? `Found ${found.length}, newest first.`
      : 'Nothing was found in your rooms and private conversations.';
    this.#show(answer, what, found, text);
    return { ok: true };
  }

  /** Lists the messages of others that name the person. */
  async mentions() {
    const { model } = this.chat;
    const { nick } = model;
    const answer = await this.chat.ask('search', { text: nick, limit: MENTIONS_MAX });
    const found = (answer.messages ?? []).reverse()
      .filter(({ from, text }) => !model.isMe(from) && mentions(text, nick));
    const name = visible(nick);
    const what = found.length ? `Messages that name ${name}, newest first.`
      : `Nobody has named ${name} in your rooms and private conversations yet.`;
    this.#show(answer, what, found, nick);
  }

  #show(answer, what, found, words) {
    this.#toggle(true);
    $('words').value = words;
    $('found').hidden = false;
    const cut = answer.cut ? ' The search ran out of time; older messages may be missing.' : '';
    const title = h('p', { role: 'status', textContent: answer.ok ? what + cut : answer.error });
    $('found').replaceChildren(title, h('ul', {}, ...found.map((one) => this.#result(one, words))));
    $('found').scrollTop = 0;
  }

  #result(message, words) {
    const { id, room, from, to, ts, text } = message;
    const other = this.chat.model.isMe(from) ? to : from;
    const key = room ?? `@${other}`;
    const place = room === undefined ? `@${visible(other)}` : `#${visible(room)}`;
    const onclick = (event) => {
      // In a new tab or window its address opens it.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.show(message);
    };
    return h('li', {}, h('a', { className: 'result', href: addressOf(key, id), onclick },
      h('span', { className: 'meta' }, h('b', {}, place), ' ', nickOf(from), ` ${dateOf(ts)} `,
        timeOf(ts)),
      h('span', { className: 'text', dir: 'auto' }, ...marked(visible(text), words))));
  }
}
