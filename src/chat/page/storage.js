// Values that the browser keeps for this page.

/** Another path may have another chat of this origin. */
const keyOf = (name) => `mio-chat:${location.pathname}:${name}`;

/** A value that the browser has kept; the page can do without it. */
export function load(name) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(name))) ?? {};
  } catch {
    return {};
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(keyOf(name), JSON.stringify(value));
  } catch {
    // The storage is full, or forbidden.
  }
}
