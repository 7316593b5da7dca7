'use strict';
// Writing: the marks that people type, completions, replies, and addresses of messages.

const assert = require('node:assert/strict');
const { after, before } = require('node:test');
const {
  check, online, person, say, shown, startChat, until, visit, visitAs,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

const CODE = 'fn main() {\n    println!("<b>");\n}';

for (const colorScheme of ['light', 'dark']) {
  check(`W34 marks become elements, code can be copied and unfolded; ${colorScheme}`, async () => {
    const room = `marks-${colorScheme}`;
    const page = await visitAs(`mark-${colorScheme}`, chat.url,
      { hash: `#${room}`, colorScheme });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const app = await person(chat.url, `marker-${colorScheme}`);
    await app.ask('join', { room });
    await app.say(`look **here**:\n\`\`\`rust\n${CODE}\n\`\`\`\n> _quoted_\n- \`a\`\n- b`, room);
    await app.say(`\`\`\`\n${Array.from({ length: 40 }, (_, at) => `line ${at}`).join('\n')}\n\`\`\``, room);
    const first = page.locator('.message').first();
    await first.locator('strong').getByText('here', { exact: true }).waitFor();
    assert.equal(await first.locator('pre').textContent(), CODE);
    assert.equal(await first.locator('blockquote em').textContent(), 'quoted');
    assert.deepEqual(await first.locator('li').allTextContents(), ['a', 'b']);
    // Spaces are kept, and each letter has the same width.
    const style = await first.locator('pre').evaluate((one) => {
      const { whiteSpace, fontFamily } = getComputedStyle(one);
      return `${whiteSpace} ${fontFamily}`;
    });
    assert.match(style, /^pre .*monospace/);
    await first.getByRole('button', { name: 'Copy' }).click();
    await first.getByText('Copied', { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), CODE);

    const long = page.locator('.message').nth(1);
    const more = long.getByRole('button', { name: 'Show all 40 lines' });
    await more.waitFor();
    const height = async () => (await long.locator('pre').boundingBox()).height;
    const folded = await height();
    assert.ok(folded < 300, `${folded} px`);
    assert.equal(await more.getAttribute('aria-expanded'), 'false');
    await more.click();
    await until('all lines', async () => await height() > 2 * folded);
    await long.getByRole('button', { name: 'Show less' }).click();
    await until('few lines', async () => await height() === folded);
    // A long line scrolls in its frame alone.
    await app.say(`\`\`\`\n${'wide '.repeat(200)}\n\`\`\``, room);
    await page.locator('pre', { hasText: 'wide' }).waitFor();
    assert.equal(await page.locator('#log').evaluate((log) => log.scrollWidth - log.clientWidth), 0);
  });
}

check('W34 hostile marks are drawn at once and stay in their places', async () => {
  const page = await visitAs('calm', chat.url, { hash: '#hostile' });
  const app = await person(chat.url, 'trickster');
  await app.ask('join', { room: 'hostile' });
  await app.say('before', 'hostile');
  for (const seed of ['`', '> ', '*_', '**a*', '```\n', '- ', '[', '~~a ', '`a``b']) {
    await app.say(seed.repeat(4_096).slice(0, 4_000), 'hostile');
  }
  await app.say('```\n<script>pwned = 1</script>\n```\n> <img src=x onerror="pwned = 1">', 'hostile');
  await app.say('the end', 'hostile');
  await shown(page, 'the end');
  const seen = await page.evaluate(() => ({
    pwned: globalThis.pwned,
    foreign: document.querySelectorAll('#log :is(script, img, iframe, style)').length,
    wide: document.querySelector('#log').scrollWidth - document.querySelector('#log').clientWidth,
    deepest: Math.max(...[...document.querySelectorAll('#log *')].map((one) => {
      let depth = 0;
      for (let at = one; at.id !== 'log'; at = at.parentElement) depth += 1;
      return depth;
    })),
  }));
  assert.deepEqual({ ...seen, deepest: 0 }, { pwned: undefined, foreign: 0, wide: 0, deepest: 0 });
  assert.ok(seen.deepest <= 12, `${seen.deepest} deep`);
});

check('W34 at netcat the text is as it was typed', async () => {
  const { atNetcat } = require('./harness');
  const page = await visitAs('typist', chat.url);
  const nora = await atNetcat(chat, 'nora-34');
  await say(page, 'a **bold** `word`');
  await nora.heard('<typist> a **bold** `word`');
  assert.equal(await page.locator('.message strong').textContent(), 'bold');
});

check('W35 suggestions: shown while one types, taken with Tab, arrows or the mouse', async () => {
  const page = await visitAs('suggested', chat.url, { hash: '#suggest' });
  const hints = page.getByRole('listbox', { name: 'Suggestions' });
  const options = () => hints.getByRole('option').allTextContents();
  const typed = () => page.inputValue('#text');
  await page.focus('#text');
  await page.keyboard.type('well :par');
  await hints.waitFor();
  assert.equal((await options())[0], '🥳:party:');
  await page.keyboard.press('Tab');
  assert.equal(await typed(), 'well 🥳 ');
  assert.equal(await hints.isVisible(), false);
  await page.keyboard.type('so :tada:');
  assert.equal(await typed(), 'well 🥳 so 🎉');
  await page.fill('#text', '');
  await page.keyboard.type('/to');
  assert.deepEqual(await options(), ['/topic [TEXT]show or set the room’s topic']);
  await page.keyboard.press('Escape');
  assert.equal(await hints.isVisible(), false);
  assert.equal(await typed(), '/to');
  await page.fill('#text', '');
  await page.keyboard.type('see #');
  await hints.getByText('#suggest', { exact: true }).waitFor();
  // With the arrows one is chosen, and Enter takes it. Without, Enter sends.
  const all = await options();
  await page.keyboard.press('ArrowUp');
  const chosen = hints.getByRole('option', { selected: true });
  assert.equal(await chosen.textContent(), all.at(-1));
  assert.equal(await page.getAttribute('#text', 'aria-activedescendant'),
    await chosen.getAttribute('id'));
  await page.keyboard.press('Enter');
  assert.equal(await typed(), `see ${all.at(-1)} `);
  await page.fill('#text', '');
  await page.keyboard.type('@sugg');
  await hints.getByText('suggested', { exact: true }).click();
  assert.equal(await typed(), 'suggested: ');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  await page.keyboard.type('or @nobody');
  assert.equal(await hints.isVisible(), false);
  await page.keyboard.press('Enter');
  await shown(page, 'suggested: or @nobody');
});

check('W35 an emoji is chosen from a list, where the caret is', async () => {
  const page = await visitAs('smiling', chat.url, { hash: '#smiles' });
  const picker = page.getByRole('dialog', { name: 'Emoji' });
  await page.fill('#text', 'so  good');
  for (let at = 0; at < 5; at += 1) await page.press('#text', 'ArrowLeft');
  await page.getByRole('button', { name: 'Emoji' }).click();
  await picker.waitFor();
  // It does not cover the text.
  const [list, text] = await Promise.all([picker, page.locator('#text')]
    .map((one) => one.boundingBox()));
  assert.ok(list.y + list.height <= text.y, `${list.y} ${list.height} ${text.y}`);
  await page.keyboard.type('rocket');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await picker.waitFor({ state: 'hidden' });
  await page.keyboard.type('!');
  assert.equal(await page.inputValue('#text'), 'so 🚀! good');
  // A colon alone shows the usual ones.
  await page.fill('#text', '');
  await page.keyboard.type('so :');
  await page.getByRole('option').first().waitFor();
  assert.equal(await page.getByRole('option').first().textContent(), '👍:thumbsup:');
  await page.keyboard.type(')');
  assert.equal(await page.getByRole('option').count(), 0);
});

check('W36 a reply quotes what it answers; by the mouse and by the keys', async () => {
  const page = await visitAs('replier', chat.url, { hash: '#replies' });
  const app = await person(chat.url, 'asker');
  await app.ask('join', { room: 'replies' });
  await app.say('shall we?', 'replies');
  await app.say('or later?', 'replies');
  await shown(page, 'or later?');
  const bar = page.getByRole('toolbar', { name: 'This message' });
  await page.fill('#text', 'yes');
  await page.locator('.message', { hasText: 'shall we?' }).hover();
  await bar.waitFor();
  await bar.getByRole('button', { name: 'Reply' }).click();
  assert.equal(await page.inputValue('#text'), '> asker: shall we?\nyes');
  await page.keyboard.press('Enter');
  await app.heard('> asker: shall we?\nyes');
  const reply = page.locator('.message.mine:not(.waiting)');
  assert.equal(await reply.locator('blockquote').textContent(), 'asker: shall we?');

  await page.focus('#log');
  for (const key of ['ArrowUp', 'ArrowUp']) await page.keyboard.press(key);
  // A screen reader says who said what.
  assert.match(await page.evaluate(() => document.activeElement.ariaLabel),
    /^asker, \d\d:\d\d, or later\?$/);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Reply');
  await page.keyboard.press('Enter');
  assert.equal(await page.inputValue('#text'), '> asker: or later?\n');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  // One message of the log at a time takes the focus.
  assert.equal(await page.locator('.message[tabindex]').count(), 1);

  const write = bar.getByRole('button', { name: 'Write to asker' });
  await page.fill('#text', '');
  await reply.first().hover();
  await bar.waitFor();
  assert.equal(await write.isVisible(), false);
  await page.locator('.message', { hasText: 'or later?' }).first().hover();
  await write.click();
  await page.locator('h1').getByText('asker', { exact: true }).waitFor();
});

check('W36 on a phone a touch brings the bar, and the bar takes fingers', async () => {
  const page = await visitAs('thumb', chat.url,
    { hash: '#touched', viewport: { width: 375, height: 812 }, hasTouch: true });
  const app = await person(chat.url, 'toucher-36');
  await app.ask('join', { room: 'touched' });
  for (const text of ['first of all', 'last of all']) await app.say(text, 'touched');
  await shown(page, 'last of all');
  // News of members may come a moment after their first messages.
  await page.locator('#members', { hasText: 'toucher-36' }).waitFor({ state: 'attached' });
  const bar = page.getByRole('toolbar', { name: 'This message' });
  assert.equal(await bar.isVisible(), false);
  await page.locator('.message', { hasText: 'first of all' }).tap();
  await bar.waitFor();
  const box = await bar.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 375, JSON.stringify(box));
  for (const button of await bar.getByRole('button').all()) {
    assert.ok((await button.boundingBox()).height >= 44);
  }
  await bar.getByRole('button', { name: 'Reply' }).tap();
  assert.equal(await page.inputValue('#text'), '> toucher-36: first of all\n');
  assert.equal(await bar.isVisible(), false);
  // A suggestion that is touched leaves the focus, and with it the keyboard, where it is.
  await page.keyboard.type('@touch');
  await page.getByRole('option', { name: 'toucher-36' }).tap();
  assert.equal(await page.inputValue('#text'), '> toucher-36: first of all\ntoucher-36 ');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
});

check('W36 in a busy room the bar stays with its message', async () => {
  const page = await visitAs('busy', chat.url,
    { hash: '#busy', viewport: { width: 375, height: 667 }, hasTouch: true });
  const app = await person(chat.url, 'someone-with-a-long-name');
  await app.ask('join', { room: 'busy' });
  for (let at = 0; at < 20; at += 1) await app.say(`word ${at}`, 'busy');
  await shown(page, 'word 19');
  const message = page.locator('.message', { hasText: 'word 19' });
  await message.tap();
  const bar = page.getByRole('toolbar', { name: 'This message' });
  await bar.waitFor();
  const { x, width } = await bar.boundingBox();
  assert.ok(x >= 0 && x + width <= 375, `${x} + ${width}`);
  const beside = async () => {
    const [one, other] = await Promise.all([bar.boundingBox(), message.boundingBox()]);
    // It is above or below, and does not cover the text.
    const apart = [one?.y + one?.height - other.y, other.y + other.height - one?.y];
    return Math.min(...apart.map(Math.abs)) < 2;
  };
  await until('the bar is beside its message', beside);
  await app.say('and on', 'busy');
  await shown(page, 'and on');
  await until('the bar has gone with its message', beside);
  // Out of sight it goes.
  await page.locator('#log').evaluate((log) => { log.scrollTop = 0; });
  await bar.waitFor({ state: 'hidden' });
});

check('W37 the address of a message opens it in its place', async () => {
  const app = await person(chat.url, 'pointer');
  await app.ask('join', { room: 'places' });
  let id;
  for (let at = 0; at < 300; at += 1) {
    const answer = await app.say(at === 20 ? 'the place' : `row ${at}`, 'places');
    if (at === 20) ({ id } = answer);
  }
  const isThere = (page) => page.waitForFunction(() => {
    const [log, found] = ['#log', '#log .target'].map((one) => document.querySelector(one));
    return found?.textContent.includes('the place')
      && Math.abs(found.getBoundingClientRect().top - log.getBoundingClientRect().top) < 100;
  });
  // From outside, by a person who is not in the room.
  const page = await visit(chat.url, { hash: `#places/${id}` });
  await isThere(page);
  assert.equal(await page.textContent('h1'), '#places');
  // From a message: as a short address, and as that of the page.
  await say(page, '/join #lobby');
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  for (const text of [`see #places/${id}`, `see ${chat.url}#places/${id}`]) {
    await say(page, text);
    const link = page.locator('#log a').last();
    await until('the link', async () => (await link.textContent().catch(() => ''))
      === text.slice('see '.length));
    assert.equal(await link.getAttribute('target'), null);
    await link.click();
    await isThere(page);
    await page.goBack();
    await page.locator('h1', { hasText: '#lobby' }).waitFor();
  }
  // The copied address leads there.
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${chat.url}#places/${id}`);
  await isThere(page);
  await page.locator('.target').hover();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()),
    `${chat.url}#places/${id}`);
  // A message that is not there is told of.
  const place = () => page.locator('.target').evaluate((one) => one.getBoundingClientRect().top);
  const before = await place();
  await page.goto(`${chat.url}#places/17`);
  await page.locator('#error', { hasText: 'That message is not here any more.' }).waitFor();
  // The reader stays at their place.
  assert.ok(Math.abs(await place() - before) < 2);
  await page.reload();
  await online(page);
  assert.equal(await page.textContent('h1'), '#places');
  // A room that nobody can enter is refused as a room, not as a message.
  await page.goto(`${chat.url}#${'x'.repeat(60)}/17`);
  await page.locator('h1', { hasText: '#lobby' }).waitFor();
  await page.locator('#error:not(:empty)').waitFor();
  assert.doesNotMatch(await page.textContent('#error'), /message/);
});
