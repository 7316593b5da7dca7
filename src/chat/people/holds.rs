//! Names that are held for a while for the people who had them. A person who has gone may come
//! back, and a message to somebody who has taken another name is not for the next one to take the
//! old name.

use super::Away;
use crate::chat::names;
use crate::limits::{NAMES_HELD_MAX, NAMES_HELD_PER_PERSON_MAX, NICK_HELD_MS};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// The names that are held.
#[derive(Debug, Default)]
pub(in crate::chat) struct Holds {
    by_key: HashMap<Box<str>, Held>,
    /// The nicks that are held for one person, the oldest first.
    by_id: HashMap<Rc<str>, VecDeque<Rc<str>>>,
    /// All holds, roughly in the order in which they end, and some that have been released.
    order: VecDeque<Held>,
    /// The number of all holds so far.
    count: u64,
}

/// The person for whom a nick is held, and the end of the hold.
#[derive(Debug, Clone)]
struct Held {
    away: Away,
    until_ms: u64,
    /// Its number among all that there have been.
    serial: u64,
}

impl Holds {
    /// Holds a nick for the person with this id from `now_ms` on. If there are too many for one
    /// person, or in all, the oldest ends.
    ///
    /// Returns the ids of the people for whom nothing is held any more.
    pub(in crate::chat) fn hold(
        &mut self,
        now_ms: u64,
        id: &Rc<str>,
        nick: &Rc<str>,
    ) -> Vec<Rc<str>> {
        let mut ended = Vec::new();
        while let Some(over) = self.order.pop_front_if(|held| held.until_ms <= now_ms) {
            ended.extend(self.end(&over));
        }
        self.release(id, nick);
        let away = Away { id: id.clone(), nick: nick.clone() };
        self.count += 1;
        let held = Held { away, until_ms: now_ms + NICK_HELD_MS, serial: self.count };
        for key in names::nick_keys(nick) {
            self.by_key.insert(key, held.clone());
        }
        self.order.push_back(held);
        let nicks = self.by_id.entry(id.clone()).or_default();
        nicks.push_back(nick.clone());
        if nicks.len() > NAMES_HELD_PER_PERSON_MAX
            && let Some(oldest) = nicks.front().cloned()
        {
            self.release(id, &oldest);
        }
        if self.order.len() > NAMES_HELD_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            ended.extend(self.end(&oldest));
        }
        ended
    }

    /// The person for whom this nick, or what looks like it, is held.
    pub(in crate::chat) fn get(&self, now_ms: u64, nick: &str) -> Option<&Away> {
        names::nick_keys(nick).find_map(|key| self.by_key(now_ms, &key))
    }

    /// The person for whom nicks with this key are held.
    pub(in crate::chat) fn by_key(&self, now_ms: u64, key: &str) -> Option<&Away> {
        let held = self.by_key.get(key).filter(|held| held.until_ms > now_ms);
        held.map(|held| &held.away)
    }

    /// The last nick that is held for the person with this id.
    pub(in crate::chat) fn of(&self, now_ms: u64, id: &str) -> Option<&Away> {
        self.get(now_ms, self.by_id.get(id)?.back()?).filter(|away| *away.id == *id)
    }

    /// Ends the hold on a nick for the person with this id.
    pub(in crate::chat) fn release(&mut self, id: &Rc<str>, nick: &str) {
        for key in names::nick_keys(nick) {
            if self.by_key.get(&key).is_some_and(|held| held.away.id == *id) {
                self.by_key.remove(&key);
            }
        }
        if let Some(nicks) = self.by_id.get_mut(id) {
            nicks.retain(|other| **other != *nick);
            if nicks.is_empty() {
                self.by_id.remove(id);
            }
        }
    }

    /// Ends all holds for the person with this id, who will not come back.
    pub(in crate::chat) fn release_all(&mut self, id: &Rc<str>) {
        while let Some(nick) = self.by_id.get(id).and_then(|nicks| nicks.front().cloned()) {
            self.release(id, &nick);
        }
    }

    /// Ends a hold, unless it has been released or begun anew since. Returns the id of its person
    /// if nothing else is held for them.
    fn end(&mut self, held: &Held) -> Option<Rc<str>> {
        let Away { id, nick } = &held.away;
        let is_it =
            |key: Box<str>| self.by_key.get(&key).is_some_and(|it| it.serial == held.serial);
        if names::nick_keys(nick).any(is_it) {
            self.release(id, nick);
        }
        (!self.by_id.contains_key(id)).then(|| id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rc(text: &str) -> Rc<str> {
        Rc::from(text)
    }

    #[test]
    fn a_name_is_kept_for_its_time() {
        let mut holds = Holds::default();
        holds.hold(0, &rc("a"), &rc("alice"));
        holds.hold(10, &rc("b"), &rc("bob"));
        let id = |away: Option<&Away>| away.map(|away| away.id.to_string());
        assert_eq!(id(holds.get(NICK_HELD_MS - 1, "ALICE")), Some("a".to_owned()));
        assert_eq!(id(holds.get(NICK_HELD_MS, "alice")), None);
        // A name that is held again is held for longer.
        holds.hold(100, &rc("a"), &rc("alice"));
        holds.hold(NICK_HELD_MS + 50, &rc("c"), &rc("carol"));
        assert_eq!(id(holds.get(NICK_HELD_MS + 50, "alice")), Some("a".to_owned()));
        assert_eq!(holds.by_key.len(), 2);
        assert_eq!(id(holds.of(NICK_HELD_MS + 50, "b")), None);
        holds.release(&rc("c"), "alice");
        assert!(holds.get(NICK_HELD_MS + 50, "alice").is_some());
        holds.release_all(&rc("a"));
        holds.release_all(&rc("c"));
        assert!(holds.by_key.is_empty() && holds.by_id.is_empty());
    }

    #[test]
    fn one_person_holds_the_last_few() {
        let mut holds = Holds::default();
        let id = rc("a");
        for number in 0..100 {
            holds.hold(number, &id, &Rc::from(format!("name{number}")));
        }
        let held = (0..100).filter(|it| holds.get(200, &format!("name{it}")).is_some());
        let last: Vec<u64> = (100 - NAMES_HELD_PER_PERSON_MAX as u64..100).collect();
        assert_eq!(held.collect::<Vec<_>>(), last);
        assert_eq!(holds.of(200, "a").map(|away| &*away.nick), Some("name99"));
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let mut holds = Holds::default();
        let count = NAMES_HELD_MAX + 1_000;
        for number in 0..count {
            let (id, nick) = (format!("id{number}"), format!("name{number}"));
            holds.hold(1, &Rc::from(id), &Rc::from(nick));
        }
        assert_eq!(holds.order.len(), NAMES_HELD_MAX);
        assert_eq!((holds.by_id.len(), holds.by_key.len()), (NAMES_HELD_MAX, NAMES_HELD_MAX));
        assert!(holds.get(1, "name999").is_none() && holds.get(1, "name1000").is_some());
        // A person who comes and goes does not fill the table.
        for now_ms in 0..2 * NAMES_HELD_MAX as u64 {
            holds.hold(now_ms % 1_000 + 2, &rc("me"), &rc("alice"));
        }
        assert!(holds.order.len() <= NAMES_HELD_MAX && holds.by_key.len() <= NAMES_HELD_MAX);
        assert!(holds.get(1_000, "alice").is_some());
    }
}
