// Emoji: the list from which one is chosen, for a text or a reaction, and the reactions below a
// message.

import { $, h, visible } from './dom.js';
import { EMOJI, USUAL } from './emoji.js';

const GAP_PX = 4;
const EDGE_PX = 8;
const FOUND_MAX = 32;

/** The reactions to a message; a click adds one's own, or takes it back. */
export function reactionsOf({ reactions = [] }, react) {
  if (!reactions.length) return null;
  return h('div', { className: 'reactions' }, ...reactions.map(({ emoji, count, nicks, mine }) => {
    const who = nicks.map(visible).join(', ') + (count > nicks.length ? ', …' : '');
    return h('button', {
      type: 'button', title: who, ariaPressed: Boolean(mine),
      ariaLabel: `${visible(emoji)}, ${count}: ${who}`, onclick: () => react(emoji, !mine),
    }, h('span', {}, visible(emoji)), ` ${count}`);
  }));
}

/** The names of emoji with this word in them: first the name itself, then those that begin so. */
export function namesWith(word) {
  const rank = (name) => (name === word ? 0 : name.startsWith(word) ? 1 : 2);
  const names = [...EMOJI.keys()].filter((name) => name.includes(word));
  return names.sort((one, other) => rank(one) - rank(other));
}

export class Picker {
  #box = $('picker');
  #input = this.#box.querySelector('input');
  #list = this.#box.querySelector('div');
  #choose;

  constructor() {
    this.#input.oninput = () => this.#show();
    this.#input.onkeydown = (event) => {
      const { firstElementChild: first } = this.#list;
      if (event.key === 'Enter') first?.click();
      else if (event.key === 'ArrowDown') first?.focus();
      else return;
      event.preventDefault();
    };
    // The arrow keys go through the list.
    this.#list.onkeydown = ({ key, target }) => {
      if (key === 'ArrowRight') target.nextElementSibling?.focus();
      else if (key === 'ArrowLeft') (target.previousElementSibling ?? this.#input).focus();
    };
  }

  /** Opens the list beside an element. `choose` gets the emoji. */
  open(beside, choose) {
    this.#choose = choose;
    this.#input.value = '';
    this.#show();
    this.#box.showPopover();
    const [place, size] = [beside, this.#box].map((one) => one.getBoundingClientRect());
    // Above it if there is no room below.
    const below = place.bottom + GAP_PX;
    const hasRoom = below + size.height <= innerHeight - EDGE_PX;
    const top = Math.max(EDGE_PX, hasRoom ? below : place.top - GAP_PX - size.height);
    const left = Math.max(EDGE_PX, Math.min(place.left, innerWidth - size.width - EDGE_PX));
    this.#box.style.setProperty('top', `${top}px`);
    this.#box.style.setProperty('left', `${left}px`);
    // At a touch the keyboard would cover what it is for.
    const isTouched = matchMedia('(pointer: coarse)').matches;
    (isTouched ? this.#list.firstElementChild : this.#input).focus();
  }

  #show() {
    const wanted = this.#input.value.trim().toLowerCase().replace(/^:|:$/g, '');
    const names = wanted ? namesWith(wanted) : USUAL;
    const found = new Map(names.map((name) => [EMOJI.get(name), name]));
    this.#list.replaceChildren(...[...found].slice(0, FOUND_MAX).map(([emoji, name]) =>
      h('button', {
        type: 'button', textContent: emoji, title: name, ariaLabel: name,
        onclick: () => this.#take(emoji),
      })));
  }

  #take(emoji) {
    this.#box.hidePopover();
    this.#choose(emoji);
  }
}
