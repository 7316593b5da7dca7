'use strict';
// The page's files and its look: to a browser, to eyes, to a screen reader.

const assert = require('node:assert/strict');
const http = require('node:http');
const { after, before } = require('node:test');
const {
  check, name, person, say, shown, startChat, texts, until, visit, visitAs,
} = require('./harness');

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
  + "img-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
  + "frame-ancestors 'none'";
const BYTES_MAX = 80_000;

let chat;
before(async () => {
  chat = await startChat('--rate', '0');
});
after(() => chat.stop());

/** A request without a browser: status, headers, body. */
function get(url, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(url, { headers }, (response) => {
      const chunks = [];
      response.on('error', reject);
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({
        status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks),
      }));
    }).on('error', reject);
  });
}

/** The files to which the page refers. */
async function assets() {
  const { body } = await get(chat.url);
  return [...body.toString().matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, path]) => path);
}

check('W1 self-contained: from one origin, small, complete', async () => {
  const page = await visit(chat.url);
  const { origin } = new URL(chat.url);
  for (const url of page.requested) assert.equal(new URL(url).origin, origin);
  const paths = await assets();
  let bytes = (await get(chat.url, { 'Accept-Encoding': 'gzip' })).body.length;
  for (const path of paths.filter((one) => !one.endsWith('.svg'))) {
    bytes += (await get(chat.url + path, { 'Accept-Encoding': 'gzip' })).body.length;
  }
  assert.ok(bytes <= BYTES_MAX, `${bytes} bytes`);
  // The page names every file that is loaded, so that one round of requests is enough.
  const loaded = page.requested.filter((url) => /\.(js|css)$/.test(url));
  assert.deepEqual(new Set(loaded), new Set(paths.filter((one) => /\.(js|css)$/.test(one))
    .map((path) => new URL(path, chat.url).href)));
});

check('W2 policy, types, caching, and a quiet console', async () => {
  const html = await get(chat.url);
  assert.equal(html.headers['content-security-policy'], POLICY);
  assert.equal(html.headers['x-content-type-options'], 'nosniff');
  assert.equal(html.headers['referrer-policy'], 'no-referrer');
  assert.equal(html.headers['cache-control'], 'no-cache');
  const again = await get(chat.url, { 'If-None-Match': `"x", W/${html.headers.etag}` });
  assert.equal(again.status, 304);
  assert.equal(again.body.length, 0);
  assert.equal((await get(chat.url, { 'If-None-Match': '"x"' })).status, 200);
  for (const path of await assets()) {
    assert.match(path, /^a\/[0-9a-f]{8}\/\w+\.(js|css|svg|webmanifest)$/);
    const plain = await get(chat.url + path);
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(plain.headers['x-content-type-options'], 'nosniff');
    assert.equal(plain.headers.vary, 'Accept-Encoding');
    assert.equal(plain.headers['content-encoding'], undefined);
    const zipped = await get(chat.url + path, { 'Accept-Encoding': 'br, gzip;q=0.8' });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    assert.notEqual(zipped.headers.etag, plain.headers.etag);
    assert.deepEqual(require('node:zlib').gunzipSync(zipped.body), plain.body);
    const refused = await get(chat.url + path, { 'Accept-Encoding': 'gzip; q=0.0' });
    assert.equal(refused.headers['content-encoding'], undefined);
    assert.equal((await get(chat.url + path, { 'If-None-Match': plain.headers.etag })).status, 304);
  }
  assert.doesNotMatch(html.body.toString(), /style=|\son\w+=|<style|<script>/);
  const page = await visit(chat.url);
  // Every browser refuses a script inside the page, and says so at once.
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.ran = true';
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  await until('the console complains', () => page.problems.length > 0);
  assert.match(page.problems.splice(0).join(), /Content Security Policy/);
});

const PAYLOADS = [
  '<script>pwned = 1</script>', '<img src=x onerror="pwned = 1">', '"><svg onload=pwned=1>',
  "'-pwned=1-'", '<iframe srcdoc="<script>parent.pwned=1</script>">', '<b>bold</b>', '&lt;b&gt;',
  '<a href="javascript:pwned=1">x</a>', 'javascript:pwned=1', 'data:text/html,<script>1</script>',
  'http://x.example/"onmouseover="pwned=1', 'https://x.example/<script>pwned=1</script>',
  '{{constructor.constructor("pwned=1")()}}', '${pwned=1}', '<style>*{display:none}</style>',
  '<meta http-equiv=refresh content=0>', '<base href=//x.example>', '<form action=//x.example>',
  '</div></main></body>', '<!--', ']]>', '\u202egnp.exe', '\u2066isolated\u2069 \u200f\u200e',
  'zero\u200bwidth\u200c\u200d\ufeff', 'a'.repeat(4000), 'e' + '\u0301'.repeat(2000),
  'Z\u0351\u036b\u0343'.repeat(500), '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  '\u0007bell \u001b[31m',
  '__proto__', 'constructor', '\n'.repeat(200) + 'tall',
];

check('W3 what people write stays text and breaks nothing', async () => {
  const page = await visitAs('xena', chat.url, { hash: '#xss' });
  const app = await person(chat.url, 'mallory');
  await app.ask('join', { room: 'xss' });
  await app.ask('topic', { room: 'xss', text: PAYLOADS[1] });
  for (const text of PAYLOADS) await app.say(text, 'xss');
  await app.whisper('xena', PAYLOADS[0]);
  await app.say('the end', 'xss');
  await shown(page, 'the end');
  await page.locator('#topic', { hasText: 'onerror' }).waitFor();
  const all = await texts(page);
  assert.equal(all.length, PAYLOADS.length + 1);
  for (const text of PAYLOADS.slice(0, 21)) assert.ok(all.includes(text), text);
  assert.ok(all.includes('\\u{202e}gnp.exe'));
  assert.ok(all.some((text) => text === `e${'\u0301'.repeat(8)}`));
  const seen = await page.locator('#log').evaluate((log) => ({
    pwned: globalThis.pwned,
    foreign: document.querySelectorAll('#log :is(script, img, iframe, svg, style, base, meta, b)')
      .length,
    wide: document.documentElement.scrollWidth - innerWidth,
    logWide: log.scrollWidth - log.clientWidth,
  }));
  assert.deepEqual(seen, { pwned: undefined, foreign: 0, wide: 0, logWide: 0 });
  // A tower of marks stays in its row.
  const tower = page.locator('.message', { hasText: 'Z\u0351' });
  assert.match(await tower.evaluate((one) => getComputedStyle(one).contain), /paint|content/);
});

check('W4 links: of the web only, and they tell nobody where one comes from', async () => {
  const page = await visitAs('link', chat.url, { hash: '#links' });
  const app = await person(chat.url, 'linker');
  await app.ask('join', { room: 'links' });
  await app.say('see https://a.example/x?y=1#z, (http://b.example/w_(i)) and ftp://c.example or '
    + 'javascript:alert(1) https:// mailto:x@y.example. www.d.example', 'links');
  const links = page.locator('#log a');
  await links.first().waitFor();
  const found = await links.evaluateAll((all) => all.map((one) =>
    [one.getAttribute('href'), one.rel, one.target]));
  const rel = 'noopener noreferrer nofollow';
  assert.deepEqual(found, [['https://a.example/x?y=1#z', rel, '_blank'],
    ['http://b.example/w_(i)', rel, '_blank']]);
});

check('W5 the log is announced, but neither its past nor what one says oneself', async () => {
  const app = await person(chat.url, 'voice');
  await app.ask('join', { room: 'heard' });
  await app.say('before anybody came', 'heard');
  const page = await visitAs('ear', chat.url, { hash: '#heard' });
  const log = page.getByRole('log', { name: 'Messages in #heard' });
  assert.equal(await log.getAttribute('aria-live'), 'polite');
  await app.say('to be announced', 'heard');
  await say(page, 'of my own');
  await shown(page, 'to be announced');
  await shown(page, 'of my own');
  const live = await log.locator('.message').evaluateAll((all) =>
    all.map((one) => [one.querySelector('.text').textContent, one.getAttribute('aria-live')]));
  assert.deepEqual(live, [['before anybody came', 'off'], ['to be announced', null],
    ['of my own', 'off']]);
  assert.equal(await page.locator('#log [aria-live]:not(#log > *)').count(), 0);
  // A screen reader also hears the author of a message that follows another by the same author.
  await app.say('another', 'heard');
  await app.say('and one more', 'heard');
  await shown(page, 'and one more');
  const last = page.locator('.message', { hasText: 'and one more' });
  assert.match(await last.textContent(), /^voice \d\d:\d\d/);
});

check('W6 landmarks, one heading of the first rank, names for all controls', async () => {
  const page = await visitAs('mark', chat.url);
  // Nobody sees a list of members who is alone.
  await person(chat.url, 'mary');
  await page.getByRole('complementary').waitFor();
  for (const role of ['banner', 'navigation', 'main', 'complementary']) {
    assert.equal(await page.getByRole(role).count(), 1, role);
  }
  assert.equal(await page.getByRole('form', { name: 'Write a message' }).count(), 1);
  assert.deepEqual(await page.locator('h1').allTextContents(), ['#lobby']);
  const nameless = await page.locator('button, input, textarea').evaluateAll((all) => all
    .filter((one) => one.checkVisibility() && !one.textContent.trim()
      && !one.ariaLabel && !one.labels?.length && !one.placeholder).map((one) => one.outerHTML));
  assert.deepEqual(nameless, []);
  assert.equal(await page.locator('[tabindex]:not([tabindex="0"])').count(), 0);
});

check('W9 the scheme follows the system until another is chosen, which is kept', async () => {
  const page = await visit(chat.url, { colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body)
    .backgroundColor);
  const dark = await ground();
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground();
  assert.notEqual(dark, light);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  assert.equal(await ground(), dark);
  await page.reload();
  assert.equal(await ground(), dark);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Use light colours' }).click();
  assert.equal(await ground(), light);
});

check('W9 a name has its colour everywhere, and there are twelve', async () => {
  const page = await visitAs('hue', chat.url, { hash: '#hues' });
  const app = await person(chat.url, 'painter');
  await app.ask('join', { room: 'hues' });
  for (let at = 0; at < 60; at += 1) {
    await app.ask('nick', { nick: `painter-${at}` });
    await app.say(`by ${at}`, 'hues');
  }
  await shown(page, 'by 59');
  const colours = await page.locator('#log .nick').evaluateAll((all) =>
    all.map((one) => getComputedStyle(one).color));
  // No painter has the colour of the person who looks.
  const own = await page.locator('#members .nick', { hasText: 'hue' }).evaluate((one) =>
    getComputedStyle(one).color);
  assert.ok(!colours.includes(own), own);
  assert.equal(new Set([...colours, own]).size, 12);
  const member = page.locator('#members .nick', { hasText: 'painter-59' });
  await member.waitFor();
  assert.equal(await member.evaluate((one) => getComputedStyle(one).color), colours.at(-1));
});

check('W9 who wants less motion sees none', async () => {
  const viewport = { width: 375, height: 700 };
  const page = await visit(chat.url, { reducedMotion: 'reduce', viewport });
  await page.click('#menu');
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((one) => {
    const { animationName, transitionDuration } = getComputedStyle(one);
    return animationName !== 'none' || parseFloat(transitionDuration) > 0;
  }).length);
  assert.equal(moving, 0);
});

for (const [width, height] of [[320, 568], [320, 200], [375, 812], [800, 600], [1280, 800],
  [2560, 1440]]) {
  check(`W10 usable at ${width} × ${height}, without scrolling sideways`, async () => {
    const nick = `size-${width}-${height}`;
    const page = await visit(chat.url, { viewport: { width, height } });
    await name(page, nick);
    const app = await person(chat.url, `${nick}-b`);
    await app.say(`${'long'.repeat(100)} ${nick}`);
    await app.say(`short ${nick}`);
    await shown(page, `short ${nick}`);
    await say(page, `from ${nick}`);
    await shown(page, `from ${nick}`);
    const found = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth - innerWidth,
      log: document.querySelector('#log').clientHeight,
      low: document.querySelector('#composer').getBoundingClientRect().bottom - innerHeight,
      small: [...document.querySelectorAll('input, textarea')]
        .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16).length,
    }));
    assert.equal(found.wide, 0);
    assert.equal(found.small, 0);
    assert.ok(found.low <= 0, `${found.low} px below`);
    assert.ok(found.log >= 60, `${found.log} px for messages`);
    if (width < 500) {
      await page.click('#menu');
      const nav = await page.locator('nav').boundingBox();
      assert.ok(nav.x >= 0 && nav.x + nav.width <= width);
      await page.keyboard.press('Escape');
      assert.equal(await page.isVisible('nav'), false);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'menu');
    }
  });
}

check('W10 long names, many lines and other scripts stay in their places', async () => {
  const nick = 'M'.repeat(24);
  const page = await visitAs(nick, chat.url, { hash: `#${'W'.repeat(32)}` });
  const app = await person(chat.url, '\u05d3\u05e0\u05d4');
  const room = 'w'.repeat(32);
  await app.ask('join', { room });
  for (let at = 0; at < 60; at += 1) await app.say(`\u05e9\u05dc\u05d5\u05dd wide ${at}`, room);
  await page.locator('.message', { hasText: 'wide 59' }).waitFor();
  const inside = (what, where) => page.evaluate(([inner, outer]) => {
    const box = document.querySelector(outer).getBoundingClientRect();
    return [...document.querySelectorAll(inner)].every((one) => {
      const { left, right } = one.getBoundingClientRect();
      return left >= box.left && right <= box.right;
    });
  }, [what, where]);
  const high = (what) => page.locator(what).first().evaluate((one) => one.offsetHeight);
  await page.locator('#members button').first().waitFor();
  assert.ok(await inside('#me', 'nav footer'));
  assert.ok(await inside('#members small', '#members'));
  assert.ok(await high('#members div small') < 30, 'the hint is one line');
  // A name has its own direction: the time comes after it.
  const order = await page.locator('.head').first().evaluate((one) => [...one.querySelectorAll(
    '.nick, time')].map((part) => part.getBoundingClientRect().left));
  assert.ok(order[0] < order[1], `${order}`);

  await page.setViewportSize({ width: 320, height: 568 });
  const low = await high('#text');
  assert.ok(low < 50, `${low} px, with nothing written`);
  const send = await high('#send');
  await page.fill('#text', 'one\ntwo\nthree\nfour');
  assert.equal(await high('#send'), send);
  await page.evaluate(() => { document.querySelector('#log').scrollTop = 0; });
  await page.locator('#pill').waitFor();
  const [pill, composer, log] = await page.evaluate(() => ['#pill', '#composer', '#log']
    .map((one) => document.querySelector(one).getBoundingClientRect()));
  assert.ok(pill.bottom < composer.top, `${pill.bottom} is above ${composer.top}`);
  assert.ok(pill.bottom <= log.bottom && pill.top > log.top);

  await say(page, '/search wide');
  const found = page.locator('#found li').first();
  await found.waitFor();
  const right = await found.evaluate((one) => {
    const range = document.createRange();
    range.selectNodeContents(one.querySelector('.text'));
    const result = one.querySelector('.result').getBoundingClientRect();
    return result.right - range.getBoundingClientRect().right;
  });
  assert.ok(right < 20, `${right} px from the right`);
});

check('W10 the viewport and the height are those of what can be seen', async () => {
  const { body } = await get(chat.url);
  assert.match(body.toString(),
    /"width=device-width, initial-scale=1, interactive-widget=resizes-content"/);
  assert.doesNotMatch(body.toString(), /user-scalable|maximum-scale/);
  const paths = (await assets()).filter((path) => path.endsWith('.css'));
  const css = await Promise.all(paths.map(async (path) => `${(await get(chat.url + path)).body}`));
  assert.match(css.join(''), /height: ?100dvh/);
});

check('W17 times: of the day, the date in the title, days divided, authors together', async () => {
  const page = await visitAs('tick', chat.url, { hash: '#times', timezoneId: 'Europe/Berlin' });
  const app = await person(chat.url, 'tock');
  await app.ask('join', { room: 'times' });
  await app.say('one', 'times');
  await app.say('two', 'times');
  await say(page, 'three');
  await shown(page, 'two');
  await shown(page, 'three');
  const time = page.locator('#log time').first();
  assert.match(await time.textContent(), /^([01]\d|2[0-3]):[0-5]\d$/);
  assert.ok(Math.abs(new Date(await time.getAttribute('datetime')) - Date.now()) < 60_000);
  assert.match(await time.getAttribute('title'), /\d{1,2} \w+ \d{4} at \d\d:\d\d:\d\d/);
  const day = page.locator('.day span');
  assert.equal(await day.textContent(), 'Today');
  assert.match(await day.getAttribute('title'), /^\w+day,? \d{1,2} \w+ \d{4}$/);
  const heads = await page.locator('.message').evaluateAll((all) =>
    all.map((one) => one.classList.contains('head')));
  assert.deepEqual(heads, [true, false, true]);
});

check('W26 without scripts the page says how to come in', async () => {
  const page = await visit(chat.url, { javaScriptEnabled: false, isEarly: true });
  const words = await page.locator('noscript').textContent();
  assert.match(words, new RegExp(`nc 127\\.0\\.0\\.1 ${chat.lines}\\b`));
  // And shows nothing else, for nothing else would work.
  const seen = await page.locator('body > *').evaluateAll((all) => all
    .filter((one) => one.checkVisibility()).map((one) => one.tagName));
  assert.deepEqual(seen, ['NOSCRIPT']);
  for (const command of [/^nc /, `mio-chat client ${chat.url}`, '/nick NAME', '/chat']) {
    assert.ok(await page.locator('noscript code').getByText(command).isVisible(), `${command}`);
  }
  assert.deepEqual(await page.locator('noscript :is(h1, h2)').allTextContents(),
    ['mio-chat', 'With netcat or telnet', 'With the terminal client', 'With a program']);
  // A small window scrolls down to its end, and never sideways.
  await page.setViewportSize({ width: 320, height: 400 });
  const box = () => page.locator('noscript p').last().boundingBox();
  const before = await box();
  await page.mouse.move(100, 100);
  await page.mouse.wheel(0, 5_000);
  await until('the end', async () => (await box()).y + before.height <= 400);
  assert.ok(before.x >= 0 && before.x + before.width <= 320, JSON.stringify(before));
});

for (const colorScheme of ['light', 'dark']) {
  check(`W9 what is to be pressed can be read in each of its states; ${colorScheme}`, async () => {
    const page = await visitAs(`state-${colorScheme}`, chat.url,
      { colorScheme, hash: `#states-${colorScheme}`, reducedMotion: 'reduce' });
    const app = await person(chat.url, `stater-${colorScheme}`);
    await app.ask('join', { room: `states-${colorScheme}` });
    for (let at = 0; at < 60; at += 1) await app.say(`line ${at}`, `states-${colorScheme}`);
    await shown(page, 'line 59');
    await page.evaluate(() => { document.querySelector('#log').scrollTop = 0; });
    await page.locator('#pill').waitFor();
    const contrast = (selector, where = page) => where.locator(selector).evaluate((one) => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const light = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
          const value = part / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const { color } = getComputedStyle(one);
      // A button without a ground of its own stands on that of what it is in.
      let behind = one;
      const groundOf = (it) => getComputedStyle(it).backgroundColor;
      while (groundOf(behind) === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
      const [less, more] = [light(color), light(groundOf(behind))].sort((a, b) => a - b);
      return (more + 0.05) / (less + 0.05);
    });
    const enough = async (selector, state) => {
      const ratio = await contrast(selector);
      assert.ok(ratio >= 4.5, `${selector}, ${state}: ${ratio.toFixed(2)}`);
    };
    const states = async (selector) => {
      await page.mouse.move(0, 0);
      await enough(selector, 'at rest');
      await page.focus(selector);
      await enough(selector, 'in focus');
      const before = await page.locator(selector).evaluate((one) =>
        getComputedStyle(one).backgroundColor);
      await page.hover(selector);
      await enough(selector, 'under the mouse');
      assert.notEqual(await page.locator(selector).evaluate((one) =>
        getComputedStyle(one).backgroundColor), before, `${selector} answers the mouse`);
      await page.mouse.down();
      await enough(selector, 'pressed');
      await page.mouse.move(0, 0);
      await page.mouse.up();
    };
    await states('#pill');
    await states('#send');
    await states('#searching');
    await states('#rooms [aria-current]');
    await page.click('#me');
    await states('#naming .main');
    await states('#naming .quiet');
    const guest = await visit(chat.url, { colorScheme, reducedMotion: 'reduce' });
    await guest.locator('#arrival').waitFor();
    for (const button of ['#arrival .main', '#stay']) {
      await guest.hover(button);
      const ratio = await contrast(button, guest);
      assert.ok(ratio >= 4.5, `${button}, under the mouse: ${ratio.toFixed(2)}`);
    }
  });
}

check('W31 what is touched is 44 pixels wide and high', async () => {
  const page = await visit(chat.url, { viewport: { width: 320, height: 812 }, hasTouch: true });
  const app = await person(chat.url, 'toucher');
  const low = async (view) => {
    const found = await page.locator('button, input, textarea, select').evaluateAll((all) => all
      .filter((one) => one.checkVisibility({ visibilityProperty: true }))
      // The label of a choice is touched.
      .map((one) => (/radio|checkbox/.test(one.type) ? one.closest('.row, .rule') : one))
      .filter((one) => one.offsetHeight < 44 || one.offsetWidth < 44)
      .map((one) => `${one.id || one.className || one.textContent}: ${one.offsetWidth} x `
        + one.offsetHeight));
    assert.deepEqual(found, [], view);
  };
  await page.locator('#arrival').waitFor();
  await low('arriving');
  await page.tap('#stay');
  await app.say('touch this');
  await shown(page, 'touch this');
  await say(page, '/msg nobody-here boo');
  await page.locator('.failed').waitFor();
  await low('a failed message');
  await page.tap('#menu');
  await page.tap('#joining');
  await low('the rooms');
  await page.tap('#rooms li button >> nth=0');
  await page.locator('.message', { hasText: 'touch this' }).tap();
  await page.getByRole('toolbar').waitFor();
  await low('the bar of a message');
  await page.getByRole('button', { name: 'React' }).tap();
  await low('the list of emoji');
  await page.getByRole('button', { name: 'heart', exact: true }).tap();
  await page.locator('.reactions button').waitFor();
  await low('a reaction');
  for (const opener of ['#about', '#bell', '.message .nick']) {
    // The bar may be over a name.
    await page.locator(opener).first().dispatchEvent('click');
    await page.locator(':popover-open').waitFor();
    await low(`the menu of ${opener}`);
    await page.keyboard.press('Escape');
  }
  await page.tap('#searching');
  await page.fill('#words', 'touch');
  await page.locator('#found li').first().waitFor();
  await low('a search');
  await page.keyboard.press('Escape');
  await page.tap('#menu');
  await page.tap('#settings');
  await low('the settings');
  await page.keyboard.press('Escape');
  await page.tap('#me');
  await low('the name');
});

check('W31 on a phone the name of a room has its place, and the lists give way to the text', async () => {
  const page = await visitAs('pocket', chat.url,
    { hash: '#harbour-watch', viewport: { width: 375, height: 667 }, hasTouch: true });
  await page.locator('h1', { hasText: '#harbour-watch' }).waitFor();
  assert.ok(await page.locator('h1').evaluate((one) => one.scrollWidth <= one.clientWidth));
  await page.tap('#menu');
  await page.locator('#nav.open').waitFor();
  await page.focus('#text');
  await page.locator('#nav').waitFor({ state: 'hidden' });
  // And to a search, of which they would hide the results.
  for (const opener of ['#searching', '#mentions']) {
    await page.tap('#menu');
    await page.locator('#nav.open').waitFor();
    await page.tap(opener);
    await page.locator('#nav').waitFor({ state: 'hidden' });
    await page.keyboard.press('Escape');
  }
});

check('W22 a room has no column of members for oneself alone', async () => {
  const page = await visitAs('hermit-22', chat.url, { hash: '#cave' });
  await page.locator('.start').waitFor();
  const column = page.locator('#members');
  assert.equal(await column.isVisible(), false);
  const app = await person(chat.url, 'caller-22');
  await app.ask('join', { room: 'cave' });
  await column.getByText('Members · 2').waitFor();
  await app.ask('leave', { room: 'cave' });
  await column.waitFor({ state: 'hidden' });
});

check('W32 in a wide window the text and the composer are one column', async () => {
  const page = await visitAs('wide', chat.url, { viewport: { width: 1920, height: 1080 } });
  await say(page, 'x'.repeat(3_000));
  await page.locator('.message.mine:not(.waiting)').first().waitFor();
  const sides = (what) => page.locator(what).last().evaluate((one) => {
    const { left, right } = one.getBoundingClientRect();
    return { left, right };
  });
  const message = await sides('.message');
  const composer = [await sides('#attach'), await sides('#send')];
  assert.equal(message.left, composer[0].left);
  assert.equal(message.right, composer[1].right);
  assert.ok(message.right - message.left <= 900, JSON.stringify(message));
});

check('W58 a short conversation is at the bottom, and each message has a role', async () => {
  const page = await visitAs('shorty', chat.url, { hash: '#short' });
  await say(page, 'the only one');
  const message = page.getByRole('log').getByRole('article').filter({ hasText: 'the only one' });
  await message.waitFor();
  // In the page itself, because the message is drawn again when it has been sent.
  const below = await page.evaluate(() => {
    const [log, one] = ['#log', '.message'].map((it) => document.querySelector(it));
    return log.getBoundingClientRect().bottom - one.getBoundingClientRect().bottom;
  });
  assert.ok(below >= 0 && below < 60, `${below} pixels below it`);
});

check('W33 the time of a message that follows another comes under the mouse', async () => {
  const page = await visitAs('gutter', chat.url, { hash: '#gutter' });
  for (const text of ['the first', 'the second']) {
    await say(page, text);
    await page.locator('.message.mine:not(.waiting)', { hasText: text }).waitFor();
  }
  const second = page.locator('.message', { hasText: 'the second' });
  const time = () => second.locator('time').evaluate((one) => getComputedStyle(one).opacity);
  await page.mouse.move(0, 0);
  assert.equal(await time(), '0');
  await second.hover();
  assert.equal(await time(), '1');
  // It stands before the text and moves nothing.
  const [clock, text] = [await second.locator('time').boundingBox(),
    await second.locator('.text').boundingBox()];
  assert.ok(clock.x + clock.width <= text.x && clock.y < text.y + text.height);
});

check('W28 a newcomer is asked for a name, and may stay a guest', async () => {
  const page = await visit(chat.url);
  const card = page.getByRole('form', { name: 'What should we call you?' });
  await card.waitFor();
  // The card is in nobody's way: the text has the focus.
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  assert.ok((await card.textContent()).includes(`${chat.url}#lobby`), 'the link to copy');
  assert.match(await card.textContent(), new RegExp(`nc 127\\.0\\.0\\.1 ${chat.lines}\\b`));
  const other = await person(chat.url, 'taken-28');
  const field = card.getByRole('textbox');
  for (const [text, words] of [['taken-28', /taken/], ['a b', /letters|characters/]]) {
    await field.fill(text);
    await field.press('Enter');
    await until('a word', async () => words.test(await page.textContent('#arrival-error')));
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await field.inputValue(), text);
    const [error, next] = await Promise.all(['#arrival-error', '#stay']
      .map((one) => page.locator(one).boundingBox()));
    assert.ok(error.y < next.y, 'the error is beside the field');
  }
  await field.fill('newcomer');
  await field.press('Enter');
  await card.waitFor({ state: 'hidden' });
  await page.locator('#me', { hasText: 'newcomer' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  await page.reload();
  await page.locator('#me', { hasText: 'newcomer' }).waitFor();
  assert.equal(await card.isVisible(), false);
  other.leave();

  const guest = await visit(chat.url);
  const stay = guest.getByRole('button', { name: /^Stay guest-\d+$/ });
  await stay.click();
  await guest.locator('#arrival').waitFor({ state: 'hidden' });
  await guest.reload();
  await guest.locator('#me', { hasText: 'guest-' }).waitFor();
  assert.equal(await guest.locator('#arrival').isVisible(), false);
});

check('W29 an empty conversation says what to do next, and how others come in', async () => {
  const page = await visitAs('lonely', chat.url, { hash: '#brand-new' });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.locator('.start', { hasText: 'Say the first word' }).waitFor();
  await page.locator('.start').getByRole('button', { name: 'Invite others…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite others' });
  await dialog.waitFor();
  assert.equal(await page.textContent('#link'), `${chat.url}#brand-new`);
  assert.equal(await page.textContent('#netcat'), `nc 127.0.0.1 ${chat.lines}`);
  await dialog.getByRole('button', { name: 'Copy' }).first().click();
  await dialog.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await copied(), `${chat.url}#brand-new`);
  await dialog.getByRole('button', { name: 'Done' }).click();
  const topic = page.locator('.start').getByRole('button', { name: 'Set a topic…' });
  await topic.click();
  await page.keyboard.type('What is new');
  await page.keyboard.press('Enter');
  await topic.waitFor({ state: 'detached' });
  await page.locator('#topic', { hasText: 'What is new' }).waitFor();
  await page.locator('.note', { hasText: 'You set the topic: What is new' }).waitFor();
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY');
  await say(page, 'the first word');
  await page.locator('.start .fields').waitFor({ state: 'detached' });
  await say(page, '/msg lonely-friend hello');
  const start = page.locator('.start', { hasText: 'Only you and lonely-friend' });
  await start.getByText('lonely-friend is in none of your rooms now, and may be away.').waitFor();
  const friend = await person(chat.url, 'lonely-friend');
  await start.getByText('Say hello.').waitFor();
  friend.leave();
  // A private conversation has no list of members, and no link for others.
  assert.equal(await page.locator('#members').isVisible(), false);
});

check('W29 the icon in the tab shows that something is unread', async () => {
  const page = await visitAs('iconic', chat.url, { hash: '#icons' });
  const app = await person(chat.url, 'painter-29');
  const icon = async () => new URL(await page.getAttribute('#favicon', 'href'), chat.url).pathname;
  assert.match(await icon(), /icon\.svg$/);
  await app.whisper('iconic', 'look');
  await until('the mark', async () => /unread\.svg$/.test(await icon()));
  assert.equal((await get(new URL(await icon(), chat.url).href)).status, 200);
  await page.locator('#privates button').first().click();
  await until('no mark', async () => /icon\.svg$/.test(await icon()));
});
