'use strict';
// A crowd, as the page's model knows it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { pageModule } = require('./harness');

const NOW = 1_700_000_000_000;
const bob = { nick: 'bob', door: 'web' };
const entry = (members, count) => ({ room: 'lobby', topic: null, members, count, messages: [] });

test('a crowd is counted, and who was known to be there has not left', async () => {
  const { Model } = await pageModule('model.js');
  const { isCrowd } = await pageModule('conversation.js');
  const model = new Model();
  model.welcome({ nick: 'ann', rooms: [entry([bob], 1)], recovered: false }, NOW);
  assert.ok(!isCrowd(model.here));
  model.presence({ room: 'lobby', count: 18_000 }, NOW);
  assert.deepEqual([model.here.count, [...model.here.members]], [18_000, []]);
  assert.ok(isCrowd(model.here));
  model.welcome({ nick: 'ann', rooms: [entry([], 18_001)], recovered: true }, NOW);
  model.tick(NOW + 60_000);
  assert.deepEqual(model.here.notes, []);
});

test('of a crowd the last who wrote there are named', async () => {
  const { lastWriters } = await pageModule('conversation.js');
  const messages = ['ann', 'bob', 'ann', ...Array.from({ length: 40 }, (_, at) => `n${at}`), 'bob']
    .map((from) => ({ from }));
  const names = lastWriters({ messages });
  assert.deepEqual([names.length, names[0], names[1]], [30, 'bob', 'n39']);
  assert.equal(new Set(names).size, 30);
});

test('one that has shrunk is named whole, and its changes are told again', async () => {
  const { Model } = await pageModule('model.js');
  const { isCrowd } = await pageModule('conversation.js');
  const model = new Model();
  model.welcome({ nick: 'ann', rooms: [entry([], 18_000)], recovered: false }, NOW);
  model.presence({ room: 'lobby', members: [bob], count: 1 }, NOW);
  assert.deepEqual([...model.here.members], [['bob', 'web']]);
  assert.ok(!isCrowd(model.here));
  assert.deepEqual(model.here.notes, []);
  const cy = { nick: 'cy', door: 'app' };
  model.presence({ room: 'lobby', joined: [cy], left: [], renamed: [], count: 2 }, NOW);
  assert.deepEqual([...model.here.members.keys()], ['bob', 'cy']);
  assert.deepEqual(model.here.notes[0].joined, ['cy']);
});
