//! The client's state: rooms and private conversations, unsent messages, open requests. Pure: the
//! server's events, lines and the time go in; events for the server come out.

mod anew;
mod answers;
mod asked;
mod changes;
mod chosen;
mod commands;
mod conversation;
mod deeds;
mod events;
mod login;
mod message;
mod missing;
mod order;
mod outage;
mod persons;
mod posts;
mod powers;
mod presence;
mod read;

pub(super) use commands::names as command_names;
pub(super) use conversation::{Conversation, Entry, Item};
pub(super) use deeds::{DEEDS, MenuDeed};
pub(super) use login::{Form, Login};
pub(super) use message::{Id, IncomingMessage, News, Target, same};
pub(super) use posts::PendingPost;
pub(super) use presence::names_in_words;

#[cfg(test)]
mod tests;

use crate::client::alerts::Alerts;
use crate::client::time::{NEVER_MS, Now};
use crate::limits::{CLIENT_CONVERSATIONS_MAX, CLIENT_TYPING_MS};
use asked::Asked;
use missing::Missing;
use powers::Powers;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};

/// The room that everyone enters.
const LOBBY: &str = "lobby";

/// The state of the connection, as shown to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LinkStatus {
    /// For the first time, or in this attempt to reconnect.
    Connecting {
        attempt: u32,
    },
    Online,
    /// The server does not answer; the next attempt is at this time.
    Waiting {
        attempt: u32,
        until_ms: u64,
    },
    /// The person has ended this device, by another one or by themselves.
    Ended,
}

/// An action for the loop.
#[derive(Debug, PartialEq)]
pub(super) enum Effect {
    /// Send an event; with an id it asks for an ack.
    Emit {
        id: Option<u64>,
        name: &'static str,
        body: Value,
    },
    /// Connect, now.
    Connect,
    /// Hang up and do not connect again.
    HangUp,
    Quit,
    /// Keep the reader's choice of messages to be told of.
    KeepAlerts,
    /// Keep the token of a registered person, or forget it.
    Keep {
        nick: String,
        token: Option<String>,
    },
}

/// The way in which the client is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// On a screen, with a view of its own for each conversation.
    Screen,
    /// Line by line.
    Lines,
}

/// The client's whole state.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) nick: String,
    pub(super) connection: LinkStatus,
    /// Never empty.
    pub(super) conversations: Vec<Conversation>,
    active: usize,
    /// Number of conversations opened after the first.
    opened: u64,
    /// Known names of rooms, for completion.
    pub(super) rooms: Vec<String>,
    mode: Mode,
    now: Now,
    wanted_nick: Option<String>,
    /// The person sees no notices of comings and goings.
    is_quiet: bool,
    /// The server's reason for refusing that nick.
    refusal: Option<String>,
    token: Option<String>,
    since: Option<u64>,
    /// The name of its history.
    history: Option<String>,
    /// Counts the changes of history.
    era: u32,
    wrote_last: Option<String>,
    posts: VecDeque<PendingPost>,
    /// Tells this run's posts from those of all others.
    run: String,
    next_key: u64,
    asked: HashMap<u64, Asked>,
    missing: Missing,
    /// Number of answered requests.
    pub(super) answers: u64,
    /// Rooms to enter at the next welcome: the answer was lost with the connection.
    again: Vec<String>,
    /// In line mode: the reason why the next lines would go to another place, or under another
    /// name, than was meant.
    pub(super) fatal: Option<String>,
    next_id: u64,
    /// The target and the time of the last sign that one is typing.
    typing: Option<(Target, u64)>,
    /// Whether there was a welcome.
    pub(super) was_online: bool,
    /// The registered person as whom the client has come in, or is to.
    login: Option<Login>,
    /// The messages of which the reader wants to be told.
    pub(super) alerts: Alerts,
    /// The code of an invitation.
    invitation: Option<String>,
    powers: Powers,
    form: Option<Form>,
    effects: Vec<Effect>,
    news: Vec<News>,
}

impl Model {
    /// A model that knows only the wanted nick and room. `run` is random.
    pub(super) fn new(mode: Mode, nick: Option<String>, room: Option<&str>, run: String) -> Self {
        let mut model = Self {
            nick: nick.clone().unwrap_or_default(),
            connection: LinkStatus::Connecting { attempt: 0 },
            conversations: vec![Conversation::new(0, Target::Room(LOBBY.to_owned()))],
            active: 0,
            opened: 0,
            rooms: Vec::new(),
            mode,
            now: Now::default(),
            wanted_nick: nick,
            is_quiet: false,
            refusal: None,
            token: None,
            since: None,
            history: None,
            era: 0,
            wrote_last: None,
            posts: VecDeque::new(),
            run,
            next_key: 0,
            asked: HashMap::new(),
            missing: Missing::default(),
            answers: 0,
            again: Vec::new(),
            fatal: None,
            next_id: 0,
            typing: None,
            was_online: false,
            login: None,
            alerts: Alerts::default(),
            invitation: None,
            powers: Powers::default(),
            form: None,
            effects: Vec::new(),
            news: Vec::new(),
        };
        if let Some(room) = room {
            let room = room.strip_prefix('#').unwrap_or(room).to_owned();
            model.active = model.target(Target::Room(room));
        }
        model
    }

    /// The authentication data for the server.
    pub(super) fn auth(&self) -> Value {
        let mut auth = json!({"client": "terminal"});
        if let Some(nick) = &self.wanted_nick {
            auth["nick"] = json!(nick);
        }
        if let (Some(token), Some(since)) = (&self.token, self.since) {
            auth["token"] = json!(token);
            auth["since"] = json!(since);
            if let Some(history) = &self.history {
                auth["history"] = json!(history);
            }
        }
        self.show_login(&mut auth);
        auth
    }

    /// The actions since the last call.
    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The news since the last call.
    pub(super) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Sets the time.
    pub(super) fn tick(&mut self, now: Now) {
        self.now = now;
        for conversation in &mut self.conversations {
            conversation.typing.retain(|(_, until_ms)| *until_ms > now.ms);
        }
    }

    /// The time of the next change that happens by itself.
    pub(super) fn deadline_ms(&self) -> u64 {
        let typing = self.conversations.iter().flat_map(|conversation| &conversation.typing);
        typing.map(|(_, until_ms)| *until_ms).min().unwrap_or(NEVER_MS)
    }

    pub(super) fn now(&self) -> Now {
        self.now
    }

    pub(super) fn is_online(&self) -> bool {
        self.connection == LinkStatus::Online
    }

    /// Whether no request is open, as far as there is a connection.
    pub(super) fn is_settled(&self) -> bool {
        self.asked.is_empty()
    }

    pub(super) const fn active_index(&self) -> usize {
        self.active
    }

    /// The conversation shown.
    pub(super) fn active(&self) -> &Conversation {
        &self.conversations[self.active]
    }

    pub(super) fn active_mut(&mut self) -> &mut Conversation {
        &mut self.conversations[self.active]
    }

    /// Shows another conversation.
    pub(super) fn activate(&mut self, index: usize) {
        if index >= self.conversations.len() || index == self.active {
            return;
        }
        self.stop_typing();
        self.active_mut().read = None;
        self.active = index;
        let active = self.active_mut();
        (active.unread, active.mentions) = (0, 0);
    }

    /// Shows the next conversation, or the one before.
    pub(super) fn step(&mut self, forward: bool) {
        let count = self.conversations.len();
        let step = if forward { 1 } else { count - 1 };
        self.activate((self.active + step) % count);
    }

    fn find(&self, target: &Target) -> Option<usize> {
        self.conversations.iter().position(|conversation| conversation.target.is(target))
    }

    /// The conversation of a target, which is created if there is none.
    fn target(&mut self, target: Target) -> usize {
        self.find(&target).unwrap_or_else(|| {
            if self.conversations.len() >= CLIENT_CONVERSATIONS_MAX {
                self.forget_one();
            }
            self.opened += 1;
            self.conversations.push(Conversation::new(self.opened, target));
            self.conversations.len() - 1
        })
    }

    /// Drops the oldest private conversation that is not shown, preferably one without unread
    /// messages.
    fn forget_one(&mut self) {
        let active = self.active;
        let private = self.conversations.iter().enumerate().filter(|(index, conversation)| {
            *index != active && matches!(conversation.target, Target::With(_))
        });
        let oldest = private.min_by_key(|(index, conversation)| (conversation.unread > 0, *index));
        if let Some((index, _)) = oldest {
            self.remove(index);
        }
    }

    /// Drops a conversation, unless it is the only one.
    fn remove(&mut self, index: usize) {
        if self.conversations.len() > 1 && index < self.conversations.len() {
            self.conversations.remove(index);
            if self.active > index || self.active == self.conversations.len() {
                self.active -= 1;
            }
            let active = self.active_mut();
            (active.unread, active.mentions) = (0, 0);
        }
    }

    /// Sends a request; `asked` says how to handle the answer.
    fn ask(&mut self, name: &'static str, body: Value, asked: Asked) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.asked.insert(id, asked);
        self.effects.push(Effect::Emit { id: Some(id), name, body });
        id
    }

    /// Shows the reader a notice, in the current conversation.
    pub(super) fn notice(&mut self, text: impl Into<String>) {
        let text = text.into();
        let ts = self.now.unix_ms;
        self.news.push(News::Notice(text.clone()));
        self.active_mut().push(Item::Notice { ts, text });
    }

    /// Tells the reader that something could not be done.
    pub(super) fn failed(&mut self, text: impl Into<String>) {
        let text = text.into();
        let ts = self.now.unix_ms;
        self.news.push(News::Failed(text.clone()));
        self.active_mut().push(Item::Notice { ts, text });
    }

    /// The input line has changed: tells the target that one is typing, or no longer is.
    pub(super) fn typed(&mut self, text: &str) {
        let is_said = !text.trim().is_empty() && (!text.starts_with('/') || text.starts_with("//"));
        if !is_said {
            return self.stop_typing();
        }
        let target = self.active().target.clone();
        let is_known = self.typing.as_ref().is_some_and(|(told, at_ms)| {
            told.is(&target) && self.now.ms < at_ms.saturating_add(CLIENT_TYPING_MS)
        });
        if !is_known && self.is_online() {
            self.emit_typing(&target, true);
            self.typing = Some((target, self.now.ms));
        }
    }

    fn stop_typing(&mut self) {
        if let Some((target, _)) = self.typing.take()
            && self.is_online()
        {
            self.emit_typing(&target, false);
        }
    }

    fn emit_typing(&mut self, target: &Target, on: bool) {
        let mut body = self.named(target, "to");
        body["on"] = json!(on);
        self.effects.push(Effect::Emit { id: None, name: "typing", body });
    }

    /// Requests the messages missing at a hole of the current conversation.
    pub(super) fn load(&mut self, serial: u64) {
        if !self.is_online() {
            return;
        }
        let Some(before) = self.active_mut().begin_to_fill(serial) else { return };
        let target = self.active().target.clone();
        let mut body = self.named(&target, "with");
        body["limit"] = json!(crate::limits::CLIENT_OLDER);
        if let Some(before) = before {
            body["before"] = json!(before.number);
        }
        self.ask("history", body, Asked::Older { target, serial });
    }
}
