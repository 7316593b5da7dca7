//! What a person can do besides talking: one row per command, which `/help` prints.

use super::ask::{self, ask};
use super::request::{Asker, Recipient, Request, Whisper};
use super::text::list;
use super::{Cx, archive, names, rooms};
use crate::limits::{HISTORY_LINES, HISTORY_LINES_MAX, POSTS_PER_LOOKUP};
use crate::words::{Command, Commands, Misuse, split_word};
use mio_socketio::{CloseReason, SocketId};
use mio_socketio::{is_blank, tight};

/// The help in one line, for a greeting.
pub(super) const SHORT_HELP: &str = "/nick NAME  /join #ROOM  /msg NAME TEXT  /who  /help  /quit";

type Run = fn(&mut Cx<'_>, SocketId, &str);

const COMMANDS: Commands<Run> = Commands(&[
    (Command::HELP, help),
    (Command::NICK, nick),
    (Command::JOIN, join),
    (Command::LEAVE, leave),
    (Command::ROOMS, list_rooms),
    (Command::WHO, who),
    (Command::MSG, msg),
    (Command::REPLY, reply),
    (Command::ME, me),
    (Command::TOPIC, topic),
    (Command::HISTORY, history),
    (Command::SEARCH, search),
    (Command::IGNORE, ignore),
    (Command::UNIGNORE, unignore),
    (Command::QUIT, quit),
]);

/// Runs what stands behind the `/` of a line.
pub(super) fn run(cx: &mut Cx<'_>, socket: SocketId, line: &str) {
    match COMMANDS.find(seen(line)) {
        Ok((_, run, rest)) => run(cx, socket, rest),
        Err(Misuse::Usage(command)) => {
            cx.send(socket, format_args!("* usage: {}", command.usage()))
        }
        Err(Misuse::Unknown { word, nearest: Some(known) }) => cx.send(
            socket,
            format_args!("* unknown command /{word}, did you mean /{known}? try /help"),
        ),
        Err(Misuse::Unknown { word, nearest: None }) => {
            cx.send(socket, format_args!("* unknown command /{word}, try /help"));
        }
    }
}

/// A line without those words at its end in which nothing is seen: they are none.
fn seen(line: &str) -> &str {
    let mut seen = line;
    while let Some((before, last)) = seen.trim_end().rsplit_once(char::is_whitespace)
        && is_blank(last)
    {
        seen = before;
    }
    seen
}

fn help(cx: &mut Cx<'_>, socket: SocketId, _: &str) {
    for line in COMMANDS.help() {
        cx.send(socket, format_args!("* {line}"));
    }
    cx.send(socket, format_args!("* anything else is said to the room; //x says /x"));
}

fn nick(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    let name = rest.trim_end();
    ask(cx, Asker::line(socket), Request::Rename { name, is_numbered: false });
}

fn join(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    ask(cx, Asker::line(socket), Request::Join { room: rest.trim_end() });
}

fn leave(cx: &mut Cx<'_>, socket: SocketId, _: &str) {
    let lobby = &cx.state.rooms.lobby();
    ask(cx, Asker::line(socket), Request::Join { room: lobby });
}

fn list_rooms(cx: &mut Cx<'_>, socket: SocketId, _: &str) {
    let rooms::Listed { rooms, count, .. } = rooms::largest(cx);
    for (members, key) in &rooms {
        let topic = cx.state.rooms.topic(key);
        let topic = topic.map_or_else(String::new, |topic| format!("  {}", tight(topic)));
        cx.send(socket, format_args!("* #{key} {members}{topic}"));
    }
    if count > rooms.len() {
        cx.send(socket, format_args!("* and {} more", count - rooms.len()));
    }
}

fn who(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    let Some(person) = cx.state.people.get(socket) else { return };
    let key = match rest.trim_end() {
        "" => Ok(person.room.to_string()),
        name => names::room_key(name),
    };
    match key {
        Ok(key) if cx.members(&key).len() == 0 => {
            cx.send(socket, format_args!("* nobody is in #{key}"));
        }
        Ok(key) => {
            let names = rooms::names(cx, &key);
            cx.send(socket, format_args!("* in #{key}: {names}"));
        }
        Err(error) => cx.send(socket, format_args!("* {error}")),
    }
}

fn msg(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    let (name, text) = split_word(rest);
    let found = ask::called(cx, name);
    whisper(cx, socket, Recipient::Named { name, found, meant: None }, text);
}

fn reply(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    whisper(cx, socket, Recipient::LastWriter, rest);
}

fn whisper(cx: &mut Cx<'_>, socket: SocketId, to: Recipient<'_>, text: &str) {
    let whisper = Whisper { to, is_action: false, text, key: None };
    ask(cx, Asker::line(socket), Request::Whisper(whisper));
}

fn me(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    super::say(cx, socket, true, rest.trim_end());
}

fn topic(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    let topic = rest.trim_end();
    if !topic.is_empty() {
        return ask(cx, Asker::line(socket), Request::SetTopic { room: None, topic });
    }
    let Some(key) = cx.state.people.get(socket).map(|person| person.room.clone()) else { return };
    match cx.state.rooms.topic(&key).map(str::to_owned) {
        Some(topic) => cx.send(socket, format_args!("* topic: {}", tight(&topic))),
        None => cx.send(socket, format_args!("* #{key} has no topic; /topic TEXT sets one")),
    }
}

fn history(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    cx.charge(socket, POSTS_PER_LOOKUP);
    match rest.trim_end() {
        "" => archive::show_last(cx, socket, HISTORY_LINES),
        number => match number.parse() {
            Ok(count @ 1..=HISTORY_LINES_MAX) => archive::show_last(cx, socket, count),
            _ => cx.send(socket, format_args!("* /history takes 1 to {HISTORY_LINES_MAX}")),
        },
    }
}

fn search(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    cx.charge(socket, POSTS_PER_LOOKUP);
    archive::show_found(cx, socket, rest.trim_end());
}

fn ignore(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    let name = rest.trim_end();
    if name.is_empty() {
        let ignored = cx.state.people.ignored(socket);
        return match ignored.is_empty() {
            true => cx.send(socket, format_args!("* you ignore nobody; /ignore NAME does")),
            false => {
                let names = list(&ignored, ignored.len());
                cx.send(socket, format_args!("* you ignore {names}; /unignore NAME ends it"));
            }
        };
    }
    let found = ask::called(cx, name);
    ask(cx, Asker::line(socket), Request::Ignore { name, found });
}

fn unignore(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    ask(cx, Asker::line(socket), Request::Unignore { name: rest.trim_end() });
}

fn quit(cx: &mut Cx<'_>, socket: SocketId, _: &str) {
    cx.send(socket, format_args!("* bye"));
    cx.disconnect(socket, CloseReason::Quit);
}
