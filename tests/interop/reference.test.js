'use strict';
// The reference server and ours get the same packets and give the same answers, except for the
// differences listed here, which docs/differences.md explains under the same names.

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { startConformance, within } = require('./harness');
const { answered, enter, forget } = require('./raw');
const { messages } = require('./packets');

const PACKETS = 2000;
const SESSIONS = 8;
const WAYS = [3, 4].flatMap((eio) => ['polling', 'websocket'].map((by) => ({ eio, by })));
/** Others, to look for new differences: `SEEDS_FROM=5000 SHOW=file`, say. */
const FROM = Number(process.env.SEEDS_FROM ?? 0);

const texts = (sent) => sent.filter((message) => typeof message === 'string');

function depth(text) {
  let [now, most] = [0, 0];
  for (const char of text.replace(/"(?:[^"\\]|\\.)*"/g, '')) {
    if ('[{'.includes(char)) most = Math.max(most, now += 1);
    if (']}'.includes(char)) now -= 1;
  }
  return most;
}

function hasManyArguments(text) {
  try {
    return JSON.parse(text.slice(text.search(/\[|$/))).length > 65;
  } catch {
    return false;
  }
}

const some = (pattern) => (sent) => texts(sent).some((text) => pattern.test(text));
const isBegin = (few, many) => few.every((it, at) => it === many[at]);

/** The allowed differences, by their titles in docs/differences.md. */
const ALLOWED = {
  'JSON deeper than 512 levels': (sent) => texts(sent).some((text) => depth(text) > 512),
  'More than 64 arguments': (sent) => texts(sent).some(hasManyArguments),
  'Ids beyond 53 bits': some(/^4[2356](\d*-)?(\/[^,]*,)?\d{16}/),
  'A placeholder that is no whole number': some(/"num":-?\d+[.eE]/),
  'Keys called __proto__ next to bytes': some(/^4[56].*__proto__/s),
  'A packet with bytes that has none': some(/^4[56]0+-/),
  'A packet without data, an answer without an id':
    some(/^4[2356](\d*-)?(\/[^,]*,?)?\d*\s*$|^4[36](\d*-)?(\/[^,]*,)?\[.*\]\s*$/s),
  'A close packet by WebSocket': (sent, { by }) => by === 'websocket' && some(/^1/)(sent),
  'A ping with data in version 3': (sent, { eio }) => eio === 3 && some(/^2./s)(sent),
  'Odd namespaces in version 3': (sent, { eio }) => eio === 3 && some(/^4\d[^[]*\//)(sent),
  'Packets right after leaving a namespace': some(/^41/),
  'Events right before a wrong packet': (_, { expected, got }) =>
    got.ended === expected.ended && got.ended !== false && isBegin(expected.answers, got.answers),
};

let ours;
let reference;

before(async () => {
  ours = await startConformance();
  const relay = fork(path.join(__dirname, 'relay.js'));
  process.on('exit', () => relay.kill('SIGKILL'));
  const port = await within(new Promise((resolve) => { relay.once('message', resolve); }), 'a port');
  reference = { url: `http://127.0.0.1:${port}`, stop: () => relay.kill('SIGKILL') };
});

after(async () => {
  forget();
  reference.stop();
  await ours.stop();
});

/** Packets as values: with bytes in place of their placeholders, and without random ids. */
function read(packets) {
  const read = [];
  for (let at = 0; at < packets.length; at += 1) {
    const packet = packets[at];
    // A poll's answer may be nothing.
    if (packet === '6') continue;
    // An odd namespace may have any character up to its comma.
    const form = /^4(\d)(?:(\d+)-)?((?:\/[^,]*,)?[^[{"]*)(.*)$/s;
    const parts = typeof packet === 'string' && form.exec(packet);
    if (!parts) {
      read.push(packet);
      continue;
    }
    const [, kind, count = 0, head, json] = parts;
    const bytes = packets.slice(at + 1, at + 1 + Number(count));
    at += bytes.length;
    const place = (key, value) => (value?._placeholder === true && bytes.length > 0
      ? `bytes ${bytes[value.num]?.toString('hex')}` : value);
    const values = json === '' ? undefined : JSON.parse(json, place);
    if (values?.sid) values.sid = 'an id';
    // A kind with bytes and one without differ in their number.
    read.push(JSON.stringify({ kind: Number(kind) % 3, head, values }));
  }
  return read;
}

/** A server's answers to each case, in sessions of one kind. */
async function ask(url, { eio, by }, seeds) {
  const told = new Map();
  const all = [...seeds];
  const one = async () => {
    let session;
    for (let seed = all.pop(); seed !== undefined; seed = all.pop()) {
      session ??= await enter(url, eio, by);
      const sent = messages(seed);
      const { answers, ended } = await answered(session, sent);
      told.set(seed, { answers: read(answers), ended });
      // A session that is in the namespaces, and waits for nothing, may go on.
      if (ended !== false || /^4[01]|^[^4]/.test(texts(sent).join())) {
        session.close();
        session = undefined;
      }
    }
    session?.close();
  };
  await Promise.all(Array.from({ length: SESSIONS }, one));
  return told;
}

/** Writes the differing answers to the file SHOW, one case a line. */
function show(way, wrong) {
  if (!process.env.SHOW) return;
  const shown = (part) => (typeof part === 'string' ? part : part.toString('hex'));
  const lines = wrong.map((it) => JSON.stringify({ way, ...it, sent: it.sent.map(shown) }));
  fs.appendFileSync(process.env.SHOW, lines.map((line) => `${line}\n`).join(''));
}

async function compare(way, at) {
  const count = PACKETS / WAYS.length;
  const seeds = Array.from({ length: count }, (_, number) => FROM + number * WAYS.length + at);
  const [theirs, own] = await Promise.all([
    ask(reference.url, way, seeds), ask(ours.url, way, seeds),
  ]);
  const wrong = [];
  for (const seed of seeds) {
    const sent = messages(seed);
    const [expected, got] = [theirs.get(seed), own.get(seed)];
    if (JSON.stringify(expected) === JSON.stringify(got)) continue;
    const isAllowed = (is) => is(sent, { expected, got, ...way });
    if (!Object.values(ALLOWED).some(isAllowed)) wrong.push({ seed, sent, expected, got });
  }
  show(way, wrong);
  assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} are answered in another way`);
}

test('packets are answered as at the reference', async (t) => {
  await Promise.all(WAYS.map((way, at) =>
    t.test(`version ${way.eio}, ${way.by}`, () => compare(way, at))));
});

test('each difference that is allowed is explained', () => {
  const file = path.join(__dirname, '../../docs/differences.md');
  const titles = fs.readFileSync(file, 'utf8').match(/^## .*/gm) ?? [];
  const explained = titles.map((title) => title.slice(3));
  for (const name of Object.keys(ALLOWED)) assert.ok(explained.includes(name), name);
});
