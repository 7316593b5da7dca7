//! The commands of interfaces of text: one row for each, which `/help` prints.

use super::{TextDevice, access, hints, order, personal, registration, rules, words};
use crate::chat::Cx;
use crate::chat::ask::ask;
use crate::chat::history::Sought;
use crate::chat::questions::{Last, Question, Scope, Source, question};
use crate::chat::request::{Recipient, Request, Whisper};
use crate::limits::{
    HISTORY_LINES, HISTORY_LINES_MAX, NAMES_LISTED_MAX, POSTS_PER_LOOKUP, SEARCH_LINES_MAX,
};
use crate::words::{Command, Commands, split_word};
use mio_socketio::{CloseReason, is_blank};

type Run = fn(&mut Cx<'_>, TextDevice, &str);

const COMMANDS: Commands<Run> = Commands(&[
    (Command::HELP, help),
    (Command::NICK, nick),
    (Command::JOIN, join),
    (Command::LEAVE, leave),
    (Command::ROOMS, rooms),
    (Command::WHO, who),
    (Command::MSG, msg),
    (Command::REPLY, reply),
    (Command::ME, me),
    (Command::ROOM, rules::room),
    (Command::EDIT, words::edit),
    (Command::DELETE, words::delete),
    (Command::FORMER, words::former),
    (Command::REACT, words::react),
    (Command::TOPIC, topic),
    (Command::HISTORY, history),
    (Command::SEARCH, search),
    (Command::IGNORE, personal::ignore),
    (Command::UNIGNORE, personal::unignore),
    (Command::QUIET, personal::quiet),
    (Command::KICK, order::kick),
    (Command::OP, order::op),
    (Command::DEOP, order::deop),
    (Command::MUTE, order::mute),
    (Command::UNMUTE, order::unmute),
    (Command::BAN, order::ban),
    (Command::UNBAN, order::unban),
    (Command::REGISTER, registration::register),
    (Command::LOGIN, registration::login),
    (Command::LOGOUT, registration::logout),
    (Command::DEVICES, registration::devices),
    (Command::INVITE, access::invite),
    (Command::QUIT, quit),
]);

/// Runs the command after the `/` of a line.
pub(in crate::chat::interfaces) fn run(cx: &mut Cx<'_>, at: TextDevice, line: &str) {
    match COMMANDS.find(seen(line)) {
        Ok((_, run, rest)) => run(cx, at, rest),
        Err(misuse) => hints::misuse(cx, at, misuse),
    }
}

/// A line without the invisible words at its end, which do not count.
fn seen(line: &str) -> &str {
    let mut seen = line;
    while let Some((before, last)) = seen.trim_end().rsplit_once(char::is_whitespace)
        && is_blank(last)
    {
        seen = before;
    }
    seen
}

fn help(cx: &mut Cx<'_>, at: TextDevice, _: &str) {
    hints::help(cx, at, COMMANDS.help());
}

fn nick(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let name = rest.trim_end();
    ask(cx, at.asker(), Request::Rename { name, is_numbered: false });
}

fn join(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    ask(cx, at.asker(), Request::Join { room: rest.trim_end() });
}

fn leave(cx: &mut Cx<'_>, at: TextDevice, _: &str) {
    let lobby = &cx.state.rooms.lobby();
    ask(cx, at.asker(), Request::Join { room: lobby });
}

fn rooms(cx: &mut Cx<'_>, at: TextDevice, _: &str) {
    question(cx, at.asker(), Question::Rooms);
}

fn who(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let room = Some(rest.trim_end()).filter(|room| !room.is_empty());
    let named_max = NAMES_LISTED_MAX;
    question(cx, at.asker(), Question::Members { room, named_max });
}

fn msg(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let (name, text) = split_word(rest);
    whisper(cx, at, Recipient::Named { name, meant: None }, text);
}

fn reply(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    whisper(cx, at, Recipient::LastWriter, rest);
}

fn whisper(cx: &mut Cx<'_>, at: TextDevice, to: Recipient<'_>, text: &str) {
    let whisper = Whisper { to, is_action: false, text, key: None };
    ask(cx, at.asker(), Request::Whisper(whisper));
}

fn me(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    super::say(cx, at, true, rest.trim_end());
}

fn topic(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    match rest.trim_end() {
        "" => question(cx, at.asker(), Question::Topic),
        topic => ask(cx, at.asker(), Request::SetTopic { room: None, topic }),
    }
}

fn history(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    cx.charge(at.socket, POSTS_PER_LOOKUP);
    let count = match rest.trim_end() {
        "" => Ok(HISTORY_LINES),
        number => number.parse(),
    };
    match count {
        Ok(count @ 1..=HISTORY_LINES_MAX) => {
            let last = Last { of: Source::Room(None), before: None, count: count as usize };
            question(cx, at.asker(), Question::Last(last));
        }
        Ok(_) | Err(_) => hints::history_lines(cx, at),
    }
}

fn search(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    cx.charge(at.socket, POSTS_PER_LOOKUP);
    let (scope, words) = (Scope::Room(None), rest.trim_end());
    let sought = Sought::words(words);
    let search = Question::Search { scope, sought, count: SEARCH_LINES_MAX };
    question(cx, at.asker(), search);
}

fn quit(cx: &mut Cx<'_>, at: TextDevice, _: &str) {
    hints::bye(cx, at);
    cx.disconnect(at.socket, CloseReason::Quit);
}
