// The connection's state in words, and the form for the name.

import { $, setError, setText } from './dom.js';

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

  /** The state of a page that has had no connection yet. */
  #kept() {
    const { hasWelcome, model } = this.chat;
    if (hasWelcome) return '';
    const hasSome = [...model.conversations.values()].some(({ messages }) => messages.length);
    const what = hasSome ? 'These are the messages that this browser has kept. ' : '';
    return `${navigator.onLine ? 'The server cannot be reached. ' : ''}${what}`;
  }

  #words({ name, error, until, failures }) {
    const { chat } = this;
    const connect = () => chat.start();
    switch (name) {
      case 'online':
        return [chat.hasWelcome ? '' : 'Connecting…', ''];
      case 'waiting': {
        const left = Math.max(1, Math.ceil((until - Date.now()) / SECOND_MS));
        const where = navigator.onLine ? '' : 'You are offline. ';
        const what = `${where}${this.#kept()}Reconnecting`;
        const why = /^\w/.test(error ?? '') ? ` (${error.trim().slice(0, 100)})` : '';
        return [`${what}, attempt ${failures}${why}.`, 'Retry now', connect, left];
      }
      case 'refused':
        return [`The server refused: ${error}`, 'Try again', connect];
      case 'forbidden':
        return [FORBIDDEN, 'Try again', connect];
      case 'ended': {
        const why = error || 'you have ended this device from another one';
        return [`${why[0].toUpperCase()}${why.slice(1)}.`, 'Come back', connect];
      }
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
    setError($('name-error'), error);
    $('name').ariaInvalid = error !== '';
    if (error) $('name').focus();
  }
}
