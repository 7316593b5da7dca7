//! The expectations of a fact, and the changes that it makes at the broker, which decides who bears
//! a name and lists the people who are here.

use super::broker::Table;
use super::reports::Unknown;
use super::socket_name::SocketName;
use super::standing::Standing;
use super::subjects;
use crate::chat::Chat;
use crate::chat::access::{AccessFact, InvitationMade};
use crate::chat::fact::row::MustBeKnown;
use crate::chat::fact::{
    Departed, Fact, InvitationUse, Joined, Remembered, Renamed, Said, TopicSet, Whispered,
};
use crate::chat::names::{self, GUEST_PREFIX};
use crate::chat::order::{Deed, OrderFact, Removed};
use crate::chat::registration::{LoggedIn, LoggedOut, Registered, RegistrationFact};
use crate::chat::words::{Deleted, Edited, WordsFact};
use mio_socketio::SocketId;
use std::rc::Rc;

/// An expectation, whose doc begins with "Only if", or a change. A fact is appended only if all its
/// expectations are met, and its changes are made with it, in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Only if a name is free for this device, or for the person with this id.
    Free { name: Box<str>, id: Rc<str> },
    /// Only if the person with this key is not here under another nick.
    Same { key: Box<str>, nick: Rc<str> },
    /// Only if the person with this key is here by no other devices than these.
    Devices { key: Box<str>, known: String },
    /// The person with this key, id and nick is here by this device.
    Come { key: Box<str>, id: Rc<str>, nick: Rc<str> },
    /// A device goes; if it is the last one of its person, their names are held if `holds`.
    Go { device: String, holds: bool },
    /// Only if the person with this id has not said anything under this key.
    Once { id: Rc<str>, key: String },
    /// Only if no deed about one of these is in the stream after this entry.
    Known { subjects: String, upto: String },
    /// The fact is a deed about these, or about everybody if there are none.
    Deed { subjects: String },
    /// Only if an invitation, by the hash of its code, has one of these uses left, which is used
    /// up.
    /// It ends at this time in Unix milliseconds.
    Use { code: String, left: String, until: String },
    /// An invitation, by the hash of its code, has no use left. It ends at this time in Unix
    /// milliseconds.
    Spend { code: String, until: String },
    /// The device comes, with this standing.
    Here { standing: String },
    /// The device becomes another person's, with this standing. Its person is in these rooms too.
    Become { standing: String, rooms: String },
    /// The person comes to a room by the device, and by those that are in all their rooms.
    Join { room: Rc<str> },
    /// The person leaves a room by all devices.
    Leave { room: Rc<str> },
    /// The device is removed from a room, and comes to another if it must be in one.
    Remove { room: Rc<str>, to: Option<Rc<str>> },
    /// The person with this key, or at this device, is put out of a room.
    Out { room: Rc<str>, key: Box<str>, device: String },
    /// Everybody is put out of a room, except the people with these ids.
    Clear { room: Rc<str>, stay: String },
    /// A field gets a value. Devices stay in their rooms.
    Set { table: Table, field: String, value: String },
    /// A field goes. A name goes only if it is that of the person with this id.
    Delete { table: Table, field: String, id: Rc<str> },
    /// A network is banned, until this time in Unix milliseconds or for good, or its ban is lifted:
    /// the order is kept, with the id of its entry.
    Order { network: String, until: Option<String>, order: String },
    /// A message, by its number, has another text by the entry of this fact.
    Edited { number: String },
    /// A message, by its number, was deleted, and its texts go out of the stream later.
    Erase { number: String },
    /// The stream has news of this kind: the first entry with such news is noted, and the last.
    Mark { kind: &'static str },
    /// A name is held for a while for the person with this id and this nick.
    Hold { name: Box<str>, id: Rc<str>, nick: Rc<str> },
}

/// The mark of news about registered people, their names and their roles, and about who may be in
/// private rooms, which every node's file must have.
const REGISTERED: Change = Change::Mark { kind: "registered" };

impl Change {
    /// The change as a broker reads it: its kind, and three words.
    pub(super) fn words(&self) -> [&str; 4] {
        match self {
            Self::Free { name, id } => ["free", name, "", id],
            Self::Same { key, nick } => ["same", key, nick, ""],
            Self::Devices { key, known } => ["devices", key, known, ""],
            Self::Come { key, id, nick } => ["come", key, id, nick],
            Self::Go { device, holds } => ["go", device, if *holds { "1" } else { "" }, ""],
            Self::Once { id, key } => ["once", id, key, ""],
            Self::Known { subjects, upto } => ["known", subjects, upto, ""],
            Self::Deed { subjects } => ["deed", subjects, "", ""],
            Self::Use { code, left, until } => ["use", code, left, until],
            Self::Spend { code, until } => ["spend", code, "", until],
            Self::Here { standing } => ["here", standing, "", ""],
            Self::Become { standing, rooms } => ["become", standing, rooms, ""],
            Self::Join { room } => ["join", room, "", ""],
            Self::Leave { room } => ["leave", room, "", ""],
            Self::Remove { room, to } => ["remove", room, to.as_deref().unwrap_or_default(), ""],
            Self::Out { room, key, device } => ["out", room, key, device],
            Self::Clear { room, stay } => ["clear", room, stay, ""],
            Self::Set { table, field, value } => ["set", table.as_str(), field, value],
            Self::Delete { table, field, id } => ["delete", table.as_str(), field, id],
            Self::Order { network, until, order } => {
                ["order", network, until.as_deref().unwrap_or_default(), order]
            }
            Self::Edited { number } => ["edited", number, "", ""],
            Self::Erase { number } => ["erase", number, "", ""],
            Self::Mark { kind } => ["mark", kind, "", ""],
            Self::Hold { name, id, nick } => ["hold", name, id, nick],
        }
    }

    /// Whether it is an expectation that was not met.
    pub(super) const fn is_unmet(&self, which: Unknown) -> bool {
        match self {
            Self::Same { .. } => which.nick,
            Self::Devices { .. } => which.device,
            _ => false,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.words().iter().map(|word| word.len()).sum::<usize>()
    }
}

/// The changes of a fact, decided by this state.
pub(super) fn changes(
    chat: &Chat,
    fact: &Fact<'_>,
    rooms: impl Fn(SocketId) -> Vec<Rc<str>>,
    visit: impl Fn(SocketId) -> SocketName,
) -> Vec<Change> {
    let by = fact.by();
    let id = chat.people.get(by).and_then(|person| person.id.clone()).unwrap_or_default();
    let mut changes = Changes { of: visit(by), id, all: Vec::new() };
    let all = KnownDevices { chat, rooms: &rooms, visit: &visit };
    match fact {
        Fact::Said(_) | Fact::Whispered(_) | Fact::Words(_) => {
            changes.say(fact);
        }
        Fact::Entered(entered) => {
            changes.use_up(entered.invitation);
            let standing = Standing::entered(entered);
            changes.enter(&all, &standing, Change::Here { standing: standing.write() });
        }
        Fact::Renamed(Renamed { old, new, .. }) => changes.rename(by, &all, (old, new)),
        Fact::Registration(fact) => changes.registration(by, &all, fact),
        Fact::Joined(Joined { room, .. }) => {
            changes.go(chat, by, Change::Join { room: room.clone() });
        }
        Fact::Left { room, .. } => changes.go(chat, by, Change::Leave { room: room.clone() }),
        Fact::Remembered(Remembered { returns, .. }) => {
            changes.stand_all(by, &all, |standing| standing.remember(*returns));
        }
        Fact::Forgotten { unknown, .. } => {
            changes.stand_all(by, &all, |standing| standing.forget(*unknown));
        }
        Fact::Departed(Departed { returns, .. }) => {
            let device = changes.of.to_string();
            changes.all.push(Change::Go { device, holds: *returns });
        }
        Fact::Access(AccessFact::InvitationMade(InvitationMade { made, .. })) if made.uses == 0 => {
            let (code, until) = (made.code.hex(), made.until_ms.to_string());
            changes.all.push(Change::Spend { code, until });
        }
        Fact::TopicSet(set) => changes.set_topic(chat, set),
        Fact::Order(fact) => changes.keep_order(chat, fact),
        Fact::Ordered(order) => changes.all.extend(subjects::change_of(order)),
        // The broker has no table that they change.
        Fact::Identified { .. }
        | Fact::Passing { .. }
        | Fact::Warned { .. }
        | Fact::Rules(_)
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Expelled { .. }
        | Fact::Personal(_)
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. } => (),
    }
    if must_be_known(chat, fact) {
        changes.all.push(REGISTERED);
    }
    changes.all.extend(subjects::changes(chat, fact, visit));
    changes.all
}

/// Whether every node's file must have a fact.
fn must_be_known(chat: &Chat, fact: &Fact<'_>) -> bool {
    match fact.row().must_be_known {
        MustBeKnown::No => false,
        MustBeKnown::Yes => true,
        MustBeKnown::InPrivate(room) => chat.rooms.is_private(room),
        MustBeKnown::OfRegistered => {
            chat.people.get(fact.by()).is_some_and(|person| person.is_registered)
        }
    }
}

/// The devices of the people who are here, as this node knows them.
struct KnownDevices<'s> {
    chat: &'s Chat,
    rooms: &'s dyn Fn(SocketId) -> Vec<Rc<str>>,
    visit: &'s dyn Fn(SocketId) -> SocketName,
}

impl KnownDevices<'_> {
    /// The names of the devices of the person with this id.
    fn of(&self, id: &str) -> String {
        let here = self.chat.people.with_id(id);
        let devices = here.into_iter().flat_map(|here| self.chat.people.devices(here));
        let names: Vec<String> = devices.map(|device| (self.visit)(device).to_string()).collect();
        names.join(" ")
    }
}

struct Changes {
    /// The device that the changes are about, and the id of its person; empty if they have none.
    of: SocketName,
    id: Rc<str>,
    all: Vec<Change>,
}

impl Changes {
    /// A message is said, corrected or deleted.
    fn say(&mut self, fact: &Fact<'_>) {
        self.all.extend(match fact {
            Fact::Said(Said { key: Some(key), .. })
            | Fact::Whispered(Whispered { key: Some(key), .. })
                if !self.id.is_empty() =>
            {
                Some(Change::Once { id: self.id.clone(), key: key.key.to_owned() })
            }
            Fact::Words(WordsFact::Edited(Edited { about, .. })) => {
                Some(Change::Edited { number: about.id.to_string() })
            }
            Fact::Words(WordsFact::Deleted(Deleted { about, .. })) => {
                Some(Change::Erase { number: about.id.to_string() })
            }
            _ => None,
        });
    }

    /// Somebody who keeps order has done this, or it has followed for a person.
    fn keep_order(&mut self, chat: &Chat, fact: &OrderFact<'_>) {
        self.all.extend(fact.orders().iter().filter_map(subjects::change_of));
        if let Some(room) = fact.deed().and_then(Deed::deleted) {
            let (table, field) = (Table::Topics, room.to_string());
            self.all.push(Change::Delete { table, field, id: Rc::default() });
        }
        // If they have to go, their departure is another fact. Each device is removed by itself.
        if let Some(Removed { by, room, to, must_go: false, .. }) = fact.removed() {
            self.go(chat, *by, Change::Remove { room: room.clone(), to: to.clone() });
        }
    }

    /// A device comes, of a person who may be here by others.
    fn enter(&mut self, all: &KnownDevices<'_>, standing: &Standing, here: Change) {
        self.expect(all, standing);
        self.bear(&standing.nick, standing.id());
        self.all.push(here);
        self.come(standing);
    }

    /// They come in by this invitation.
    fn use_up(&mut self, invitation: Option<InvitationUse>) {
        let Some(InvitationUse { code, left, until_ms }) = invitation else { return };
        let (left, until) = (left.to_string(), until_ms.to_string());
        self.all.push(Change::Use { code: code.hex(), left, until });
    }

    /// A fact is decided by its person's nick and devices. The broker may know of another nick, or
    /// of one more device, whose entry this node has not read yet.
    fn expect(&mut self, all: &KnownDevices<'_>, standing: &Standing) {
        if let Some(key) = standing.person_key() {
            let (nick, known) = (standing.nick.clone(), all.of(standing.id()));
            self.all.push(Change::Same { key: key.clone(), nick });
            self.all.push(Change::Devices { key, known });
        }
    }

    /// They are here by this device.
    fn come(&mut self, standing: &Standing) {
        if let Some(key) = standing.person_key() {
            let (id, nick) = (standing.id().into(), standing.nick.clone());
            self.all.push(Change::Come { key, id, nick });
        }
    }

    /// The person at `by` takes another name, which all their devices have from now on.
    fn rename(&mut self, by: SocketId, all: &KnownDevices<'_>, (old, new): (&Rc<str>, &Rc<str>)) {
        let Some(mut standing) = Standing::of(all.chat, by, Vec::new()) else { return };
        let id = self.id.clone();
        self.drop_name(old, !old.starts_with(GUEST_PREFIX) && !id.is_empty());
        standing.rename(new);
        self.bear(new, &id);
        self.come(&standing);
        self.stand_all(by, all, |standing| standing.rename(new));
    }

    /// Records how all devices of the person at `by` are here after a change, whatever rooms they
    /// are in.
    fn stand_all(&mut self, by: SocketId, all: &KnownDevices<'_>, change: impl Fn(&mut Standing)) {
        if let Some(standing) = Standing::of(all.chat, by, Vec::new()) {
            self.expect(all, &standing);
        }
        for socket in all.chat.people.devices(by) {
            let standing = Standing::of(all.chat, socket, (all.rooms)(socket));
            let Some(mut standing) = standing else { continue };
            change(&mut standing);
            let (table, field) = (Table::People, (all.visit)(socket).to_string());
            self.all.push(Change::Set { table, field, value: standing.write() });
        }
    }

    fn set_topic(&mut self, chat: &Chat, set: &TopicSet<'_>) {
        let TopicSet { room, topic, .. } = set;
        let (table, field) = (Table::Topics, room.to_string());
        let evicted = topic.and_then(|_| chat.rooms.evicted_by(room));
        self.all.extend(evicted.map(|room| {
            let field = room.to_string();
            Change::Delete { table, field, id: Rc::default() }
        }));
        self.all.push(match topic {
            Some(topic) => Change::Set { table, field, value: (*topic).to_owned() },
            None => Change::Delete { table, field, id: Rc::default() },
        });
    }

    /// They get the name, if nobody else has it.
    fn bear(&mut self, nick: &str, id: &str) {
        let (id, of): (Rc<str>, String) = (id.into(), self.of.to_string());
        let free = names::nick_keys(nick).map(|name| Change::Free { name, id: id.clone() });
        let set = names::nick_keys(nick).map(|name| {
            let value = format!("{of}|{id}|0|{nick}");
            Change::Set { table: Table::Names, field: name.into(), value }
        });
        let more: Vec<Change> = free.chain(set).collect();
        self.all.extend(more);
    }

    /// They lose the name, which may be held for them.
    fn drop_name(&mut self, nick: &Rc<str>, holds: bool) {
        let id = self.id.clone();
        self.all.extend(names::nick_keys(nick).map(|name| match holds {
            true => Change::Hold { name, id: id.clone(), nick: nick.clone() },
            false => Change::Delete { table: Table::Names, field: name.into(), id: id.clone() },
        }));
    }

    /// The person at `by` is the registered person with this id, by all their devices.
    fn register(&mut self, by: SocketId, all: &KnownDevices<'_>, (id, nick): (&Rc<str>, &str)) {
        let Some(mut standing) = Standing::of(all.chat, by, Vec::new()) else { return };
        standing.register(id);
        self.bear(nick, id);
        self.come(&standing);
        self.stand_all(by, all, |standing| standing.register(id));
    }

    /// The device at `by` is a registered person's from now on, or no longer.
    fn registration(&mut self, by: SocketId, all: &KnownDevices<'_>, fact: &RegistrationFact<'_>) {
        match fact {
            RegistrationFact::Registered(Registered { id, nick, .. }) => {
                self.register(by, all, (id, nick));
            }
            RegistrationFact::LoggedIn(LoggedIn { id, new, record, rooms, .. })
            | RegistrationFact::LoggedOut(LoggedOut { id, new, record, rooms, .. }) => {
                let standing = Standing::of(all.chat, by, (all.rooms)(by));
                let Some(mut standing) = standing else { return };
                standing.change(id, new, record.as_deref());
                self.all.push(Change::Go { device: self.of.to_string(), holds: false });
                let (written, rooms) = (standing.write(), rooms.join(" "));
                self.enter(all, &standing, Change::Become { standing: written, rooms });
            }
            RegistrationFact::DeviceEnded(_) | RegistrationFact::Reset(_) => (),
        }
    }

    /// The person at `by` goes to a room or out of one, under the nick that this node knows.
    fn go(&mut self, chat: &Chat, by: SocketId, change: Change) {
        let standing = Standing::of(chat, by, Vec::new());
        if let Some(key) = standing.as_ref().and_then(Standing::person_key) {
            let nick = standing.map(|standing| standing.nick).unwrap_or_default();
            self.all.push(Change::Same { key, nick });
        }
        self.all.push(change);
    }
}
