// The input: sending, completion of names, commands, and errors.

import { $, h, setError } from './dom.js';
import { lastOwn } from './changes.js';
import { isCommand, run } from './commands.js';
import { completions, SHOWN_MAX, withEmoji } from './complete.js';
import { quoteOf } from './markup.js';

export class Composer {
  #text = $('text');
  // The conversation of the input.
  #it = {};
  #key;
  #hints = $('hints');
  // The completions of the word before the caret, and which of them Tab takes next.
  #completion;
  // The message that is being corrected, and the text before that.
  #editing;

  /** `on` has the actions of commands. */
  constructor(chat, on) {
    Object.assign(this, { chat, on });
    $('composer').onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.#text.onkeydown = (event) => this.#keyDown(event);
    this.#text.oninput = () => this.#changed();
    this.#text.onblur = () => this.#hint(undefined);
    $('editing').querySelector('button').onclick = () => this.#endEdit();
  }

  /** Begins an answer: the message is quoted before the text. */
  reply(message) {
    const quote = quoteOf(message);
    this.#put(quote + this.#text.value, undefined);
    this.focus();
  }

  /** Begins to correct a message; what was being written comes back after it. */
  edit(message) {
    this.#editing ??= { before: this.#text.value };
    this.#editing.message = message;
    $('editing').hidden = false;
    this.#put(message.text);
    this.focus();
  }

  /** The correction is made, or not wanted any more. */
  #endEdit() {
    if (!this.#editing) return;
    const { before } = this.#editing;
    this.#editing = undefined;
    $('editing').hidden = true;
    this.#put(before);
    this.fail('');
    this.focus();
  }

  async #correct() {
    const { message } = this.#editing;
    const text = this.#text.value.trimEnd();
    if (!text.trim()) return this.fail('Delete the message instead.');
    const answer = await this.chat.change('edit', { id: message.id, text });
    if (!answer.ok) return this.fail(answer.error);
    return this.#editing?.message === message && this.#endEdit();
  }

  /** Another conversation may have come up; each has its own draft. */
  render() {
    const it = this.chat.model.here;
    const isClosed = it.rules?.readonly && !this.chat.deeds.mayIn(it, 'room');
    const sign = `${it.key} ${isClosed}`;
    if (this.#key === sign) return;
    this.#key = sign;
    this.#text.placeholder = isClosed ? `Only owners write in ${it.label}` : `Message ${it.label}`;
    this.#text.ariaLabel = this.#text.placeholder;
    // It may be the same conversation under another name.
    if (this.#it === it) return;
    this.#endEdit();
    // The text may have been begun before there was any conversation.
    const begun = this.#it.key ? '' : this.#text.value;
    this.#it = it;
    this.#put(begun || it.draft);
    this.fail('');
  }

  /** Begins a text or a command for the person, who may have begun something else. */
  begin(text) {
    const hasOther = this.#text.value.trim() !== '' && text[0] === '/';
    if (hasOther) this.fail('Send or remove the text first; a command needs its place.');
    else this.#put(text + this.#text.value);
    this.focus();
  }

  /** Puts something in the place of the caret, or of the text that is chosen. */
  insert(text) {
    const { value, selectionStart: start, selectionEnd: end } = this.#text;
    this.#put(value.slice(0, start) + text + value.slice(end), start + text.length);
    this.focus();
  }

  focus() {
    this.#text.focus();
  }

  fail(error) {
    // Suggestions would cover it.
    if (error) this.#hint(undefined);
    setError($('error'), error);
  }

  #put(text, at = text.length) {
    this.#hint(undefined);
    this.#text.value = text;
    this.#text.setSelectionRange(at, at);
    this.#keep();
  }

  /** Keeps the draft, and fits the height to its lines in browsers that do not do so themselves. */
  #keep() {
    const { value } = this.#text;
    this.#text.rows = Math.min(6, value.split('\n').length);
    // A correction is no draft.
    if (!this.#editing) this.#it.draft = value;
    this.chat.save();
    return value;
  }

  #changed() {
    const { value: typed, selectionStart: caret } = this.#text;
    const before = typed.slice(0, caret);
    if (withEmoji(before) !== before) {
      this.#put(withEmoji(before) + typed.slice(caret), withEmoji(before).length);
    }
    this.fail('');
    const value = this.#keep();
    const found = this.#find();
    this.#hint(found?.isAsked ? found : undefined);
    this.chat.typing(this.chat.model.here, value.trim() !== '' && !isCommand(value));
  }

  #keyDown(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (!this.#hints.hidden && steps[event.key]) {
      event.preventDefault();
      this.#choose(steps[event.key]);
    } else if (event.key === 'ArrowUp' && !this.#text.value && !this.#editing) {
      const { model } = this.chat;
      const last = lastOwn(model, model.here);
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    } else if (event.key === 'Escape' && this.#editing && this.#hints.hidden) {
      event.stopPropagation();
      this.#endEdit();
    } else if (event.key === 'Enter' && this.#completion?.isChosen) {
      event.preventDefault();
      this.#complete();
      this.#hint(undefined);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    } else if (event.key === 'Tab' && !event.shiftKey && this.#complete()) event.preventDefault();
    else if (event.key === 'Escape') this.#hint(undefined);
  }

  async #send() {
    if (this.#editing) return this.#correct();
    const text = this.#text.value.trimEnd();
    const it = this.chat.model.here;
    if (!text.trim() && !this.files.of(it).length) return undefined;
    return isCommand(text) ? this.#run(text) : this.#post(it);
  }

  /** Sends the text of a conversation with its files, once these are at the server. */
  #post(it) {
    it.sendsWithFiles = this.files.isSending(it);
    if (it.sendsWithFiles) return this.#say(it, 'It is sent as soon as the files are there.');
    if (this.files.hasFailed(it)) {
      return this.#say(it, 'Retry or remove the file that was not sent.');
    }
    const text = (this.#it === it ? this.#text.value : it.draft).trimEnd();
    const parts = [text.replace(/^\/\//, '/'), ...this.files.linksOf(it)];
    const error = this.chat.post(it, parts.filter(Boolean).join('\n'));
    if (error) return this.#say(it, error);
    this.files.clear(it);
    this.#clear(it);
    return this.#it === it && this.on.sent();
  }

  /** All files of a conversation are at the server, or have failed. */
  filesReady(it) {
    if (it.sendsWithFiles) this.#post(it);
  }

  #say(it, error) {
    if (this.#it === it) this.fail(error);
  }

  #clear(it) {
    it.draft = '';
    if (this.#it !== it) return;
    this.#put('');
    this.fail('');
  }

  async #run(text) {
    const it = this.chat.model.here;
    const answer = await run({ ...this.on, here: it }, text);
    // The text stays until it has been handled.
    if (!answer.ok) return this.fail(answer.error);
    if (answer.text) this.chat.model.note(it, { text: answer.text, isLive: true }, Date.now());
    if (it.draft.trimEnd() === text) {
      it.draft = '';
      if (this.#it === it) this.#put('');
    }
    this.fail('');
    return this.on.sent();
  }

  /** The completions of the word before the caret; nothing if there are none. */
  #find() {
    const { value, selectionStart: caret } = this.#text;
    let begin = caret;
    while (begin > 0 && /\S/.test(value[begin - 1])) begin -= 1;
    const [before, word] = [value.slice(0, begin), value.slice(begin, caret)];
    if (!word) return undefined;
    const { found, isAsked } = completions(before, word, this.chat.model);
    if (!found.length) return undefined;
    return { before, after: value.slice(caret), found, isAsked, next: 0 };
  }

  /** Completes the word before the caret; each further Tab takes the next completion. */
  #complete() {
    const it = this.#completion ?? this.#find();
    if (!it || (it.isTaken && it.found.length === 1)) return false;
    const { text } = it.found[it.next % it.found.length];
    const start = it.before + text;
    this.#put(start + it.after, start.length);
    Object.assign(it, { isTaken: true, isChosen: false, next: (it.next + 1) % it.found.length });
    this.#completion = it;
    this.#mark(it.next - 1);
    return true;
  }

  /** Shows completions without taking one, or hides them. */
  #hint(completion) {
    this.#completion = completion;
    const found = completion?.found.slice(0, SHOWN_MAX) ?? [];
    this.#hints.hidden = !found.length;
    this.#text.removeAttribute('aria-activedescendant');
    this.#hints.replaceChildren(...found.map(({ label, about }, at) => h('li', {
      id: `hint-${at}`, role: 'option',
      // The input keeps the focus, and a phone its keyboard.
      onmousedown: (event) => event.preventDefault(),
      onclick: () => {
        completion.next = at;
        this.#complete();
        this.#hint(undefined);
      },
    }, h('span', { textContent: label }), h('small', { textContent: about }))));
    this.#mark(0);
  }

  #choose(step) {
    const it = this.#completion;
    const count = Math.min(it.found.length, SHOWN_MAX);
    const first = step > 0 ? 0 : count - 1;
    it.next = it.isChosen ? (it.next + step + count) % count : first;
    it.isChosen = true;
    this.#mark(it.next);
    this.#text.setAttribute('aria-activedescendant', `hint-${it.next}`);
  }

  #mark(which) {
    [...this.#hints.children].forEach((one, at) => { one.ariaSelected = at === which; });
  }
}
