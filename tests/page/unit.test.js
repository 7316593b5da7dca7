'use strict';
// The page's modules on their own, and rules for all its files.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PAGE, pageModule } = require('./harness');

const files = fs.readdirSync(PAGE).filter((name) => /\.(js|css|html)$/.test(name))
  .map((name) => [name, fs.readFileSync(path.join(PAGE, name), 'utf8')]);
const LINES_MAX = 400;
const COLUMNS_MAX = 100;

test('W3 no file makes markup of a text, and none runs one', () => {
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/;
  for (const [name, text] of files) assert.doesNotMatch(text, forbidden, name);
});

test('the files are short, and name nothing of another origin', () => {
  for (const [name, text] of files) {
    const lines = text.split('\n');
    assert.ok(lines.length <= LINES_MAX, `${name}: ${lines.length} lines`);
    if (name.endsWith('.html')) continue;
    for (const line of lines) assert.ok(line.length <= COLUMNS_MAX, `${name}: ${line}`);
    assert.doesNotMatch(text, /["'`(]https?:\/\/\w/, name);
    assert.doesNotMatch(text, /\bvar /, name);
  }
});

test('W1 every import has the form in which the server puts modules together', () => {
  const form = /^import \{[^{}]+\} from '\.\/\w+\.js';$/gm;
  for (const [name, text] of files.filter(([one]) => one.endsWith('.js'))) {
    assert.equal(text.match(/^import\b/gm)?.length, text.match(form)?.length, name);
    assert.doesNotMatch(text, /^export (?!(async )?function |class |const )/m, name);
    assert.doesNotMatch(text, /\bas \w+[,\s]*\} from/, name);
  }
});

test('W23 a sentence of the server begins with a capital letter, and a name stays as it is', async () => {
  const { sentence } = await pageModule('dom.js');
  for (const [text, shown] of [
    ['you are muted', 'You are muted'],
    ['there is no room #x that you can enter', 'There is no room #x that you can enter'],
    ['this chat is for people with an account', 'This chat is for people with an account'],
    ['nobody is called bob', 'Nobody is called bob'],
    ['übung', 'Übung'],
    ['bob is not muted', 'bob is not muted'],
    ['bob keeps order here too', 'bob keeps order here too'],
    ['#den is read-only', '#den is read-only'],
    ['Usage: /kick NAME', 'Usage: /kick NAME'],
    ['', ''],
  ]) assert.equal(sentence(text), shown);
});

test('W50 the emoji with the very name that is typed is the first', async () => {
  const { namesWith } = await pageModule('picker.js');
  assert.deepEqual(namesWith('heart').slice(0, 3), ['heart', 'hearts_face', 'heart_eyes']);
  assert.ok(namesWith('heart').includes('broken_heart'));
  assert.deepEqual(namesWith('no such emoji'), []);
});

/** Relative luminance (WCAG 2.2) of a colour as `#rrggbb` or `[l, c, h]` of OKLCH. */
function luminance(colour) {
  const [r, g, b] = typeof colour === 'string' ? fromHex(colour) : fromOklch(...colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function fromHex(hex) {
  return [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

/** Linear sRGB, cut to its gamut. */
function fromOklch(lightness, chroma, hue) {
  const a = chroma * Math.cos(hue * Math.PI / 180);
  const b = chroma * Math.sin(hue * Math.PI / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s]
    .map((value) => Math.min(1, Math.max(0, value)));
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test('W9 every text has a contrast of 4.5 in both schemes, twelve colours of names too', () => {
  const css = Object.fromEntries(files)['style.css'];
  const palette = Object.fromEntries([...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)]
    .map(([, name, light, dark]) => [name, [light, dark]]));
  const grounds = ['ground', 'panel', 'raised', 'mark-ground'];
  const nick = /\.nick \{ color: light-dark\(oklch\((\S+) (\S+) var\(--hue\)\), oklch\((\S+) (\S+) /
    .exec(css).slice(1).map(Number);
  const both = 'light-dark\\(oklch\\((\\S+) (\\S+) [^,]+, oklch\\((\\S+) (\\S+) .*\\s+';
  const face = new RegExp(`\\.face \\{\\s+color: ${both}background: ${both}`)
    .exec(css).slice(1).map(Number);
  const source = Object.fromEntries(files)['colours.js'];
  const [colours, first] = ['COLOURS', 'HUE'].map((name) =>
    Number(new RegExp(`const ${name} = (\\d+);`).exec(source)[1]));
  assert.ok(colours >= 12);
  for (const scheme of [0, 1]) {
    const texts = { text: [...grounds, 'accent-ground'], muted: grounds.slice(0, 3),
      accent: grounds.slice(0, 2), mark: ['ground', 'mark-ground'], danger: ['ground', 'panel'],
      ground: ['accent', 'accent-on'] };
    for (const [text, behind] of Object.entries(texts)) {
      for (const ground of behind) {
        const ratio = contrast(palette[text][scheme], palette[ground][scheme]);
        assert.ok(ratio >= 4.5, `${text} on ${ground}, scheme ${scheme}: ${ratio}`);
      }
    }
    for (let at = 0; at < colours; at += 1) {
      const hue = first + at * (360 / colours);
      const colour = [nick[2 * scheme], nick[2 * scheme + 1], hue];
      for (const ground of grounds) {
        const ratio = contrast(colour, palette[ground][scheme]);
        assert.ok(ratio >= 4.5, `hue ${colour[2]} on ${ground}, scheme ${scheme}: ${ratio}`);
      }
      const [letter, behind] = [0, 4].map((from) =>
        [face[from + 2 * scheme], face[from + 2 * scheme + 1], hue]);
      const ratio = contrast(letter, behind);
      assert.ok(ratio >= 4.5, `the face of hue ${hue}, scheme ${scheme}: ${ratio}`);
    }
  }
});

test('W12 reconnecting waits 1 s, doubling to 30 s, half more or less', async () => {
  const { delayAfter } = await pageModule('socket.js');
  for (const [failures, seconds] of [[0, 1], [1, 2], [2, 4], [3, 8], [4, 16], [5, 30], [50, 30]]) {
    assert.equal(delayAfter(failures, () => 0), seconds * 500);
    assert.equal(delayAfter(failures, () => 0.5), seconds * 1000);
    assert.ok(delayAfter(failures, () => 0.999999) < seconds * 1500);
  }
  const random = new Set(Array.from({ length: 20 }, () => delayAfter(3)));
  assert.ok(random.size > 1);
});

test('/ignore and /unignore ask for it, and tell whom one ignores', async () => {
  const { run } = await pageModule('commands.js');
  const asked = [];
  const ignored = ['bob', 'eve'];
  const chat = {
    ask: async (name, body) => {
      asked.push([name, body]);
      return { ok: true, ignored };
    },
  };
  assert.equal((await run({ chat }, '/ignore')).text, 'You ignore bob, eve.');
  await run({ chat }, '/ignore bob ');
  assert.equal((await run({ chat }, '/unignore')).error, 'Usage: /unignore NAME');
  ignored.length = 0;
  assert.equal((await run({ chat }, '/UNIGNORE bob')).text, 'You ignore nobody.');
  assert.deepEqual(asked, [['ignore', {}], ['ignore', { nick: 'bob' }],
    ['ignore', { nick: 'bob', on: false }]]);
  const refusal = { ok: false, error: 'nobody here is called zoe' };
  assert.equal(await run({ chat: { ask: async () => refusal } }, '/ignore zoe'), refusal);
});

test('packets are taken apart', async () => {
  const { parse } = await pageModule('socket.js');
  assert.deepEqual(parse('2/chat,["a",{"b":[1]}]'),
    { type: '2', namespace: '/chat', id: '', data: ['a', { b: [1] }] });
  assert.deepEqual(parse('3/chat,17[{"ok":true}]'),
    { type: '3', namespace: '/chat', id: '17', data: [{ ok: true }] });
  assert.deepEqual(parse('2["a/b,c"]'), { type: '2', namespace: '/', id: '', data: ['a/b,c'] });
  assert.deepEqual(parse('1/chat'), { type: '1', namespace: '/chat', id: '', data: '' });
});

const NOW = Date.UTC(2026, 10, 21, 9);
const message = (id, text = `m${id}`, more = {}) =>
  ({ id, room: 'lobby', from: 'bob', text, ts: NOW + id * 1000, ...more });
const room = (messages = [], more = {}) => ({
  room: 'lobby', topic: null, members: [{ nick: 'ann', door: 'web' }], count: 1, messages, ...more,
});

/** A model of a person in the lobby whose name is ann. */
async function begun(messages = [], saved = {}) {
  const { Model } = await pageModule('model.js');
  const model = new Model(saved);
  const { historyName: history } = model;
  const rooms = [room(messages)];
  model.welcome({ nick: 'ann', rooms, recovered: false, history }, NOW);
  model.settle();
  return model;
}

const ids = (it) => it.messages.map(({ id }) => id);

test('W12 messages are merged by their ids, in order, each once', async () => {
  const model = await begun([message(3), message(7)]);
  for (const id of [9, 7, 8, 3, 12, 9]) model.message(message(id));
  model.history(model.here, [message(1), message(2), message(3)], false, 3);
  assert.deepEqual(ids(model.here), [1, 2, 3, 7, 8, 9, 12]);
  assert.equal(model.since, 12);
  assert.equal(model.here.hasMore, false);
});

test('W12 what has come counts as seen only when all that was missed has come', async () => {
  const model = await begun([message(3)]);
  model.welcome({ nick: 'ann', rooms: [room()], recovered: true }, NOW);
  model.message(message(9));
  assert.equal(model.since, 3);
  model.settle();
  assert.equal(model.since, 9);
});

test('W12 a gap is as large as it was told to be, and is filled from its end', async () => {
  const { rowsOf } = await pageModule('rows.js');
  const model = await begun([message(3)]);
  model.welcome({ nick: 'ann', rooms: [room()], recovered: false }, NOW);
  model.gap({ room: 'lobby', missed: 150 });
  for (const id of [200, 201]) model.message(message(id));
  const gaps = () => rowsOf(model.here, model).filter(({ type }) => type === 'gap')
    .map(({ before, missed }) => [before, missed]);
  assert.deepEqual(gaps(), [[200, 150]]);
  const page = Array.from({ length: 100 }, (_, at) => message(100 + at));
  model.history(model.here, page, true, 200);
  assert.deepEqual(gaps(), [[100, 50]]);
  model.history(model.here, Array.from({ length: 98 }, (_, at) => message(2 + at)), true, 100);
  assert.deepEqual(gaps(), []);
  assert.equal(ids(model.here).length, new Set(ids(model.here)).size);
});

test('W12 a server that does not know us leaves a gap where it may be one', async () => {
  const model = await begun([message(3)]);
  const last = Array.from({ length: 50 }, (_, at) => message(100 + at));
  model.welcome({ nick: 'ann', rooms: [room(last)], recovered: false }, NOW);
  assert.deepEqual([...model.here.gaps], [[100, 0]]);
  const next = await begun([message(3), message(4)]);
  next.welcome({ nick: 'ann', rooms: [room([message(4), message(5)])], recovered: false }, NOW);
  assert.deepEqual([...next.here.gaps], []);
  assert.deepEqual(ids(next.here), [3, 4, 5]);
});

test('W12 a server whose ids begin anew loses nothing that comes', async () => {
  const model = await begun([message(30), message(31)], { historyName: 'a' });
  model.welcome({ nick: 'ann', rooms: [room()], recovered: false, history: 'b' }, NOW);
  model.settle();
  model.message(message(1, 'new'));
  model.message(message(30, 'new too'));
  assert.deepEqual(model.here.messages.map(({ text }) => text), ['m30', 'm31', 'new', 'new too']);
});

test('W12 another history is shown whole, below what was said in the one before', async () => {
  const model = await begun();
  const begin = (history, messages) => {
    const rooms = [room(messages)];
    model.welcome({ nick: 'ann', rooms, recovered: false, history }, NOW);
    model.settle();
  };
  const texts = () => model.here.messages.map(({ text }) => text);
  begin('a', [message(30), message(31)]);
  model.note(model.here, { text: 'after 31' }, NOW);
  for (const id of [32, 33]) model.message(message(id));
  model.at(undefined, 'bob').read = 40;
  // Some of its ids are the other's, and some are smaller; and so on.
  for (let time = 1; time <= 9; time += 1) {
    const before = texts();
    begin(`b${time}`, [message(30, 'anew'), message(31, 'more')]);
    model.message(message(32, 'new'));
    assert.deepEqual(texts(), [...before, 'anew', 'more', 'new']);
    assert.deepEqual([model.since, model.saved().historyName], [32, `b${time}`]);
  }
  assert.equal(new Set(ids(model.here)).size, ids(model.here).length);
  const { rowsOf } = await pageModule('rows.js');
  const rows = rowsOf(model.here, model).map(({ type, text, message: said }) => text ?? said?.text);
  assert.equal(rows.indexOf('after 31'), rows.indexOf('m31') + 1);
  assert.equal(model.at(undefined, 'bob').read, 0);
});

test('W12 an older copy of the same history leaves what was seen where it is', async () => {
  const model = await begun([message(30), message(31), message(32)]);
  model.historyName = 'a';
  const rooms = [room([message(30), message(31)])];
  model.welcome({ nick: 'ann', rooms, recovered: false, history: 'a' }, NOW);
  model.settle();
  model.message(message(5000));
  assert.deepEqual([ids(model.here), model.since], [[30, 31, 32, 5000], 5000]);
});

test('W13 a post becomes the message that it is, whichever comes first', async () => {
  const model = await begun();
  const post = (text) => model.compose(model.here, text, false, `key ${text}`, NOW);
  const one = post('one');
  model.acked(one, { id: 5, ts: NOW });
  model.message(message(5, 'one', { from: 'ann' }));
  assert.deepEqual(ids(model.here), [5]);
  assert.deepEqual(model.outbox, []);

  const { rowsOf } = await pageModule('rows.js');
  const shown = () => rowsOf(model.here, model).filter(({ type }) => type === 'message')
    .map((row) => row.message.text);
  const [a, b] = [post('two'), post('two')];
  model.message(message(6, 'two', { from: 'ann' }));
  assert.deepEqual(shown(), ['one', 'two', 'two']);
  model.acked(a, { id: 6, ts: NOW });
  assert.deepEqual(shown(), ['one', 'two', 'two']);
  model.acked(b, { id: 7, ts: NOW });
  assert.deepEqual(shown(), ['one', 'two', 'two']);
  assert.deepEqual(ids(model.here), [5, 6, 7]);

  // A message that only looked like it.
  const c = post('three');
  model.message(message(8, 'three', { from: 'ann' }));
  model.acked(c, { id: 9, ts: NOW });
  assert.deepEqual(ids(model.here), [5, 6, 7, 8, 9]);
});

test('W13 at most 50 wait, and a reload keeps them', async () => {
  const { Model } = await pageModule('model.js');
  const model = await begun();
  for (let at = 0; at < 50; at += 1) {
    assert.ok(model.compose(model.here, `t${at}`, false, `k${at}`, NOW));
  }
  assert.equal(model.compose(model.here, 'more', false, 'k', NOW), undefined);
  const saved = JSON.parse(JSON.stringify({ ...model.saved(), outbox: model.outbox }));
  const again = new Model(saved);
  assert.deepEqual(again.outbox.map(({ text, key }) => [text, key]),
    Array.from({ length: 50 }, (_, at) => [`t${at}`, `k${at}`]));
});

test('W15 unread begins where the reader stopped, also over a reload', async () => {
  const { rowsOf } = await pageModule('rows.js');
  const model = await begun([message(3)]);
  model.watch(true);
  model.message(message(4));
  assert.equal(model.here.unread, 0);
  model.watch(false);
  model.message(message(5));
  model.message(message(6, 'hi Ann!'));
  model.message(message(7, 'mine', { from: 'ann' }));
  assert.deepEqual([model.here.unread, model.here.mentions, model.here.mark], [2, 1, 4]);
  const rows = () => rowsOf(model.here, model, -Infinity, Infinity, () => 'today')
    .map(({ type, message: it }) => it?.id ?? type);
  assert.deepEqual(rows().slice(-5), [4, 'new', 5, 6, 7]);
  model.watch(true);
  assert.equal(model.here.unread, 0);
  assert.ok(rows().includes('new'));
  model.open('other');
  model.open('lobby');
  assert.ok(!rows().includes('new'));

  model.watch(false);
  const again = await begun([message(6), message(7), message(8), message(9)], model.saved());
  assert.deepEqual([again.here.unread, again.here.mark], [2, 7]);
});

test('W13 drafts survive a reload, and come back only once', async () => {
  const model = await begun();
  model.here.draft = 'half a';
  const again = await begun([], JSON.parse(JSON.stringify(model.saved())));
  assert.equal(again.here.draft, 'half a');
  again.parted('lobby');
  assert.equal(again.here.draft, '');
});

test('W15 what is told again, on joining again, is unread once', async () => {
  const model = await begun([message(3)], { kept: { lobby: { read: 1 } } });
  model.joined(room([message(3), message(4)]));
  model.joined(room([message(3), message(4)]));
  assert.deepEqual([model.here.unread, model.here.mark], [2, 1]);
});

test('W15 mentions are whole names', async () => {
  const { mentions } = await pageModule('conversation.js');
  for (const text of ['ann', 'hi Ann!', '@ann: look', 'ask ANN, or bob', 'ann']) {
    assert.ok(mentions(text, 'ann'), text);
  }
  for (const text of ['anna', 'joann', 'an', 'änn', 'ann_x', 'ann1']) {
    assert.ok(!mentions(text, 'ann'), text);
  }
  assert.ok(mentions('hello a.b-c', 'a.b-c'));
  assert.ok(!mentions('hello aXb-c', 'a.b-c'));
});

test('W18 typing ends after six seconds, with a message, and with who leaves', async () => {
  const model = await begun();
  const typing = () => [...model.here.typing.keys()];
  for (const nick of ['bob', 'cy', 'dee']) model.typing({ room: 'lobby', nick, on: true }, NOW);
  model.message(message(1));
  model.presence({ room: 'lobby', left: ['cy'], count: 2 }, NOW);
  assert.deepEqual(typing(), ['dee']);
  assert.equal(model.tick(NOW + 5_999), false);
  assert.equal(model.tick(NOW + 6_000), true);
  assert.deepEqual(typing(), []);
});

test('W19 who is back within ten seconds has not left', async () => {
  const { rowsOf } = await pageModule('rows.js');
  const model = await begun();
  const notes = () => rowsOf(model.here, model).filter(({ type }) => type === 'note')
    .map(({ text }) => text);
  const bob = { nick: 'bob', door: 'web' };
  model.presence({ room: 'lobby', joined: [bob], count: 2 }, NOW);
  model.presence({ room: 'lobby', left: ['bob'], count: 1 }, NOW);
  model.tick(NOW + 9_000);
  model.presence({ room: 'lobby', joined: [bob], count: 2 }, NOW + 9_000);
  model.tick(NOW + 60_000);
  assert.deepEqual(notes(), ['bob joined']);
  model.message(message(1));
  model.presence({ room: 'lobby', left: ['bob'], count: 1 }, NOW);
  model.tick(NOW + 10_000);
  assert.deepEqual(notes(), ['bob joined', 'bob left']);
  const crowd = Array.from({ length: 8 }, (_, at) => ({ nick: `n${at}`, door: 'app' }));
  model.presence({ room: 'lobby', joined: crowd, count: 9 }, NOW);
  assert.deepEqual(notes(), ['bob joined', 'n0, n1, n2, n3, n4 and 3 others joined · bob left']);
});

test('W19 who comes back under another name is not somebody else', async () => {
  const model = await begun();
  const members = [{ nick: 'guest-2', door: 'web' }];
  model.welcome({ nick: 'guest-2', rooms: [room([], { members })], recovered: true }, NOW);
  model.tick(NOW + 60_000);
  assert.deepEqual(model.here.notes, []);
  assert.deepEqual([...model.here.members.keys()], ['guest-2']);
  model.message(message(5, 'said before', { from: 'ann' }));
  assert.equal(model.here.unread, 0);
});

test('one’s own words in private tell who is meant, if nobody is', async () => {
  const model = await begun();
  const mine = (id, person) => model.message({ id, from: 'ann', to: 'bob', text: 'psst', ts: NOW,
    person });
  model.open('@bob', 'bob');
  const post = model.compose(model.here, 'psst', false, 'k', NOW);
  // The answer was lost, and these messages were missed.
  mine(4, 'p1');
  assert.equal(model.here.person, 'p1');
  mine(5, 'p2');
  assert.equal(model.here.person, 'p1');
  model.acked(post, { id: 4, ts: NOW, person: 'p1' });
  assert.deepEqual([model.here.notes, ids(model.here)], [[], [4, 5]]);
});

test('of rooms that were left no more is shown than is known', async () => {
  const { elsewhere, withoutOne } = await pageModule('elsewhere.js');
  const model = await begun();
  model.rooms = [{ room: 'lobby', count: 1 }, { room: 'tea', topic: 'green', count: 3 }];
  const [tea] = model.rooms.slice(1);
  const shown = () => elsewhere(model, ['tea', 'far']);
  assert.deepEqual(shown(), [tea, { room: 'far', count: undefined, isKept: true }]);
  model.hasAllRooms = true;
  assert.deepEqual(shown(), [tea, { room: 'far', count: 0, isKept: true }]);
  // The lobby is empty, and the server still lists it.
  model.rooms = withoutOne(model.rooms, 'lobby');
  model.parted('lobby');
  assert.deepEqual(elsewhere(model, ['lobby']), [{ room: 'lobby', count: 0 }, tea]);
  model.rooms = withoutOne([{ room: 'tea', count: 1 }], 'tea');
  assert.deepEqual(elsewhere(model, ['tea']), [{ room: 'tea', count: 0, isKept: true }]);
});

test('W48 a list follows the rooms of which the server tells', async () => {
  const { relisted } = await pageModule('elsewhere.js');
  const before = [{ room: 'tea', count: 3 }, { room: 'den', count: 1 }, { room: 'old', count: 0 }];
  const rooms = [{ room: 'tea', count: 0 }, { room: 'far', count: 0 }, { room: 'own', count: 2 }];
  assert.deepEqual(relisted(before, { rooms, gone: ['den'] }),
    [{ room: 'tea', count: 0 }, { room: 'old', count: 0 }, { room: 'own', count: 2 }]);
});

test('a private conversation follows the other’s name', async () => {
  const model = await begun();
  model.message({ id: 4, from: 'Bob', to: 'ann', text: 'psst', ts: NOW });
  model.open('@bob');
  model.presence({ room: 'lobby', renamed: [{ from: 'Bob', to: 'Rob' }], count: 2 }, NOW);
  assert.equal(model.current, '@rob');
  assert.equal(model.here.name, 'Rob');
  model.message({ id: 5, from: 'Rob', to: 'ann', text: 'still me', ts: NOW });
  assert.deepEqual(ids(model.here), [4, 5]);
});

test('W17 the last two days have names', async () => {
  const { dayOf } = await pageModule('dom.js');
  const now = new Date(2026, 10, 21, 0, 30).getTime();
  const hours = (count) => now - count * 3_600_000;
  const days = [0, 1, 24, 25, -24].map((count) => dayOf(hours(count), now));
  assert.deepEqual(days, ['Today', 'Yesterday', 'Yesterday', 'Thursday, 19 November 2026',
    'Sunday, 22 November 2026']);
});

test('W30 people in one room have colours of their own, and keep them', async () => {
  const { hueOf, together } = await pageModule('colours.js');
  const names = Array.from({ length: 12 }, (_, at) => `somebody-${at}`);
  together(names);
  const hues = names.map(hueOf);
  assert.equal(new Set(hues).size, 12);
  together(['others']);
  assert.deepEqual(names.map((name) => hueOf(name.toUpperCase())), hues);
  // Where there are more people than colours, each has one all the same.
  together([...names, 'another']);
  assert.ok(hues.includes(hueOf('another')));
});

test('W17 days divide, and an author’s messages within five minutes stand together', async () => {
  const { rowsOf } = await pageModule('rows.js');
  const at = (id, minutes, from = 'bob') =>
    message(id, `m${id}`, { from, ts: NOW + minutes * 60_000 });
  const model = await begun([at(1, 0), at(2, 5), at(3, 11), at(4, 11, 'cy'), at(5, 12, 'cy'),
    at(6, 24 * 60, 'cy')]);
  const day = (ts) => new Date(ts).toISOString().slice(0, 10);
  const rows = rowsOf(model.here, model, -Infinity, Infinity, day);
  assert.deepEqual(rows.map(({ type, text, isHead }) => (type === 'day' ? text : isHead)),
    ['2026-11-21', true, false, true, true, false, '2026-11-22', true]);
});

test('W18 who types, in words', async () => {
  const { typingOf } = await pageModule('rows.js');
  assert.equal(typingOf([]), '');
  assert.equal(typingOf(['alice']), 'alice is typing…');
  assert.equal(typingOf(['alice', 'bob']), 'alice and bob are typing…');
  assert.equal(typingOf(['a', 'b', 'c', 'd']), 'several people are typing…');
});

test('W16 what is kept has a bound, in a tab that nobody looks at too', async () => {
  const model = await begun();
  model.watch(false);
  for (let id = 1; id <= 11_000; id += 1) model.message(message(id));
  assert.equal(model.here.messages.length, 10_000);
  model.watch(true);
  model.message(message(11_001));
  assert.equal(model.here.messages.length, 2_000);
  assert.equal(model.here.hasMore, true);
});
