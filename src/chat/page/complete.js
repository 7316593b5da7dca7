// Completions of what is typed: names, rooms, commands and emoji.

import { COMMANDS } from './commands.js';
import { isCrowd } from './conversation.js';
import { EMOJI, USUAL } from './emoji.js';
import { visible } from './dom.js';

// Suggestions shown at once.
export const SHOWN_MAX = 8;
// Letters after a colon from which on a name may have them anywhere, and not only at its beginning.
const EMOJI_LETTERS = 2;

const same = (word, name) => name.toLowerCase().startsWith(word.toLowerCase());

/**
 * Completions of `word`, with the text before it: `{text, label, about}` each. `isAsked` is false
 * for a word whose first sign does not ask for suggestions by itself.
 */
export function completions(before, word, model) {
  const [sign] = word;
  if (sign === '/' && !before) return asked(commands(word.slice(1)));
  if (sign === '#') return asked(rooms(word.slice(1), model));
  if (sign === ':') return asked(emoji(word.slice(1)));
  const found = names(word.replace(/^@/, ''), before, model);
  return { found, isAsked: sign === '@' };
}

const asked = (found) => ({ found, isAsked: true });

function commands(word) {
  return Object.entries(COMMANDS).filter(([name]) => same(word, name))
    .map(([name, { args, what }]) => ({
      text: `/${name}${args ? ' ' : ''}`, label: `/${name} ${args ?? ''}`, about: what,
    }));
}

function rooms(word, { conversations, rooms: listed }) {
  const own = [...conversations.values()].filter(({ isJoined }) => isJoined).map(({ key }) => key);
  const all = new Set([...own, ...listed.map(({ room }) => room)]);
  return [...all].filter((room) => same(word, room)).sort()
    .map((room) => ({ text: `#${room} `, label: `#${visible(room)}`, about: '' }));
}

function emoji(word) {
  // Names that begin with the word come first. `:D` is wanted as it is.
  const rank = (name) => (same(word, name) ? 0 : 1);
  const all = !word ? USUAL : [...EMOJI.keys()].filter((name) =>
    (word.length < EMOJI_LETTERS ? name.startsWith(word) : name.includes(word.toLowerCase())))
    .sort((a, b) => rank(a) - rank(b));
  return all.map((name) => [name, EMOJI.get(name)])
    .map(([name, sign]) => ({ text: `${sign} `, label: sign, about: `:${name}:` }));
}

function names(word, before, { here: it, nick }) {
  const others = it.isPrivate ? [it.name] : [];
  if (isCrowd(it)) others.push(...it.messages.map(({ from }) => from));
  const all = new Set([...it.members.keys(), ...others]);
  const end = before ? ' ' : ': ';
  return [...all].filter((name) => same(word, name)).sort().map((name) =>
    ({ text: name + end, label: visible(name), about: name === nick ? 'you' : '' }));
}

/** A text with the last word as its emoji, if it is a whole name between colons. */
export function withEmoji(text) {
  const found = /(^|\s):([a-z0-9_+-]+):$/i.exec(text);
  const sign = found && EMOJI.get(found[2].toLowerCase());
  return sign ? text.slice(0, found.index) + found[1] + sign : text;
}
