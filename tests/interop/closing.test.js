'use strict';
// The end of a connection for every client, here and at the reference server: each cell of the
// tables in docs/closing.md.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const {
  connected, managerOf, sleep, socketOf, startChat, startConformance, startReference, until, within,
} = require('./harness');
const { connectPlain } = require('./streams');

const VERSIONS = ['2.5.0', '3.1.3', '4.8.4'];
const CARRIERS = ['polling', 'websocket'];
const LIMIT = { timeout: 60_000 };
/** Events that are sent right before the end. */
const LAST_EVENTS = 40;
/** Time in which a client that comes back by itself has done so. */
const BACK_MS = 1500;

/** The cells of a section of the document: the row of each client, by column. */
function section(title) {
  const file = path.join(__dirname, '..', '..', 'docs', 'closing.md');
  const text = fs.readFileSync(file, 'utf8').split('\n## ').find((it) => it.startsWith(title));
  assert.ok(text, `docs/closing.md has no section ${title}`);
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  const cells = (line) => line.split('|').slice(1, -1).map((cell) => cell.trim());
  const [, ...columns] = cells(rows[0]);
  return new Map(rows.slice(1).map(cells).map(([client, ...told]) => [
    client.replaceAll('`', ''),
    Object.fromEntries(columns.map((column, at) => [column, told[at]])),
  ]));
}

/** A client that comes back by itself if its library does so. */
async function client(version, url, transport, namespace, options = {}) {
  const manager = managerOf(version, url, {
    transports: [transport], reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100,
  });
  const socket = socketOf(manager, namespace, options);
  // Early events are not missed.
  [socket.welcome, socket.bye] = ['welcome', 'bye'].map((event) => new Promise((resolve) => {
    socket.once(event, resolve);
  }));
  await connected(socket);
  return socket;
}

/** The reason that the program is told, whether it has all events, and whether it comes back. */
async function outcome(socket, { events, isBackUp } = {}) {
  const got = { count: 0 };
  socket.on('burst', () => (got.count += 1));
  socket.on('message', () => (got.count += 1));
  const [reason] = await socket.next('disconnect');
  const before = got.count;
  await isBackUp;
  const back = until('the client is back', () => socket.connected, BACK_MS);
  const isBack = await back.then(() => true, () => false);
  const manager = socket.io;
  manager.reconnection(false);
  socket.disconnect();
  manager.engine?.close();
  const lost = events && before < events ? `${before === 0 ? 'none' : 'some'} of the events, ` : '';
  return `${lost}\`${reason}\`, ${isBack ? 'comes back' : 'stays away'}`;
}

/** Runs all cells of a section at once: `here` and `there` start a server and return its cell. */
function check(title, { here, there }) {
  test(title, LIMIT, async () => {
    const expected = section(title);
    const servers = Object.entries({ here, reference: there }).filter(([, it]) => it);
    const told = await Promise.all(servers.map(async ([name, begin]) => {
      const { run, stop } = await begin();
      const cells = VERSIONS.flatMap((version) => CARRIERS.map(async (transport) => {
        const column = `${transport === 'polling' ? 'polling' : 'WebSocket'}, ${name}`;
        return [`socket.io-client ${version}`, column, await run(version, transport)];
      }));
      const all = await Promise.all(cells);
      await stop();
      return all;
    }));
    const all = told.flat();
    for (const [row, column, cell] of all) {
      // Some cells are a matter of chance at the reference server.
      const those = expected.get(row)?.[column]?.split(' or ');
      assert.ok(those?.includes(cell), `${row}, ${column}: ${cell}, not ${those}`);
    }
  });
}

/** A server for all cells, each of which does `run` with its socket. */
const shared = (begin, run, options = {}) => async () => {
  const server = await begin(options);
  return {
    run: async (version, transport) => {
      const socket = await client(version, server.url, transport, '/extra');
      const ended = outcome(socket, { events: run.events });
      await run(socket, server);
      return ended;
    },
    stop: () => server.stop(),
  };
};

const both = (run, options) => ({
  here: shared(startConformance, run, options),
  there: shared(startReference, run, options),
});

check('The client disconnects', both((socket) => socket.disconnect()));
check('The server disconnects the namespace', both((socket) => socket.emit('send-away')));

const closes = (socket) => socket.emit('burst-and-close', LAST_EVENTS, 0);
closes.events = LAST_EVENTS;
check('The server closes', both(closes));

check('A client ends its token', {
  here: async () => {
    const server = await startChat();
    return {
      run: async (version, transport) => {
        // Clients of version 2 say who they are in the query.
        const is2 = version.startsWith('2.');
        const who = (token) => (is2 ? { query: { token } } : { auth: { token } });
        const first = await client(version, server.url, transport, '/chat', who(''));
        await within(first.welcome, 'welcome');
        const ended = outcome(first);
        first.emit('forget', {});
        assert.equal((await within(first.bye, 'bye')).reason, 'forgotten');
        return ended;
      },
      stop: () => server.stop(),
    };
  },
});

/** The client's heartbeats go nowhere. */
function mute(socket) {
  const { engine } = socket.io;
  // Version 2 asks, and gives up by itself without an answer; the others answer.
  clearTimeout(engine.pingIntervalTimer);
  if (engine.ping) clearTimeout(engine.pingTimeoutTimer);
  const name = engine._sendPacket ? '_sendPacket' : 'sendPacket';
  const send = engine[name];
  engine[name] = (type, ...rest) => {
    if (type !== 'pong') send.call(engine, type, ...rest);
  };
}
check('The client is not heard of', both(mute, { pingInterval: 500, pingTimeout: 300 }));

/** The client reads nothing more for a while. */
async function doze(socket) {
  const { transport } = socket.io.engine;
  socket.emit('burst', 300, 30_000);
  if (transport.name === 'websocket') {
    transport.ws._socket.pause();
    await sleep(1500);
    transport.ws._socket.resume();
  } else {
    const name = transport._poll ? '_poll' : 'poll';
    const poll = transport[name];
    let isOwed = false;
    transport[name] = () => (isOwed = true);
    // A poll that was under way may have been too late.
    await until('a poll, or the end', () => isOwed || !socket.connected);
    await sleep(1500);
    transport[name] = poll;
    poll.call(transport);
  }
}
check('The client does not read', {
  here: shared(startConformance, doze, { 'max-queue': 65_536 }),
});

check('The client sends too much', both((socket) => socket.emit('message', 'x'.repeat(1_100_000))));

/** Ends a server and starts it again when all have come. */
const restarted = (begin, namespace, prepare) => async () => {
  const first = await begin({});
  let second;
  let here = 0;
  const run = async (version, transport) => {
    const socket = await client(version, first.url, transport, namespace);
    const isBackUp = (async () => {
      here += 1;
      await until('all', () => here === VERSIONS.length * CARRIERS.length);
      // One of them does the work for all.
      second ??= (async () => {
        await prepare(first);
        await first.stop('SIGTERM');
        return begin({ port: Number(new URL(first.url).port) });
      })();
      await second;
    })();
    let isTold = false;
    socket.on('bye', () => (isTold = true));
    const told = await outcome(socket, { events: LAST_EVENTS, isBackUp });
    return isTold ? told : `no \`bye\`, ${told}`;
  };
  return { run, stop: async () => (await second).stop() };
};

check('The server is told to stop (SIGTERM)', {
  here: restarted(
    ({ port }) => startChat(port ? { http: `127.0.0.1:${port}` } : {}),
    '/chat',
    async ({ lines }) => {
      const speaker = connectPlain(lines, '127.0.0.1');
      let heard = '';
      speaker.on('data', (data) => (heard += data));
      for (let number = 0; number < LAST_EVENTS; number += 1) speaker.write(`${number}\n`);
      speaker.write('/sync-mark\n');
      await until('the lines', () => heard.includes('sync-mark'));
    },
  ),
  there: restarted((options) => startReference(options), '/extra', async () => {}),
});
