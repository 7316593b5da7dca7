// The dialog of those who keep order: for how long, and why. It is loaded when it is wanted.

import { ORDER } from './deeds.js';
import { $, h, setError, setText, visible } from './dom.js';

const HOUR_S = 3_600;
const TIMES = [
  [600, '10 minutes'], [HOUR_S, '1 hour'], [24 * HOUR_S, '1 day'], [7 * 24 * HOUR_S, '1 week'],
  ['', 'For good'],
];

const button = (textContent, properties) => h('button', { textContent, ...properties });

export class OrderDialog {
  #deed;
  #nick;
  #it;

  constructor(chat) {
    this.chat = chat;
    const label = (text, field) => h('label', {}, text, field);
    const form = h('form', {}, h('h2', { id: 'order-title' }), h('p', { id: 'order-why' }),
      label('For', h('select', { id: 'order-time' },
        ...TIMES.map(([value, textContent]) => h('option', { value, textContent })))),
      label('Reason, which everybody reads', h('input', {
        id: 'order-reason', autocomplete: 'off', maxLength: 200,
      })),
      h('p', { id: 'order-error', className: 'error', role: 'alert' }),
      h('div', { className: 'ends' },
        button('Cancel', { type: 'button', className: 'quiet', onclick: () => this.#close() }),
        button('', { id: 'order-do', className: 'main grave' })));
    const dialog = h('dialog', { id: 'order' }, form);
    dialog.setAttribute('aria-labelledby', 'order-title');
    dialog.setAttribute('aria-describedby', 'order-why');
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    document.body.append(dialog);
  }

  /** Asks for how long, and why. */
  open(deed, nick, it) {
    [this.#deed, this.#nick, this.#it] = [deed, nick, it];
    const { title, does, why, hasTime } = ORDER[deed].dialog;
    setText($('order-title'), title(visible(nick), visible(it.label)));
    setText($('order-why'), why);
    setText($('order-do'), does);
    $('order-time').parentElement.hidden = !hasTime;
    $('order-time').value = HOUR_S;
    $('order-reason').value = '';
    setText($('order-error'), '');
    $('order').showModal();
    $('order-reason').focus();
  }

  #close() {
    $('order').close();
  }

  async #submit() {
    const { request, dialog } = ORDER[this.#deed];
    const [name, upon] = request(this.#it, this.#nick);
    const [time, reason] = [$('order-time').value, $('order-reason').value.trim()];
    const end = dialog.hasTime && time ? { for: Number(time) } : {};
    const answer = await this.chat.ask(name, { ...upon, ...end, ...(reason && { reason }) });
    if (!answer.ok) return setError($('order-error'), answer.error);
    // The server tells everybody, this page too.
    return this.#close();
  }
}
