// The marks that people type in their messages, as a tree. Pure: it makes no elements, and no text
// ever becomes markup. Its time grows with the length of a text, and its depth has a bound.

// Quotes in quotes; further signs are text.
const DEPTH_MAX = 3;
// The part of a message that a quote in a reply shows.
const QUOTED_LINES = 2;
const QUOTED_CHARS = 160;

const FENCE = /^```([\w+#.-]*)\s*$/;
const QUOTE = /^>(?: |(?=>)|$)/;
const ITEM = /^ {0,3}[-*•] +(?=\S)/;
// A run of backticks, an address of the web, a message's address here, or a run of other marks.
const INLINE = new RegExp([
  /`+/, /\bhttps?:\/\/[^\s<>"]+/, /(?<![\p{L}\p{N}/&])#[\p{L}\p{N}_.-]{1,40}\/\d{1,16}\b/,
  /\*+|_+|~+/,
].map(({ source }) => source).join('|'), 'giu');
// Signs that end a sentence, not an address.
const ENDS = '.,:;!?\'"*_~`';
const KINDS = { '**': 'bold', '*': 'italic', _: 'italic', '~~': 'strike' };
const WORD = /[\p{L}\p{N}_]/u;

/**
 * The blocks of a text: `{type: 'text', parts}`, `{type: 'code', text}`, `{type: 'quote', blocks}`
 * and `{type: 'list', items}`, where an item is the parts of its line.
 */
export function blocksOf(text, depth = 0) {
  const lines = text.split('\n');
  const lastFence = lines.findLastIndex((line) => /^```\s*$/.test(line));
  const blocks = [];
  let plain = [];
  const endText = () => {
    if (plain.length) blocks.push({ type: 'text', parts: partsOf(plain.join('\n')) });
    plain = [];
  };
  const take = (at, mark) => {
    let end = at;
    while (end < lines.length && mark.test(lines[end])) end += 1;
    return [lines.slice(at, end).map((line) => line.replace(mark, '')), end];
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (FENCE.test(line) && at < lastFence) {
      let end = at + 1;
      while (!/^```\s*$/.test(lines[end])) end += 1;
      endText();
      blocks.push({ type: 'code', text: lines.slice(at + 1, end).join('\n') });
      at = end + 1;
    } else if (QUOTE.test(line) && depth < DEPTH_MAX) {
      const [quoted, end] = take(at, QUOTE);
      endText();
      blocks.push({ type: 'quote', blocks: blocksOf(quoted.join('\n'), depth + 1) });
      at = end;
    } else if (ITEM.test(line)) {
      const [items, end] = take(at, ITEM);
      endText();
      blocks.push({ type: 'list', items: items.map(partsOf) });
      at = end;
    } else {
      plain.push(line);
      at += 1;
    }
  }
  endText();
  return blocks;
}

/** Where each run of backticks begins, by its length. */
function runsOf(text) {
  const runs = new Map();
  for (const { 0: { length }, index } of text.matchAll(/`+/g)) {
    if (!runs.has(length)) runs.set(length, []);
    runs.get(length).push(index);
  }
  return runs;
}

/** Code without the blanks that keep it apart from its backticks. */
function unpadded(code) {
  const isPadded = code.startsWith(' ') && code.endsWith(' ') && code.trim();
  return isPadded ? code.slice(1, -1) : code;
}

/** An address without the signs after it that belong to the sentence. */
function addressOf(found) {
  let end = found.length;
  while (ENDS.includes(found[end - 1])) end -= 1;
  const count = (mark) => found.slice(0, end).split(mark).length;
  // Brackets that are open before the address close after it.
  let surplus = count(')') - count('(');
  for (; surplus > 0 && found[end - 1] === ')'; surplus -= 1) end -= 1;
  const href = found.slice(0, end);
  return URL.canParse(href) ? href : undefined;
}

/**
 * The parts of a text inside a block: strings, `{type: 'code', text}`, `{type: 'link', href}`,
 * `{type: 'message', href}`, and `{type: 'bold' | 'italic' | 'strike', parts}`. No part is in
 * another one of its kind.
 */
export function partsOf(text) {
  const runs = runsOf(text);
  const open = [{ parts: [] }];
  const put = (part) => {
    const { parts } = open.at(-1);
    const isText = [part, parts.at(-1)].every((one) => typeof one === 'string');
    if (isText) parts.push(parts.pop() + part);
    else if (part !== '') parts.push(part);
  };
  /** Ends the innermost mark without its counterpart: it was a sign like others. */
  const drop = () => {
    const { mark, parts } = open.pop();
    put(mark);
    parts.forEach(put);
  };
  let from = 0;
  INLINE.lastIndex = 0;
  for (let found = INLINE.exec(text); found; found = INLINE.exec(text)) {
    const [{ 0: sign, index }, end] = [found, found.index + found[0].length];
    put(text.slice(from, index));
    from = end;
    if (sign[0] === '`') {
      const starts = runs.get(sign.length);
      while (starts[0] <= index) starts.shift();
      if (starts.length) {
        put({ type: 'code', text: unpadded(text.slice(end, starts[0])) });
        from = starts[0] + sign.length;
      } else put(sign);
    } else if (sign[0] === '#') put({ type: 'message', href: sign });
    else if (/^h/i.test(sign)) {
      const href = addressOf(sign);
      put(href ? { type: 'link', href } : sign);
      from = index + (href ?? sign).length;
    } else mark(sign, text[index - 1] ?? ' ', text[end] ?? ' ');
    INLINE.lastIndex = from;
  }
  put(text.slice(from));
  while (open.length > 1) drop();
  return open[0].parts;

  function mark(sign, before, after) {
    const type = KINDS[sign];
    const at = open.findLastIndex((one) => one.type === type);
    const ends = /\S/.test(before) && !WORD.test(after);
    if (at > 0 && open[at].mark === sign && ends && open.at(-1).parts.length) {
      while (open.length > at + 1) drop();
      const { parts } = open.pop();
      put({ type, parts });
    } else if (type && at < 0 && /\S/.test(after) && !WORD.test(before)) {
      open.push({ type, mark: sign, parts: [] });
    } else put(sign);
  }
}

/** The first lines of a message as a quote with its author, to begin a reply. */
export function quoteOf({ from, text }) {
  const lines = text.split('\n').filter((line) => line.trim());
  const own = lines.filter((line) => !QUOTE.test(line) && !FENCE.test(line));
  const shown = (own.length ? own : lines).slice(0, QUOTED_LINES).map((line) => {
    const chars = [...line];
    return chars.length > QUOTED_CHARS ? `${chars.slice(0, QUOTED_CHARS).join('')}…` : line;
  });
  return `> ${from}: ${shown.join('\n> ')}\n`;
}
