// The menu of the conversation that is shown: its whole topic with links, and what can be done.

import { $, setError, setText } from './dom.js';
import { lineOf } from './text.js';

export class About {
  #menu = $('about-menu');
  #form = this.#menu.querySelector('form');
  #input = this.#form.querySelector('input');
  #rows = [...this.#menu.querySelectorAll('.row')];
  #shown;
  // The room whose topic is being written.
  #it;

  /** `on` has `leave` a conversation, and `invite`. */
  constructor(chat, on) {
    this.chat = chat;
    const [topic, invite, rules, leave] = this.#rows;
    const does = (button, run) => {
      button.onclick = () => {
        this.#menu.hidePopover();
        run(chat.model.here);
      };
    };
    topic.onclick = () => this.#write(chat.model.here);
    does(invite, () => on.invite());
    does(rules, async (it) => {
      const { RulesDialog } = await import('./rules.js');
      this.dialog ??= new RulesDialog(chat);
      this.dialog.open(it);
    });
    does(leave, (it) => on.leave(it));
    this.#form.onsubmit = (event) => {
      event.preventDefault();
      this.#save();
    };
    this.#form.querySelector('button').onclick = () => {
      this.#end();
      topic.focus();
    };
    this.#menu.addEventListener('toggle', ({ newState }) => newState === 'closed' && this.#end());
  }

  /** Begins to write a topic, in place of the menu's rows. */
  #write(it) {
    this.#it = it;
    this.#form.hidden = false;
    for (const row of this.#rows) row.hidden = true;
    this.#input.value = it.topic;
    this.#fail('');
    this.#input.focus();
  }

  /** Opens the menu where one writes a topic. */
  open() {
    this.#menu.showPopover();
    this.#write(this.chat.model.here);
  }

  #end() {
    this.#it = undefined;
    this.#form.hidden = true;
    for (const row of this.#rows) row.hidden = false;
    this.render();
  }

  async #save() {
    const it = this.#it;
    const answer = await this.chat.ask('topic', { room: it.key, text: this.#input.value });
    if (!answer.ok) return this.#fail(answer.error);
    const { model } = this.chat;
    model.topic({ ...answer, nick: 'You' }, Date.now());
    this.#menu.hidePopover();
    return this.chat.onChange();
  }

  #fail(error) {
    setError(this.#form.querySelector('.error'), error);
  }

  render() {
    const { here: it } = this.chat.model;
    const [topic, invite, rules, leave] = this.#rows;
    $('about').ariaLabel = `About ${it.label}`;
    setText(topic, it.topic ? 'Change the topic' : 'Set a topic');
    topic.hidden = it.isPrivate || !this.#form.hidden;
    invite.hidden = topic.hidden || Boolean(it.rules?.private);
    rules.hidden = topic.hidden || !this.chat.deeds.mayIn(it, 'room');
    $('lock').toggleAttribute('hidden', !it.rules?.private);
    setText(leave, it.isPrivate ? 'Put this conversation away' : 'Leave this room');
    const sign = `${it.key} ${it.topic}`;
    if (sign === this.#shown) return;
    this.#shown = sign;
    $('topic').replaceChildren(...lineOf(it.topic));
    this.#menu.querySelector('p').replaceChildren(...lineOf(it.topic));
  }
}
