'use strict';
// nginx and HAProxy in front of a server that ends TLS itself: they pass on bytes, and before them the
// client's address.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { VERSIONS, connected, managerOf, socketOf, startChat, until } = require('./harness');
const { openBrowser, openPage } = require('./page');
const { HOST, agentFrom, atLines, certificate, comingFrom, request, startPassing } = require('./proxies');
const { connectTls } = require('./streams');

const LIMIT = { timeout: 60_000 };
const POLL = '/socket.io/?EIO=4&transport=polling';
const HEADER = 'PROXY TCP4 198.51.100.1 127.0.0.1 1 2\r\n';

let browser;
before(async () => {
  browser = await openBrowser(['--host-resolver-rules=MAP *.example 127.0.0.1']);
});
after(() => browser?.close());

for (const which of ['nginx', 'haproxy']) {
  describe(`behind ${which}`, () => {
    let chat;
    let proxy;
    const url = (rest = '') => `https://${HOST}:${proxy.tls}${rest}`;
    const isLogged = (pattern) => until(`${pattern} in the log`, () => pattern.test(chat.said.text));

    before(async () => {
      chat = await startChat({
        host: HOST, 'trust-proxy': '127.0.0.1,::1', log: 'debug', https: '127.0.0.1:0',
        'bind-tls': '127.0.0.1:0', 'tls-cert': certificate, 'tls-key': certificate,
      });
      const [, https] = /https:\/\/127\.0\.0\.1:(\d+)/.exec(chat.said.text);
      const [, linesTls] = /ncat --ssl 127\.0\.0\.1 (\d+)/.exec(chat.said.text);
      proxy = await startPassing(which, { https, linesTls });
    });
    after(async () => {
      await chat?.stop();
      await proxy?.stop();
    });

    for (const version of VERSIONS) {
      test(`client ${version} talks, and the server knows from where`, LIMIT, async () => {
        const from = `127.0.0.${10 + VERSIONS.indexOf(version)}`;
        for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
          const agent = agentFrom(from);
          const manager = managerOf(version, url(), { transports, agent });
          const socket = socketOf(manager, '/');
          await connected(socket);
          socket.emit('message', 'hello');
          assert.deepEqual(await socket.next('message'), ['hello']);
          socket.disconnect();
        }
        for (const door of ['polling', 'ws']) {
          await isLogged(new RegExp(`connect ip=${from} .*door=eio[34]-${door}`));
        }
      });
    }

    test('two pages talk', LIMIT, async () => {
      const one = await openPage(browser, url(), 'alice');
      const other = await openPage(browser, url(), 'bob', { isPolling: true });
      await one.say('over TLS');
      await other.shows('over TLS');
      await other.say('and back');
      await one.shows('and back');
      for (const { problems, leave } of [one, other]) {
        assert.deepEqual(problems, []);
        await leave();
      }
    });

    test('people at lines are known by their address, whatever they send', LIMIT, async () => {
      const person = atLines(proxy, { from: '127.0.0.6', isTls: true });
      await person.heard('* Welcome');
      person.say(HEADER);
      person.say('/who');
      await person.heard('* in #lobby');
      await isLogged(/connect ip=127\.0\.0\.6 .*door=line/);
      person.stream.destroy();
      // The first bytes inside of TLS are not the proxy's.
      const { text } = await request(url(POLL), { from: '127.0.0.7', headers: { 'X-A': 'b' } });
      assert.match(text, /^0\{"sid"/);
      await isLogged(/connect ip=127\.0\.0\.7 .*door=eio4-polling/);
      const forged = connectTls({
        ...comingFrom('127.0.0.8'), host: HOST, port: proxy.tls, servername: HOST,
      });
      let answer = '';
      forged.setEncoding('latin1').on('data', (data) => (answer += data));
      forged.write(`${HEADER}GET ${POLL} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      await until('an answer', () => answer.includes('\r\n\r\n'));
      assert.match(answer, /^HTTP\/1\.1 400 /);
      forged.destroy();
      assert.doesNotMatch(chat.said.text, /ip=198\.51\.100/);
    });
  });
}
