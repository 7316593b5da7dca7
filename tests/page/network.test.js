'use strict';
// The page when the network, the server or another page gets into its way.

const assert = require('node:assert/strict');
const http = require('node:http');
const { after, before } = require('node:test');
const {
  TRANSPORT, check, name, online, person, say, shown, startChat, startProxy, texts, until, visit,
  visitAs, visitor,
} = require('./harness');

const by = `; ${TRANSPORT}`;
const chats = [];
const begin = async (...flags) => {
  const chat = await startChat('--rate', '0', ...flags);
  chats.push(chat);
  return chat;
};
after(() => Promise.all(chats.map((chat) => chat.stop().catch(() => {}))));

let chat;
before(async () => {
  chat = await begin();
});

const state = (page, words) => page.locator('#state').getByText(words).waitFor();
const count = (list, text) => list.filter((one) => one === text).length;

check(`W11 the connection's state is told in words${by}`, async () => {
  const own = await begin();
  const page = await visit(own.url);
  assert.equal(await page.locator('#state').getAttribute('role'), 'status');
  await own.stop();
  const lost = Date.now();
  await state(page, /Reconnecting, attempt \d+/);
  assert.ok(Date.now() - lost < 2_000, `${Date.now() - lost} ms`);
  await until('another attempt', async () =>
    /attempt [23]/.test(await page.textContent('#state')));
  await own.start();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await online(page);
});

check(`W11 one who is offline is told so, and is back at once${by}`, async () => {
  const context = await visitor();
  const page = await visit(chat.url, { context });
  await context.setOffline(true);
  await state(page, /You are offline/);
  await context.setOffline(false);
  await page.waitForFunction(() => !document.querySelector('#state.shown'), null,
    { timeout: 3_000 });
});

check(`W11 a server that is full says why one has to wait${by}`, async () => {
  const own = await begin();
  const page = await visit(own.url);
  await own.stop();
  await state(page, /Reconnecting/);
  const full = http.createServer((_, response) =>
    response.writeHead(503).end('the chat is full\n'));
  await new Promise((resolve) => full.listen(new URL(own.url).port, '127.0.0.1', resolve));
  await state(page, /Reconnecting, attempt \d+ \(the chat is full\)/);
  full.closeAllConnections();
  await new Promise((resolve) => full.close(resolve));
  await own.start();
  // The page is shown again.
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForFunction(() => !document.querySelector('#state.shown'), null,
    { timeout: 3_000 });
});

check(`W11 behind a proxy that asks by another name the page says what to do${by}`, async () => {
  const proxy = await startProxy(chat.url, { host: new URL(chat.url).host });
  const page = await visit(proxy.url, { isEarly: true });
  await state(page, /refuses this page \(403\).*proxy_set_header Host \$http_host/);
  await state(page, new RegExp(`--origin ${new URL(proxy.url).origin}\\.`));
  assert.doesNotMatch(await page.textContent('#state'), /Reconnecting/);
  proxy.close();
});

check(`W11 the same person is in two pages at once${by}`, async () => {
  const context = await visitor();
  const first = await visit(chat.url, { context });
  await name(first, 'rex');
  const second = await visit(chat.url, { context });
  await online(second);
  await online(first);
  for (const page of [first, second]) assert.match(await page.textContent('#me'), /^rex/);
  const app = await person(chat.url, 'hearer');
  await app.say('to both of them');
  for (const page of [first, second]) await shown(page, 'to both of them');
});

check(`W12 what was missed comes once and in order${by}`, async () => {
  const context = await visitor();
  const page = await visit(chat.url, { context });
  await name(page, 'misser');
  const app = await person(chat.url, 'teller');
  await app.say('before');
  await shown(page, 'before');
  await context.setOffline(true);
  await state(page, /offline/);
  for (let at = 0; at < 30; at += 1) await app.say(`missed ${at}`);
  await app.whisper('misser', 'missed in private').catch(() => {});
  await context.setOffline(false);
  await shown(page, 'missed 29');
  const missed = (await texts(page)).filter((text) => text.startsWith('missed'));
  assert.deepEqual(missed, Array.from({ length: 30 }, (_, at) => `missed ${at}`));
  await app.say('after');
  await shown(page, 'after');
  assert.equal(count(await texts(page), 'before'), 1);
});

check(`W12 too much for once: how much is missing, and a button that loads it${by}`, async () => {
  const context = await visitor();
  const page = await visit(chat.url, { context, hash: '#much' });
  const app = await person(chat.url, 'talker');
  await app.ask('join', { room: 'much' });
  await app.say('the last that was seen', 'much');
  await shown(page, 'the last that was seen');
  // The messages so far count as seen.
  await app.say('really', 'much');
  await shown(page, 'really');
  await context.setOffline(true);
  await state(page, /offline/);
  for (let at = 0; at < 320; at += 1) await app.say(`much ${at}`, 'much');
  await context.setOffline(false);
  await shown(page, 'much 319');
  const gap = page.locator('.gap');
  assert.match(await gap.textContent(), /^270 messages not loaded · Load$/);
  assert.equal(await page.locator('#log .text').count(), 52);
  await gap.getByRole('button').click();
  await page.locator('.gap', { hasText: '170 messages' }).waitFor();
  await page.locator('.gap button').click();
  await page.locator('.gap', { hasText: '70 messages' }).waitFor();
  await page.locator('.gap button').click();
  await gap.waitFor({ state: 'detached' });
  const all = new Set();
  for (const [by_, end] of [[-2000, 'really'], [2000, 'much 319']]) {
    await until(end, async () => {
      (await texts(page)).forEach((text) => all.add(text));
      await page.evaluate((px) => {
        document.querySelector('#log').scrollTop += px;
      }, by_);
      return all.has(end) && (await texts(page)).includes(end);
    });
  }
  for (let at = 0; at < 320; at += 1) assert.ok(all.has(`much ${at}`), `much ${at}`);
});

check(`W13 offline: one writes on, it survives a reload, and is sent once and in order${by}`,
  async () => {
    const context = await visitor();
    const page = await visit(chat.url, { context });
    await name(page, 'oscar');
    const app = await person(chat.url, 'olga');
    await say(page, 'while there is a connection');
    await app.heard('while there is a connection');
    await chat.stop();
    await state(page, /Reconnecting/);
    for (let at = 0; at < 50; at += 1) await say(page, `queued ${at}`);
    await page.locator('.message.waiting', { hasText: 'queued 49' }).waitFor();
    await say(page, 'one too many');
    assert.match(await page.textContent('#error'), /50 messages wait/);
    assert.equal(await page.inputValue('#text'), 'one too many');
    // Otto must be there before they are sent.
    await context.setOffline(true);
    await chat.start();
    const again = await person(chat.url, 'otto');
    await context.setOffline(false);
    // The page that a reload brings knows of them too.
    await page.reload();
    await online(page);
    await again.heard('queued 49');
    await page.waitForFunction(() => !document.querySelector('.waiting'));
    const heard = again.of('message').map(({ text }) => text)
      .filter((text) => text.startsWith('queued'));
    assert.deepEqual(heard, Array.from({ length: 50 }, (_, at) => `queued ${at}`));
    const seen = (await texts(page)).filter((text) => text.startsWith('queued'));
    assert.deepEqual(seen, heard);
  });

check(`W13 a post whose receipt is lost is there once${by}`, async () => {
  // A connection that, on command, takes all output and brings nothing back.
  const init = () => {
    const { fetch, WebSocket } = globalThis;
    globalThis.deaf = false;
    const heard = (owner, set) => function listen(handler) {
      set.call(this, (event) => globalThis.deaf || handler(event));
    };
    const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage') ?? {};
    if (set) Object.defineProperty(WebSocket.prototype, 'onmessage', { set: heard(null, set) });
    globalThis.fetch = async (...args) => {
      const response = await fetch(...args);
      if (globalThis.deaf && args[1].method === 'GET') await new Promise(() => {});
      return response;
    };
  };
  const context = await visitor({ init });
  const page = await visit(chat.url, { context });
  await name(page, 'lola');
  const app = await person(chat.url, 'lars');
  await page.evaluate(() => {
    globalThis.deaf = true;
  });
  await say(page, 'lost receipt');
  await app.heard('lost receipt');
  await page.locator('.message.waiting', { hasText: 'lost receipt' }).waitFor();
  await page.reload();
  await online(page);
  await page.waitForFunction(() => !document.querySelector('.waiting'));
  await app.say('and then');
  await shown(page, 'and then');
  assert.equal(count(await texts(page), 'lost receipt'), 1);
  assert.equal(count(app.of('message').map(({ text }) => text), 'lost receipt'), 1);
});

check(`kill -9 and a restart while two pages type: nothing is lost, nothing comes twice${by}`,
  async () => {
    const own = await begin();
    const pages = [await visitAs('ann', own.url), await visitAs('ben', own.url)];
    const said = [];
    let isOver = false;
    const typing = pages.map(async (page, who) => {
      for (let at = 0; !isOver; at += 1) {
        const text = `${who}-${at}`;
        await say(page, text);
        if (await page.inputValue('#text') === '') said.push(text);
      }
    });
    for (let round = 0; round < 3; round += 1) {
      const enough = said.length + 20;
      await until('some lines', () => said.length >= enough);
      await own.stop('SIGKILL');
      await until('some more', () => said.length >= enough + 20);
      await own.start();
      for (const page of pages) await page.evaluate(() => dispatchEvent(new Event('online')));
      await Promise.all(pages.map((page) => page.waitForFunction(
        () => !document.querySelector('#state.shown'))));
    }
    isOver = true;
    await Promise.all(typing);
    await Promise.all(pages.map(online));
    for (const page of pages) {
      await page.waitForFunction(() => !document.querySelector('.waiting'));
      assert.equal(await page.locator('.failed').count(), 0);
    }
    const app = await person(own.url, 'judge');
    const kept = [];
    for (let before, more = true; more;) {
      const answer = await app.ask('history', { room: 'lobby', limit: 100, ...before });
      kept.unshift(...answer.messages);
      more = answer.more;
      before = { before: answer.messages[0]?.id };
    }
    const texts_ = kept.map(({ text }) => text);
    assert.deepEqual([...texts_].sort(), [...said].sort());
    for (const who of [0, 1]) {
      const own_ = (list) => list.filter((text) => text.startsWith(`${who}-`));
      assert.deepEqual(own_(texts_), own_(said));
    }
    for (const page of pages) {
      const seen = await texts(page);
      assert.deepEqual(seen, texts_.slice(-seen.length));
    }
  });

check(`W23 a server that keeps no history says so${by}`, async () => {
  const own = await startChat('--rate', '0', '--db', 'none');
  chats.push(own);
  const page = await visitAs('nina', own.url);
  await say(page, 'hello');
  await page.locator('.message:not(.waiting)', { hasText: 'hello' }).waitFor();
  await page.locator('.start', { hasText: 'Nothing older is kept' }).waitFor();
  // Nobody can have an account here.
  await page.click('#settings');
  await page.locator('#theme').waitFor();
  assert.equal(await page.locator('#signing').isVisible(), false);
  await page.keyboard.press('Escape');
  await say(page, '/search hello');
  await page.locator('#found', { hasText: /no history/i }).waitFor();
  await page.keyboard.press('Escape');
  // A new server, whose ids begin again.
  await own.stop();
  await state(page, /Reconnecting/);
  await own.start();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await online(page);
  const app = await person(own.url, 'noah');
  await app.say('a new beginning');
  await shown(page, 'a new beginning');
  assert.deepEqual(await texts(page), ['hello', 'a new beginning']);
});

check(`a server that is shut down says so, and the page comes back${by}`, async () => {
  const own = await begin();
  const page = await visitAs('shuri', own.url);
  await own.stop('SIGTERM');
  await state(page, /Reconnecting/);
  await own.start();
  await online(page);
  assert.match(await page.textContent('#me'), /^shuri/);
});

check(`W25 below a path of a proxy everything works${by}`, async () => {
  const proxy = await startProxy(chat.url);
  try {
    const page = await visitAs('petra', proxy.url);
    const app = await person(chat.url, 'paul');
    await say(page, 'through the proxy');
    await app.heard('through the proxy');
    await app.say('and back through it');
    await shown(page, 'and back through it');
    const { origin } = new URL(proxy.url);
    for (const url of page.requested) assert.ok(url.startsWith(`${origin}/chat/`), url);
  } finally {
    proxy.close();
  }
});

check(`W49 the page opens without a connection, and can be installed${by}`, async () => {
  const kept = await startChat();
  const page = await visitAs('keeper', kept.url, { serviceWorkers: 'allow', hash: '#kept' });
  const manifest = await page.evaluate(async () => {
    const { href } = document.querySelector('link[rel=manifest]');
    const response = await fetch(href);
    const { start_url: start, icons } = await response.json();
    return [response.headers.get('content-type'), new URL(start, href).href,
      (await fetch(new URL(icons[0].src, href))).ok];
  });
  assert.deepEqual(manifest, ['application/manifest+json', kept.url, true]);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await until('the worker looks after the page', () => page.evaluate(() =>
    navigator.serviceWorker.controller?.state === 'activated'));
  await kept.stop();
  await page.reload();
  await page.locator('h1', { hasText: '#kept' }).waitFor();
  await page.locator('#state.shown').waitFor();
  await say(page, 'written without a connection');
  await page.locator('.message.waiting').waitFor();
  await kept.start();
  await page.locator('.message.mine:not(.waiting)', { hasText: 'without a connection' }).waitFor();
  // Nothing is kept but the page and its files, and no word that people say.
  const urls = await page.evaluate(async () =>
    (await (await caches.open('mio-chat-shell')).keys()).map(({ url }) => new URL(url).pathname));
  assert.ok(urls.length > 5 && urls.every((path) => /^\/(a\/[0-9a-f]{8}\/\w+\.\w+)?$/.test(path)),
    `${urls}`);
  await kept.stop();
});
