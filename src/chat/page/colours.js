// The colours of names: the same for a name wherever it stands, and different for people who are
// in the same room, as far as the colours go.

export const COLOURS = 12;
const HUE = 15;
const PRIME = 9973;
// The distance to the next colour that is tried. It shares no divisor with their number, so each
// of them is tried.
const STEP = 5;
// Names whose colours are remembered.
const NAMES_MAX = 2_000;

const given = new Map();
let present = [];

/** Sets the names that should differ from each other: those of the people in the room. */
export function together(names) {
  present = names.slice(0, COLOURS).map((name) => name.toLowerCase());
}

/** The hue of a name in degrees. */
export function hueOf(name) {
  const key = name.toLowerCase();
  if (!given.has(key)) {
    if (given.size >= NAMES_MAX) given.delete(given.keys().next().value);
    given.set(key, freeFor(key));
  }
  return HUE + given.get(key) * (360 / COLOURS);
}

/** A name's own colour by its letters, or the next one that nobody present has. */
function freeFor(key) {
  let hash = 0;
  for (const char of key) hash = (hash * 31 + char.codePointAt(0)) % PRIME;
  const taken = new Set(present.filter((name) => name !== key).map((name) => given.get(name)));
  for (let at = 0; at < COLOURS; at += 1) {
    const colour = (hash + at * STEP) % COLOURS;
    if (!taken.has(colour)) return colour;
  }
  return hash % COLOURS;
}
