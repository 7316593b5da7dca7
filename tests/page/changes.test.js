'use strict';
// Earlier messages that change: corrections, deletions, reactions; and what moderators do.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const {
  check, online, operate, pageModule, person, say, shown, startChat, until, visitAs,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

test('W50 a change finds its message, and counts who reacts', async () => {
  const { CHANGES, lastOwn, marksOf } = await pageModule('changes.js');
  const { Model } = await pageModule('model.js');
  const model = new Model();
  model.renamed('ann');
  const now = 1_000_000_000;
  for (const [id, from] of [[1, 'ann'], [2, 'bob'], [3, 'ann']]) {
    model.message({ id, room: 'lobby', from, text: `text ${id}`, ts: now });
  }
  const [first, second] = model.here.messages;
  assert.equal(lastOwn(model, model.here, now).id, 3);
  assert.equal(lastOwn(model, model.here, now + 25 * 3_600_000), undefined);
  CHANGES.deleted(model, { id: 3 });
  assert.equal(lastOwn(model, model.here, now).id, 1);
  CHANGES.edited(model, { id: 1, text: 'new', edited: 5 });
  assert.deepEqual([first.text, first.edited, first.version], ['new', 5, 1]);
  const react = (nick, on, count) =>
    CHANGES.reacted(model, { id: 2, emoji: '👍', on, nick, count });
  react('zoe', true, 1);
  react('ann', true, 2);
  react('ann', true, 2);
  assert.deepEqual(second.reactions,
    [{ emoji: '👍', count: 2, nicks: ['zoe', 'ann'], mine: true }]);
  react('zoe', false, 1);
  assert.deepEqual(second.reactions, [{ emoji: '👍', count: 1, nicks: ['ann'], mine: true }]);
  react('ann', false, 0);
  assert.deepEqual(second.reactions, []);
  // A correction leaves the reactions; after an absence, a mark that is not told has ended.
  react('zoe', true, 1);
  CHANGES.edited(model, { id: 2, text: 'new', edited: 6 });
  assert.deepEqual([second.edited, second.reactions.length], [6, 1]);
  CHANGES.edited(model, { id: 2, text: 'new', edited: 7, reactions: [] });
  assert.deepEqual(marksOf(second), { edited: 7, reactions: [] });
  CHANGES.edited(model, { id: 2, text: 'text 2', reactions: second.reactions });
  assert.deepEqual(marksOf(second), { reactions: [] });
  // A deleted message keeps none.
  CHANGES.edited(model, { id: 2, text: 'new', edited: 8 });
  CHANGES.deleted(model, { id: 2 });
  assert.deepEqual(marksOf(second), {});
  // A message that is not loaded is no fault.
  CHANGES.edited(model, { id: 99, text: 'x' });
  CHANGES.deleted(model, { id: 99 });
  CHANGES.reacted(model, { id: 99, emoji: '👍', on: true, nick: 'x', count: 1 });
});

test('W51 the commands of moderators say whom, for how long, and why', async () => {
  const { run } = await pageModule('commands.js');
  const asked = [];
  const ask = async (...request) => {
    asked.push(request);
    return { ok: true };
  };
  const on = { chat: { ask }, here: { key: 'tea' } };
  for (const [text, request, args] of [
    ['/kick bob', 'kick', { room: 'tea', nick: 'bob' }],
    ['/kick bob go away', 'kick', { room: 'tea', nick: 'bob', reason: 'go away' }],
    ['/mute bob', 'mute', { nick: 'bob' }],
    ['/mute bob for 10m spam', 'mute', { nick: 'bob', for: 600, reason: 'spam' }],
    ['/ban bob for 2d', 'ban', { nick: 'bob', for: 172_800 }],
    ['/ban bob for good', 'ban', { nick: 'bob' }],
    ['/ban bob for 1W flood', 'ban', { nick: 'bob', for: 604_800, reason: 'flood' }],
    ['/unban bob', 'unban', { nick: 'bob' }],
    ['/unmute bob', 'unmute', { nick: 'bob' }],
  ]) {
    assert.deepEqual(await run(on, text), { ok: true }, text);
    assert.deepEqual(asked.pop(), [request, args], text);
  }
  for (const text of ['/ban bob for', '/ban bob for 1x spam', '/mute bob for spam']) {
    assert.match((await run(on, text)).error ?? '', /needs a time/, text);
    assert.equal(asked.length, 0, text);
  }
  const bans = [{ nick: 'bob', address: null, muted: true, until: null, by: 'ann', reason: 'spam' },
    { nick: '', address: '192.0.2.0/24', muted: false, until: null, by: '', reason: '' }];
  const lists = { ...on, chat: { ask: async () => ({ ok: true, bans, count: 3 }) } };
  assert.equal((await run(lists, '/mute')).text, 'bob is muted by ann: spam\n'
    + '192.0.2.0/24 is banned by an operator\nand 1 more');
  for (const text of ['/kick', '/unban']) {
    assert.match((await run(on, text)).error, /^Usage: /, text);
  }
  const alone = { ...on, here: { key: '@bob', isPrivate: true } };
  assert.equal((await run(alone, '/kick bob')).ok, false);
});

test('/delete takes back the last message of its author, or of the person named', async () => {
  const { run } = await pageModule('commands.js');
  const taken = [];
  const change = async (request, { id }) => {
    taken.push([request, id]);
    return { ok: true };
  };
  const ts = Date.now();
  const messages = [{ id: 1, from: 'Bob', ts }, { id: 2, from: 'bob', ts, isDeleted: true },
    { id: 3, from: 'ann', ts }, { id: -1, from: 'ann', ts }];
  const chat = { change, model: { isMe: (nick) => nick === 'ann' } };
  const on = { chat, here: { key: 'tea', messages } };
  for (const [text, id] of [['/delete', 3], ['/delete BOB', 1]]) {
    assert.deepEqual(await run(on, text), { ok: true }, text);
    assert.deepEqual(taken.pop(), ['delete', id], text);
  }
  assert.equal((await run(on, '/delete kim')).ok, false);
});

/** Opens the bar of a message. */
async function tool(page, text, name) {
  await page.locator('.message', { hasText: text }).hover();
  await page.locator('#tools').getByRole('button', { name, exact: true }).click();
}

check('W50 one corrects what one has said, by the bar or with the Up key', async () => {
  const page = await visitAs('mender', chat.url, { hash: '#mend' });
  const other = await visitAs('reader-50', chat.url, { hash: '#mend' });
  await say(page, 'helo there');
  await shown(other, 'helo there');
  await page.fill('#text', 'a draft');
  await tool(page, 'helo there', 'Edit');
  assert.equal(await page.inputValue('#text'), 'helo there');
  await say(page, 'hello there');
  await other.locator('.message', { hasText: 'hello there (edited)' }).waitFor();
  // The other page may see the correction before the answer to it is here.
  await until('the draft is back', async () => await page.inputValue('#text') === 'a draft');
  await page.fill('#text', '');
  await page.press('#text', 'ArrowUp');
  assert.equal(await page.inputValue('#text'), 'hello there');
  await page.press('#text', 'Escape');
  assert.equal(await page.inputValue('#text'), '');
  assert.equal(await page.locator('#editing').isVisible(), false);
  await page.press('#text', 'ArrowUp');
  await say(page, 'hello **there**');
  await other.locator('.message strong', { hasText: 'there' }).waitFor();
  // Others' messages are not one's own.
  await other.locator('.message', { hasText: 'hello' }).hover();
  assert.equal(await other.getByRole('button', { name: 'Edit', exact: true }).isVisible(), false);
  await other.reload();
  await online(other);
  await other.locator('.message', { hasText: 'hello there (edited)' }).waitFor();
});

check('W50 one takes back what one has said, after a second click', async () => {
  const page = await visitAs('taker', chat.url, { hash: '#take' });
  const other = await visitAs('reader-51', chat.url, { hash: '#take' });
  await say(page, 'a secret');
  await shown(other, 'a secret');
  await tool(page, 'a secret', 'Delete');
  await shown(other, 'a secret');
  await page.getByRole('button', { name: 'Really delete?' }).click();
  await other.locator('.deleted', { hasText: 'This message was deleted.' }).waitFor();
  assert.equal(await other.getByText('a secret').count(), 0);
  await other.reload();
  await online(other);
  await until('it is gone', async () => await other.locator('.message').count() === 0);
});

check('W50 reactions are chosen from a list, counted, and taken back', async () => {
  const page = await visitAs('cheerer', chat.url, { hash: '#cheer' });
  const app = await person(chat.url, 'winner');
  await app.ask('join', { room: 'cheer' });
  const { id } = await app.say('we have won', 'cheer');
  await shown(page, 'we have won');
  await tool(page, 'we have won', 'React');
  const picker = page.getByRole('dialog', { name: 'Emoji' });
  await picker.waitFor();
  if (process.env.PAGE_SHOTS) {
    await page.screenshot({ path: `${process.env.PAGE_SHOTS}/picker.png` });
  }
  await picker.getByRole('textbox').fill('troph');
  await page.keyboard.press('Enter');
  const reaction = page.locator('.reactions button');
  await reaction.filter({ hasText: '🏆 1' }).waitFor();
  assert.equal(await reaction.getAttribute('aria-pressed'), 'true');
  await app.ask('react', { id, emoji: '🏆' });
  await reaction.filter({ hasText: '🏆 2' }).waitFor();
  if (process.env.PAGE_SHOTS) {
    await page.screenshot({ path: `${process.env.PAGE_SHOTS}/reactions.png` });
  }
  await reaction.click();
  await reaction.filter({ hasText: '🏆 1' }).waitFor();
  assert.equal(await reaction.getAttribute('aria-pressed'), 'false');
  assert.match(await reaction.getAttribute('title'), /winner/);
  await page.reload();
  await online(page);
  await reaction.filter({ hasText: '🏆 1' }).waitFor();
});

check('W50 the keys do all of it, and the focus is never lost', async () => {
  const page = await visitAs('keyer', chat.url, { hash: '#keys' });
  const app = await person(chat.url, 'mover');
  await app.ask('join', { room: 'keys' });
  await say(page, 'mine');
  await page.locator('.message.mine:not(.waiting)').waitFor();
  const active = () => page.evaluate(() => {
    const { activeElement: one } = document;
    return one.className.split(' ')[0] || one.textContent;
  });
  const keys = async (...all) => {
    for (const key of all) await page.keyboard.press(key);
  };
  await page.focus('#log');
  await keys('ArrowUp', 'Enter', 'Tab', 'Enter');
  await page.keyboard.type('rocket');
  await keys('Enter');
  await page.locator('.reactions').waitFor();
  assert.equal(await active(), 'React', 'the message was drawn anew');
  await keys('Escape');
  assert.equal(await active(), 'message');
  const id = await page.evaluate(() => document.activeElement.said.id);
  await app.ask('react', { id, emoji: '🎉' });
  await page.locator('.reactions button', { hasText: '🎉' }).waitFor();
  assert.equal(await active(), 'message', 'others have changed it');
  await keys('Enter', 'Tab', 'Tab', 'Tab', 'Enter', 'Enter');
  await page.locator('.deleted').waitFor();
  assert.equal(await active(), 'message');
  await page.click('#about');
  await page.getByRole('button', { name: 'Set a topic' }).click();
  await page.locator('#about-menu form .quiet').press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Set a topic');
});

check('W52 the menu of a person writes, names and ignores', async () => {
  const page = await visitAs('looker', chat.url, { hash: '#menu' });
  const app = await person(chat.url, 'neighbour');
  await app.ask('join', { room: 'menu' });
  await app.say('good morning', 'menu');
  await shown(page, 'good morning');
  const menu = page.getByRole('dialog', { name: 'neighbour' });
  await page.locator('.message .nick', { hasText: 'neighbour' }).click();
  await menu.waitFor();
  if (process.env.PAGE_SHOTS) {
    await page.screenshot({ path: `${process.env.PAGE_SHOTS}/person.png` });
  }
  // People who keep no order are shown no more than they may do.
  assert.deepEqual(await menu.getByRole('button').allTextContents(),
    ['Write in private', 'Name in a message', 'Ignore']);
  await menu.getByRole('button', { name: 'Name in a message' }).click();
  assert.equal(await page.inputValue('#text'), 'neighbour: ');
  await page.getByRole('button', { name: 'More about neighbour' }).click();
  await menu.getByRole('button', { name: 'Ignore' }).click();
  await page.locator('.note', { hasText: 'You ignore neighbour' }).waitFor();
  await page.getByRole('button', { name: 'More about neighbour' }).press('Enter');
  await menu.getByRole('button', { name: 'Write in private' }).click();
  await page.locator('h1', { hasText: 'neighbour' }).waitFor();
});

const PASSWORD = 'correct horse';

/** The page of a registered person, who may have a role in the chat. */
async function registered(nick, hash, role) {
  const app = await person(chat.url, nick);
  await app.ask('register', { password: PASSWORD });
  if (role) {
    operate(chat, 'admin', 'grant', nick, role);
    await until('the role is read', async () =>
      (await app.ask('may', { room: 'lobby' })).may.includes('delete'));
  }
  app.leave();
  const page = await visitAs(`${nick}-guest`, chat.url);
  await page.click('#settings');
  await page.click('#signing');
  await page.fill('#account-name', nick);
  await page.fill('#account-password', PASSWORD);
  await page.press('#account-password', 'Enter');
  await page.locator('#account').waitFor({ state: 'hidden' });
  await until('the name', async () => (await page.textContent('#me')).startsWith(nick));
  // The first registered person in a room owns it.
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.locator('h1', { hasText: hash }).waitFor();
  return page;
}

check('W52 a moderator finds in the menu of a person what they may do', async () => {
  const page = await registered('warden', '#order', 'moderator');
  // Also where they were before they signed in.
  const guest = await person(chat.url, 'early');
  await guest.say('good evening');
  await page.evaluate(() => { location.hash = '#lobby'; });
  await shown(page, 'good evening');
  const mayDelete = async () => {
    await page.locator('.message', { hasText: 'good evening' }).hover();
    await page.locator('#tools').getByRole('button', { name: 'Delete' }).waitFor();
  };
  await mayDelete();
  await page.reload();
  await online(page);
  await mayDelete();
  await say(page, '/kick');
  await page.locator('#error', { hasText: 'Usage' }).waitFor();
  assert.equal(await page.locator('#hints').isVisible(), false);
  await page.fill('#text', '');
  await page.goBack();
  const [rowdy, mate] = await Promise.all([person(chat.url, 'rowdy'), person(chat.url, 'mate')]);
  await mate.ask('register', { password: PASSWORD });
  for (const app of [rowdy, mate]) await app.ask('join', { room: 'order' });
  const { id: rude } = await rowdy.say('rude words', 'order');
  await shown(page, 'rude words');
  const usual = ['Write in private', 'Name in a message', 'Ignore'];
  const shot = async (name) => process.env.PAGE_SHOTS
    && page.screenshot({ path: `${process.env.PAGE_SHOTS}/${name}.png` });
  /** Opens the menu of a person, which has these rows beside the usual ones. */
  const menuOf = async (nick, ...rows) => {
    const menu = page.getByRole('dialog', { name: nick });
    await page.getByRole('button', { name: `More about ${nick}` }).click();
    await until(`${nick}: ${rows}`, async () => {
      const found = await menu.locator('button:visible').allTextContents();
      return found.join() === [...usual, ...rows].join();
    });
    return menu;
  };
  const note = (text) => page.locator('.note', { hasText: text }).waitFor();

  let menu = await menuOf('rowdy', 'Mute…', 'Remove from this room…', 'Ban…');
  await shot('moderator');
  await menu.getByRole('button', { name: 'Mute…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Mute rowdy' });
  await dialog.waitFor();
  await shot('mute');
  await dialog.getByLabel('For').selectOption({ label: '10 minutes' });
  await dialog.getByLabel('Reason').fill('too loud');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  await note(/^You muted rowdy until .*: too loud$/);
  await assert.rejects(rowdy.say('more', 'order'), /muted/);
  // Nobody is muted twice.
  menu = await menuOf('rowdy', 'Let them speak again', 'Remove from this room…', 'Ban…');
  await menu.getByRole('button', { name: 'Let them speak again' }).click();
  await note('rowdy may speak again.');
  await rowdy.say('thank you', 'order');
  await shown(page, 'thank you');
  // Nobody but those who keep order reads what a message said before.
  await rowdy.ask('edit', { id: rude, text: 'kind words' });
  await page.locator('.message', { hasText: 'kind words (edited)' }).waitFor();
  await tool(page, 'kind words', 'Earlier texts');
  const former = page.getByRole('dialog', { name: 'Earlier texts of rowdy’s message' });
  await former.getByText('rude words', { exact: true }).waitFor();
  await shot('former');
  await page.keyboard.press('Enter');
  await former.waitFor({ state: 'hidden' });
  await tool(page, 'kind words', 'Delete');
  await page.getByRole('button', { name: 'Really delete?' }).click();
  await page.locator('.deleted').waitFor();

  menu = await menuOf('mate', 'Make an owner of this room', 'Mute…', 'Remove from this room…',
    'Ban…');
  await menu.getByRole('button', { name: 'Make an owner' }).click();
  await note('You made mate an owner of this room.');
  menu = await menuOf('mate', 'No longer an owner of this room', 'Mute…', 'Remove from this room…',
    'Ban…');
  await menu.getByRole('button', { name: 'No longer' }).click();
  await note('You ended that mate is an owner of this room.');

  menu = await menuOf('rowdy', 'Mute…', 'Remove from this room…', 'Ban…');
  await menu.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await note('You removed rowdy.');
  await rowdy.ask('join', { room: 'order' });
  menu = await menuOf('rowdy', 'Mute…', 'Remove from this room…', 'Ban…');
  await menu.getByRole('button', { name: 'Ban…' }).click();
  await page.getByRole('button', { name: 'Ban', exact: true }).click();
  await note(/^You banned rowdy until/);
  // Where the person is not, the page says it all the same.
  await say(page, '/mute early for 10m');
  await note('You muted early.');
  await until('rowdy is out', () => rowdy.of('bye').some(({ reason }) => reason === 'banned'));
});

check('W56 the owner of a room makes it private, invites people, and lets only owners write', async () => {
  const page = await registered('host', '#den');
  const pal = await visitAs('pal', chat.url);
  const stranger = await visitAs('stranger', chat.url);
  const shot = async (of, name) => process.env.PAGE_SHOTS
    && of.screenshot({ path: `${process.env.PAGE_SHOTS}/${name}.png` });
  const settings = (of) => of.locator('#about-menu').getByRole('button', { name: 'Room settings…' });
  const listed = (of) => of.locator('#elsewhere button', { hasText: '#den' });
  await listed(stranger).waitFor();

  await page.click('#about');
  await settings(page).click();
  const dialog = page.getByRole('dialog', { name: 'Settings of #den' });
  await dialog.getByLabel('Private').check();
  await page.locator('.note', { hasText: 'You made this room private' }).waitFor();
  await dialog.getByLabel('Name of an invited person').fill('pal');
  await page.keyboard.press('Enter');
  await dialog.getByText('pal can come in now.').waitFor();
  await dialog.getByLabel('Name of an invited person').fill('pal');
  await dialog.getByRole('button', { name: 'Take back' }).click();
  await dialog.getByText('pal cannot come in any more.').waitFor();
  await dialog.getByLabel('Name of an invited person').fill('pal');
  await page.keyboard.press('Enter');
  await dialog.getByText('pal can come in now.').waitFor();
  await dialog.getByLabel('Messages are kept').selectOption('30 days');
  await page.locator('.note', { hasText: 'You set messages to be kept for 30 days.' }).waitFor();
  await shot(page, 'rules');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.locator('#rooms').getByRole('img', { name: 'Private room' }).waitFor();
  await page.getByText('Messages are kept for 30 days. Invite them in the settings of the room.')
    .waitFor();
  await shot(page, 'private');

  await pal.locator('.note', { hasText: 'host invited you to #den.' }).last().waitFor();
  await listed(pal).click();
  await pal.locator('#title').getByRole('img', { name: 'Private room' }).waitFor();
  await pal.getByText('Only people whom its owners invite come in and see this room.').waitFor();
  await pal.click('#about');
  await pal.locator('#about-menu').getByRole('button', { name: 'Leave this room' }).waitFor();
  assert.equal(await settings(pal).isVisible(), false);
  await pal.keyboard.press('Escape');

  // To others it is a room that is not there.
  await stranger.reload();
  await online(stranger);
  await stranger.click('#joining');
  await stranger.fill('#join input', 'den');
  await stranger.keyboard.press('Enter');
  await until('a sentence', async () =>
    /There is no room #den/.test(await stranger.textContent('#error')));
  assert.equal(await listed(stranger).count(), 0);

  await page.click('#about');
  await settings(page).click();
  await dialog.getByLabel('Read-only').check();
  await pal.locator('.note', { hasText: 'host made this room read-only' }).waitFor();
  assert.equal(await pal.getAttribute('#text', 'placeholder'), 'Only owners write in #den');
  await say(pal, 'may I?');
  await pal.locator('.message.failed').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.getAttribute('#text', 'placeholder'), 'Message #den');
  await say(page, 'welcome');
  await shown(pal, 'welcome');
  // The name of the room has its place, beside the lock and above a long topic.
  await say(page, '/topic A topic that is longer than a small screen is wide, and goes on.');
  await pal.setViewportSize({ width: 375, height: 720 });
  await pal.locator('#topic', { hasText: 'A topic' }).waitFor();
  assert.ok(await pal.evaluate(() => {
    const { scrollWidth, clientWidth } = document.querySelector('h1');
    return scrollWidth <= clientWidth;
  }));

  await page.click('#about');
  await settings(page).click();
  await dialog.getByRole('button', { name: 'Delete this room…' }).click();
  await dialog.getByRole('button', { name: 'Really delete it for all?' }).click();
  await pal.locator('h1', { hasText: '#lobby' }).waitFor();
  await pal.locator('.note', { hasText: 'You were removed from #den by host: the room is deleted' }).waitFor();
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  for (const of of [page, pal]) {
    await until('it is in no list', async () =>
      await of.locator('#nav button', { hasText: '#den' }).count() === 0);
  }
});
