'use strict';
// The server is killed again and again while people talk. A person who comes back with the number of
// the last message that they have seen gets each message once and in order. If they have missed more
// than is sent unasked, they are told of the gap, and ask.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { clientOf, sleep, startChat, until } = require('./harness');
const { connectPlain } = require('./streams');

const KILLS = 50;
const READERS = 5;

let folder;
let chat;
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mio-chat-'));
  chat = await start({});
});
after(async () => {
  await chat.stop();
  fs.rmSync(folder, { recursive: true });
});

function start(doors) {
  return startChat({ db: path.join(folder, 'chat.db'), ...doors });
}

/** A reader who remembers the number of the last message. */
function reader() {
  const { io } = clientOf('4.8.4');
  const me = { seen: [], returns: [], gaps: [], token: undefined };
  const auth = (tell) => tell({
    token: me.token, since: me.seen.at(-1)?.id ?? 0, history: me.history,
  });
  // A client whose WebSocket is closed before Engine.IO's first packet waits for its timeout.
  const delays = { reconnectionDelay: 20, reconnectionDelayMax: 50, timeout: 2_000 };
  me.socket = io(`${chat.url}/chat`, { auth, transports: ['websocket'], forceNew: true, ...delays });
  me.socket.on('welcome', ({ token, rooms, recovered, history }) => {
    me.history = history;
    me.gap = undefined;
    // A reader who has seen nothing yet sees the last messages.
    if (!me.token) me.seen.push(...rooms[0].messages);
    else me.returns.push({ recovered, isWhole: true });
    me.token = token;
  });
  me.socket.on('gap', () => {
    me.gap = me.seen.at(-1).id;
    me.returns.at(-1).isWhole = false;
  });
  me.socket.on('message', (message) => {
    if (me.gap !== undefined) me.gaps.push({ after: me.gap, before: message.id });
    me.gap = undefined;
    me.seen.push(message);
  });
  return me;
}

/** Asks for all that is in a reader's gaps. */
async function fill({ socket, seen, gaps }) {
  for (const { after: last, before: first } of gaps) {
    for (let before = first; ;) {
      const asked = { room: 'lobby', before, limit: 100 };
      const answer = await socket.timeout(10_000).emitWithAck('history', asked);
      assert.ok(answer.ok && answer.messages.length > 0, JSON.stringify(answer));
      const missed = answer.messages.filter(({ id }) => id > last);
      seen.splice(seen.findIndex(({ id }) => id === before), 0, ...missed);
      if (missed.length < answer.messages.length) break;
      before = missed[0].id;
    }
  }
}

/** A talker, through every kill, until told to stop. */
function talker(name) {
  const me = { sent: 0, isOver: false };
  const talk = async () => {
    while (!me.isOver) {
      const stream = connectPlain(chat.lines, '127.0.0.1');
      stream.resume();
      while (!stream.destroyed && !me.isOver) {
        me.sent += 1;
        stream.write(`${name} ${me.sent}\n`);
        await sleep(1);
      }
      stream.destroy();
      await sleep(5);
    }
  };
  me.done = talk();
  return me;
}

test(`${KILLS} kills under load`, { timeout: 180_000 }, async () => {
  const readers = Array.from({ length: READERS }, reader);
  await until('everybody', () => readers.every((one) => one.token));
  const talkers = ['a', 'b', 'c'].map(talker);
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(20 + Math.random() * 100);
    await chat.stop('SIGKILL');
    const doors = { http: new URL(chat.url).host, bind: `127.0.0.1:${chat.lines}` };
    chat = await start(doors);
    // A new reader each time, and one who is always back before the next kill.
    await until('a reader', () => readers[0].socket.connected);
  }
  talkers.forEach((one) => { one.isOver = true; });
  await Promise.all(talkers.map((one) => one.done));
  await until('all readers', () => readers.every((one) => one.socket.connected));
  const last = connectPlain(chat.lines, '127.0.0.1');
  last.write('the end\n');
  const isDone = (one) => one.seen.at(-1)?.text === 'the end';
  await until('the end', () => readers.every(isDone));
  last.destroy();
  for (const one of readers) await fill(one);
  readers.forEach((one) => one.socket.disconnect());
  await chat.stop('SIGTERM');
  const file = ['export', '--db', path.join(folder, 'chat.db'), '--format', 'jsonl'];
  const program = path.join(process.env.INTEROP_RELEASE, 'mio-chat');
  const kept = execFileSync(program, file, { maxBuffer: 1 << 28 }).toString().trim().split('\n');
  const texts = kept.map((line) => JSON.parse(line)).map(({ id, text }) => `${id} ${text}`);
  assert.ok(texts.length > KILLS, `${texts.length} messages`);
  for (const one of readers) {
    assert.ok(one.returns.length > 0);
    assert.ok(one.returns.every(({ recovered, isWhole }) => recovered === isWhole));
    const seen = one.seen.map(({ id, text }) => `${id} ${text}`);
    // From its first message on it has every message of the file, once and in order.
    assert.deepEqual(seen, texts.slice(texts.indexOf(seen[0])));
  }
  const came = readers.map(({ returns, gaps }) => `${returns.length} returns, ${gaps.length} gaps`);
  console.log(`# ${texts.length} messages; ${came.join('; ')}`);
});
