// Accounts: the dialog that signs in, or comes in where not everybody may; and the person's own
// account with its devices. It is loaded when it is wanted.

import { $, copies, dateOf, h, sentence, setError, setText, visible } from './dom.js';

/** The codes of a chat that is not open to everybody. */
const CLOSED = ['invite-only', 'bad-invitation', 'registered-only'];
const KINDS = { web: 'A browser', terminal: 'A terminal', app: 'A program', netcat: 'Netcat' };

/** A labelled field. */
function field(id, label, properties) {
  const input = h('input', { id, autocapitalize: 'none', spellcheck: false, ...properties });
  return h('div', {}, h('label', { htmlFor: id, textContent: label }), input);
}

const button = (textContent, properties) => h('button', { textContent, ...properties });

/** The texts of the form and its fields, by its purpose. */
const FORMS = {
  login: {
    title: 'Sign in', asks: ['name', 'password'], does: 'Sign in', complete: 'current-password',
    why: 'A registered name is yours in every browser, at a terminal and at netcat.',
  },
  register: {
    title: 'Make your name yours', asks: ['password'], does: 'Keep my name',
    complete: 'new-password',
    why: 'With a password, nobody else can have it. A few words are easy to remember and hard to '
      + 'guess.',
  },
  enter: {
    title: 'Come in', asks: ['name', 'password', 'code'], does: 'Come in',
    complete: 'current-password',
    why: 'This chat is for people with an account or an invitation.',
  },
};

export class Account {
  #form;
  #own;
  #purpose = 'login';

  constructor(chat) {
    this.chat = chat;
    this.#form = this.#makeForm();
    this.#own = h('dialog', { id: 'own' });
    this.#own.setAttribute('aria-labelledby', 'own-title');
    document.body.append(this.#form, this.#own);
  }

  /** Shows what there is to do: to come in, to sign in, or the person's own account. */
  open() {
    const { name, error } = this.chat.socket.state;
    if (name === 'refused') this.#show('enter', error);
    else if (this.chat.account) this.#showOwn();
    else this.#show('login');
  }

  /** The server may have refused the person, for the first time or again. */
  changed({ name, error, code }) {
    if (name !== 'refused') return;
    if (CLOSED.includes(code) || this.#isEntering()) this.#show('enter', error);
  }

  /** The person is in. A connection alone says nothing: the password may be wrong still. */
  welcomed() {
    if (this.#isEntering()) this.#form.close();
  }

  #isEntering() {
    return this.#form.open && this.#purpose === 'enter';
  }

  #makeForm() {
    const form = h('form', {}, h('h2', { id: 'account-title' }), h('p', { id: 'account-why' }),
      field('account-name', 'Name', { autocomplete: 'username' }),
      field('account-password', 'Password', { type: 'password' }),
      field('account-code', 'Or the code of an invitation', { autocomplete: 'off' }),
      h('p', { id: 'account-error', className: 'error', role: 'alert' }),
      h('div', { className: 'ends' },
        button('', { id: 'account-other', type: 'button', className: 'quiet' }),
        button('Cancel', { id: 'account-cancel', type: 'button', className: 'quiet' }),
        button('', { id: 'account-do', className: 'main' })));
    const dialog = h('dialog', { id: 'account' }, form);
    dialog.setAttribute('aria-labelledby', 'account-title');
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    form.oninput = () => this.#fail('');
    return dialog;
  }

  #show(purpose, error = '') {
    this.#purpose = purpose;
    const { title, why, asks, does, complete } = FORMS[purpose];
    const { model, me } = this.chat;
    if (!this.#form.isConnected) document.body.append(this.#form);
    setText($('account-title'), title);
    setText($('account-why'), why);
    setText($('account-do'), does);
    for (const name of ['name', 'password', 'code']) {
      $(`account-${name}`).parentElement.hidden = !asks.includes(name);
    }
    $('account-password').autocomplete = complete;
    $('account-cancel').onclick = () => this.#form.close();
    const canRegister = purpose === 'login' && me.nick && model.nick === me.nick;
    const other = $('account-other');
    other.hidden = !canRegister && purpose !== 'register';
    setText(other, canRegister ? `Make ${visible(model.nick)} yours…` : 'Sign in instead…');
    other.onclick = () => this.#show(canRegister ? 'register' : 'login');
    if (!this.#form.open) this.#form.showModal();
    // The error is shown where the person tries again, not before the first time.
    this.#fail(purpose === 'enter' && !$('account-name').value && !$('account-code').value
      ? '' : error);
    $(asks[0] === 'name' ? 'account-name' : 'account-password').focus();
  }

  async #submit() {
    const { chat } = this;
    const value = (it) => $(`account-${it}`).value;
    const [name, password, code] = ['name', 'password', 'code'].map(value);
    if (this.#purpose === 'enter') {
      if (code.trim()) chat.enterWith({ invite: code.trim() });
      else if (name.trim() && password) chat.enterWith({ nick: name.trim(), password });
      else this.#fail('A name and a password are needed, or a code.');
      return;
    }
    if (!password || (this.#purpose === 'login' && !name.trim())) {
      return this.#fail('A password is needed, and a name to sign in.');
    }
    const answer = this.#purpose === 'login'
      ? await chat.signIn(name.trim(), password) : await chat.register(password);
    if (!answer.ok) return this.#fail(answer.error);
    this.#clear();
    this.#form.close();
    const { nick } = chat.model;
    this.#tell(this.#purpose === 'login' ? `You are signed in as ${nick}.`
      : `${nick} is yours now, wherever you sign in with it.`);
  }

  /** Says what has happened, where it is seen: on a phone the list at the side goes. */
  #tell(text) {
    const { model, onChange } = this.chat;
    model.note(model.here, { text, isLive: true }, Date.now());
    onChange();
    $('text').focus();
  }

  #clear() {
    for (const input of this.#form.querySelectorAll('input')) input.value = '';
  }

  #fail(error) {
    setError($('account-error'), error);
    for (const input of this.#form.querySelectorAll('input')) input.ariaInvalid = error !== '';
  }

  /** The person's devices, each of which can be ended. */
  async #showOwn(error = '') {
    const { chat } = this;
    const answer = await chat.ask('devices', {});
    if (answer.code === 'not-logged-in') {
      chat.account = undefined;
      return this.#show('login');
    }
    // This one is signed out of, by the button below.
    const devices = answer.ok ? answer.devices.filter(({ own }) => !own) : [];
    const rows = devices.map(({ number, kind, since, seen, here }) => {
      const from = since === undefined ? '' : `since ${dateOf(since)}, `;
      const when = `${from}${here ? 'here now' : `last used ${dateOf(seen)}`}`;
      const end = button('End', {
        className: 'quiet', ariaLabel: `End device ${number}`,
        onclick: async () => {
          const ended = await chat.ask('devices', { end: number });
          this.#showOwn(ended.ok ? '' : ended.error);
        },
      });
      return h('li', {}, h('span', {}, `${KINDS[kind] ?? kind}, ${when}`), end);
    });
    const out = button('Sign out', {
      className: 'quiet',
      onclick: async () => {
        const left = await chat.signOut();
        if (!left.ok) return this.#showOwn(left.error);
        this.#own.close();
        this.#tell(`You have signed out, and are ${chat.model.nick} now.`);
      },
    });
    const done = button('Done', { className: 'main', onclick: () => this.#own.close() });
    const head = [
      h('h2', { id: 'own-title' }, `${visible(chat.model.nick)} is yours`),
      h('p', {}, `You are signed in here${rows.length ? ', and with:' : '.'}`),
      h('ul', { id: 'device-list' }, ...rows),
      h('p', { className: 'error', role: 'alert' },
        sentence(answer.ok ? error : answer.error)),
    ];
    this.#own.replaceChildren(...head, h('div', { className: 'ends' }, out, done));
    if (!this.#own.open) this.#own.showModal();
    // The button that had the focus may have gone with its device.
    done.focus();
  }
}
