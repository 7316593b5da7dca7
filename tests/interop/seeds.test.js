'use strict';
// Clients in the form of the well-known tutorials, with the unchanged chat.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, afterEach, before, test } = require('node:test');
const {
  VERSIONS, ask, connect, managerOf, pageScriptOf, sleep, socketOf, startChat,
} = require('./harness');
const { openBrowser, pageOf, servePage } = require('./page');

const LIMIT = { timeout: 60_000 };

let browser;
let opened = [];
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());
afterEach(async () => {
  for (const thing of opened.reverse()) await (thing.stop ?? thing.close).call(thing);
  opened = [];
});

/** Closes `thing` after the test. */
function keep(thing) {
  opened.push(thing);
  return thing;
}

async function chatWith(flags) {
  return keep(await startChat(flags));
}

/** Opens `html` in the browser, from a host of its own. */
async function visit(html) {
  const host = keep(await servePage({ html }));
  const page = keep(await browser.context.newPage());
  await page.goto(host.origin);
  return page;
}

/**
 * Has `html` be a page of the chat's own origin, which serves none that runs scripts of others. (A
 * page that the browser did not get from this machine might not open a WebSocket to it.)
 */
async function visitAt(origin, html) {
  const page = keep(await browser.context.newPage());
  await page.goto(`${origin}/healthz`);
  await page.setContent(html);
  return page;
}

/** The page of seed 001: says hello and shows the answer. */
function seed001(address) {
  return `
    const socket = io(${address});
    socket.on('connect', () => {
      console.log('connected');
      socket.emit('message', 'Hello, server!');
    });
    socket.on('response', (data) => {
      document.getElementById('message').innerHTML = data.response;
    });
    socket.on('connect_error', () => { document.title = 'refused'; });`;
}

const DELIVERED = "document.getElementById('message').textContent === 'delivered'";
const ON_WEBSOCKET = "socket.io.engine.transport.name === 'websocket'";

for (const version of ['2.3.0', '4.8.4']) {
  const is = `seed 001, the page with client ${version}`;

  test(`${is}: from another origin that is let in`, LIMIT, async () => {
    const chat = await chatWith({ origin: '*' });
    const [other] = await connect('4.8.4', chat.url);
    const page = await visit(pageOf(version, seed001(JSON.stringify(chat.url))));
    await page.waitForFunction(DELIVERED);
    await page.waitForFunction(ON_WEBSOCKET);
    assert.deepEqual(await other.next('message'), ['Hello, server!']);
    other.disconnect();
  });

  test(`${is}: by polling only, and by its origin's name`, LIMIT, async () => {
    const options = "{ transports: ['polling'] }";
    const served = { html: '' };
    const host = keep(await servePage(served));
    const chat = await chatWith({ origin: host.origin });
    served.html = pageOf(version, seed001(`${JSON.stringify(chat.url)}, ${options}`));
    const page = keep(await browser.context.newPage());
    await page.goto(host.origin);
    await page.waitForFunction(DELIVERED);
  });

  test(`${is}: from the chat's own origin`, LIMIT, async () => {
    const chat = await chatWith();
    const page = await visitAt(chat.url, pageOf(version, seed001('')));
    await page.waitForFunction(DELIVERED);
    await page.waitForFunction(ON_WEBSOCKET);
  });

  for (const transport of ['polling', 'websocket']) {
    test(`${is}: from another origin it is refused by ${transport}`, LIMIT, async () => {
      const chat = await chatWith();
      const options = `{ transports: ['${transport}'] }`;
      const script = seed001(`${JSON.stringify(chat.url)}, ${options}`);
      const page = await visit(pageOf(version, script));
      await page.waitForFunction("document.title === 'refused'");
      assert.equal(await page.textContent('#message'), '');
    });
  }
}

for (const version of VERSIONS) {
  test(`seed 001, the script with client ${version}: answers are not echoed`, LIMIT, async () => {
    const chat = await chatWith();
    const [one] = await connect(version, chat.url);
    const [two] = await connect(version, chat.url);
    let answered = 0;
    for (const socket of [one, two]) {
      socket.on('message', () => {
        answered += 1;
        socket.emit('response', { response: 'my response' });
      });
    }
    one.emit('message', 'hello');
    await two.next('message');
    assert.equal((await one.next('response'))[0].response, 'delivered');
    // An answer to each answer would go on for ever.
    await sleep(300);
    assert.equal(answered, 2);
    assert.deepEqual(await ask(one, 'response', 1), [{ ok: false, error: 'unknown-event' }]);
    one.disconnect();
    two.disconnect();
  });

  test(`seed 002, client ${version}: names, rooms, typing`, LIMIT, async () => {
    const chat = await chatWith();
    const [ann] = await connect(version, chat.url);
    const [ben] = await connect(version, chat.url);
    const [cat] = await connect(version, chat.url);
    const all = [ann, ben, cat];

    ann.emit('send_message', { username: 'Ann', message: 'first' });
    for (const socket of all) assert.deepEqual(await socket.next('message'), ['Ann: first']);
    ben.emit('send_chat_message', { username: 'Ben', message: 'second' });
    for (const socket of all) assert.deepEqual(await socket.next('message'), ['Ben: second']);
    cat.send('third');
    for (const socket of all) assert.deepEqual(await socket.next('message'), ['third']);

    // A name that is taken is not taken twice.
    cat.emit('send_message', { username: 'Ann', message: 'me too' });
    for (const socket of all) assert.deepEqual(await socket.next('message'), ['Ann~2: me too']);

    ann.emit('join', { username: 'Ann', room: 'tea' });
    assert.deepEqual(await ann.next('message'), ['Ann has entered the room.']);
    ben.emit('join', 'tea');
    for (const socket of [ann, ben]) {
      assert.deepEqual(await socket.next('message'), ['Ben has entered the room.']);
    }
    ann.emit('send_message', { username: 'Ann', message: 'green?', room: 'tea' });
    for (const socket of [ann, ben]) {
      assert.deepEqual(await socket.next('message'), ['Ann: green?']);
    }
    ben.emit('typing', { username: 'Ben', room: 'tea' });
    assert.deepEqual(await ann.next('typing'), [{ username: 'Ben', room: 'tea' }]);
    ann.emit('leave', { username: 'Ann', room: 'tea' });
    for (const socket of [ann, ben]) {
      assert.deepEqual(await socket.next('message'), ['Ann has left the room.']);
    }
    ben.emit('send_message', { username: 'Ben', message: 'alone', room: 'tea' });
    assert.deepEqual(await ben.next('message'), ['Ben: alone']);

    // A message in another room was not told: this comes next.
    ann.emit('typing', 'Ann');
    for (const socket of [ben, cat]) assert.deepEqual(await socket.next('typing'), ['Ann']);
    ann.emit('send_message', { username: 'Ann', message: 'last' });
    for (const socket of all) assert.deepEqual(await socket.next('message'), ['Ann: last']);
    all.forEach((socket) => socket.disconnect());
  });
}

test('seed 002, client 2.3.0 by the address of the page', LIMIT, async () => {
  const chat = await chatWith();
  const page = await visitAt(chat.url, pageOf('2.3.0', `
    const address = location.protocol + '//' + document.domain + ':' + location.port;
    const socket = io.connect(address);
    const seen = [];
    socket.on('connect', () => {
      socket.emit('send_message', { username: 'Ann', message: 'from a page' });
    });
    socket.on('message', (data) => { seen.push(data); });`));
  await page.waitForFunction("seen[0] === 'Ann: from a page'");
});

for (const version of ['2.3.0', '4.8.4']) {
  test(`seed 004, two tabs with client ${version}, and other origins`, LIMIT, async () => {
    const chat = await chatWith({ origin: '*' });
    const html = pageOf(version, `
      const socket = io(${JSON.stringify(chat.url)});
      const seen = [];
      socket.on('message', (data) => { seen.push(data); });
      const say = (text) => { socket.emit('message', text); };`);
    const tabs = [await visit(html), await visit(html)];
    for (const tab of tabs) await tab.waitForFunction('socket.connected');
    await tabs[0].evaluate("say('one')");
    for (const tab of tabs) await tab.waitForFunction("seen[0] === 'one'");
    await tabs[1].evaluate("say({ user: 'x', text: 'two' })");
    for (const tab of tabs) await tab.waitForFunction("seen[1] && seen[1].text === 'two'");
    for (const tab of tabs) assert.equal(await tab.evaluate('seen.length'), 2);
  });
}

/** A chat whose operator has these pages, and the client's script beside them. */
async function chatWithPages(version, pages) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pages-'));
  keep({ close: () => fs.rmSync(folder, { recursive: true, force: true }) });
  fs.mkdirSync(path.join(folder, 'socket.io'));
  fs.writeFileSync(path.join(folder, 'socket.io/socket.io.js'), pageScriptOf(version));
  for (const [name, script] of Object.entries(pages)) {
    fs.writeFileSync(path.join(folder, name), `<!doctype html><html><head><title>page</title>
      <script src="/socket.io/socket.io.js"></script></head>
      <body><p id="message"></p><script>${script}</script></body></html>`);
  }
  return chatWith({ static: folder });
}

for (const version of ['2.3.0', '4.8.4']) {
  test(`seeds 001, 002 and 004, pages of the chat with client ${version}`, LIMIT, async () => {
    const chat = await chatWithPages(version, {
      'index.html': seed001(''),
      'rooms.html': `
        const socket = io.connect(location.protocol + '//' + document.domain + ':' + location.port);
        const seen = [];
        socket.on('connect', () => { socket.emit('join', { username: 'Ann', room: 'tea' }); });
        socket.on('message', (data) => { seen.push(data); });`,
      'tabs.html': `
        const socket = io();
        const seen = [];
        socket.on('message', (data) => { seen.push(data); });`,
    });
    const visitPage = async (name) => {
      const page = keep(await browser.context.newPage());
      await page.goto(`${chat.url}/${name}`);
      return page;
    };
    const hello = await visitPage('');
    await hello.waitForFunction(DELIVERED);
    await hello.waitForFunction(ON_WEBSOCKET);
    const rooms = await visitPage('rooms.html');
    await rooms.waitForFunction("seen[0] === 'Ann has entered the room.'");
    const tabs = [await visitPage('tabs.html'), await visitPage('tabs.html')];
    for (const tab of tabs) await tab.waitForFunction('socket.connected');
    await tabs[0].evaluate("socket.emit('message', 'one')");
    for (const tab of tabs) await tab.waitForFunction("seen[0] === 'one'");
    // The chat's page is beside them, and hears the same.
    const own = await visitPage('chat/');
    // A function, because this page's policy refuses a text that is asked again.
    await own.waitForFunction(() => document.querySelector('#me').textContent);
    await tabs[1].evaluate("socket.emit('message', 'two')");
    await own.locator('#log .text').getByText('two', { exact: true }).waitFor();
  });
}

test('a program may come from anywhere, a page may not', LIMIT, async () => {
  const chat = await chatWith();
  const extraHeaders = { Origin: 'http://elsewhere.example' };
  for (const transports of [['polling'], ['websocket']]) {
    const manager = managerOf('4.8.4', chat.url, { transports, extraHeaders });
    const socket = socketOf(manager, '/');
    await socket.next('connect_error');
    assert.equal(socket.connected, false);
    const [program] = await connect('4.8.4', chat.url, { transports });
    program.disconnect();
  }
});
