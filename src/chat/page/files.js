// Files in messages, and their way to the server.

import { $, h, setText, visible } from './dom.js';

// The address of a file here: its id, the size of a picture, and its name.
const SENT = /\/files\/([0-9a-f]{32})\/(?:([1-9]\d{0,4})x([1-9]\d{0,4})\/)?([^/?#]+)$/;
const WIDTH_MAX = 416;
const HEIGHT_MAX = 320;
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 10_000;
// Failures of the network in a row after which an upload is given up: some five minutes.
const FAILURES_MAX = 36;
// Times that an upload begins anew, because the server has forgotten it.
const RESTARTS_MAX = 3;

// Settled once the server knows whose browser this is, or there is no connection: pictures of
// private rooms are for members alone.
let settle;
let known = new Promise((resolve) => { settle = resolve; });
let shown;

/** Shows the server whose files this browser may have: those of the person with this token. */
export function showToken(token) {
  if (token === shown) return;
  shown = token;
  // The answer is a cookie for files alone.
  known = fetch('files/pass', { method: 'POST', body: token }).catch(() => { shown = undefined; });
  known.then(settle);
}

/** There is nobody to show it to. The browser may have kept pictures of open rooms. */
export const showNoToken = () => settle();

/** The file to which an address leads; nothing if it is another address. */
export function fileOf(href) {
  const [, id, width, height, part] = SENT.exec(href) ?? [];
  if (!id) return undefined;
  let name;
  try {
    name = decodeURIComponent(part);
  } catch {
    return undefined;
  }
  const size = width && [Number(width), Number(height)];
  return { path: `files/${id}/${width ? `${width}x${height}/` : ''}${part}`, name, size };
}

/** Bytes in the unit that people would use. */
export function amountOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** A file in a message: a picture in its place, or a link that downloads it. */
export function fileElement({ path, name, size }) {
  const href = new URL(path, location.href).href;
  const gone = () => h('span', { className: 'file gone' }, navigator.onLine
    ? `${visible(name)} is not here any more, or is not for you`
    : `${visible(name)} cannot be shown without a connection`);
  if (!size) {
    return h('a', { className: 'file', href, download: name }, clip(), visible(name));
  }
  const scale = Math.min(1, WIDTH_MAX / size[0], HEIGHT_MAX / size[1]);
  const [width, height] = size.map((side) => Math.max(1, Math.round(side * scale)));
  const image = h('img', { width, height, alt: visible(name), title: visible(name) });
  Object.assign(image, { loading: 'lazy', decoding: 'async', referrerPolicy: 'no-referrer' });
  const link = h('a', { className: 'picture', href, target: '_blank', rel: 'noopener' }, image);
  image.onerror = () => link.replaceWith(gone());
  known.then(() => { image.src = href; });
  return link;
}

/** The sign of a file: that of the button that sends one. */
const clip = () => $('attach').querySelector('svg').cloneNode(true);

/** The name of a pasted picture, which has none of its own. */
function nameOf({ name, type }) {
  if (name && !/^image\.\w+$/.test(name)) return name;
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '.').replace('T', ' ');
  return `picture ${time}.${type.split('/')[1] ?? 'png'}`;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Files {
  #list = $('files');
  // By conversation, so that a file goes to the one in which it was chosen.
  #of = new WeakMap();
  #count = 0;

  /** `fail` shows an error; `ready` is called once all files of a conversation have come. */
  constructor(chat, { fail, ready }) {
    Object.assign(this, { chat, fail, ready });
    const input = $('attached');
    $('attach').onclick = () => input.click();
    input.onchange = () => {
      this.add(input.files);
      input.value = '';
    };
  }

  of(it) {
    if (!this.#of.has(it)) this.#of.set(it, []);
    return this.#of.get(it);
  }

  /** Begins to send files to the conversation that is shown. */
  add(files) {
    const it = this.chat.model.here;
    const most = this.chat.fileMax;
    if (!most) return this.fail('Files cannot be sent here; a link to one can.');
    for (const file of files) {
      const name = nameOf(file);
      if (file.size > most) {
        this.fail(`${visible(name)} is too large: a file has at most ${amountOf(most)} here.`);
      } else {
        const one = { id: this.#count += 1, it, file, name, at: 0, state: 'sending', restarts: 0 };
        this.of(it).push(one);
        this.#send(one);
      }
    }
    this.render();
    $('text').focus();
    return undefined;
  }

  /** The addresses of a conversation's files, for a message that tells of them. */
  linksOf(it) {
    return this.of(it).map(({ path }) => new URL(path, location.href).href);
  }

  /** A message has told of a conversation's files. */
  clear(it) {
    this.#of.delete(it);
    this.render();
  }

  /** Whether any is on its way. */
  isSending(it) {
    return this.of(it).some(({ state }) => state === 'sending');
  }

  hasFailed(it) {
    return this.of(it).some(({ state }) => state === 'failed');
  }

  async #send(one) {
    one.cancel = new AbortController();
    const { signal } = one.cancel;
    for (let failures = 0; !one.path && !signal.aborted && one.state === 'sending';) {
      try {
        await this.#step(one, signal);
        failures = 0;
      } catch {
        failures += 1;
        if (failures > FAILURES_MAX) this.#failed(one, 'There is no connection');
        else await pause(Math.min(AGAIN_MS_MAX, AGAIN_MS * failures));
      }
      this.render();
    }
    if (one.path && !signal.aborted) one.state = 'ready';
    this.render();
    if (!signal.aborted && !this.isSending(one.it)) this.ready(one.it);
  }

  /** Takes a camera's notes out of a picture, asks for room for a file, or sends its next piece. */
  async #step(one, signal) {
    if (!one.isClean) {
      const { withoutMetadata } = await import('./metadata.js');
      return Object.assign(one, { file: await withoutMetadata(one.file), isClean: true });
    }
    const { file, name } = one;
    if (!one.upload) {
      const begun = await this.chat.ask('upload', { name, bytes: file.size });
      if (begun.isLost) throw new Error(begun.error);
      if (!begun.ok) return this.#failed(one, begun.error);
      return Object.assign(one, { upload: begun.upload, piece: begun.piece, at: 0 });
    }
    const response = await fetch(`uploads/${one.upload}?at=${one.at}`, {
      method: 'POST', body: file.slice(one.at, one.at + one.piece), signal,
    });
    const answer = await response.json();
    if (response.status === 404 && one.restarts < RESTARTS_MAX) {
      // The server was started anew.
      Object.assign(one, { upload: undefined, restarts: one.restarts + 1 });
    } else if (answer.ok || response.status === 409) {
      Object.assign(one, { at: answer.at, path: answer.path });
    } else this.#failed(one, answer.error);
    return undefined;
  }

  #failed(one, error) {
    Object.assign(one, { state: 'failed', error });
  }

  #remove(one) {
    one.cancel.abort();
    this.of(one.it).splice(this.of(one.it).indexOf(one), 1);
    if (one.upload && !one.path) {
      // It would end by itself, later.
      fetch(`uploads/${one.upload}?cancel`, { method: 'POST' }).catch(() => undefined);
    }
    this.render();
    $('text').focus();
  }

  #again(one) {
    Object.assign(one, { state: 'sending', upload: undefined, restarts: 0 });
    this.#send(one);
    this.render();
  }

  render() {
    const all = this.of(this.chat.model.here);
    $('attach').hidden = !this.chat.fileMax;
    this.#list.hidden = !all.length;
    const made = this.#list.made ?? new Map();
    for (const [id, item] of made) {
      if (!all.some((one) => one.id === id)) {
        item.element.remove();
        made.delete(id);
      }
    }
    for (const one of all) {
      if (!made.has(one.id)) {
        made.set(one.id, this.#item(one));
        this.#list.append(made.get(one.id).element);
      }
      this.#show(one, made.get(one.id));
    }
    this.#list.made = made;
  }

  #item(one) {
    const name = visible(one.name);
    const bar = h('progress', { max: one.file.size, ariaLabel: `${name} is being sent` });
    const about = h('small', { role: 'status' });
    const button = (textContent, onclick) => h('button', { type: 'button', textContent, onclick });
    const again = button('Retry', () => this.#again(one));
    const remove = button('×', () => this.#remove(one));
    remove.className = 'icon';
    const element = h('li', {}, h('span', { dir: 'auto' }, name), bar, about, again, remove);
    return { element, bar, about, again, remove };
  }

  #show({ state, at, path, error, file, name }, { element, bar, about, again, remove }) {
    bar.max = file.size;
    if (bar.value !== at) bar.value = at;
    bar.hidden = state !== 'sending';
    again.hidden = state !== 'failed';
    element.classList.toggle('failed', state === 'failed');
    const words = { sending: '', ready: amountOf(file.size), failed: `Not sent: ${error}.` };
    setText(about, words[state]);
    remove.ariaLabel = `${state === 'sending' ? 'Cancel' : 'Remove'} ${visible(name)}`;
    const { size } = fileOf(`/${path ?? ''}`) ?? {};
    if (size && !element.querySelector('img')) {
      element.prepend(h('img', { src: path, alt: '', width: 40, height: 40 }));
    }
  }
}
