'use strict';
// Files and pictures: on their way, in messages, and gone.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const zlib = require('node:zlib');
const {
  atNetcat, check, pageModule, person, say, shown, startChat, until, visit, visitAs,
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
    const options = { hash: `#boats-${colorScheme}`, colorScheme };
    const page = await visitAs(`sailor-${colorScheme}`, chat.url, options);
    const other = await visitAs(`rower-${colorScheme}`, chat.url, options);
    const netcat = await atNetcat(chat, `nora-${colorScheme}`);
    netcat.say(`/join boats-${colorScheme}`);
    await attach(page, PICTURE);
    await give(page, 'drop', 'notes.txt', 'fog');
    await ready(page, 2);
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
    if (process.env.PAGE_SHOTS) {
      await other.screenshot({ path: `${process.env.PAGE_SHOTS}/picture-${colorScheme}.png` });
      await other.setViewportSize({ width: 375, height: 720 });
      await other.screenshot({ path: `${process.env.PAGE_SHOTS}/phone-${colorScheme}.png` });
    }
  });
}

const latin = (text) => Buffer.from(text, 'latin1');
/** A segment of a JPEG. */
const segment = (marker, text) => {
  const body = latin(text);
  return Buffer.concat([Buffer.of(0xff, marker, (body.length + 2) >> 8, body.length + 2), body]);
};
/** A camera's notes: the way up, and a place. */
const notes = (way) => `Exif\0\0MM\0\x2a\0\0\0\x08\0\x02`
  + `\x01\x12\0\x03\0\0\0\x01\0${String.fromCharCode(way)}\0\0`
  + '\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0 N 52 31 GPS-PLACE';

test('W54 a picture loses what a camera notes in it, and keeps what draws it', async () => {
  const { partsOf, withoutMetadata } = await pageModule('metadata.js');
  const cleaned = (bytes) => {
    const parts = partsOf(new Uint8Array(bytes));
    return parts && Buffer.concat(parts);
  };
  const [start, end] = [Buffer.of(0xff, 0xd8), Buffer.of(0xff, 0xd9)];
  const drawn = [segment(0xe0, 'JFIF\0\x01\x02\0\0\x01\0\x01\0\0'),
    segment(0xe2, 'ICC_PROFILE\0 colours'), segment(0xdb, 'table'),
    segment(0xc0, '\x08\x02\x58\x03\x20\x03'),
    // Two scans, with stuffed bytes and a restart in their data.
    segment(0xda, 'scan'), latin('\x01\xff\0\x02\xff\xd0\x03'), segment(0xda, 'scan'),
    latin('\xff\0\xff')];
  const jpeg = Buffer.concat([start, drawn[0], segment(0xe1, notes(6)),
    segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0 XMP-PLACE'), drawn[1],
    segment(0xe2, 'MPF\0 SECOND'), segment(0xed, 'Photoshop IPTC-PLACE'),
    segment(0xfe, 'COMMENT'), ...drawn.slice(2), end, latin('FILM-PLACE')]);
  const way = segment(0xe1, 'Exif\0\0MM\0\x2a\0\0\0\x08\0\x01'
    + '\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0');
  assert.deepEqual(cleaned(jpeg), Buffer.concat([start, way, ...drawn, end]));
  // One that was held upright has no notes at all, and nothing is done twice.
  const upright = Buffer.concat([start, segment(0xe1, notes(1)), ...drawn, end]);
  const bare = Buffer.concat([start, ...drawn, end]);
  assert.deepEqual(cleaned(upright), bare);
  assert.deepEqual(cleaned(bare), bare);
  // A picture that ends too early is still one; scraps are left to the server.
  const cut = Buffer.concat([start, segment(0xe1, notes(1)), ...drawn]);
  assert.deepEqual(cleaned(cut), Buffer.concat([start, ...drawn]));
  for (const bytes of [jpeg.subarray(0, 40), latin('\xff\xd8 no segment follows'),
    latin('%PDF-1.7 is not for us'), Buffer.alloc(0)]) {
    assert.equal(cleaned(bytes), undefined);
  }

  const whole = png(3, 2);
  const iend = whole.length - 12;
  const chunk = (type, text) => Buffer.concat([Buffer.of(0, 0, 0, text.length), latin(type),
    latin(text), Buffer.alloc(4)]);
  const noted = Buffer.concat([whole.subarray(0, 33), chunk('eXIf', 'MM GPS-PLACE'),
    chunk('tEXt', 'Author\0me'), chunk('iTXt', 'XML XMP-PLACE'), whole.subarray(33, iend),
    chunk('tIME', '\x07\xe8\x01\x01\0\0\0'), whole.subarray(iend), latin('after')]);
  assert.deepEqual(cleaned(noted), whole);
  assert.equal(cleaned(whole.subarray(0, iend)), undefined);

  const part = (type, text) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(text.length);
    return Buffer.concat([latin(type), size, latin(text), Buffer.alloc(text.length & 1)]);
  };
  const webp = (...parts) => part('RIFF', Buffer.concat([latin('WEBP'), ...parts]).toString('latin1'));
  const head = (flags) => part('VP8X', `${String.fromCharCode(flags)}\0\0\0\x1f\x03\0\x57\x02\0`);
  assert.deepEqual(cleaned(webp(head(0x1c), part('VP8L', 'odd'), part('EXIF', 'GPS-PLACE'),
    part('XMP ', 'XMP-PLACE'))), webp(head(0x10), part('VP8L', 'odd')));

  const file = new File(['just words'], 'notes.txt', { type: 'text/plain' });
  assert.equal(await withoutMetadata(file), file);
  const photo = await withoutMetadata(new File([jpeg], 'boat.jpg', { type: 'image/jpeg' }));
  assert.deepEqual([photo.name, photo.type], ['boat.jpg', 'image/jpeg']);
  assert.equal(photo.size, way.length + bare.length);
});

check('W54 a photograph is sent without its place, and stands as it was taken', async () => {
  const page = await visitAs('hiker', chat.url, { hash: '#peak' });
  const other = await visitAs('friend-54', chat.url, { hash: '#peak' });
  const drawn = Buffer.from(await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 200 });
    canvas.getContext('2d').fillRect(0, 0, 200, 200);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg'));
    return [...new Uint8Array(await blob.arrayBuffer())];
  }));
  const buffer = Buffer.concat([drawn.subarray(0, 2), segment(0xe1, notes(6)), drawn.subarray(2)]);
  await attach(page, { name: 'peak.jpg', mimeType: 'image/jpeg', buffer });
  await ready(page, 1);
  await page.click('#send');
  const image = other.locator('.message img');
  await image.waitFor();
  await until('the picture is there', () => image.evaluate((one) => one.naturalWidth === 200));
  // The place that was kept for it is that of the turned picture.
  assert.deepEqual(await image.evaluate(({ width, height }) => [width, height]), [160, 320]);
  const sent = await other.evaluate(async (src) => {
    const response = await fetch(src);
    return [...new Uint8Array(await response.arrayBuffer())];
  }, await image.getAttribute('src'));
  assert.ok(!Buffer.from(sent).includes('GPS-PLACE'));
  assert.ok(sent.length > 100 && sent.length < buffer.length);
});

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
  // From the message with the picture: a notice elsewhere may move both.
  const below = () => page.locator('.message', { hasText: 'below' }).evaluate((one) =>
    one.getBoundingClientRect().top
      - document.querySelector('.message:has(img)').getBoundingClientRect().top);
  const before = await below();
  release();
  await until('the picture', () => page.locator('.message img')
    .evaluate((one) => one.complete && one.naturalWidth > 0));
  assert.equal(await below(), before);
});

check('W57 a picture of a private room is for its members alone', async () => {
  const owner = await person(chat.url, 'owner-57');
  const asks = async (request, data) => {
    const answer = await owner.ask(request, data);
    assert.ok(answer.ok, `${request}: ${answer.error}`);
    return answer;
  };
  await asks('register', { password: 'correct-horse' });
  await asks('join', { room: 'den57' });
  await asks('room', { room: 'den57', private: true });
  const page = await visitAs('member-57', chat.url);
  await asks('room', { room: 'den57', invite: 'member-57' });
  await say(page, '/join #den57');
  await page.locator('h1', { hasText: 'den57' }).waitFor();
  const { upload } = await asks('upload', { name: 'map.png', bytes: PICTURE.buffer.length });
  const sent = await fetch(new URL(`uploads/${upload}?at=0`, chat.url),
    { method: 'POST', body: PICTURE.buffer });
  const { path } = await sent.json();
  await owner.say(`${chat.url}${path}`, 'den57');
  const drawn = () => until('the picture is there', () => page.locator('.message img')
    .evaluate((one) => one.naturalWidth === 800));
  await drawn();
  // The page shows its token before it asks for pictures.
  await page.reload();
  await drawn();
  const kept = await page.evaluate(async () => {
    const all = await Promise.all((await caches.keys()).map(async (name) =>
      (await (await caches.open(name)).keys()).map(({ url }) => url)));
    return all.flat().filter((url) => url.includes('/files/'));
  });
  assert.deepEqual(kept, []);
  const status = () => page.evaluate(async (url) => (await fetch(url)).status, path);
  assert.equal(await status(), 200);
  // Somebody who was told its address sees a sentence in its place.
  const other = await visitAs('outsider-57', chat.url, { hash: '#yard57' });
  await owner.ask('join', { room: 'yard57' });
  await owner.say(`${chat.url}${path}`, 'yard57');
  await other.locator('.file.gone', { hasText: 'map.png is not here any more, or is not for you' })
    .waitFor();
  await asks('kick', { room: 'den57', nick: 'member-57' });
  await until('it is not for them any more', async () => await status() === 404);
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

check('W46 on a phone a file with a long name can be removed', async () => {
  const page = await visitAs('pocket-46', chat.url, { viewport: { width: 375, height: 667 } });
  await give(page, 'drop', `${'a very long name '.repeat(6)}.txt`, 'words');
  await ready(page, 1);
  const button = page.locator('#files').getByRole('button', { name: /^Remove / });
  const { x, width } = await button.boundingBox();
  assert.ok(x + width <= 375, `${x} + ${width}`);
  await button.click();
  await page.locator('#files').waitFor({ state: 'hidden' });
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

check('W46 a disk that is full in the middle of an upload is told, and Retry sends it', async () => {
  const page = await visitAs('brim-46', chat.url, { hash: '#brim' });
  let pieces = 0;
  await page.route('**/uploads/**', async (route) => {
    pieces += 1;
    if (pieces !== 2) return route.continue();
    const error = 'the server\'s disk is full';
    return route.fulfill({ status: 507, json: { ok: false, code: 'files-full', error } });
  });
  await page.fill('#text', 'it fits now');
  const [name, mimeType] = ['big.bin', 'application/octet-stream'];
  await attach(page, { name, mimeType, buffer: Buffer.alloc(300 * 1024, 7) });
  await page.locator('#files small', { hasText: /disk is full/ }).waitFor();
  assert.equal(await page.inputValue('#text'), 'it fits now');
  await page.locator('#files').getByRole('button', { name: 'Retry' }).click();
  await ready(page, 1);
  await page.click('#send');
  await page.locator('.message', { hasText: 'it fits now' }).locator('a.file').waitFor();
});

check('W45 an address that lies about the size of a picture moves nothing out of the page', async () => {
  const page = await visitAs('liar-45', chat.url, { hash: '#lies', viewport: { width: 375, height: 667 } });
  const app = await person(chat.url, 'drawer-45');
  await app.ask('join', { room: 'lies' });
  const { upload } = await app.ask('upload', { name: 'boat.png', bytes: PICTURE.buffer.length });
  const sent = await fetch(new URL(`uploads/${upload}?at=0`, chat.url),
    { method: 'POST', body: PICTURE.buffer });
  const { path } = await sent.json();
  const lies = ['99999x1', '1x99999', '9999x9999'];
  await app.say(lies.map((lie) => `${chat.url}${path.replace('800x600', lie)}`).join(' '), 'lies');
  await app.say('after all lies', 'lies');
  await shown(page, 'after all lies');
  const boxes = await page.locator('.message img').evaluateAll((all) => all.map((one) => {
    const { width, height } = one.getBoundingClientRect();
    return [width, height];
  }));
  assert.equal(boxes.length, lies.length);
  for (const [width, height] of boxes) assert.ok(width <= 375 && height <= 320, `${boxes}`);
  const [content, shownWidth] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= shownWidth, `${content} > ${shownWidth}`);
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
