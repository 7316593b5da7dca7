// Values that the browser keeps for this page.

const prefix = `mio-chat:${location.pathname}:`;

/** A value that the browser has kept; the page can do without it. */
export function load(name) {
  try {
    return JSON.parse(localStorage.getItem(prefix + name)) ?? {};
  } catch {
    return {};
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // The storage is full, or forbidden.
  }
}
