// The dialog of a room's owners: who comes in, who writes, what newcomers see, how long messages
// stay, invitations, and the end of the room. It is loaded when it is wanted.

import { $, h, setError, setText, visible } from './dom.js';

const RULES = {
  private: ['Private', 'Only people whom you invite come in, and only they see that it is there.'],
  past: ['Invited people read all', 'They also see what was said before they were invited.'],
  readonly: ['Read-only', 'Only its owners write here.'],
};

// Days after which messages are erased.
const KEPT = [['0', 'As long as in other rooms'], ['1', '1 day'], ['7', '7 days'],
  ['30', '30 days'], ['90', '90 days'], ['365', '1 year']];

export class RulesDialog {
  #it;
  #boxes = {};
  #isSure = false;

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
      spellcheck: false, ariaLabel: 'Name of an invited person',
    });
    const keep = h('select', {
      id: 'rule-keep', onchange: () => this.#make('keep', Number(keep.value)),
    });
    const button = (textContent, properties) =>
      h('button', { type: 'button', className: 'quiet', textContent, ...properties });
    const form = h('form', {}, h('h2', { id: 'rules-title' }), ...rows,
      h('label', {}, 'Messages are kept', keep),
      h('div', { className: 'fields', id: 'rule-invite' }, guest,
        button('Invite', { type: 'submit' }),
        button('Take back', { onclick: () => this.#invite(guest, 'uninvite') })),
      h('p', { id: 'rules-error', className: 'error', role: 'alert' }),
      h('p', { id: 'rules-done', role: 'status' }),
      h('div', { className: 'ends' },
        button('', { id: 'rule-delete', className: 'quiet grave', onclick: () => this.#delete() }),
        button('Done', { className: 'main', onclick: () => $('rules').close() })));
    const dialog = h('dialog', { id: 'rules' }, form);
    dialog.setAttribute('aria-labelledby', 'rules-title');
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#invite(guest, 'invite');
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
    const kept = String(rules.keep ?? 0);
    const other = KEPT.some(([value]) => value === kept) ? [] : [[kept, `${kept} days`]];
    $('rule-keep').replaceChildren(...[...KEPT, ...other].map(([value, textContent]) =>
      h('option', { value, textContent, selected: value === kept })));
    this.#isSure = false;
    setText($('rule-delete'), 'Delete this room…');
    for (const [rule, box] of Object.entries(this.#boxes)) box.checked = Boolean(rules[rule]);
    // These two mean nothing where everybody comes in.
    this.#boxes.past.parentElement.hidden = !rules.private;
    $('rule-invite').hidden = !rules.private;
  }

  #say(error, done) {
    setError($('rules-error'), error);
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

  /** Invites a person, or takes that back. */
  async #invite(guest, how) {
    const name = guest.value.trim();
    if (!name || $('rule-invite').hidden) return;
    const answer = await this.chat.ask('room', { room: this.#it.key, [how]: name });
    if (answer.ok) guest.value = '';
    const done = how === 'invite' ? `${visible(answer.invited)} can come in now.`
      : `${visible(answer.uninvited)} cannot come in any more.`;
    this.#say(answer.error ?? '', answer.ok ? done : '');
  }

  async #delete() {
    // A slip ends no room.
    if (!this.#isSure) {
      this.#isSure = true;
      setText($('rule-delete'), 'Really delete it for all?');
      return;
    }
    const answer = await this.chat.ask('room', { room: this.#it.key, delete: true });
    if (!answer.ok) return this.#say(answer.error, '');
    return $('rules').close();
  }
}
