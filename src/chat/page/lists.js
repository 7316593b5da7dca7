// Rooms, private conversations and members.

import { $, faceOf, h, nickOf, sentence, setText, sync, visible } from './dom.js';
import { isCrowd, lastWriters, privateKey } from './conversation.js';
import { elsewhere } from './elsewhere.js';

const { compare } = new Intl.Collator(undefined, { numeric: true });

/** The sign of a private room. */
function lock() {
  const sign = $('lock').cloneNode(true);
  sign.removeAttribute('id');
  sign.removeAttribute('hidden');
  return sign;
}

export class Lists {
  /** `on` has `go` to a room, `open` a conversation by key and name, and `leave` one. */
  constructor(chat, on) {
    Object.assign(this, { chat, on });
    const [input] = $('join').elements;
    const toggle = (isOpen) => {
      $('join').hidden = !isOpen;
      $('joining').ariaExpanded = isOpen;
      (isOpen ? input : $('joining')).focus();
    };
    $('joining').onclick = () => toggle($('join').hidden);
    $('join').onkeydown = (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      toggle(false);
    };
    $('join').onsubmit = async (event) => {
      event.preventDefault();
      if (!input.value.trim()) return input.focus();
      const answer = await on.go(input.value.trim());
      if (answer.ok) {
        input.value = '';
        $('join').hidden = true;
        $('joining').ariaExpanded = false;
      }
      input.setCustomValidity(sentence(answer.error ?? ''));
      input.reportValidity();
    };
    input.oninput = () => input.setCustomValidity('');
    input.onfocus = () => chat.refreshRooms();
  }

  render() {
    const { model } = this.chat;
    const all = [...model.conversations.values()];
    const rooms = all.filter(({ isPrivate, isJoined, key }) =>
      !isPrivate && (isJoined || key === model.current));
    const privates = all.filter(({ isPrivate }) => isPrivate);
    // Before the server has told the person's own rooms, they would flash among the others.
    const others = this.chat.hasWelcome
      ? elsewhere(model, this.chat.left).filter(({ room }) => !this.chat.joining.has(room)) : [];
    const byName = (a, b) => compare(a.name, b.name);
    sync($('rooms'), rooms.sort(byName).map((it) => this.#entry(it)));
    sync($('privates'), privates.sort(byName).map((it) => this.#entry(it)));
    sync($('elsewhere'), others.map((room) => this.#other(room)));
    $('private').hidden = !privates.length;
    $('more').hidden = !others.length;
    this.#members(model.here);
  }

  #entry(it) {
    const { key, name, isPrivate, unread, mentions } = it;
    const isHere = key === this.chat.model.current;
    const important = mentions > 0 || (isPrivate && unread > 0);
    const isLocked = it.rules?.private;
    return [key, [name, isHere, unread, important, isLocked].join(), () => {
      const label = isPrivate ? [faceOf(name), nickOf(name)]
        : [h('span', {}, `#${visible(name)}`), isLocked ? lock() : null];
      const onclick = () => this.on.open(key);
      const className = unread ? 'unread' : '';
      const ariaCurrent = isHere ? 'page' : null;
      const button = h('button', { onclick, className, ariaCurrent }, ...label);
      if (unread) {
        button.append(h('b', { className: `badge${important ? ' important' : ''}` },
          mentions ? '@ ' : '', String(unread), h('span', { className: 'hidden' }, ' unread')));
      }
      const close = h('button', {
        className: 'close', textContent: '×', ariaLabel: `Leave ${it.label}`,
        onclick: () => this.on.leave(it),
      });
      return h('li', {}, button, close);
    }];
  }

  #other({ room, topic, count, isKept }) {
    const name = `#${visible(room)}`;
    const forget = () => h('button', {
      className: 'close', textContent: '×', ariaLabel: `Forget ${name}`,
      onclick: () => this.chat.forget(room),
    });
    return [room, [count, isKept, topic].join(), () => h('li', {},
      h('button', { title: topic ?? '', onclick: () => this.on.go(room) },
        h('span', {}, name),
        count === undefined ? null : h('small', {}, String(count))), isKept ? forget() : null)];
  }

  #members(it) {
    const { model } = this.chat;
    const known = isCrowd(it) ? lastWriters(it).map((nick) => [nick, '']) : [...it.members];
    const members = it.isPrivate ? [[it.name, ''], [model.nick, '']] : known;
    const count = it.isPrivate ? 2 : it.count;
    const items = members.sort(([a], [b]) => compare(a, b)).map(([nick, door]) =>
      [nick, door + (nick === model.nick), () => {
        const name = nickOf(nick);
        const face = faceOf(nick);
        const hint = h('small', {}, nick === model.nick ? 'you' : door);
        if (nick === model.nick) return h('li', {}, h('div', {}, face, name, hint));
        const onclick = () => this.on.open(privateKey(nick), nick);
        const about = h('button', { className: 'close', textContent: '⋯' });
        about.ariaLabel = `More about ${visible(nick)}`;
        about.onclick = () => this.on.about(nick, about);
        const title = 'Write in private';
        return h('li', {}, h('button', { onclick, title }, face, name, hint), about);
      }]);
    const aside = $('members');
    if (!aside.firstChild) aside.append(h('h2'), h('ul'), h('p'));
    const child = (name) => aside.querySelector(`:scope > ${name}`);
    const [title, list, rest] = ['h2', 'ul', 'p'].map(child);
    setText(title, `Members${count ? ` · ${count}` : ''}`);
    sync(list, items);
    const more = count > members.length ? `and ${count - members.length} more` : '';
    const some = members.length ? ': these wrote last, and /who names others.'
      : '; /who names some.';
    setText(rest, isCrowd(it) ? `Too many to list${some}` : more);
    // Before the names, which are not all of them.
    if (isCrowd(it)) list.before(rest);
    else list.after(rest);
  }
}
