// Being told of messages while the page is not looked at: notifications of the desktop, a sound,
// and a number at the icon of an installed page. All of it is off until the person turns it on.

import { isWorth } from './conversation.js';
import { $, h, setText, visible } from './dom.js';
import { keep, load } from './storage.js';

// The letters of a message that a notification shows.
const BODY_CHARS = 200;
const TONE_HZ = 660;
const TONE_S = 0.15;
const TONE_GAIN = 0.1;

// The messages of a conversation that the person may choose to be told of.
const LEVELS = { all: 'All messages', mentions: 'Messages that name me', nothing: 'Nothing' };

export class Notify {
  #kept = load('notify');
  #audio;
  #badge = 0;

  /** `open` shows a conversation. */
  constructor(chat, open) {
    Object.assign(this, { chat, open });
    this.#kept.rooms ??= {};
    $('notify').onclick = () => this.#explain();
    $('sound').onclick = () => {
      this.#set({ hasSound: !this.#kept.hasSound });
      if (this.#kept.hasSound) this.#sound();
    };
    // A click on a notification that the worker has shown.
    navigator.serviceWorker?.addEventListener('message', ({ data }) => this.#opened(data));
    const dialog = $('telling');
    const [later, turn] = dialog.querySelectorAll('.ends button');
    later.onclick = () => dialog.close();
    turn.onclick = () => this.#turn();
    $('levels').onchange = ({ target }) => {
      const { [this.chat.model.current]: _, ...rooms } = this.#kept.rooms;
      this.#set({ rooms: { ...rooms, [this.chat.model.current]: target.value } });
    };
  }

  get #isOn() {
    return Boolean(this.#kept.isOn) && globalThis.Notification?.permission === 'granted';
  }

  /** The level that the person has chosen for a conversation. */
  #levelOf(key) {
    // A room may be called like something that every object has.
    return Object.hasOwn(this.#kept.rooms, key) ? this.#kept.rooms[key] : undefined;
  }

  #set(changes) {
    Object.assign(this.#kept, changes);
    keep('notify', this.#kept);
    this.chat.onChange();
  }

  /** A message of somebody else has come. */
  message(it, message) {
    if (!isWorth(it, message, this.chat.model.nick, this.#levelOf(it.key))) return;
    if (!document.hidden && document.hasFocus()) {
      if (it !== this.chat.model.here) this.#announce(it, message);
      return;
    }
    try {
      if (this.#kept.hasSound) this.#sound();
    } catch {
      // Some browsers have no sound.
    }
    if (this.#isOn) this.#show(it, message);
  }

  /** Tells a screen reader of a message elsewhere, as eyes are told by the lists. Not its text:
   *  the log of its conversation says that. */
  #announce({ isPrivate, label }, { from }) {
    const where = isPrivate ? 'writes to you in private.' : `writes to you in ${visible(label)}.`;
    // A new element is announced even if it says what the last one said.
    $('told').replaceChildren(h('span', {}, `${visible(from)} ${where}`));
  }

  #show(it, message) {
    const from = visible(message.from);
    const title = it.isPrivate ? from : `${from} in ${it.label}`;
    const body = [...visible(message.text)].slice(0, BODY_CHARS).join('');
    // A later one of the same conversation takes the place of an earlier one.
    this.#notify(title, { body, tag: it.key, data: { key: it.key, name: it.name } });
  }

  /** Shows a notification. False if the browser cannot: on phones only the worker that keeps the
   *  page may show one, and it may not be there. */
  async #notify(title, options) {
    const all = { ...options, icon: new URL('icon.svg', import.meta.url).href };
    try {
      const note = new Notification(title, all);
      note.onclick = () => {
        focus();
        note.close();
        this.#opened(options.data);
      };
      return true;
    } catch {
      const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
      return worker?.showNotification(title, all).then(() => true, () => false) ?? false;
    }
  }

  /** The person has chosen a notification, which may be of no conversation. */
  #opened({ key, name } = {}) {
    if (key) this.open(key, name);
  }

  render(unread) {
    const { here: it, current } = this.chat.model;
    setText($('notify').firstElementChild, `Notifications: ${this.#isOn ? 'on' : 'off'}`);
    setText($('sound').firstElementChild, `Sound: ${this.#kept.hasSound ? 'on' : 'off'}`);
    const level = this.#levelOf(current) ?? (it.isPrivate ? 'all' : 'mentions');
    $('bell').ariaLabel = `Tell me about ${visible(it.label)}: ${LEVELS[level]}`;
    $('bell').classList.toggle('silent', level === 'nothing');
    for (const input of $('levels').elements) {
      if (input.type === 'radio') input.checked = input.value === level;
    }
    if (unread === this.#badge) return;
    this.#badge = unread;
    navigator.setAppBadge?.(unread).catch(() => {});
  }

  /** Says what a notification is, before the browser asks. */
  #explain() {
    $('options').hidePopover();
    const [, turn] = $('telling').querySelectorAll('.ends button');
    setText(turn, this.#isOn ? 'Turn off' : 'Turn on');
    setText($('telling-error'), '');
    $('telling').showModal();
  }

  async #turn() {
    if (this.#isOn) this.#set({ isOn: false });
    else {
      const answer = await globalThis.Notification?.requestPermission();
      if (answer !== 'granted') {
        return setText($('telling-error'), answer === undefined
          ? 'This browser has no notifications here. They need https or this machine, and on some '
            + 'phones a page that was added to the home screen.'
          : 'The browser does not allow it. Allow it in the browser’s settings for this page.');
      }
      // It shows what will come, and whether anything can.
      const [title, body] = ['Notifications are on', 'Messages to you will come like this one.'];
      if (!await this.#notify(title, { body, tag: '' })) {
        return setText($('telling-error'), 'This browser shows notifications only for installed '
          + 'pages. Add the page to the home screen, open it there, and try again.');
      }
      this.#set({ isOn: true });
    }
    return $('telling').close();
  }

  /** A short tone, which no file is needed for. */
  #sound() {
    this.#audio ??= new AudioContext();
    const { currentTime: now, destination } = this.#audio;
    const [tone, gain] = [this.#audio.createOscillator(), this.#audio.createGain()];
    tone.frequency.value = TONE_HZ;
    gain.gain.setValueAtTime(TONE_GAIN, now);
    gain.gain.exponentialRampToValueAtTime(TONE_GAIN / 100, now + TONE_S);
    tone.connect(gain).connect(destination);
    tone.start(now);
    tone.stop(now + TONE_S);
  }
}
