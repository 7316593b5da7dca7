//! The changes of a fact in Redis, which decides who bears a name and lists the people who are
//! here.

use super::entry::WrittenOrder;
use super::socket_name::SocketName;
use super::standing::Standing;
use crate::chat::Chat;
use crate::chat::fact::{
    Departed, Entered, Fact, Joined, LoggedIn, LoggedOut, Registered, Remembered, Removed, Renamed,
    Replaced, Said, TopicSet, Whispered,
};
use crate::chat::history::Order;
use crate::chat::names::{self, GUEST_PREFIX};
use mio_socketio::SocketId;
use std::rc::Rc;

/// One change.
#[derive(Debug)]
pub(super) enum Change {
    /// A socket takes the place of this one, and may have its name.
    Replace { older: String },
    /// Only if a name is free for this visit, or for the person with this id.
    Free { name: Box<str>, visit: String, id: Rc<str> },
    /// Only if the person with this id has not said anything under this key.
    Once { id: Rc<str>, key: String },
    /// A field gets a value.
    Set { hash: Hash, field: String, value: String },
    /// A field goes.
    Delete { hash: Hash, field: String },
    /// A network is banned, until this time in Unix milliseconds or for good, or its ban is lifted:
    /// the order is kept, with the id of its entry.
    Order { network: String, until: Option<String>, order: String },
    /// The stream has news of this kind: the first entry with such news is noted, and the last.
    Mark { kind: &'static str },
    /// A name is held for a while for the person with this id and this nick.
    Hold { name: Box<str>, id: Rc<str>, nick: Rc<str> },
}

/// The mark of news about registered people and their names, which every node's file must have.
const REGISTERED: Change = Change::Mark { kind: "registered" };

/// The hash of a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hash {
    Names,
    People,
    Topics,
}

impl Hash {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::People => "people",
            Self::Topics => "topics",
        }
    }
}

impl Change {
    /// The change as the script reads it.
    pub(super) fn words(&self) -> [&str; 4] {
        match self {
            Self::Replace { older } => ["replace", older, "", ""],
            Self::Free { name, visit, id } => ["free", name, visit, id],
            Self::Once { id, key } => ["once", id, key, ""],
            Self::Set { hash, field, value } => ["set", hash.as_str(), field, value],
            Self::Delete { hash, field } => ["delete", hash.as_str(), field, ""],
            Self::Order { network, until, order } => {
                ["order", network, until.as_deref().unwrap_or_default(), order]
            }
            Self::Mark { kind } => ["mark", kind, "", ""],
            Self::Hold { name, id, nick } => ["hold", name, id, nick],
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.words().iter().map(|word| word.len()).sum::<usize>()
    }
}

/// The changes of a fact, decided by this state. `rooms` are the present rooms of its author.
pub(super) fn changes(
    chat: &Chat,
    fact: &Fact<'_>,
    rooms: Vec<Rc<str>>,
    visit: impl Fn(SocketId) -> SocketName,
) -> Vec<Change> {
    let by = fact.by();
    let mut changes = Changes { of: visit(by), all: Vec::new() };
    match fact {
        Fact::Said(Said { key: Some(key), .. })
        | Fact::Whispered(Whispered { key: Some(key), .. }) => {
            let id = chat.people.get(by).and_then(|person| person.id.clone());
            let key = key.key.to_owned();
            changes.all.extend(id.map(|id| Change::Once { id, key }));
        }
        Fact::Entered(entered) => changes.enter(chat, entered, visit),
        Fact::Renamed(Renamed { old, new, .. }) => {
            let Some(mut standing) = Standing::of(chat, by, rooms) else { return changes.all };
            let id = chat.people.get(by).and_then(|person| person.id.clone());
            changes.drop_name(old, id.as_ref().filter(|_| !old.starts_with(GUEST_PREFIX)));
            standing.rename(new);
            changes.bear(new, id.as_deref().unwrap_or_default());
            changes.stand(&standing);
        }
        Fact::Registered(_) | Fact::LoggedIn(_) | Fact::LoggedOut(_) => {
            if let Some(standing) = Standing::of(chat, by, rooms) {
                changes.know(chat, fact, standing, visit);
            }
        }
        Fact::Joined(Joined { room, from, .. }) => {
            changes.go(Some(room), from.as_ref(), Standing::of(chat, by, rooms));
        }
        Fact::Left { room, .. } => changes.go(None, Some(room), Standing::of(chat, by, rooms)),
        // If they have to go, their departure is another fact.
        Fact::Removed(Removed { room, to, must_go: false, .. }) => {
            changes.go(to.as_ref(), Some(room), Standing::of(chat, by, rooms));
        }
        Fact::Remembered(Remembered { returns, .. }) => {
            if let Some(mut standing) = Standing::of(chat, by, rooms) {
                standing.remember(*returns);
                changes.stand(&standing);
            }
        }
        Fact::Forgotten { unknown, .. } => {
            if let Some(mut standing) = Standing::of(chat, by, rooms) {
                standing.forget(*unknown);
                changes.stand(&standing);
            }
        }
        Fact::Departed(Departed { nick, returns, .. }) => {
            let id = chat.people.get(by).and_then(|person| person.id.clone());
            changes.drop_name(nick, id.as_ref().filter(|_| *returns));
            changes.delete(Hash::People);
        }
        Fact::TopicSet(set) => changes.set_topic(chat, set),
        Fact::Moderated(moderated) => {
            let orders = moderated.orders();
            changes.all.extend(orders.iter().filter_map(change_of));
        }
        Fact::Ordered(order) => changes.all.extend(change_of(order)),
        _ => (),
    }
    if names_an_owner(chat, fact) {
        changes.all.push(REGISTERED);
    }
    changes.all
}

/// Whether a fact gives a name to a registered person or a hook.
fn names_an_owner(chat: &Chat, fact: &Fact<'_>) -> bool {
    match fact {
        Fact::Registered(_) | Fact::HookMade { .. } => true,
        Fact::Renamed(Renamed { by, .. }) => {
            chat.people.get(*by).is_some_and(|person| person.is_registered)
        }
        _ => false,
    }
}

/// The change of an operator's order: Redis keeps bans for nodes that begin later.
fn change_of(order: &Order) -> Option<Change> {
    let network = order.whom()?.to_string();
    let until = match order {
        Order::Ban { ban, .. } => Some(ban.until_ms.unwrap_or_default().to_string()),
        Order::Unban { .. } | Order::Purge(_) | Order::Roles { .. } => None,
    };
    Some(Change::Order { network, until, order: WrittenOrder::from(order).write() })
}

struct Changes {
    /// The socket that the changes are about.
    of: SocketName,
    all: Vec<Change>,
}

impl Changes {
    fn enter(&mut self, chat: &Chat, entered: &Entered, visit: impl Fn(SocketId) -> SocketName) {
        let standing = Standing::entered(entered);
        if let Some(Replaced { by: older, .. }) = &entered.replaces {
            self.replace(chat, *older, &entered.nick, visit);
        }
        if let Some(key) = standing.person_key() {
            self.bear_key(key, standing.id(), &entered.nick);
        }
        self.bear(&entered.nick, standing.id());
        self.stand(&standing);
    }

    /// They are here by this visit, if they are by no other.
    fn bear_key(&mut self, name: Box<str>, id: &str, nick: &str) {
        let value = format!("{}|{id}|0|{nick}", self.of);
        let field = name.to_string();
        self.all.push(Change::Free { name, visit: self.of.to_string(), id: id.into() });
        self.all.push(Change::Set { hash: Hash::Names, field, value });
    }

    fn set_topic(&mut self, chat: &Chat, set: &TopicSet<'_>) {
        let TopicSet { room, topic, .. } = set;
        let (hash, field) = (Hash::Topics, room.to_string());
        let evicted = topic.and_then(|_| chat.rooms.evicted_by(room));
        self.all.extend(evicted.map(|room| {
            let field = room.to_string();
            Change::Delete { hash, field }
        }));
        self.all.push(match topic {
            Some(topic) => Change::Set { hash, field, value: (*topic).to_owned() },
            None => Change::Delete { hash, field },
        });
    }

    /// They come to a room, leave one, or leave one for another.
    fn go(&mut self, to: Option<&Rc<str>>, from: Option<&Rc<str>>, standing: Option<Standing>) {
        let Some(mut standing) = standing else { return };
        match (to, from) {
            (Some(to), from) => standing.join(to, from),
            (None, Some(from)) => standing.leave(from),
            (None, None) => return,
        }
        self.stand(&standing);
    }

    /// They are a registered person from now on, or a guest again.
    fn know(
        &mut self,
        chat: &Chat,
        fact: &Fact<'_>,
        mut standing: Standing,
        visit: impl Fn(SocketId) -> SocketName,
    ) {
        let (id, old, new, record) = match fact {
            Fact::Registered(Registered { id, .. }) => {
                standing.register(id);
                return self.stand(&standing);
            }
            Fact::LoggedIn(LoggedIn { id, old, new, record, .. })
            | Fact::LoggedOut(LoggedOut { id, old, new, record, .. }) => (id, old, new, record),
            _ => return,
        };
        if let Fact::LoggedIn(LoggedIn { replaces: Some(older), .. }) = fact {
            self.replace(chat, older.by, new, visit);
        }
        self.drop_name(old, None);
        if let Some(key) = standing.person_key() {
            self.all.push(Change::Delete { hash: Hash::Names, field: key.into() });
        }
        standing.change(id, new, record.as_deref());
        if let Some(key) = standing.person_key() {
            self.bear_key(key, id, new);
        }
        self.bear(new, id);
        self.stand(&standing);
    }

    /// They take the place of an older connection, and have this name from now on.
    fn replace(
        &mut self,
        chat: &Chat,
        older: SocketId,
        new: &Rc<str>,
        visit: impl Fn(SocketId) -> SocketName,
    ) {
        let field = visit(older).to_string();
        self.all.push(Change::Replace { older: field.clone() });
        let nick = chat.people.get(older).map(|person| person.nick.clone());
        let is_same = |nick: &Rc<str>| names::nick_keys(nick).eq(names::nick_keys(new));
        if let Some(nick) = nick.filter(|nick| !is_same(nick)) {
            self.drop_name(&nick, None);
        }
        self.all.push(Change::Delete { hash: Hash::People, field });
    }

    /// They get the name, if nobody else has it.
    fn bear(&mut self, nick: &str, id: &str) {
        let (id, visit): (Rc<str>, String) = (id.into(), self.of.to_string());
        let free = names::nick_keys(nick).map(|name| {
            let (visit, id) = (visit.clone(), id.clone());
            Change::Free { name, visit, id }
        });
        let set = names::nick_keys(nick).map(|name| {
            let value = format!("{visit}|{id}|0|{nick}");
            Change::Set { hash: Hash::Names, field: name.into(), value }
        });
        let more: Vec<Change> = free.chain(set).collect();
        self.all.extend(more);
    }

    /// They lose the name, which is held for the person with this id, if there is one.
    fn drop_name(&mut self, nick: &Rc<str>, id: Option<&Rc<str>>) {
        self.all.extend(names::nick_keys(nick).map(|name| match id {
            Some(id) => Change::Hold { name, id: id.clone(), nick: nick.clone() },
            None => Change::Delete { hash: Hash::Names, field: name.into() },
        }));
    }

    /// Records how they are here.
    fn stand(&mut self, standing: &Standing) {
        let (hash, field) = (Hash::People, self.of.to_string());
        self.all.push(Change::Set { hash, field, value: standing.write() });
    }

    fn delete(&mut self, hash: Hash) {
        self.all.push(Change::Delete { hash, field: self.of.to_string() });
    }
}
