'use strict';
// Two nodes behind nginx and HAProxy, with the configurations of contrib/ for several nodes.

const assert = require('node:assert/strict');
const { after, before, describe, test } = require('node:test');
const { startNodes } = require('./cluster');
const { VERSIONS, ask, connected, managerOf, sleep, socketOf, until } = require('./harness');
const { HOST, agentFrom, request, startHaproxy, startNginx } = require('./proxies');
const { connectPlain } = require('./streams');

const LIMIT = { timeout: 90_000 };
const START = { nginx: startNginx, haproxy: startHaproxy };
const NAMES = ['a', 'b'];
/** Clients of as many addresses, so that some are at each node. */
const CLIENTS = 8;

for (const which of Object.keys(START)) {
  describe(`behind ${which}`, () => {
    let cluster;
    let proxy;
    const url = () => `https://${HOST}:${proxy.tls}`;
    const from = (client) => `127.0.0.${client + 2}`;

    before(async () => {
      cluster = await startNodes(NAMES, { host: HOST, 'trust-proxy': '127.0.0.1,::1', rate: 0 });
      const servers = NAMES.map(cluster.node).map((node) =>
        ({ http: Number(new URL(node.url).port), lines: node.lines }));
      proxy = await START[which](servers);
    });
    after(async () => {
      await cluster?.stop();
      await proxy?.stop();
    });

    /** A client of this version in the tutorials' namespace. */
    async function enter(version, transports, client) {
      const agent = agentFrom(from(client));
      const manager = managerOf(version, url(), { transports, agent });
      const socket = socketOf(manager, '/');
      await connected(socket);
      await until('the upgrade', () => manager.engine.transport.name === transports.at(-1));
      return { socket, leave: () => socket.disconnect() };
    }

    /** The number of lines of each node's log that match. */
    const counts = (pattern) => NAMES.map((name) =>
      cluster.node(name).said.text.match(pattern)?.length ?? 0);

    for (const version of VERSIONS) {
      test(`clients ${version} at all nodes talk, whatever their transport`, LIMIT, async () => {
        const clients = [];
        for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
          for (let client = 0; client < CLIENTS; client += 1) {
            clients.push(await enter(version, transports, client));
          }
        }
        // Each hears each, so each session has stayed at its node, and the nodes are one chat.
        clients.forEach(({ socket }, at) => socket.emit('message', `${version} ${at}`));
        const all = clients.map((_, at) => `${version} ${at}`).sort();
        for (const { socket } of clients) {
          const heard = [];
          while (heard.length < all.length) heard.push((await socket.next('message'))[0]);
          assert.deepEqual(heard.map((text) => text.replace(/^.*: /, '')).sort(), all);
        }
        clients.forEach(({ leave }) => leave());
      });
    }

    test('both nodes have people of each kind', LIMIT, async () => {
      for (const door of ['eio4-polling', 'eio4-ws']) {
        const pattern = new RegExp(`connect ip=.* door=${door}`, 'g');
        await until(`${door} at both nodes: ${counts(pattern)}`, () =>
          counts(pattern).every((count) => count > 0));
      }
      const lines = [];
      for (let client = 0; client < CLIENTS; client += 1) {
        const localAddress = from(client);
        const stream = connectPlain({ host: '127.0.0.1', port: proxy.lines, localAddress });
        let said = '';
        stream.setEncoding('utf8').on('data', (text) => (said += text));
        await until('a greeting', () => said.includes('* Welcome'));
        lines.push(stream);
      }
      const pattern = /connect ip=127\.0\.0\.[2-9] .* door=line/g;
      await until('lines at both nodes', () => counts(pattern).every((count) => count > 0));
      lines.forEach((stream) => stream.destroy());
    });

    test('people come in at the other node while one is stopped', LIMIT, async () => {
      await cluster.node('b').stop('SIGTERM');
      // HAProxy looks at the nodes every two seconds, nginx only when it cannot connect.
      const isServed = async (client) => {
        const { status } = await request(`${url()}/readyz`, { from: from(client) });
        return status === 200;
      };
      for (let client = 0; client < CLIENTS; client += 1) {
        while (!(await isServed(client))) await sleep(100);
        for (const transports of [['polling'], ['websocket']]) {
          const { socket, leave } = await enter('4.8.4', transports, client);
          const [answer] = await ask(socket, 'nothing');
          assert.deepEqual(answer, { ok: false, error: 'unknown-event' });
          leave();
        }
      }
      await cluster.start('b');
    });
  });
}
