'use strict';
// Three servers that are one chat, while servers, Redis and the ways between them fail by chance. Every
// post that was acknowledged is in every file, once, everybody has seen one order, nobody at a server
// that runs is disconnected, and no name ever had two bearers. On the way from a node to Redis
// connections are cut, and one direction or both stand still.
//
// FAULTS_SECONDS and FAULTS_SEED choose how long and which faults.

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Line, Page } = require('./faults-people');
const { Way } = require('./faults-way');
const { sleep, startChat } = require('./harness');

const SECONDS = Number(process.env.FAULTS_SECONDS ?? 60);
const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
const NODES = ['a', 'b', 'c'];

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
    this.ways = new Map();
  }

  /** Starts a node that reaches Redis by a way of its own. */
  async addNode(node) {
    const way = new Way(path.join(this.folder, `${node}.way`), this.socket);
    await way.ready;
    this.ways.set(node, way);
    await this.startNode(node);
  }

  startRedis() {
    fs.rmSync(this.socket, { force: true });
    const flags = ['--port', '0', '--unixsocket', this.socket, '--dir', this.folder];
    const data = ['--save', '', '--appendonly', 'yes'];
    this.redis = spawn('redis-server', [...flags, ...data], { stdio: 'ignore' });
  }

  async startNode(node, ports = {}) {
    const db = path.join(this.folder, `${node}.db`);
    const redis = `redis+unix://${this.ways.get(node).path}`;
    const started = await startChat({ redis, node, db, log: 'info', 'per-address': 1000, ...ports });
    this.nodes.set(node, { ...started, run: (this.nodes.get(node)?.run ?? 0) + 1 });
  }

  async restartNode(node) {
    const { stop, url, lines } = this.nodes.get(node);
    this.nodes.get(node).run += 1;
    // Nobody can stay who comes before the next run.
    this.nodes.get(node).isDown = true;
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

  async part(node, directions, ms) {
    this.ways.get(node).hold(directions);
    await sleep(ms);
    this.ways.get(node).release();
  }

  /** All entries of the stream. */
  stream() {
    const command = ['-s', this.socket, '--json', 'XRANGE', '{mio-chat}:facts', '-', '+'];
    return JSON.parse(execFileSync('redis-cli', command, { encoding: 'utf8', maxBuffer: 1 << 28 }));
  }

  history(node) {
    const program = path.join(process.env.INTEROP_RELEASE, 'mio-chat');
    const db = path.join(this.folder, `${node}.db`);
    const flags = ['export', '--db', db, '--format', 'jsonl'];
    const text = execFileSync(program, flags, { encoding: 'utf8', maxBuffer: 1 << 28 });
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }
}

/**
 * Checks that no name ever had two bearers, and that nobody spoke under a name that was never theirs. A
 * person with a token may have several devices.
 */
function checkNames(entries, label) {
  const bearers = new Map();
  const persons = new Map();
  const nicks = new Map();
  const drop = (person) => {
    if (bearers.get(nicks.get(person)) === person) bearers.delete(nicks.get(person));
    nicks.delete(person);
  };
  const go = (visit) => {
    const person = persons.get(visit);
    persons.delete(visit);
    if (![...persons.values()].includes(person)) drop(person);
  };
  const had = new Set();
  const bear = (person, nick, id) => {
    drop(person);
    assert.ok(!bearers.has(nick), `${nick} has two bearers at ${id}; ${label}`);
    bearers.set(nick, person);
    nicks.set(person, nick);
    had.add(`${person} ${nick}`);
  };
  for (const [id, words] of entries) {
    const field = (name) => words[words.findIndex((word, at) => at % 2 === 0 && word === name) + 1];
    if (words.includes('o')) {
      const own = [...persons.keys()].filter((visit) => visit.startsWith(`${field('n')}/`));
      own.forEach(go);
    }
    if (!words.includes('f')) continue;
    const [[kind, fact]] = Object.entries(JSON.parse(field('f')).fact);
    if (kind === 'entered') {
      go(fact.by);
      persons.set(fact.by, fact.door.chat?.record?.id ?? fact.by);
      bear(persons.get(fact.by), fact.nick, id);
    }
    if (kind === 'renamed') bear(persons.get(fact.by), fact.new, id);
    if (kind === 'departed') go(fact.by);
    if (kind === 'said') {
      const isTheirs = had.has(`${persons.get(fact.by)} ${fact.nick}`);
      assert.ok(isTheirs, `${id} is said by its bearer; ${label}`);
    }
  }
}

/** Checks the files, and what people saw, against each other. */
function checkHistory(files, pages, netcats, label) {
  const lines = files.map((file) => file.map(({ id, from, text }) => `${id} ${from} ${text}`));
  assert.deepEqual(lines[1], lines[0], `files of a and b; ${label}`);
  assert.deepEqual(lines[2], lines[0], `files of a and c; ${label}`);
  const byText = new Map();
  for (const { id, text } of files[0]) {
    assert.ok(!byText.has(text), `${text} is there twice; ${label}`);
    byText.set(text, id);
  }
  const inOrder = (name, ids) => {
    for (let at = 1; at < ids.length; at += 1) {
      assert.ok(ids[at - 1] < ids[at], `${name} sees one order, nothing twice; ${label}`);
    }
  };
  for (const { name, acked, seen } of pages) {
    for (const { id, text } of [...acked, ...seen]) {
      assert.equal(byText.get(text), id, `${name}: ${text}; ${label}`);
    }
    inOrder(name, seen.map(({ id }) => id));
  }
  for (const { name, hearings } of netcats) {
    for (const hearing of hearings) {
      for (const text of hearing) assert.ok(byText.has(text), `${name} hears ${text}; ${label}`);
      const ids = hearing.map((text) => byText.get(text));
      inOrder(name, ids);
      // Somebody who stays hears all that others say.
      const [first, last] = [ids[0], ids.at(-1)];
      const missed = files[0].filter(({ id, text }) =>
        id > first && id < last && !text.startsWith(`${name} `) && !hearing.includes(text));
      assert.deepEqual(missed, [], `${name} misses nothing; ${label}`);
    }
  }
  return files[0].length;
}

/** The kinds of faults: `ms` is about how long one lasts. */
const FAULTS = {
  'kill node': ({ cluster, node }) => cluster.restartNode(node),
  'pause node': ({ cluster, node, ms }) => cluster.pause(cluster.nodes.get(node).pid, ms),
  'pause node for long': async ({ cluster, node, chance }) => {
    if (chance() < 0.3) await cluster.pause(cluster.nodes.get(node).pid, 13_000);
  },
  'restart redis': ({ cluster }) => cluster.restartRedis(),
  'pause redis': ({ cluster, ms }) => cluster.pause(cluster.redis.pid, ms),
  cut: ({ cluster, node }) => cluster.ways.get(node).cut(),
  'redis does not hear node': ({ cluster, node, ms }) => cluster.part(node, ['redis'], 2 * ms),
  'node does not hear redis': ({ cluster, node, ms }) => cluster.part(node, ['node'], 2 * ms),
  'part node': ({ cluster, node, ms }) => cluster.part(node, ['redis', 'node'], 2 * ms),
  'part node for long': async ({ cluster, node, chance }) => {
    if (chance() < 0.3) await cluster.part(node, ['redis'], 14_000);
  },
};

test(`nothing acknowledged is lost or doubled; seed ${SEED}, ${SECONDS} s`, {
  timeout: (SECONDS + 180) * 1000,
}, async () => {
  const cluster = new Cluster();
  const chance = random(SEED);
  cluster.startRedis();
  for (const node of NODES) await cluster.addNode(node);
  const end = Date.now() + SECONDS * 1000;
  const isOver = () => Date.now() > end;
  const clients = [
    { version: '4.8.4', transports: ['websocket'] },
    { version: '3.1.3', transports: ['polling', 'websocket'] },
  ];
  const pages = NODES.flatMap((node) => clients.map((client, number) =>
    new Page(cluster, `${node}${number}-x`, node, client)));
  const netcats = NODES.flatMap((node) => [0, 1].map((number) =>
    new Line(cluster, `${node}${number}-line`, node)));
  const people = [...pages, ...netcats];
  const running = people.map((person, at) => person.run(random(SEED + at), NODES, isOver));
  const faults = [];
  while (Date.now() < end - 15_000) {
    await sleep(1_000 + 3_000 * chance());
    const node = NODES[Math.floor(chance() * NODES.length)];
    const kind = Object.keys(FAULTS)[Math.floor(chance() * Object.keys(FAULTS).length)];
    faults.push(`${kind} ${node}`);
    await FAULTS[kind]({ cluster, node, chance, ms: 500 + 2_500 * chance() });
  }
  await Promise.all(running);
  // All that is under way arrives, and every node is whole.
  await sleep(12_000);
  const label = `seed ${SEED}: ${faults.join(', ')}`;
  assert.deepEqual(netcats.flatMap(({ ends }) => ends), [], `nobody is disconnected; ${label}`);
  people.forEach((person) => person.close());
  await Promise.all([...cluster.nodes.values()].map(({ stop }) => stop('SIGTERM')));
  checkNames(cluster.stream(), label);
  cluster.redis.kill('SIGKILL');
  cluster.ways.forEach((way) => way.close());
  const said = checkHistory(NODES.map((node) => cluster.history(node)), pages, netcats, label);
  const acked = pages.flatMap((page) => page.acked).length;
  const heard = netcats.flatMap(({ hearings }) => hearings.flat()).length;
  const seen = pages.flatMap((page) => page.seen).length;
  const sums = [`${acked} posts acknowledged`, `${said} messages in each file`,
    `${seen} seen by pages`, `${heard} heard by netcats`];
  console.log(`# ${sums.join(', ')}; ${label}`);
  assert.ok(acked > SECONDS, `people could post; ${label}`);
  fs.rmSync(cluster.folder, { recursive: true, force: true });
});
