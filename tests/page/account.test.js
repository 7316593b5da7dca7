'use strict';
// Accounts in the page: a name of one's own, signing in elsewhere, devices, and chats that are not
// open to everybody.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const {
  check, online, person, say, shown, startChat, until, visit, visitAs,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

const PASSWORD = 'correct horse';
const told = (page) => page.textContent('#account-error');

async function openAccount(page) {
  await page.click('#settings');
  await page.click('#signing');
}

/** Makes the visitor's name theirs. */
async function register(page) {
  await openAccount(page);
  await page.click('#account-other');
  await page.fill('#account-password', PASSWORD);
  await page.press('#account-password', 'Enter');
  await page.locator('#account').waitFor({ state: 'hidden' });
}

async function signIn(page, nick, password = PASSWORD) {
  await page.fill('#account-name', nick);
  await page.fill('#account-password', password);
  await page.press('#account-password', 'Enter');
}

check('W53 a name is made one’s own, and signed in to from another browser', async () => {
  const page = await visitAs('alice', chat.url);
  await openAccount(page);
  assert.equal(await page.textContent('#account-title'), 'Sign in');
  await page.click('#account-other');
  assert.equal(await page.textContent('#account-title'), 'Make your name yours');
  await page.fill('#account-password', 'short');
  await page.press('#account-password', 'Enter');
  await until('a sentence', async () => /8 to 128 bytes/.test(await told(page)));
  await page.fill('#account-password', PASSWORD);
  await page.press('#account-password', 'Enter');
  await page.locator('#account').waitFor({ state: 'hidden' });
  await assert.rejects(person(chat.url, 'alice'), /alice is registered/);
  await page.reload();
  await online(page);
  assert.match(await page.textContent('#me'), /^alice/);
  // Elsewhere, from the card of arrival.
  const other = await visit(chat.url);
  await other.click('#arrival-signing');
  await signIn(other, 'alice', 'wrong horse');
  await until('a sentence', async () => await told(other) === 'That is not alice\'s password');
  await signIn(other, 'Alice');
  await other.locator('#account').waitFor({ state: 'hidden' });
  await until('the name', async () => /^alice/.test(await other.textContent('#me')));
  await other.locator('.note', { hasText: 'You are signed in as alice.' }).waitFor();
  assert.equal(await other.locator('#arrival').isVisible(), false);
  await say(other, 'from elsewhere');
  await shown(other, 'from elsewhere');
  await other.reload();
  await online(other);
  assert.match(await other.textContent('#me'), /^alice/);
  // Devices are listed, ended, and the last one is signed out.
  await openAccount(other);
  const devices = other.locator('#device-list li');
  await until('the other device', async () => await devices.count() === 1);
  assert.match(await devices.textContent(), /^A browser, since .*\d, here now/);
  await other.click('#own [aria-label="End device 1"]');
  await until('none', async () => await devices.count() === 0);
  assert.equal(await other.evaluate(() => document.activeElement.textContent), 'Done');
  await other.click('#own .ends .quiet');
  await other.locator('#own').waitFor({ state: 'hidden' });
  await until('a guest', async () => /^guest-/.test(await other.textContent('#me')));
  await other.locator('.note', { hasText: /^You have signed out, and are guest-\d+ now\.$/ })
    .waitFor();
  assert.equal(await other.evaluate(() => document.activeElement.id), 'text');
  await other.reload();
  await online(other);
  assert.match(await other.textContent('#me'), /^guest-/);
  assert.deepEqual([page.problems, other.problems], [[], []]);
});

check('W53 a chat for people with an account or an invitation lets in nobody else', async () => {
  const closed = await startChat('--rate', '0');
  try {
    const first = await visitAs('alice', closed.url);
    await register(first);
    await first.close();
    closed.flags.push('--access', 'invite');
    await closed.restart();
    const page = await visit(closed.url, { isEarly: true });
    await page.locator('#account').waitFor();
    assert.equal(await page.textContent('#account-title'), 'Come in');
    assert.equal(await told(page), '');
    await signIn(page, 'alice', 'wrong horse');
    await until('a sentence', async () => await told(page) === 'That is not alice\'s password');
    await signIn(page, 'alice');
    await online(page);
    assert.equal(await page.locator('#account').isVisible(), false);
    assert.match(await page.textContent('#me'), /^alice/);
    // An invitation is a link that opens the page with the card of arrival.
    await page.click('#settings');
    await page.click('#invite');
    const link = page.locator('#link');
    await until('a link', async () => /#invite=[a-z0-9-]{19}$/.test(await link.textContent()));
    const url = await link.textContent();
    const guest = await visit(url);
    await guest.locator('#arrival').waitFor();
    assert.ok(!guest.url().includes('invite'), 'the code does not stay in the address');
    await say(guest, 'thank you');
    await shown(page, 'thank you');
    await guest.reload();
    await online(guest);
    // It was for one person, and a code can be typed too.
    const late = await visit(url, { isEarly: true });
    await late.locator('#account').waitFor();
    await late.fill('#account-code', new URL(url).hash.slice(8));
    await late.press('#account-code', 'Enter');
    await until('a sentence', async () => /it has been used/.test(await told(late)));
    assert.deepEqual([page.problems, guest.problems, late.problems], [[], [], []]);
  } finally {
    await closed.stop();
  }
});

check('W59 a private message to somebody away waits for an account, and for no guest', async () => {
  const page = await visitAs('bob-59', chat.url);
  const kira = await person(chat.url, 'kira-59');
  await kira.ask('register', { password: PASSWORD });
  kira.leave();
  const app = await person(chat.url, 'looker-59');
  await until('she has gone', async () => !(await app.ask('who', { room: 'lobby' })).members
    .some(({ nick }) => nick === 'kira-59'));
  await say(page, '/msg kira-59 for later');
  await page.locator('#log', { hasText: 'kira-59 is away and gets it later.' }).waitFor();
  app.leave();
  await until('he has gone', async () => !(await page.textContent('#members')).includes('looker-59'));
  await say(page, '/msg looker-59 for nobody');
  await page.locator('.message', { hasText: /has left and has no account/ }).waitFor();
  const other = await visit(chat.url);
  await other.click('#arrival-signing');
  await signIn(other, 'kira-59');
  const unread = other.locator('#privates li', { hasText: 'bob-59' });
  await until('what waited', async () => /1/.test(await unread.textContent().catch(() => '')
    .then((text) => text.replace('bob-59', ''))));
  await unread.locator('button, a').first().click();
  await shown(other, 'for later');
});
