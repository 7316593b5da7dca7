'use strict';
// The marks that people type, as a tree, and signs that are no marks.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { pageModule } = require('./harness');

const TEXT_MAX = 4_096;

/** The tree of a text in short: `b(…)` for bold and so on, so that a test reads like the text. */
async function short(text) {
  const { blocksOf } = await pageModule('markup.js');
  const part = (one) => (typeof one === 'string' ? one
    : `${one.type}(${one.parts?.map(part).join('') ?? one.text ?? one.href})`);
  const block = (one) => ({
    text: () => one.parts.map(part).join(''),
    code: () => `block(${one.text})`,
    quote: () => `quote(${one.blocks.map(block).join('|')})`,
    list: () => `list(${one.items.map((item) => item.map(part).join('')).join('|')})`,
  })[one.type]();
  return blocksOf(text).map(block).join('|');
}

/** Every string in a tree, and its depth. */
function measure(blocks, depth = 1) {
  let [chars, deepest] = [0, depth];
  const inside = (list) => {
    const found = measure(list, depth + 1);
    chars += found.chars;
    deepest = Math.max(deepest, found.deepest);
  };
  for (const one of blocks) {
    if (typeof one === 'string') chars += one.length;
    else {
      chars += (one.text ?? one.href ?? '').length;
      for (const list of [one.parts, one.blocks, ...(one.items ?? [])]) if (list) inside(list);
    }
  }
  return { chars, deepest };
}

test('W34 the marks: code, bold, italic, struck, quotes, lists, addresses', async () => {
  for (const [text, tree] of [
    ['plain\nand more', 'plain\nand more'],
    ['run `cargo test` now', 'run code(cargo test) now'],
    ['``a ` b`` and `` ` ``', 'code(a ` b) and code(`)'],
    ['a **bold** and *italic* and _too_ and ~~old~~',
      'a bold(bold) and italic(italic) and italic(too) and strike(old)'],
    ['**bold with _both_ and `code`**', 'bold(bold with italic(both) and code(code))'],
    ['see\n```rust\nfn a() {\n    b\n}\n```\nthere', 'see|block(fn a() {\n    b\n})|there'],
    ['```\na **b**\n```', 'block(a **b**)'],
    ['> said\n> twice\nanswer', 'quote(said\ntwice)|answer'],
    ['> > deeper\n> back', 'quote(quote(deeper)|back)'],
    ['two:\n- one\n* **two**\nend', 'two:|list(one|bold(two))|end'],
    ['(see https://a.example/x_(y)), or **https://b.example/_c_**',
      '(see link(https://a.example/x_(y))), or bold(link(https://b.example/_c)_)'],
    ['look at #dev/123, and #@bob/7', 'look at message(#dev/123), and #@bob/7'],
  ]) assert.equal(await short(text), tree, text);
});

test('W34 signs that are no marks stay as they were typed', async () => {
  for (const text of [
    'snake_case_name', '__init__', '2 * 3 * 4', 'a*b*c', '**open', '*open', '`open', '~~open',
    '** spaced **', '>_<', '>:(', '-5 degrees', '#5', '#dev', 'a/b/123', 'x#dev/12', '***', '****',
    '** **', '~', '~~', '_', '``', '```', '```rust\nno end', '```rust', ':)', '\\*', '<b>bold</b>',
    'https://', '&#39;',
  ]) assert.equal(await short(text), text);
});

test('W34 bad input: bounded in time and depth, and nothing is lost', async () => {
  const { blocksOf } = await pageModule('markup.js');
  const hostile = ['`', '*', '_', '~', '> ', '>', '- ', '**', '*_', '**_', '`` ` ', '```\n', '```a\n',
    '*a ', '**a*', '_a ', '~~a ', '*a*', '[', '(', 'https://', 'https://a(', '#a/', '#a/1', '> - ',
    '>>>', '\n', '`a', '``a`', '*a _b ~~c ', 'a_', '> ```\n'].flatMap((seed) => {
    const text = seed.repeat(TEXT_MAX).slice(0, TEXT_MAX);
    return [text, `${text}x`, `x${text}`, text.split('').reverse().join('')];
  });
  for (const end of [')', '.', '(', '))(', '_*', "'"]) {
    hostile.push(`https://a/${end.repeat(4_000)}`.slice(0, TEXT_MAX));
    hostile.push(`https://a/${end.repeat(4_000)}x`.slice(0, TEXT_MAX));
  }
  // Backticks of every length, none of which has a counterpart.
  hostile.push(Array.from({ length: 88 }, (_, at) => '`'.repeat(at + 1)).join(' '));
  let worst = 0;
  const start = performance.now();
  for (const text of hostile) {
    const before = performance.now();
    blocksOf(text);
    worst = Math.max(worst, performance.now() - before);
    const { chars, deepest } = measure(blocksOf(text));
    assert.ok(deepest <= 10, `${deepest} deep: ${text.slice(0, 20)}`);
    assert.ok(chars <= text.length, text.slice(0, 20));
  }
  // Text of four kilobytes takes far less than a frame; work that grew with its square would not.
  const each = (performance.now() - start) / hostile.length;
  console.log(`# ${hostile.length} hostile texts, ${each.toFixed(2)} ms each, worst `
    + `${worst.toFixed(1)} ms`);
});

test('W34 bad input: the time grows with the length', async () => {
  const { blocksOf } = await pageModule('markup.js');
  const many = 200_000;
  const texts = [`http://a/${')'.repeat(many)}`, `http://a${'.'.repeat(many)}a`,
    `\`${' a'.repeat(many)}\``, `\` ${'a '.repeat(many)}b\``];
  const start = performance.now();
  for (const text of texts) blocksOf(text);
  // Work that grew with the square of the length would take minutes.
  assert.ok(performance.now() - start < 10_000);
});

test('W34 a thousand quotes in each other are three, and the rest is text', async () => {
  const tree = await short(`${'> '.repeat(1_000)}deep`);
  assert.equal(tree, `quote(quote(quote(${'> '.repeat(997)}deep)))`);
  const { blocksOf } = await pageModule('markup.js');
  const marks = `${'**a _b '.repeat(500)}c${' b_ a**'.repeat(500)}`;
  assert.ok(measure(blocksOf(marks)).deepest <= 6);
});

test('W36 a quote for a reply is the beginning of what was said', async () => {
  const { quoteOf } = await pageModule('markup.js');
  const of = (text) => quoteOf({ from: 'bob', text });
  assert.equal(of('one'), '> bob: one\n');
  assert.equal(of('> earlier\nanswer\n\nmore\nrest'), '> bob: answer\n> more\n');
  assert.equal(of('```\ncode'), '> bob: code\n');
  assert.equal(of('> only a quote'), '> bob: > only a quote\n');
  assert.equal(of('x'.repeat(500)), `> bob: ${'x'.repeat(160)}…\n`);
});

test('W35 completions: names, rooms, commands, emoji', async () => {
  const { completions, withEmoji } = await pageModule('complete.js');
  const { EMOJI } = await pageModule('emoji.js');
  const here = { members: new Map([['bob', 'web'], ['Bea', 'web'], ['ann', 'web']]), messages: [] };
  const conversations = new Map([['dev', { key: 'dev', isJoined: true }]]);
  const model = { here, nick: 'ann', conversations, rooms: [{ room: 'design' }, { room: 'tea' }] };
  const of = (before, word) => {
    const { found, isAsked } = completions(before, word, model);
    return [isAsked, ...found.map(({ text }) => text)];
  };
  assert.deepEqual(of('', 'b'), [false, 'Bea: ', 'bob: ']);
  assert.deepEqual(of('hi ', '@b'), [true, 'Bea ', 'bob ']);
  assert.deepEqual(of('see ', '#de'), [true, '#design ', '#dev ']);
  assert.deepEqual(of('', '/to'), [true, '/topic ']);
  assert.deepEqual(of('and ', '/to'), [false]);
  // A colon alone shows the usual ones, and a letter those that begin with it.
  assert.deepEqual(of('', ':').slice(0, 3), [true, '👍 ', '❤️ ']);
  assert.deepEqual(of('', ':z'), [true, '🤪 ', '🤐 ', '💤 ', '⚡ ']);
  for (const plain of [':)', ':D', ':P', ':-)', '::']) assert.deepEqual(of('', plain), [true]);
  assert.deepEqual(of('', ':tad'), [true, '🎉 ']);
  assert.equal(withEmoji('so :tada:'), 'so 🎉');
  for (const text of ['10:30:', ':nosuch:', 'a:tada:', ':tada: x', '::']) {
    assert.equal(withEmoji(text), text);
  }
  for (const [name, sign] of EMOJI) {
    assert.match(name, /^[a-z0-9_+-]+$/);
    assert.match(sign, /\p{Extended_Pictographic}|\p{Emoji}/u, name);
  }
});
