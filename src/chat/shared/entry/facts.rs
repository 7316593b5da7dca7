//! All entries, each in one row: what it has, and what nobody can have written.

use super::form::{Back, Here, Made, Name, entries};
use super::{WrittenEnded, WrittenKey, WrittenOrder, WrittenRelayed, WrittenWay};
use crate::chat::access::access_entries;
use crate::chat::fact::{
    Departed, Entered, Fact, InvitationUse, Joined, Party, Remembered, Renamed, Said, TopicSet,
    Whispered,
};
use crate::chat::history::{Device, Hook, Invitation, KeptPerson, Token};
use crate::chat::order::order_entries;
use crate::chat::people::Ignored;
use crate::chat::personal::personal_entries;
use crate::chat::registration::registration_entries;
use crate::chat::rules::rules_entries;
use crate::chat::shared::socket_name::SocketName;
use crate::chat::words::words_entries;
use crate::chat::{access, names, order, personal, registration, rules, words};
use crate::limits::{IGNORED_MAX, PERSON_ID_BYTES_MAX, ROOMS_PER_CLIENT_MAX, TOPIC_CHARS_MAX};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::rc::Rc;

words_entries! {
    registration_entries rules_entries order_entries personal_entries access_entries
    entries;
    <'a> except Fact::Identified { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Passing { .. }
        | Fact::Warned { .. }
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::Expelled { .. },
    Entered(Entered) {
        nick: Rc<str> where is_nick,
        guest: Option<u64>,
        rooms: Vec<Rc<str>> where are_rooms,
        #[serde(rename = "door")]
        way: WrittenWay,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitation: Option<InvitationUse>,
    };
    Remembered(Remembered) {
        returns: bool,
        #[serde(rename = "first")]
        is_first: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<Box<KeptPerson>> where is_record,
    } [stays];
    Forgotten {} {
        unknown: Token,
    };
    Said(Said) {
        sender: Option<Rc<str>>,
        nick: Rc<str> where is_nick,
        room: Rc<str> where is_room,
        #[serde(rename = "action")]
        is_action: bool,
        #[serde(borrow)]
        text: Cow<'a, str>,
        #[serde(borrow)]
        key: Option<WrittenKey<'a>>,
        #[serde(borrow)]
        relayed: Option<WrittenRelayed<'a>>,
    } [stays];
    Whispered(Whispered) {
        author: Party where is_party,
        to: Option<SocketName>,
        reader: Party where is_party,
        #[serde(borrow)]
        called: Option<Cow<'a, str>>,
        #[serde(rename = "action")]
        is_action: bool,
        #[serde(borrow)]
        text: Cow<'a, str>,
        #[serde(borrow)]
        key: Option<WrittenKey<'a>>,
        #[serde(rename = "stranger")]
        is_stranger: bool,
        #[serde(rename = "kept", default, skip_serializing_if = "std::ops::Not::not")]
        is_kept: bool,
    } with { from: None } [stays];
    TopicSet(TopicSet) {
        nick: Rc<str> where is_nick,
        room: Rc<str> where is_room,
        #[serde(borrow)]
        topic: Option<Cow<'a, str>> where is_topic,
    } [stays];
    Renamed(Renamed) {
        old: Rc<str> where is_nick,
        new: Rc<str> where is_nick,
        rooms: Vec<Rc<str>> where are_rooms,
    };
    Joined(Joined) {
        nick: Rc<str> where is_nick,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<Rc<str>> where is_id_or_none,
        room: Rc<str> where is_room,
        from: Option<Rc<str>> where is_room_or_none,
        #[serde(default)]
        owns: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unowned: Option<order::Unowned>,
    } [stays];
    Left {} {
        nick: Rc<str> where is_nick,
        room: Rc<str> where is_room,
    };
    Departed(Departed) {
        nick: Rc<str> where is_nick,
        rooms: Vec<Rc<str>> where are_rooms,
        returns: bool,
    };
    HookMade {} {
        hook: Hook where is_hook,
    } [stays];
    HookRemoved {} {
        hook: Hook where is_hook,
    } [stays];
    Ordered [] {
        order: WrittenOrder where is_order,
    } [stays];
}

impl WrittenFact<'_> {
    /// The fact, with sockets of this server; `None` if its person is not known here.
    pub(in crate::chat::shared) fn fact<'f>(
        &'f self,
        by: SocketId,
        attachments: &'f [Vec<u8>],
        socket: impl Fn(&SocketName) -> Option<SocketId>,
    ) -> Option<Fact<'f>> {
        self.back(by, &Here { attachments, socket: &socket })
    }
}

/// A nick under which somebody may go on.
fn is_nick(nick: &str) -> bool {
    names::is_still_good(nick)
}

/// A nick that somebody may take.
fn is_free_nick(nick: &str) -> bool {
    names::nick(nick).is_ok()
}

fn is_room(room: &str) -> bool {
    names::is_room_key(room)
}

fn is_room_or_none(room: &Option<Rc<str>>) -> bool {
    room.as_deref().is_none_or(is_room)
}

fn are_rooms(rooms: &[Rc<str>]) -> bool {
    rooms.len() <= ROOMS_PER_CLIENT_MAX && rooms.iter().all(|room| is_room(room))
}

fn is_record(record: &Option<Box<KeptPerson>>) -> bool {
    record.as_ref().is_none_or(|it| is_id(&it.id) && is_nick(&it.nick) && are_rooms(&it.rooms))
}

fn is_party(party: &Party) -> bool {
    is_nick(&party.nick)
}

fn is_topic(topic: &Option<Cow<'_, str>>) -> bool {
    topic.as_deref().is_none_or(|topic| topic.chars().count() <= TOPIC_CHARS_MAX)
}

fn is_hook(hook: &Hook) -> bool {
    is_nick(&hook.name) && is_room(&hook.room)
}

fn is_id(id: &str) -> bool {
    (1..=PERSON_ID_BYTES_MAX).contains(&id.len())
}

fn is_id_or_none(id: &Option<Rc<str>>) -> bool {
    id.as_deref().is_none_or(is_id)
}

fn is_ignored(ignored: &Ignored) -> bool {
    is_nick(&ignored.nick) && ignored.is_possible()
}

fn are_ignored(all: &[Ignored]) -> bool {
    all.len() <= IGNORED_MAX && all.iter().all(is_ignored)
}

fn is_order(order: &WrittenOrder) -> bool {
    order.order().is_some()
}
