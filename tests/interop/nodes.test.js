'use strict';
// Two servers that are one chat through Redis: real clients at each.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { startNodes } = require('./cluster');
const { TRANSPORTS, ask, connect, connected, managerOf, socketOf } = require('./harness');

const LIMIT = { timeout: 60_000 };
const { websocket: transports } = TRANSPORTS;

let cluster;
let nodes;

before(async () => {
  cluster = await startNodes(['a', 'b']);
  nodes = ['a', 'b'].map(cluster.node);
});

after(() => cluster?.stop());

/** A person in namespace `/chat` of a node, with their welcome. */
async function enter(node, auth) {
  const manager = managerOf('4.8.4', nodes[node].url, { transports });
  const socket = socketOf(manager, '/chat', { auth });
  const welcome = socket.next('welcome');
  // A refused client gets no welcome.
  welcome.catch(() => {});
  await connected(socket);
  return { socket, welcome: (await welcome)[0], close: () => manager._close() };
}

/** The answer to a request that is granted. */
async function granted(socket, name, asked) {
  const [answer] = await ask(socket, name, asked);
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return answer;
}

for (const [one, other] of [['2.5.0', '4.8.4'], ['4.8.4', '2.5.0']]) {
  test(`what a tutorial's client ${one} sends arrives at another node's ${other}`, LIMIT, async () => {
    const [sender] = await connect(one, nodes[0].url, { transports });
    const [reader] = await connect(other, nodes[1].url, { transports });
    sender.emit('message', { some: 'thing' }, Buffer.from([1, 2, 3]));
    const [thing, bytes] = await reader.next('message');
    assert.deepEqual(thing, { some: 'thing' });
    assert.deepEqual([...new Uint8Array(bytes)], [1, 2, 3]);
    assert.deepEqual((await sender.next('message'))[0], { some: 'thing' });
    assert.equal((await sender.next('response'))[0].response, 'delivered');
    // The name comes first, though it takes effect only when it comes back from Redis.
    const username = `ann-${one[0]}`;
    sender.emit('send_message', { username, message: 'hello' });
    assert.deepEqual(await reader.next('message'), [`${username}: hello`]);
    sender.emit('join', { username, room: 'tea' });
    reader.emit('join', 'tea');
    await reader.next('message');
    sender.emit('send_message', { username, message: 'again', room: 'tea' });
    const heard = [];
    while (heard.at(-1) !== `${username}: again`) heard.push((await reader.next('message'))[0]);
    sender.disconnect();
    reader.disconnect();
  });
}

test('a person comes back to another node, with what was missed and nothing twice', LIMIT, async () => {
  const bob = await enter(1, { nick: 'bob' });
  const alice = await enter(0, { nick: 'alice' });
  const first = await granted(alice.socket, 'post', { room: 'lobby', text: 'one', key: 'k1' });
  assert.equal((await bob.socket.next('message'))[0].id, first.id);
  alice.close();
  const missed = await granted(bob.socket, 'post', { room: 'lobby', text: 'missed', key: 'k1' });
  const { token, history } = alice.welcome;
  const back = await enter(1, { token, since: first.id, history });
  assert.equal(back.welcome.nick, 'alice');
  assert.equal(back.welcome.recovered, true);
  assert.equal((await back.socket.next('message'))[0].id, missed.id);
  // The receipt was lost, perhaps: the author sends it again, to another node.
  const again = await granted(back.socket, 'post', { room: 'lobby', text: 'one', key: 'k1' });
  assert.equal(again.id, first.id);
  const last = await granted(back.socket, 'post', { room: 'lobby', text: 'last', key: 'k2' });
  assert.equal((await bob.socket.next('message'))[0].id, last.id);
  back.close();
  bob.close();
});

test('a person may be at two nodes, and a name is one person\'s', LIMIT, async () => {
  const carol = await enter(0, { nick: 'carol' });
  await granted(carol.socket, 'who', { room: 'lobby' });
  await assert.rejects(enter(1, { nick: 'Carol' }), /carol is here already/);
  const again = await enter(1, { token: carol.welcome.token });
  assert.equal(again.welcome.nick, 'carol');
  // She sees at one node what she says at the other.
  const sent = await granted(again.socket, 'post', { room: 'lobby', text: 'here' });
  assert.equal((await carol.socket.next('message'))[0].id, sent.id);
  const { members } = await granted(again.socket, 'who', { room: 'lobby' });
  assert.deepEqual(members.map(({ nick }) => nick).filter((nick) => nick === 'carol'), ['carol']);
  carol.close();
  again.close();
});

test('private messages reach somebody at another node, and wait for one who is away', LIMIT, async () => {
  const dan = await enter(0, { nick: 'dan' });
  const eve = await enter(1, { nick: 'eve', client: 'web' });
  await granted(eve.socket, 'who', { room: 'lobby' });
  const sent = await granted(dan.socket, 'dm', { to: 'eve', text: 'psst' });
  const [heard] = await eve.socket.next('message');
  assert.deepEqual([heard.id, heard.from, heard.text], [sent.id, 'dan', 'psst']);
  const gone = dan.socket.next('presence');
  eve.close();
  await gone;
  const later = await granted(dan.socket, 'dm', { to: 'eve', text: 'later' });
  const back = await enter(0, { token: eve.welcome.token, since: sent.id, history: eve.welcome.history });
  const ids = [];
  while (!ids.includes(later.id)) ids.push((await back.socket.next('message'))[0].id);
  dan.close();
  back.close();
});

test('both files have the same messages', LIMIT, async () => {
  await Promise.all(nodes.map(({ stop }) => stop('SIGTERM')));
  const [one, other] = ['a', 'b'].map(cluster.exported);
  assert.equal(one, other);
  assert.match(one, /missed/);
});
