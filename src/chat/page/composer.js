// The input: sending, completion of names, commands, and errors.

import { $, setText } from './dom.js';
import { isCommand, run } from './commands.js';
import { isCrowd } from './conversation.js';

export class Composer {
  #text = $('text');
  // The conversation of the input.
  #it = {};
  #key;
  // The completion that Tab has inserted, and the others.
  #completion;

  /** `on` has the actions of commands. */
  constructor(chat, on) {
    Object.assign(this, { chat, on });
    $('composer').onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.#text.onkeydown = (event) => this.#keyDown(event);
    this.#text.oninput = () => this.#changed();
  }

  /** Another conversation may have come up; each has its own draft. */
  render() {
    const it = this.chat.model.here;
    if (this.#key === it.key) return;
    this.#key = it.key;
    this.#text.placeholder = `Message ${it.label}`;
    this.#text.ariaLabel = this.#text.placeholder;
    // It may be the same conversation under another name.
    if (this.#it === it) return;
    // The text may have been begun before there was any conversation.
    const begun = this.#it.key ? '' : this.#text.value;
    this.#it = it;
    this.#put(begun || it.draft);
    this.fail('');
  }

  focus() {
    this.#text.focus();
  }

  fail(error) {
    setText($('error'), error);
  }

  #put(text, at = text.length) {
    this.#completion = undefined;
    this.#text.value = text;
    this.#text.setSelectionRange(at, at);
    this.#keep();
  }

  /** Keeps the draft, and fits the height to its lines in browsers that do not do so themselves. */
  #keep() {
    const { value } = this.#text;
    this.#text.rows = Math.min(6, value.split('\n').length);
    this.#it.draft = value;
    this.chat.save();
    return value;
  }

  #changed() {
    this.#completion = undefined;
    this.fail('');
    const value = this.#keep();
    this.chat.typing(this.chat.model.here, value.trim() !== '' && !isCommand(value));
  }

  #keyDown(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === 'Tab' && !event.shiftKey && this.#complete()) event.preventDefault();
    else if (event.key === 'Escape') this.#changed();
  }

  async #send() {
    const text = this.#text.value.trimEnd();
    if (!text.trim()) return;
    const { model } = this.chat;
    if (!isCommand(text)) {
      const error = this.chat.post(model.here, text.replace(/^\/\//, '/'));
      if (error) return this.fail(error);
      this.#put('');
      this.fail('');
      return this.on.sent();
    }
    const it = model.here;
    const answer = await run({ ...this.on, here: it }, text);
    // The text stays until it has been handled.
    if (!answer.ok) return this.fail(answer.error);
    if (answer.text) model.note(it, { text: answer.text, isLive: true }, Date.now());
    if (it.draft.trimEnd() === text) {
      it.draft = '';
      if (this.#it === it) this.#put('');
    }
    this.fail('');
    this.on.sent();
  }

  /** Completes the nick before the caret; each further Tab takes the next one. */
  #complete() {
    const { value, selectionStart: caret } = this.#text;
    if (!this.#completion) {
      const [, before, word] = /^([^]*?)@?(\S*)$/.exec(value.slice(0, caret));
      if (!word) return false;
      const it = this.chat.model.here;
      const others = it.isPrivate ? [it.name] : [];
      if (isCrowd(it)) others.push(...new Set(it.messages.map(({ from }) => from)));
      const names = [...it.members.keys(), ...others];
      const found = names.filter((name) => name.toLowerCase().startsWith(word.toLowerCase()));
      if (!found.length) return false;
      this.#completion = { before, after: value.slice(caret), found: found.sort(), next: 0 };
    }
    const it = this.#completion;
    if (it.next && it.found.length === 1) return false;
    const name = it.found[it.next++ % it.found.length];
    const start = `${it.before}${name}${it.before ? '' : ':'} `;
    this.#put(start + it.after, start.length);
    this.#completion = it;
    return true;
  }
}
