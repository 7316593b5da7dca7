'use strict';
// The programs under test, the clients, and waiting with a deadline.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The folder with the release build of the programs. */
const RELEASE = process.env.INTEROP_RELEASE;

const VERSIONS = ['2.3.0', '2.5.0', '3.1.3', '4.8.4'];
const TRANSPORTS = {
  polling: ['polling'],
  websocket: ['websocket'],
  upgrade: ['polling', 'websocket'],
};
const WAIT_MS = 15_000;
/** Events that are kept from the beginning. */
const EXPECTED =
  ['auth', 'connect', 'disconnect', 'message', 'message-back', 'response', 'typing'];

const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** The result of `promise`, unless it takes too long. */
function within(promise, what, ms = WAIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`in ${ms} ms never came: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again and again until the answer is true. */
async function until(what, isSo, ms = WAIT_MS) {
  const end = Date.now() + ms;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`in ${ms} ms never came: ${what}`);
    await sleep(5);
  }
}

/** Starts a program of ours; it is up once its standard error matches `isUp`. */
function start(program, args, isUp) {
  return startAny(path.join(RELEASE, program), args, isUp);
}

/** Starts any program; it is up once its standard error matches `isUp`. */
async function startAny(program, args, isUp) {
  const stdio = ['ignore', 'ignore', 'pipe'];
  const child = spawn(program, args, { stdio });
  children.add(child);
  const ended = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('exit', (code, signal) => {
      children.delete(child);
      resolve(signal ?? code);
    });
  });
  const said = { text: '' };
  const up = new Promise((resolve, reject) => {
    child.stderr.on('data', (data) => {
      said.text += data;
      if (isUp.test(said.text)) resolve();
    });
    ended.then((how) => reject(new Error(`${program} ended with ${how}: ${said.text}`)));
  });
  await within(up, `${program} is up`);
  const stop = async (signal = 'SIGKILL') => {
    child.kill(signal);
    return within(ended, `${program} has ended`);
  };
  return { said, stop, pid: child.pid };
}

/** The server that sends everything back. Its heartbeats are rare unless asked for. */
async function startConformance(options = {}) {
  const { port = 0, pingInterval = 60_000, pingTimeout = 60_000, ...more } = options;
  const flags = { port, 'ping-interval': pingInterval, 'ping-timeout': pingTimeout, ...more };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const server = await start('examples/conformance', args, /http:\S+\n/);
  const url = /http:\S+/.exec(server.said.text)[0];
  return { ...server, url, port: Number(new URL(url).port) };
}

/** The reference server. Its heartbeats are rare unless asked for. */
async function startReference({ port = 0, pingInterval = 60_000, pingTimeout = 60_000 } = {}) {
  const flags = { port, 'ping-interval': pingInterval, 'ping-timeout': pingTimeout };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const file = path.join(__dirname, 'reference.js');
  const server = await startAny(process.execPath, [file, ...args], /http:\S+\n/);
  return { ...server, url: /http:\S+/.exec(server.said.text)[0] };
}

/** A reference server of a cluster, which has the Redis at this socket. */
async function startClusterReference({ cluster, recovery }) {
  const file = path.join(__dirname, 'cluster-reference.js');
  const args = [file, `--cluster=${cluster.replace('redis+unix://', '')}`, `--recovery=${recovery}`];
  const server = await startAny(process.execPath, args, /http:\S+\n/);
  return { ...server, url: /http:\S+/.exec(server.said.text)[0] };
}

/** The chat, with a port of its own at both doors and, by default, no history. */
async function startChat(options = {}) {
  const flags = { bind: '127.0.0.1:0', http: '127.0.0.1:0', db: 'none', log: 'off', rate: 0, ...options };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const server = await start('mio-chat', args, /open to .*\n/);
  const lines = Number(/nc 127\.0\.0\.1 (\d+)/.exec(server.said.text)[1]);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(server.said.text)[0];
  return { ...server, lines, url };
}

/** The module of one version of the client. */
function clientOf(version) {
  return require(`socket.io-client-${version}`);
}

/** The file of one version of the client that a page loads. */
function pageScriptOf(version) {
  const folder = path.dirname(require.resolve(`socket.io-client-${version}/package.json`));
  return fs.readFileSync(path.join(folder, 'dist', 'socket.io.js'));
}

/** One connection with a socket for each namespace, after the upgrade if there is one. */
async function connect(version, url, options = {}) {
  const { namespaces = ['/'], transports = TRANSPORTS.upgrade, ...rest } = options;
  const manager = managerOf(version, url, { transports, ...rest });
  const sockets = namespaces.map((name) => socketOf(manager, name));
  await Promise.all(sockets.map(connected));
  if (transports.length > 1 && !options.isUpgrading) await upgraded(manager);
  return sockets;
}

function managerOf(version, url, options) {
  const { Manager } = clientOf(version);
  return new Manager(url, {
    autoConnect: false, reconnection: false, timeout: WAIT_MS, ...options,
  });
}

/** A socket that remembers its events, so that a late listener misses nothing. */
function socketOf(manager, name, options) {
  const socket = manager.socket(name, options);
  const came = new Map();
  const take = (event) => {
    if (!came.has(event)) {
      const queue = [];
      came.set(event, queue);
      socket.on(event, (...args) => queue.push(args));
    }
    return came.get(event);
  };
  EXPECTED.forEach(take);
  /** The arguments of the next `event`. */
  socket.next = async (event) => {
    const queue = take(event);
    await until(`${event} in ${name}`, () => queue.length > 0);
    return queue.shift();
  };
  socket.connect();
  return socket;
}

async function connected(socket) {
  const refused = new Promise((_, reject) => {
    for (const event of ['connect_error', 'error']) {
      socket.once(event, (error) => {
        reject(new Error(`refused: ${error?.message ?? JSON.stringify(error)}`));
      });
    }
  });
  refused.catch(() => {});
  await Promise.race([socket.next('connect'), refused]);
}

async function upgraded(manager) {
  await until('the upgrade', () => manager.engine.transport.name === 'websocket');
}

/** The answer to an event. */
function ask(socket, ...args) {
  const answer = new Promise((resolve) => {
    socket.emit(...args, (...answered) => resolve(answered));
  });
  return within(answer, `the answer to ${args[0]}`);
}

module.exports = {
  TRANSPORTS, VERSIONS, ask, clientOf, connect, connected, managerOf, pageScriptOf, sleep,
  socketOf, startChat, startClusterReference, startConformance, startReference, until, upgraded, within,
};
