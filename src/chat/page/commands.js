// Commands in the composer: those of the line door.

import { isOwn } from './changes.js';
import { whenOf } from './dom.js';

const say = (text) => ({ ok: true, text });
const no = (error) => ({ ok: false, error });
const told = (answer, words) => (answer.ok ? say(words(answer)) : answer);

/** Each may answer `{ok, error}` as the server does, and `text` to show. */
export const COMMANDS = {
  help: { also: 'h ?', what: 'this list', run: () => say(help()) },
  nick: { also: 'name', args: 'NAME', what: 'take a name',
    run: ({ chat }, name) => chat.nick(name) },
  join: { also: 'j', args: '#ROOM', what: 'go to a room', run: ({ go }, room) => go(room) },
  leave: { also: 'part', what: 'leave this room',
    run: ({ leave, here }) => leave(here) },
  rooms: { also: 'list', what: 'list the rooms', run: rooms },
  who: { also: 'names', args: '[#ROOM]', what: 'who is in a room', run: who },
  msg: { also: 'w tell', args: 'NAME TEXT', what: 'write to one person',
    run: (on, rest) => message(on, ...split(rest)) },
  reply: { also: 'r', args: 'TEXT', what: 'answer the person who wrote last', run: reply },
  me: { args: 'TEXT', what: 'say what you do',
    run: ({ chat, here }, text) => posted(chat.post(here, text, true)) },
  delete: { args: '[NAME]',
    what: 'take back what you said last or, as a moderator, what NAME did', run: takeBack },
  topic: { args: '[TEXT]', what: 'show or set the room’s topic', run: topic },
  history: { what: 'load older messages',
    run: async ({ chat, here }) => await chat.older(here)
      ?? (here.hasMore ? no('It cannot be loaded now.') : say('There is nothing older.')) },
  search: { args: 'WORDS', what: 'find messages', run: ({ search }, words) => search(words) },
  ignore: { args: '[NAME]', what: 'hide what a person says',
    run: (on, nick) => ignore(on, nick ? { nick } : {}) },
  unignore: { args: 'NAME', what: 'show what a person says again',
    run: (on, nick) => ignore(on, { nick, on: false }) },
  kick: { args: 'NAME [REASON]', what: 'remove a person from this room (moderators)', run: kick },
  mute: { args: '[NAME] [for 10m] [REASON]',
    what: 'take the words from a person, or list who is muted or banned (moderators)',
    run: (on, rest) => order(on, 'mute', rest) },
  unmute: { args: 'NAME', what: 'give them back (moderators)',
    run: ({ chat }, nick) => chat.ask('unmute', { nick }) },
  ban: { args: '[NAME] [for 1d] [REASON]',
    what: 'keep a person out, or list who is muted or banned (moderators)',
    run: (on, rest) => order(on, 'ban', rest) },
  unban: { args: 'NAME', what: 'let them in again (moderators)',
    run: ({ chat }, nick) => chat.ask('unban', { nick }) },
  quit: { also: 'exit', what: 'leave the chat', run: ({ chat }) => chat.quit() },
};

// Commands of the line door for which the page has something to click.
const ACCOUNT = 'Your account is in Settings, at the end of the list of rooms: “Sign in…” there '
  + 'makes a name yours too.';
const ELSEWHERE = {
  register: ACCOUNT, login: ACCOUNT, logout: ACCOUNT, devices: ACCOUNT,
  invite: 'Settings, at the end of the list of rooms, has “Invite others…”.',
  room: 'The menu beside the name of the room has its settings.',
  edit: 'The bar at a message has Edit, and the Up key corrects the last one.',
  react: 'The bar at a message has React.',
  op: 'The menu of a person, at their name, makes them an owner of the room.',
  deop: 'The menu of a person, at their name, ends their ownership of the room.',
};

/** Whether a text is a command; `//x` says `/x`. */
export const isCommand = (text) => /^\/(?!\/)/.test(text);

/** Runs one. */
export async function run(on, text) {
  const [word, rest] = split(text.slice(1));
  const wanted = word.toLowerCase();
  const isIt = ([name, { also = '' }]) => [name, ...also.split(' ')].includes(wanted);
  const [name, command] = Object.entries(COMMANDS).find(isIt) ?? [];
  if (!command) {
    const elsewhere = Object.hasOwn(ELSEWHERE, wanted) && ELSEWHERE[wanted];
    return no(elsewhere || `There is no command /${word}. Try /help.`);
  }
  const { args = '' } = command;
  const words = rest.match(/\S+/g) ?? [];
  const needed = args.replace(/ ?\[.*/, '').split(' ').filter(Boolean).length;
  if (words.length < needed) return no(`Usage: /${name} ${args}`);
  return await command.run(on, rest.trim()) ?? { ok: true };
}

// The signs that the page draws; they are shown as they are typed, because this is no message.
const MARKS = 'Marks: `code`, ``` around lines of code, **bold**, *italic*, ~~struck out~~, '
  + '> a quote, - a list, :name: an emoji, #room/123 a message.';

function help() {
  const lines = Object.entries(COMMANDS)
    .map(([name, { args, what }]) => `/${name}${args ? ` ${args}` : ''} – ${what}`);
  return `${lines.join('\n')}\nAnything else is said to the room; //x says /x.\n${MARKS}`;
}

const posted = (error) => (error ? no(error) : { ok: true });

function message({ chat, open }, name, text) {
  const it = chat.model.at(undefined, name);
  const answer = posted(chat.post(it, text));
  if (answer.ok) open(it.key);
  return answer;
}

function reply(on, text) {
  const { model } = on.chat;
  const name = model.wroteLast;
  if (!name) return no('Nobody has written yet.');
  const it = model.at(undefined, name);
  // It is for the last writer, even if another person was meant before.
  it.person = it.heard ?? it.person;
  return message(on, name, text);
}

async function rooms({ chat }) {
  return told(await chat.refreshRooms(), ({ rooms: all, count }) => {
    const lines = all.map((it) => `#${it.room} ${it.count}  ${it.topic ?? ''}`);
    if (count > all.length) lines.push(`and ${count - all.length} more`);
    return lines.join('\n');
  });
}

async function who({ chat, here }, room) {
  if (here.isPrivate && !room) return say(`You and ${here.name}`);
  const asked = { room: room.replace(/^#/, '') || here.key };
  return told(await chat.ask('who', asked), ({ room: key, members, count }) => {
    const rest = count > members.length ? ` and ${count - members.length} more` : '';
    const names = members.map(({ nick, door }) => `${nick} (${door})`).join(', ');
    return `In #${key}: ${names}${rest}`;
  });
}

const ignore = async ({ chat }, who) => told(await chat.ask('ignore', who),
  ({ ignored }) => `You ignore ${ignored.join(', ') || 'nobody'}.`);

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

function kick({ chat, here }, rest) {
  const [nick, reason] = split(rest);
  if (here.isPrivate) return no('A person can be removed from a room only.');
  return chat.ask('kick', { room: here.key, nick, ...(reason && { reason }) });
}

function takeBack({ chat, here }, name) {
  const isTheirs = ({ from }) => from.toLowerCase() === name.toLowerCase();
  const isIt = name ? isTheirs : (it) => isOwn(chat.model, it);
  const last = here.messages.findLast((it) => it.id > 0 && !it.isDeleted && isIt(it));
  return last ? chat.change('delete', { id: last.id }) : no('There is no such message here.');
}

/** Bans and mutes in lines. */
function listed({ bans, count }) {
  const lines = bans.map(({ nick, address, muted, until, by, reason }) => {
    const who = [nick, address].filter(Boolean).join(' ');
    const end = `${until ? ` until ${whenOf(until)}` : ''}${reason ? `: ${reason}` : ''}`;
    return `${who} is ${muted ? 'muted' : 'banned'} by ${by || 'an operator'}${end}`;
  });
  if (count > bans.length) lines.push(`and ${count - bans.length} more`);
  return lines.join('\n') || 'Nobody is muted or banned.';
}

/** The time at the beginning of some words, in seconds, and the reason after it: `for 10m spam`.
 *  Nothing if no time comes after `for`: a ban must not be for good by a slip of the finger. */
function lasting(words) {
  const [word, after] = split(words);
  if (word.toLowerCase() !== 'for') return { reason: words };
  const [time, reason] = split(after);
  if (time.toLowerCase() === 'good') return { reason };
  const [, count, unit] = /^(\d+)([smhdw])$/.exec(time.toLowerCase()) ?? [];
  return unit && { for: count * SECONDS[unit], reason };
}

const DONE = { ban: 'banned', mute: 'muted' };

/** Bans or mutes a person, for a while if the words begin so: `for 10m`. Without a name it lists
 *  who is. */
async function order({ chat, here }, what, rest) {
  if (!rest) return told(await chat.ask(what, {}), listed);
  const [nick, words] = split(rest);
  const { reason, ...time } = lasting(words) ?? {};
  if (reason === undefined) return no('"for" needs a time, such as 30m, 12h, 7d or 2w.');
  const answer = await chat.ask(what, { nick, ...time, ...(reason && { reason }) });
  const name = nick.replace(/^@/, '').toLowerCase();
  const isHere = !here?.isPrivate
    && (!here?.members?.size || [...here.members.keys()].some((it) => it.toLowerCase() === name));
  // The rooms where they are tell of it, and this may be none of them.
  return isHere ? answer : told(answer, () => `You ${DONE[what]} ${nick}.`);
}

async function topic({ chat, here }, text) {
  if (here.isPrivate) return no('A private conversation has no topic.');
  if (!text) {
    return say(here.topic ? `Topic: ${here.topic}` : 'No topic yet; /topic TEXT sets one.');
  }
  const answer = await chat.ask('topic', { room: here.key, text });
  if (answer.ok) {
    chat.model.topic({ room: here.key, topic: answer.topic ?? text, nick: 'You' }, Date.now());
  }
  return answer;
}

function split(text) {
  const [, word, rest] = /^(\S*)\s*([^]*)$/.exec(text);
  return [word, rest];
}
