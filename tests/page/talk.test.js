'use strict';
// People's actions on the page, with other people on pages and at netcat, and alone.

const assert = require('node:assert/strict');
const { after, before } = require('node:test');
const {
  TRANSPORT, atNetcat, check, name, online, person, say, shown, startChat, texts, until, visit, visitAs,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());
const by = `; ${TRANSPORT}`;

const badge = (page, list, nick) =>
  page.locator(`#${list} li`, { hasText: nick }).locator('.badge');

check(`everybody hears everybody: two pages, netcat, a program${by}`, async () => {
  const alice = await visitAs('alice', chat.url);
  const bob = await visitAs('bob', chat.url);
  const nora = await atNetcat(chat, 'nora');
  const app = await person(chat.url, 'app-1');
  await say(alice, 'from alice');
  await Promise.all([shown(bob, 'from alice'), nora.heard('<alice> from alice'),
    app.heard('from alice')]);
  nora.say('from netcat 👋');
  await Promise.all([shown(alice, 'from netcat 👋'), shown(bob, 'from netcat 👋')]);
  await app.say('two\nlines');
  await alice.waitForFunction(() => [...document.querySelectorAll('.text')]
    .some((one) => one.textContent === 'two\nlines' && getComputedStyle(one).whiteSpace
      .startsWith('pre')));
});

check(`W7 private messages have an entry with a count, reached by keyboard${by}`, async () => {
  const page = await visitAs('pia', chat.url);
  const quentin = await person(chat.url, 'quentin');
  await quentin.whisper('pia', 'psst one');
  await quentin.whisper('pia', 'psst two');
  await until('the count', async () => await badge(page, 'privates', 'quentin').textContent()
    .catch(() => '') === '2 unread');
  assert.match(await page.title(), /^\(2\) #lobby/);
  await page.focus('#text');
  await page.keyboard.press('Alt+ArrowDown');
  await shown(page, 'psst two');
  assert.deepEqual((await texts(page)).slice(-2), ['psst one', 'psst two']);
  assert.equal(await page.locator('h1').textContent(), 'quentin');
  await say(page, 'and back');
  await quentin.heard('and back');
  assert.equal(quentin.of('message').at(-1).to, 'quentin');
  assert.equal(await badge(page, 'privates', 'quentin').count(), 0);
});

check(`who takes a name that was left gets nothing without a word${by}`, async () => {
  const page = await visitAs('uma', chat.url);
  const first = await atNetcat(chat, 'vic');
  await say(page, '/msg vic the key is 4711');
  await first.heard('the key is 4711');
  first.say('/quit');
  await first.heard('* bye');
  const second = await atNetcat(chat, 'vic');
  await say(page, 'and the code is 42');
  await page.locator('.failed', { hasText: 'vic is another person now' }).waitFor();
  await say(page, 'never sent');
  await page.locator('.failed').nth(1).waitFor();
  // Also after a reload.
  await page.reload();
  await online(page);
  await say(page, 'nor this');
  await page.locator('.failed').nth(2).waitFor();
  const button = (text, what) => page.locator('.message', { hasText: text })
    .getByRole('button', { name: what });
  await button('never sent', 'Discard').click();
  await button('nor this', 'Discard').click();
  await button('and the code is 42', 'Send to this vic').click();
  await second.heard('and the code is 42');
  await page.locator('.note', { hasText: 'From here on, vic is another person.' }).waitFor();
  assert.equal(await page.locator('.failed').count(), 0);
  await say(page, 'more');
  await second.heard('more');
  assert.ok(!second.has('never sent') && !second.has('nor this') && !second.has('4711'));

  second.say('/quit');
  await second.heard('* bye');
  const third = await atNetcat(chat, 'vic');
  third.say('/msg uma I am the third');
  await shown(page, 'I am the third');
  await page.locator('.note', { hasText: 'This vic is another person than before.' }).waitFor();
  await say(page, 'for the second');
  await page.locator('.failed').waitFor();
  await say(page, '/reply for the third');
  await third.heard('for the third');
  assert.ok(!third.has('for the second'));
});

check(`W8 keys: Enter, Shift+Enter, composition, Tab, Esc, Alt with arrows${by}`, async () => {
  const page = await visitAs('kay', chat.url);
  await person(chat.url, 'bartholomew');
  await person(chat.url, 'barbara');
  await page.locator('#members', { hasText: 'barbara' }).waitFor();
  await page.focus('#text');
  await page.keyboard.type('first');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('second');
  assert.equal(await page.inputValue('#text'), 'first\nsecond');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => [...document.querySelectorAll('.text')]
    .some((one) => one.textContent === 'first\nsecond'));
  assert.equal(await page.inputValue('#text'), '');

  // The events of an input method while it composes, and with its last key.
  await page.keyboard.type('kana');
  for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
    await page.locator('#text').dispatchEvent('keydown', { key: 'Enter', ...init });
  }
  assert.equal(await page.inputValue('#text'), 'kana');

  await page.fill('#text', 'bar');
  await page.keyboard.press('Tab');
  assert.equal(await page.inputValue('#text'), 'barbara: ');
  await page.keyboard.press('Tab');
  assert.equal(await page.inputValue('#text'), 'bartholomew: ');
  await page.fill('#text', 'hello @BARB');
  await page.keyboard.press('Tab');
  assert.equal(await page.inputValue('#text'), 'hello barbara ');
  // After no partial word, Tab goes on as it does everywhere.
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Send');

  await page.fill('#text', '/join #side');
  await page.press('#text', 'Enter');
  await page.locator('h1', { hasText: '#side' }).waitFor();
  await page.keyboard.press('Alt+ArrowUp');
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  await page.keyboard.press('Alt+ArrowDown');
  await page.locator('h1', { hasText: '#side' }).waitFor();

  await page.click('#searching');
  assert.equal(await page.isVisible('#words'), true);
  await page.keyboard.press('Escape');
  assert.equal(await page.isVisible('#words'), false);
  await page.click('#me');
  await page.keyboard.press('Escape');
  assert.equal(await page.isVisible('#naming'), false);
  await page.focus('#text');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.ok(parseFloat(outline) >= 2, outline);
});

check(`W13 send states: at once, sent, failed with Retry and Discard${by}`, async () => {
  const page = await visitAs('sam', chat.url);
  const other = await person(chat.url, 'tess');
  await say(page, 'on its way');
  await page.locator('.message.mine:not(.waiting)', { hasText: 'on its way' }).waitFor();
  await other.heard('on its way');

  await page.fill('#text', '/msg ghost boo');
  await page.press('#text', 'Enter');
  const failed = page.locator('.message.failed', { hasText: 'boo' });
  await failed.waitFor();
  assert.match(await failed.textContent(), /Not sent: .*ghost\. Retry/);
  const ghost = await person(chat.url, 'ghost');
  await failed.getByRole('button', { name: 'Retry' }).click();
  await ghost.heard('boo');
  await failed.waitFor({ state: 'detached' });
  ghost.leave();
  await until('the ghost has gone', async () =>
    !(await other.ask('who', { room: 'lobby' })).members.some(({ nick }) => nick === 'ghost'));
  await say(page, 'still there?');
  await failed.waitFor({ state: 'detached' });
  const left = page.locator('.message.failed', { hasText: 'still there?' });
  await left.getByRole('button', { name: 'Discard' }).click();
  await left.waitFor({ state: 'detached' });
  assert.equal(ghost.of('message').filter(({ text }) => text === 'boo').length, 1);
});

check(`W14 the end is followed; who has scrolled up stays, and has a pill${by}`, async () => {
  const app = await person(chat.url, 'scroller');
  await app.ask('join', { room: 'long' });
  for (let at = 0; at < 60; at += 1) await app.say(`line ${at}`, 'long');
  const page = await visit(chat.url, { hash: '#long' });
  await shown(page, 'line 59');
  const rest = () => page.evaluate(() => {
    const log = document.querySelector('#log');
    return log.scrollHeight - log.clientHeight - log.scrollTop;
  });
  await until('the end', async () => await rest() < 2);
  await app.say('followed', 'long');
  await shown(page, 'followed');
  await until('the end', async () => await rest() < 2);

  await page.evaluate(() => {
    document.querySelector('#log').scrollTop -= 500;
  });
  const place = () => page.evaluate(() => {
    const { top } = document.querySelector('#log').getBoundingClientRect();
    const row = [...document.querySelectorAll('.message')]
      .find((one) => one.getBoundingClientRect().top > top);
    return [row.textContent, row.getBoundingClientRect().top];
  });
  await page.locator('#pill', { hasText: 'Latest messages' }).waitFor();
  const before = await place();
  await app.say('unseen one', 'long');
  await app.say('unseen two', 'long');
  await page.locator('#pill', { hasText: '2 new messages' }).waitFor();
  const now = await place();
  assert.equal(now[0], before[0]);
  assert.ok(Math.abs(now[1] - before[1]) < 1, `${now}, not ${before}`);
  await page.click('#pill');
  await until('the end', async () => await rest() < 2);
  await page.locator('#pill').waitFor({ state: 'hidden' });

  await page.evaluate(() => {
    document.querySelector('#log').scrollTop -= 500;
  });
  await page.locator('#pill').waitFor();
  await say(page, 'my own');
  await shown(page, 'my own');
  await until('the end', async () => await rest() < 2);
});

check(`W15 unread: where the reader stopped, the title, mentions${by}`, async () => {
  const page = await visitAs('una', chat.url);
  const app = await person(chat.url, 'vic');
  await app.say('read before');
  await shown(page, 'read before');
  await say(page, '/join #elsewhere');
  await page.locator('h1', { hasText: '#elsewhere' }).waitFor();
  await app.say('unread one');
  await app.say('unread two, Una!');
  await app.say('unread, but nobody is unalike');
  await until('the title', async () => (await page.title()).startsWith('(3) #elsewhere'));
  assert.equal(await badge(page, 'rooms', '#lobby').textContent(), '@ 3 unread');
  await page.locator('#rooms button', { hasText: '#lobby' }).click();
  await shown(page, 'unread one');
  const rows = await page.locator('#log > :not(.note)').evaluateAll((all) =>
    all.slice(-5).map((one) => one.querySelector('.text')?.textContent ?? one.textContent));
  assert.deepEqual(rows, ['read before', 'New messages', 'unread one', 'unread two, Una!',
    'unread, but nobody is unalike']);
  const marked = await page.locator('.mention .text').allTextContents();
  assert.deepEqual(marked, ['unread two, Una!']);
  assert.match(await page.locator('.mention').textContent(), /names you/);
  await until('the title', async () => (await page.title()).startsWith('#lobby'));
});

check(`W15 what comes while nobody looks is unread${by}`, async () => {
  const page = await visitAs('wim', chat.url, { hash: '#hidden' });
  const app = await person(chat.url, 'hider');
  await app.ask('join', { room: 'hidden' });
  await app.say('while somebody looked', 'hidden');
  await shown(page, 'while somebody looked');
  const hide = (isHidden) => page.evaluate((it) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: it });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);
  await hide(true);
  await app.say('while nobody did', 'hidden');
  await until('the title', async () => (await page.title()).startsWith('(1) #hidden'));
  await hide(false);
  await until('the title', async () => (await page.title()).startsWith('#hidden'));
  const rows = await page.locator('#log > :not(.note)').evaluateAll((all) =>
    all.slice(-3).map((one) => one.querySelector('.text')?.textContent ?? one.textContent));
  assert.deepEqual(rows, ['while somebody looked', 'New messages', 'while nobody did']);
});

check(`W16 history loads near the top, keeps the place, and has a beginning${by}`, async () => {
  const app = await person(chat.url, 'historian');
  await app.ask('join', { room: 'old' });
  for (let at = 0; at < 700; at += 1) await app.say(`old ${at}`, 'old');
  const page = await visit(chat.url, { hash: '#old' });
  await shown(page, 'old 699');
  const first = () => page.locator('#log .text').first().textContent();
  let most = 0;
  await until('the beginning', async () => {
    const seen = await page.evaluate(() => {
      const log = document.querySelector('#log');
      log.scrollTop = 200;
      return log.children.length;
    });
    most = Math.max(most, seen);
    return await first() === 'old 0';
  });
  assert.ok(most <= 500, `${most} nodes`);
  await page.evaluate(() => {
    document.querySelector('#log').scrollTop = 0;
  });
  await page.locator('.start', { hasText: 'This is where it began' }).waitFor();
  // Back down again, page by page, to the end.
  await until('the end', async () => {
    await page.evaluate(() => {
      const log = document.querySelector('#log');
      log.scrollTop = log.scrollHeight;
    });
    return await page.locator('#log .text').last().textContent() === 'old 699';
  });
  const all = await texts(page);
  const numbers = all.map((text) => Number(text.slice(4)));
  assert.deepEqual(numbers, numbers.map((_, at) => numbers[0] + at));
});

check(`W16 what is loaded above does not move what is read${by}`, async () => {
  const app = await person(chat.url, 'mover');
  await app.ask('join', { room: 'moving' });
  for (let at = 0; at < 120; at += 1) await app.say(`row ${at}`, 'moving');
  const page = await visit(chat.url, { hash: '#moving' });
  await shown(page, 'row 119');
  const top = (text) => page.evaluate((it) => [...document.querySelectorAll('.text')]
    .find((one) => one.textContent === it).getBoundingClientRect().top, text);
  const [text, before] = await page.evaluate(() => {
    document.querySelector('#log').scrollTop = 250;
    const row = [...document.querySelectorAll('.text')]
      .find((one) => one.getBoundingClientRect().top > 200);
    return [row.textContent, row.getBoundingClientRect().top];
  });
  await shown(page, 'row 20');
  assert.ok(Math.abs(await top(text) - before) <= 1, `${await top(text)}, not ${before}`);
});

check(`W18 typing is told, and ends with the message${by}`, async () => {
  const alice = await visitAs('tina', chat.url, { hash: '#typists' });
  const others = [];
  for (const nick of ['ulf', 'vera', 'willy', 'xenia']) {
    const one = await person(chat.url, nick);
    await one.ask('join', { room: 'typists' });
    others.push(one);
  }
  const words = (text) => alice.locator('#typing').getByText(text, { exact: true }).waitFor();
  const height = (await alice.locator('#typing').boundingBox()).height;
  await others[0].ask('typing', { room: 'typists', on: true });
  await words('ulf is typing…');
  await others[1].ask('typing', { room: 'typists', on: true });
  await words('ulf and vera are typing…');
  await others[2].ask('typing', { room: 'typists', on: true });
  await words('ulf, vera and willy are typing…');
  await others[3].ask('typing', { room: 'typists', on: true });
  await words('several people are typing…');
  assert.equal((await alice.locator('#typing').boundingBox()).height, height);
  await others[0].say('done', 'typists');
  await words('vera, willy and xenia are typing…');
  others[1].leave();
  await words('willy and xenia are typing…');
  await others[2].ask('typing', { room: 'typists', on: false });
  await words('xenia is typing…');
  await until('six seconds', async () => await alice.locator('#typing').textContent() === '');

  const heard = () => others[0].of('typing').filter(({ nick }) => nick === 'tina');
  await alice.focus('#text');
  await alice.keyboard.type('/topic nothing');
  await alice.fill('#text', '');
  assert.deepEqual(heard(), []);
  await alice.keyboard.type('hello all of you');
  await until('typing is heard', () => heard().length === 1);
  await alice.keyboard.press('Enter');
  await others[0].heard('hello all of you');
  await until('typing has ended', () => heard().length === 2);
  assert.deepEqual(heard().map(({ on }) => on), [true, false]);
});

check(`W19 who comes and goes is told in one line, not announced${by}`, async () => {
  const page = await visitAs('yves', chat.url, { hash: '#door' });
  const come = async (nick) => {
    const one = await person(chat.url, nick);
    await one.ask('join', { room: 'door' });
    return one;
  };
  await come('zoe');
  const back = await come('zac');
  const note = page.locator('.note');
  await note.getByText('zoe and zac joined', { exact: true }).waitFor();
  assert.equal(await note.getAttribute('aria-live'), 'off');
  // A person who is back within a moment has not left.
  await back.ask('leave', { room: 'door' });
  await until('zac has left the list', async () =>
    !(await page.locator('#members').textContent()).includes('zac'));
  await back.ask('join', { room: 'door' });
  await page.locator('#members', { hasText: 'zac' }).waitFor();
  const gone = await come('zora');
  await note.getByText('zoe, zac and zora joined', { exact: true }).waitFor();
  await gone.say('one word', 'door');
  await shown(page, 'one word');
  await gone.ask('leave', { room: 'door' });
  await note.getByText('zora left', { exact: true }).waitFor();
  assert.equal(await note.count(), 2);
});

check(`W20 names: what they may be, and one that is taken; both remembered${by}`, async () => {
  const page = await visit(chat.url);
  await person(chat.url, 'taken');
  await page.click('#me');
  const field = page.getByRole('textbox', { name: 'Your name' });
  const rule = await field.getAttribute('aria-describedby');
  assert.match(rule, /name-rule name-error/);
  assert.match(await page.textContent('#name-rule'), /1 to 24 characters: letters, digits/);
  for (const [nick, words] of [['taken', /taken/], ['a b', /letters|characters/], ['', /1 to 24/],
    ['x'.repeat(25), /1 to 24/]]) {
    await field.fill(nick);
    await field.press('Enter');
    await page.waitForFunction(() => document.querySelector('#name-error').textContent);
    assert.match(await page.textContent('#name-error'), words);
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await field.inputValue(), nick);
  }
  await field.fill('wanda');
  await field.press('Enter');
  await page.locator('#me', { hasText: 'wanda' }).waitFor();
  await page.reload();
  await page.locator('#me', { hasText: 'wanda' }).waitFor();
  assert.equal(await page.locator('#naming').isVisible(), false);
});

check(`W20 a remembered name that somebody else has by now${by}`, async () => {
  await person(chat.url, 'popular');
  const page = await visit(chat.url, { isEarly: true, init: () => {
    localStorage.setItem('mio-chat:/:me', JSON.stringify({ nick: 'popular' }));
  } });
  const form = page.getByRole('dialog', { name: 'Your name' });
  await form.waitFor();
  assert.match(await page.textContent('#name-error'), /popular/);
  assert.equal(await page.inputValue('#name'), 'popular');
  await page.fill('#name', 'rare');
  await page.press('#name', 'Enter');
  await page.locator('#me', { hasText: 'rare' }).waitFor();
});

check(`W21 the address opens a room, and back goes back${by}`, async () => {
  const page = await visit(chat.url, { hash: '#Tea-Room' });
  await page.locator('h1', { hasText: '#tea-room' }).waitFor();
  // Until its key is known, it has the name as written.
  await until('its key', () => new URL(page.url()).hash === '#tea-room');
  await page.click('#joining');
  await page.fill('#join input', 'coffee');
  await page.press('#join input', 'Enter');
  await page.locator('h1', { hasText: '#coffee' }).waitFor();
  await page.locator('#rooms button', { hasText: '#lobby' }).click();
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  await page.goBack();
  await page.locator('h1', { hasText: '#coffee' }).waitFor();
  await page.goBack();
  await page.locator('h1', { hasText: '#tea-room' }).waitFor();
  await page.goForward();
  await page.locator('h1', { hasText: '#coffee' }).waitFor();
  // A room that is not the one shown is left too, and the one shown stays.
  await page.locator('#rooms li', { hasText: '#tea-room' }).hover();
  await page.getByRole('button', { name: 'Leave #tea-room' }).click();
  await page.locator('#elsewhere li', { hasText: '#tea-room' }).waitFor();
  assert.equal(await page.textContent('h1'), '#coffee');
  await page.getByRole('button', { name: 'Leave #coffee' }).click();
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  assert.equal(await page.locator('#rooms li').count(), 1);
  // The person's own rooms stay in the list when they are empty, until the person removes them.
  const coffee = page.locator('#elsewhere li', { hasText: '#coffee' });
  await coffee.getByText('0', { exact: true }).waitFor();
  await page.reload();
  await online(page);
  await coffee.getByText('0', { exact: true }).waitFor();
  await coffee.getByRole('button', { name: 'Forget #coffee' }).click();
  await coffee.waitFor({ state: 'detached' });
});

check(`W48 a room with a history stays in the lists, and a new one comes at once${by}`, async () => {
  const page = await visitAs('watch-er', chat.url);
  const other = (room) => page.locator('#elsewhere li', { hasText: room });
  const app = await person(chat.url, 'opener');
  await app.ask('join', { room: 'opened-now' });
  await other('#opened-now').getByText('1', { exact: true }).waitFor();
  await app.say('remember this', 'opened-now');
  const line = await atNetcat(chat, 'passing');
  line.say('/join #passed-by');
  await other('#passed-by').getByText('1', { exact: true }).waitFor();
  // The page is told of what is empty now; it asks for nothing.
  line.say('/join #lobby');
  await app.ask('leave', { room: 'opened-now' });
  await other('#opened-now').getByText('0', { exact: true }).waitFor();
  await other('#passed-by').waitFor({ state: 'detached' });
  await other('#opened-now').getByRole('button').click();
  await shown(page, 'remember this');
});

check(`W22 members have a door, and Enter opens a private chat${by}`, async () => {
  const page = await visitAs('host', chat.url);
  await atNetcat(chat, 'nick-cat');
  await person(chat.url, 'robot');
  const door = (nick) => page.locator('#members li', { hasText: nick }).locator('small');
  await until('doors', async () => await door('nick-cat').textContent().catch(() => '') === 'netcat'
    && await door('robot').textContent().catch(() => '') === 'app');
  assert.equal(await door('host').textContent(), 'you');
  await page.locator('#members button', { hasText: 'robot' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('h1', { hasText: 'robot' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
});

check(`W23 a refusal is told beside the composer, and the text is kept${by}`, async () => {
  const page = await visitAs('rita', chat.url);
  const long = 'ü'.repeat(2500);
  for (const [text, words] of [[long, /too long by 904 of 4096 bytes/],
    ['/nick a b', /letters|characters/], ['/joni #x', /no command \/joni.*\/help/],
    ['/msg', /Usage: \/msg NAME TEXT/], ['/join #a/b', /./], ['/reply x', /Nobody has written/]]) {
    await say(page, text);
    await page.waitForFunction(() => document.querySelector('#error').textContent);
    assert.match(await page.textContent('#error'), words);
    assert.equal(await page.inputValue('#text'), text);
    await page.fill('#text', '');
  }
  assert.equal(await page.locator('#error').getAttribute('role'), 'alert');
  assert.equal(await page.isVisible('#error'), false);
});

check(`commands do what they do at the line door${by}`, async () => {
  const page = await visitAs('cora', chat.url, { hash: '#commands' });
  const other = await person(chat.url, 'dirk');
  await other.ask('join', { room: 'commands' });
  const note = (text) => page.locator('.note', { hasText: text }).last().waitFor();
  await say(page, '/help');
  await note('/search WORDS');
  // A command that the page has something to click for says so, and its password goes nowhere.
  for (const [text, words] of [['/login cora secret', 'Sign in…'], ['/invite', 'Invite others…']]) {
    await say(page, text);
    await page.locator('#error', { hasText: words }).waitFor();
  }
  await say(page, '/who');
  await note(/In #commands: .*dirk \(app\)/);
  await say(page, '/topic All about commands');
  await page.locator('#topic', { hasText: 'All about commands' }).waitFor();
  await until('the topic', () => other.of('topic').at(-1)?.topic === 'All about commands');
  await say(page, '/topic');
  await note('Topic: All about commands');
  await say(page, '/rooms');
  await note(/#commands 2 {2}All about commands/);
  await say(page, '/me waves');
  await other.heard('waves');
  assert.equal(other.of('message').at(-1).action, true);
  // Between stars, so that an action cannot look like a notice of joining.
  await other.ask('post', { room: 'commands', text: 'joined', action: true });
  await page.locator('.text', { hasText: 'joined' }).waitFor();
  assert.match((await texts(page)).at(-1), /^\*dirk joined\* \d\d:\d\d/);
  await say(page, '//not a command');
  await other.heard('/not a command');
  await say(page, '/ignore DIRK');
  await note('You ignore dirk.');
  await say(page, '/unignore dirk');
  await note('You ignore nobody.');
  await other.whisper('cora', 'a secret');
  await page.locator('#privates', { hasText: 'dirk' }).waitFor();
  await say(page, '/reply thanks');
  await other.heard('thanks');
  await page.locator('h1', { hasText: 'dirk' }).waitFor();
  await say(page, '/leave');
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  await say(page, '/search waves');
  await page.locator('#found li', { hasText: 'waves' }).waitFor();
  await page.locator('#found a').first().click();
  await page.locator('h1', { hasText: '#commands' }).waitFor();
  const first = () => page.locator('#log .message').first().textContent();
  await until('what was found', async () => (await first()).includes('cora waves'));
  await say(page, '/NICK coral');
  await page.locator('#me', { hasText: 'coral' }).waitFor();
  await say(page, '/quit');
  await page.locator('#state', { hasText: 'You have left the chat.' }).waitFor();
  await page.getByRole('button', { name: 'Come back' }).click();
  await page.locator('#state', { hasText: 'left' }).waitFor({ state: 'detached' })
    .catch(() => {});
  await until('back again', async () => !await page.locator('#state.shown').count());
  assert.match(await page.textContent('#me'), /^coral/);
});

check(`W44 the menu of a room has its whole topic, and what can be done${by}`, async () => {
  const page = await visitAs('topical', chat.url, { hash: '#topics',
    viewport: { width: 700, height: 700 } });
  const app = await person(chat.url, 'setter');
  await app.ask('join', { room: 'topics' });
  const topic = `${'Words '.repeat(40)}https://a.example/end <b>x</b>`;
  await app.ask('topic', { room: 'topics', text: topic });
  await page.locator('#topic', { hasText: 'Words' }).waitFor();
  const menu = page.locator('#about-menu');
  const open = () => page.getByRole('button', { name: 'About #topics', exact: true }).click();
  await open();
  assert.equal(await menu.locator('p[dir]').textContent(), topic);
  assert.equal(await menu.locator('p[dir] a').getAttribute('href'), 'https://a.example/end');
  assert.ok(await menu.locator('p[dir]').evaluate((one) => one.scrollWidth <= one.clientWidth));
  await menu.getByRole('button', { name: 'Change the topic' }).click();
  const field = menu.getByRole('textbox', { name: 'Topic' });
  assert.equal(await field.inputValue(), topic);
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), 'Topic');
  await field.fill('x'.repeat(500));
  await field.press('Enter');
  await menu.locator('.error', { hasText: 'a topic has at most' }).waitFor();
  await field.fill('a new one');
  await field.press('Enter');
  await page.locator('#topic').getByText('a new one', { exact: true }).waitFor();
  assert.equal(await menu.isVisible(), false);
  await open();
  await menu.getByRole('button', { name: 'Leave this room' }).click();
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  assert.equal(await menu.isVisible(), false);
  await say(page, '/msg setter hello');
  await page.getByRole('button', { name: 'About setter', exact: true }).click();
  assert.deepEqual(await menu.getByRole('button').allTextContents(),
    ['Put this conversation away']);
  await menu.getByRole('button').click();
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  // A text that was begun is not lost.
  await page.fill('#text', 'a draft');
  await page.getByRole('button', { name: 'About #lobby', exact: true }).click();
  await menu.getByRole('button', { name: 'Set a topic' }).click();
  await menu.getByRole('button', { name: 'Cancel' }).click();
  await menu.getByRole('button', { name: 'Set a topic' }).waitFor();
  assert.equal(await page.inputValue('#text'), 'a draft');
});

check(`a room that is left goes to the others at once, as it is${by}`, async () => {
  const page = await visitAs('lea-ves', chat.url, { hash: '#left-alone' });
  await page.locator('#rooms li', { hasText: '#left-alone' }).waitFor();
  // The list of rooms is loaded anew, with this one in it.
  await page.click('#joining');
  await page.waitForTimeout(200);
  await page.evaluate(() => {
    globalThis.seen = [];
    const look = () => {
      const has = (list) => [...document.querySelectorAll(`#${list} li`)]
        .filter((one) => one.textContent.includes('#left-alone')).map((one) => one.textContent);
      const now = JSON.stringify([has('rooms').length, has('elsewhere')]);
      if (globalThis.seen.at(-1) !== now) globalThis.seen.push(now);
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    look();
  });
  await page.locator('#rooms li', { hasText: '#left-alone' }).locator('.close').click();
  await page.locator('#elsewhere li', { hasText: '#left-alone' }).waitFor();
  await page.waitForTimeout(300);
  const seen = await page.evaluate(() => globalThis.seen);
  assert.deepEqual(seen.at(0), '[1,[]]');
  assert.deepEqual(seen.at(-1), '[0,["#left-alone0×"]]');
  // Never in both lists, and never with another count.
  for (const one of seen) assert.match(one, /^\[1,\[\]\]$|^\[0,\[("#left-alone0×")?\]\]$/);
});

check(`W21 a room of one's own never flashes among the other rooms${by}`, async () => {
  const app = await person(chat.url, 'flasher');
  await app.ask('join', { room: 'flash' });
  // Notes each state of the list, from before the page's own script on.
  const init = () => {
    globalThis.flashes = 0;
    new MutationObserver(() => {
      const rooms = document.querySelectorAll('#elsewhere li');
      globalThis.flashes += [...rooms].some((one) => one.textContent.includes('#flash'));
    }).observe(document, { childList: true, subtree: true, characterData: true });
  };
  const page = await visitAs('flashed', chat.url, { hash: '#flash', init });
  await page.locator('#rooms li', { hasText: '#flash' }).locator('.close').click();
  const other = page.locator('#elsewhere li', { hasText: '#flash' });
  await other.waitFor();
  assert.ok(await page.evaluate(() => globalThis.flashes) > 0, 'the observer sees the list');
  await other.getByRole('button').first().click();
  await page.locator('h1', { hasText: '#flash' }).waitFor();
  assert.equal(await other.count(), 0);
  // The room was left once, and is the person's own again: over a reload, and a server without
  // memory of the person.
  await page.reload();
  await online(page);
  await page.locator('#members', { hasText: 'flasher' }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.flashes), 0);
  await page.evaluate(() => {
    const me = JSON.parse(localStorage.getItem('mio-chat:/:me'));
    Object.assign(me, { token: 'unknown', nick: 'flashed-2' });
    localStorage.setItem('mio-chat:/:me', JSON.stringify(me));
  });
  await page.reload();
  await online(page);
  await page.locator('#me', { hasText: 'flashed-2' }).waitFor();
  await page.locator('#members', { hasText: 'flasher' }).waitFor();
  assert.equal(await page.evaluate(() => globalThis.flashes), 0);
});

check(`what was said in private is found, and shown where it was said${by}`, async () => {
  const page = await visitAs('xaver', chat.url);
  const app = await person(chat.url, 'yvonne');
  await app.whisper('xaver', 'the marmalade is in the cupboard');
  await page.locator('#privates li', { hasText: 'yvonne' }).waitFor();
  await say(page, '/search marmalade');
  const found = page.locator('#found li', { hasText: 'in the cupboard' });
  await found.getByRole('link', { name: '@yvonne' }).click();
  await page.locator('h1', { hasText: 'yvonne' }).waitFor();
  await shown(page, 'the marmalade is in the cupboard');
  await say(page, '/search nosuchwordatall');
  await page.locator('#found', {
    hasText: 'Nothing was found in your rooms and private conversations.',
  }).waitFor();
});

check(`a file that is dropped is not opened in place of the chat${by}`, async () => {
  const page = await visitAs('zeno', chat.url);
  await page.fill('#text', 'a draft');
  for (const [where, kind] of [['#log', 'dragover'], ['#log', 'drop'], ['nav', 'drop'],
    ['#text', 'drop'], ['#text', 'paste']]) {
    const isLeft = await page.evaluate(([selector, type]) => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
      const options = { bubbles: true, cancelable: true };
      const event = type === 'paste'
        ? new ClipboardEvent(type, { ...options, clipboardData: data })
        : new DragEvent(type, { ...options, dataTransfer: data });
      return document.querySelector(selector).dispatchEvent(event);
    }, [where, kind]);
    assert.equal(isLeft, false, `${kind} on ${where} is left to the browser`);
  }
  // They will be sent with the draft.
  await until('four files', async () => await page.locator('#files li', { hasText: 'x.png' }).count() === 4);
  assert.equal(await page.inputValue('#text'), 'a draft');
  // Text is left to the browser.
  const isLeft = await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/plain', 'words');
    const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data });
    return document.querySelector('#text').dispatchEvent(event);
  });
  assert.equal(isLeft, true);
});
