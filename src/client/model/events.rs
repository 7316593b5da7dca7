//! Events that the server sends by itself.

use super::asked::Asked;
use super::conversation::{Conversation, Item};
use super::message::{Id, IncomingMessage, Target, cut, same};
use super::{Effect, LinkStatus, Mode, Model, News};
use crate::limits::{CLIENT_CONVERSATIONS_MAX, CLIENT_TYPERS_MAX, CLIENT_TYPING_SHOWN_MS};
use mio_wire::text::tight;
use serde_json::{Value, json};

/// A text field, cut to a readable length; empty if there is none.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    cut(value.get(name).and_then(Value::as_str).unwrap_or_default())
}

/// A field that is a list; empty if there is none.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A member by their nick, with the programs that they use.
pub(super) fn with_doors(member: &Value) -> String {
    let nick = text(member, "nick");
    // Somebody with several devices has all their doors in another field.
    let doors: Vec<&str> = list(member, "doors").iter().filter_map(Value::as_str).collect();
    match text(member, "door") {
        "" => nick.to_owned(),
        door if doors.is_empty() => format!("{nick} ({door})"),
        _ => format!("{nick} ({})", doors.join(", ")),
    }
}

/// The nicks of a list of members.
pub(super) fn nicks(value: &Value, name: &str) -> Vec<String> {
    let nick = |member: &Value| match member {
        Value::String(nick) => nick.clone(),
        member => text(member, "nick").to_owned(),
    };
    list(value, name).iter().map(nick).filter(|nick| !nick.is_empty()).collect()
}

/// The target that a `room` or a person's field names.
pub(super) fn target(body: &Value, person: &str) -> Option<Target> {
    match (text(body, "room"), text(body, person)) {
        ("", "") => None,
        ("", nick) => Some(Target::With(nick.to_owned())),
        (room, _) => Some(Target::Room(room.to_owned())),
    }
}

impl Model {
    /// Takes an event of the server.
    pub(in crate::client) fn event(&mut self, name: &str, body: &Value) {
        match name {
            "welcome" => self.welcome(body),
            "message" => {
                if let Some(message) = IncomingMessage::read(body, self.era) {
                    self.message(message, body);
                }
            }
            "edited" => self.edited(body),
            "deleted" => self.deleted(body),
            "reacted" => self.reacted(body),
            "rules" => self.rules_changed(body),
            "invited" => {
                let (room, nick) = (text(body, "room"), text(body, "nick"));
                self.notice(format!("{nick} invites you: /join #{room}"));
            }
            "gap" => self.gap(body),
            "presence" => self.presence(body),
            "typing" => self.others_type(body),
            "topic" => self.topic_changed(body),
            "removed" => self.removed(body),
            "owner" => self.owner_set(body),
            "muted" | "banned" => self.barred(name, body),
            "unmuted" | "unbanned" => self.lifted(name, body),
            "notice" => self.notice_of_server(body),
            "bye" => self.bye(body),
            "late" => self.late(body),
            "read" => self.read_elsewhere(body),
            // A newer server may send more.
            _ => (),
        }
    }

    fn welcome(&mut self, body: &Value) {
        let old = std::mem::replace(&mut self.nick, text(body, "nick").to_owned());
        let is_first = !std::mem::replace(&mut self.was_online, true);
        self.connection = LinkStatus::Online;
        self.is_quiet = body.get("quiet").and_then(Value::as_bool).unwrap_or(false);
        // The server gives guests their names: nobody gets one by asking for it.
        self.wanted_nick = self.wanted_nick.take().map(|_| self.nick.clone());
        let token = self.token.replace(text(body, "token").to_owned());
        let is_stranger = token.is_some() && token != self.token;
        self.welcomed_as();
        let is_blind = self.begins_anew(body, is_stranger);
        if is_blind {
            self.begin_anew();
        }
        // Requests that got no answer are sent again.
        self.ask_for_page();
        let mut rooms = Vec::new();
        for room in list(body, "rooms").iter().take(CLIENT_CONVERSATIONS_MAX) {
            let target = Target::Room(text(room, "room").to_owned());
            if self.find(&target).is_none() && self.is_full_of_rooms() {
                continue;
            }
            let index = self.target(target.clone());
            self.enter(index, room);
            rooms.push(target);
        }
        self.since = self.since.or(Some(0));
        let is_missing = |target: &Target| !rooms.iter().any(|room| room.is(target));
        let targets = self.conversations.iter().map(|conversation| conversation.target.clone());
        let missing = targets.filter(is_missing);
        let missing: Vec<String> = missing
            .filter_map(|target| match target {
                Target::Room(room) => Some(room),
                Target::With(_) => None,
            })
            .collect();
        for room in missing {
            self.ask("join", json!({"room": room}), Asked::Join { room, select: false });
        }
        for room in std::mem::take(&mut self.again) {
            self.ask("join", json!({"room": room}), Asked::Join { room, select: true });
        }
        if self.mode == Mode::Screen {
            self.ask("rooms", json!({}), Asked::Rooms { is_shown: false });
        }
        self.send_posts();
        // After everything else, so that it is seen.
        if let Some(why) = self.refusal.take() {
            self.failed(why);
        }
        match (is_first, same(&old, &self.nick)) {
            (true, _) => {
                let help = match self.mode {
                    Mode::Screen => "; /help lists commands and keys",
                    Mode::Lines => "",
                };
                self.notice(format!("you are {}{help}", self.nick));
            }
            (false, true) if is_blind => {
                self.notice("connected again; messages sent in between are unknown");
            }
            (false, true) => self.notice("connected again"),
            (false, false) => self.notice(format!("connected again; you are now {}", self.nick)),
        }
    }

    /// Whether no other conversation could be dropped for one more room.
    fn is_full_of_rooms(&self) -> bool {
        let is_room = |conversation: &&Conversation| matches!(conversation.target, Target::Room(_));
        self.conversations.iter().filter(is_room).count() >= CLIENT_CONVERSATIONS_MAX
    }

    /// Takes the description of a room from a welcome or a join.
    pub(super) fn enter(&mut self, index: usize, room: &Value) {
        let messages = IncomingMessage::read_all(room, self.era);
        self.note_rules(text(room, "room"), &room["rules"]);
        self.since = self.since.max(messages.last().map(|message| message.id.number));
        let is_active = index == self.active_index();
        let known = self.conversations[index].messages().next_back().map(|message| message.id);
        let was_online_there = known.is_some();
        let conversation = &mut self.conversations[index];
        conversation.topic = Some(text(room, "topic").to_owned()).filter(|topic| !topic.is_empty());
        conversation.members = nicks(room, "members");
        conversation.count = room.get("count").and_then(Value::as_u64).unwrap_or_default();
        if let (Mode::Lines, Some(known)) = (self.mode, known.filter(|id| id.era == self.era)) {
            // Later messages are reported like any others.
            if is_active && messages.last().is_some_and(|last| last.id > known) {
                let target = conversation.target.clone();
                self.ask_for_missing(target, known, None);
            }
            return;
        }
        // With a token and a number the messages come one by one, and an empty list has no meaning.
        if self.mode == Mode::Lines && was_online_there {
            // In another history, the new messages are reported like any others.
            let messages = messages.into_iter();
            let new: Vec<IncomingMessage> =
                messages.filter(|message| conversation.insert(message.clone())).collect();
            for message in new.into_iter().filter(|_| is_active) {
                let is_own = same(&message.from, &self.nick);
                self.news.push(News::Message { message, is_own });
            }
        } else if !messages.is_empty() || !was_online_there {
            let last = messages.len().saturating_sub(crate::limits::CLIENT_PIPE_REPLAY);
            let replay: Vec<IncomingMessage> = messages.iter().skip(last).cloned().collect();
            let added = conversation.merge(messages);
            if was_online_there && !is_active {
                conversation.unread += added;
            }
            if is_active {
                self.news.extend(replay.into_iter().map(News::Replay));
            }
        }
    }

    fn message(&mut self, message: IncomingMessage, body: &Value) {
        self.since = self.since.max(Some(message.id.number));
        let target = message.target(&self.nick);
        let index = match (self.find(&target), &target) {
            (Some(index), _) => index,
            (None, Target::With(_)) => {
                let index = self.target(target.clone());
                // Scrolling loads the earlier messages.
                self.conversations[index].push_hole();
                index
            }
            // A room that has been left.
            (None, Target::Room(_)) => return,
        };
        let is_own = same(&message.from, &self.nick);
        let is_for_me = !is_own && message.is_for(&self.nick);
        let is_active = index == self.active_index();
        if is_for_me {
            self.heard_from(index, body);
        } else if is_own {
            self.shows_whom(index, body);
        }
        let conversation = &mut self.conversations[index];
        // The server's spelling.
        conversation.target = target.clone();
        conversation.typing.retain(|(nick, _)| !same(nick, &message.from));
        let last = conversation.messages().next_back().map(|message| message.id);
        if !conversation.insert(message.clone()) {
            return;
        }
        if !is_active && !is_own {
            if conversation.unread == 0 {
                conversation.read = Some(last.unwrap_or_default());
            }
            conversation.unread += 1;
            conversation.mentions += usize::from(is_for_me);
        }
        if !is_own && self.alerts.tells(&target, is_for_me) {
            self.news.push(News::Alert(message.clone()));
        }
        if let Target::With(nick) = &target
            && is_for_me
        {
            self.wrote_last = Some(nick.clone());
        }
        self.heard(message, is_own);
    }

    fn gap(&mut self, body: &Value) {
        let Some(target) = target(body, "with") else { return };
        let missed = body.get("missed").and_then(Value::as_u64);
        let index = match (self.find(&target), &target) {
            (Some(index), _) => index,
            (None, Target::With(_)) => self.target(target.clone()),
            // A room that has been left.
            (None, Target::Room(_)) => return,
        };
        if self.mode == Mode::Lines {
            let is_told = matches!(target, Target::With(_)) || index == self.active_index();
            if is_told {
                let after = Id { era: self.era, number: self.since.unwrap_or_default() };
                self.ask_for_missing(target, after, missed);
            }
            return;
        }
        self.conversations[index].push(Item::Hole { missed, is_loading: false });
    }

    /// Messages on their way to or from a target go on under its new name.
    pub(super) fn replace_target(&mut self, old: &Target, new: &Target) {
        let posts = self.posts.iter_mut().map(|post| &mut post.target);
        let asked = self.asked.values_mut().filter_map(Asked::target_mut);
        let missing = self.missing.targets_mut();
        for target in posts.chain(asked).chain(missing).filter(|target| target.is(old)) {
            target.clone_from(new);
        }
    }

    fn others_type(&mut self, body: &Value) {
        let Some(index) = target(body, "from").and_then(|target| self.find(&target)) else {
            return;
        };
        let nick = match text(body, "nick") {
            "" => text(body, "from"),
            nick => nick,
        };
        let until_ms = self.now().ms.saturating_add(CLIENT_TYPING_SHOWN_MS);
        let typing = &mut self.conversations[index].typing;
        typing.retain(|(other, _)| !same(other, nick));
        let is_on = body.get("on").and_then(Value::as_bool) != Some(false);
        if is_on && typing.len() < CLIENT_TYPERS_MAX {
            typing.push((nick.to_owned(), until_ms));
        }
    }

    fn topic_changed(&mut self, body: &Value) {
        let Some(index) = target(body, "").and_then(|target| self.find(&target)) else { return };
        let topic = text(body, "topic");
        let nick = text(body, "nick");
        let ts = self.now().unix_ms;
        let conversation = &mut self.conversations[index];
        conversation.topic = Some(topic.to_owned()).filter(|topic| !topic.is_empty());
        let text = format!("{nick} set the topic: {}", tight(topic));
        conversation.push(Item::Notice { ts, text: text.clone() });
        self.news.push(News::Notice(text));
    }

    fn notice_of_server(&mut self, body: &Value) {
        let said = text(body, "text").to_owned();
        let ts = self.now().unix_ms;
        match target(body, "").and_then(|target| self.find(&target)) {
            Some(index) => {
                self.conversations[index].push(Item::Notice { ts, text: said.clone() });
                self.news.push(News::Notice(said));
            }
            None => self.notice(said),
        }
    }

    fn bye(&mut self, body: &Value) {
        let error = match text(body, "error") {
            "" => text(body, "reason").to_owned(),
            error => error.to_owned(),
        };
        if text(body, "reason") != "forgotten" {
            return self.notice(error);
        }
        self.ended();
        match self.mode {
            Mode::Screen => self.failed(format!("{error}; Enter or /connect reconnects")),
            Mode::Lines => self.failed(error),
        }
    }

    fn ended(&mut self) {
        self.connection = LinkStatus::Ended;
        self.lost("");
        self.effects.push(Effect::HangUp);
    }
}
