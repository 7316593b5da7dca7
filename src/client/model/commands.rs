//! A person's commands, in the order of `/help`: those of the line door, and one more.

mod account;
mod notify;
mod order;
mod room;

use super::asked::Asked;
use super::message::{Target, same};
use super::{Effect, LinkStatus, Mode, Model};
use crate::words::{BAD_SPAN, Command, Commands, Misuse, split_word};
use mio_wire::text::tight;
use serde_json::json;

/// Messages that `/history` shows, and the most that it accepts.
const HISTORY: u32 = 20;
const HISTORY_MAX: u32 = 100;

type Done = Result<(), String>;

type Run = fn(&mut Model, &str) -> Done;

const LEAVE: Command =
    Command { help: "leave this room or private conversation", ..Command::LEAVE };
const MSG: Command = Command { arguments: "NAME [TEXT]", ..Command::MSG };
const CONNECT: Command = Command::new("connect", &[], "", "connect now, without waiting");

const COMMANDS: Commands<Run> = Commands(&[
    (Command::HELP, help),
    (Command::NICK, nick),
    (Command::JOIN, join),
    (LEAVE, leave),
    (Command::ROOMS, rooms),
    (Command::WHO, who),
    (MSG, msg),
    (Command::REPLY, reply),
    (Command::ME, me),
    (Command::ROOM, room::room),
    (Command::EDIT, edit),
    (Command::DELETE, delete),
    (Command::FORMER, former),
    (Command::REACT, react),
    (Command::TOPIC, topic),
    (Command::HISTORY, history),
    (Command::SEARCH, search),
    (Command::IGNORE, ignore),
    (Command::UNIGNORE, unignore),
    (Command::QUIET, order::quiet),
    (Command::KICK, order::kick),
    (Command::OP, order::op),
    (Command::DEOP, order::deop),
    (Command::MUTE, order::mute),
    (Command::UNMUTE, order::unmute),
    (Command::BAN, order::ban),
    (Command::UNBAN, order::unban),
    (account::REGISTER, account::register),
    (account::LOGIN, account::login),
    (Command::LOGOUT, account::logout),
    (Command::DEVICES, account::devices),
    (Command::INVITE, account::invite),
    (notify::NOTIFY, notify::notify),
    (CONNECT, connect),
    (Command::QUIT, quit),
]);

/// The keys, for the help on a screen.
const KEYS: &[&str] = &[
    "Tab completes names, rooms and commands; Up and Down bring lines back",
    "Alt-1 to Alt-9, Ctrl-N and Ctrl-P switch conversations",
    "Ctrl-O chooses a message: Enter opens its menu, Tab goes to the people, Esc back",
    "PgUp and PgDn scroll, Alt-Enter starts a new line, Ctrl-L redraws the screen",
    "Ctrl-C clears the line, then quits; Ctrl-Z goes to the shell",
];

/// The names of all commands.
pub(in crate::client) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.names()
}

impl Model {
    /// Handles an input line: sends it or runs it.
    ///
    /// # Errors
    /// A sentence that says why the line was neither sent nor run; the line must be kept.
    pub(in crate::client) fn submit(&mut self, line: &str) -> Done {
        if line.trim().is_empty() {
            if self.connection == LinkStatus::Ended {
                return connect(self, "");
            }
            return Ok(());
        }
        match line.strip_prefix('/') {
            Some(said) if said.starts_with('/') => self.say_here(said, false),
            Some(command) => self.run(command),
            None => self.say_here(line, false),
        }
    }

    fn say_here(&mut self, text: &str, action: bool) -> Done {
        let target = self.active().target.clone();
        self.say(target, text, action)
    }

    /// Runs the command after the `/` of a line.
    fn run(&mut self, line: &str) -> Done {
        let (command, run, rest) = match COMMANDS.find(line) {
            Ok(found) => found,
            Err(Misuse::Usage(command)) => {
                return self.moved(command.name, Err(format!("usage: {}", command.usage())));
            }
            Err(Misuse::Span) => return Err(BAD_SPAN.to_owned()),
            Err(Misuse::Unknown { word, nearest }) => return Err(unknown(&word, nearest)),
        };
        let done = run(self, rest.trim_end());
        self.moved(command.name, done)
    }

    /// Refuses commands that need a server while there is none.
    pub(super) fn need_server(&self) -> Done {
        if self.is_online() {
            Ok(())
        } else {
            Err("not connected; try again when the connection is back".to_owned())
        }
    }

    /// The room shown.
    pub(super) fn this_room(&self) -> Result<String, String> {
        match &self.active().target {
            Target::Room(room) => Ok(room.clone()),
            Target::With(_) => Err("this is not a room".to_owned()),
        }
    }
}

fn unknown(word: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(known) => format!("unknown command /{word}, did you mean /{known}? try /help"),
        None => format!("unknown command /{word}, try /help; //{word} says it"),
    }
}

fn help(model: &mut Model, _: &str) -> Done {
    for line in COMMANDS.help() {
        model.notice(line);
    }
    model.notice("anything else is said here; //x says /x");
    if model.mode == Mode::Screen {
        for keys in KEYS {
            model.notice(*keys);
        }
    }
    Ok(())
}

fn nick(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    model.ask("nick", json!({"nick": rest}), Asked::Nick);
    Ok(())
}

fn join(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let room = rest.strip_prefix('#').unwrap_or(rest).to_owned();
    match model.find(&Target::Room(room.clone())) {
        Some(index) => model.activate(index),
        None => {
            model.ask("join", json!({"room": room}), Asked::Join { room, select: true });
        }
    }
    Ok(())
}

fn leave(model: &mut Model, _: &str) -> Done {
    if model.conversations.len() == 1 {
        return Err("this is the last room; /join another first, or /quit".to_owned());
    }
    let target = model.active().target.clone();
    match &target {
        Target::With(_) => model.remove(model.active),
        Target::Room(room) => {
            model.need_server()?;
            let body = json!({"room": room});
            model.ask("leave", body, Asked::Leave { target });
        }
    }
    Ok(())
}

fn rooms(model: &mut Model, _: &str) -> Done {
    model.need_server()?;
    model.ask("rooms", json!({}), Asked::Rooms { is_shown: true });
    Ok(())
}

fn who(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let room = match rest {
        "" => model.this_room()?,
        room => room.to_owned(),
    };
    model.ask("who", json!({"room": room}), Asked::Who);
    Ok(())
}

fn msg(model: &mut Model, rest: &str) -> Done {
    let (name, text) = split_word(rest);
    let name = name.strip_prefix('@').unwrap_or(name);
    if same(name, &model.nick) {
        return Err("that is you".to_owned());
    }
    if model.mode == Mode::Lines && text.is_empty() {
        return Err("usage: /msg NAME TEXT".to_owned());
    }
    write_to(model, name, text)
}

fn reply(model: &mut Model, rest: &str) -> Done {
    match model.wrote_last.clone() {
        Some(nick) => {
            if let Some(index) = model.find(&Target::With(nick.clone())) {
                model.mean_who_wrote(index);
            }
            write_to(model, &nick, rest)
        }
        None => Err("nobody has written to you yet".to_owned()),
    }
}

/// Writes to a person in private, if there is a text, and shows that conversation.
pub(super) fn write_to(model: &mut Model, nick: &str, text: &str) -> Done {
    let target = Target::With(nick.to_owned());
    if !text.is_empty() {
        model.say(target.clone(), text, false)?;
    }
    let index = model.target(target);
    if model.conversations[index].entries.is_empty() {
        // Scrolling loads the earlier messages.
        model.conversations[index].push_hole();
    }
    if model.mode == Mode::Screen {
        model.activate(index);
    }
    Ok(())
}

fn me(model: &mut Model, rest: &str) -> Done {
    model.say_here(rest, true)
}

fn edit(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    model.edit_last(rest)
}

fn delete(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    match rest {
        "" => model.delete_last(),
        nick => model.delete_last_of(nick),
    }
}

fn former(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    model.former_of(rest)
}

fn react(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    model.react_to_last(rest)
}

fn topic(model: &mut Model, rest: &str) -> Done {
    let room = model.this_room()?;
    if rest.is_empty() {
        match model.active().topic.clone() {
            Some(topic) => model.notice(format!("topic: {}", tight(&topic))),
            None => model.notice(format!("#{room} has no topic; /topic TEXT sets one")),
        }
        return Ok(());
    }
    model.need_server()?;
    let target = Target::Room(room.clone());
    let body = json!({"room": room, "text": rest});
    model.ask("topic", body, Asked::Topic { target });
    Ok(())
}

fn history(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let limit = match rest {
        "" => HISTORY,
        number => match number.parse() {
            Ok(limit @ 1..=HISTORY_MAX) => limit,
            _ => return Err(format!("/history takes 1 to {HISTORY_MAX}")),
        },
    };
    let target = model.active().target.clone();
    let mut body = model.named(&target, "with");
    body["limit"] = json!(limit);
    model.ask("history", body, Asked::Quotes { target, words: None });
    Ok(())
}

fn search(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let target = model.active().target.clone();
    // There is no search in private messages alone, so it is a search everywhere, in rooms too.
    let body = match &target {
        Target::Room(room) => json!({"room": room, "text": rest}),
        Target::With(_) => json!({"text": rest}),
    };
    let words = Some(rest.to_owned());
    model.ask("search", body, Asked::Quotes { target, words });
    Ok(())
}

fn ignore(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let body = if rest.is_empty() { json!({}) } else { json!({"nick": rest, "on": true}) };
    model.ask("ignore", body, Asked::Ignore);
    Ok(())
}

fn unignore(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    model.ask("ignore", json!({"nick": rest, "on": false}), Asked::Ignore);
    Ok(())
}

fn connect(model: &mut Model, _: &str) -> Done {
    if model.is_online() {
        return Err("there is a connection already".to_owned());
    }
    model.effects.push(Effect::Connect);
    Ok(())
}

fn quit(model: &mut Model, _: &str) -> Done {
    model.effects.push(Effect::Quit);
    Ok(())
}
