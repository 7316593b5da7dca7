'use strict';
// The server's file is lost in every possible way, again and again, while people talk: the server is
// killed, an older copy is put back, the disk is full, the file is moved away. People who are there
// still see every message, no number is given twice, and people who come back have the kept messages.

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { clientOf, sleep, startChat, until } = require('./harness');
const { numbers } = require('./packets');
const { connectPlain } = require('./streams');

const ROUNDS = 50;
/** The seed of events and their times: another number is another story. */
const SEED = Number(process.env.FILE_SEED ?? Date.now() % 1_000_000);
const random = numbers(SEED);
const PROGRAM = path.join(process.env.INTEROP_RELEASE, 'mio-chat');

let folder;
let file;
let chat;
const children = [];
before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mio-chat-'));
  file = path.join(folder, 'chat.db');
  chat = await startChat({ db: file });
});
after(async () => {
  children.forEach((child) => child.kill());
  await chat.stop();
  fs.rmSync(folder, { recursive: true });
});

async function start() {
  const doors = { http: new URL(chat.url).host, bind: `127.0.0.1:${chat.lines}` };
  chat = await startChat({ db: file, ...doors });
}

/** The message of each number, for everybody who has seen it. */
const known = new Map();
function note({ id, text }) {
  assert.equal(known.get(id) ?? text, text, `${id} was given twice`);
  known.set(id, text);
}

/** A program that only reads. It begins again when `docs/namespace-chat.md` says so. */
function reader(version) {
  const { io } = clientOf(version);
  const me = { view: [], heard: new Set() };
  const auth = (tell) => tell({ token: me.token, since: me.view.at(-1)?.id ?? 0, history: me.history });
  const delays = { reconnectionDelay: 20, reconnectionDelayMax: 50, timeout: 2_000 };
  me.socket = io(`${chat.url}/chat`, { auth, transports: ['websocket'], forceNew: true, ...delays });
  const take = (message) => {
    note(message);
    assert.ok(!me.view.length || message.id > me.view.at(-1).id, `${message.id} comes too late`);
    me.view.push(message);
    me.heard.add(message.text);
  };
  me.socket.on('welcome', ({ token, rooms, recovered, history }) => {
    if (!recovered && rooms[0].messages.length) me.view = [];
    if (!recovered && history !== me.history) me.view = [];
    Object.assign(me, { token, history });
    rooms[0].messages.forEach(take);
  });
  me.socket.on('gap', () => { me.view = []; });
  me.socket.on('message', take);
  return me;
}

/** The terminal client, as a program that others read. */
function follower() {
  const me = { heard: new Set(), ids: [] };
  const child = spawn(PROGRAM, ['client', new URL(chat.url).host, '--json']);
  children.push(child);
  let rest = '';
  child.stdout.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const message of lines.map((line) => JSON.parse(line))) {
      note(message);
      me.ids.push(message.id);
      me.heard.add(message.text);
    }
  });
  return me;
}

/** A netcat that connects again after each end, with or without a name to speak under. */
function netcat(name) {
  const me = { heard: new Set(), sent: 0, isOver: false };
  const go = async () => {
    while (!me.isOver) {
      const stream = connectPlain(chat.lines, '127.0.0.1');
      me.stream = stream;
      let rest = '';
      stream.on('data', (data) => {
        const lines = (rest + data).split('\n');
        rest = lines.pop();
        // Messages from before the arrival are shown with their time.
        for (const line of lines) me.heard.add(/^(?:\[.*?\] )?<.*?> (.*)$/.exec(line)?.[1] ?? line);
      });
      while (!stream.destroyed && !me.isOver) {
        if (name) stream.write(`${name} ${me.sent += 1}\n`);
        await sleep(name ? 15 : 5);
      }
      stream.destroy();
      await sleep(20);
    }
  };
  me.done = go();
  return me;
}

/** The file may grow no further, or may again. */
function limit(bytes) {
  execFileSync('prlimit', ['--pid', chat.pid, `--fsize=${bytes}:unlimited`]);
}

const failing = 'history is not being kept: what is said now may be lost';
const copy = () => path.join(folder, 'copy.db');

const MISHAPS = {
  async kill() {
    await chat.stop('SIGKILL');
    await start();
  },
  async stop() {
    assert.equal(await chat.stop('SIGTERM'), 0);
    await start();
  },
  /** Messages since the copy are lost, though all have seen them. */
  async restore() {
    fs.rmSync(copy(), { force: true });
    execFileSync(PROGRAM, ['backup', copy(), '--db', file]);
    await sleep(200);
    await chat.stop('SIGKILL');
    for (const ending of ['-wal', '-shm']) fs.rmSync(file + ending, { force: true });
    fs.renameSync(copy(), file);
    await start();
  },
  async fill({ line }) {
    limit(fs.statSync(`${file}-wal`).size + 1_000);
    await until('a warning', () => line.heard.has(`* ${failing}`));
    line.heard.delete(`* ${failing}`);
    await sleep(100);
    const how = random.below(3);
    const told = ['again', 'stop', 'kill'][how];
    if (how === 0) {
      limit('unlimited');
      await until('it is kept', () => line.heard.has('* history is being kept again'));
      line.heard.delete('* history is being kept again');
      return told;
    }
    const code = await chat.stop(how === 1 ? 'SIGTERM' : 'SIGKILL');
    assert.equal(code, how === 1 ? 5 : 'SIGKILL');
    await start();
    return told;
  },
  /** The server goes on with another file. */
  async move({ line }) {
    fs.renameSync(file, path.join(folder, `moved-${Date.now()}.db`));
    await until('a warning', () => line.heard.has(`* ${failing}`));
    line.heard.delete(`* ${failing}`);
    const again = [...line.heard].filter((text) => text.startsWith('* history is being kept again'));
    await until('another file', () => fs.existsSync(file));
    again.forEach((text) => line.heard.delete(text));
  },
};

test(`${ROUNDS} mishaps of the file (FILE_SEED=${SEED})`, { timeout: 180_000 }, async () => {
  const readers = ['4.8.4', '4.8.4', '3.1.3'].map(reader);
  const [line, terminal] = [netcat(), follower()];
  await until('everybody', () => readers.every((one) => one.token) && line.stream);
  const talkers = ['a', 'b'].map(netcat);
  const names = Object.keys(MISHAPS);
  const done = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Each once at least, and then at random.
    const name = names[round] ?? random.of(names);
    done.push(name);
    const how = await MISHAPS[name]({ line });
    if (how) done.push(`${done.pop()}:${how}`);
    await until('readers', () => readers.every((one) => one.socket.connected));
    // Everybody sees the next message, at every interface.
    const word = `round ${round}`;
    const deaf = () => [...readers, line, terminal].findIndex(({ heard }) => !heard.has(word));
    const say = setInterval(() => talkers[0].stream.write(`${word}\n`), 100);
    try {
      await until(`${word} (${done.join(' ')})`, () => deaf() < 0);
    } finally {
      clearInterval(say);
      if (deaf() >= 0) console.log(`# ${deaf()} has not heard it`);
    }
  }
  for (const one of talkers) one.isOver = true;
  await Promise.all(talkers.map((one) => one.done));
  await MISHAPS.kill();
  const last = connectPlain(chat.lines, '127.0.0.1');
  last.write('the end\n');
  await until('the end', () => [...readers, line, terminal].every(({ heard }) => heard.has('the end')));
  last.destroy();
  line.isOver = true;
  readers.forEach((one) => one.socket.disconnect());
  assert.equal(await chat.stop('SIGTERM'), 0);
  const kept = execFileSync(PROGRAM, ['export', '--db', file, '--format', 'jsonl'], { maxBuffer: 1 << 28 });
  const texts = kept.toString().trim().split('\n').map((text) => JSON.parse(text))
    .map((message) => { note(message); return `${message.id} ${message.text}`; });
  for (const { view } of readers) {
    const seen = view.map(({ id, text }) => `${id} ${text}`);
    // From their beginning on they have every kept message, once and in order.
    assert.deepEqual(seen, texts.slice(texts.indexOf(seen[0])));
  }
  assert.equal(new Set(terminal.ids).size, terminal.ids.length);
  console.log(`# ${known.size} numbers, ${texts.length} of them in the last file; ${done.join(' ')}`);
});
