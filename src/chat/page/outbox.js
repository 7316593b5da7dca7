// The person's own texts on their way to the server: what waits is kept over a reload, shared
// between tabs, sent in order, and never twice.

import { ANOTHER, OUTBOX_MAX } from './model.js';
import { keep, load } from './storage.js';

const TEXT_BYTES_MAX = 4096;
const POST_MS = 30_000;

const bytes = (text) => new TextEncoder().encode(text).length;
const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
// This tab, among those that keep their texts in one place.
const TAB = newKey();

export class Outbox {
  constructor(chat) {
    this.chat = chat;
    // Texts that wait in other tabs, or waited in closed ones, are sent by this one too. Their keys
    // say that they are the same.
    this.#keep();
  }

  /** Keeps what waits in this tab, beside what waits in others. */
  #keep() {
    const own = this.chat.model.outbox
      .map(({ isSent, twin, ...post }) => ({ ...post, tab: TAB }));
    const isOther = ({ tab, key }) => tab && tab !== TAB && !own.some((one) => one.key === key);
    keep('outbox', { outbox: [...(load('outbox').outbox ?? []).filter(isOther), ...own] });
  }

  #changed() {
    this.#keep();
    this.flush();
    this.chat.save();
    this.chat.onChange();
  }

  /** Takes a text on; says why not, or nothing. */
  post(it, text, isAction) {
    const size = bytes(text);
    if (size > TEXT_BYTES_MAX) {
      return `This is too long by ${size - TEXT_BYTES_MAX} of ${TEXT_BYTES_MAX} bytes.`;
    }
    if (!this.chat.model.compose(it, text, isAction, newKey(), Date.now())) {
      return `${OUTBOX_MAX} messages wait to be sent; there is no room for more.`;
    }
    this.#changed();
    return undefined;
  }

  /** Sends what waits, in order. */
  flush() {
    if (!this.chat.hasWelcome || this.chat.socket.state.name !== 'online') return;
    for (const post of this.chat.model.outbox) {
      if (!post.isSent && post.state === 'waiting') this.#send(post);
    }
  }

  /** With the connection, the answers to what was sent have gone. */
  lost() {
    for (const post of this.chat.model.outbox) post.isSent = false;
  }

  async #send(post) {
    const { chat } = this;
    const { key, text, action, name, person, conversation } = post;
    const isPrivate = conversation[0] === '@';
    post.isSent = true;
    const to = isPrivate ? { to: name, person } : { room: conversation };
    const data = { ...to, text, key, ...(action && { action }) };
    const answer = await chat.ask(isPrivate ? 'dm' : 'post', data, POST_MS);
    if (answer.ok) chat.model.acked(post, answer);
    else if (answer.isLost) {
      post.isSent = false;
    } else {
      chat.model.refused(post, answer);
      chat.onRefused?.(post);
    }
    this.#changed();
  }

  /** Sends it after all, to the present bearer of the name. */
  retry(post) {
    if (post.code === ANOTHER) post.person = undefined;
    post.state = 'waiting';
    this.#changed();
  }

  discard(post) {
    this.chat.model.discard(post);
    this.#changed();
  }
}
