// The dialog with what a message said before it was corrected, for people who keep order. It is
// loaded when it is wanted.

import { h, visible, whenOf } from './dom.js';
import { textOf } from './text.js';

export class FormerDialog {
  #dialog = h('dialog', { id: 'former' });

  constructor(chat) {
    this.chat = chat;
    this.#dialog.setAttribute('aria-labelledby', 'former-title');
    document.body.append(this.#dialog);
  }

  /** Shows the former texts of a message. Returns the error, if they cannot be had. */
  async open({ id, from }) {
    const answer = await this.chat.ask('former', { id });
    if (!answer.ok) return answer.error;
    const texts = answer.former.map(({ text, until }) => h('li', {},
      h('small', {}, `Until ${whenOf(until)}`),
      h('div', { className: 'text', dir: 'auto' }, ...textOf(text))));
    const done = h('button', {
      className: 'main', textContent: 'Done', onclick: () => this.#dialog.close(),
    });
    this.#dialog.replaceChildren(
      h('h2', { id: 'former-title' }, `Earlier texts of ${visible(from)}’s message`),
      texts.length ? h('ul', {}, ...texts) : h('p', {}, 'None is kept.'),
      h('div', { className: 'ends' }, done));
    this.#dialog.showModal();
    done.focus();
    return '';
  }
}
