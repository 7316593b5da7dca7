'use strict';
// Two servers of ours and two of Node's are one cluster. Whatever a client asks of any of them
// happens at all four.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const Redis = require('ioredis');
const {
  ask, connected, managerOf, socketOf, startClusterReference, startConformance, until,
} = require('./harness');

const LIMIT = { timeout: 60_000 };
const VERSION = '4.8.4';
const BYTES = Buffer.from([0, 1, 254, 255]);
const NAMES = ['rust', 'rust-2', 'node', 'node-2'];

// Milliseconds for a client to come back.
const RECOVERY = 30_000;

const servers = {};
const clients = {};
let folder;
let store;
let redis;
let marks = 0;

/** A client at the server of this name, which remembers what it hears. */
async function clientAt(name, auth = {}) {
  const manager = managerOf(VERSION, servers[name].url, { transports: ['websocket'] });
  const socket = socketOf(manager, '/cluster', { auth });
  socket.heard = [];
  socket.onAny((event, ...args) => {
    // The last argument is the offset, for clients that come back. All are such at Node's server.
    if (/^\d+-\d+$/.test(args.at(-1))) args.pop();
    // A question has the function for its answer at the end.
    if (typeof args.at(-1) !== 'function') socket.heard.push([event, ...args]);
  });
  socket.on('well?', (text, answer) => {
    answer(Buffer.isBuffer(text) ? Buffer.concat([text, BYTES]) : [socket.label, text]);
  });
  await connected(socket);
  socket.label = name;
  return socket;
}

async function start(name) {
  const address = { cluster: store, recovery: RECOVERY };
  servers[name] = await (name.startsWith('rust') ? startConformance : startClusterReference)(address);
  clients[name] = await clientAt(name);
}

/** Waits until each server reaches each other one, by the channels and by the stream. */
async function joined(names) {
  for (const name of names) {
    let reached = 0;
    while (reached < names.length - 1) {
      const [answers] = await ask(clients[name], 'ask-servers', 'there?');
      reached = answers.length;
    }
    // A server that has begun just now hears entries from a moment later on.
    marks += 1;
    const mark = marks;
    const isUp = ([event, by]) => event === 'up' && by === mark;
    while (!names.every((other) => clients[other].heard.some(isUp))) {
      clients[name].emit('emit', {}, 'up', mark);
      await ask(clients[name], 'ask-servers', 'there?');
    }
  }
}

/** The events that each client hears when something is asked of a server, until a mark of the same server. */
async function heardFrom(from, act, names = NAMES) {
  names.forEach((name) => { clients[name].heard = []; });
  await act(clients[from]);
  marks += 1;
  const mark = marks;
  clients[from].emit('emit', {}, 'mark', mark);
  const isMark = ([event, number]) => event === 'mark' && number === mark;
  const heard = {};
  for (const name of names) {
    await until(`mark ${mark} at ${name}`, () => clients[name].heard.some(isMark));
    heard[name] = clients[name].heard.filter(([event]) => !['mark', 'up'].includes(event));
  }
  return heard;
}

/** These clients have heard these events, and the others nothing. */
function only(heard, names, ...events) {
  for (const name of Object.keys(heard)) {
    assert.deepEqual(heard[name], names.includes(name) ? events : [], name);
  }
}

/** Puts the clients of these servers into a room, and returns its name. */
async function roomOf(names) {
  marks += 1;
  const room = `room ${marks}`;
  for (const name of names) await ask(clients[name], 'join', room);
  return room;
}

/** A client at a server that may come back, in a room of its own, with data. */
async function guestAt(name) {
  const socket = await clientAt(name, { recover: true });
  marks += 1;
  const room = `room ${marks}`;
  await ask(socket, 'join', room);
  await ask(socket, 'keep', { of: room, n: [1] });
  const seen = marks;
  clients[name].emit('emit', {}, 'seen', seen);
  await until('the first event', () => socket.heard.some(([, number]) => number === seen));
  socket.heard = [];
  return { socket, room };
}

/** Breaks a client's connection, and waits until its server has saved its session. */
async function cut({ socket }) {
  socket.io.engine.close();
  if (socket.connected) await socket.next('disconnect');
  const client = new Redis(path.join(folder, 'redis'));
  const start = Date.now();
  while (await client.exists(`sio:session:${socket._pid}`) === 0) {
    assert.ok(Date.now() - start < RECOVERY, 'its session is saved');
  }
  client.disconnect();
}

/** Lets a client connect to a server, and returns whether it has come back. */
async function back({ socket }, name) {
  socket.io.uri = servers[name].url;
  socket.connect();
  await connected(socket);
  return socket.recovered;
}

/** Waits until a client has heard everything that was sent before, and returns that. */
async function heardBy({ socket }, from) {
  marks += 1;
  const mark = marks;
  clients[from].emit('emit', {}, 'mark', mark);
  await until(`mark ${mark}`, () => socket.heard.some(([event, n]) => event === 'mark' && n === mark));
  return socket.heard.filter(([event]) => event !== 'mark');
}

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cluster-'));
  const socket = path.join(folder, 'redis');
  const flags = ['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', ''];
  redis = spawn('redis-server', flags, { stdio: 'ignore' });
  process.on('exit', () => redis.kill('SIGKILL'));
  await until('Redis', () => fs.existsSync(socket));
  store = `redis+unix://${socket}`;
  await Promise.all(NAMES.map(start));
  await joined(NAMES);
}, LIMIT);
after(async () => {
  Object.values(clients).forEach((client) => client.disconnect());
  await Promise.all(Object.values(servers).map((server) => server.stop().catch(() => {})));
  redis.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

for (const from of ['rust', 'node']) {
  const others = NAMES.filter((name) => name !== from);
  describe(`asked of the server ${from}`, LIMIT, () => {
    test('an event is for everyone', async () => {
      const heard = await heardFrom(from, (it) => it.emit('emit', {}, 'said', 'hi', 1));
      only(heard, NAMES, ['said', 'hi', 1]);
    });

    test('an event is for a room', async () => {
      const room = await roomOf(['rust-2', 'node']);
      const heard = await heardFrom(from, (it) => it.emit('emit', { rooms: [room] }, 'said'));
      only(heard, ['rust-2', 'node'], ['said']);
    });

    test('an event for two rooms is heard once', async () => {
      const rooms = [await roomOf(['rust', 'node-2']), await roomOf(['rust', 'node'])];
      const heard = await heardFrom(from, (it) => it.emit('emit', { rooms }, 'said', 'once'));
      only(heard, ['rust', 'node', 'node-2'], ['said', 'once']);
    });

    test('the members of a room are left out', async () => {
      const except = [await roomOf(['rust-2', 'node-2'])];
      const heard = await heardFrom(from, (it) => it.emit('emit', { except }, 'said'));
      only(heard, ['rust', 'node'], ['said']);
    });

    test('members of one room who are in another are left out', async () => {
      const rooms = [await roomOf(['rust', 'rust-2', 'node', 'node-2'])];
      const except = [await roomOf(['rust', 'node'])];
      const heard = await heardFrom(from, (it) => it.emit('emit', { rooms, except }, 'said'));
      only(heard, ['rust-2', 'node-2'], ['said']);
    });

    test('the author is left out', async () => {
      const heard = await heardFrom(from, (it) => it.emit('broadcast', {}, 'said', null));
      only(heard, others, ['said', null]);
    });

    test('an event is for one socket of another server', async () => {
      for (const name of others) {
        const rooms = [clients[name].id];
        const heard = await heardFrom(from, (it) => it.emit('emit', { rooms }, 'whispered'));
        only(heard, [name], ['whispered']);
      }
    });

    test('one socket of another server is left out', async () => {
      for (const name of others) {
        const except = [clients[name].id];
        const heard = await heardFrom(from, (it) => it.emit('emit', { except }, 'said'));
        only(heard, NAMES.filter((other) => other !== name), ['said']);
      }
    });

    test('bytes are whole at any depth', async () => {
      const nested = { files: [{ name: 'ä', bytes: BYTES }, { bytes: Buffer.alloc(70_000, 7) }] };
      const heard = await heardFrom(from, (it) => it.emit('emit', {}, 'file', BYTES, nested, 'end'));
      only(heard, NAMES, ['file', BYTES, nested, 'end']);
    });

    test('values are as they were', async () => {
      const values = ['\u{1f600}"\\\n\u0000', -1.5e-7, 2 ** 53, [[], {}, [null]], { z: 1, a: true }];
      const heard = await heardFrom(from, (it) => it.emit('emit', {}, 'values', ...values));
      only(heard, NAMES, ['values', ...values]);
      const key = Object.keys(heard['node-2'][0].at(-1));
      assert.deepEqual([key, Object.keys(heard['rust-2'][0].at(-1))], [['z', 'a'], ['z', 'a']]);
    });

    test('values beside bytes are as they were', async () => {
      const values = [BYTES, '\u{1f600}"\\\n', -1.5e-7, 2 ** 53, [[], {}, [null]], -129, 65_536];
      const heard = await heardFrom(from, (it) => it.emit('emit', {}, 'values', ...values));
      only(heard, NAMES, ['values', ...values]);
    });

    test('a volatile event reaches those who read', async () => {
      const heard = await heardFrom(from, (it) => it.emit('emit', { volatile: true }, 'moved', 3));
      only(heard, NAMES, ['moved', 3]);
    });

    test('a local event stays at its server', async () => {
      const heard = await heardFrom(from, (it) => it.emit('emit', { local: true }, 'said'));
      only(heard, [from], ['said']);
    });

    test('all clients answer', async () => {
      const [answers, isWhole] = await ask(clients[from], 'ask', {}, 'well?', 'now');
      assert.deepEqual(answers.map(([name]) => name).sort(), [...NAMES].sort());
      assert.ok(isWhole && answers.every(([, text]) => text === 'now'));
    });

    test('the clients of a room answer, with bytes', async () => {
      const rooms = [await roomOf(['rust-2', 'node-2'])];
      const answered = await ask(clients[from], 'ask', { rooms }, 'well?', BYTES);
      assert.deepEqual(answered, [[2 * BYTES.length, 2 * BYTES.length], true]);
    });

    test('nobody is asked in an empty room', async () => {
      const answered = await ask(clients[from], 'ask', { rooms: ['empty'] }, 'well?', '');
      assert.deepEqual(answered, [[], true]);
    });

    test('a silent client is not waited for', async () => {
      const rooms = [await roomOf(NAMES)];
      const silent = clients['rust-2'].listeners('well?');
      const quiet = clients['node-2'].listeners('well?');
      clients['rust-2'].off('well?');
      clients['node-2'].off('well?');
      const [answers, isWhole] = await ask(clients[from], 'ask', { rooms, timeout: 2_500 }, 'well?', '');
      silent.forEach((listener) => clients['rust-2'].on('well?', listener));
      quiet.forEach((listener) => clients['node-2'].on('well?', listener));
      assert.deepEqual([answers.map(([name]) => name).sort(), isWhole], [['node', 'rust'], false]);
    });

    test('all sockets are fetched, with their rooms', async () => {
      const room = await roomOf(['rust-2', 'node']);
      const [sockets, isWhole] = await ask(clients[from], 'fetch', {});
      assert.ok(isWhole);
      const ids = NAMES.map((name) => clients[name].id).sort();
      assert.deepEqual(sockets.map(([id]) => id), ids);
      const isIn = ([, rooms]) => rooms.includes(room);
      const members = sockets.filter(isIn).map(([id]) => id);
      assert.deepEqual(members, [clients['rust-2'].id, clients.node.id].sort());
      assert.ok(sockets.every(([, , { address }]) => address.includes('127.0.0.1')));
    });

    test('the sockets of a room are fetched, without some', async () => {
      const rooms = [await roomOf(['rust', 'rust-2', 'node-2'])];
      const except = [clients.rust.id];
      const [sockets] = await ask(clients[from], 'fetch', { rooms, except });
      const expected = [clients['rust-2'].id, clients['node-2'].id].sort();
      assert.deepEqual(sockets.map(([id]) => id), expected);
    });

    test('an audience moves from room to room', async () => {
      const old = await roomOf(['rust-2', 'node-2']);
      const next = `${old}, next`;
      const heard = await heardFrom(from, async (it) => {
        await ask(it, 'move', { rooms: [old] }, next, 'nowhere');
        await ask(it, 'move', { rooms: [clients['rust-2'].id] }, 'alone', old);
        it.emit('emit', { rooms: [next] }, 'moved', 1);
        it.emit('emit', { rooms: [old] }, 'left', 2);
      });
      assert.deepEqual(heard['rust-2'], [['moved', 1]]);
      assert.deepEqual(heard['node-2'], [['moved', 1], ['left', 2]]);
      assert.deepEqual([heard.rust, heard.node], [[], []]);
    });

    test('servers tell each other', async () => {
      const heard = await heardFrom(from, async (it) => {
        it.emit('servers', 'reload', { bytes: BYTES });
        for (const name of others) {
          await until('the note', () => clients[name].heard.some(([event]) => event === 'noted'));
        }
      });
      only(heard, others, ['noted', 'reload', { bytes: BYTES }]);
    });

    test('servers answer each other', async () => {
      const [answers, isWhole] = await ask(clients[from], 'ask-servers', 7);
      const by = answers.map((answer) => answer.from).sort();
      const expected = from === 'rust' ? ['node', 'node', 'rust'] : ['node', 'rust', 'rust'];
      assert.deepEqual([by, isWhole], [expected, true]);
      assert.ok(answers.every(({ asked }) => asked === 7));
    });

    for (const to of [from, `${from}-2`, from === 'rust' ? 'node' : 'rust']) {
      test(`a client comes back to the server ${to}`, async () => {
        const guest = await guestAt(from);
        const { socket: { id }, room } = guest;
        await cut(guest);
        const empty = { rooms: ['empty'] };
        const expected = [];
        for (const [by, number] of NAMES.map((name, at) => [name, at])) {
          clients[by].emit('emit', empty, 'said', 'to nobody');
          clients[by].emit('emit', { rooms: [room, id] }, 'said', number, 'ü');
          clients[by].emit('emit', { except: [room] }, 'said', 'to others');
          // The next one is sent afterwards.
          await heardFrom(by, () => {});
          expected.push(['said', number, 'ü']);
        }
        assert.equal(await back(guest, to), true);
        assert.equal(guest.socket.id, id);
        clients[from].emit('emit', { rooms: [room] }, 'said', 'back');
        const heard = await heardBy(guest, from);
        const own = heard.filter(([event]) => event === 'back');
        assert.deepEqual(own, [['back', { of: room, n: [1] }, [room]]]);
        const said = heard.filter(([event]) => event === 'said');
        assert.deepEqual(said, [...expected, ['said', 'back']]);
        const [sockets] = await ask(clients[from], 'fetch', { rooms: [room] });
        assert.deepEqual(sockets.map(([socket]) => socket), [id]);
        guest.socket.disconnect();
      });
    }

    test('a client gets bytes, and what was said while it came back', async () => {
      const to = from === 'rust' ? 'node' : 'rust';
      const guest = await guestAt(from);
      const { room } = guest;
      await cut(guest);
      const expected = [];
      const say = (by, ...args) => {
        clients[by].emit('emit', { rooms: [room] }, 'said', ...args);
        expected.push(['said', ...args]);
      };
      say(from, { file: BYTES, name: 'ä' });
      for (let number = 0; number < 20; number += 1) say(from, number);
      const coming = back(guest, to);
      for (let number = 20; number < 200; number += 1) say(from, number);
      assert.equal(await coming, true);
      say(from, BYTES);
      const heard = (await heardBy(guest, from)).filter(([event]) => event === 'said');
      // Node's server has read by two ways, of which one may be ahead of the other when a client
      // comes back: it may leave out what is sent at that moment, or send it twice.
      if (to === 'rust') assert.deepEqual(heard, expected);
      else assert.deepEqual([heard.slice(0, 21), heard.at(-1)], [expected.slice(0, 21), expected.at(-1)]);
      guest.socket.disconnect();
    });

    test('a client that has left, or is unknown, begins anew', async () => {
      const to = from === 'rust' ? 'node' : 'rust';
      const guest = await guestAt(from);
      const before = guest.socket.id;
      const left = guest.socket.next('disconnect');
      clients[to].emit('kick', { rooms: [before] }, false);
      await left;
      assert.equal(await back(guest, to), false);
      assert.notEqual(guest.socket.id, before);
      await cut(guest);
      const other = new Redis(path.join(folder, 'redis'));
      const keys = await other.keys('sio:session:*');
      if (keys.length > 0) await other.del(...keys);
      other.disconnect();
      assert.equal(await back(guest, from), false);
      guest.socket.disconnect();
    });

    test('clients of a server that ends come back to another', async () => {
      const name = `${from}-2`;
      const guest = await guestAt(name);
      const { socket: { id }, room } = guest;
      const gone = guest.socket.next('disconnect');
      await servers[name].stop('SIGTERM');
      await gone;
      clients[from].emit('emit', { rooms: [room] }, 'said', 'meanwhile');
      assert.equal(await back(guest, from === 'rust' ? 'node' : 'rust'), true);
      const heard = (await heardBy(guest, from)).filter(([event]) => event === 'said');
      assert.deepEqual([guest.socket.id, heard], [id, [['said', 'meanwhile']]]);
      guest.socket.disconnect();
      await start(name);
      await joined(NAMES);
    });

    for (const close of [false, true]) {
      test(`an audience is ${close ? 'closed' : 'disconnected'}`, async () => {
        const names = ['rust-2', 'node-2'];
        const room = await roomOf(names);
        clients[from].emit('kick', { rooms: [room] }, close);
        for (const name of names) {
          assert.deepEqual((await clients[name].next('disconnect'))[0], 'io server disconnect');
          clients[name] = await clientAt(name);
        }
        assert.ok(clients.rust.connected && clients.node.connected);
      });
    }
  });
}

describe('an emitter without a server', LIMIT, () => {
  const BROADCAST = 3;
  const JOIN = 4;
  const add = (type, data) => {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    const fields = ['uid', 'emitter', 'nsp', '/cluster', 'type', `${type}`, 'data', text];
    const client = new Redis(path.join(folder, 'redis'));
    return client.xadd('socket.io', '*', ...fields).finally(() => client.disconnect());
  };
  const everyone = { rooms: [], except: [], flags: {} };
  const packet = (...data) => ({ type: 2, data, nsp: '/cluster' });

  test('reaches everyone, and rooms', async () => {
    const room = await roomOf(['rust', 'node-2']);
    const heard = await heardFrom('rust', async () => {
      await add(BROADCAST, { opts: everyone, packet: packet('said', 'to all') });
      await add(JOIN, { opts: { ...everyone, rooms: [clients['rust-2'].id] }, rooms: [room] });
      await add(BROADCAST, { opts: { ...everyone, rooms: [room] }, packet: packet('said', room) });
    });
    const all = ['said', 'to all'];
    assert.deepEqual([heard.rust, heard['rust-2']], [[all, ['said', room]], [all, ['said', room]]]);
    assert.deepEqual([heard.node, heard['node-2']], [[all], [all, ['said', room]]]);
  });

  test('that is wrong is not heard, and does no harm', async () => {
    const heard = await heardFrom('rust', async () => {
      for (const data of [
        '{', '{}', 'nonsense!', 'wQ==', '[]', '{"packet":{"data":[]},"opts":{"rooms":[],"except":[]}}',
        '{"packet":{"data":["disconnect"]},"opts":{"rooms":[],"except":[]}}',
        `{"packet":{"data":["deep",${'['.repeat(600)}${']'.repeat(600)}]},"opts":{"rooms":[],"except":[]}}`,
        '{"packet":{"data":["x"]},"opts":{"rooms":[{}],"except":[]}}',
      ]) {
        for (const type of ['3', '4', '9', '99', '']) {
          const client = new Redis(path.join(folder, 'redis'));
          // Only ours read this namespace, because Node's server would throw.
          const fields = ['uid', 'emitter', 'nsp', '/custom', 'type', type, 'data', data];
          await client.xadd('socket.io', '*', ...fields);
          await client.publish('socket.io#/custom#', data);
          client.disconnect();
        }
      }
    });
    only(heard, []);
    assert.ok((await ask(clients.rust, 'ask-servers', 1))[1]);
  });
});

describe('a server that is killed', LIMIT, () => {
  for (const name of ['node-2', 'rust-2']) {
    test(`${name} is not waited for, and comes back`, async () => {
      await servers[name].stop('SIGKILL');
      const rest = NAMES.filter((other) => other !== name);
      for (const from of ['rust', 'node']) {
        let reached = [];
        while (reached.length !== rest.length - 1) {
          [reached] = await ask(clients[from], 'ask-servers', 'gone?');
        }
        const [answers, isWhole] = await ask(clients[from], 'ask', {}, 'well?', 'still');
        assert.deepEqual([answers.length, isWhole], [3, true], from);
        const [sockets, isAll] = await ask(clients[from], 'fetch', {});
        assert.deepEqual([sockets.length, isAll], [3, true], from);
      }
      await start(name);
      await joined(NAMES);
      const heard = await heardFrom(name, (it) => it.emit('emit', {}, 'said', 'back'));
      only(heard, NAMES, ['said', 'back']);
    });
  }
});
