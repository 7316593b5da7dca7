// The connection's state in words, the form for the name, and the results of a search.

import { $, dateOf, h, nickOf, setText, timeOf, visible } from './dom.js';
import { lineOf } from './text.js';

const SECOND_MS = 1_000;

const { origin, hostname } = location;
const FORBIDDEN = `The server does not know ${origin} as an address of its own, and refuses this `
  + 'page (403). If you run the proxy in front of it, let the proxy pass on the Host that browsers '
  + 'ask for (nginx: proxy_set_header Host $http_host;), and start the server with '
  + `--host ${hostname}; or start it with --origin ${origin}.`;

export class Banner {
  #timer;

  constructor(chat) {
    this.chat = chat;
  }

  render() {
    const { state } = this.chat.socket;
    const [text, action, run, left] = this.#words(state);
    const [words, seconds, button] = $('state').children;
    setText(words, text);
    setText(seconds, left ? ` Retry in ${left} s.` : '');
    setText(button, action);
    Object.assign(button, { onclick: run, hidden: !action });
    $('state').className = text && 'shown';
    clearTimeout(this.#timer);
    if (left) this.#timer = setTimeout(() => this.render(), SECOND_MS / 4);
  }

  #words({ name, error, until, failures }) {
    const { chat } = this;
    const connect = () => chat.start();
    switch (name) {
      case 'online':
        return ['', ''];
      case 'waiting': {
        const left = Math.max(1, Math.ceil((until - Date.now()) / SECOND_MS));
        const what = navigator.onLine ? 'Reconnecting' : 'You are offline. Reconnecting';
        const why = /^\w/.test(error ?? '') ? ` (${error.trim().slice(0, 100)})` : '';
        return [`${what}, attempt ${failures}${why}.`, 'Retry now', connect, left];
      }
      case 'refused':
        return [`The server refused: ${error}`, 'Try again', connect];
      case 'forbidden':
        return [FORBIDDEN, 'Try again', connect];
      case 'replaced':
        return ['This chat is open somewhere else.', 'Use it here', connect];
      case 'left':
        return ['You have left the chat.', 'Come back', connect];
      default:
        return [failures ? `Reconnecting, attempt ${failures}…` : 'Connecting…', ''];
    }
  }
}

export class NameForm {
  #dialog = $('naming');

  constructor(chat) {
    this.chat = chat;
    const [form] = this.#dialog.children;
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#take($('name').value.trim());
    };
    form.querySelector('[value=cancel]').onclick = () => this.#dialog.close();
    $('name').oninput = () => this.#fail('');
    $('me').onclick = () => this.open();
  }

  open(error = '', name = this.chat.model.nick) {
    $('name').value = name;
    this.#fail(error);
    if (!this.#dialog.open) this.#dialog.showModal();
    $('name').select();
  }

  async #take(name) {
    const answer = await this.chat.nick(name);
    if (!answer.ok) return this.#fail(answer.error);
    this.#dialog.close();
  }

  #fail(error) {
    setText($('name-error'), error);
    $('name').ariaInvalid = error !== '';
    if (error) $('name').focus();
  }
}

export class Search {
  /** `show` brings a message of a conversation into sight. */
  constructor(chat, show) {
    Object.assign(this, { chat, show });
    $('searching').onclick = () => (this.isOpen ? this.close() : this.#open());
    $('find').onsubmit = (event) => {
      event.preventDefault();
      this.find($('words').value);
    };
  }

  get isOpen() {
    return !$('find').hidden;
  }

  #open() {
    this.#toggle(true);
    $('words').focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#toggle(false);
    $('found').hidden = true;
    $('searching').focus();
  }

  #toggle(isOpen) {
    $('find').hidden = !isOpen;
    $('searching').ariaExpanded = isOpen;
    setText($('searching').lastElementChild, isOpen ? 'Close' : 'Search');
  }

  /** Searches all of the person's rooms and private conversations. */
  async find(words) {
    const text = words.trim();
    const answer = await this.chat.ask('search', { text });
    this.#toggle(true);
    $('words').value = text;
    $('found').hidden = false;
    const found = answer.messages?.reverse() ?? [];
    const what = found.length ? `Found ${found.length}, newest first.`
      : 'Nothing was found in your rooms and private conversations.';
    const cut = answer.cut ? ' The search ran out of time; older messages may be missing.' : '';
    const title = h('p', { role: 'status', textContent: answer.ok ? what + cut : answer.error });
    $('found').replaceChildren(title, h('ul', {}, ...found.map((one) => this.#result(one))));
    return { ok: true };
  }

  #result(message) {
    const { room, from, to, ts, text } = message;
    const onclick = () => this.show(message);
    const other = this.chat.model.isMe(from) ? to : from;
    const place = room === undefined ? `@${visible(other)}` : `#${visible(room)}`;
    return h('li', {}, h('div', { className: 'meta' },
      h('button', { onclick, textContent: place }), ' ',
      nickOf(from), ` ${dateOf(ts)} `, timeOf(ts)),
    h('p', { className: 'text', dir: 'auto' }, ...lineOf(text)));
  }
}
