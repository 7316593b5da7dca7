'use strict';
// The chat over TLS: every client, over every transport, with a certificate that it checks; the page in
// a browser; and the same after the certificate has been replaced.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { TRANSPORTS, VERSIONS, connect, startChat, until, within } = require('./harness');
const { openBrowser } = require('./page');
const { closed, connectTls, connectWebSocket } = require('./streams');

const LIMIT = { timeout: 60_000 };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tls-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const files = { certificate: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };

/** Makes a certificate for this machine's name, and returns it. */
function renew(kind) {
  execFileSync('openssl', [
    'req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=critical,CA:FALSE',
    ...kind, '-keyout', files.key, '-out', files.certificate,
  ], { stdio: 'pipe' });
  return fs.readFileSync(files.certificate, 'utf8');
}

const ECDSA = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const RSA = ['-newkey', 'rsa:2048'];

let chat;
let ca;
let url;
let port;
before(async () => {
  ca = renew(ECDSA);
  chat = await startChat({
    https: '127.0.0.1:0', 'bind-tls': '127.0.0.1:0', 'tls-cert': files.certificate,
    'tls-key': files.key, log: 'info',
  });
  url = `https://localhost:${/https:\/\/127\.0\.0\.1:(\d+)/.exec(chat.said.text)[1]}`;
  port = Number(/ncat --ssl 127\.0\.0\.1 (\d+)/.exec(chat.said.text)[1]);
});
after(() => chat.stop());

/** A person at the line door over TLS. */
async function atLineDoor(nick) {
  let text = '';
  const stream = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca });
  stream.setEncoding('utf8').on('data', (data) => { text += data; });
  const next = async (line) => {
    await until(`${line} in ${text}`, () => text.includes(`${line}\n`));
    text = text.slice(text.indexOf(`${line}\n`) + line.length + 1);
  };
  const say = (line) => stream.write(`${line}\n`);
  await until('the greeting', () => text.includes('* /nick NAME'));
  say(`/nick ${nick}`);
  await next(`* you are now ${nick}`);
  return { next, say, close: () => closed(stream) };
}

/** Has a client of Socket.IO and a person at the line door talk. */
async function talk(version, transports, nick) {
  const person = await atLineDoor(nick);
  const [socket] = await connect(version, url, { transports, ca, rejectUnauthorized: true });
  try {
    person.say('from a line');
    assert.deepEqual(await socket.next('message'), [`${nick}: from a line`]);
    const long = 'x'.repeat(3_000);
    person.say(long);
    assert.deepEqual(await socket.next('message'), [`${nick}: ${long}`]);
    socket.emit('message', 'from an event');
    const [said] = await socket.next('message');
    assert.equal(said, 'from an event');
  } finally {
    socket.io.engine.close();
    await person.close();
  }
}

for (const version of VERSIONS) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    test(`client ${version}, ${transport}: talks over TLS`, LIMIT, () => (
      talk(version, transports, `n${version.replaceAll('.', '')}${transport}`)));
  }
}

test('a client that does not trust the certificate stays out', LIMIT, async () => {
  const refused = connect('4.8.4', url, { transports: ['websocket'], rejectUnauthorized: true });
  await assert.rejects(refused);
});

test('a plain WebSocket is a person too', LIMIT, async () => {
  const socket = connectWebSocket(`${url.replace('https', 'wss')}/ws`, { ca });
  let text = '';
  socket.on('message', (data) => { text += `${data}\n`; });
  await within(new Promise((resolve) => socket.once('open', resolve)), 'the WebSocket');
  await until('the greeting', () => text.includes('* Welcome'));
  await closed(socket);
});

test('the page works in a browser', LIMIT, async () => {
  const browser = await openBrowser();
  try {
    const page = await browser.context.newPage();
    await page.goto(`${url}/`);
    const alice = await atLineDoor('alice');
    await page.locator('#text').fill('from a browser');
    await page.keyboard.press('Enter');
    await page.locator('#log .text').getByText('from a browser', { exact: true }).waitFor();
    alice.say('to a browser');
    await page.locator('#log .text').getByText('to a browser', { exact: true }).waitFor();
    await alice.close();
  } finally {
    await browser.close();
  }
});

test('a new certificate, of another kind, is taken while people talk', LIMIT, async () => {
  const stays = await atLineDoor('stays');
  ca = renew(RSA);
  process.kill(chat.pid, 'SIGHUP');
  await until('the new certificate', () => chat.said.text.includes('certificate read again'));
  await talk('4.8.4', ['polling', 'websocket'], 'newcomer');
  await talk('2.5.0', ['websocket'], 'another');
  stays.say('/nick stayed');
  await stays.next('* you are now stayed');
  await stays.close();
});
