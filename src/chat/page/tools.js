// The bar with the actions on one message. It comes to the message under the mouse, to the one
// that is touched, and to the one that the arrow keys have reached.

import { isOwn } from './changes.js';
import { addressOf } from './conversation.js';
import { $, copies, h, setText, visible } from './dom.js';

const ABOVE_PX = 14;
const ASIDE_PX = 8;
const FINGER_PX = 44;
// Letters of a message that are its name.
const NAME_CHARS_MAX = 300;

// The buttons of the bar, in their order. Changes have the names of their requests.
const WORDS = {
  reply: 'Reply', react: 'React', edit: 'Edit', delete: 'Delete', link: 'Copy link',
  write: 'Write to', former: 'Earlier texts',
};

/** A message in words: who said it, when, and what. */
function nameOf(element) {
  const parts = ['.nick', 'time', '.text'].map((it) => element.querySelector(it)?.textContent);
  return parts.filter(Boolean).join(', ').slice(0, NAME_CHARS_MAX);
}

export class Tools {
  #bar = $('tools');
  #log = $('log');
  // The buttons, by their names in `WORDS`.
  #buttons;
  // The element of the message that the bar belongs to.
  #at;

  #sure;
  #former;

  /** `reply` begins an answer to a message of the conversation that is shown, `edit` a correction;
   *  `write` opens the private conversation with a person; `pick` lets the person choose an emoji;
   *  `fail` shows an error. */
  constructor(chat, on) {
    Object.assign(this, { chat, on });
    const made = ([name, textContent]) => [name, h('button', { textContent })];
    this.#buttons = Object.fromEntries(Object.entries(WORDS).map(made));
    this.#bar.append(...Object.values(this.#buttons));
    for (const [name, run] of Object.entries(this.#actions())) {
      this.#buttons[name].onclick = () => run(this.#at.said);
    }
    copies(this.#buttons.link, () => location.origin + location.pathname
      + addressOf(chat.model.current, this.#at.said.id));
    // A mouse that rests while messages move below it has not asked for anything.
    this.#log.addEventListener('pointermove', ({ pointerType, target }) => {
      const element = target.closest('.message');
      const isNew = element !== this.#at || this.#bar.hidden;
      const hasFocus = this.#bar.contains(document.activeElement);
      if (pointerType === 'mouse' && isNew && !hasFocus) this.#show(element);
    });
    this.#log.addEventListener('click', ({ target }) => {
      const isOther = !target.closest('a, button') && getSelection().isCollapsed;
      if (isOther) this.#show(target.closest('.message'));
    });
    // A finger leaves with each touch, before the touch counts as a click.
    this.#log.parentElement.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType === 'mouse') this.hide();
    });
    // In a busy room the message moves while one reaches for its bar.
    this.#log.addEventListener('scroll', () => this.render(), { passive: true });
    this.#log.addEventListener('keydown', (event) => this.#keyDown(event));
    this.#bar.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#focus(this.#at);
    });
  }

  /** The buttons' actions on a message, by their names; that of the link is in `copies`. */
  #actions() {
    const { chat, on } = this;
    const change = async (request, data) => {
      const { ok, error } = await chat.change(request, data);
      if (!ok) on.fail(error);
    };
    const after = (run) => (said) => {
      this.hide();
      run(said);
    };
    return {
      reply: after(on.reply),
      react: ({ id }) => on.pick(this.#buttons.react,
        (emoji) => change('react', { id, emoji, on: true })),
      edit: after(on.edit),
      delete: (said) => {
        // A slip takes nothing away.
        if (this.#sure !== said) {
          this.#sure = said;
          setText(this.#buttons.delete, 'Really delete?');
          return;
        }
        this.hide();
        change('delete', { id: said.id });
      },
      write: after(({ from }) => on.write(from)),
      former: after(async (said) => {
        const { FormerDialog } = await import('./former.js');
        this.#former ??= new FormerDialog(chat);
        on.fail(await this.#former.open(said));
      }),
    };
  }

  hide() {
    const hadFocus = this.#bar.contains(document.activeElement);
    this.#bar.hidden = true;
    if (hadFocus) this.#focus(this.#at?.isConnected ? this.#at : this.#log);
  }

  /** Gives the focus to the log, or to a message: one of them at a time takes it. */
  #focus(element) {
    this.#log.querySelector('.message[tabindex]')?.removeAttribute('tabindex');
    element.tabIndex = 0;
    // An article has no name of its own, so a screen reader would say nothing but its role.
    if (element.said) element.ariaLabel = nameOf(element);
    element.focus({ preventScroll: true });
  }

  /** The message may have gone, or been drawn anew, or stand elsewhere. */
  render() {
    if (this.#bar.hidden) return;
    const { id } = this.#at.said;
    const isIt = ({ said }) => said?.id === id;
    const at = this.#at.isConnected ? this.#at
      : [...this.#log.querySelectorAll('.message')].find(isIt);
    const [log, row] = [this.#log, at ?? this.#log].map((one) => one.getBoundingClientRect());
    if (!at || row.bottom < log.top || row.top > log.bottom) this.hide();
    else this.#show(at);
  }

  #show(element) {
    this.#at = element;
    this.#bar.hidden = !element?.said?.id || element.said.isDeleted;
    if (this.#bar.hidden) return;
    const { model } = this.chat;
    const { edited, from } = element.said;
    const buttons = this.#buttons;
    const isMine = isOwn(model, element.said);
    buttons.edit.hidden = !isMine || element.said.action;
    const keepsOrder = this.chat.deeds.mayIn(model.here, 'delete');
    buttons.delete.hidden = !isMine && !keepsOrder;
    buttons.former.hidden = !edited || !keepsOrder;
    if (this.#sure !== element.said) {
      this.#sure = undefined;
      setText(buttons.delete, WORDS.delete);
    }
    // Nobody else would find a private message by its address, which names the other person.
    buttons.link.hidden = model.here.isPrivate;
    buttons.write.hidden = model.here.isPrivate || model.isMe(from);
    setText(buttons.write, `${WORDS.write} ${visible(from)}`);
    const [row, main, log, { height }] = [element, this.#log.parentElement, this.#log, this.#bar]
      .map((one) => one.getBoundingClientRect());
    // A bar for fingers would cover a short message.
    const covers = height >= FINGER_PX && height > row.height;
    const beside = row.bottom + height <= log.bottom ? row.bottom : row.top - height;
    const top = Math.max(covers ? beside : row.top - ABOVE_PX, log.top) - main.top;
    this.#bar.style.setProperty('top', `${top}px`);
    this.#bar.style.setProperty('right', `${main.right - row.right + ASIDE_PX}px`);
  }

  /** The arrow keys go from message to message, and Enter into the bar. */
  #keyDown(event) {
    const { key, target, altKey } = event;
    if (altKey || target.closest('a, button, pre')) return;
    if (key === 'Enter' && target.said?.id) {
      event.preventDefault();
      this.#show(target);
      this.#bar.firstElementChild.focus();
    } else if (key === 'ArrowUp' || key === 'ArrowDown') {
      const all = [...this.#log.querySelectorAll('.message')];
      const at = all.indexOf(target);
      // From the log itself to the last message.
      const next = at < 0 ? all.at(-1) : all[at + (key === 'ArrowUp' ? -1 : 1)];
      if (!next) return;
      event.preventDefault();
      next.scrollIntoView({ block: 'nearest' });
      this.#focus(next);
      this.#show(next);
    }
  }
}
