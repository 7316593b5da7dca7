// The results of a search, and the messages that name the person.

import { addressOf, mentions } from './conversation.js';
import { $, dateOf, h, nickOf, sentence, setText, sync, timeOf, visible } from './dom.js';
import { fileOf } from './files.js';

// The server's bound is lower, and its own.
const MENTIONS_MAX = 50;
// Results of a search without a connection.
const FOUND_MAX = 50;
// A search begins so long after the last key, with so many signs: one sign begins too many words.
const TYPED_MS = 200;
const TYPED_MIN = 2;
const PART = /[\p{L}\p{M}]+|\p{N}+/gu;
// Scripts without blanks between words.
const JOINED = new RegExp(`[${['Thai', 'Lao', 'Mymr', 'Khmr', 'Han', 'Hira', 'Kana', 'Hang']
  .map((script) => `\\p{scx=${script}}`).join('')}]`, 'u');

/** The hits of one typed word: its parts in a row, where a word or a number begins. */
function hitOf(typed) {
  const parts = typed.match(PART);
  if (!parts) return undefined;
  const [first, last] = [parts[0], parts.at(-1)];
  const kind = (part) => (/\p{N}/u.test(part) ? '\\p{N}' : '[\\p{L}\\p{M}]');
  const begin = JOINED.test(first[0]) ? '' : `(?<!${kind(first)})`;
  const end = [...last].length > 1 || JOINED.test(last) ? '' : `(?!${kind(last)})`;
  return begin + parts.join('[^\\p{L}\\p{N}]*') + end;
}

/** A text with the words that were searched for in it marked, at their beginnings. */
export function marked(text, words) {
  const hits = words.split(/\s+/).map(hitOf).filter(Boolean);
  if (!hits.length) return [text];
  const hit = new RegExp(`(${hits.join('|')})`, 'giu');
  // Every second part is what the group has matched.
  return text.split(hit).map((part, at) => (at % 2 ? h('mark', { textContent: part }) : part));
}

/** The last messages that have all of these words, of those that the page has of a conversation, or
 *  of all. The server would find them too. */
export function foundIn({ conversations }, it, words, { from = '', after = 0, until = Infinity }) {
  const hits = words.split(/\s+/).map(hitOf).filter(Boolean).map((hit) => new RegExp(hit, 'iu'));
  const isHit = ({ text, from: author, ts, isDeleted }) => !isDeleted && ts >= after && ts < until
    && (!from || author.toLowerCase() === from.toLowerCase())
    && hits.length > 0 && hits.every((hit) => hit.test(text));
  const all = it ? [it] : [...conversations.values()];
  const found = all.flatMap(({ key, name, isPrivate, messages }) => messages.filter(isHit)
    .map((one) => ({ ...one, ...(isPrivate ? { to: one.to ?? name } : { room: key }) })));
  return found.sort((a, b) => a.id - b.id).slice(-FOUND_MAX);
}

/** A text with the names of files in place of their addresses. */
const withNames = (text) => text.replace(/https?:\/\/\S+/g, (href) => fileOf(href)?.name ?? href);

/** The times at which a day begins and ends, of a value of a date field; none without one. */
export function timesOf(day) {
  if (!day) return {};
  const [year, month, date] = day.split('-').map(Number);
  const at = (after) => new Date(year, month - 1, date + after).getTime();
  return { after: at(0), until: at(1) };
}

export class Search {
  #timer;
  #asked = 0;

  /** `show` brings a message of a conversation into sight; `opened` is called when the search or
   *  its results come up. */
  constructor(chat, show, opened) {
    Object.assign(this, { chat, show, opened });
    $('searching').onclick = () => (this.isOpen ? this.close() : this.#open());
    $('mentions').onclick = () => this.mentions();
    $('find').onsubmit = (event) => {
      event.preventDefault();
      this.find($('words').value);
    };
    $('words').oninput = () => this.#typed();
    for (const id of ['in', 'by', 'on']) $(id).oninput = () => this.#typed();
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
    this.#stop();
    $('searching').focus();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asked += 1;
  }

  #toggle(isOpen) {
    if (isOpen) this.opened();
    $('find').hidden = !isOpen;
    $('searching').ariaExpanded = isOpen;
    setText($('searching').lastElementChild, isOpen ? 'Close' : 'Search');
  }

  /** Searches soon, unless more is typed. */
  #typed() {
    this.#stop();
    const words = $('words').value;
    const isEnough = words.trim().length >= TYPED_MIN;
    if (isEnough) this.#timer = setTimeout(() => this.find(words), TYPED_MS);
    else $('found').hidden = true;
  }

  /** Searches all of the person's rooms and private conversations, or as the filters say. */
  async find(words) {
    this.#stop();
    const text = words.trim();
    const asked = this.#asked;
    const { model } = this.chat;
    const it = model.conversations.get($('in').value);
    const where = it && (it.isPrivate ? { with: it.name, person: it.person } : { room: it.key });
    const by = $('by').value.trim();
    const filters = { ...where, ...(by && { from: by }), ...timesOf($('on').value) };
    let answer = await this.chat.ask('search', { text, ...filters });
    if (asked !== this.#asked) return { ok: true };
    const { isLost } = answer;
    if (isLost) answer = { ok: true, messages: foundIn(model, it, text, filters) };
    const found = answer.messages?.reverse() ?? [];
    const places = it ? visible(it.label) : 'your rooms and private conversations';
    const what = found.length ? `Found ${found.length}, newest first.`
      : `Nothing was found in ${places}. Words are found by their beginnings.`;
    const begin = isLost ? 'There is no connection: only what this page has was searched. ' : '';
    this.#show(answer, begin + what, found, words);
    return { ok: true };
  }

  /** Lists the messages of others that name the person. */
  async mentions() {
    this.#stop();
    const asked = this.#asked;
    const { model } = this.chat;
    const { nick } = model;
    for (const id of ['in', 'by', 'on']) $(id).value = '';
    let answer = await this.chat.ask('search', { text: nick, limit: MENTIONS_MAX });
    if (asked !== this.#asked) return;
    if (answer.isLost) answer = { ok: true, messages: foundIn(model, undefined, nick, {}) };
    const found = (answer.messages ?? []).reverse()
      .filter(({ from, text }) => !model.isMe(from) && mentions(text, nick));
    const name = visible(nick);
    const what = found.length ? `Messages that name ${name}, newest first.`
      : `Nobody has named ${name} in your rooms and private conversations yet.`;
    this.#show(answer, what, found, nick);
  }

  #show(answer, what, found, words) {
    this.#toggle(true);
    if ($('words').value !== words) $('words').value = words;
    this.#showFilters(found);
    $('found').hidden = false;
    const cut = answer.cut ? ' The search ran out of time; older messages may be missing.' : '';
    const [, title, list] = $('found').children;
    setText(title, answer.ok ? what + cut : sentence(answer.error));
    list.replaceChildren(...found.map((one) => this.#result(one, words)));
    $('found').scrollTop = 0;
  }

  /** The places and people among which one may choose. */
  #showFilters(found) {
    const { conversations, here } = this.chat.model;
    const option = (value, label) => [value, label, () => h('option', { value }, visible(label))];
    const all = [...conversations.values()].filter((it) => it.isJoined || it.isPrivate);
    const chosen = $('in').value;
    sync($('in'), [option('', 'Everywhere'), ...all.map(({ key, label }) => option(key, label))]);
    $('in').value = conversations.has(chosen) ? chosen : '';
    const names = new Set([...found.map(({ from }) => from), ...here.members.keys()]);
    sync($('names'), [...names].slice(0, MENTIONS_MAX).map((name) => option(name, name)));
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
      h('span', { className: 'text', dir: 'auto' }, ...marked(visible(withNames(text)), words))));
  }
}
