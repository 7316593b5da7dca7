'use strict';
// Being told of messages while the page is not looked at.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const {
  check, online, pageModule, person, shown, startChat, until, visitAs,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

/** Notes notifications and tones in place of the desktop, which a test has not. */
function desktop() {
  globalThis.told = [];
  globalThis.tones = 0;
  globalThis.badges = [];
  navigator.setAppBadge = async (count) => badges.push(count);
  globalThis.Notification = class {
    static permission = localStorage.getItem('permission') ?? 'default';

    static async requestPermission() {
      localStorage.setItem('permission', globalThis.answer);
      Notification.permission = globalThis.answer;
      return globalThis.answer;
    }

    constructor(title, options) {
      told.push({ title, ...options, note: this });
    }

    close() {
      this.isClosed = true;
    }
  };
  const node = () => ({
    frequency: {}, gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} },
    connect: (next) => next, start() { tones += 1; }, stop() {},
  });
  globalThis.AudioContext = class {
    currentTime = 0;

    createOscillator = node;

    createGain = node;
  };
}

const look = (page, isLooked) => page.evaluate((it) => {
  Object.defineProperty(document, 'hidden', { configurable: true, value: !it });
  document.hasFocus = () => it;
  document.dispatchEvent(new Event('visibilitychange'));
}, isLooked);
const told = (page) => page.evaluate(() =>
  globalThis.told.map(({ title, body, tag }) => [title, body, tag]));

check('W7 a screen reader is told who writes in another conversation', async () => {
  const page = await visitAs('listener', chat.url, { init: desktop });
  await look(page, true);
  const app = await person(chat.url, 'writer');
  const heard = page.getByRole('status').getByText('writer writes to you in private.');
  await app.whisper('listener', 'psst');
  await heard.waitFor({ state: 'attached' });
  // Once more is news again, though the words are the same.
  await heard.evaluate((one) => { globalThis.first = one; });
  await app.whisper('listener', 'psst again');
  await page.waitForFunction(() => first !== document.querySelector('#told span'));
  // The log itself announces what is said in the conversation that is shown.
  await app.say('listener: good morning');
  await shown(page, 'listener: good morning');
  assert.equal(await page.textContent('#told'), 'writer writes to you in private.');
  assert.deepEqual(await told(page), []);
});

test('W41 which messages are worth telling', async () => {
  const { isWorth } = await pageModule('conversation.js');
  const [room, two] = [{ isPrivate: false }, { isPrivate: true }];
  const of = (it, text, level) => isWorth(it, { text }, 'ann', level);
  assert.deepEqual([of(room, 'hi'), of(room, 'hi Ann!'), of(room, 'hi annette'), of(two, 'hi')],
    [false, true, false, true]);
  assert.deepEqual([of(room, 'hi', 'all'), of(room, 'ann', 'nothing'), of(two, 'hi', 'nothing')],
    [true, false, false]);
});

check('W41 notifications: asked for with a reason, for mentions and private messages', async () => {
  const page = await visitAs('told', chat.url, { hash: '#news', init: desktop });
  const app = await person(chat.url, 'teller');
  await app.ask('join', { room: 'news' });
  // Nothing is asked before the person wants it.
  await look(page, false);
  await app.say('told: too early', 'news');
  await shown(page, 'told: too early');
  assert.deepEqual(await told(page), []);
  await look(page, true);

  const open = async () => {
    await page.click('#settings');
    await page.click('#notify');
    await page.getByRole('dialog', { name: 'Notifications' }).waitFor();
  };
  await open();
  await page.evaluate(() => { globalThis.answer = 'denied'; });
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.locator('#telling-error', { hasText: 'The browser does not allow it.' }).waitFor();
  await page.evaluate(() => { globalThis.answer = 'granted'; });
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.locator('#telling').waitFor({ state: 'hidden' });
  // One shows what will come.
  assert.deepEqual((await told(page)).map(([title]) => title), ['Notifications are on']);
  await page.evaluate(() => { globalThis.told = []; });

  await app.say('told: while you look', 'news');
  await shown(page, 'told: while you look');
  await look(page, false);
  for (const text of ['nobody is named', 'hello told', `told ${'x'.repeat(500)}`]) {
    await app.say(text, 'news');
  }
  await app.whisper('told', 'psst \u202e');
  await until('three', async () => (await told(page)).length === 3);
  const all = await told(page);
  assert.deepEqual(all[0], ['teller in #news', 'hello told', 'news']);
  assert.equal(all[1][1].length, 200);
  assert.deepEqual(all[2], ['teller', 'psst \\u{202e}', '@teller']);
  await page.evaluate(() => globalThis.told[2].note.onclick());
  await page.locator('h1', { hasText: 'teller' }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.told[2].note.isClosed), true);

  // It is kept, and can be turned off again.
  await look(page, true);
  await page.reload();
  await online(page);
  await page.evaluate(() => { globalThis.answer = 'granted'; });
  await look(page, false);
  await app.say('told: after the reload', 'news');
  await until('it is told', async () => (await told(page)).length === 1);
  await look(page, true);
  await open();
  await page.getByRole('button', { name: 'Turn off' }).click();
  await look(page, false);
  await app.say('told: no more', 'news');
  await page.locator('#rooms', { hasText: '@' }).waitFor();
  assert.equal((await told(page)).length, 1);
});

check('W41 a phone shows notifications by the worker, or says that it cannot', async () => {
  const page = await visitAs('pocketed', chat.url, { hash: '#pockets', init: () => {
    globalThis.told = [];
    globalThis.Notification = class {
      static permission = 'granted';

      static requestPermission = async () => 'granted';

      constructor() {
        throw new TypeError('Illegal constructor');
      }
    };
    const heard = new EventTarget();
    heard.register = async () => undefined;
    heard.getRegistration = async () => globalThis.worker;
    Object.defineProperty(navigator, 'serviceWorker', { value: heard });
  } });
  const app = await person(chat.url, 'caller-of-phones');
  await app.ask('join', { room: 'pockets' });
  const turnOn = async () => {
    await page.click('#settings');
    await page.click('#notify');
    await page.getByRole('button', { name: 'Turn on' }).click();
  };
  await turnOn();
  await page.locator('#telling-error', { hasText: 'Add the page to the home screen' }).waitFor();
  await page.keyboard.press('Escape');
  await page.click('#settings');
  await page.getByRole('button', { name: 'Notifications: off' }).waitFor();
  await page.keyboard.press('Escape');
  await page.evaluate(() => {
    globalThis.worker = {
      showNotification: async (title, options) => { told.push({ title, ...options }); },
    };
  });
  await turnOn();
  await page.locator('#telling').waitFor({ state: 'hidden' });
  await look(page, false);
  await app.whisper('pocketed', 'psst');
  await until('it is told', async () => (await told(page)).length === 2);
  assert.deepEqual((await told(page))[1], ['caller-of-phones', 'psst', '@caller-of-phones']);
  // The worker sends on which one was chosen.
  await page.evaluate(() => navigator.serviceWorker.dispatchEvent(
    new MessageEvent('message', { data: globalThis.told[1].data }),
  ));
  await page.locator('h1', { hasText: 'caller-of-phones' }).waitFor();
});

check('W41 a browser that refuses a notification loses no message', async () => {
  const page = await visitAs('mobile', chat.url, { hash: '#mobile', init: () => {
    localStorage.setItem('mio-chat:/:notify', JSON.stringify({ isOn: true, hasSound: true }));
    globalThis.Notification = class {
      static permission = 'granted';

      constructor() {
        throw new TypeError('Illegal constructor');
      }
    };
    globalThis.AudioContext = undefined;
  } });
  const app = await person(chat.url, 'caller-41');
  await app.ask('join', { room: 'mobile' });
  await page.click('#settings');
  await page.getByRole('button', { name: 'Sound: on' }).waitFor();
  await page.keyboard.press('Escape');
  await look(page, false);
  await app.say('mobile: hello', 'mobile');
  await shown(page, 'mobile: hello');
  await until('it is counted', async () => (await page.title()).startsWith('(1)'));
});

check('W42 each room has a level: all, mentions, nothing', async () => {
  const page = await visitAs('level', chat.url, { hash: '#levels', init: () => {
    localStorage.setItem('permission', 'granted');
    localStorage.setItem('mio-chat:/:notify', JSON.stringify({ isOn: true }));
  } });
  await page.addInitScript(desktop);
  await page.reload();
  await online(page);
  const app = await person(chat.url, 'leveller');
  await app.ask('join', { room: 'levels' });
  const choose = async (label) => {
    await page.getByRole('button', { name: /^Tell me about #levels/ }).click();
    await page.getByRole('radio', { name: label }).check();
    await page.keyboard.press('Escape');
  };
  const say = async (text) => {
    await look(page, false);
    await app.say(text, 'levels');
    await page.locator('.message', { hasText: text }).waitFor();
    await look(page, true);
    return (await told(page)).map(([, body]) => body);
  };
  assert.deepEqual(await say('usual one'), []);
  await choose('All messages');
  assert.deepEqual(await say('one of all'), ['one of all']);
  await page.getByRole('button', { name: 'Tell me about #levels: All messages' }).click();
  await page.keyboard.press('Escape');
  await choose('Nothing');
  assert.deepEqual(await say('level: unheard'), ['one of all']);
  await choose('Messages that name me');
  assert.deepEqual(await say('level: heard'), ['one of all', 'level: heard']);
});

check('W43 a sound only if it is wanted, and a number at the icon', async () => {
  const page = await visitAs('quiet', chat.url, { hash: '#tones', init: desktop });
  const app = await person(chat.url, 'caller');
  await app.ask('join', { room: 'tones' });
  const tones = () => page.evaluate(() => globalThis.tones);
  await look(page, false);
  await app.say('quiet: one', 'tones');
  await shown(page, 'quiet: one');
  await until('the number', async () => await page.evaluate(() => badges.at(-1)) === 1);
  assert.equal(await tones(), 0);
  await look(page, true);
  await until('no number', async () => await page.evaluate(() => badges.at(-1)) === 0);
  await page.click('#settings');
  await page.getByRole('button', { name: 'Sound: off' }).click();
  await page.getByRole('button', { name: 'Sound: on' }).waitFor();
  // It is heard once, as a sample.
  assert.equal(await tones(), 1);
  await page.keyboard.press('Escape');
  await app.say('quiet: while you look', 'tones');
  await shown(page, 'quiet: while you look');
  assert.equal(await tones(), 1);
  await look(page, false);
  await app.say('quiet: two', 'tones');
  await until('a tone', async () => await tones() === 2);
});
