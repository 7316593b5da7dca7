// Elements. People's text becomes text, never markup.

import { hueOf } from './colours.js';

export const $ = (id) => document.getElementById(id);

/** An element with these properties and children. */
export function h(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Sets an element's text, if it is another. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Sentences that begin with a person's name, which is left as it is.
const NAMED = /^(?!(?:this|that|there|it|nobody|everybody) )\S+ (?:is|was|keeps|owns|does) /;

/** A sentence of the server, which begins in lower case, for the page. */
export const sentence = (text) => (NAMED.test(text) ? text
  : text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()));

/** Shows an error, which may be a sentence of the server's. */
export const setError = (element, error) => setText(element, sentence(error));

/** Makes the children those of `items`, `[key, sign, make]`; one whose sign is unchanged stays. */
export function sync(parent, items) {
  const old = parent.made ?? new Map();
  const made = new Map();
  for (const [key, sign, make] of items) {
    const before = old.get(key);
    const { activeElement: active } = document;
    const had = before?.element.contains(active) && { isRow: before.element === active };
    made.set(key, before?.sign === sign ? before : { sign, element: make(), had });
  }
  for (const [key, { element }] of old) if (made.get(key)?.element !== element) element.remove();
  let at = parent.firstChild;
  for (const one of made.values()) {
    if (one.element === at) at = at.nextSibling;
    else parent.insertBefore(one.element, at);
    if (one.had?.isRow) one.element.tabIndex = 0;
    if (one.had) (one.had.isRow ? one.element : one.element.querySelector('button'))?.focus();
    one.had = undefined;
  }
  parent.made = made;
}

/** Shows controls and reordering marks instead of obeying them, and cuts towers of marks. */
export function visible(text) {
  return text
    .replace(/(?![\t\n])[\p{Cc}\p{Bidi_C}]/gu,
      (mark) => `\\u{${mark.codePointAt(0).toString(16)}}`)
    .replace(/(\p{M}{8})\p{M}+/gu, '$1');
}

/** An element in the colour of a name, which is the same everywhere. */
function coloured(name, properties) {
  const element = h('span', properties);
  element.style.setProperty('--hue', hueOf(name));
  return element;
}

/** A name in its colour. */
export const nickOf = (name) => coloured(name, { className: 'nick', textContent: visible(name) });

/** The first letter of a name on its colour, for eyes alone. */
export function faceOf(name) {
  const face = coloured(name, { className: 'face', ariaHidden: 'true' });
  const [initial] = new Intl.Segmenter().segment(name);
  face.dataset.initial = visible(initial?.segment ?? '').toUpperCase();
  return face;
}

/** Puts a text on the clipboard; false if the browser does not let it. */
export async function copy(text) {
  try {
    // Only pages that came by TLS, or from this machine, have a clipboard.
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
    const area = h('textarea', { value: text, className: 'hidden', ariaHidden: 'true' });
    const { activeElement } = document;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    activeElement?.focus();
    return isDone;
  } catch {
    return false;
  }
}

const COPIED_MS = 2_000;

/** A button that copies a text, and says for a moment that it has. */
export function copies(button, textOf) {
  const before = button.textContent;
  let timer;
  button.onclick = async () => {
    setText(button, await copy(textOf()) ? 'Copied' : 'Not copied');
    clearTimeout(timer);
    timer = setTimeout(() => setText(button, before), COPIED_MS);
  };
  return button;
}

const format = (options) => new Intl.DateTimeFormat('en-GB', options);
const CLOCK = format({ hour: '2-digit', minute: '2-digit' });
const DAY = format({ dateStyle: 'full' });
const DATE = format({ dateStyle: 'medium' });
const FULL = format({ dateStyle: 'full', timeStyle: 'medium' });

/** The day of a time in words, as of `now`. */
export function dayOf(ts, now = Date.now()) {
  const day = DAY.format(ts);
  if (day === DAY.format(now)) return 'Today';
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  return day === DAY.format(yesterday) ? 'Yesterday' : day;
}

/** A time's day and date in full. */
export const fullDayOf = (ts) => DAY.format(ts);
export const dateOf = (ts) => DATE.format(ts);

/** A time in full. */
export const whenOf = (ts) => FULL.format(ts);

/** A time of the day; the date is in its title. */
export function timeOf(ts) {
  const dateTime = new Date(ts).toISOString();
  return h('time', { dateTime, title: FULL.format(ts), textContent: CLOCK.format(ts) });
}
