'use strict';
// Nobody gets a request past nginx, HAProxy or Caddy by hiding it in another one: the server and the
// proxy always agree where a request ends.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { startChat, until } = require('./harness');
const { FORGED, ambiguous, hidden } = require('./ambiguous');
const { HOST, SITE, comingFrom, request, startCaddy, startHaproxy, startNginx } = require('./proxies');
const { connectPlain, connectTls } = require('./streams');

const LIMIT = { timeout: 120_000 };
const START = { nginx: startNginx, haproxy: startHaproxy, caddy: startCaddy };
/** Time for an answer. Some of the requests never get one. */
const ANSWER_MS = 1_000;
const ATTACKER = '127.0.0.66';
/** Requests of somebody else, and the answers that belong to them alone. */
const INNOCENT = [
  ['/healthz', /^\{"status":"ok"\}/],
  ['/', /<!doctype html>/i],
  ['/nowhere', /not found|nothing/i],
  ['/healthz', /^\{"status":"ok"\}/],
];
const BELIEVED = new RegExp(`ip=${FORGED.replaceAll('.', '\\.')}\\b`);

/** Sends bytes, and returns what comes back until the end or a moment of silence. */
function send(stream, bytes) {
  return new Promise((resolve) => {
    let came = '';
    const done = () => {
      clearTimeout(timer);
      stream.destroy();
      resolve(came);
    };
    const timer = setTimeout(done, ANSWER_MS);
    stream.on('data', (data) => {
      came += data.toString('latin1');
      // A hidden request is answered at once after the rest, or not at all.
      timer.refresh();
    });
    stream.gone.then(done);
    stream.write(bytes);
  });
}

const start = () => startChat({
  host: `${HOST},${SITE}`, 'trust-proxy': '127.0.0.1,::1', log: 'info', 'per-address': 1000,
});

test('what a trusted proxy itself sends is believed, so that the other tests can fail', LIMIT, async () => {
  const chat = await start();
  const { port } = new URL(chat.url);
  const first = `GET /healthz HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  const came = await send(connectPlain(port, '127.0.0.1'), first + hidden(HOST));
  assert.match(came, /"status":"ok"[^]*HTTP\/1\.1 200 [^]*0\{"sid"/);
  await until('the forged address', () => BELIEVED.test(chat.said.text));
  await chat.stop();
});

for (const which of Object.keys(START)) {
  describe(`through ${which}`, () => {
    let chat;
    let proxy;
    before(async () => {
      chat = await start();
      proxy = await START[which]([{ http: Number(new URL(chat.url).port), lines: chat.lines }]);
    });
    after(async () => {
      await chat?.stop();
      await proxy?.stop();
    });

    const all = ambiguous(HOST);
    test(`none of ${all.length} ambiguous requests hides another one`, LIMIT, async () => {
      const answers = new Map();
      const innocent = (round) => Promise.all(INNOCENT.map(async ([path, own]) => {
        const { text } = await request(`https://${HOST}:${proxy.tls}${path}`, { from: '127.0.0.2' });
        assert.match(text, own, `${round}: ${path}`);
      }));
      await innocent('at first');
      for (const { name, bytes } of all) {
        const stream = connectTls({
          ...comingFrom(ATTACKER), host: HOST, port: proxy.tls, servername: HOST,
          ALPNProtocols: ['http/1.1'],
        });
        const came = await send(stream, bytes);
        const statuses = [...came.matchAll(/^HTTP\/1\.[01] (\d+)/gm)].map(([, status]) => status);
        answers.set(name, statuses.join(' ') || 'none');
        await innocent(name);
        assert.doesNotMatch(chat.said.text, BELIEVED, name);
      }
      console.log([...answers].map(([name, status]) => `# ${which}, ${name}: ${status}`).join('\n'));
      // Requests do get through: the attacker is known by the true address.
      await until('the attacker', () => chat.said.text.includes(`ip=${ATTACKER}`));
    });
  });
}
