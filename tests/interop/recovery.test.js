'use strict';
// The stock client comes back after its connection has broken.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const {
  TRANSPORTS, ask, connected, managerOf, socketOf, startConformance, until, upgraded, within,
} = require('./harness');

const LIMIT = { timeout: 60_000 };
const VERSION = '4.8.4';
const BYTES = Buffer.from([1, 2, 255]);

let server;
before(async () => {
  server = await startConformance({ recovery: 60_000 });
});
after(() => server.stop());

/** A client in the namespace of rooms that does not ask for recovery, with its events. */
async function plain() {
  const socket = socketOf(managerOf(VERSION, server.url, { transports: ['websocket'] }), '/rooms');
  socket.got = [];
  socket.onAny((event, ...args) => socket.got.push([event, ...args]));
  await connected(socket);
  return socket;
}

/** A client that comes back by itself, as its users would write it. */
async function asking(transports) {
  const delays = { reconnectionDelay: 200, reconnectionDelayMax: 200 };
  const options = { transports, reconnection: true, ...delays };
  const manager = managerOf(VERSION, server.url, options);
  const socket = socketOf(manager, '/rooms', { auth: { recover: true } });
  socket.got = [];
  socket.onAny((event, ...args) => {
    // The last argument is the offset.
    assert.equal(typeof args.at(-1), 'string');
    socket.got.push([event, ...args.slice(0, -1)]);
  });
  await connected(socket);
  if (transports.length > 1) await upgraded(manager);
  return socket;
}

/** Resolves when the socket has lost its connection. */
function lost(socket) {
  return within(new Promise((resolve) => socket.once('disconnect', resolve)), 'the loss');
}

/** How a connection breaks. */
const BREAKS = {
  'the engine closes': (socket) => socket.io.engine.close(),
  'its WebSocket is cut': (socket) => socket.io.engine.transport.ws.terminate(),
};

for (const [transport, transports] of Object.entries(TRANSPORTS)) {
  for (const [what, breaks] of Object.entries(BREAKS)) {
    if (transport === 'polling' && what.includes('WebSocket')) continue;
    test(`client ${VERSION}, ${transport}: comes back when ${what}`, LIMIT, async () => {
      const speaker = await plain();
      const socket = await asking(transports);
      const room = `room of ${socket.id}`;
      try {
        assert.equal(socket.recovered, false);
        const { id } = socket;
        assert.deepEqual(await ask(socket, 'join', room), []);
        assert.deepEqual(await ask(socket, 'keep', 'cake'), []);
        const expected = [];
        const say = (...args) => {
          speaker.emit('say', room, ...args);
          expected.push(['said', room, ...args]);
        };
        for (let round = 0; round < 3; round += 1) {
          for (let number = 0; number < 20; number += 1) {
            // In the middle of the talk, so that some events may be on their way.
            say(round, number, number % 2 ? BYTES : { text: 'ü🦀' });
            if (number === 10) breaks(socket);
          }
          if (socket.connected) await lost(socket);
          say(round, 'meanwhile');
          speaker.emit('say', `not ${room}`, 'unheard');
          await ask(speaker, 'join', 'sync');
          await connected(socket);
          if (transports.length > 1) await upgraded(socket.io);
          assert.equal(socket.recovered, true);
          assert.equal(socket.id, id);
          expected.push(['recovered', 'cake', [room]]);
          say(round, 'new');
          await until('all of it', () => socket.got.length >= expected.length);
        }
        assert.deepEqual(socket.got, expected);
        assert.deepEqual(speaker.got, []);
      } finally {
        socket.disconnect();
        speaker.disconnect();
      }
    });
  }
}

test(`client ${VERSION}: comes back without ever having got an event`, LIMIT, async () => {
  const speaker = await plain();
  const socket = await asking(['websocket']);
  try {
    const { id } = socket;
    await ask(socket, 'join', 'quiet');
    socket.io.engine.close();
    speaker.emit('say', 'quiet', 1);
    await connected(socket);
    assert.deepEqual([socket.recovered, socket.id], [true, id]);
    await until('both', () => socket.got.length >= 2);
    assert.deepEqual(socket.got, [['said', 'quiet', 1], ['recovered', '', ['quiet']]]);
  } finally {
    socket.disconnect();
    speaker.disconnect();
  }
});

test(`client ${VERSION}: begins anew after it has left`, LIMIT, async () => {
  const socket = await asking(['websocket']);
  try {
    const { id } = socket;
    await ask(socket, 'join', 'left');
    socket.emit('whisper', 1);
    await until('an event', () => socket.got.length === 1);
    socket.disconnect();
    socket.connect();
    await connected(socket);
    assert.equal(socket.recovered, false);
    assert.notEqual(socket.id, id);
  } finally {
    socket.disconnect();
  }
});
