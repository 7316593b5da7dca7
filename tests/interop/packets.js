'use strict';
// Packets made from a seed, right and wrong ones, each as the messages of one session.

/** Numbers from a seed (mulberry32). */
function numbers(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (count) => next() % count;
  return { below, once: (count) => below(count) === 0, of: (all) => all[below(all.length)] };
}

const SCALARS = [
  'null', 'true', 'false', '0', '-0', '7', '-1.5e3', '1e400', '123456789012345678901234567890',
  '""', '"a"', '"ü🦀"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\udc00x"', '"a\\u0000b"', '"[{,"',
  '"\\u2028"', '"a\\"b\\\\"',
];
const KEYS = ['"a"', '"b"', '"num"', '"_placeholder"', '"__proto__"', '""', '"\\ud800"', '"1"'];
const NAMES = ['"message"', '"message"', '"message-with-ack"', '"unknown"', '"error"', '7', '""'];
const RESERVED = [
  '"connect"', '"connect_error"', '"disconnect"', '"disconnecting"', '"newListener"',
  '"removeListener"', '"\\u0063onnect"',
];
const IDS = ['', '', '', '0', '7', '456', '007'];
const SPACES = ['', '/custom,'];
const ODD = [
  '4', '4abc', '47', '49[]', '42{}', '42[]', '42[null]', '42[1', '42[{}]', '42[["a"]]', '42[true]',
  '42["message"]x', '42["message",]', '42abc["message"]', '42"message"', '42 ["message"]',
  '42+1["message"]', '42-1["message"]', '421.5["message"]', '42["message",NaN]', '42[01]',
  '42["message"', '42/custom["message"]', '42/nowhere,["message"]', '42/custom', '42/custom,',
  '43[]', '43', '431', '431{}', '431["a"]', '43/custom,1[]', '43/nowhere,1[]', '44', '44{}',
  '44{"message":"x"}', '41{}', '41[]', '41', '41/custom,', '41/custom', '41/nowhere,', '40', '40{}',
  '40/custom,', '40/nowhere,', '40/nowhere', '40/nowhere?x=1,', '40[]', '40null', '40"s"', '40{',
  '45["message"]', '45-["message"]', '45x-["message"]', '45-1-["message"]', '451["message"]',
  '451.5-["message"]', '4511-["message"]', '451000000000-["message"]', '451-{}', '451-[]',
  '46-1[]', '461-[]', '461-1{}', '42', '46', '45', '3', '6', '5', '5x', '2', '2probe', '3probe',
  '1', '7', 'x', '', '42["message-with-ack"]', '4299999999999999999["message-with-ack"]',
  '4218446744073709551616["message-with-ack"]', '450-["message"]', '460-1[]',
];

function value(random, depth, holes) {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 5: {
      const all = Array.from({ length: random.below(4) }, () => value(random, depth - 1, holes));
      return `[${all.join(random.once(4) ? ' , ' : ',')}]`;
    }
    case 6: {
      const entry = () => `${random.of(KEYS)}:${value(random, depth - 1, holes)}`;
      return `{${Array.from({ length: random.below(4) }, entry).join(',')}}`;
    }
    case 7: return holes > 0 ? hole(random.below(holes)) : random.of(SCALARS);
    default: return random.of(SCALARS);
  }
}

const hole = (number) => `{"_placeholder":true,"num":${number}}`;

/** An event, perhaps with bytes; with them it is a list of several messages. */
function event(random, attachments) {
  const name = random.once(20) ? random.of(RESERVED) : random.of(NAMES);
  const count = random.below(4);
  const args = Array.from({ length: count }, () => value(random, 3, attachments));
  for (let number = 0; number < attachments; number += 1) {
    // Now and then a type that does not exist.
    const wrong = random.once(25) ? random.of([-1, '"splice"', 'null', 99, 0.5]) : number;
    args.push(hole(wrong));
  }
  if (random.once(60)) args.push(...Array(random.of([60, 63, 64, 65, 200])).fill('1'));
  if (random.once(60)) {
    const depth = random.of([60, 130, 500, 600]);
    args.push('['.repeat(depth) + ']'.repeat(depth));
  }
  const id = name === '"message-with-ack"' ? random.of(['0', '7', '456']) : random.of(IDS);
  const head = attachments > 0 ? `45${attachments}-` : '42';
  const text = `${head}${random.of(SPACES)}${id}[${[name, ...args].join(',')}]`;
  const bytes = () => Buffer.from(Array.from({ length: random.below(5) }, () => random.below(256)));
  const sent = attachments + (random.once(20) ? random.of([-1, 1]) : 0);
  return [text, ...Array.from({ length: Math.max(0, sent) }, bytes)];
}

/** A text with some of its characters changed. */
function mutated(random, text) {
  const pieces = [...'[]{}",:-015e/?\\ nt', 'é', '\\ud800', '_placeholder', '\u001f'];
  const all = [...text];
  for (let times = random.below(3); times >= 0; times -= 1) {
    all.splice(1 + random.below(all.length), random.below(2), random.of(pieces));
  }
  return all.join('');
}

/** The messages of one case: texts and bytes, with the type of Engine.IO in front. */
function messages(seed) {
  const random = numbers(seed);
  switch (random.below(10)) {
    case 0: case 1: case 2: return event(random, 0);
    case 3: case 4: return event(random, 1 + random.below(random.once(10) ? 12 : 4));
    case 5: case 6: return [random.of(ODD)];
    case 7: {
      const [text, ...rest] = event(random, random.below(3));
      return [mutated(random, text), ...rest];
    }
    case 8: return [mutated(random, random.of(ODD) || '4')];
    default: {
      const between = random.of(['3', '6', '42["message"]', '41']);
      const [text, ...rest] = event(random, random.below(3));
      return random.once(2) ? [text, between, ...rest] : [between, text, ...rest];
    }
  }
}

module.exports = { messages, numbers };
