//! The people with whom somebody has talked by lines in private. A name may belong to
//! another person later, and nobody should write to that person without being warned. The page and
//! the terminal client warn by themselves: each private message tells them which person it is from.

use super::{People, Person, Writer, names};
use crate::limits::PRIVATE_PEOPLE_KNOWN_MAX;
use mio_socketio::SocketId;
use std::collections::VecDeque;
use std::rc::Rc;

/// The people whom somebody knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    wrote_last: Option<Writer>,
    /// The people with whom they have talked, the last one at the end.
    people: VecDeque<Acquaintance>,
    /// The id by which they were muted at this device before they logged in or out.
    muted_as: Option<Rc<str>>,
}

#[derive(Debug)]
struct Acquaintance {
    /// The keys by which names are compared.
    keys: Vec<Box<str>>,
    id: Rc<str>,
}

impl Known {
    /// The index of the acquaintance whose name has one of these keys.
    fn position(&self, keys: &[Box<str>]) -> Option<usize> {
        self.people.iter().position(|it| it.keys.iter().any(|key| keys.contains(key)))
    }

    /// Whether this nick is known as that of a person with another id.
    fn knows_another(&self, nick: &str, id: &Rc<str>) -> bool {
        let keys: Vec<Box<str>> = names::nick_keys(nick).collect();
        let known = self.position(&keys).and_then(|at| self.people.get(at));
        known.is_some_and(|known| known.id != *id)
    }

    /// From here on this nick is known as that of the person with this id.
    fn meet(&mut self, nick: &str, id: &Rc<str>) {
        let keys: Vec<Box<str>> = names::nick_keys(nick).collect();
        if let Some(at) = self.position(&keys) {
            self.people.remove(at);
        }
        self.people.push_back(Acquaintance { keys, id: id.clone() });
        if self.people.len() > PRIVATE_PEOPLE_KNOWN_MAX {
            self.people.pop_front();
        }
    }
}

impl Person {
    /// The id by which they were muted at their device before they logged in or out.
    pub(in crate::chat) fn muted_as(&self) -> Option<&Rc<str>> {
        self.known.as_ref()?.muted_as.as_ref()
    }
}

impl People {
    /// The mute of the person with this id is one of the person at `socket` too.
    pub(in crate::chat) fn keep_mute(&mut self, socket: SocketId, id: Rc<str>) {
        if let Some(person) = self.get_mut(socket) {
            person.known.get_or_insert_default().muted_as = Some(id);
        }
    }

    /// Whether the person at `me` has talked in private with somebody called `nick` who has another
    /// id than this.
    pub(in crate::chat) fn knows_another(&self, me: SocketId, nick: &str, id: &Rc<str>) -> bool {
        let known = self.get(me).and_then(|person| person.known.as_ref());
        let known = known.filter(|_| self.needs_warnings(me));
        known.is_some_and(|known| known.knows_another(nick, id))
    }

    /// Whether the server warns the person at `me` at any of their devices.
    fn needs_warnings(&self, me: SocketId) -> bool {
        let mut devices = self.devices(me).filter_map(|socket| self.device(socket));
        devices.any(|device| device.interface.needs_warnings())
    }

    /// Notes that the person at `me` talks in private with the person who has this id and nick.
    pub(in crate::chat) fn meet(&mut self, me: SocketId, nick: &str, id: &Rc<str>) {
        if self.needs_warnings(me)
            && let Some(person) = self.get_mut(me)
        {
            person.known.get_or_insert_default().meet(nick, id);
        }
    }

    /// Notes the last person who wrote to the person at `me`, for a reply.
    pub(in crate::chat) fn wrote(&mut self, me: SocketId, writer: Writer) {
        if let Some(person) = self.get_mut(me) {
            person.known.get_or_insert_default().wrote_last = Some(writer);
        }
    }

    /// The last person who wrote to the person at `me`.
    pub(in crate::chat) fn wrote_last(&self, me: SocketId) -> Option<Writer> {
        self.get(me)?.known.as_ref()?.wrote_last.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a meeting is with a different person than before.
    fn is_another(known: &mut Known, nick: &str, id: &Rc<str>) -> bool {
        let is_another = known.knows_another(nick, id);
        known.meet(nick, id);
        is_another
    }

    #[test]
    fn a_name_that_another_bears_is_told_of_once() {
        let mut known = Known::default();
        let mut meets = |nick: &str, id: &Rc<str>| is_another(&mut known, nick, id);
        let (one, other) = (Rc::from("1"), Rc::from("2"));
        assert!(!meets("bob", &one) && !meets("BOB", &one));
        assert!(meets("Bob", &other) && !meets("bob", &other));
        assert!(meets("b0b", &one) && !meets("rob", &one));
    }

    #[test]
    fn the_last_few_are_known() {
        let mut known = Known::default();
        for number in 0..=PRIVATE_PEOPLE_KNOWN_MAX {
            known.meet(&format!("name{number}"), &Rc::from("1"));
        }
        assert_eq!(known.people.len(), PRIVATE_PEOPLE_KNOWN_MAX);
        assert!(!is_another(&mut known, "name0", &Rc::from("2")));
        assert!(is_another(&mut known, "name2", &Rc::from("2")));
    }
}
