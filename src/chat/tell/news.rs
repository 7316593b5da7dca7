//! The news of a fact about the members of rooms, for the other members. A person is in a room as
//! long as one of their devices is, so others hear of the first device that comes and the last one
//! that goes.

use crate::chat::fact::{Departed, Entered, Fact, Joined, Renamed};
use crate::chat::interfaces;
use crate::chat::registration::{LoggedIn, LoggedOut, RegistrationFact};
use crate::chat::tell::Change;
use crate::chat::{Cx, rooms};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The changes in rooms that a fact brings, before it is applied.
pub(in crate::chat) fn news(cx: &Cx<'_>, fact: &Fact<'_>) -> Vec<(Rc<str>, Change)> {
    let mut news = Vec::new();
    match fact {
        Fact::Entered(Entered { nick, rooms, way, .. }) => {
            let here = way.of_a_person().and_then(|id| cx.state.people.with_id(id));
            // The rooms of a person who is here, or the nick, may be others than the newcomer knew.
            let (rooms, nick) = match here {
                Some(here) => {
                    let rooms = rooms::entered(cx, here, way.interface, rooms);
                    (rooms, rooms::nick_of(cx, here))
                }
                None => (rooms.clone(), Some(nick.clone())),
            };
            let is_new = |room: &Rc<str>| here.is_none_or(|here| !rooms::has(cx, here, room));
            let joined = rooms.into_iter().filter(is_new).zip(std::iter::repeat(nick));
            news.extend(joined.filter_map(|(room, nick)| Some((room, Change::Joined(nick?)))));
        }
        Fact::Departed(Departed { by, nick, rooms, .. }) => {
            let left = rooms.iter().filter(|room| !rooms::has_other(cx, *by, room));
            news.extend(left.map(|room| (room.clone(), Change::Left(nick.clone()))));
        }
        Fact::Joined(Joined { by, nick, room, from, .. }) => {
            let left = from.iter().filter(|from| !rooms::has_other(cx, *by, from));
            news.extend(left.map(|from| (from.clone(), Change::Left(nick.clone()))));
            if !rooms::has(cx, *by, room) {
                news.push((room.clone(), Change::Joined(nick.clone())));
            }
        }
        Fact::Left { by, nick, room } if rooms::has(cx, *by, room) => {
            news.push((room.clone(), Change::Left(nick.clone())));
        }
        Fact::Renamed(Renamed { old, new, rooms, .. }) => {
            let renamed = || Change::Renamed { old: old.clone(), new: new.clone() };
            news.extend(rooms.iter().map(|room| (room.clone(), renamed())));
        }
        Fact::Registration(fact) => of_another(cx, &mut news, fact),
        // They leave everybody in their rooms, under their names. Who is removed from a room is
        // told in a way of its own.
        Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Said(_)
        | Fact::Whispered(_)
        | Fact::Warned { .. }
        | Fact::Rules(_)
        | Fact::Words(_)
        | Fact::TopicSet(_)
        | Fact::Left { .. }
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Expelled { .. }
        | Fact::Personal(_)
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Order(_)
        | Fact::Ordered(_) => (),
    }
    news
}

fn of_another(cx: &Cx<'_>, news: &mut Vec<(Rc<str>, Change)>, fact: &RegistrationFact<'_>) {
    match fact {
        RegistrationFact::LoggedIn(LoggedIn { by, id, old, new, rooms, .. }) => {
            let other = cx.state.people.with_id(id).filter(|it| !cx.state.people.is_same(*it, *by));
            became(cx, news, (*by, other), (old, new), rooms);
        }
        RegistrationFact::LoggedOut(LoggedOut { by, old, new, rooms, .. }) => {
            became(cx, news, (*by, None), (old, new), rooms);
        }
        RegistrationFact::Registered(_)
        | RegistrationFact::DeviceEnded(_)
        | RegistrationFact::Reset(_) => (),
    }
}

/// The device at `by` becomes that of another person, who may be here already by `other`: others
/// see that one come where they were not, and the former one go where no device of theirs stays.
fn became(
    cx: &Cx<'_>,
    news: &mut Vec<(Rc<str>, Change)>,
    (by, other): (SocketId, Option<SocketId>),
    (old, new): (&Rc<str>, &Rc<str>),
    rooms: &[Rc<str>],
) {
    for room in rooms {
        let stays = rooms::has_other(cx, by, room);
        let was_there = other.is_some_and(|other| rooms::has(cx, other, room));
        let change = match (stays, was_there) {
            (false, false) => Change::Renamed { old: old.clone(), new: new.clone() },
            (false, true) => Change::Left(old.clone()),
            (true, false) => Change::Joined(new.clone()),
            (true, true) => continue,
        };
        news.push((room.clone(), change));
    }
}

/// Tells the members of rooms, except the person at `about`.
pub(in crate::chat) fn tell(cx: &mut Cx<'_>, about: SocketId, news: Vec<(Rc<str>, Change)>) {
    for (room, change) in news {
        for interface in interfaces::all() {
            interface.tell_change(cx, &room, about, &change);
        }
    }
}
