'use strict';
// The chat behind nginx, HAProxy and Caddy, with the configurations of contrib/.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const os = require('node:os');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { VERSIONS, ask, connected, managerOf, sleep, socketOf, startChat, until } = require('./harness');
const { openBrowser, openPage } = require('./page');
const {
  HOST, SITE, agentFrom, atLines, folder, request, startCaddy, startHaproxy, startNginx,
} = require('./proxies');

const LIMIT = { timeout: 90_000 };
const START = { nginx: startNginx, haproxy: startHaproxy, caddy: startCaddy };
const RELOADS = 3;
/** Messages of one person while the proxy reloads. With seven people they are fewer than a gap. */
const MESSAGES = 24;
/** Time between what one person says and says next. */
const TALK_MS = 50;
/** Connections of one address in the test of that limit. */
const PER_ADDRESS = 3;
const POLL = '/socket.io/?EIO=4&transport=polling';
/** The headers of a WebSocket's handshake, for requests that are not for a WebSocket. */
const HANDSHAKE = {
  Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
/** An address of this machine that may be banned. */
const foreign = Object.values(os.networkInterfaces()).flat()
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Somebody in namespace `/chat` who comes back, and sends again what was not answered. */
class Person {
  constructor(base, nick, options = {}) {
    Object.assign(this, { base, nick, heard: [], said: [], options, visits: 0 });
  }

  async enter() {
    const { transports = ['websocket'], from = '127.0.0.1' } = this.options;
    const { origin, pathname } = new URL(this.base);
    this.manager?._close();
    this.agent?.destroy();
    // No connections are kept: a request that the client's library repeats, because its connection was
    // closed, never ends (xmlhttprequest-ssl 2.1.2).
    this.agent = agentFrom(from);
    const manager = managerOf('4.8.4', origin, {
      transports, agent: this.agent, path: `${pathname}socket.io/`,
    });
    const { token, since, history, nick } = this;
    const auth = { nick: token ? undefined : nick, token, client: 'web', since, history };
    const socket = socketOf(manager, '/chat', { auth });
    Object.assign(this, { manager, socket });
    socket.on('message', ({ id, text }) => {
      this.heard.push(text);
      this.since = Math.max(this.since ?? 0, id);
    });
    socket.on('gap', ({ missed }) => this.heard.push(`a gap of ${missed}`));
    const welcomed = socket.next('welcome');
    welcomed.catch(() => {});
    await connected(socket);
    const [welcome] = await welcomed;
    this.visits += 1;
    this.token = welcome.token;
    this.history = welcome.history;
    this.since ??= welcome.rooms[0].messages.at(-1)?.id ?? 0;
    return this;
  }

  /** Posts until it is answered. */
  async say(text) {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const answer = await this.post(text);
      if (answer?.ok) {
        this.said.push(text);
        this.since = Math.max(this.since, answer.id);
        return;
      }
      await this.enter().catch(() => sleep(50));
    }
    throw new Error(`${this.nick} could not say ${text}`);
  }

  post(text) {
    const { socket } = this;
    if (!socket.connected) return null;
    return new Promise((resolve) => {
      socket.emit('post', { room: 'lobby', text, key: `${this.nick}${text}` }, resolve);
      socket.once('disconnect', () => resolve(null));
      setTimeout(() => resolve(null), 5_000).unref();
    });
  }

  /** Waits until everything has been heard, coming back where that is needed. */
  async hears(texts) {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      if (texts.every((text) => this.heard.includes(text))) return;
      if (!this.socket.connected) await this.enter().catch(() => {});
      await sleep(20);
    }
    const missing = texts.filter((text) => !this.heard.includes(text));
    throw new Error(`${this.nick} never heard ${missing}`);
  }

  leave() {
    this.manager?._close();
    this.agent?.destroy();
  }
}

/** Asks again and again until the answer is true. */
async function untilAsync(what, isSo, ms = 15_000) {
  const end = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`in ${ms} ms never came: ${what}`);
    await sleep(20);
  }
}

let browser;
before(async () => {
  assert.ok(foreign, 'this machine has an address of its own, besides those of the loopback');
  browser = await openBrowser([`--host-resolver-rules=MAP *.example 127.0.0.1`]);
});
after(() => browser?.close());

for (const which of Object.keys(START)) {
  describe(`behind ${which}`, () => {
    let chat;
    let proxy;
    let db;
    const flags = { host: `${HOST},${SITE}`, 'trust-proxy': '127.0.0.1,::1' };
    const url = (rest = '', host = HOST) => `https://${host}:${proxy.tls}${rest}`;
    const isLogged = (pattern) => until(`${pattern} in the log`, () => pattern.test(chat.said.text));

    before(async () => {
      db = path.join(folder, `${which}.db`);
      chat = await startChat({ ...flags, db, log: 'debug' });
      const http = Number(new URL(chat.url).port);
      proxy = await START[which]([{ http, lines: chat.lines }]);
    });
    after(async () => {
      await chat?.stop();
      await proxy?.stop();
    });

    for (const version of VERSIONS) {
      test(`client ${version} talks by polling, WebSocket and the upgrade`, LIMIT, async () => {
        for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
          for (const below of [url('/'), url('/chat/', SITE)]) {
            const { origin, pathname } = new URL(below);
            const agent = agentFrom('127.0.0.2', { keepAlive: true });
            const manager = managerOf(version, origin, {
              transports, agent, path: `${pathname}socket.io/`,
            });
            const socket = socketOf(manager, '/');
            await connected(socket);
            const last = transports.at(-1);
            await until('the upgrade', () => manager.engine.transport.name === last);
            socket.emit('message', `${last} by ${version}`);
            assert.deepEqual(await socket.next('message'), [`${last} by ${version}`]);
            // Long enough that a poll waits.
            const later = socket.next('message');
            await sleep(100);
            socket.emit('message', 'later');
            assert.deepEqual(await later, ['later']);
            socket.disconnect();
            agent.destroy();
          }
        }
      });
    }

    test('the page talks at its own host and below a path, without a WebSocket too', LIMIT, async () => {
      const one = await openPage(browser, url('/'), 'alice');
      const other = await openPage(browser, url('/chat/', SITE), 'bob', { isPolling: true });
      assert.equal(new URL(one.sockets[0]).pathname, '/socket.io/');
      await one.say('from the host');
      await other.shows('from the host');
      await other.say('from below the path');
      await one.shows('from below the path');
      const third = await openPage(browser, url('/chat/', SITE), 'carla');
      assert.equal(new URL(third.sockets[0]).pathname, '/chat/socket.io/');
      await third.say('by a WebSocket below the path');
      await one.shows('by a WebSocket below the path');
      for (const { problems, leave } of [one, other, third]) {
        assert.deepEqual(problems, []);
        await leave();
      }
    });

    test('plain requests are led to TLS, and a path to its slash', LIMIT, async () => {
      const plain = await request(`http://${HOST}:${proxy.plain}/`);
      assert.ok([301, 308].includes(plain.status), `${plain.status}`);
      assert.match(plain.headers.location, /^https:\/\/chat\.example(:\d+)?\/$/);
      const path = await request(url('/chat', SITE));
      assert.ok([301, 302, 308].includes(path.status), `${path.status}`);
      assert.match(path.headers.location, /\/chat\/$/);
    });

    test('requests share connections, on both sides of the proxy', LIMIT, async () => {
      const agent = agentFrom('127.0.0.2', { keepAlive: true, maxSockets: 1 });
      const opened = () => chat.said.text.match(/connection=\S+ door=http/g).length;
      const first = opened();
      const ports = new Set();
      for (let count = 0; count < 30; count += 1) {
        const answer = await request(url('/healthz'), { agent });
        assert.equal(answer.status, 200);
        Object.values(agent.sockets).concat(Object.values(agent.freeSockets)).flat()
          .forEach((socket) => ports.add(socket.localPort));
      }
      agent.destroy();
      assert.equal(ports.size, 1);
      assert.ok(opened() - first < 10, `${opened() - first} connections for 30 requests`);
    });

    test('the server knows from which address a client comes, whatever it invents', LIMIT, async () => {
      const invented = {
        'X-Forwarded-For': '198.51.100.1', Forwarded: 'for=198.51.100.2;host=evil.example',
        'X-Real-IP': '198.51.100.3', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Port': '1',
      };
      const polled = await request(url(POLL), { from: '127.0.0.3', headers: invented });
      assert.equal(polled.status, 200, polled.text);
      await isLogged(/connect ip=127\.0\.0\.3 .*door=eio4-polling/);
      const headers = { ...HANDSHAKE, ...invented };
      const ws = await request(url('/socket.io/?EIO=4&transport=websocket'), {
        from: '127.0.0.4', headers,
      });
      assert.equal(ws.status, 101);
      await isLogged(/connect ip=127\.0\.0\.4 .*door=eio4-ws/);
      const plain = await request(url('/chat/ws', SITE), { from: '127.0.0.5', headers });
      assert.equal(plain.status, 101);
      await isLogged(/connect ip=127\.0\.0\.5 .*door=ws/);
      if (proxy.lines) {
        for (const [from, isTls] of [['127.0.0.6', false], ['127.0.0.7', true]]) {
          const person = atLines(proxy, { from, isTls });
          await person.heard('* Welcome');
          // Only the proxy's own header counts, not one that follows it.
          person.say('PROXY TCP4 198.51.100.4 127.0.0.1 1 2');
          person.say('/who');
          await person.heard('* in #lobby');
          await isLogged(new RegExp(`connect ip=${from.replaceAll('.', '\\.')} .*door=line`));
          person.stream.destroy();
        }
      }
      assert.doesNotMatch(chat.said.text, /ip=198\.51\.100/);
    });

    test('pages of the same host may connect, and no others', LIMIT, async () => {
      for (const [host, origin, status] of [
        [HOST, url(), 200],
        [SITE, url('', SITE), 200],
        [HOST, url('', SITE), 403],
        [HOST, url().replace('https', 'http'), 403],
        [HOST, 'https://evil.example', 403],
        [HOST, 'null', 403],
      ]) {
        const rest = host === SITE ? `/chat${POLL}` : POLL;
        const headers = { Origin: origin };
        const polled = await request(url(rest, host), { headers, from: '127.0.0.2' });
        assert.equal(polled.status, status, `${host} ${origin}: ${polled.text}`);
        const upgraded = await request(url(rest.replace('polling', 'websocket'), host), {
          headers: { ...headers, ...HANDSHAKE }, from: '127.0.0.2',
        });
        assert.equal(upgraded.status, status === 200 ? 101 : status, `${host} ${origin}`);
      }
      const headers = { Host: 'evil.example' };
      const { status } = await request(url(POLL), { headers, from: '127.0.0.2' });
      // Caddy knows its own names, and answers others itself, with nothing.
      assert.ok(status === 421 || which === 'caddy' && status === 200, `${status}`);
      assert.ok(!/ip=\S+ reason=host/.test(chat.said.text) || which !== 'caddy');
    });

    test('nobody loses a message while the proxy reloads', LIMIT, async () => {
      const base = url('/');
      const people = [
        new Person(base, 'dora', { from: '127.0.0.2' }),
        new Person(base, 'emil', { from: '127.0.0.3', transports: ['polling'] }),
        new Person(url('/chat/', SITE), 'finn', { from: '127.0.0.4', transports: ['polling'] }),
        new Person(base, 'gina', { from: '127.0.0.5', transports: ['polling', 'websocket'] }),
      ];
      for (const person of people) await person.enter();
      const pages = {
        hugo: await openPage(browser, base, 'hugo'),
        ines: await openPage(browser, url('/chat/', SITE), 'ines', { isPolling: true }),
      };
      const line = atLines(proxy.lines ? proxy : { lines: chat.lines }, { from: '127.0.0.6' });
      await line.heard('* Welcome');
      line.say('/nick kurt');
      await line.heard('* you are now kurt');
      const all = [];
      /** Says one thing after the other. */
      const talk = async (nick, say) => {
        for (let count = 0; count < MESSAGES; count += 1) {
          const text = `${nick} ${count}`;
          await say(text);
          all.push(text);
          await sleep(TALK_MS);
        }
      };
      const talks = [
        ...people.map((person) => talk(person.nick, (text) => person.say(text))),
        ...Object.entries(pages).map(([nick, page]) => talk(nick, page.say)),
        talk('kurt', line.say),
      ];
      for (let reload = 1; reload <= RELOADS; reload += 1) {
        const part = talks.length * MESSAGES * reload / (RELOADS + 1);
        await until('a part of the talk', () => all.length >= part);
        await proxy.reload();
      }
      await Promise.all(talks);
      for (const person of people) {
        const others = all.filter((text) => !text.startsWith(`${person.nick} `));
        await person.hears(others);
        // Somebody whose connection broke before the answer came hears their own words from the
        // history.
        const heard = person.heard.filter((text) => !text.startsWith(`${person.nick} `));
        assert.deepEqual(heard.sort(), others.sort(), `${person.nick} hears all once`);
      }
      await until('all lines', () => all.every((text) =>
        text.startsWith('kurt ') || line.said.includes(`> ${text}\n`)));
      assert.ok(!line.isOver);
      for (const [nick, page] of Object.entries(pages)) {
        // The page shows what was said before, too.
        const seen = async () => (await page.texts()).filter((text) => all.includes(text));
        const isAll = async () => (await seen()).length >= all.length;
        await untilAsync(`all on the page of ${nick}`, isAll);
        assert.deepEqual((await seen()).sort(), [...all].sort(), `${nick} sees all once`);
        assert.deepEqual(page.problems, []);
        await page.leave();
      }
      // WebSockets and lines do not notice the reload, except behind Caddy.
      if (which !== 'caddy') assert.deepEqual([people[0].visits, people[3].visits], [1, 1]);
      people.forEach((person) => person.leave());
      line.stream.destroy();
    });

    test('a ban closes the clients of an address and lets in no more, at each door', LIMIT, async () => {
      const banned = await new Person(url('/'), 'ivan', { from: foreign }).enter();
      const innocent = await new Person(url('/'), 'jana', { from: '127.0.0.2' }).enter();
      const line = proxy.lines ? atLines(proxy, { from: foreign }) : undefined;
      await line?.heard('* Welcome');
      const program = path.join(process.env.INTEROP_RELEASE, 'mio-chat');
      const told = banned.socket.next('bye');
      execFileSync(program, ['ban', foreign, '--db', db], { stdio: 'pipe' });
      assert.equal((await told)[0].reason, 'banned');
      await until('the end of the line', () => !line || line.isOver);
      await assert.rejects(new Person(url('/'), 'ivan', { from: foreign }).enter());
      if (proxy.lines) {
        const again = atLines(proxy, { from: foreign });
        await until('the end of a line', () => again.isOver);
        assert.doesNotMatch(again.said, /Welcome/);
      }
      await innocent.say('still here');
      execFileSync(program, ['unban', foreign, '--db', db], { stdio: 'pipe' });
      innocent.leave();
      banned.leave();
    });

    test('an address has its share of connections and sessions, and another its own', LIMIT, async () => {
      const ports = { http: new URL(chat.url).host, bind: `127.0.0.1:${chat.lines}` };
      await chat.stop();
      chat = await startChat({ ...flags, ...ports, db, log: 'debug', 'per-address': PER_ADDRESS });
      const statuses = [];
      for (let count = 0; count <= PER_ADDRESS; count += 1) {
        statuses.push((await request(url(POLL), { from: '127.0.0.3' })).status);
      }
      assert.deepEqual(statuses, [...Array(PER_ADDRESS).fill(200), 429]);
      assert.equal((await request(url(POLL), { from: '127.0.0.4' })).status, 200);
      await isLogged(/refused reason=\S+ ip=127\.0\.0\.3 flag=--per-address/);
      if (!proxy.lines) return;
      const people = [];
      for (let count = 0; count < PER_ADDRESS; count += 1) {
        people.push(atLines(proxy, { from: '127.0.0.5' }));
        await people.at(-1).heard('* Welcome');
      }
      const one = atLines(proxy, { from: '127.0.0.5' });
      await until('the end of one too many', () => one.isOver);
      assert.doesNotMatch(one.said, /Welcome/);
      const other = atLines(proxy, { from: '127.0.0.6' });
      await other.heard('* Welcome');
      [...people, other].forEach(({ stream }) => stream.destroy());
    });
  });
}
