//! With whom somebody at the line door has talked in private: what they call by a name may be
//! another person later, and that is not to happen without a word. The page and the terminal client
//! see to it themselves, by what each private message says of a person.

use super::{Door, People, Writer, names};
use crate::limits::PRIVATE_PEOPLE_KNOWN_MAX;
use mio_socketio::SocketId;
use std::collections::VecDeque;
use std::rc::Rc;

/// Whom somebody knows.
#[derive(Debug, Default)]
pub(super) struct Known {
    wrote_last: Option<Writer>,
    /// Those with whom they have talked, the last one at the end.
    people: VecDeque<Acquaintance>,
}

#[derive(Debug)]
struct Acquaintance {
    /// What their name is compared by.
    keys: Vec<Box<str>>,
    id: Rc<str>,
}

impl Known {
    /// Whether somebody else was called so before; from here on it is this one.
    fn meet(&mut self, nick: &str, id: &Rc<str>) -> bool {
        let keys: Vec<Box<str>> = names::nick_keys(nick).collect();
        let is_so_called = |it: &Acquaintance| it.keys.iter().any(|key| keys.contains(key));
        let before = self.people.iter().position(is_so_called);
        let before = before.and_then(|at| self.people.remove(at));
        self.people.push_back(Acquaintance { keys, id: id.clone() });
        if self.people.len() > PRIVATE_PEOPLE_KNOWN_MAX {
            self.people.pop_front();
        }
        before.is_some_and(|before| before.id != *id)
    }
}

impl People {
    /// The one at `me` talks in private with the one with this id, who is called `nick`. Whether
    /// that is somebody else than the one of that name with whom they have talked before; the next
    /// time it is not.
    pub(in crate::chat) fn meet(&mut self, me: SocketId, nick: &str, id: &Rc<str>) -> bool {
        let person = self.get_mut(me).filter(|person| matches!(person.door, Door::Lines));
        person.is_some_and(|person| person.known.get_or_insert_default().meet(nick, id))
    }

    /// Somebody has written to the one at `me`, who can reply.
    pub(in crate::chat) fn wrote(&mut self, me: SocketId, writer: Writer) {
        if let Some(person) = self.get_mut(me) {
            person.known.get_or_insert_default().wrote_last = Some(writer);
        }
    }

    /// Who has written last to the one at `me`.
    pub(in crate::chat) fn wrote_last(&self, me: SocketId) -> Option<Writer> {
        self.get(me)?.known.as_ref()?.wrote_last.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_another_bears_is_told_of_once() {
        let mut known = Known::default();
        let (one, other) = (Rc::from("1"), Rc::from("2"));
        assert!(!known.meet("bob", &one) && !known.meet("BOB", &one));
        assert!(known.meet("Bob", &other) && !known.meet("bob", &other));
        assert!(known.meet("b0b", &one) && !known.meet("rob", &one));
    }

    #[test]
    fn the_last_few_are_known() {
        let mut known = Known::default();
        for number in 0..=PRIVATE_PEOPLE_KNOWN_MAX {
            known.meet(&format!("name{number}"), &Rc::from("1"));
        }
        assert_eq!(known.people.len(), PRIVATE_PEOPLE_KNOWN_MAX);
        assert!(!known.meet("name0", &Rc::from("2")));
        assert!(known.meet("name2", &Rc::from("2")));
    }
}
