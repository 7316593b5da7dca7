// The menu of the conversation that is shown: its whole topic with links, and what can be done.

import { $, setText } from './dom.js';
import { lineOf } from './text.js';

export class About {
  #menu = $('about-menu');
  #shown;

  /** `on` has `leave` a conversation, `command` to begin one in the composer, and `invite`. */
  constructor(chat, on) {
    this.chat = chat;
    const [topic, invite, leave] = this.#menu.querySelectorAll('button');
    const does = (button, run) => {
      button.onclick = () => {
        this.#menu.hidePopover();
        run(chat.model.here);
      };
    };
    does(topic, (it) => on.command(`/topic ${it.topic}`));
    does(invite, () => on.invite());
    does(leave, (it) => on.leave(it));
  }

  render() {
    const { here: it } = this.chat.model;
    const [topic, invite, leave] = this.#menu.querySelectorAll('button');
    $('about').ariaLabel = `About ${it.label}`;
    setText(topic, it.topic ? 'Change the topic' : 'Set a topic');
    topic.hidden = it.isPrivate;
    invite.hidden = it.isPrivate;
    setText(leave, it.isPrivate ? 'Put this conversation away' : 'Leave this room');
    const sign = `${it.key} ${it.topic}`;
    if (sign === this.#shown) return;
    this.#shown = sign;
    $('topic').replaceChildren(...lineOf(it.topic));
    this.#menu.querySelector('p').replaceChildren(...lineOf(it.topic));
  }
}
