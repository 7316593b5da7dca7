'use strict';
// The server under test, pages in a real browser, and people who speak to both.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawn } = require('node:child_process');
const { after, afterEach, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { connectPlain, heeded } = require('../interop/streams');

const PAGE = path.join(__dirname, '../../src/chat/page');
const BINARY = process.env.PAGE_BINARY;
const BROWSER = process.env.PAGE_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update',
];
/** Without a WebSocket everything must work too. */
const TRANSPORT = process.env.PAGE_TRANSPORT ?? 'websocket';
/** Pages so many times slower, to find tests that race with what they test. */
const SLOW = Number(process.env.PAGE_SLOW ?? 1);
const WAIT_MS = 15_000;
const LIMIT = { timeout: 90_000 };

const children = new Set();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mio-chat-page-'));
process.on('exit', () => {
  children.forEach((child) => child.kill('SIGKILL'));
  fs.rmSync(folder, { recursive: true, force: true });
});

/** The result of `promise`, unless it takes too long. */
function within(promise, what, ms = WAIT_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`in ${ms} ms never came: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asks again and again until the answer is true. */
async function until(what, isSo, ms = WAIT_MS) {
  const end = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`in ${ms} ms never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** One of the page's modules. In a folder that says that they are modules. */
async function pageModule(name) {
  const modules = path.join(folder, 'modules');
  if (!fs.existsSync(modules)) {
    fs.mkdirSync(modules);
    for (const file of fs.readdirSync(PAGE).filter((one) => one.endsWith('.js'))) {
      fs.copyFileSync(path.join(PAGE, file), path.join(modules, file));
    }
    fs.writeFileSync(path.join(modules, 'package.json'), '{"type":"module"}');
  }
  return import(pathToFileURL(path.join(modules, name)));
}

/** The chat. `restart` begins it anew at the same ports, with the same file. */
async function startChat(...flags) {
  const db = path.join(folder, `chat-${children.size}-${Date.now()}.db`);
  const ports = { lines: 0, web: 0 };
  const chat = { flags, db };
  let child;
  let ended;
  chat.start = async () => {
    const doors = ['--bind', `127.0.0.1:${ports.lines}`, '--http', `127.0.0.1:${ports.web}`,
      '--log', 'off', ...(flags.includes('--db') ? [] : ['--db', db]), ...flags];
    child = spawn(BINARY, doors, { stdio: ['ignore', 'ignore', 'pipe'] });
    children.add(child);
    let said = '';
    ended = new Promise((resolve) => {
      child.on('error', resolve);
      child.on('exit', resolve);
    });
    const up = new Promise((resolve, reject) => {
      child.stderr.on('data', (data) => {
        said += data;
        if (/open to .*\n/.test(said)) resolve();
      });
      ended.then(() => reject(new Error(`the chat has ended: ${said}`)));
    });
    await within(up, 'the chat is up');
    chat.url = `${/http:\/\/127\.0\.0\.1:\d+/.exec(said)[0]}/`;
    ports.web = Number(new URL(chat.url).port);
    ports.lines = Number(/nc 127\.0\.0\.1 (\d+)/.exec(said)[1]);
    chat.lines = ports.lines;
  };
  chat.stop = async (signal = 'SIGKILL') => {
    children.delete(child);
    child.kill(signal);
    await within(ended, 'the chat has ended');
  };
  chat.restart = async () => {
    await chat.stop();
    await chat.start();
  };
  await chat.start();
  return chat;
}

let browser;
const contexts = [];
const people = [];
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  people.splice(0).forEach((person) => person.leave());
});
after(() => browser?.close());

/** A visitor of their own, with a browser's storage of their own. */
async function visitor(options = {}) {
  const { chromium } = require('playwright-core');
  browser ??= await chromium.launch({ executablePath: BROWSER, args: FLAGS });
  const { init, ...rest } = options;
  // Requests of a worker would not pass by the tests.
  const usual = { viewport: { width: 1280, height: 800 }, serviceWorkers: 'block' };
  const context = await browser.newContext({ ...usual, ...rest });
  context.setDefaultTimeout(WAIT_MS);
  contexts.push(context);
  if (TRANSPORT === 'polling') await context.addInitScript(withoutWebSocket);
  if (init) await context.addInitScript(init);
  return context;
}

function withoutWebSocket() {
  globalThis.WebSocket = class {
    constructor() {
      setTimeout(() => this.onerror?.());
    }

    close() {}
  };
}

/** Runs a command of the operator on the history of a chat. */
function operate(chat, ...words) {
  execFileSync(BINARY, [...words, '--db', chat.db], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** The page as a new visitor sees it, or another page of one. */
async function visit(url, options = {}) {
  const { context = await visitor(options), hash = '' } = options;
  const page = await context.newPage();
  page.problems = [];
  page.requested = [];
  page.on('console', (message) => {
    const isNetwork = /Failed to load resource|WebSocket connection|net::ERR_/.test(message.text());
    if (message.type() === 'error' && !isNetwork) page.problems.push(message.text());
  });
  page.on('pageerror', (error) => page.problems.push(error.stack));
  if (SLOW > 1) {
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW });
  }
  page.on('request', (request) => page.requested.push(request.url()));
  await page.goto(url + hash);
  if (!options.isEarly) await online(page);
  return page;
}

/** The connection is there, and all that was missed. */
async function online(page) {
  await page.waitForFunction(() => document.querySelector('#me').textContent
    && !document.querySelector('#state.shown'));
}

/** A new visitor with this name. */
async function visitAs(nick, url, options) {
  const page = await visit(url, options);
  await name(page, nick);
  return page;
}

async function name(page, nick) {
  const opener = page.locator('#me');
  if (!await opener.isVisible()) await page.click('#menu');
  await opener.click();
  await page.fill('#name', nick);
  await page.press('#name', 'Enter');
  await page.waitForFunction((it) => !document.querySelector('#naming').open
    && document.querySelector('#me').textContent.startsWith(it), nick);
  await page.keyboard.press('Escape');
}

async function say(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

/** The texts that are shown, in order. */
const texts = (page) => page.locator('#log .text').allTextContents();

/** Waits for one, which no other message may contain. */
const shown = (page, text) => page.locator('#log .text').getByText(text, { exact: true }).waitFor();

/** A person in namespace /chat, with the page's own module and no page. Fails if refused. */
async function person(url, nick) {
  globalThis.WebSocket ??= require('ws');
  const { Socket } = await pageModule('socket.js');
  const came = [];
  let token;
  let refused;
  const socket = new Socket({
    url: new URL('socket.io/', url),
    namespace: '/chat',
    auth: () => ({ nick, token }),
    onState: (state) => {
      if (state.name === 'refused') refused = state.error;
    },
    onEvent: (event, data) => {
      came.push({ event, ...data });
      if (event === 'welcome') ({ token } = data);
    },
  });
  const it = {
    came,
    socket,
    ask: async (event, data) => {
      const answer = await socket.emit(event, data);
      assert.equal(answer.ok, true, `${event}: ${JSON.stringify(answer)}`);
      return answer;
    },
    say: (text, room = 'lobby') => it.ask('post', { room, text }),
    whisper: (to, text) => it.ask('dm', { to, text }),
    heard: (text) => until(`${nick} hears ${text}`, () => came.some((one) => one.text === text)),
    of: (event) => came.filter((one) => one.event === event),
    leave: () => socket.stop({ name: 'idle' }),
  };
  people.push(it);
  socket.connect();
  await until(`${nick} is in`, () => {
    if (refused) throw new Error(`${nick} is refused: ${refused}`);
    return token !== undefined;
  });
  return it;
}

/** A person at the line door, as at netcat. */
async function atNetcat(chat, nick) {
  const stream = connectPlain(chat.lines, '127.0.0.1').setEncoding('utf8');
  let said = '';
  stream.on('data', (text) => {
    said += text;
  });
  const it = {
    say: (line) => stream.write(`${line}\n`),
    has: (text) => said.includes(text),
    heard: (text) => until(`${nick} hears ${text}`, () => said.includes(text)),
    leave: () => stream.destroy(),
  };
  people.push(it);
  await it.heard('* Welcome');
  it.say(`/nick ${nick}`);
  await it.heard(`you are now ${nick}`);
  return it;
}

/**
 * A proxy that has the chat below `/chat/`, as nginx would; `own` are headers that it asks with
 * instead of the browser's.
 */
async function startProxy(url, own = {}) {
  const { port } = new URL(url);
  const optionsOf = ({ method, headers, url: target }) =>
    ({
      host: '127.0.0.1', port, method, headers: { ...headers, ...own },
      path: target.replace(/^\/chat\//, '/'),
    });
  const proxy = http.createServer((request, response) => {
    if (!request.url.startsWith('/chat/')) return response.writeHead(404).end();
    const on = http.request(optionsOf(request), (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    on.on('error', () => response.destroy());
    response.on('close', () => on.destroy());
    return request.pipe(on);
  });
  proxy.on('upgrade', (request, plain) => {
    const socket = heeded(plain);
    const on = http.request(optionsOf(request));
    on.on('upgrade', (answer, other) => {
      const fields = answer.rawHeaders.map((text, at) => text + (at % 2 ? '\r\n' : ': ')).join('');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
      socket.pipe(heeded(other)).pipe(socket);
      socket.gone.then(() => other.destroySoon());
      other.gone.then(() => socket.destroySoon());
    });
    on.on('response', ({ statusCode }) => {
      socket.end(`HTTP/1.1 ${statusCode} Refused\r\nConnection: close\r\n\r\n`);
    });
    on.on('error', () => socket.destroy());
    on.end();
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const close = () => {
    proxy.closeAllConnections();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${proxy.address().port}/chat/`, close };
}

let axeSource;

/** The violations that axe finds in the page as it is now. */
async function violations(page) {
  axeSource ??= fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  return page.evaluate(async (source) => {
    // The page's policy forbids scripts from elsewhere; this one comes by the debugger.
    if (!globalThis.axe) new Function(source)();
    await Promise.all(document.getAnimations().map(({ finished }) => finished));
    const found = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((one) => one.html)}`);
  }, axeSource);
}

/** A test that fails, too, if a page has complained of anything. */
function check(title, body, limit = LIMIT) {
  test(title, limit, async () => {
    await body();
    for (const page of contexts.flatMap((context) => context.pages())) {
      assert.deepEqual(page.problems ?? [], []);
    }
  });
}

module.exports = {
  LIMIT, PAGE, TRANSPORT, atNetcat, check, name, online, operate, pageModule, person, say, shown,
  startChat, startProxy, texts, until, violations, visit, visitAs, visitor, within,
};
