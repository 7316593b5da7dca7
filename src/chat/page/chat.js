// The conversation with the server: its events go to the model, the person's actions to the server.

import { sentence } from './dom.js';
import { Model } from './model.js';
import { Outbox } from './outbox.js';
import { CHANGES, REQUESTED } from './changes.js';
import { DEEDS, Deeds } from './deeds.js';
import { relisted, withoutOne } from './elsewhere.js';
import { showNoToken, showToken } from './files.js';
import { Kept, reconcile } from './kept.js';
import { Socket } from './socket.js';
import { keep, load } from './storage.js';

const TYPING_EVERY_MS = 3_000;
const LOGIN_MS = 30_000;
const SAVE_MS = 1_000;
const TICK_MS = 500;
const READ_MS = 1_000;
const PAGE = 50;
const GAP_PAGE = 100;
const LEFT_MAX = 20;

export class Chat {
  /** The nick that was refused, and the reason. */
  nickError = null;
  hasWelcome = false;
  #saveTimer;
  #typedAt = 0;
  #isTyping = false;
  // The last messages that other devices have been told to be read, and the conversations of which
  // they will be told.
  #read = new Map();
  #reading = new Set();

  /** `onChange` is called when there is something new to show. */
  constructor(url, onChange) {
    this.me = load('me');
    const saved = { ...load('state'), ...load('outbox') };
    this.model = new Model(saved);
    this.outbox = new Outbox(this);
    this.kept = new Kept(this);
    this.remembered = saved.rooms ?? [];
    // Rooms that the person has left: they stay in the lists when they are empty.
    this.left = saved.left ?? [];
    // Rooms that were asked for, and have not answered yet.
    this.joining = new Set();
    this.deeds = new Deeds(this);
    this.onChange = onChange;
    this.socket = new Socket({
      url,
      namespace: '/chat',
      auth: () => this.#auth(),
      onState: () => this.#stateChanged(),
      onEvent: (name, data) => this.#event(name, data ?? {}),
    });
    setInterval(() => this.model.tick(Date.now()) && onChange(), TICK_MS);
  }

  start() {
    // After a device was ended, another tab may have got a new token.
    if (this.socket.state.name === 'ended') this.me = load('me');
    this.socket.connect();
  }

  /** Leaves for good, or until `start`. */
  quit() {
    this.socket.stop({ name: 'left' });
  }

  #auth() {
    const { nick, token } = this.me;
    this.askedWith = token;
    const auth = { client: 'web' };
    if (nick && !this.nickError) auth.nick = nick;
    const { since, historyName: history } = this.model;
    if (token && !this.shown?.password) Object.assign(auth, { token, since, history });
    return Object.assign(auth, this.shown);
  }

  /** Comes in by an invitation, or by a name and a password. */
  enterWith(shown) {
    this.shown = shown;
    this.socket.connect();
  }

  /** The answer has the token of a person whom the page is from now on. */
  #becomes(answer, isRegistered) {
    if (!answer.ok) return answer;
    if (answer.token) this.me.token = answer.token;
    if (answer.token && this.fileMax) showToken(answer.token);
    this.account = isRegistered ? answer.nick : undefined;
    this.me.isRegistered = isRegistered;
    this.deeds.forget();
    if (!isRegistered) this.#forgets();
    this.#renamed(answer.nick);
    // The server gives guests their names: nobody gets one by asking for it.
    if (!isRegistered) this.me.nick = undefined;
    this.#keepMe();
    this.onChange();
    return answer;
  }

  /** Nothing private stays of a person who has signed out here. */
  #forgets() {
    const { model } = this;
    this.kept.forget();
    const privates = [...model.conversations.values()].filter(({ isPrivate }) => isPrivate);
    for (const { key } of privates) {
      model.parted(key);
      this.onRemoved?.(key);
    }
  }

  async signIn(nick, password) {
    return this.#becomes(await this.ask('login', { nick, password }, LOGIN_MS), true);
  }

  async register(password) {
    return this.#becomes(await this.ask('register', { password }, LOGIN_MS), true);
  }

  async signOut() {
    return this.#becomes(await this.ask('logout', {}), false);
  }

  #stateChanged() {
    const { state } = this.socket;
    if (state.name !== 'online') this.outbox.lost();
    if (state.name === 'waiting') showNoToken();
    if (state.name === 'waiting' && !this.hasWelcome) this.model.isKept = true;
    const isClosed = state.name === 'refused' && !/nick/.test(state.code);
    if (isClosed) this.shown = undefined;
    if (isClosed) this.onClosed?.(state);
    if (state.name === 'refused' && /nick/.test(state.code) && !this.nickError) {
      this.nickError = { nick: this.me.nick, error: state.error };
      this.socket.connect();
    }
    this.onChange();
  }

  #event(name, data) {
    const now = Date.now();
    const { model } = this;
    if (name === 'welcome') this.#welcome(data, now);
    else if (name === 'message') this.#message(data, now);
    else if (name === 'notice') {
      // It may tell of a role.
      this.deeds.forget();
      const it = data.room ? model.conversation(data.room) : model.here;
      model.note(it, { text: sentence(data.text) }, now);
    } else if (name === 'bye') {
      if (data.reason === 'forgotten') {
        this.kept.forget();
        this.socket.stop({ name: 'ended', error: data.error });
      } else if (data.reason === 'refused') {
        this.shown = undefined;
        this.socket.stop({ name: 'refused', error: data.error, code: data.code });
      }
    } else if (name === 'late') {
      this.#late(data, now);
    } else if (name === 'read') {
      model.readElsewhere(data);
    } else if (DEEDS.includes(name)) {
      this.deeds.told(name, data, now);
    } else if (name === 'rules') {
      this.deeds.ruled(data, now);
    } else if (name === 'invited') {
      this.deeds.invited(data, now);
    } else if (CHANGES[name]) {
      CHANGES[name](model, data);
    } else if (name === 'room') {
      model.rooms = [...model.rooms.filter(({ room }) => room !== data.room), data];
    } else if (name === 'rooms') {
      model.rooms = relisted(model.rooms, data);
    } else if (['gap', 'presence', 'typing', 'topic'].includes(name)) model[name](data, now);
    this.save();
    this.onChange();
  }

  /** Something was done after all, though the answer was that it may not have been. */
  #late({ request, key, ...answer }, now) {
    const { model } = this;
    const post = key !== undefined && model.outbox.find((one) => one.key === key);
    if (request === 'nick') this.#renamed(answer.nick);
    else if (request === 'join') model.joined(answer);
    else if (request === 'leave') model.parted(answer.room);
    else if (request === 'topic') model.topic({ ...answer, nick: model.nick }, now);
    else if (post) model.acked(post, answer);
  }

  #renamed(nick) {
    this.model.renamed(nick);
    this.me.nick = nick;
    this.nickError = null;
    this.#keepMe();
  }

  #message(data, now) {
    const it = this.model.message(data, now);
    // Neither what was missed nor what one says oneself is news.
    if (it.messages.at(-1)?.id === data.id && it.messages.at(-1).isLive) this.onMessage?.(it, data);
  }

  #welcome(data, now) {
    const { model, me } = this;
    const isSameSession = this.askedWith !== undefined && data.token === this.askedWith;
    if (this.hasWelcome) this.remembered = model.saved().rooms;
    if (!isSameSession) model.since = 0;
    reconcile(model, data);
    model.isKept = false;
    model.welcome(data, now);
    // With a password it came in as a registered person, under their name.
    if (this.shown?.password) Object.assign(me, { nick: data.nick, isRegistered: true });
    this.shown = undefined;
    me.isRegistered &&= data.nick === me.nick;
    this.account = me.isRegistered ? data.nick : undefined;
    this.access = data.access;
    // Before the welcome nobody had an account.
    this.deeds.forget();
    me.token = data.token;
    // Bytes of the largest file that can be sent; nothing if none can.
    this.fileMax = data.file;
    if (data.file) showToken(data.token);
    else showNoToken();
    this.#keepMe();
    if (!isSameSession) {
      for (const room of this.remembered) {
        if (!data.rooms.some((one) => one.room === room)) this.join(room);
      }
    }
    this.hasWelcome = true;
    this.onWelcome?.();
    this.outbox.flush();
    // All missed messages come before this answer.
    this.refreshRooms().then((answer) => answer.ok && model.settle());
  }

  #keepMe() {
    keep('me', this.me);
    this.save();
  }

  /** Saves soon what a reload must find again. */
  save() {
    this.#saveTimer ??= setTimeout(() => this.saveNow(false), SAVE_MS);
  }

  saveNow(isLeaving = true) {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    if (!this.hasWelcome) return;
    keep('state', { ...this.model.saved(), left: this.left });
    this.kept.save(isLeaving);
  }

  /** Tells the person's other devices, a moment later, what has been read here. */
  readHere({ key, isPrivate, isJoined, name, person, read }) {
    if (!(isPrivate || isJoined) || !read || (this.#read.get(key) ?? 0) >= read) return;
    this.#read.set(key, read);
    if (this.#reading.has(key)) return;
    this.#reading.add(key);
    setTimeout(() => {
      this.#reading.delete(key);
      const place = isPrivate ? { with: name, person } : { room: key };
      if (this.hasWelcome) this.ask('read', { ...place, id: this.#read.get(key) });
    }, READ_MS);
  }

  /** The answer to a request; `{ok: false, error}` if none comes. */
  async ask(name, data, ms) {
    try {
      return await this.socket.emit(name, data, ms);
    } catch {
      return { ok: false, isLost: true, error: 'There is no connection.' };
    }
  }

  /** Takes a text of one's own on; says why not, or nothing. */
  post(it, text, isAction = false) {
    const error = this.outbox.post(it, text, isAction);
    if (!error) this.#isTyping = false;
    return error;
  }

  /** Changes an earlier message: `edit`, `delete` or `react`. */
  async change(request, data) {
    const answer = await this.ask(request, data);
    // Without more than the id it was so already.
    const isNews = request === 'delete' || answer.nick !== undefined;
    if (answer.ok && isNews) REQUESTED[request](this.model, answer);
    this.onChange();
    return answer;
  }

  async nick(nick) {
    const answer = await this.ask('nick', { nick });
    if (answer.ok) {
      this.#renamed(answer.nick);
      this.onChange();
    }
    return answer;
  }

  /** Goes to a room. It is in none of the lists of other rooms from now on. */
  async join(room) {
    const name = room.replace(/^#/, '');
    const key = name.toLowerCase();
    this.joining.add(key);
    const answer = await this.ask('join', { room: name });
    this.joining.delete(key);
    if (answer.ok) {
      this.left = this.left.filter((one) => one !== answer.room);
      this.model.joined(answer);
      this.refreshRooms();
      this.save();
      this.onChange();
    }
    return answer;
  }

  /** Leaves a room, or puts a private conversation away, after `before`. */
  async leave(it, before) {
    if (!it.isPrivate) {
      const answer = await this.ask('leave', { room: it.key });
      if (!answer.ok && answer.code !== 'not-in-room') return answer;
      this.left = [...this.left.filter((room) => room !== it.key), it.key].slice(-LEFT_MAX);
      this.model.rooms = withoutOne(this.model.rooms, it.key);
    }
    before();
    this.model.parted(it.key);
    this.refreshRooms();
    this.save();
    return { ok: true };
  }

  /** Removes a room that the person has left from the lists. */
  forget(room) {
    this.left = this.left.filter((one) => one !== room);
    this.save();
    this.onChange();
  }

  async refreshRooms() {
    const answer = await this.ask('rooms', {});
    if (answer.ok) {
      const { rooms, count } = answer;
      Object.assign(this.model, { rooms, hasAllRooms: rooms.length >= count });
    }
    this.onChange();
    return answer;
  }

  /** Loads the messages before a message, or the last ones. */
  async older(it, before = it.messages[0]?.id) {
    const isGap = it.gaps.has(before);
    const canAsk = this.socket.state.name === 'online' && (it.isJoined || it.isPrivate);
    if (!canAsk || it.isLoading || (!isGap && !it.hasMore)) return it.isLoading || undefined;
    const where = it.isPrivate ? { with: it.name, person: it.person } : { room: it.key };
    const limit = isGap ? GAP_PAGE : PAGE;
    it.isLoading = this.ask('history', { ...where, ...(before && { before }), limit });
    this.onChange();
    const answer = await it.isLoading;
    it.isLoading = false;
    if (answer.ok) this.model.history(it, answer.messages, answer.more, before);
    else if (!answer.isLost) {
      it.hasMore = false;
      it.keepsHistory = answer.code !== 'no-history';
    }
    this.onChange();
    return answer;
  }

  /** The person types, or has stopped. */
  typing(it, isOn) {
    const now = Date.now();
    if (isOn ? now - this.#typedAt < TYPING_EVERY_MS : !this.#isTyping) return;
    this.#isTyping = isOn;
    if (isOn) this.#typedAt = now;
    const where = it.isPrivate ? { to: it.name, person: it.person } : { room: it.key };
    this.ask('typing', { ...where, on: isOn });
  }
}
