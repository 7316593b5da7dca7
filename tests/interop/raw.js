'use strict';
// Sessions without a client's library: any bytes out, and the bytes that come back.

const http = require('node:http');
const { connectWebSocket } = require('./streams');

/** Marks the end of the answers before it; its own answer is not compared. */
const SYNC = '42777["message-with-ack","sync"]';
const SYNCED = '43777["sync"]';
const WAIT_MS = 1_000;
/** The outcome of a session that neither ends nor answers. */
const SILENT = 'silent';
const LEAVE_MS = 5;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function request(method, url, body) {
  return new Promise((resolve) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const headers = { 'Content-Type': 'text/plain;charset=UTF-8', ...length };
    const sent = http.request(url, { method, agent, headers, timeout: WAIT_MS }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() });
      });
      response.on('error', () => resolve({ status: SILENT, text: '' }));
    });
    sent.on('error', () => resolve({ status: SILENT, text: '' }));
    sent.on('timeout', () => sent.destroy());
    sent.end(body);
  });
}

/** Packets as a payload of this version. */
function payload(eio, packets) {
  const base64 = (bytes) => `${eio === 4 ? 'b' : 'b4'}${bytes.toString('base64')}`;
  const texts = packets.map((packet) => (typeof packet === 'string' ? packet : base64(packet)));
  return eio === 4 ? texts.join('\x1e') : texts.map((text) => `${text.length}:${text}`).join('');
}

/** A payload's packets. */
function packets(eio, text) {
  const texts = [];
  if (eio === 4) texts.push(...text.split('\x1e'));
  for (let rest = text; eio === 3 && rest !== '';) {
    const [, length] = /^(\d+):/.exec(rest);
    const from = length.length + 1;
    texts.push(rest.slice(from, from + Number(length)));
    rest = rest.slice(from + Number(length));
  }
  const bytes = (packet) => Buffer.from(packet.slice(eio === 4 ? 1 : 2), 'base64');
  return texts.map((packet) => (packet.startsWith('b') ? bytes(packet) : packet));
}

/** A session by WebSocket. */
class BySocket {
  constructor(url, eio) {
    this.eio = eio;
    this.came = [];
    this.code = undefined;
    const query = `EIO=${eio}&transport=websocket`;
    this.ws = connectWebSocket(`${url.replace('http', 'ws')}/socket.io/?${query}`);
    this.ws.on('message', (data, isBinary) => {
      const bytes = isBinary && eio === 3 ? data.subarray(1) : data;
      this.came.push(isBinary ? bytes : data.toString());
      this.wake?.();
    });
    this.ws.on('close', (code) => {
      this.code = code;
      this.wake?.();
    });
  }

  send(messages) {
    for (const message of messages) {
      const isText = typeof message === 'string';
      this.ws.send(isText || this.eio === 4 ? message : Buffer.concat([Buffer.of(4), message]));
    }
  }

  async flush() {}

  /** The input up to a matching text, and whether the session has ended before it. */
  async until(wanted) {
    const isWanted = (packet) => typeof packet === 'string' && wanted(packet);
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const at = this.came.findIndex(isWanted);
      if (at >= 0) return { answers: this.came.splice(0, at + 1).slice(0, -1), ended: false };
      if (this.code !== undefined) return { answers: this.came.splice(0), ended: this.code };
      if (Date.now() > end) return { answers: this.came.splice(0), ended: SILENT };
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, WAIT_MS).unref();
      });
    }
  }

  close() {
    this.ws.terminate();
  }
}

/** A session by polling. */
class ByPolling {
  constructor(url, eio) {
    this.eio = eio;
    this.came = [];
    this.url = `${url}/socket.io/?EIO=${eio}&transport=polling&b64=1`;
    this.sent = [];
  }

  send(messages) {
    this.sent.push(...messages);
  }

  async flush() {
    if (this.sent.length === 0 || this.hasEnded) return;
    const { status } = await request('POST', this.url, payload(this.eio, this.sent.splice(0)));
    if (status !== 200) this.hasEnded = status === SILENT ? SILENT : true;
  }

  async until(wanted) {
    await this.flush();
    const isWanted = (packet) => typeof packet === 'string' && wanted(packet);
    for (;;) {
      const at = this.came.findIndex(isWanted);
      if (at >= 0) return { answers: this.came.splice(0, at + 1).slice(0, -1), ended: false };
      const last = this.came.indexOf('1');
      if (last >= 0) this.hasEnded = true;
      if (this.hasEnded) {
        const answers = this.came.splice(0).filter((packet) => packet !== '1');
        return { answers, ended: this.hasEnded };
      }
      const { status, text } = await request('GET', this.url);
      if (status === 200) this.came.push(...packets(this.eio, text));
      else this.hasEnded = status === SILENT ? SILENT : true;
      const open = /^(?:\d+:)?0\{"sid":"([^"]+)/.exec(text);
      if (open) this.url += `&sid=${open[1]}`;
    }
  }

  close() {
    if (!this.hasEnded) request('POST', this.url, payload(this.eio, ['1'])).catch(() => {});
  }
}

/** A session that is in the namespaces `/` and `/custom`. */
async function enter(url, eio, transport) {
  const session = new (transport === 'polling' ? ByPolling : BySocket)(url, eio);
  const wait = async (start) => {
    const { ended } = await session.until((packet) => packet.startsWith(start));
    if (ended !== false) throw new Error(`${ended} instead of ${start}`);
  };
  await wait('0');
  if (eio === 4) session.send(['40']);
  await wait('42["auth"');
  session.send(['40/custom,']);
  await wait('42/custom,["auth"');
  return session;
}

/** The answers to these messages, and whether the session is still open afterwards. */
async function answered(session, messages) {
  session.send(messages);
  if (messages.some((message) => typeof message === 'string' && message.startsWith('41'))) {
    // The reference leaves a namespace a moment later, and does not answer packets in between.
    await session.flush();
    await new Promise((resolve) => { setTimeout(resolve, LEAVE_MS); });
  }
  session.send([SYNC]);
  return session.until((packet) => packet === SYNCED);
}

/** Lets go of connections that are kept. */
function forget() {
  agent.destroy();
}

module.exports = { answered, enter, forget };
