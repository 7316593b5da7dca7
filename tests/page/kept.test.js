'use strict';
// The part of conversations that the browser keeps, for a page that opens without a connection.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  TRANSPORT, check, online, pageModule, person, shown, startChat, texts, until, visitAs,
} = require('./harness');

const NOW = 1_000_000_000;

/** A model in which somebody has said this many messages in two rooms, and one in private. */
async function talked(count, text = (id) => `text ${id}`) {
  const { Model } = await pageModule('model.js');
  const model = new Model();
  const rooms = ['lobby', 'tea'].map((room) =>
    ({ room, members: [{ nick: 'ann' }], count: 1, messages: [] }));
  model.welcome({ nick: 'ann', rooms, recovered: false, history: 'h' }, NOW);
  model.settle();
  for (let id = 1; id <= count; id += 1) {
    model.message({ id, room: id % 2 ? 'tea' : 'lobby', from: 'bob', text: text(id), ts: NOW + id });
  }
  model.message({ id: count + 1, to: 'ann', from: 'bob', text: 'in private', ts: NOW, person: 'b' });
  return model;
}

/** The model of a page that opens later, before it is connected. */
async function opened(model, said) {
  const { Model } = await pageModule('model.js');
  const { recall } = await pageModule('kept.js');
  const next = new Model(JSON.parse(JSON.stringify(model.saved())));
  recall(next, JSON.parse(JSON.stringify(said)));
  return next;
}

test('W55 the last messages are kept, within bounds, and private ones for an account', async () => {
  const { saidIn } = await pageModule('kept.js');
  const { CHANGES } = await pageModule('changes.js');
  const model = await talked(200);
  CHANGES.deleted(model, { id: 200 });
  const said = saidIn(model, false);
  assert.deepEqual(said.conversations.map(({ key }) => key).sort(), ['lobby', 'tea']);
  const lobby = said.conversations.find(({ key }) => key === 'lobby');
  assert.deepEqual([lobby.messages.length, lobby.messages.at(-1).id], [50, 198]);
  assert.ok(saidIn(model, true).conversations.some(({ key }) => key === '@bob'));
  // Before a gap nothing is known to follow, and after `since` something may be missing.
  model.conversation('lobby').gaps.set(180, 3);
  model.since = 190;
  const { messages } = saidIn(model, false).conversations.find(({ key }) => key === 'lobby');
  assert.deepEqual(messages.map(({ id }) => id), [180, 182, 184, 186, 188, 190]);
  const long = await talked(200, () => 'x'.repeat(4000));
  assert.ok(JSON.stringify(saidIn(long, true)).length < 210_000);
  assert.ok(saidIn(long, true).conversations.some(({ key }) => key === '@bob'));
});

test('W55 what is kept is found as the server would find it', async () => {
  const { foundIn } = await pageModule('search.js');
  const model = await talked(4, (id) => (id % 2 ? 'Running v1.2.3' : 'a runner (2)'));
  const ids = (words, filters = {}, it = undefined) =>
    foundIn(model, it, words, filters).map(({ id }) => id);
  assert.deepEqual(ids('run'), [1, 2, 3, 4]);
  assert.deepEqual(ids('RUN 1.2'), [1, 3]);
  assert.deepEqual([ids('unning'), ids('('), ids('run', { from: 'ann' })], [[], [], []]);
  assert.deepEqual(ids('run', { from: 'BOB', after: NOW + 2, until: NOW + 4 }), [2, 3]);
  assert.deepEqual(ids('run', {}, model.conversation('lobby')), [2, 4]);
  const [secret] = foundIn(model, undefined, 'priv', {});
  assert.deepEqual([secret.room, secret.from, secret.to], [undefined, 'bob', 'ann']);
});

test('W55 what was kept is shown until the server tells better', async () => {
  const { reconcile, saidIn } = await pageModule('kept.js');
  const { CHANGES } = await pageModule('changes.js');
  const model = await talked(9);
  model.open('tea');
  model.watch(true);
  const said = saidIn(model, true);
  const ids = (it) => it.messages.map(({ id }) => id);
  const welcome = { nick: 'ann', recovered: true, history: 'h' };
  const room = (name) => ({ room: name, members: [{ nick: 'ann' }], count: 1, messages: [] });

  let next = await opened(model, said);
  const unread = () => ['lobby', 'tea', '@bob'].map((key) => next.conversation(key).unread);
  assert.deepEqual(ids(next.conversation('tea')), [1, 3, 5, 7, 9]);
  assert.ok(next.isMe('ann') && next.conversation('tea').isJoined);
  // Nothing was read in the lobby yet, so all of it was new and comes again.
  next.conversation('lobby').read = 2;
  reconcile(next, { ...welcome, rooms: [room('lobby'), room('tea')] });
  next.welcome({ ...welcome, rooms: [room('lobby'), room('tea')] }, NOW);
  const { since } = next;
  assert.ok([...next.conversations.values()].every((it) => ids(it).every((id) => id <= since)));
  for (let id = since + 1; id <= 9; id += 1) {
    next.message({ id, room: id % 2 ? 'tea' : 'lobby', from: 'bob', text: `text ${id}`, ts: NOW });
  }
  CHANGES.edited(next, { id: 1, text: 'corrected' });
  assert.deepEqual(ids(next.conversation('tea')), [1, 3, 5, 7, 9]);
  assert.equal(next.conversation('tea').messages[0].text, 'corrected');

  // It may have missed a change, was removed from a room, or is somebody else.
  next = await opened(model, said);
  reconcile(next, { ...welcome, recovered: false, rooms: [room('lobby'), room('tea')] });
  assert.deepEqual(ids(next.conversation('tea')), []);
  assert.deepEqual(unread(), [0, 0, 0]);
  next = await opened(model, said);
  reconcile(next, { ...welcome, rooms: [room('lobby')] });
  assert.deepEqual(ids(next.conversation('tea')), []);
  next = await opened(model, said);
  next.since = 0;
  reconcile(next, { ...welcome, nick: 'guest-1', rooms: [room('lobby'), room('tea')] });
  next.welcome({ ...welcome, nick: 'guest-1', rooms: [room('lobby'), room('tea')] }, NOW);
  assert.deepEqual([next.isMe('ann'), ids(next.conversation('tea'))], [false, []]);
  // Another history, or another form of what is kept, is nothing.
  next = await opened(model, { ...said, history: 'other' });
  assert.deepEqual(ids(next.conversation('tea')), []);
  next = await opened(model, { ...said, form: 0 });
  assert.deepEqual(ids(next.conversation('tea')), []);
});

const kept = (page) => page.evaluate(() => JSON.stringify(Object.entries(localStorage)
  .filter(([key]) => key.endsWith(':said'))));

check(`W55 without a connection the page shows what it has; ${TRANSPORT}`, async () => {
  const chat = await startChat('--rate', '0');
  const options = { serviceWorkers: 'allow', hash: '#kept' };
  const page = await visitAs('keeper', chat.url, options);
  const friend = await person(chat.url, 'friend');
  await friend.ask('join', { room: 'kept' });
  await friend.say('the first word', 'kept');
  await friend.whisper('keeper', 'a secret');
  await shown(page, 'the first word');
  const entry = page.locator('#privates button', { hasText: 'friend' });
  await entry.waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await until('the worker looks after the page', () => page.evaluate(() =>
    navigator.serviceWorker.controller?.state === 'activated'));
  // A guest's private messages are not kept.
  await page.reload();
  await online(page);
  await until('it is kept', async () => /the first word/.test(await kept(page)));
  assert.doesNotMatch(await kept(page), /a secret/);
  await page.click('#settings');
  await page.click('#signing');
  await page.click('#account-other');
  await page.fill('#account-password', 'correct horse');
  await page.press('#account-password', 'Enter');
  await page.locator('#account').waitFor({ state: 'hidden' });
  await entry.click();
  await shown(page, 'a secret');

  await chat.stop();
  await page.reload();
  await shown(page, 'a secret');
  const state = page.locator('#state.shown');
  await state.getByText('The server cannot be reached. These are the messages that this browser '
    + 'has kept. Reconnecting').waitFor();
  await page.locator('#rooms button', { hasText: '#kept' }).click();
  await shown(page, 'the first word');
  await page.getByText('Older messages come with the connection.').waitFor();
  assert.match(await page.textContent('#me'), /^keeper/);
  // The messages that are shown are found, too.
  await page.click('#searching');
  await page.fill('#words', 'wor fir');
  await page.locator('#found', { hasText: 'only what this page has was searched' }).waitFor();
  await page.locator('#found li', { hasText: 'the first word' }).waitFor();
  await page.keyboard.press('Escape');
  if (process.env.PAGE_SHOTS) {
    await page.screenshot({ path: `${process.env.PAGE_SHOTS}/offline.png` });
  }
  await chat.start();
  await online(page);
  await until('the friend is back', () => friend.socket.state.name === 'online');
  await friend.say('back again', 'kept');
  await shown(page, 'back again');
  assert.deepEqual(await texts(page), ['the first word', 'back again']);
  assert.equal(await page.getByText('Older messages come').count(), 0);

  // A person who signs out leaves nothing.
  await page.click('#settings');
  await page.click('#signing');
  await page.locator('#own').getByRole('button', { name: 'Sign out' }).click();
  await page.locator('#own').waitFor({ state: 'hidden' });
  await until('it has gone', async () => await entry.count() === 0);
  await page.reload();
  await online(page);
  assert.equal(await entry.count(), 0);
  assert.doesNotMatch(await kept(page), /a secret/);
  await chat.stop();
});
