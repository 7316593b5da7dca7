'use strict';
// Pages in a real browser: their server, the client's script from another host, and the browser
// itself.

const http = require('node:http');
const { chromium } = require('playwright-core');
const { pageScriptOf } = require('./harness');

const BROWSER = process.env.INTEROP_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update',
];
/** Tutorials load the client from a public host; nothing here leaves this machine. */
const SCRIPTS = 'https://scripts.example/ajax/libs/socket.io';

/** A page that loads this version of the client, as tutorials do, and then runs `script`. */
function pageOf(version, script) {
  return `<!doctype html><html><head><meta charset="utf-8"><title>page</title>
    <script src="${SCRIPTS}/${version}/socket.io.js"></script></head>
    <body><p id="message"></p><script>${script}</script></body></html>`;
}

/** Serves the current `page.html` at a port of its own. */
async function servePage(page) {
  const server = http.createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page.html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

/** A browser with more flags than usual, which takes any certificate. */
async function openBrowser(flags = []) {
  const args = [...FLAGS, ...flags];
  const browser = await chromium.launch({ executablePath: BROWSER, args });
  /** A visitor with a storage of their own. */
  const visitor = () => browser.newContext({ ignoreHTTPSErrors: true });
  const context = await visitor();
  context.setDefaultTimeout(20_000);
  await context.route(`${SCRIPTS}/*/socket.io.js`, (route) => {
    const version = route.request().url().split('/').at(-2);
    return route.fulfill({ body: pageScriptOf(version), contentType: 'text/javascript' });
  });
  return { context, visitor, close: () => browser.close() };
}

/** The chat's own page at `url`, once its visitor is called `nick`. It may lack WebSockets. */
async function openPage(browser, url, nick, { isPolling = false } = {}) {
  const visitor = await browser.visitor();
  visitor.setDefaultTimeout(20_000);
  const page = await visitor.newPage();
  const problems = [];
  const sockets = [];
  page.on('pageerror', (error) => problems.push(error.stack));
  page.on('websocket', (socket) => sockets.push(socket.url()));
  if (isPolling) await page.addInitScript(withoutWebSocket);
  /** Waits until it is connected and has all that it missed. */
  const online = (timeout = 20_000) => page.waitForFunction(() =>
    document.querySelector('#me').textContent && !document.querySelector('#state.shown'),
  undefined, { timeout });
  await page.goto(url);
  await online();
  await page.click('#me');
  await page.fill('#name', nick);
  await page.press('#name', 'Enter');
  await page.waitForFunction((it) => !document.querySelector('#naming').open
    && document.querySelector('#me').textContent.startsWith(it), nick);
  await page.keyboard.press('Escape');
  const say = async (text) => {
    await page.fill('#text', text);
    await page.press('#text', 'Enter');
  };
  const texts = () => page.locator('#log .text').allTextContents();
  const shows = (text) => page.locator('#log .text').getByText(text, { exact: true }).waitFor();
  const leave = () => visitor.close();
  return { page, problems, sockets, online, say, texts, shows, leave };
}

function withoutWebSocket() {
  globalThis.WebSocket = class {
    constructor() {
      setTimeout(() => this.onerror?.());
    }

    close() {}
  };
}

module.exports = { openBrowser, openPage, pageOf, servePage };
