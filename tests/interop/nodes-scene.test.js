'use strict';
// A scene at two nodes: netcat at one, and at the other clients 2.x and 4.x of Socket.IO, the page in a
// browser and the terminal client. They meet, talk, look back, whisper, change a name and leave, and
// the others' node is killed.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { startNodes } = require('./cluster');
const { TRANSPORTS, ask, connect, connected, managerOf, socketOf, until, within } = require('./harness');
const { openBrowser, openPage } = require('./page');

const LIMIT = { timeout: 120_000 };
/** A node's lease is 10 s. */
const TAKEN_OUT_MS = 30_000;
/** Clients try again after pauses of up to 30 s. */
const BACK_MS = 60_000;
/** The key of the terminal client for this, Ctrl-N. */
const NEXT_CONVERSATION = '\x0e';
const { websocket: transports } = TRANSPORTS;

let cluster;
let browser;
before(async () => {
  cluster = await startNodes(['a', 'b']);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  people.forEach((child) => child.kill('SIGKILL'));
  await cluster?.stop();
});

const people = new Set();

/** A program in which somebody types, and what it has shown, without the terminal's sequences. */
function typing(program, args) {
  const child = spawn(program, args, { env: { ...process.env, TERM: 'xterm-256color' } });
  people.add(child);
  const press = (keys) => child.stdin.write(keys);
  const it = { shown: '', press, say: (line) => press(`${line}\n`) };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    // Moves of the cursor end a line: the terminal client draws each of its lines in one go.
    it.shown += text.replace(/\x1b\[[\d;]*[Hf]/g, '\n').replace(/\x1b[[(>=][\d;?]*[ -/]*[a-zA-Z]?/g, '');
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.stdin.on('error', () => {});
  // Many comings and goings in a short time are one notice.
  it.notices = (pattern, ms) => until(`${pattern}`, () => pattern.test(it.shown), ms)
    .catch((error) => { throw new Error(`${error.message}: ${it.shown.slice(-2_000)}`); });
  it.sees = (text) => until(`${text} in ${program}`, () => it.shown.includes(text))
    .catch((error) => { throw new Error(`${error.message}: ${it.shown.slice(-2_000)}`); });
  it.end = () => {
    child.stdin.end();
    return within(ended, `the end of ${program}`);
  };
  return it;
}

const netcat = () => typing('nc', ['127.0.0.1', `${cluster.node('a').lines}`]);

/** The terminal client in a pseudo-terminal of `script`. */
function terminal(nick) {
  const program = path.join(process.env.INTEROP_RELEASE, 'mio-chat');
  const command = `stty cols 100 rows 40; exec ${program} client ${cluster.node('b').url} -n ${nick}`;
  return typing('script', ['-qfc', command, '/dev/null']);
}

/** Somebody in namespace `/chat`, and what was heard there. */
async function program(url, nick) {
  const manager = managerOf('4.8.4', url, { transports });
  const socket = socketOf(manager, '/chat', { auth: { nick } });
  const welcome = socket.next('welcome');
  welcome.catch(() => {});
  const it = { socket, texts: [], presence: [], leave: () => manager._close() };
  socket.on('message', ({ from, text }) => it.texts.push(`${from}: ${text}`));
  socket.on('presence', (presence) => it.presence.push(JSON.stringify(presence)));
  await connected(socket);
  [it.welcome] = await welcome;
  it.hears = (text) => until(`${nick} hears ${text}`, () => it.texts.includes(text));
  return it;
}

test('a scene of people at two nodes', LIMIT, async () => {
  const { url } = cluster.node('b');

  // They meet.
  const ned = netcat();
  await ned.sees('* Welcome to mio-chat. You are guest-1, in #lobby. Nobody else is here yet.');
  ned.say('/nick ned');
  await ned.sees('* you are now ned');
  ned.say('the first words');
  ned.say('/who');
  await ned.sees('* in #lobby: ned (netcat)');
  const fay = await program(url, 'fay');
  const [lobby] = fay.welcome.rooms;
  assert.deepEqual(lobby.messages.map(({ from, text }) => `${from}: ${text}`), ['ned: the first words']);
  assert.deepEqual(lobby.members.map(({ nick }) => nick).sort(), ['fay', 'ned']);
  await ned.notices(/^\* .*\bfay joined/m);
  const pam = await openPage(browser, url, 'pam');
  await pam.shows('the first words');
  const tess = terminal('tess');
  await tess.sees('<ned> the first words');
  await ned.notices(/^\* .*\btess joined/m);
  const [tom] = await connect('2.5.0', url, { transports });

  // One name has one bearer, whichever node it is asked at.
  ned.say('/nick Tess');
  await ned.sees('* tess is here already, choose another name');
  tess.say('/nick ned');
  await tess.sees('ned is here already');
  await assert.rejects(program(url, 'Pam'), /pam is here already/);

  // Everybody hears everybody.
  ned.say('hello from netcat');
  await Promise.all([fay.hears('ned: hello from netcat'), pam.shows('hello from netcat'),
    tess.sees('<ned> hello from netcat')]);
  assert.deepEqual(await tom.next('message'), ['ned: hello from netcat']);
  tom.emit('send_message', { username: 'tom', message: 'hello from 2.x' });
  await Promise.all([ned.sees('<tom> hello from 2.x'), fay.hears('tom: hello from 2.x'),
    pam.shows('hello from 2.x'), tess.sees('<tom> hello from 2.x')]);
  const [posted] = await ask(fay.socket, 'post', { room: 'lobby', text: 'hello from 4.x' });
  assert.equal(posted.ok, true);
  await Promise.all([ned.sees('<fay> hello from 4.x'), pam.shows('hello from 4.x'),
    tess.sees('<fay> hello from 4.x')]);
  await pam.say('hello from the page');
  await Promise.all([ned.sees('<pam> hello from the page'), fay.hears('pam: hello from the page'),
    tess.sees('<pam> hello from the page')]);
  tess.say('hello from the terminal');
  await Promise.all([ned.sees('<tess> hello from the terminal'), pam.shows('hello from the terminal'),
    fay.hears('tess: hello from the terminal')]);

  // They look back, and see one order.
  const all = ['the first words', 'hello from netcat', 'hello from 2.x', 'hello from 4.x',
    'hello from the page', 'hello from the terminal'];
  const [{ messages }] = await ask(fay.socket, 'history', { room: 'lobby' });
  assert.deepEqual(messages.map(({ text }) => text), all);
  const atNetcat = ned.shown.length;
  ned.say('/history 6');
  await until('the history at netcat', () => ned.shown.slice(atNetcat).includes('the terminal'));
  const told = ned.shown.slice(atNetcat).match(/^\[.{16}\] <\w+> .*$/gm);
  assert.deepEqual(told.map((line) => line.replace(/^.*?> /, '')), all);
  ned.say('/search words first');
  await until('what was found', () => ned.shown.slice(atNetcat).split('first words').length > 2);
  assert.deepEqual((await pam.texts()).filter((text) => all.includes(text)), all);

  // They whisper.
  ned.say('/msg tess psst from netcat');
  await ned.sees('* -> tess: psst from netcat');
  await tess.sees('2:@ned(@1)');
  tess.press(NEXT_CONVERSATION);
  await tess.sees('<ned> psst from netcat');
  tess.say('psst from the terminal');
  await ned.sees('<tess -> you> psst from the terminal');
  await pam.say('/msg ned psst from the page');
  await ned.sees('<pam -> you> psst from the page');
  ned.say('/reply psst to the page');
  await pam.shows('psst to the page');
  assert.ok(!fay.texts.some((text) => text.includes('psst')));
  tess.press(NEXT_CONVERSATION);
  await pam.page.locator('#rooms button', { hasText: '#lobby' }).first().click();

  // They change a name.
  ned.say('/nick nora');
  await ned.sees('* you are now nora');
  await tess.notices(/ned is now nora/);
  await until('the new name', () => fay.presence.some((one) => one.includes('nora')));
  await pam.page.locator('#members').getByText('nora', { exact: true }).waitFor();
  tess.say('/nick theo');
  await ned.notices(/^\* .*\btess is now theo/m);

  // They leave.
  ned.say('/quit');
  await ned.sees('* bye');
  await ned.end();
  await tess.notices(/\bnora\b.* left/);
  await until('the leaving', () => fay.presence.some((one) => /"left":\[[^\]]*nora/.test(one)));
  const nina = netcat();
  await nina.sees('* Welcome to mio-chat.');
  nina.say('/nick nina');
  await nina.sees('* you are now nina');
  tom.disconnect();
  await nina.notices(/^\* .*\btom\b.* left/m);

  // Their node is killed. Its people leave once, and are back as soon as it is.
  fay.leave();
  await nina.notices(/^\* .*\bfay\b.* left/m);
  await cluster.node('b').stop('SIGKILL');
  nina.say('while the others were away');
  const out = /^\* (pam and theo|theo and pam) left$/m;
  await until('one notice of all', () => out.test(nina.shown), TAKEN_OUT_MS);
  await cluster.start('b');
  await nina.notices(/^\* .*\btheo\b.* joined/m, BACK_MS);
  await until('pam is back', () => /^\* .*pam.* joined$/m.test(nina.shown.split(out).at(-1)), BACK_MS);
  await Promise.all([tess.sees('<nina> while the others were away'), pam.online()]);
  await pam.say('back at the page');
  await nina.sees('<pam> back at the page');
  tess.say('back at the terminal');
  await nina.sees('<theo> back at the terminal');
  await pam.shows('while the others were away');
  assert.equal(nina.shown.match(/\b(pam|theo)\b.* left$/gm).length, 1);
  assert.deepEqual(pam.problems, []);
  assert.equal(cluster.exported('a'), cluster.exported('b'));
});
