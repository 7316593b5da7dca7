'use strict';
// The chat: a person at one interface is heard at all others.

const assert = require('node:assert/strict');
const { afterEach, beforeEach, test } = require('node:test');
const { TRANSPORTS, connect, startChat, until, within } = require('./harness');
const { closed, connectPlain, connectWebSocket } = require('./streams');

const LIMIT = { timeout: 60_000 };

let chat;
beforeEach(async () => {
  chat = await startChat();
});
afterEach(() => chat.stop());

/** Lines that come, until a certain one. */
class Lines {
  #rest = '';
  #lines = [];

  take(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop();
    this.#lines.push(...lines);
  }

  /** Waits for a line, and returns the lines that came before it. */
  async next(line) {
    const isIt = (other) => (line instanceof RegExp ? line.test(other) : line === other);
    await until(`${line} after ${JSON.stringify(this.#lines)}`, () => this.#lines.some(isIt));
    return this.#lines.splice(0, this.#lines.findIndex(isIt) + 1).slice(0, -1);
  }
}

/** A person at the line door, as at netcat. */
async function atLineDoor() {
  const lines = new Lines();
  const stream = connectPlain(chat.lines, '127.0.0.1').setEncoding('utf8');
  stream.on('data', (text) => lines.take(text));
  await lines.next(/^\* Welcome/);
  return {
    next: (line) => lines.next(line),
    say: (line) => stream.write(`${line}\n`),
    close: () => closed(stream),
  };
}

/** A person at a plain WebSocket, where a message is a line. */
async function atWebSocket() {
  const lines = new Lines();
  const socket = connectWebSocket(`${chat.url.replace('http', 'ws')}/ws`);
  socket.on('message', (data, isBinary) => {
    assert.equal(isBinary, false);
    lines.take(`${data}\n`);
  });
  await within(new Promise((resolve) => socket.once('open', resolve)), 'the WebSocket');
  await lines.next(/^\* Welcome/);
  return {
    next: (line) => lines.next(line),
    say: (line) => socket.send(line),
    close: () => closed(socket),
  };
}

for (const [transport, transports] of Object.entries(TRANSPORTS)) {
  test(`everybody hears everybody in the lobby; ${transport}`, LIMIT, async () => {
    const tcp = await atLineDoor();
    tcp.say('/nick alice');
    await tcp.next('* you are now alice');
    const web = await atWebSocket();
    web.say('/nick bob');
    await web.next('* you are now bob');
    const [old] = await connect('2.3.0', chat.url, { transports });
    const [new_] = await connect('4.8.4', chat.url, { transports });

    tcp.say('from netcat 👋');
    await web.next('<alice> from netcat 👋');
    assert.deepEqual(await old.next('message'), ['alice: from netcat 👋']);
    assert.deepEqual(await new_.next('message'), ['alice: from netcat 👋']);

    web.say('from a plain WebSocket');
    await tcp.next('<bob> from a plain WebSocket');
    assert.deepEqual(await old.next('message'), ['bob: from a plain WebSocket']);
    assert.deepEqual(await new_.next('message'), ['bob: from a plain WebSocket']);

    old.send('from version 2');
    const said = /^<guest-\d+> from version 2$/;
    await Promise.all([tcp.next(said), web.next(said)]);
    assert.deepEqual(await new_.next('message'), ['from version 2']);
    assert.deepEqual(await old.next('message'), ['from version 2']);
    const [{ response, to }] = await old.next('response');
    assert.deepEqual([response, to], ['delivered', 4]);

    new_.emit('message', { message: 'from version 4', more: [1] });
    const also = /^<guest-\d+> from version 4$/;
    await Promise.all([tcp.next(also), web.next(also)]);
    const object = { message: 'from version 4', more: [1] };
    assert.deepEqual(await old.next('message'), [object]);
    assert.deepEqual(await new_.next('message'), [object]);

    new_.send(Buffer.from([1, 2, 3]));
    const binary = /^<guest-\d+> \[binary, 3 bytes\]$/;
    await Promise.all([tcp.next(binary), web.next(binary)]);
    assert.deepEqual(Buffer.from((await old.next('message'))[0]), Buffer.from([1, 2, 3]));

    old.disconnect();
    await Promise.all([tcp.next(/^\* guest-\d+ left$/), web.next(/^\* guest-\d+ left$/)]);
    new_.disconnect();
    await Promise.all([tcp.next(/^\* guest-\d+ left$/), web.next(/^\* guest-\d+ left$/)]);
    await tcp.close();
    await web.next('* alice left');
    await web.close();
  });
}

test('everybody sees the same order', LIMIT, async () => {
  const people = [await atLineDoor(), await atWebSocket()];
  const sockets = [];
  for (const version of ['2.3.0', '4.8.4']) {
    for (const transports of Object.values(TRANSPORTS)) {
      sockets.push(...await connect(version, chat.url, { transports, isUpgrading: true }));
    }
  }
  const seen = sockets.map((socket) => {
    const messages = [];
    socket.on('message', (text) => messages.push(text));
    return messages;
  });
  const each = 200;
  for (let number = 0; number < each; number += 1) {
    sockets.forEach((socket, at) => socket.send(`${at}/${number}`));
    people.forEach((person, at) => person.say(`p${at}/${number}`));
  }
  const all = each * (sockets.length + people.length);
  await until('all of it', () => seen.every((messages) => messages.length >= all));
  for (const messages of seen) assert.deepEqual(messages, seen[0]);
  sockets.forEach((socket) => socket.disconnect());
  await Promise.all(people.map((person) => person.close()));
});

for (const version of ['2.3.0', '4.8.4']) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    // Its answers are more than a queue holds, but it reads, so it is not a slow client.
    test(`client ${version} says much at once; ${transport}`, LIMIT, async () => {
      const [socket] = await connect(version, chat.url, { transports });
      const got = [];
      socket.on('message', (number) => got.push(number));
      const all = Array.from({ length: 20_000 }, (_, number) => number);
      all.forEach((number) => socket.send(number));
      await until('the last message', () => got.length >= all.length, 30_000);
      assert.deepEqual(got, all);
      socket.disconnect();
    });
  }
}

test('the end of the server is told, and clean', LIMIT, async () => {
  const [socket] = await connect('4.8.4', chat.url);
  assert.equal(await chat.stop('SIGTERM'), 0);
  await socket.next('disconnect');
});
