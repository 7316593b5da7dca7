'use strict';
// The stock client comes back to the chat by its own means: after its connection has broken, and
// after the server was killed.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { afterEach, beforeEach, test } = require('node:test');
const {
  ask, connected, managerOf, socketOf, startChat, until, within,
} = require('./harness');

const LIMIT = { timeout: 60_000 };
const VERSION = '4.8.4';

let folder;
let chat;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mio-chat-'));
  chat = await startChat({ db: path.join(folder, 'chat.db') });
});
afterEach(async () => {
  await chat.stop();
  fs.rmSync(folder, { recursive: true });
});

/** The server is killed, and another begins in its place. */
async function restart() {
  await chat.stop('SIGKILL');
  const http = new URL(chat.url).host;
  chat = await startChat({ db: path.join(folder, 'chat.db'), http });
}

/** A client that comes back by itself, and the texts of the messages that it gets. */
async function client(namespace, auth) {
  const delays = { reconnectionDelay: 100, reconnectionDelayMax: 100 };
  const options = { transports: ['websocket'], reconnection: true, ...delays };
  const socket = socketOf(managerOf(VERSION, chat.url, options), namespace, { auth });
  socket.texts = [];
  socket.welcomes = [];
  socket.on('message', (message) => socket.texts.push(message.text ?? message));
  socket.on('welcome', (welcome) => socket.welcomes.push(welcome));
  await connected(socket);
  return socket;
}

const lost = (socket) => within(
  new Promise((resolve) => socket.once('disconnect', resolve)), 'the loss',
);

/** The ways in which a client loses its server, and the effect on the speaker. */
const LOSSES = {
  'a broken connection': (socket) => socket.io.engine.close(),
  'a killed server': () => restart(),
};

for (const [what, lose] of Object.entries(LOSSES)) {
  test(`/chat: client ${VERSION} comes back after ${what}`, LIMIT, async () => {
    const speaker = await client('/chat', { nick: 'speaker' });
    const socket = await client('/chat', { nick: 'reader', recover: true });
    const other = await client('/chat', { nick: 'other' });
    try {
      const post = (text) => ask(speaker, 'post', { room: 'tea', text });
      for (const one of [speaker, socket]) await ask(one, 'join', { room: 'tea' });
      await post('one');
      await until('a message', () => socket.texts.length === 1);
      await ask(socket, 'post', { room: 'tea', text: 'mine' });
      const { id } = socket;
      const gone = lost(socket);
      await lose(socket);
      await gone;
      if (!speaker.connected) await connected(speaker);
      // After a restart the speaker is a new person, in the lobby.
      await ask(speaker, 'join', { room: 'tea' });
      await post('two');
      if (!other.connected) await connected(other);
      await ask(other, 'dm', { to: 'reader', text: 'psst' }).catch(() => {});
      await post('three');
      await connected(socket);
      assert.equal(socket.recovered, true);
      assert.equal(socket.id, id);
      await post('four');
      await until('the last', () => socket.texts.includes('four'));
      assert.deepEqual(socket.texts.filter((text) => text !== 'psst'), ['one', 'two', 'three', 'four']);
      assert.equal(socket.welcomes.length, 2);
      const [first, second] = socket.welcomes;
      assert.deepEqual([second.recovered, second.nick], [true, 'reader']);
      // It has not shown its token, and gets another.
      assert.equal(second.token.length, first.token.length);
      assert.deepEqual(second.rooms.map(({ room }) => room).sort(), ['lobby', 'tea']);
      const mine = await ask(socket, 'post', { room: 'tea', text: 'back' });
      assert.equal(mine[0].ok, true);
    } finally {
      [speaker, socket, other].forEach((one) => one.disconnect());
    }
  });

  test(`/: client ${VERSION} comes back after ${what}`, LIMIT, async () => {
    const speaker = await client('/', {});
    const socket = await client('/', { recover: true });
    const writer = await client('/chat', { nick: 'alice' });
    try {
      speaker.emit('message', 'one');
      await until('a message', () => socket.texts.length === 1);
      const { id } = socket;
      const gone = lost(socket);
      await lose(socket);
      await gone;
      if (!speaker.connected) await connected(speaker);
      speaker.emit('message', 'two', { and: [1, null] });
      speaker.emit('message', { text: 'three' });
      await until('their echo', () => speaker.texts.includes('three'));
      if (!writer.connected) await connected(writer);
      await ask(writer, 'post', { room: 'lobby', text: 'four' });
      await connected(socket);
      assert.deepEqual([socket.recovered, socket.id], [true, id]);
      speaker.emit('message', 'five');
      await until('the last', () => socket.texts.includes('five'));
      const named = socket.texts.map((text) => text.replace(/^.*: /, ''));
      assert.deepEqual(named, ['one', 'two', 'three', 'four', 'five']);
    } finally {
      [speaker, socket, writer].forEach((one) => one.disconnect());
    }
  });
}

test(`/chat: client ${VERSION} is told of a gap where too much was said`, LIMIT, async () => {
  const speaker = await client('/chat', { nick: 'speaker' });
  const socket = await client('/chat', { recover: true });
  try {
    await ask(speaker, 'post', { room: 'lobby', text: 'one' });
    await until('a message', () => socket.texts.length === 1);
    const gaps = [];
    socket.on('gap', (gap) => gaps.push(gap.room));
    socket.io.reconnection(false);
    socket.io.engine.close();
    for (let number = 0; number < 201; number += 1) {
      await ask(speaker, 'post', { room: 'lobby', text: `${number}` });
    }
    socket.connect();
    await connected(socket);
    await until('a welcome', () => socket.welcomes.length === 2);
    assert.deepEqual([socket.recovered, socket.welcomes[1].recovered], [true, false]);
    await until('the last messages', () => socket.texts.at(-1) === '200');
    assert.deepEqual([gaps, socket.texts.length], [['lobby'], 1 + 50]);
  } finally {
    [speaker, socket].forEach((one) => one.disconnect());
  }
});
