'use strict';
// Every client, over every transport, against the server that says everything back.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const {
  TRANSPORTS, VERSIONS, ask, connect, connected, managerOf, sleep, socketOf, startConformance,
  until, upgraded, within,
} = require('./harness');

const LIMIT = { timeout: 60_000 };
const MANY = 10_000;
const TEXTS = [
  '', 'plain', 'ünïcödé', 'приве́т', '漢字かな', '🙂', '👩‍👩‍👧‍👦🏳️‍🌈',
  'e\u0301', '\u0000\u0001\u001e\u007f', 'a\\nb\nc\r\n"quoted"', '\u2028\u2029', '\u{10ffff}',
  '<b>&amp;</b>', '0:1', '51-["x"]',
];

let server;
before(async () => {
  server = await startConformance();
});
after(() => server.stop());

function bytes(length, first = 0) {
  return Buffer.from(Array.from({ length }, (_, at) => (first + at) % 256));
}

/** A value with all its bytes in one kind of value, because clients give different kinds. */
function plainBytes(value) {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(plainBytes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, plainBytes(it)]));
}

/** The server's refusal of `name`. */
async function refusal(manager, version, name) {
  const socket = socketOf(manager, name);
  const [error] = await socket.next(version.startsWith('2.') ? 'error' : 'connect_error');
  assert.equal(socket.connected, false);
  return error;
}

for (const version of VERSIONS) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    const is2 = version.startsWith('2.');

    /** A test of this client over this transport; `run` gets sockets that are open. */
    const check = (what, options, run) => {
      test(`client ${version}, ${transport}: ${what}`, LIMIT, async () => {
        const sockets = await connect(version, server.url, { transports, ...options });
        try {
          await run(...sockets);
        } finally {
          sockets[0].io.engine.close();
        }
      });
    };

    check('connects', {}, async (socket) => {
      assert.deepEqual(await socket.next('auth'), [{}]);
      const now = transport === 'polling' ? 'polling' : 'websocket';
      assert.equal(socket.io.engine.transport.name, now);
      assert.ok(socket.id.length >= 20);
    });

    test(`client ${version}, ${transport}: says who it is`, LIMIT, async () => {
      const manager = managerOf(version, server.url, { transports });
      const token = { token: 'a b' };
      // Version 2 has nothing but the query of a namespace.
      const socket = socketOf(manager, '/custom', is2 ? { query: token } : { auth: token });
      await connected(socket);
      assert.deepEqual(await socket.next('auth'), [token]);
      manager.engine.close();
    });

    check('is told that a namespace is not there', {}, async (socket) => {
      const error = await refusal(socket.io, version, '/nowhere');
      assert.equal(error.message, 'Invalid namespace');
      // The others go on.
      assert.deepEqual(await ask(socket, 'message-with-ack', 1), [1]);
    });

    const made = { namespaces: ['/', '/room-7', '/room-8'] };
    check('asks for namespaces that are made for it', made, async (root, seven, eight) => {
      assert.deepEqual(await ask(seven, 'message-with-ack', 7), [7]);
      assert.deepEqual(await ask(eight, 'message-with-ack', 8), [8]);
      const error = await refusal(root.io, version, '/room-many');
      assert.equal(error.message, 'Invalid namespace');
      // It comes back to one that may have gone in between.
      seven.disconnect();
      assert.deepEqual(await ask(root, 'message-with-ack', 1), [1]);
      seven.connect();
      assert.deepEqual(await ask(seven, 'message-with-ack', 7), [7]);
    });

    check('is told why the application does not let it in', {}, async (socket) => {
      const error = await refusal(socket.io, version, '/refuse');
      const data = { code: 7, why: ['full', 'late'] };
      if (is2) {
        assert.deepEqual(error, data);
      } else {
        assert.equal(error.message, 'not today');
        assert.deepEqual(error.data, data);
      }
      assert.deepEqual(await ask(socket, 'message-with-ack', 1), [1]);
    });

    const both = { namespaces: ['/', '/custom'] };
    check('has two namespaces on one connection', both, async (root, custom) => {
      assert.equal(root.io.engine, custom.io.engine);
      root.emit('message', 'to the root');
      custom.emit('message', 'to the other');
      assert.deepEqual(await custom.next('message-back'), ['to the other']);
      assert.deepEqual(await root.next('message-back'), ['to the root']);
      custom.disconnect();
      assert.deepEqual(await ask(root, 'message-with-ack', 'still here'), ['still here']);
      custom.connect();
      await connected(custom);
      assert.deepEqual(await ask(custom, 'message-with-ack', 'again'), ['again']);
    });

    check('answers and is answered', {}, async (socket) => {
      assert.deepEqual(await ask(socket, 'message-with-ack'), []);
      const args = [1, 'two', { three: [3, null, true] }, -4.5];
      assert.deepEqual(await ask(socket, 'message-with-ack', ...args), args);
      const asked = within(new Promise((resolve) => {
        socket.once('emit-with-ack', (...got) => {
          const answer = got.pop();
          const last = socket.next('emit-with-ack');
          answer('answer', { of: 'client' });
          resolve([got, last]);
        });
      }), 'the question of the server');
      socket.emit('emit-with-ack', 'question', 5);
      const [got, last] = await asked;
      assert.deepEqual(got, ['question', 5]);
      assert.deepEqual(await last, ['answer', { of: 'client' }]);
    });

    check('sends bytes and gets them', {}, async (socket) => {
      const all = [
        [bytes(0)],
        [bytes(300)],
        ['between', bytes(3, 1), 'texts'],
        [{ deep: [{ in: bytes(5, 250) }, bytes(1, 4)], and: { more: bytes(2, 8) } }, bytes(7)],
        Array.from({ length: 10 }, (_, at) => bytes(at + 1, at)),
      ];
      for (const args of all) {
        socket.emit('message', ...args);
        assert.deepEqual(plainBytes(await socket.next('message-back')), args);
        assert.deepEqual(plainBytes(await ask(socket, 'message-with-ack', ...args)), args);
      }
      socket.once('emit-with-ack', (got, answer) => {
        answer({ got, more: bytes(4, 100) });
      });
      const [back] = await new Promise((resolve) => {
        // The first is the question; its answer comes back as the second.
        socket.on('emit-with-ack', (...args) => {
          if (args.length === 1) resolve(args);
        });
        socket.emit('emit-with-ack', bytes(9));
      });
      assert.deepEqual(plainBytes(back), { got: bytes(9), more: bytes(4, 100) });
    });

    check('sends much at once', {}, async (socket) => {
      const text = 'x'.repeat(600_000);
      assert.deepEqual(await ask(socket, 'message-with-ack', text), [text]);
      const blob = bytes(600_000);
      assert.deepEqual(plainBytes(await ask(socket, 'message-with-ack', blob)), [blob]);
    });

    check('sends any text', {}, async (socket) => {
      for (const text of TEXTS) {
        const args = [text, { [text]: [text] }];
        assert.deepEqual(await ask(socket, 'message-with-ack', ...args), args);
      }
      TEXTS.forEach((text) => socket.emit('message', text));
      for (const text of TEXTS) assert.deepEqual(await socket.next('message-back'), [text]);
    });

    check(`gets ${MANY} messages back in order`, { isUpgrading: true }, async (socket) => {
      const got = [];
      socket.on('message-back', (number) => got.push(number));
      for (let number = 0; number < MANY; number += 1) socket.emit('message', number);
      await until('the last message', () => got.length >= MANY, 40_000);
      assert.deepEqual(got, Array.from({ length: MANY }, (_, number) => number));
      if (transport === 'upgrade') await upgraded(socket.io);
      assert.deepEqual(await ask(socket, 'message-with-ack', 'end'), ['end']);
    });

    check('gets a burst of the server', { namespaces: ['/extra'] }, async (socket) => {
      const got = [];
      socket.on('burst', (number) => got.push(number));
      socket.emit('burst', 1000);
      await until('the last of the burst', () => got.length >= 1000);
      assert.deepEqual(got, Array.from({ length: 1000 }, (_, number) => number));
    });

    check('goes and comes back', {}, async (socket) => {
      socket.disconnect();
      assert.deepEqual((await socket.next('disconnect'))[0], 'io client disconnect');
      // Version 2 loses its new connection if the old one ends later.
      const { engine } = socket.io;
      await until('the end', () => engine.readyState === 'closed');
      socket.connect();
      await connected(socket);
      assert.deepEqual(await ask(socket, 'message-with-ack', 2), [2]);
    });

    const extra = { namespaces: ['/', '/extra'] };
    check('is sent away', extra, async (root, away) => {
      away.emit('send-away');
      assert.deepEqual((await away.next('disconnect'))[0], 'io server disconnect');
      assert.deepEqual(await ask(root, 'message-with-ack', 'still here'), ['still here']);
    });

    test(`client ${version}, ${transport}: survives heartbeats`, LIMIT, async () => {
      const quick = await startConformance({ pingInterval: 100, pingTimeout: 5000 });
      const [socket] = await connect(version, quick.url, { transports });
      let isLost = false;
      socket.on('disconnect', () => (isLost = true));
      await sleep(600);
      assert.equal(isLost, false);
      assert.deepEqual(await ask(socket, 'message-with-ack', 3), [3]);
      socket.disconnect();
      await quick.stop();
    });

    test(`client ${version}, ${transport}: comes back to a new server`, LIMIT, async () => {
      const first = await startConformance();
      const [root, custom] = await connect(version, first.url, {
        namespaces: ['/', '/custom'],
        transports,
        reconnection: true,
        reconnectionDelay: 50,
        reconnectionDelayMax: 200,
      });
      await first.stop();
      await Promise.all([root.next('disconnect'), custom.next('disconnect')]);
      root.emit('message', 'kept while there is no server');
      const second = await startConformance({ port: first.port });
      await Promise.all([connected(root), connected(custom)]);
      assert.deepEqual(await root.next('message-back'), ['kept while there is no server']);
      assert.deepEqual(await ask(custom, 'message-with-ack', 4), [4]);
      if (transport === 'upgrade') await upgraded(root.io);
      assert.deepEqual(await ask(root, 'message-with-ack', 5), [5]);
      root.io.reconnection(false);
      root.disconnect();
      custom.disconnect();
      await second.stop();
    });
  }
}
