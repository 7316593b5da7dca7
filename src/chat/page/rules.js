// The dialog of a room's owners: who comes in, who writes, what newcomers see, and invitations. It
// is loaded when it is wanted.

import { $, h, setText, visible } from './dom.js';

const RULES = {
  private: ['Private', 'Only people whom you invite come in, and only they see that it is there.'],
  past: ['Invited people read all', 'They also see what was said before they were invited.'],
  readonly: ['Read-only', 'Only its owners write here.'],
};

export class RulesDialog {
  #it;
  #boxes = {};

  constructor(chat) {
    this.chat = chat;
    const rows = Object.entries(RULES).map(([rule, [title, why]]) => {
      const box = h('input', { type: 'checkbox', id: `rule-${rule}` });
      box.setAttribute('aria-describedby', `why-${rule}`);
      box.onchange = () => this.#make(rule, box.checked);
      this.#boxes[rule] = box;
      return h('div', { className: 'rule' }, box, h('label', { htmlFor: box.id }, title),
        h('small', { id: `why-${rule}` }, why));
    });
    const guest = h('input', {
      id: 'rule-guest', placeholder: 'Name', autocomplete: 'off', autocapitalize: 'none',
      spellcheck: false, ariaLabel: 'Name of somebody to invite',
    });
    const form = h('form', {}, h('h2', { id: 'rules-title' }), ...rows,
      h('div', { className: 'fields', id: 'rule-invite' }, guest,
        h('button', { className: 'quiet', textContent: 'Invite' })),
      h('p', { id: 'rules-error', className: 'error', role: 'alert' }),
      h('p', { id: 'rules-done', role: 'status' }),
      h('div', { className: 'ends' }, h('button', {
        type: 'button', className: 'main', textContent: 'Done', onclick: () => $('rules').close(),
      })));
    const dialog = h('dialog', { id: 'rules' }, form);
    dialog.setAttribute('aria-labelledby', 'rules-title');
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#invite(guest);
    };
    guest.oninput = () => this.#say('', '');
    document.body.append(dialog);
  }

  open(it) {
    this.#it = it;
    setText($('rules-title'), `Settings of ${visible(it.label)}`);
    $('rule-guest').value = '';
    this.#say('', '');
    this.#show();
    $('rules').showModal();
  }

  #show() {
    const rules = this.#it.rules ?? {};
    for (const [rule, box] of Object.entries(this.#boxes)) box.checked = Boolean(rules[rule]);
    // These two mean nothing where everybody comes in.
    this.#boxes.past.parentElement.hidden = !rules.private;
    $('rule-invite').hidden = !rules.private;
  }

  #say(error, done) {
    setText($('rules-error'), error);
    setText($('rules-done'), done);
  }

  async #make(rule, isOn) {
    const answer = await this.chat.ask('room', { room: this.#it.key, [rule]: isOn });
    this.#say(answer.error ?? '', '');
    if (answer.ok) {
      this.chat.deeds.ruled({ ...answer, nick: this.chat.model.nick }, Date.now());
      this.chat.onChange();
    }
    this.#show();
  }

  async #invite(guest) {
    const name = guest.value.trim();
    if (!name || $('rule-invite').hidden) return;
    const answer = await this.chat.ask('room', { room: this.#it.key, invite: name });
    if (answer.ok) guest.value = '';
    this.#say(answer.error ?? '', answer.ok ? `${visible(answer.invited)} can come in now.` : '');
  }
}
