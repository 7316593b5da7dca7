//! The people, rooms and names on which the decision of a fact depends, and those that a deed is
//! about. A fact that was decided before its node had read of a deed is not taken into the stream:
//! it is decided once more, after the node has read of it. So nobody is heard after they were
//! banned or muted, and nothing happens in a room after its place among the facts at which it was
//! closed.
//!
//! Two functions name all facts: a new one does not compile before it says what it expects.

use super::changes::Change;
use super::entry::WrittenOrder;
use super::socket_name::SocketName;
use super::standing;
use crate::chat::Chat;
use crate::chat::fact::{Entered, Fact, Joined, Renamed, Said, TopicSet};
use crate::chat::history::{Banned, Order};
use crate::chat::names;
use crate::chat::order::{OrderFact, OutOf, PutOut, Removed};
use crate::chat::registration::{LoggedIn, Registered, RegistrationFact, Reset};
use crate::chat::rooms::LOBBY;
use crate::chat::rules::{LetIn, Rule, RuleMade, RulesFact};
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
    let all = [known(chat, fact), deed(chat, fact), closing(chat, fact, visit)];
    all.into_iter().flatten()
}

/// The people whom a deed puts out of a room: those whom `order::follow` puts out at each node.
fn closing(chat: &Chat, fact: &Fact<'_>, visit: impl Fn(SocketId) -> SocketName) -> Option<Change> {
    match fact {
        Fact::Order(fact) => {
            let PutOut { room, whom, .. } = fact.deed()?.puts_out()?;
            let room = room.clone();
            Some(match whom {
                OutOf::Person { target, id } => {
                    let key = id.map(standing::person_key).unwrap_or_default();
                    Change::Out { room, key, device: visit(*target).to_string() }
                }
                OutOf::All => Change::Clear { room, stay: String::new() },
            })
        }
        Fact::Rules(RulesFact::RuleMade(made)) if made.rule == Rule::Private(true) => {
            let RuleMade { room, members, .. } = made;
            let stay: Vec<&str> =
                chat.roles.owners_of(room).chain(members).map(|id| &**id).collect();
            Some(Change::Clear { room: room.clone(), stay: stay.join(" ") })
        }
        Fact::Rules(RulesFact::LetIn(LetIn { room, id, is_on: false, .. })) => {
            let (key, device) = (standing::person_key(id), id.to_string());
            Some(Change::Out { room: room.clone(), key, device })
        }
        _ => None,
    }
}

/// The expectation that no deed has changed what a fact depends on; `None` if it depends on
/// nothing that others do.
fn known(chat: &Chat, fact: &Fact<'_>) -> Option<Change> {
    let mut on = Subjects::default();
    match fact {
        Fact::Said(Said { room, .. })
        | Fact::TopicSet(TopicSet { room, .. })
        | Fact::Joined(Joined { room, .. })
        | Fact::Order(OrderFact::Removed(Removed { room, .. }))
        | Fact::Rules(RulesFact::RuleMade(RuleMade { room, .. }))
        | Fact::Rules(RulesFact::LetIn(LetIn { room, .. })) => on.room(room),
        Fact::Words(words) if names::is_room_key(&words.about().place) => {
            on.room(&words.about().place);
        }
        Fact::Order(fact) => on.rooms(fact.deed()?.room()),
        Fact::Entered(Entered { rooms, way, nick, .. }) => {
            on.name(nick);
            // Nobody is kept out of the lobby.
            on.rooms(rooms.iter().filter(|room| ***room != *LOBBY));
            on.person(way.id().map_or("", |id| id));
        }
        Fact::Registration(fact) => match fact {
            RegistrationFact::LoggedIn(LoggedIn { id, .. }) => on.person(id),
            RegistrationFact::Registered(Registered { nick, .. }) => on.name(nick),
            RegistrationFact::LoggedOut(_)
            | RegistrationFact::DeviceEnded(_)
            | RegistrationFact::Reset(_) => return None,
        },
        Fact::Renamed(Renamed { new, .. }) => on.name(new),
        Fact::Whispered(_) | Fact::Words(_) | Fact::InvitationMade { .. } => (),
        // They take something from the person alone, or tell what cannot be refused.
        Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Warned { .. }
        | Fact::Left { .. }
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Ignored { .. }
        | Fact::Unignored { .. }
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Quieted { .. }
        | Fact::Ordered(_) => return None,
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
    match fact {
        Fact::Rules(
            RulesFact::RuleMade(RuleMade { room, .. })
            | RulesFact::LetIn(LetIn { room, is_on: false, .. }),
        ) => about.room(room),
        Fact::Order(fact) => match fact.deed().map(|deed| (deed.room(), deed.barred()))? {
            (Some(room), _) => about.room(room),
            (None, Some(whom)) => about_barred(&mut about, whom),
            (None, None) => return None,
        },
        Fact::Ordered(Order::Ban { ban, .. }) => about_barred(&mut about, &ban.whom),
        Fact::Ordered(Order::Roles { person, .. }) => about.person(person),
        Fact::Registration(RegistrationFact::Reset(Reset { id, .. })) => about.person(id),
        // The name is nobody else's from now on.
        Fact::Registration(RegistrationFact::Registered(Registered { id, nick, .. })) => {
            about.person(id);
            about.name(nick);
        }
        Fact::Renamed(Renamed { by, new, .. }) if is_registered(chat, *by) => about.name(new),
        Fact::HookMade { hook, .. } => about.name(&hook.name),
        // Nobody comes in by a device that has ended.
        Fact::Registration(RegistrationFact::DeviceEnded(_) | RegistrationFact::LoggedOut(_))
        | Fact::Forgotten { .. } => {
            let author = chat.people.get(fact.by())?;
            about.person(author.id.as_ref().filter(|id| !id.is_empty())?);
        }
        // Nobody else begins a room that is there.
        Fact::Joined(Joined { room, .. }) if !chat.rooms.is_there(room) => about.room(room),
        Fact::Entered(Entered { rooms, .. }) => {
            about.rooms(rooms.iter().filter(|room| !chat.rooms.is_there(room)));
            return Some(about.0)
                .filter(|it| !it.is_empty())
                .map(|subjects| Change::Deed { subjects });
        }
        Fact::Joined(_)
        | Fact::Rules(RulesFact::LetIn(_))
        | Fact::Ordered(_)
        | Fact::Said(_)
        | Fact::TopicSet(_)
        | Fact::Words(_)
        | Fact::Whispered(_)
        | Fact::Renamed(_)
        | Fact::Registration(RegistrationFact::LoggedIn(_))
        | Fact::InvitationMade { .. }
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Warned { .. }
        | Fact::Left { .. }
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Ignored { .. }
        | Fact::Unignored { .. }
        | Fact::HookRemoved { .. }
        | Fact::Quieted { .. } => return None,
    }
    Some(Change::Deed { subjects: about.0 })
}

fn is_registered(chat: &Chat, by: SocketId) -> bool {
    chat.people.get(by).is_some_and(|person| person.is_registered)
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
