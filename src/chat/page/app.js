// Puts the page together: the elements, the keys, and the address.

import { About } from './about.js';
import { Arrival } from './arrival.js';
import { Chat } from './chat.js';
import { together } from './colours.js';
import { Composer } from './composer.js';
import { addressOf, privateKey } from './conversation.js';
import { $, faceOf, h, setText, sync, visible } from './dom.js';
import { Files } from './files.js';
import { Goto } from './goto.js';
import { Lists } from './lists.js';
import { Notify } from './notify.js';
import { Banner, NameForm } from './panels.js';
import { typingOf } from './rows.js';
import { PersonMenu } from './person.js';
import { Picker } from './picker.js';
import { Search } from './search.js';
import { keep } from './storage.js';
import { Timeline } from './timeline.js';
import { Tools } from './tools.js';

// Interval of updates while the page is hidden.
const HIDDEN_MS = 200;
// Pages that are loaded to show a message found by a search.
const PAGES_BACK = 10;
// Ids after it that are loaded, if it is further back.
const NEARBY = 25;
// Time after which the browser is asked to keep the page: everything else comes first.
const KEEP_PAGE_MS = 2_000;
const LOBBY = 'lobby';
const DRAWERS = { menu: 'nav', people: 'members' };

let isDue = false;
const { root } = document.documentElement.dataset;
const chat = new Chat(new URL(`${root}socket.io/`, location.href), () => {
  if (isDue) return;
  isDue = true;
  if (document.hidden) setTimeout(render, HIDDEN_MS);
  else requestAnimationFrame(render);
});
const { model, socket } = chat;

function address(key, how = 'replaceState') {
  const hash = addressOf(key);
  if (location.hash !== hash) history[how](null, '', hash);
}

/** Shows a conversation. The browser's history notes it, unless that led here. */
function show(key, name, how) {
  model.open(key, name);
  address(key, how);
  chat.save();
  chat.onChange();
}

function open(key, name) {
  search.close();
  show(key, name, 'pushState');
  drawer();
  if (matchMedia('(hover)').matches) composer.focus();
}

const on = {
  chat,
  open,
  sent() {
    arrival.over();
    timeline.jump();
  },
  search: (words) => search.find(words),
  async go(room) {
    const answer = await chat.join(room);
    if (answer.ok) open(answer.room);
    else composer.fail(answer.error);
    return answer;
  },
  async leave(it) {
    const answer = await chat.leave(it, () => {
      if (it.key !== model.current) return;
      const all = [...model.conversations.values()];
      const joined = all.filter(({ isJoined, key }) => isJoined && key !== it.key);
      const to = joined.find(({ key }) => key === LOBBY) ?? joined[0];
      if (to) open(to.key);
    });
    if (!answer.ok) composer.fail(answer.error);
    else if (it.key === model.current) await on.go(LOBBY);
    return answer;
  },
};
// The dialogs of accounts are loaded when somebody wants them.
const accounts = async () => {
  const { Account } = await import('./account.js');
  return chat.accounts ??= new Account(chat);
};
const signing = async () => {
  $('options').hidePopover?.();
  (await accounts()).open();
};
$('signing').onclick = signing;
$('arrival-signing').onclick = signing;
chat.onClosed = async (state) => (await accounts()).changed(state);
const invited = /^#invite=([\w-]+)$/.exec(location.hash);
if (invited) {
  chat.shown = { invite: invited[1] };
  history.replaceState(null, '', location.pathname + location.search);
}
const banner = new Banner(chat);
const arrival = new Arrival(chat, () => about.open());
const timeline = new Timeline(chat, (it) => arrival.begin(it), (error) => composer.fail(error));
const composer = new Composer(chat, on);
const files = new Files(chat, {
  fail: (error) => composer.fail(error), ready: (it) => composer.filesReady(it),
});
composer.files = files;
const person = new PersonMenu(chat, {
  open, begin: (text) => composer.begin(text), fail: (error) => composer.fail(error),
});
const lists = new Lists(chat, { ...on, about: (nick, beside) => person.open(nick, beside) });
const naming = new NameForm(chat);
new Goto(chat, on);
const about = new About(chat, {
  leave: on.leave, invite: () => arrival.invite(),
});
const notify = new Notify(chat, open);
const picker = new Picker();
$('emoji').onclick = () => picker.open($('emoji'), (emoji) => composer.insert(emoji));
const tools = new Tools(chat, {
  pick: (beside, choose) => picker.open(beside, choose),
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  fail: (error) => composer.fail(error),
  write: (nick) => open(privateKey(nick), nick),
});
const search = new Search(chat, ({ room, from, to, id }) => {
  const name = model.isMe(from) ? to : from;
  if (room === undefined) open(privateKey(name), name);
  else open(room);
  return reveal(id);
}, () => drawer());

/** Brings a message of the conversation that is shown into sight. */
async function reveal(id) {
  render();
  const it = model.here;
  const lacks = () => it.hasMore && !(it.messages[0]?.id <= id);
  for (let page = 0; page < PAGES_BACK && lacks(); page += 1) await chat.older(it);
  // A message too far back is loaded with its neighbours.
  const first = it.messages[0]?.id;
  if (lacks() && (await chat.older(it, id + NEARBY))?.ok) it.gaps.set(first, 0);
  if (it !== model.here) return;
  if (!timeline.show(id)) composer.fail('That message is not here any more.');
}

function render() {
  isDue = false;
  const it = model.here;
  together([...it.members.keys()].sort());
  arrival.render();
  timeline.render();
  model.watch(!document.hidden && timeline.isAtEnd);
  if (model.isWatched) chat.readHere(it);
  lists.render();
  composer.render();
  files.render();
  banner.render();
  tools.render();
  // Its name may have changed.
  if (it.isPrivate) address(it.key);
  const name = visible(it.label);
  const unread = [...model.conversations.values()].reduce((sum, one) => sum + one.unread, 0);
  setText(document.querySelector('h1'), name);
  about.render();
  document.title = `${unread ? `(${unread}) ` : ''}${name} – mio-chat`;
  $('dot').hidden = !unread;
  mark(unread > 0);
  notify.render(unread);
  const named = [...model.conversations.values()].reduce((sum, one) => sum + one.mentions, 0);
  setText($('named'), String(named));
  $('named').hidden = !named;
  setText($('typing'), typingOf([...it.typing.keys()].map(visible)));
  $('me').hidden = !model.nick;
  // Without a history there are no accounts.
  const hasAccounts = chat.access !== 'guests';
  $('signing').hidden = !hasAccounts;
  $('arrival-signing').hidden = !hasAccounts;
  setText($('signing'), chat.account ? 'Your account…' : 'Sign in…');
  const { nick } = model;
  if (nick) sync($('me'), [['face', nick, () => faceOf(nick)], ['name', nick, () => h('span', {},
    h('span', { textContent: visible(nick) }), h('small', {}, 'Change name'))]]);
  // A column for oneself alone would help nobody.
  document.body.classList.toggle('alone', it.isPrivate || (it.count < 2 && it.members.size < 2));
}

/** Marks the page's icon in the browser's tab. */
function mark(hasUnread) {
  const { href } = new URL(hasUnread ? 'unread.svg' : 'icon.svg', import.meta.url);
  if ($('favicon').href !== href) $('favicon').href = href;
}

/** Shows the conversation that the address names. */
async function route() {
  let name = LOBBY;
  let id;
  try {
    [, name, id] = /^([^]*?)(?:\/(\d+))?$/.exec(decodeURIComponent(location.hash.slice(1)));
    name ||= LOBBY;
  } catch {
    // The address names no conversation.
  }
  // Before the welcome nothing can be loaded; the address stays until then.
  if (id && !chat.hasWelcome) return;
  if (await openNamed(name) && id) await reveal(Number(id));
}

/** Shows a room, which the person joins if need be, or a private conversation with `@`. False if
 *  that is refused. */
async function openNamed(name) {
  // The text written before joining stays in it.
  const key = name.toLowerCase();
  const isThere = socket.state.name !== 'online' || model.conversations.get(key)?.isJoined;
  if (name[0] === '@') show(privateKey(name.slice(1)), name.slice(1));
  else if (isThere) show(key);
  else {
    const answer = await chat.join(key);
    show(answer.ok ? answer.room : LOBBY);
    if (!answer.ok) {
      render();
      composer.fail(answer.error);
      return false;
    }
  }
  return true;
}

/** Opens a drawer, or closes all: a narrow screen shows the lists only on request. */
function drawer(opened) {
  for (const [button, id] of Object.entries(DRAWERS)) {
    const isOpen = id === opened;
    $(id).classList.toggle('open', isOpen);
    $(button).ariaExpanded = isOpen;
    if (isOpen) $(id).querySelector('button')?.focus();
  }
}

for (const [button, id] of Object.entries(DRAWERS)) {
  $(button).onclick = () => drawer($(id).classList.contains('open') ? undefined : id);
}

document.querySelector('main').onpointerdown = () => drawer();
// A dialog may have led to the text.
$('composer').addEventListener('focusin', () => drawer());

/** The next conversation up or down the lists. */
function step(by) {
  const all = [...document.querySelectorAll(':is(#rooms, #privates) button:first-child')];
  const at = all.findIndex((button) => button.hasAttribute('aria-current'));
  all.at((at + by) % all.length)?.click();
}

addEventListener('keydown', (event) => {
  if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    event.preventDefault();
    step(event.key === 'ArrowUp' ? -1 : 1);
  } else if (event.key === 'Escape' && !document.querySelector('dialog[open], :popover-open')) {
    const button = Object.keys(DRAWERS).find((id) => $(id).ariaExpanded === 'true');
    search.close();
    drawer();
    $(button)?.focus();
  }
});

/** Sends dropped and pasted files. The browser would open a dropped one in place of the chat. */
function takeFiles(event, { files: taken, types }) {
  if (!types.includes('Files')) return;
  event.preventDefault();
  document.body.classList.toggle('dropping', event.type === 'dragover');
  if (taken.length && event.type !== 'dragover') files.add(taken);
}

addEventListener('dragover', (event) => takeFiles(event, event.dataTransfer));
addEventListener('drop', (event) => takeFiles(event, event.dataTransfer));
addEventListener('dragleave', () => document.body.classList.remove('dropping'));
addEventListener('paste', (event) => {
  if (!event.clipboardData.types.includes('text/plain')) takeFiles(event, event.clipboardData);
});

const isDark = matchMedia('(prefers-color-scheme: dark)');

/** Names the colour scheme that is not in use, for people who prefer it. */
function nameTheme() {
  const { dataset } = document.documentElement;
  const theme = dataset.theme ?? (isDark.matches ? 'dark' : 'light');
  const other = theme === 'dark' ? 'light' : 'dark';
  setText($('theme'), `Use ${other} colours`);
  $('theme').onclick = () => {
    dataset.theme = other;
    keep('theme', { theme: other });
    nameTheme();
  };
}

isDark.onchange = nameTheme;
chat.onWelcome = () => {
  const { nickError } = chat;
  if (nickError && !nickError.isTold) naming.open(nickError.error, nickError.nick);
  if (nickError) nickError.isTold = true;
  chat.accounts?.welcomed();
  route();
};
chat.onRemoved = (room) => {
  if (room !== model.current) return;
  const joined = [...model.conversations.values()].find(({ isJoined }) => isJoined);
  show(joined?.key ?? LOBBY);
};
chat.onMessage = (it, message) => notify.message(it, message);
chat.onRefused = (post) => {
  if (post.conversation === model.current) composer.fail(post.error);
};
addEventListener('popstate', () => {
  search.close();
  route();
});
addEventListener('online', () => socket.nudge());
addEventListener('offline', () => socket.offline());
addEventListener('pagehide', () => chat.saveNow());
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    model.isWatched = false;
    chat.saveNow();
  } else socket.nudge();
  // Work that waits for a frame would wait until the page is shown.
  isDue = false;
  chat.onChange();
});
nameTheme();
route();
setTimeout(() => navigator.serviceWorker?.register('sw.js').catch(() => undefined), KEEP_PAGE_MS);
chat.start();
