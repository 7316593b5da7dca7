// The way to anywhere: rooms, people, and a search, by a few letters.

import { privateKey } from './conversation.js';
import { $, faceOf, h, visible } from './dom.js';

const SHOWN_MAX = 12;

/**
 * The places that a text may mean, the likeliest first: `{kind, key, name, about}`. Places with
 * something unread come first as long as nothing is typed.
 */
export function placesOf(text, model) {
  const word = text.trim().toLowerCase();
  const [, sign, name] = /^([#@]?)(.*)$/s.exec(word);
  const all = new Map();
  const put = (place) => {
    if (!all.has(place.key)) all.set(place.key, place);
  };
  for (const it of model.conversations.values()) {
    const { key, name: label, isPrivate, isJoined, unread, topic } = it;
    if (!isPrivate && !isJoined) continue;
    const about = unread ? `${unread} unread` : isPrivate ? 'private' : topic;
    put({ kind: isPrivate ? 'person' : 'room', key, name: label, about, unread });
  }
  for (const { room, topic } of model.rooms) {
    put({ kind: 'join', key: room, name: room, about: topic || 'join this room' });
  }
  for (const nick of model.here.members.keys()) {
    if (nick !== model.nick) {
      put({ kind: 'person', key: privateKey(nick), name: nick, about: 'write in private' });
    }
  }
  const isWanted = ({ kind, name: label }) => label.toLowerCase().includes(name)
    && !(sign === '#' && kind === 'person') && !(sign === '@' && kind !== 'person');
  const rank = ({ name: label, unread }) => {
    if (!name) return unread ? 0 : 1;
    return label.toLowerCase() === name ? 0 : label.toLowerCase().startsWith(name) ? 1 : 2;
  };
  const found = [...all.values()].filter(isWanted).sort((a, b) => rank(a) - rank(b))
    .slice(0, SHOWN_MAX);
  if (name && sign !== '@' && !/\s/.test(name) && !all.has(name)) {
    found.push({ kind: 'join', key: name, name, about: 'begin this room' });
  }
  if (word) found.push({ kind: 'search', key: word, name: text.trim(), about: 'search messages' });
  return found;
}

export class Goto {
  #dialog = $('going');
  #input = $('where');
  #places = [];
  #at = 0;

  /** `on` has `go` to a room, `open` a conversation by key and name, and `search`. */
  constructor(chat, on) {
    Object.assign(this, { chat, on });
    $('go').onclick = () => this.open();
    this.#input.oninput = () => this.#list();
    this.#input.onkeydown = (event) => this.#keyDown(event);
    this.#dialog.onclick = ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    };
    $('kbd').textContent = /Mac|iP/.test(navigator.platform) ? '⌘K' : 'Ctrl K';
    addEventListener('keydown', (event) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.open();
    });
  }

  open() {
    if (document.querySelector('dialog[open]')) return;
    this.#input.value = '';
    this.#dialog.showModal();
    this.#list();
    this.chat.refreshRooms().then(() => this.#dialog.open && this.#list());
  }

  #list() {
    this.#places = placesOf(this.#input.value, this.chat.model);
    this.#at = 0;
    $('places').replaceChildren(...this.#places.map((place, at) => this.#item(place, at)));
    this.#mark();
  }

  #item(place, at) {
    const { kind, name, about } = place;
    const sign = { room: '#', join: '#', search: '⌕' }[kind];
    const face = kind === 'person' ? faceOf(name)
      : h('span', { className: 'sign', ariaHidden: 'true' }, sign);
    return h('li', { id: `place-${at}`, role: 'option', onclick: () => this.#take(place) },
      face, h('span', { textContent: visible(name) }),
      h('small', { textContent: visible(about ?? '') }));
  }

  #mark() {
    [...$('places').children].forEach((one, at) => {
      one.ariaSelected = at === this.#at;
      if (at === this.#at) one.scrollIntoView({ block: 'nearest' });
    });
    if (this.#places.length) this.#input.setAttribute('aria-activedescendant', `place-${this.#at}`);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  #keyDown(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { length } = this.#places;
    if (step && length) {
      this.#at = (this.#at + step + length) % length;
      this.#mark();
    } else if (event.key === 'Enter') {
      if (length) this.#take(this.#places[this.#at]);
    } else return;
    event.preventDefault();
  }

  #take({ kind, key, name }) {
    this.#dialog.close();
    if (kind === 'search') this.on.search(name);
    else if (kind === 'join') this.on.go(name);
    else this.on.open(key, name);
  }
}
