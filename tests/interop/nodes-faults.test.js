'use strict';
// Three servers that are one chat, while servers and Redis are killed, stopped and restarted by chance:
// every post that was acknowledged is in every file, once, and everybody has seen one order.
//
// FAULTS_SECONDS and FAULTS_SEED choose how long and which faults.

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { managerOf, sleep, socketOf, startChat, until } = require('./harness');

const SECONDS = Number(process.env.FAULTS_SECONDS ?? 60);
const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
const NODES = ['a', 'b', 'c'];
const PEOPLE_PER_NODE = 3;
/** How long an answer is awaited before a post is sent again. */
const ANSWER_MS = 3_000;

/** Numbers below 1 that a seed decides (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Cluster {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
    this.socket = path.join(this.folder, 'redis');
    this.nodes = new Map();
  }

  startRedis() {
    fs.rmSync(this.socket, { force: true });
    const flags = ['--port', '0', '--unixsocket', this.socket, '--dir', this.folder];
    const data = ['--save', '', '--appendonly', 'yes'];
    this.redis = spawn('redis-server', [...flags, ...data], { stdio: 'ignore' });
  }

  async startNode(node, ports = {}) {
    const db = path.join(this.folder, `${node}.db`);
    const redis = `redis+unix://${this.socket}`;
    const started = await startChat({ redis, node, db, log: 'info', 'per-address': 1000, ...ports });
    this.nodes.set(node, started);
    return started;
  }

  async restartNode(node) {
    const { stop, url, lines } = this.nodes.get(node);
    await stop('SIGKILL');
    const http = new URL(url).host;
    await this.startNode(node, { http, bind: `127.0.0.1:${lines}` });
  }

  restartRedis() {
    return new Promise((resolve) => {
      this.redis.once('exit', () => {
        this.startRedis();
        resolve();
      });
      this.redis.kill('SIGKILL');
    });
  }

  async pause(pid, ms) {
    process.kill(pid, 'SIGSTOP');
    await sleep(ms);
    process.kill(pid, 'SIGCONT');
  }

  history(node) {
    const program = path.join(process.env.INTEROP_RELEASE, 'mio-chat');
    const db = path.join(this.folder, `${node}.db`);
    const flags = ['export', '--db', db, '--format', 'jsonl'];
    const text = execFileSync(program, flags, { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }
}

/** A person who repeats each post until it is acknowledged, and notes the messages seen. */
class Person {
  constructor(cluster, name, node) {
    Object.assign(this, { cluster, name, node, acked: [], seen: [], since: 0, count: 0 });
  }

  /** Comes in, or back, at some node. */
  async enter(node) {
    this.node = node;
    this.manager?._close();
    const { url } = this.cluster.nodes.get(node);
    const manager = managerOf('4.8.4', url, { transports: ['websocket'] });
    const auth = { nick: this.token ? undefined : this.name, token: this.token, client: 'web' };
    if (this.since) Object.assign(auth, { since: this.since, history: this.history });
    const socket = socketOf(manager, '/chat', { auth });
    Object.assign(this, { manager, socket });
    socket.on('message', ({ id, text, room }) => {
      if (room !== 'lobby' || socket !== this.socket) return;
      this.seen.push({ id, text });
      this.since = id;
    });
    const welcome = await new Promise((resolve) => {
      socket.once('welcome', resolve);
      for (const end of ['connect_error', 'disconnect']) socket.once(end, () => resolve(null));
      setTimeout(() => resolve(null), 2 * ANSWER_MS);
    });
    if (!welcome) return false;
    Object.assign(this, { token: welcome.token, history: welcome.history });
    if (!this.since) {
      const { messages } = welcome.rooms[0];
      this.since = messages.at(-1)?.id ?? 0;
    }
    return true;
  }

  /** One try to post; its number if it was acknowledged. */
  async post(text, key) {
    const { socket } = this;
    const answer = await new Promise((resolve) => {
      socket.emit('post', { room: 'lobby', text, key }, resolve);
      socket.once('disconnect', () => resolve(null));
      setTimeout(() => resolve(null), ANSWER_MS);
    });
    return answer?.ok ? answer.id : null;
  }

  async run(chance, isOver) {
    while (!isOver()) {
      const isThere = this.socket?.connected && this.token;
      const node = chance() < 0.7 ? this.node : NODES[Math.floor(chance() * NODES.length)];
      if (!isThere && !(await this.enter(node))) {
        await sleep(200);
        continue;
      }
      const text = `${this.name} ${this.count}`;
      const id = await this.post(text, text);
      if (id !== null) {
        this.acked.push({ id, text });
        this.count += 1;
        // One's own message does not come back.
        this.since = Math.max(this.since, id);
      }
      await sleep(20 + 100 * chance());
    }
  }
}

test(`nothing acknowledged is lost or doubled; seed ${SEED}, ${SECONDS} s`, {
  timeout: (SECONDS + 180) * 1000,
}, async () => {
  const cluster = new Cluster();
  const chance = random(SEED);
  cluster.startRedis();
  for (const node of NODES) await cluster.startNode(node);
  const end = Date.now() + SECONDS * 1000;
  const isOver = () => Date.now() > end;
  const people = NODES.flatMap((node) => Array.from({ length: PEOPLE_PER_NODE }, (_, number) =>
    new Person(cluster, `${node}${number}-x`, node)));
  const running = people.map((person) => person.run(random(SEED + person.name.charCodeAt(1)), isOver));
  const faults = [];
  while (Date.now() < end - 15_000) {
    await sleep(1_000 + 3_000 * chance());
    const node = NODES[Math.floor(chance() * NODES.length)];
    const kind = Math.floor(chance() * 5);
    faults.push(`${['kill', 'pause', 'restart redis', 'pause redis', 'long pause'][kind]} ${node}`);
    if (kind === 0) await cluster.restartNode(node);
    if (kind === 1) await cluster.pause(cluster.nodes.get(node).pid, 500 + 2_000 * chance());
    if (kind === 2) await cluster.restartRedis();
    if (kind === 3) await cluster.pause(cluster.redis.pid, 500 + 3_000 * chance());
    if (kind === 4 && chance() < 0.3) await cluster.pause(cluster.nodes.get(node).pid, 13_000);
  }
  await Promise.all(running);
  const acked = people.flatMap(({ acked }) => acked);
  const all = NODES.map((node) => cluster.nodes.get(node));
  // Messages under way arrive, and every node is whole.
  await sleep(12_000);
  people.forEach(({ manager }) => manager?._close());
  await Promise.all(all.map(({ stop }) => stop('SIGTERM')));
  cluster.redis.kill('SIGKILL');
  const files = NODES.map((node) => cluster.history(node));
  const label = `seed ${SEED}: ${faults.join(', ')}`;
  const lines = files.map((file) => file.map(({ id, from, text }) => `${id} ${from} ${text}`));
  assert.deepEqual(lines[1], lines[0], `files of a and b; ${label}`);
  assert.deepEqual(lines[2], lines[0], `files of a and c; ${label}`);
  const byText = new Map();
  for (const { id, text } of files[0]) {
    assert.ok(!byText.has(text), `${text} is there twice; ${label}`);
    byText.set(text, id);
  }
  for (const { id, text } of acked) assert.equal(byText.get(text), id, `${text}; ${label}`);
  for (const { name, seen } of people) {
    for (let at = 1; at < seen.length; at += 1) {
      assert.ok(seen[at - 1].id < seen[at].id, `${name} sees one order, nothing twice; ${label}`);
    }
    for (const { id, text } of seen) assert.equal(byText.get(text), id, `${name}: ${text}; ${label}`);
  }
  console.log(`# ${acked.length} posts acknowledged, ${files[0].length} in each file; ${label}`);
  assert.ok(acked.length > SECONDS, `people could post; ${label}`);
  fs.rmSync(cluster.folder, { recursive: true, force: true });
});
