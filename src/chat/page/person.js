// The menu of a person: what one can do with them.

import { privateKey } from './conversation.js';
import { $, h, setText, visible } from './dom.js';

const ORDER = [['kick', 'Remove from this room…'], ['mute', 'Mute…'], ['ban', 'Ban…']];

export class PersonMenu {
  #menu = $('person');
  #nick = '';

  /** `on` has `open` a conversation, `begin` a text in the composer, and `fail` with an error. */
  constructor(chat, on) {
    Object.assign(this, { chat, on });
    const [write, mention, ignore] = this.#menu.querySelectorAll('.row');
    this.#does(write, (nick) => on.open(privateKey(nick), nick));
    this.#does(mention, (nick) => on.begin(`${nick}: `));
    this.#does(ignore, async (nick) => {
      const answer = await chat.ask('ignore', { nick });
      const { model } = chat;
      if (!answer.ok) return on.fail(answer.error);
      model.note(model.here, { text: `You ignore ${answer.ignored.join(', ')}.` }, Date.now());
      return chat.onChange();
    });
    for (const [command, label] of ORDER) {
      const row = h('button', { className: 'row order', textContent: label, hidden: true });
      this.#does(row, (nick) => on.begin(`/${command} ${nick} `));
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

  /** Opens the menu of a person beside an element. */
  async open(nick, beside) {
    this.#nick = nick;
    setText(this.#menu.querySelector('h2'), visible(nick));
    const order = [...this.#menu.querySelectorAll('.order')];
    for (const row of order) row.hidden = true;
    this.#menu.showPopover();
    const [place, size] = [beside, this.#menu].map((one) => one.getBoundingClientRect());
    const left = Math.min(place.left, innerWidth - size.width - 8);
    const top = Math.min(place.bottom + 4, innerHeight - size.height - 8);
    this.#menu.style.setProperty('left', `${Math.max(8, left)}px`);
    this.#menu.style.setProperty('top', `${Math.max(8, top)}px`);
    this.#menu.querySelector('.row').focus();
    // Only those who keep order may ask for the list of bans.
    const answer = await this.chat.ask('ban', {});
    if (this.#nick !== nick) return;
    for (const row of order) row.hidden = !answer.ok;
    order[0].hidden ||= this.chat.model.here.isPrivate;
  }
}
