// Newcomers: the card that asks for a name, the dialog with the ways in, and the head of an empty
// conversation.

import { isNear } from './conversation.js';
import { $, copies, h, sentence, setError, setText, visible } from './dom.js';
import { counted } from './rows.js';
import { keep, load } from './storage.js';

/** The address of a room. A private conversation has one only for the two in it, so others get the
 *  page's. */
const linkTo = ({ key, isPrivate }) =>
  `${location.origin}${location.pathname}${isPrivate ? '' : `#${encodeURIComponent(key)}`}`;

export class Arrival {
  #card = $('arrival');
  #isOver;

  /** `setTopic` lets the person write a topic for the room that is shown. */
  constructor(chat, setTopic) {
    Object.assign(this, { chat, setTopic });
    this.#isOver = load('arrival').isOver || chat.me.nick !== undefined;
    this.#card.onsubmit = (event) => {
      event.preventDefault();
      this.#take($('arrival-name').value.trim());
    };
    $('arrival-name').oninput = () => this.#fail('');
    $('stay').onclick = () => {
      this.over();
      $('text').focus();
    };
    const dialog = $('inviting');
    $('invite').onclick = () => this.invite();
    dialog.querySelector('[value=close]').onclick = () => dialog.close();
    for (const button of document.querySelectorAll('[data-copies]')) {
      copies(button, () => $(button.dataset.copies).textContent);
    }
  }

  /** The card stays away from now on: the person has decided. */
  over() {
    if (this.#isOver) return;
    this.#isOver = true;
    keep('arrival', { isOver: true });
    this.chat.onChange();
  }

  render() {
    const { hasWelcome, me, model } = this.chat;
    if (me.nick) this.#isOver = true;
    this.#card.hidden = this.#isOver || !hasWelcome;
    setText($('stay'), `Stay ${visible(model.nick)}`);
    setText($('here'), linkTo(model.here));
  }

  /** Shows the ways to this conversation. Where not everybody may come in, the link is good for one
   *  person. */
  async invite() {
    $('options').hidePopover?.();
    const { access, model } = this.chat;
    const made = access === 'invite' && await this.chat.ask('invite', {});
    const one = made && `${location.origin}${location.pathname}#invite=${made.code}`;
    setText($('link'), made.ok === false ? sentence(made.error) : one || linkTo(model.here));
    $('inviting').showModal();
  }

  async #take(name) {
    if (!name) return $('stay').click();
    const answer = await this.chat.nick(name);
    if (!answer.ok) return this.#fail(answer.error);
    this.over();
    $('text').focus();
  }

  #fail(error) {
    setError($('arrival-error'), error);
    $('arrival-name').ariaInvalid = error !== '';
    if (error) $('arrival-name').focus();
  }

  /** The head of a private conversation. */
  #withOne(it) {
    const name = visible(it.label);
    const whose = `Only you and ${name} see this conversation.`;
    if (it.messages.length) return [whose];
    return isNear(this.chat.model, it.name) ? [whose, 'Say hello.']
      : [whose, `${name} is in none of your rooms now, and may be away.`,
        'If so, you are told so when you write.'];
  }

  /** The head of a conversation: where it began, and what to do if nothing has been said yet. */
  begin(it) {
    const isEmpty = !it.messages.length;
    const begins = it.keepsHistory ? 'This is where it began.' : 'Nothing older is kept.';
    const { private: isClosed, readonly, keep: days } = it.rules ?? {};
    const hint = isClosed ? 'Only people whom its owners invite come in and see this room.'
      : isEmpty && 'Say the first word, or bring somebody in.';
    const words = it.isPrivate
      ? [begins, ...this.#withOne(it)].join(' ')
      : [begins, hint, readonly && 'Only its owners write here.',
        days && `Messages are kept for ${counted(days, 'day')}.`,
        isClosed && this.chat.deeds.mayIn(it, 'room') && 'Invite them in the settings of the room.']
        .filter(Boolean).join(' ');
    const invite = h('button', {
      className: 'quiet', textContent: 'Invite others…', onclick: () => this.invite(),
    });
    const topic = h('button', {
      className: 'quiet', textContent: 'Set a topic…', onclick: () => this.setTopic(),
    });
    const place = h('p', { className: 'place' }, visible(it.label));
    const does = isEmpty && !it.isPrivate && h('div', { className: 'fields' },
      isClosed ? null : invite, it.topic || readonly ? null : topic);
    return h('div', { className: 'start' }, place, h('p', {}, words), does || null);
  }
}
