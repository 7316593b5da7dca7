'use strict';
// Files and pictures: on their way, in messages, and gone.

const assert = require('node:assert/strict');
const { after, before } = require('node:test');
const zlib = require('node:zlib');
const {
  atNetcat, axe, check, person, say, shown, startChat, until, visit, visitAs,
} = require('./harness');

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

/** A picture of one colour, as PNG. */
function png(width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(zlib.crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x5a)]);
  const rows = zlib.deflateSync(Buffer.concat(Array(height).fill(row)));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
    chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

const PICTURE = { name: 'boat.png', mimeType: 'image/png', buffer: png(800, 600) };
const attach = (page, ...files) => page.setInputFiles('#attached', files);
const ready = (page, count) => until(`${count} files are at the server`, async () =>
  await page.locator('#files li').count() === count
    && await page.locator('#files progress:visible').count() === 0);

/** Files that are dropped on an element, or pasted. */
const give = (page, kind, name, text) => page.evaluate(([type, fileName, content]) => {
  const data = new DataTransfer();
  data.items.add(new File([content], fileName, { type: 'text/plain' }));
  const options = { bubbles: true, cancelable: true };
  document.querySelector('#text').dispatchEvent(type === 'paste'
    ? new ClipboardEvent(type, { ...options, clipboardData: data })
    : new DragEvent(type, { ...options, dataTransfer: data }));
}, [kind, name, text]);

for (const colorScheme of ['light', 'dark']) {
  check(`W45 a picture is shown in its place, and another file downloads; ${colorScheme}`, async () => {
    const options = { hash: `#boats-${colorScheme}`, colorScheme, bypassCSP: true };
    const page = await visitAs(`sailor-${colorScheme}`, chat.url, options);
    const other = await visitAs(`rower-${colorScheme}`, chat.url, options);
    const netcat = await atNetcat(chat, `nora-${colorScheme}`);
    netcat.say(`/join boats-${colorScheme}`);
    await attach(page, PICTURE);
    await give(page, 'drop', 'notes.txt', 'fog');
    await ready(page, 2);
    await axe(page, 'files to send');
    if (process.env.PAGE_SHOTS) {
      await page.screenshot({ path: `${process.env.PAGE_SHOTS}/attached-${colorScheme}.png` });
    }
    await say(page, 'the boat:');
    const image = other.locator('.message img');
    await image.waitFor();
    await until('the picture is there', () => image.evaluate((one) => one.naturalWidth === 800));
    assert.deepEqual(await image.evaluate(({ width, height }) => [width, height]), [416, 312]);
    assert.equal(await image.getAttribute('alt'), 'boat.png');
    await netcat.heard(`the boat:`);
    await netcat.heard('/800x600/boat.png');
    assert.equal(await page.locator('#files').isVisible(), false);
    assert.equal(await page.inputValue('#text'), '');
    const came = other.waitForEvent('download');
    await other.locator('a.file', { hasText: 'notes.txt' }).click();
    assert.equal((await came).suggestedFilename(), 'notes.txt');
    await axe(other, 'a picture and a file');
    if (process.env.PAGE_SHOTS) {
      await other.screenshot({ path: `${process.env.PAGE_SHOTS}/picture-${colorScheme}.png` });
      await other.setViewportSize({ width: 375, height: 720 });
      await other.screenshot({ path: `${process.env.PAGE_SHOTS}/phone-${colorScheme}.png` });
    }
  });
}

check('W45 room is kept for a picture, so nothing moves when it comes', async () => {
  const page = await visitAs('stay', chat.url, { hash: '#stay' });
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/files/**', async (route) => {
    await held;
    await route.continue();
  });
  const app = await person(chat.url, 'painter');
  await app.ask('join', { room: 'stay' });
  const { upload } = await app.ask('upload', { name: 'boat.png', bytes: PICTURE.buffer.length });
  const sent = await fetch(new URL(`uploads/${upload}?at=0`, chat.url),
    { method: 'POST', body: PICTURE.buffer });
  const { path } = await sent.json();
  await app.say(`http://elsewhere.example/${path}`, 'stay');
  await app.say('below', 'stay');
  await shown(page, 'below');
  const below = () => page.locator('.message', { hasText: 'below' })
    .evaluate((one) => one.getBoundingClientRect().top);
  const before = await below();
  release();
  await until('the picture', () => page.locator('.message img')
    .evaluate((one) => one.complete && one.naturalWidth > 0));
  assert.equal(await below(), before);
});

check('W46 a file is pasted, cancelled, and sent with the text once it is there', async () => {
  const page = await visitAs('paster', chat.url, { hash: '#paste' });
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/uploads/**', async (route) => {
    await held;
    await route.continue().catch(() => undefined);
  });
  await give(page, 'paste', 'secret.txt', 'never');
  await give(page, 'paste', 'wanted.txt', 'words');
  await page.locator('#files progress').nth(1).waitFor();
  await page.getByRole('button', { name: 'Cancel secret.txt' }).click();
  await say(page, 'with a file');
  await page.locator('#error', { hasText: 'as soon as the files are there' }).waitFor();
  assert.equal(await page.locator('.message').count(), 0);
  release();
  await page.locator('.message.mine:not(.waiting) a.file', { hasText: 'wanted.txt' }).waitFor();
  assert.equal(await page.locator('#error').textContent(), '');
  assert.equal(await page.locator('.message').count(), 1);
});

check('W46 an upload goes on after the server was away, and says why it cannot', async () => {
  const small = await startChat('--max-file', '300K');
  const page = await visitAs('lucky', small.url);
  const [name, mimeType] = ['big.bin', 'application/octet-stream'];
  await attach(page, { name, mimeType, buffer: Buffer.alloc(301 * 1024) });
  await page.locator('#error', { hasText: 'at most 300 kB here' }).waitFor();
  let pieces = 0;
  await page.route('**/uploads/**', async (route) => {
    pieces += 1;
    if (pieces === 2) await small.restart();
    await route.continue();
  });
  await attach(page, { name, mimeType, buffer: Buffer.alloc(299 * 1024, 7) });
  await ready(page, 1);
  await say(page, '');
  await page.locator('a.file', { hasText: name }).waitFor();
  await small.stop();
});

check('W46 where no files are taken the page says so, and a file that is gone too', async () => {
  const none = await startChat('--files', 'none');
  const page = await visit(none.url);
  assert.equal(await page.locator('#attach').isVisible(), false);
  await give(page, 'drop', 'a.txt', 'a');
  await page.locator('#error', { hasText: 'Files cannot be sent here' }).waitFor();
  const app = await person(none.url, 'ghost');
  await app.say(`http://a.example/files/${'0'.repeat(32)}/20x10/gone.png`);
  await page.locator('.file.gone', { hasText: 'gone.png is not here any more' }).waitFor();
  await none.stop();
});
