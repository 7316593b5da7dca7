'use strict';
// Rare events: names that change hands, tabs that are replaced, a server that forgets, a list that
// moves under the fingers.

const assert = require('node:assert/strict');
const { after, before } = require('node:test');
const {
  check, name, online, person, say, shown, startChat, texts, until, visit, visitAs, visitor,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

const heading = (page, text) => page.locator('h1', { hasText: text }).waitFor();
const offline = (page) => page.evaluate(() => dispatchEvent(new Event('offline')));
const back = async (page) => {
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await online(page);
};

check('W7 who takes another name keeps the conversation, its draft and its messages', async () => {
  const page = await visitAs('una2', chat.url);
  const app = await person(chat.url, 'bob2');
  await page.locator('#members', { hasText: 'bob2' }).waitFor();
  await say(page, '/msg bob2 hello');
  await heading(page, 'bob2');
  await page.fill('#text', 'a long text that I am writing');
  await app.ask('nick', { nick: 'rob2' });
  await heading(page, 'rob2');
  await page.getByRole('log', { name: 'Messages in rob2' }).waitFor();
  assert.equal(await page.inputValue('#text'), 'a long text that I am writing');
  await assert.rejects(person(chat.url, 'bob2'), /may come back/);
  await offline(page);
  await chat.restart();
  const eve = await person(chat.url, 'bob2');
  await until('rob2 is back', () => app.of('welcome').length > 1);
  await back(page);
  await heading(page, 'rob2');
  await page.fill('#text', '');
  await say(page, 'meant for rob');
  await app.heard('meant for rob');
  assert.deepEqual(eve.of('message').map((message) => message.text), []);
});

check('W7 who takes my former name while I am away is not me', async () => {
  const page = await visitAs('una10', chat.url);
  await name(page, 'una10b');
  await say(page, '/join #ten');
  await heading(page, '#ten');
  await offline(page);
  await until('it is offline', async () => (await page.textContent('#state')) !== '');
  await assert.rejects(person(chat.url, 'una10'), /may come back/);
  await chat.restart();
  const other = await person(chat.url, 'una10');
  await back(page);
  await other.whisper('una10b', 'not yours');
  await page.locator('#privates', { hasText: 'una10' }).waitFor();
  const entries = await page.locator('#privates').innerText();
  assert.doesNotMatch(entries, /una10b/);
});

check('W7 what is said to one who is away for a moment waits for them', async () => {
  const [page, other] = [await visitAs('una31', chat.url), await visitAs('bob31', chat.url)];
  await page.locator('#members', { hasText: 'bob31' }).waitFor();
  const context = other.context();
  await other.close();
  await page.locator('#members', { hasText: 'bob31' }).waitFor({ state: 'hidden' });
  await say(page, '/msg bob31 for later');
  await page.locator('.note', { hasText: 'bob31 has left and has no account' }).waitFor();
  const again = await visit(chat.url, { context });
  await again.locator('#privates', { hasText: 'una31' }).waitFor();
  await say(again, '/msg una31 thanks');
  await again.locator('.message', { hasText: 'for later' }).waitFor();
  await page.locator('.message', { hasText: 'thanks' }).waitFor();
});

check('W15 what is unread is unread after a reload', async () => {
  const page = await visitAs('una', chat.url);
  const app = await person(chat.url, 'vic');
  await say(page, '/join #elsewhere');
  await heading(page, '#elsewhere');
  await app.say('unread one, una');
  await app.whisper('una', 'secret');
  await until('two unread', async () => (await page.title()).startsWith('(2)'));
  await page.reload();
  await online(page);
  await until('two unread again', async () => (await page.title()).startsWith('(2)'));
  assert.match(await page.locator('#privates').innerText(), /vic/);
});

check('W12 a server that keeps nothing and forgets: what is new is shown in every room', async () => {
  const own = await startChat('--rate', '0', '--db', 'none');
  try {
    const page = await visitAs('nina', own.url, { hash: '#tea' });
    const amy = await person(own.url, 'amy');
    await amy.ask('join', { room: 'tea' });
    for (let number = 0; number < 6; number += 1) await amy.say(`old ${number}`, 'tea');
    await shown(page, 'old 5');
    amy.leave();
    await own.stop();
    await own.start();
    await back(page);
    const again = await person(own.url, 'amy');
    await again.ask('join', { room: 'tea' });
    for (let number = 0; number < 6; number += 1) await again.say(`new ${number}`, 'tea');
    await shown(page, 'new 5');
    const all = await texts(page);
    for (let number = 0; number < 6; number += 1) assert.ok(all.includes(`new ${number}`), `${all}`);
  } finally {
    await own.stop();
  }
});

check('W11 two tabs of one person show the same, and each keeps what is written in it', async () => {
  const context = await visitor();
  const first = await visit(chat.url, { context });
  await name(first, 'una8');
  const second = await visit(chat.url, { context });
  await online(second);
  await first.fill('#text', 'a draft');
  await say(second, 'said in the other tab');
  await second.locator('.message.mine:not(.waiting)', { hasText: 'said in' }).waitFor();
  await first.locator('.message.mine', { hasText: 'said in' }).waitFor();
  assert.equal(await first.inputValue('#text'), 'a draft');
  await first.fill('#text', '');
  await say(first, 'said in the first tab');
  await second.locator('.message.mine', { hasText: 'said in the first' }).waitFor();
  assert.equal(await second.locator('.message', { hasText: 'said in the first' }).count(), 1);
  await online(first);
});

check('W5 what is scrolled to is not announced again', async () => {
  const page = await visitAs('una6', chat.url, { hash: '#live' });
  const app = await person(chat.url, 'bob6');
  await app.ask('join', { room: 'live' });
  // Nothing is drawn while they come, as on a slow machine.
  await page.evaluate(() => {
    globalThis.held = [];
    globalThis.draw = globalThis.requestAnimationFrame;
    globalThis.requestAnimationFrame = (frame) => globalThis.held.push(frame);
  });
  for (let number = 0; number < 500; number += 1) await app.say(`line ${number}`, 'live');
  await page.evaluate(() => {
    globalThis.requestAnimationFrame = globalThis.draw;
    globalThis.held.forEach((frame) => frame());
  });
  await shown(page, 'line 499');
  await page.evaluate(() => {
    globalThis.announced = [];
    const isLive = (node) => node.getAttribute?.('aria-live') !== 'off';
    const note = (list) => list.forEach((one) => announced.push(...[...one.addedNodes].filter(isLive)));
    new MutationObserver(note).observe(document.querySelector('#log'), { childList: true });
  });
  const first = () => page.locator('.message .text').first().textContent();
  const before = await first();
  await until('older ones', async () => {
    await page.evaluate(() => { document.querySelector('#log').scrollTop = 100; });
    return (await first()) !== before;
  });
  assert.equal(await page.evaluate(() => announced.length), 0);
});

check('W8 a list keeps the focus when what is in it changes', async () => {
  const page = await visitAs('una7', chat.url, { hash: '#seven' });
  const app = await person(chat.url, 'bob7');
  await page.locator('#rooms button', { hasText: '#lobby' }).focus();
  await app.say('ping');
  await until('an unread one', async () => (await page.title()).startsWith('(1)'));
  const focused = await page.evaluate(() => document.activeElement.textContent);
  assert.match(focused, /#lobby/);
});

check('W8 Tab completes nothing that was sent already', async () => {
  const page = await visitAs('una5', chat.url);
  await person(chat.url, 'zed-a');
  await person(chat.url, 'zed-b');
  await page.locator('#members', { hasText: 'zed-b' }).waitFor();
  await page.focus('#text');
  await page.keyboard.type('hi zed');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until('it is sent', async () => (await page.inputValue('#text')) === '');
  await page.keyboard.press('Tab');
  assert.equal(await page.inputValue('#text'), '');
});

check('W23 a room that cannot be joined is told of', async () => {
  const page = await visitAs('una9', chat.url);
  const app = await person(chat.url, 'bob9');
  await app.ask('join', { room: 'nine' });
  await page.click('#joining');
  const nine = page.locator('#elsewhere button', { hasText: '#nine' });
  await nine.waitFor();
  await offline(page);
  await nine.click();
  await until('a word', async () => (await page.textContent('#error')) !== '');
});

check('W13 what is typed and not sent is there after a reload, in each conversation', async () => {
  const page = await visitAs('una11', chat.url, { hash: '#eleven' });
  await say(page, '/join #twelve');
  await heading(page, '#twelve');
  await page.fill('#text', 'for twelve');
  await page.locator('#rooms button', { hasText: '#eleven' }).click();
  await heading(page, '#eleven');
  await page.fill('#text', 'for eleven\nand more');
  await page.reload();
  await online(page);
  assert.equal(await page.inputValue('#text'), 'for eleven\nand more');
  await page.locator('#rooms button', { hasText: '#twelve' }).click();
  await heading(page, '#twelve');
  await until('its draft', async () => await page.inputValue('#text') === 'for twelve');
  await page.press('#text', 'Enter');
  await shown(page, 'for twelve');
  await page.reload();
  await online(page);
  assert.equal(await page.inputValue('#text'), '');
});

check('W13 what is typed before the page is there stays', async () => {
  const context = await visitor();
  let isHeld = true;
  const held = [];
  await context.route(/app\.js$/, (route) => (isHeld ? held.push(route) : route.continue()));
  const page = await context.newPage();
  await page.goto(chat.url, { waitUntil: 'commit' });
  await page.fill('#text', 'so early');
  isHeld = false;
  await Promise.all(held.map((route) => route.continue()));
  await online(page);
  assert.equal(await page.inputValue('#text'), 'so early');
});

check('W21 what is typed before a room is joined stays, however the room is written', async () => {
  const own = await startChat('--rate', '0');
  try {
    const page = await visit(own.url, { hash: '#Tea' });
    await heading(page, '#tea');
    await own.stop();
    await page.locator('#state', { hasText: 'Reconnecting' }).waitFor();
    await page.evaluate(() => { location.hash = '#Coffee'; });
    await heading(page, '#coffee');
    await say(page, 'said before it was joined');
    await page.fill('#text', 'typed before it was joined');
    await own.start();
    await back(page);
    await page.locator('.message.mine:not(.waiting)', { hasText: 'said before' }).waitFor();
    await page.locator('#members', { hasText: 'you' }).waitFor({ state: 'attached' });
    assert.equal(await page.inputValue('#text'), 'typed before it was joined');
    assert.equal(await page.textContent('h1'), '#coffee');
  } finally {
    await own.stop();
  }
});

check('W21 going to a room shows it, even from the results of a search', async () => {
  const page = await visitAs('una13', chat.url, { hash: '#thirteen' });
  const found = page.locator('#found');
  await say(page, '/search nothing');
  await found.waitFor();
  await page.locator('#rooms button', { hasText: '#lobby' }).click();
  await heading(page, '#lobby');
  assert.equal(await found.isVisible(), false);
  await say(page, '/search nothing');
  await found.waitFor();
  await page.goBack();
  await heading(page, '#thirteen');
  assert.equal(await found.isVisible(), false);
  assert.equal(await page.locator('#log').isVisible(), true);
});

check('W18 typing is told at most every 3 s, whatever is typed', async () => {
  const page = await visitAs('una14', chat.url, { hash: '#fourteen' });
  const app = await person(chat.url, 'bob14');
  await app.ask('join', { room: 'fourteen' });
  const heard = () => app.of('typing').map(({ on }) => on);
  await page.fill('#text', 'a');
  await until('typing', () => heard().length === 1);
  for (const text of ['', 'b', '', 'c', '', 'd']) await page.fill('#text', text);
  await say(page, 'the end');
  await app.heard('the end');
  assert.deepEqual(heard(), [true, false]);
});

check('W23 history that cannot be loaded is not said to be none', async () => {
  const app = await person(chat.url, 'bob15');
  await app.ask('join', { room: 'fifteen' });
  for (let number = 0; number < 120; number += 1) await app.say(`line ${number}`, 'fifteen');
  const page = await visitAs('una15', chat.url, { hash: '#fifteen' });
  await shown(page, 'line 119');
  await offline(page);
  await say(page, '/history');
  await page.locator('#error', { hasText: 'cannot be loaded now' }).waitFor();
  assert.equal(await page.inputValue('#text'), '/history');
});

check('W16 a room where nothing was said shows its beginning', async () => {
  const page = await visit(chat.url, { hash: '#sixteen' });
  await page.locator('.start', { hasText: 'This is where it began' }).waitFor();
});

check('W14 who reads further up stays there when the window becomes another', async () => {
  const app = await person(chat.url, 'bob17');
  await app.ask('join', { room: 'seventeen' });
  const words = 'with quite a few words, so that it takes more lines where there is less room. ';
  for (let number = 0; number < 60; number += 1) {
    await app.say(`line ${number} ${words.repeat(3)}`, 'seventeen');
  }
  const page = await visit(chat.url, { hash: '#seventeen' });
  await page.locator('.message', { hasText: 'line 59' }).waitFor();
  // Its distance below the log's upper edge.
  const place = (by) => page.evaluate((wanted) => {
    const log = document.querySelector('#log');
    const row = [...log.querySelectorAll('.message')]
      .find((one) => one.textContent.includes('line 30 '));
    const below = row.getBoundingClientRect().top - log.getBoundingClientRect().top;
    if (wanted) log.scrollTop += below - wanted;
    return below;
  }, by);
  await place(20);
  await page.locator('#pill').waitFor();
  for (const [width, height] of [[375, 812], [1280, 800], [320, 568]]) {
    await page.setViewportSize({ width, height });
    await until('the same place', async () => Math.abs(await place() - 20) <= 1, 3_000);
  }
});

check('W15 in a busy room, too, the title counts what comes while nobody looks', async () => {
  const page = await visit(chat.url, { hash: '#eighteen' });
  const app = await person(chat.url, 'bob18');
  await app.ask('join', { room: 'eighteen' });
  // The page asks for a frame and gets none, as in a hidden tab.
  await page.evaluate(() => {
    globalThis.asked = 0;
    globalThis.requestAnimationFrame = () => { asked += 1; };
  });
  await app.say('just before', 'eighteen');
  await until('a frame is asked for', () => page.evaluate(() => asked > 0));
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await app.say('while nobody looked', 'eighteen');
  await until('the title', async () => /^\([12]\) #eighteen/.test(await page.title()));
});

check('W20 who would rather stay a guest is not asked again on each return', async () => {
  await person(chat.url, 'popular');
  const page = await visit(chat.url, { isEarly: true, init: () => {
    localStorage.setItem('mio-chat:/:me', JSON.stringify({ nick: 'popular' }));
  } });
  const form = page.getByRole('dialog', { name: 'Your name' });
  await form.waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  const app = await person(chat.url, 'bob19');
  await offline(page);
  await back(page);
  await app.say('after the return');
  await shown(page, 'after the return');
  assert.equal(await form.isVisible(), false);
});

check('W10 a drawer that is open is a list again where there is room for it', async () => {
  const page = await visit(chat.url, { viewport: { width: 375, height: 812 } });
  await person(chat.url, 'drawn-10');
  const box = (id) => page.locator(id).boundingBox();
  await page.click('#menu');
  await page.setViewportSize({ width: 812, height: 375 });
  assert.deepEqual([(await box('#nav')).y, (await box('main')).x], [0, 256]);
  await page.setViewportSize({ width: 375, height: 812 });
  await page.keyboard.press('Escape');
  await page.click('#people');
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual([(await box('#members')).y, (await box('#members')).width], [0, 224]);
});

check('W16 the place is kept by who is at the very top, too', async () => {
  const app = await person(chat.url, 'bob21');
  await app.ask('join', { room: 'top' });
  for (let at = 0; at < 90; at += 1) await app.say(`row ${at}`, 'top');
  const page = await visit(chat.url, { hash: '#top' });
  await shown(page, 'row 89');
  const first = await page.locator('#log').evaluate((log) => {
    log.scrollTop = 0;
    const row = log.querySelector('.text');
    return [row.textContent, row.getBoundingClientRect().top];
  });
  await shown(page, 'row 0');
  const top = await page.locator('#log').evaluate((log, text) => [...log.querySelectorAll('.text')]
    .find((row) => row.textContent === text).getBoundingClientRect().top, first[0]);
  assert.ok(Math.abs(top - first[1]) < 60, `${top}, not ${first}`);
});

check('W16 what was found is shown, however far back, and after a reload', async () => {
  const app = await person(chat.url, 'bob20');
  await app.ask('join', { room: 'twenty' });
  const words = Array.from({ length: 1_200 }, (_, at) => `hay ${at}`);
  words[30] = 'an early needle';
  words[1_100] = 'a late pin';
  for (const text of words) await app.say(text, 'twenty');
  const page = await visit(chat.url, { hash: '#twenty' });
  await shown(page, 'hay 1199');
  await say(page, '/join #lobby');
  await heading(page, '#lobby');
  await page.reload();
  await online(page);
  // Whether the found message is at the upper edge.
  const isThere = (text) => page.locator('#log').evaluate((log, wanted) => {
    const row = [...log.querySelectorAll('.message')]
      .find((one) => one.textContent.includes(wanted));
    const { top } = log.getBoundingClientRect();
    return Math.abs((row?.getBoundingClientRect().top ?? Infinity) - top) < 100;
  }, text);
  for (const text of ['late pin', 'early needle']) {
    await say(page, `/search ${text}`);
    await page.locator('#found li', { hasText: text }).getByRole('link').click();
    await heading(page, '#twenty');
    await until(text, () => isThere(text));
    await say(page, '/join #lobby');
    await heading(page, '#lobby');
  }
  await page.locator('#rooms button', { hasText: '#twenty' }).click();
  await shown(page, 'hay 1199');
  assert.equal(await page.locator('#log').getByText('hay 1150').count(), 1);
});
