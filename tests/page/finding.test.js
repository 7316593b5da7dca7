'use strict';
// Finding: the way to anywhere, the results of a search, and mentions.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const {
  check, pageModule, person, say, shown, startChat, until, visitAs,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

test('W38 the places that a text may mean', async () => {
  const { placesOf } = await pageModule('goto.js');
  const it = (key, more = {}) => [key, { key, name: key.replace('@', ''), isPrivate: key[0] === '@',
    isJoined: true, unread: 0, topic: '', ...more }];
  const conversations = new Map([it('dev'), it('lobby', { unread: 2 }), it('@deb'),
    it('gone', { isJoined: false })]);
  const members = new Map([['ann', 'web'], ['Deb', 'web'], ['zoe', 'web']]);
  const rooms = [{ room: 'dev', topic: '' }, { room: 'design', topic: 'shapes' }];
  const model = { nick: 'ann', here: { members }, conversations, rooms };
  const of = (text) => placesOf(text, model).map(({ kind, key }) => `${kind} ${key}`);
  assert.deepEqual(of(''), ['room lobby', 'room dev', 'person @deb', 'join design', 'person @zoe']);
  assert.deepEqual(of('de'), ['room dev', 'person @deb', 'join design', 'join de', 'search de']);
  assert.deepEqual(of('DEV'), ['room dev', 'search dev']);
  assert.deepEqual(of('#de'), ['room dev', 'join design', 'join de', 'search #de']);
  assert.deepEqual(of('@z'), ['person @zoe', 'search @z']);
  assert.deepEqual(of('two words'), ['search two words']);
  const crowd = { ...model, rooms: Array.from({ length: 500 }, (_, at) => ({ room: `r${at}` })) };
  assert.ok(placesOf('r', crowd).length <= 14);
});

check('W38 Ctrl-K goes anywhere: a room, a person, a new room, a search', async () => {
  const page = await visitAs('walker', chat.url);
  const app = await person(chat.url, 'walked-to');
  await app.ask('join', { room: 'far-away' });
  await app.say('a needle in #lobby', 'lobby');
  await shown(page, 'a needle in #lobby');
  await say(page, '/join #near');
  await page.locator('h1', { hasText: '#near' }).waitFor();
  await page.locator('#rooms button', { hasText: '#lobby' }).click();
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  const dialog = page.getByRole('dialog', { name: 'Go to' });
  const go = async (text) => {
    await page.keyboard.press('Control+k');
    await dialog.waitFor();
    await page.keyboard.type(text);
    await dialog.getByRole('option').first().waitFor();
  };
  const arrived = async (title) => {
    await page.locator('h1').getByText(title, { exact: true }).waitFor();
    assert.equal(await dialog.isVisible(), false);
  };
  await go('nea');
  await page.keyboard.press('Enter');
  await arrived('#near');
  await go('far');
  await page.keyboard.press('Enter');
  await arrived('#far-away');
  await go('@walk');
  await page.keyboard.press('Enter');
  await arrived('walked-to');
  await go('brand-new-38');
  assert.match(await dialog.getByRole('option', { selected: true }).textContent(), /begin this room/);
  await page.keyboard.press('Enter');
  await arrived('#brand-new-38');
  await go('needle');
  await page.keyboard.press('ArrowUp');
  assert.match(await dialog.getByRole('option', { selected: true }).textContent(), /search messages/);
  const active = await page.getAttribute('#where', 'aria-activedescendant');
  assert.equal(await dialog.getByRole('option', { selected: true }).getAttribute('id'), active);
  await page.keyboard.press('Enter');
  await page.locator('#found mark').getByText('needle', { exact: true }).waitFor();
  await go('x');
  await page.keyboard.press('Escape');
  assert.equal(await dialog.isVisible(), false);
  await page.locator('#go').click();
  await dialog.waitFor();
  await dialog.getByRole('option', { name: /lobby/ }).first().click();
  await arrived('#lobby');
});

test('W39 hits are marked where words begin, and as text', async () => {
  globalThis.document = { createElement: (tag) => ({ tag, append() {} }) };
  const { marked } = await pageModule('search.js');
  const of = (text, words) => marked(text, words)
    .map((part) => (typeof part === 'string' ? part : `[${part.textContent}]`)).join('');
  assert.equal(of('Run the runner, rerun it', 'run'), '[Run] the [run]ner, rerun it');
  assert.equal(of('v1.2.3 <b>a</b>', '1.2 b'), 'v[1.2].3 <[b]>a</[b]>');
  assert.equal(of('v1.2.3-rc4, 11.2.3', '1.2.3'), 'v[1.2.3]-rc4, 11.2.3');
  assert.equal(of('今日本屋', '日本'), '今[日本]屋');
  assert.equal(of('a (b', '( * ['), 'a (b');
  assert.equal(of('größe', 'größe'), '[größe]');
  delete globalThis.document;
});

check('W39 a result is one link with its hits marked, to its place', async () => {
  const page = await visitAs('seeker', chat.url, { hash: '#seeking' });
  const app = await person(chat.url, 'hider-39');
  await app.ask('join', { room: 'seeking' });
  await app.say('the marmalade, **all** of it: https://a.example/', 'seeking');
  await shown(page, 'the marmalade, all of it: https://a.example/');
  await say(page, '/join #lobby');
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  await page.click('#searching');
  await page.fill('#words', 'MARMALADE');
  await page.press('#words', 'Enter');
  const found = page.locator('#found li');
  await found.locator('mark').getByText('marmalade', { exact: true }).waitFor();
  assert.equal(await found.locator('a, button').count(), 1);
  assert.match(await found.locator('a').getAttribute('href'), /^#seeking\/\d+$/);
  // Anywhere in it, its text too.
  await found.locator('.text').click({ position: { x: 5, y: 5 } });
  await page.locator('h1', { hasText: '#seeking' }).waitFor();
  await page.locator('.target', { hasText: 'the marmalade' }).waitFor();
});

check('W47 a search begins while one types, and is narrowed by place, person and day', async () => {
  const page = await visitAs('digger', chat.url, { hash: '#dig' });
  const app = await person(chat.url, 'shovel');
  await app.ask('join', { room: 'dig' });
  await app.say('running v1.2.3-rc4', 'dig');
  await app.say('the runner of the lobby');
  await app.whisper('digger', 'run away');
  await say(page, 'I run too');
  await page.locator('.message.mine:not(.waiting)').waitFor();
  await page.click('#searching');
  const found = page.locator('#found li');
  const shows = (...all) => until(`found ${all}`, async () =>
    (await found.locator('.text').allTextContents()).join() === all.join());
  await page.locator('#words').pressSequentially('run');
  await shows('I run too', 'run away', 'the runner of the lobby', 'running v1.2.3-rc4');
  assert.deepEqual(await found.locator('mark').allTextContents(), ['run', 'run', 'run', 'run']);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'words');
  await page.locator('#words').pressSequentially('n');
  await shows('the runner of the lobby', 'running v1.2.3-rc4');
  await page.fill('#words', '1.2.3');
  await shows('running v1.2.3-rc4');
  await page.fill('#words', 'run');
  await page.selectOption('#in', '@shovel');
  await shows('run away');
  await page.selectOption('#in', 'dig');
  await shows('I run too', 'running v1.2.3-rc4');
  await page.fill('#by', 'Shovel');
  await shows('running v1.2.3-rc4');
  await page.fill('#on', '2020-02-29');
  await page.locator('#found', { hasText: 'Nothing was found in #dig' }).waitFor();
  await page.fill('#on', await page.evaluate(() => new Date(Date.now()
    - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10)));
  await shows('running v1.2.3-rc4');
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    if (process.env.PAGE_SHOTS) {
      await page.screenshot({ path: `${process.env.PAGE_SHOTS}/search-${scheme}.png` });
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  assert.equal(await page.locator('#found').evaluate((one) => one.scrollWidth - one.clientWidth), 0);
  if (process.env.PAGE_SHOTS) {
    await page.screenshot({ path: `${process.env.PAGE_SHOTS}/search-phone.png` });
  }
  await page.fill('#words', '');
  await until('the list goes', async () => !await page.locator('#found').isVisible());
});

check('W40 messages that name the person are counted, and listed', async () => {
  const page = await visitAs('Famous', chat.url, { hash: '#stage' });
  const app = await person(chat.url, 'fan');
  await app.ask('join', { room: 'stage' });
  const list = page.getByRole('button', { name: /Mentions/ });
  await list.click();
  await page.locator('#found', { hasText: 'Nobody has named Famous' }).waitFor();
  await page.keyboard.press('Escape');
  await say(page, 'I am Famous myself');
  await say(page, '/join #elsewhere-40');
  await page.locator('h1', { hasText: '#elsewhere-40' }).waitFor();
  for (const text of ['hello famous', 'famously said', 'Famous, again']) await app.say(text, 'stage');
  await until('the count', async () => await page.textContent('#named') === '2');
  await list.click();
  await page.locator('#found a').nth(1).waitFor();
  const found = await page.locator('#found .text').allTextContents();
  assert.deepEqual(found, ['Famous, again', 'hello famous']);
  await page.locator('#found a').first().click();
  await page.locator('h1', { hasText: '#stage' }).waitFor();
  await page.locator('.target', { hasText: 'Famous, again' }).waitFor();
});
