'use strict';
// The stock client with `socket.io-msgpack-parser`, which sends every packet as bytes.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const parser = require('socket.io-msgpack-parser');
const {
  TRANSPORTS, ask, connect, managerOf, socketOf, startConformance, within,
} = require('./harness');

const LIMIT = { timeout: 60_000 };
const VERSION = '4.8.4';
const BYTES = Buffer.from([0, 1, 254, 255]);
const VALUES = [
  1, -1.5e-7, 2 ** 40, 'text \u{1f600}"\n', [[], {}, [null, true]], { z: BYTES, a: [BYTES, 'b'] },
];

let server;
before(async () => {
  server = await startConformance({ 'message-pack': true });
});
after(() => server.stop());

for (const [transport, transports] of Object.entries(TRANSPORTS)) {
  test(`${transport}: events and answers, both ways, with bytes`, LIMIT, async () => {
    const namespaces = ['/', '/custom'];
    const sockets = await connect(VERSION, server.url, { namespaces, transports, parser });
    for (const socket of sockets) {
      assert.deepEqual(await socket.next('auth'), [{}]);
      socket.emit('message', ...VALUES);
      assert.deepEqual(await socket.next('message-back'), VALUES);
      assert.deepEqual(await ask(socket, 'message-with-ack', ...VALUES), VALUES);
      // The server asks, and sends the answer back in an event of the same name.
      const back = new Promise((resolve) => {
        socket.once('emit-with-ack', (...args) => {
          socket.once('emit-with-ack', (...answer) => resolve(answer));
          args.pop()(...args);
        });
      });
      socket.emit('emit-with-ack', ...VALUES);
      assert.deepEqual(await within(back, 'the answer to come back'), VALUES);
    }
    sockets[0].disconnect();
    assert.deepEqual(await ask(sockets[1], 'message-with-ack', 'still here'), ['still here']);
    sockets[1].disconnect();
  });
}

test('who is refused is told why, and who is sent away is too', LIMIT, async () => {
  const manager = managerOf(VERSION, server.url, { parser });
  const refused = manager.socket('/refuse');
  const why = new Promise((resolve) => refused.once('connect_error', resolve));
  refused.connect();
  const error = await within(why, 'the refusal');
  assert.deepEqual([error.message, error.data], ['not today', { code: 7, why: ['full', 'late'] }]);
  const away = socketOf(manager, '/extra');
  await away.next('connect');
  away.emit('send-away');
  assert.equal((await away.next('disconnect'))[0], 'io server disconnect');
  manager._close();
});

test('a packet in the usual form ends its session', LIMIT, async () => {
  const [socket] = await connect(VERSION, server.url, { parser });
  socket.io.engine.write('2["message"]');
  assert.equal((await socket.next('disconnect'))[0], 'transport close');
});

test('more attachments than a packet may have end the session', LIMIT, async () => {
  const [socket] = await connect(VERSION, server.url, { parser });
  socket.emit('message', ...Array(10).fill(BYTES));
  assert.equal((await socket.next('message-back')).length, 10);
  socket.emit('message', ...Array(11).fill(BYTES));
  assert.equal((await socket.next('disconnect'))[0], 'transport close');
});
