'use strict';
// A Redis, and servers that are one chat by it.

const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { startChat, until } = require('./harness');

/** A Redis of its own with these nodes, each of which is started with the same flags. */
async function startNodes(names, flags = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cluster-'));
  const socket = path.join(folder, 'redis');
  const redis = spawn('redis-server', [
    '--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '', '--appendonly', 'yes',
  ], { stdio: 'ignore' });
  process.on('exit', () => redis.kill('SIGKILL'));
  await until('Redis', () => fs.existsSync(socket));
  const nodes = new Map();

  /** Starts a node, at its earlier addresses if it had any. */
  async function start(name) {
    const before = nodes.get(name);
    const addresses = before && { http: new URL(before.url).host, bind: `127.0.0.1:${before.lines}` };
    const node = await startChat({
      redis: `redis+unix://${socket}`, node: name, db: path.join(folder, `${name}.db`), log: 'info',
      ...flags, ...addresses,
    });
    nodes.set(name, node);
    await until(`node ${name} is whole`, () => node.said.text.includes('node is whole'));
    return node;
  }

  /** All messages of rooms in a node's file. */
  function exported(name) {
    const program = path.join(process.env.INTEROP_RELEASE, 'mio-chat');
    const db = path.join(folder, `${name}.db`);
    return execFileSync(program, ['export', '--db', db], { encoding: 'utf8' });
  }

  async function stop() {
    await Promise.all([...nodes.values()].map((node) => node.stop('SIGTERM').catch(() => {})));
    redis.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  }

  for (const name of names) await start(name);
  return { node: (name) => nodes.get(name), start, exported, stop, folder };
}

module.exports = { startNodes };
