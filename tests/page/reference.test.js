'use strict';
// The page's own client at the reference server, socket.io 4.8 on Node.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const {
  LIMIT, check, name, online, pageModule, say, shown, texts, until, visit,
} = require('./harness');
const { startReference } = require('./reference');

let reference;
const servers = [];
const begin = async (options) => {
  const server = await startReference(options);
  servers.push(server);
  return server;
};
before(async () => {
  globalThis.WebSocket ??= require('ws');
  reference = await begin({ pingInterval: 300, pingTimeout: 300 });
});
after(() => Promise.all(servers.map((server) => server.stop().catch(() => {}))));

/** A client of the bare module. */
async function client(url, WebSocket_ = globalThis.WebSocket) {
  const { Socket } = await pageModule('socket.js');
  const states = [];
  const came = [];
  const socket = new Socket({
    url,
    namespace: '/chat',
    auth: () => ({}),
    onState: (state) => states.push(state.name),
    onEvent: (...event) => came.push(event),
  });
  const before_ = globalThis.WebSocket;
  globalThis.WebSocket = WebSocket_;
  socket.connect();
  await until('a welcome', () => came.some(([event]) => event === 'welcome'));
  globalThis.WebSocket = before_;
  return { socket, states, came };
}

for (const transport of ['websocket', 'polling']) {
  test(`events, acks and heartbeats at the reference server; ${transport}`, LIMIT, async () => {
    class Blocked {
      constructor() {
        setTimeout(() => this.onclose());
      }

      close() {}
    }
    const { socket, states, came } = await client(reference.url + 'socket.io/',
      transport === 'polling' ? Blocked : undefined);
    assert.deepEqual(states, ['connecting', 'online']);
    const { engine } = reference.io;
    assert.ok(Object.values(engine.clients).some((one) => one.transport.name === transport));
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) =>
      socket.emit('post', { room: 'lobby', text: `text ${at} ✓ \u2028` })));
    const ids = answers.map(({ id }) => id);
    assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
    assert.equal((await socket.emit('post', { room: 'nowhere', text: 'x' })).code, 'not-in-room');
    reference.say('somebody', 'lobby', 'to all');
    await until('an event', () => came.some(([, data]) => data.text === 'to all'));
    // Several heartbeats later it is the same connection.
    const end = Date.now() + 1_500;
    await until('five heartbeats', () => Date.now() > end);
    assert.deepEqual(states, ['connecting', 'online']);
    await assert.rejects(socket.emit('unheard', {}, 50), /timeout/);
    socket.stop({ name: 'idle' });
    await assert.rejects(socket.emit('post', {}), /lost/);
    await until('nobody is left', () => Object.keys(engine.clients).length === 0);
  });
}

test('a server that falls silent is noticed, and one that refuses is heard', LIMIT, async () => {
  const { socket, states } = await client(reference.url + 'socket.io/');
  const [one] = Object.values(reference.io.engine.clients);
  // It neither asks nor answers any more.
  clearTimeout(one.pingIntervalTimer);
  clearTimeout(one.pingTimeoutTimer);
  one.schedulePing = () => {};
  await until('it is noticed', () => states.includes('waiting'));
  await until('it is back', () => states.at(-1) === 'online');
  socket.auth = () => ({ nick: 'a b' });
  socket.connect();
  await until('a refusal', () => socket.state.name === 'refused');
  assert.deepEqual(socket.state, { name: 'refused', error: 'That is no name.', code: 'bad-nick',
    failures: 0 });
});

check('W11 a refusal is told in words, and one may try again', async () => {
  const refuse = { code: 'closed', error: 'We open at nine.' };
  const own = await begin({ refuse });
  const page = await visit(own.url, { isEarly: true });
  await page.locator('#state', { hasText: 'The server refused: We open at nine.' }).waitFor();
  await own.stop();
  await begin({ port: own.port });
  await page.getByRole('button', { name: 'Try again' }).click();
  await online(page);
});

check('a search that has not looked at all says so', async () => {
  const page = await visit(reference.url);
  await say(page, 'a needle');
  await page.locator('.message.mine:not(.waiting)', { hasText: 'a needle' }).waitFor();
  const told = (sentence) => page.locator('#found').getByText(
    `${sentence} The search ran out of time; older messages may be missing.`,
    { exact: true },
  ).waitFor();
  await say(page, '/search needle');
  await told('Found 1, newest first.');
  await say(page, '/search hay');
  await told('Nothing was found in your rooms and private conversations. '
    + 'Words are found by their beginnings.');
});

check('the page at the reference server, and again when that has been away', async () => {
  const own = await begin();
  const page = await visit(own.url);
  await name(page, 'alice');
  own.say('bob', 'lobby', 'hello alice');
  await shown(page, 'hello alice');
  await say(page, 'hello bob');
  await until('it is there', () => own.all.some(({ text }) => text === 'hello bob'));
  await own.stop();
  await page.locator('#state.shown').waitFor();
  await say(page, 'into the void');
  const again = await begin({ port: own.port });
  await page.getByRole('button', { name: 'Retry now' }).click();
  await online(page);
  await until('it is there', () => again.all.some(({ text }) => text === 'into the void'));
  assert.deepEqual((await texts(page)).slice(-3), ['hello alice', 'hello bob', 'into the void']);
  assert.match(await page.textContent('#me'), /^alice/);
});
