'use strict';
// Namespace /chat at the reference server, as far as the page uses it, with the page's own files.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Server } = require('socket.io');

const PAGE = path.join(__dirname, '../../src/chat/page');
const TYPES = {
  css: 'text/css', html: 'text/html', js: 'text/javascript', svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
};
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
  + "img-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
  + "frame-ancestors 'none'";
const SHOWN = 50;
const GAP = 200;

const no = (code, error = `refused: ${code}`) => ({ ok: false, code, error });

// The server of the chat puts these together from several files; here they stay apart.
const TOGETHER = {
  'page.js': () => "import './app.js';",
  'page.css': () => ['parts.css', 'style.css']
    .map((name) => fs.readFileSync(path.join(PAGE, name), 'utf8')).join(''),
};

function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://page');
  const name = pathname === '/' ? 'index.html' : path.basename(pathname);
  const file = path.join(PAGE, name);
  const made = TOGETHER[name]?.();
  if (!made && !fs.existsSync(file)) return response.writeHead(404).end();
  response.setHeader('Content-Type', TYPES[name.split('.').pop()]);
  response.setHeader('Content-Security-Policy', POLICY);
  return response.end(made ?? fs.readFileSync(file));
}

/** A server at a port; what `port: 0` has become is in its `url`. */
async function startReference({ port = 0, refuse, ...engine } = {}) {
  const people = new Map(); // by token: {nick, token, rooms, socket, keys}
  const rooms = new Map(); // by name: {topic, messages}
  const all = [];
  let lastId = 0;
  // Its ids mean nothing at another.
  const history = `${Math.random()}`.slice(2);
  let lastGuest = 0;
  const server = http.createServer(serve);
  const io = new Server(server, { serveClient: false, ...engine });
  const chat = io.of('/chat');

  const room = (name) => {
    if (!rooms.has(name)) rooms.set(name, { topic: null });
    return rooms.get(name);
  };
  const here = (name) => [...people.values()].filter((one) => one.socket && one.rooms.has(name));
  const members = (name) => here(name).map(({ nick }) => ({ nick, door: 'web' }));
  const personOf = (nick) => [...people.values()].find((one) =>
    one.socket && one.nick.toLowerCase() === nick.toLowerCase());
  const isFor = (who, it) => (it.room ? who.rooms.has(it.room)
    : it.from === who.nick || it.to === who.nick);
  const roomOf = (name, who) => {
    const messages = all.filter((it) => it.room === name).slice(-SHOWN);
    const list = members(name);
    return { room: name, topic: room(name).topic, members: list, count: list.length, messages,
      who };
  };
  const presence = (name, change) => {
    for (const { nick, socket } of here(name)) {
      const joined = (change.joined ?? []).filter((one) => one.nick !== nick);
      const data = { room: name, joined: [], left: [], renamed: [], ...change, joined };
      socket.emit('presence', { ...data, count: here(name).length });
    }
  };

  function recover(who, since) {
    const missed = all.filter((it) => it.id > since && isFor(who, it));
    const lists = new Map();
    for (const it of missed) {
      const key = it.room ?? `@${it.from === who.nick ? it.to : it.from}`;
      lists.set(key, [...lists.get(key) ?? [], it]);
    }
    const shown = [];
    let gaps = 0;
    for (const [key, list] of lists) {
      if (list.length > GAP) {
        gaps += 1;
        const where = key[0] === '@' ? { with: key.slice(1) } : { room: key };
        who.socket.emit('gap', { ...where, missed: list.length - SHOWN });
        shown.push(...list.slice(-SHOWN));
      } else shown.push(...list);
    }
    shown.sort((a, b) => a.id - b.id).forEach((it) => who.socket.emit('message', it));
  }

  function post(from, where, { text, key, action }) {
    const known = key && from.keys?.get(key);
    if (known) return { ok: true, ...known };
    const message = { id: lastId += 1, from: from.nick, text, ts: Date.now(), ...where };
    if (action) message.action = true;
    all.push(message);
    const ack = { id: message.id, ts: message.ts, ...where };
    from.keys?.set(key, ack);
    for (const one of people.values()) {
      if (one.socket && one !== from && isFor(one, message)) one.socket.emit('message', message);
    }
    return { ok: true, ...ack };
  }

  const requests = {
    post: (who, data) => {
      if (!who.rooms.has(data.room)) return no('not-in-room', 'You are not in that room.');
      return post(who, { room: data.room }, data);
    },
    dm: (who, data) => {
      const to = personOf(data.to);
      if (!to) return no('no-such-person', `Nobody here is called ${data.to}.`);
      return post(who, { to: to.nick }, data);
    },
    nick: (who, { nick }) => {
      if (!/^[\p{L}\p{N}_.-]{1,24}$/u.test(nick)) return no('bad-nick', 'That is no name.');
      if (personOf(nick) && personOf(nick) !== who) return no('nick-taken', `${nick} is taken.`);
      const from = who.nick;
      who.nick = nick;
      for (const name of who.rooms) presence(name, { renamed: [{ from, to: nick }] });
      return { ok: true, nick };
    },
    join: (who, data) => {
      const name = data.room.replace(/^#/, '').toLowerCase();
      if (!/^[\p{L}\p{N}_.-]{1,32}$/u.test(name)) return no('bad-room');
      who.rooms.add(name);
      presence(name, { joined: [{ nick: who.nick, door: 'web' }] });
      return { ok: true, ...roomOf(name) };
    },
    leave: (who, { room: name }) => {
      if (!who.rooms.delete(name)) return no('not-in-room');
      presence(name, { left: [who.nick] });
      return { ok: true, room: name };
    },
    typing: (who, { room: name, to, on }) => {
      const heard = name ? here(name).filter((one) => one !== who) : [personOf(to)];
      heard.forEach((one) => one?.socket.emit('typing',
        { ...(name ? { room: name } : { from: who.nick }), nick: who.nick, on }));
      return { ok: true };
    },
    history: (who, { room: name, with: nick, before = Infinity, limit = 50 }) => {
      const isIt = (it) => (name ? it.room === name : !it.room
        && [it.from, it.to].includes(nick) && [it.from, it.to].includes(who.nick));
      const list = all.filter((it) => it.id < before && isIt(it));
      return { ok: true, messages: list.slice(-limit), more: list.length > limit };
    },
    // It has never time for all.
    search: (who, { text, room: name }) => ({
      ok: true,
      cut: true,
      messages: all.filter((it) => it.room && isFor(who, it) && (!name || it.room === name)
        && it.text.includes(text)).slice(-50),
    }),
    who: (who, { room: name }) => ({ ok: true, ...roomOf(name) }),
    rooms: () => {
      const list = [...rooms].map(([name, { topic }]) =>
        ({ room: name, topic, count: here(name).length })).filter(({ count }) => count);
      return { ok: true, rooms: list, count: list.length };
    },
    topic: (who, { room: name, text }) => {
      room(name).topic = text;
      here(name).filter((one) => one !== who).forEach(({ socket }) =>
        socket.emit('topic', { room: name, topic: text, nick: who.nick }));
      return { ok: true, room: name, topic: text };
    },
  };

  chat.use((socket, next) => {
    const { nick, token } = socket.handshake.auth;
    if (refuse) return next(Object.assign(new Error(refuse.error), { data: refuse }));
    if (people.has(token) || !nick) return next();
    const isTaken = personOf(nick);
    const error = new Error(isTaken ? `${nick} is taken.` : 'That is no name.');
    error.data = { code: isTaken ? 'nick-taken' : 'bad-nick', error: error.message };
    return isTaken || !/^[\p{L}\p{N}_.-]{1,24}$/u.test(nick) ? next(error) : next();
  });
  chat.on('connection', (socket) => {
    const { nick, token, since } = socket.handshake.auth;
    let who = people.get(token);
    const isKnown = who !== undefined;
    if (!isKnown) {
      who = { nick: nick ?? `guest-${lastGuest += 1}`, token: `${Math.random()}`.slice(2),
        rooms: new Set(['lobby']), keys: new Map() };
      people.set(who.token, who);
    }
    const old = who.socket;
    who.socket = socket;
    const isRecovering = isKnown && since !== undefined;
    const list = [...who.rooms].map((name) => {
      const it = roomOf(name);
      return isRecovering ? { ...it, messages: [] } : it;
    });
    socket.emit('welcome', { nick: who.nick, token: who.token, rooms: list,
      recovered: isRecovering, history });
    if (isRecovering) recover(who, since);
    for (const name of who.rooms) presence(name, { joined: [{ nick: who.nick, door: 'web' }] });
    for (const [name, answer] of Object.entries(requests)) {
      socket.on(name, (data, ack) => {
        const answered = answer(who, data);
        ack?.(answered);
      });
    }
    socket.on('disconnect', () => {
      if (who.socket !== socket) return;
      who.socket = undefined;
      for (const name of who.rooms) presence(name, { left: [who.nick] });
    });
  });

  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  room('lobby');
  return {
    all,
    io,
    people,
    url: `http://127.0.0.1:${server.address().port}/`,
    port: server.address().port,
    /** A message of a person who is not there. */
    say: (from, name, text, extra = {}) =>
      post({ nick: from, rooms: new Set([name]) }, { room: name }, { text, ...extra }),
    whisper: (from, to, text) => post({ nick: from, rooms: new Set() }, { to }, { text }),
    presence,
    emit: (nick, ...event) => personOf(nick).socket.emit(...event),
    stop: () => new Promise((resolve) => {
      io.close(resolve);
      server.closeAllConnections();
    }),
  };
}

module.exports = { PAGE, POLICY, startReference };
