// The menu of a person: what one can do with them.

import { privateKey } from './conversation.js';
import { ORDER } from './deeds.js';
import { $, h, setText, visible } from './dom.js';

export class PersonMenu {
  #menu = $('person');
  #nick = '';
  #rows = {};

  /** `on` has `open` a conversation, `begin` a text in the composer, and `fail` with an error. */
  constructor(chat, on) {
    Object.assign(this, { chat, on });
    const [write, mention, ignore] = this.#menu.querySelectorAll('.row');
    this.#does(write, (nick) => on.open(privateKey(nick), nick));
    this.#does(mention, (nick) => on.begin(`${nick}: `));
    this.#does(ignore, async (nick) => {
      const answer = await chat.ask('ignore', { nick });
      if (!answer.ok) return on.fail(answer.error);
      return this.#note(`You ignore ${answer.ignored.join(', ')}.`);
    });
    for (const [deed, { words, isGrave }] of Object.entries(ORDER)) {
      const className = isGrave ? 'row grave' : 'row';
      const row = h('button', { className, textContent: words, hidden: true });
      this.#does(row, (nick) => this.#keepOrder(deed, nick));
      this.#rows[deed] = row;
      this.#menu.append(row);
    }
    $('log').addEventListener('click', ({ target }) => {
      const nick = target.closest('.nick');
      const said = target.closest('.message')?.said;
      if (nick && said && !chat.model.isMe(said.from)) this.open(said.from, nick);
    });
  }

  #does(button, run) {
    button.onclick = () => {
      this.#menu.hidePopover();
      run(this.#nick);
    };
  }

  #note(text) {
    const { model } = this.chat;
    model.note(model.here, { text, isLive: true }, Date.now());
    this.chat.onChange();
  }

  async #keepOrder(deed, nick) {
    const { chat } = this;
    const { here } = chat.model;
    const { request, dialog, note } = ORDER[deed];
    if (dialog) {
      const { OrderDialog } = await import('./order.js');
      this.dialog ??= new OrderDialog(chat);
      return this.dialog.open(deed, nick, here);
    }
    const answer = await chat.ask(...request(here, nick));
    if (!answer.ok) return this.on.fail(answer.error);
    return note && this.#note(note(nick));
  }

  /** Opens the menu of a person beside an element. */
  async open(nick, beside) {
    this.#nick = nick;
    setText(this.#menu.querySelector('h2'), visible(nick));
    for (const row of Object.values(this.#rows)) row.hidden = true;
    this.#menu.showPopover();
    this.#place(beside);
    this.#menu.querySelector('.row').focus();
    const may = await this.chat.deeds.may(this.chat.model.here, nick);
    if (this.#nick !== nick) return;
    // A person who is muted cannot be muted again.
    const isOffered = (deed) => may.includes(deed) && !(deed === 'mute' && may.includes('unmute'));
    for (const [deed, row] of Object.entries(this.#rows)) row.hidden = !isOffered(deed);
    this.#place(beside);
  }

  #place(beside) {
    const [place, size] = [beside, this.#menu].map((one) => one.getBoundingClientRect());
    const left = Math.min(place.left, innerWidth - size.width - 8);
    const top = Math.min(place.bottom + 4, innerHeight - size.height - 8);
    this.#menu.style.setProperty('left', `${Math.max(8, left)}px`);
    this.#menu.style.setProperty('top', `${Math.max(8, top)}px`);
  }
}
