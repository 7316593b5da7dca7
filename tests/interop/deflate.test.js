'use strict';
// Compressed messages, with Node's WebSocket on the other side: its own, and that of every client.

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { TRANSPORTS, VERSIONS, connect, startConformance, within } = require('./harness');
const { closed, connectWebSocket } = require('./streams');

const LIMIT = { timeout: 60_000 };
const LENGTHS = [0, 1, 63, 64, 65, 1_023, 1_024, 1_025, 40_000, 70_000, 300_000];
/** As short as our messages and the client's are still compressed. */
const THRESHOLD = 64;
const ACCEPTED = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
const BOMB_BYTES = 17 * 1024 * 1024;

let server;
before(async () => {
  server = await startConformance({ deflate: THRESHOLD });
});
after(() => server.stop());

/** Text of this length that can be compressed. */
function textOf(length) {
  let text = '';
  for (let number = 0; text.length < length; number += 7) text += `{"word":${number % 301}},`;
  return text.slice(0, length);
}

/** Bytes of this length that cannot be compressed. */
function noiseOf(length) {
  let state = 1;
  return Buffer.from(Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 0xff;
  }));
}

/** A WebSocket to the server's echo; `told` is the server's answer to the offer. */
async function echo(perMessageDeflate) {
  const url = `${server.url.replace('http', 'ws')}/echo`;
  const ws = connectWebSocket(url, { perMessageDeflate });
  ws.once('upgrade', ({ headers }) => { ws.told = headers['sec-websocket-extensions']; });
  await within(new Promise((resolve) => { ws.once('open', resolve); }), 'the WebSocket is open');
  return ws;
}

function next(ws) {
  return within(new Promise((resolve) => {
    ws.once('message', (data, isBinary) => resolve(isBinary ? data : data.toString()));
  }), 'a message');
}

for (const [name, offer, answer] of [
  ['the usual offer', { threshold: 0 }, ACCEPTED],
  ['windows', { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
    `${ACCEPTED}; server_max_window_bits=10`],
  ['no context', { threshold: 0, clientNoContextTakeover: true, serverNoContextTakeover: true },
    ACCEPTED],
]) {
  test(`messages of ws come back compressed: ${name}`, LIMIT, async () => {
    const ws = await echo(offer);
    assert.equal(ws.told, answer);
    let sent = 0;
    const before = ws._socket.bytesRead;
    for (const length of LENGTHS) {
      for (const message of [textOf(length), Buffer.from(textOf(length)), noiseOf(length)]) {
        ws.send(message);
        assert.deepEqual(await next(ws), message, `${length}`);
      }
      ws.send(textOf(length));
      assert.equal(await next(ws), textOf(length));
      sent += length;
    }
    // All but the noise becomes much shorter.
    assert.ok(ws._socket.bytesRead - before < sent * 2.5, `${ws._socket.bytesRead} of ${sent * 4}`);
    ws.send(textOf(5_000), { compress: false });
    assert.equal(await next(ws), textOf(5_000));
    await closed(ws);
  });
}

test('a bomb is closed with 1009, and others go on', LIMIT, async () => {
  const [ws, other] = [await echo({ threshold: 0 }), await echo({ threshold: 0 })];
  const code = new Promise((resolve) => { ws.once('close', resolve); });
  ws.send(Buffer.alloc(BOMB_BYTES));
  assert.equal(await within(code, 'the close'), 1009);
  other.send('still here');
  assert.equal(await next(other), 'still here');
  await closed(other);
});

for (const version of VERSIONS) {
  for (const transport of ['websocket', 'upgrade']) {
    test(`client ${version}, ${transport}: events come back compressed`, LIMIT, async () => {
      const [socket] = await connect(version, server.url, {
        transports: TRANSPORTS[transport], perMessageDeflate: { threshold: THRESHOLD },
      });
      const { ws } = socket.io.engine.transport;
      assert.match(JSON.stringify(ws.extensions), /deflate/);
      const before = ws._socket.bytesRead;
      for (const length of LENGTHS) {
        socket.emit('message', textOf(length), { bytes: noiseOf(9), deep: [textOf(9)] });
        const [text, { bytes, deep }] = await socket.next('message-back');
        assert.equal(text, textOf(length));
        assert.deepEqual([Buffer.from(bytes), deep], [noiseOf(9), [textOf(9)]]);
      }
      const sum = LENGTHS.reduce((all, length) => all + length);
      assert.ok(ws._socket.bytesRead - before < sum / 2, `${ws._socket.bytesRead} of ${sum}`);
      socket.io.engine.close();
    });
  }
}
