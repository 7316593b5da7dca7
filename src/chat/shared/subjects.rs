//! The people, rooms and names on which the decision of a fact depends, and those that a deed is
//! about. A fact that was decided before its node had read of a deed is not taken into the stream:
//! it is decided once more, after the node has read of it. So nobody is heard after they were
//! banned or muted, and nothing happens in a room after its place among the facts at which it was
//! closed.
//!
//! The table of facts (`fact::row`) says for each on whom it depends, and from whom it takes
//! something.

use super::changes::Change;
use super::entry::WrittenOrder;
use super::socket_name::SocketName;
use super::standing;
use crate::chat::Chat;
use crate::chat::fact::row::{Depends, PutsOut, Takes};
use crate::chat::fact::{Entered, Fact};
use crate::chat::history::{Banned, Order};
use crate::chat::names;
use crate::chat::order::{OutOf, PutOut};
use crate::chat::registration::Registered;
use crate::chat::rooms::LOBBY;
use crate::chat::rules::{LetIn, RuleMade};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The subjects of an expectation or of a deed: people by their ids, rooms, and names by the keys
/// by which they are compared.
#[derive(Debug, Default)]
struct Subjects(String);

impl Subjects {
    fn person(&mut self, id: &str) {
        self.add('@', id);
    }

    fn room(&mut self, room: &str) {
        self.add('#', room);
    }

    fn rooms<'r>(&mut self, rooms: impl IntoIterator<Item = &'r Rc<str>>) {
        rooms.into_iter().for_each(|room| self.room(room));
    }

    /// A name that somebody takes, which may be a registered person's, or becomes one.
    fn name(&mut self, nick: &str) {
        names::nick_keys(nick).for_each(|key| self.add('=', &key));
    }

    fn add(&mut self, mark: char, name: &str) {
        if !name.is_empty() {
            self.0.extend([' ', mark].iter().skip(usize::from(self.0.is_empty())));
            self.0.push_str(name);
        }
    }
}

/// The expectation of a fact, the deed that it is, and the people whom that puts out of a room.
pub(super) fn changes(
    chat: &Chat,
    fact: &Fact<'_>,
    visit: impl Fn(SocketId) -> SocketName,
) -> impl Iterator<Item = Change> {
    let all = [known(chat, fact), deed(chat, fact), closing(fact, visit)];
    all.into_iter().flatten()
}

/// The people whom a fact puts out of a room: those whom `order::follow` puts out at each node.
fn closing(fact: &Fact<'_>, visit: impl Fn(SocketId) -> SocketName) -> Option<Change> {
    match fact.row().puts_out {
        PutsOut::Nobody => None,
        PutsOut::ByDeed(moderated) => {
            let PutOut { room, whom, .. } = moderated.deed.puts_out()?;
            let room = room.clone();
            Some(match whom {
                OutOf::Person { target, id } => {
                    let key = id.map(standing::person_key).unwrap_or_default();
                    Change::Out { room, key, device: visit(*target).to_string() }
                }
                OutOf::All => Change::Clear { room, stay: String::new() },
            })
        }
        PutsOut::Strangers(RuleMade { room, members, stay, .. }) => {
            let stay = members.iter().chain(stay.iter().flatten());
            let stay: Vec<&str> = stay.map(|id| &**id).collect();
            Some(Change::Clear { room: room.clone(), stay: stay.join(" ") })
        }
        PutsOut::Uninvited(LetIn { room, id, .. }) => {
            let (key, device) = (standing::person_key(id), id.to_string());
            Some(Change::Out { room: room.clone(), key, device })
        }
    }
}

/// The expectation that no deed has changed what a fact depends on; `None` if it depends on
/// nothing that others do.
fn known(chat: &Chat, fact: &Fact<'_>) -> Option<Change> {
    let mut on = Subjects::default();
    match fact.row().depends {
        Depends::Nothing => return None,
        Depends::Author => (),
        Depends::Room(room) => on.room(room),
        Depends::Person(id) => on.person(id),
        Depends::Name(nick) => on.name(nick),
        Depends::Newcomer(Entered { rooms, way, nick, .. }) => {
            on.name(nick);
            // Nobody is kept out of the lobby.
            on.rooms(rooms.iter().filter(|room| ***room != *LOBBY));
            on.person(way.id().map_or("", |id| id));
        }
    }
    if let Some(author) = chat.people.get(fact.by()) {
        on.person(author.id.as_deref().unwrap_or_default());
        on.person(author.muted_as().map_or("", |id| id));
    }
    let upto = chat.journal.node()?.place.to_string();
    Some(Change::Known { subjects: on.0, upto })
}

/// The people and rooms that a fact is a deed about; `None` if it takes nothing from others.
fn deed(chat: &Chat, fact: &Fact<'_>) -> Option<Change> {
    let mut about = Subjects::default();
    match fact.row().takes {
        Takes::Nothing => return None,
        Takes::Author => {
            let author = chat.people.get(fact.by())?;
            about.person(author.id.as_ref().filter(|id| !id.is_empty())?);
        }
        Takes::Room(room) => about.room(room),
        Takes::NewRooms(rooms) => {
            about.rooms(rooms.iter().filter(|room| !chat.rooms.is_there(room)));
            if about.0.is_empty() {
                return None;
            }
        }
        Takes::Person(id) => about.person(id),
        Takes::Name(nick) => about.name(nick),
        Takes::NameIfRegistered(nick) => {
            chat.people.get(fact.by()).filter(|person| person.is_registered)?;
            about.name(nick);
        }
        Takes::Account(Registered { id, nick, .. }) => {
            about.person(id);
            about.name(nick);
        }
        Takes::Barred(whom) => about_barred(&mut about, whom),
    }
    Some(Change::Deed { subjects: about.0 })
}

/// The people who are banned or muted. Each node knows by itself which of its people are at an
/// address, so a ban of some is about everybody.
fn about_barred(about: &mut Subjects, whom: &Banned) {
    match whom {
        Banned::Person(id) | Banned::Muted(id) => about.person(id),
        Banned::Network(_) => (),
    }
}

/// The change of an operator's order: the broker keeps bans for nodes that begin later.
pub(super) fn change_of(order: &Order) -> Option<Change> {
    let network = order.whom()?.to_string();
    let until = match order {
        Order::Ban { ban, .. } => Some(ban.until_ms.unwrap_or_default().to_string()),
        Order::Unban { .. } | Order::Purge(_) | Order::Roles { .. } => None,
    };
    Some(Change::Order { network, until, order: WrittenOrder::from(order).write() })
}
