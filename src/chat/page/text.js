// Elements of what people write, made from the tree of its marks.

import { addressOf } from './conversation.js';
import { copies, h, visible } from './dom.js';
import { fileElement, fileOf } from './files.js';
import { blocksOf, partsOf } from './markup.js';

// Longer code is folded.
const CODE_LINES = 14;
const TAGS = { bold: 'strong', italic: 'em', strike: 's' };

/** The elements of a whole message. */
export const textOf = (text) => blocksOf(visible(text)).map(elementOf).flat();

/** The elements of a text in one line, without blocks. */
export const lineOf = (text) => partsOf(visible(text)).map(partOf);

function elementOf(block) {
  switch (block.type) {
    case 'code':
      return code(block.text);
    case 'quote':
      return h('blockquote', { dir: 'auto' }, ...block.blocks.map(elementOf).flat());
    case 'list':
      return h('ul', {}, ...block.items.map((parts) =>
        h('li', { dir: 'auto' }, ...parts.map(partOf))));
    default:
      return block.parts.map(partOf).map(afterPicture);
  }
}

/** A text without the end of the line that a picture before it takes up already. */
function afterPicture(part, at, all) {
  const isAfter = all[at - 1]?.className === 'picture';
  return isAfter && typeof part === 'string' ? part.replace(/^\n/, '') : part;
}

function partOf(part) {
  if (typeof part === 'string') return part;
  const { type, href, text, parts } = part;
  if (type === 'code') return h('code', { textContent: text });
  if (type === 'link') return link(href);
  if (type === 'message') return h('a', { href: addressIn(href), textContent: href });
  return h(TAGS[type], {}, ...parts.map(partOf));
}

/** The address of a message as this page writes it. */
function addressIn(href) {
  const [, key, id] = /^#(.+)\/(\d+)$/.exec(href);
  return addressOf(key.toLowerCase(), id);
}

function link(href) {
  const here = `${location.origin}${location.pathname}#`;
  // Another place in this chat opens in this page.
  if (href.startsWith(here)) {
    return h('a', { href: href.slice(here.length - 1), textContent: href });
  }
  const file = fileOf(href);
  if (file) return fileElement(file);
  const rel = 'noopener noreferrer nofollow';
  return h('a', { href, rel, target: '_blank', textContent: href });
}

/** Code in a frame, with a button that copies it; long code is folded. */
function code(text) {
  const lines = text.split('\n').length;
  const pre = h('pre', { dir: 'ltr', tabIndex: 0 }, h('code', { textContent: text }));
  const frame = h('div', { className: 'code' }, pre,
    copies(h('button', { textContent: 'Copy' }), () => text));
  if (lines <= CODE_LINES) return frame;
  frame.classList.add('folded');
  const more = h('button', { className: 'more', textContent: `Show all ${lines} lines` });
  more.ariaExpanded = false;
  more.onclick = () => {
    const isFolded = frame.classList.toggle('folded');
    more.ariaExpanded = !isFolded;
    more.textContent = isFolded ? `Show all ${lines} lines` : 'Show less';
  };
  frame.append(more);
  return frame;
}
