//! The loop without a screen: reads and writes plain lines.

use super::fd::write_all;
use super::input::{Input, Line};
use super::link::Link;
use super::model::{IncomingMessage, Mode, Model, News, Target};
use super::session::Session;
use super::zone::Zone;
use super::{Ended, Options, link_to, model_of};
use crate::limits::{CLIENT_EVENTS_PER_POLL_MAX, CLIENT_PIPE_MS, CLIENT_UNSENT_MAX};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use mio_wire::text::{tight, visible};
use serde_json::json;
use std::io::{self, IsTerminal};
use std::os::fd::AsRawFd;
use std::time::Duration;

const SOCKET: Token = Token(0);
const INPUT: Token = Token(1);
const OUTPUT: Token = Token(2);

/// The state of the loop.
struct Pipe {
    session: Session,
    zone: Zone,
    is_json: bool,
    /// Whether a person types at standard input.
    is_typed: bool,
    /// Whether to show messages although there is nothing to send.
    is_follower: bool,
    input: Input,
    /// The time of the last progress in sending.
    moved_ms: u64,
    answers: u64,
    /// Whether a command was given, so that its answer must be shown.
    has_asked: bool,
    /// Whether something could not be done.
    has_failed: bool,
    /// Whether nobody reads the output any more.
    is_broken: bool,
}

/// Runs until standard input ends and everything is sent.
pub(super) fn run(options: &Options) -> Result<Ended, String> {
    let failed = |error: io::Error| error.to_string();
    let link: Link = link_to(options, SOCKET)?;
    let mut poll = Poll::new().map_err(failed)?;
    let registry = poll.registry().try_clone().map_err(failed)?;
    let stdin = io::stdin().as_raw_fd();
    let stdout = io::stdout().as_raw_fd();
    // A regular file cannot be watched; it is always ready.
    let watched = registry.register(&mut SourceFd(&stdin), INPUT, Interest::READABLE);
    // To learn that nobody reads any more; a file does not need that.
    let _ = registry.register(&mut SourceFd(&stdout), OUTPUT, Interest::WRITABLE);
    let model = model_of(options, Mode::Lines)?;
    let mut pipe = Pipe {
        session: Session::start(link, model, registry),
        zone: Zone::default(),
        is_json: options.json,
        is_typed: io::stdin().is_terminal(),
        is_follower: options.plain || options.json,
        input: Input::new(watched.is_ok()),
        moved_ms: 0,
        answers: 0,
        has_asked: false,
        has_failed: false,
        is_broken: false,
    };
    let turned = pipe.turns(&mut poll);
    pipe.session.model.give_up_missing();
    pipe.tell();
    pipe.session.link.hang_up();
    turned?;
    if pipe.has_failed && !pipe.is_typed {
        return Err("not everything was done".to_owned());
    }
    Ok(Ended { unsent: 0 })
}

impl Pipe {
    fn turns(&mut self, poll: &mut Poll) -> Result<(), String> {
        let mut events = Events::with_capacity(CLIENT_EVENTS_PER_POLL_MAX);
        while !self.is_done() {
            match poll.poll(&mut events, Some(self.timeout())) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(error.to_string());
                }
                _ => (),
            }
            self.session.tick();
            let mut is_ready = self.session.link.is_unfinished;
            for event in &events {
                match event.token() {
                    SOCKET => is_ready = true,
                    INPUT => self.input.is_readable = true,
                    _ => self.is_broken |= event.is_error() || event.is_write_closed(),
                }
            }
            if is_ready {
                self.session.receive();
            }
            // Earlier news is not an answer to the next line.
            self.tell();
            self.read().map_err(|error| format!("standard input: {error}"))?;
            self.session.settle();
            self.tell();
            self.check()?;
        }
        Ok(())
    }

    /// Whether to take the next line now. There must be a server, or a person who knows that there
    /// is none. And no open or refused request may change the speaker's room or name.
    fn has_room(&self) -> bool {
        let model = &self.session.model;
        let is_settled = !model.is_moving() && model.fatal.is_none();
        let has_server = model.is_online() || (self.is_typed && model.was_online);
        // Without a server, a person is told that there is no room.
        let has_room = model.unsent() < CLIENT_UNSENT_MAX || !model.is_online();
        has_server && is_settled && has_room
    }

    fn is_done(&self) -> bool {
        let is_sent = self.session.model.unsent() == 0 && self.session.model.is_settled();
        let is_follower = self.is_follower && !self.input.has_said && !self.is_typed;
        // If nobody reads its output, a follower only has to send the lines it has.
        let is_idle = self.is_broken && self.is_follower && !self.input.is_readable;
        let is_read = (!self.input.is_open && (self.is_broken || !is_follower)) || is_idle;
        // If there is nothing to send, the client still has to find a server.
        let has_come = self.session.model.was_online || self.is_broken;
        is_read && self.input.is_empty() && is_sent && has_come
    }

    fn timeout(&self) -> Duration {
        if self.session.link.is_unfinished {
            return Duration::ZERO;
        }
        let now_ms = self.session.now_ms();
        let give_up_ms = self.moved_ms.saturating_add(self.patience_ms());
        let until_ms = if self.is_impatient() {
            self.session.deadline_ms().min(give_up_ms)
        } else {
            self.session.deadline_ms()
        };
        Duration::from_millis(until_ms.saturating_sub(now_ms).max(1))
    }

    /// Whether there is something that must not take for ever: lines to send, requests to be
    /// answered, and finding a server at all.
    fn is_impatient(&self) -> bool {
        let model = &self.session.model;
        // A person sees the state, and leaves when they like.
        if self.is_typed && self.input.is_open && model.was_online {
            return false;
        }
        let is_held = !model.is_online() && !self.input.is_empty();
        !model.was_online || model.unsent() > 0 || !model.is_settled() || is_held
    }

    /// Time to wait without progress.
    fn patience_ms(&self) -> u64 {
        let model = &self.session.model;
        // A person who leaves without a server should not have to wait.
        let is_leaving = self.is_typed && !self.input.is_open;
        if is_leaving && model.was_online && !model.is_online() { 0 } else { CLIENT_PIPE_MS }
    }

    /// Gives up requests that make no progress or that the server refuses.
    fn check(&mut self) -> Result<(), String> {
        let model = &self.session.model;
        if let Some(why) = self.session.refusal.as_ref().or(self.session.hopeless.as_ref()) {
            return Err(why.clone());
        }
        if model.connection == super::model::LinkStatus::Ended {
            return Err("this device has been ended".to_owned());
        }
        if let Some(why) = self.session.model.fatal.take() {
            if !self.is_typed {
                let is_all = !self.input.is_open && self.input.is_empty();
                let rest = if is_all { "" } else { "; what follows is not sent" };
                return Err(format!("{why}{rest}"));
            }
            // A person sees it and goes on from there.
            self.complain(&why);
        }
        let now_ms = self.session.now_ms();
        let unsent = self.session.model.unsent();
        let answers = self.session.model.answers;
        if std::mem::replace(&mut self.answers, answers) != answers || !self.is_impatient() {
            self.moved_ms = now_ms;
        }
        if !self.is_impatient() || now_ms < self.moved_ms.saturating_add(self.patience_ms()) {
            return Ok(());
        }
        let address = self.session.link.address();
        let why = &self.session.why;
        let why = if why.is_empty() { "it does not answer" } else { why };
        let sent = if unsent > 0 { format!("; {unsent} unsent") } else { String::new() };
        Err(format!("no chat at {address}: {}{sent}", visible(why)))
    }

    /// Reads lines as long as there are any and they can be taken.
    fn read(&mut self) -> io::Result<()> {
        loop {
            match self.has_room().then(|| self.input.line()).flatten() {
                Some(Line::Whole(line)) => {
                    self.line(line.strip_suffix(b"\n").unwrap_or(&line));
                    self.session.settle();
                }
                Some(Line::TooLong) => self.complain("a line is too long"),
                None if !self.input.read()? => return Ok(()),
                None => (),
            }
            if std::mem::take(&mut self.session.is_over) {
                // Earlier lines are sent before it ends.
                self.input.close();
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        self.input.has_said |= !line.trim().is_empty();
        self.has_asked |= line.starts_with('/') && !line.starts_with("//");
        let model = &mut self.session.model;
        let unsent = model.unsent();
        let done = model.submit(line);
        if !model.is_online() && model.unsent() > unsent {
            model.notice("not connected; this is sent when the connection is back");
        }
        if let Err(why) = done {
            self.complain(&why);
        }
    }

    /// Prints that something was not done.
    fn complain(&mut self, why: &str) {
        self.has_failed = true;
        say(&format!("* {}\n", visible(why)));
    }

    /// Prints the news.
    fn tell(&mut self) {
        for news in self.session.model.take_news() {
            match news {
                News::Message { is_own: true, .. } if !self.is_json => (),
                News::Message { message, .. } if self.is_elsewhere(&message) => (),
                News::Message { message, .. } => self.print(&message),
                News::Quote(message) => self.print(&message),
                News::Replay(message) if self.is_typed && !self.is_json => self.print(&message),
                News::Replay(_) | News::Alert(_) => (),
                News::Notice(text) if self.is_typed || self.is_follower || self.has_asked => {
                    say(&format!("* {}\n", visible(&text)));
                }
                News::Notice(_) => (),
                News::Failed(text) => self.complain(&text),
            }
        }
    }

    /// Whether it belongs to another room than the current one: as at the line door, there is one
    /// at a time.
    fn is_elsewhere(&self, message: &IncomingMessage) -> bool {
        let is_room = matches!(message.to, Target::Room(_));
        is_room && !message.to.is(&self.session.model.active().target)
    }

    fn print(&mut self, message: &IncomingMessage) {
        if self.is_broken {
            return;
        }
        let line = if self.is_json {
            as_json(message)
        } else {
            as_text(message, &self.session.model, &self.zone)
        };
        if let Err(error) = write_all(io::stdout(), line.as_bytes()) {
            self.is_broken = true;
            // A reader that has gone is not a failure.
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.complain(&format!("standard output: {error}"));
            }
        }
    }
}

/// To standard error, for people.
fn say(text: &str) {
    // If nobody reads it, it is lost.
    let _ = write_all(io::stderr(), text.as_bytes());
}

/// The server's message in one line, without anything that a terminal would obey.
fn as_json(message: &IncomingMessage) -> String {
    let IncomingMessage { id, ts, from, to, text, action, .. } = message;
    let mut value = json!({"id": id.number, "from": from, "text": text, "ts": ts});
    match to {
        Target::Room(room) => value["room"] = json!(room),
        Target::With(nick) => value["to"] = json!(nick),
    }
    if *action {
        value["action"] = json!(true);
    }
    let mut line = String::new();
    for char in value.to_string().chars() {
        // In JSON such a character can be written by its number. It stands only in strings.
        match visible(char.encode_utf8(&mut [0; 4])).starts_with(char) {
            true => line.push(char),
            false => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    line.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    line.push('\n');
    line
}

/// `[2026-11-20 09:12] <alice> hi`.
fn as_text(message: &IncomingMessage, model: &Model, zone: &Zone) -> String {
    let time = zone.full(message.ts);
    let from = visible(&message.from);
    let text = tight(&message.text);
    let text = visible(&text);
    let star = if message.action { "*" } else { "" };
    match (&message.to, message.action) {
        (Target::With(to), _) if super::model::same(to, &model.nick) => {
            format!("[{time}] <{from} -> you> {star}{text}{star}\n")
        }
        (Target::With(to), _) => format!("[{time}] <you -> {}> {star}{text}{star}\n", visible(to)),
        (Target::Room(_), true) => format!("[{time}] *{from} {text}*\n"),
        (Target::Room(_), false) => format!("[{time}] <{from}> {text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::model::Id;

    #[test]
    fn json_holds_nothing_that_a_terminal_obeys() {
        let text = "\u{1b}[m \u{9b}31m \u{202e} \u{7f} \u{200b} \u{e0041} \"日本\" 👩\u{200d}👧\n";
        let to = Target::Room("lobby".to_owned());
        let from = "bob".to_owned();
        let message = IncomingMessage {
            id: Id { era: 0, number: 1 },
            ts: 2,
            from,
            to,
            text: text.to_owned(),
            action: true,
            later: Default::default(),
        };
        let line = as_json(&message);
        let inside = line.strip_suffix('\n').expect("a line");
        assert_eq!(visible(inside), inside);
        let value: serde_json::Value = serde_json::from_str(inside).expect("JSON");
        let expected =
            json!({"id": 1, "ts": 2, "from": "bob", "room": "lobby", "text": text, "action": true});
        assert_eq!(value, expected);
        assert!(inside.contains("日本") && inside.contains("👩"));
    }
}
