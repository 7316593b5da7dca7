//! People who ignore others. Both directions are kept: the people whom somebody ignores, for the
//! list, and the people who ignore an author, for each message. As long as nobody ignores anybody,
//! a message costs one look into an empty table.

mod kept;

use super::{Addressee, Away, People, Person, PersonKey, names};
use crate::limits::IGNORERS_AWAY_MAX;
pub(in crate::chat) use kept::{ignore, keep, restore, unignore};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// A mark by which somebody is recognised: an id with `@` before it, or a key of a nick.
pub(super) type Mark = Box<str>;

/// Everyone who ignores somebody, and everyone who is ignored.
#[derive(Debug, Default)]
pub(super) struct Ignores {
    /// The lists of the people who are here.
    lists: HashMap<PersonKey, Vec<Ignored>>,
    /// The lists of people who have gone and may come back, by their ids.
    away: HashMap<Rc<str>, Vec<Ignored>>,
    gone: VecDeque<Rc<str>>,
    /// The people who ignore somebody with this mark.
    by_mark: HashMap<Mark, Vec<PersonKey>>,
    /// The people who ignore an author who is here.
    by_author: HashMap<PersonKey, Vec<PersonKey>>,
}

/// A person who is ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::chat) struct Ignored {
    /// Their last nick.
    pub(in crate::chat) nick: Rc<str>,
    /// A person who comes back by a token or a password is recognised by an id alone, anybody else
    /// also by their nick. The first one is the id.
    marks: Vec<Mark>,
}

fn mark_of(id: &str) -> Mark {
    format!("@{id}").into()
}

/// The marks by which a person is recognised.
fn marks_of(person: &Person) -> Vec<Mark> {
    let id = person.id.as_deref().map(mark_of).into_iter();
    match person.record.is_some() || person.is_registered {
        true => id.collect(),
        false => id.chain(names::nick_keys(&person.nick)).collect(),
    }
}

impl Ignored {
    fn has(&self, marks: &[Mark]) -> bool {
        self.marks.iter().any(|mark| marks.contains(mark))
    }
}

impl Ignores {
    /// The people who ignore this author.
    fn of(&self, author: PersonKey) -> &[PersonKey] {
        self.by_author.get(&author).map_or(&[], Vec::as_slice)
    }

    fn push(&mut self, me: PersonKey, ignored: Ignored) {
        let list = self.lists.entry(me).or_default();
        for mark in &ignored.marks {
            self.by_mark.entry(mark.clone()).or_default().push(me);
        }
        list.push(ignored);
    }

    /// Takes one out of a list.
    fn take(&mut self, me: PersonKey, is_it: impl Fn(&Ignored) -> bool) -> Option<Ignored> {
        let list = self.lists.get_mut(&me)?;
        let taken = list.remove(list.iter().position(is_it)?);
        if list.is_empty() {
            self.lists.remove(&me);
        }
        self.unmark(me, &taken);
        Some(taken)
    }

    fn unmark(&mut self, me: PersonKey, ignored: &Ignored) {
        for mark in &ignored.marks {
            let Some(ignorers) = self.by_mark.get_mut(mark) else { continue };
            if let Some(at) = ignorers.iter().position(|ignorer| *ignorer == me) {
                ignorers.swap_remove(at);
            }
            if ignorers.is_empty() {
                self.by_mark.remove(mark);
            }
        }
    }

    /// Keeps the list of a person who goes and may come back.
    fn park(&mut self, id: Rc<str>, list: Vec<Ignored>) {
        if self.away.insert(id.clone(), list).is_none() {
            self.gone.push_back(id);
        }
        if self.gone.len() > IGNORERS_AWAY_MAX
            && let Some(first) = self.gone.pop_front()
        {
            self.away.remove(&first);
        }
    }

    fn unpark(&mut self, id: &str) -> Vec<Ignored> {
        let list = self.away.remove(id);
        if list.is_some() {
            self.gone.retain(|gone| **gone != *id);
        }
        list.unwrap_or_default()
    }

    /// Notes the people who ignore `author`, who has these marks.
    fn meet(&mut self, author: PersonKey, marks: &[Mark]) {
        let ignorers = marks.iter().filter_map(|mark| self.by_mark.get(mark)).flatten();
        let mut ignorers: Vec<PersonKey> = ignorers.copied().collect();
        ignorers.sort_unstable();
        ignorers.dedup();
        match ignorers.is_empty() {
            true => drop(self.by_author.remove(&author)),
            false => drop(self.by_author.insert(author, ignorers)),
        }
    }
}

impl People {
    /// The devices of the people who ignore the person at `author`.
    pub(in crate::chat) fn ignorers(&self, author: SocketId) -> Vec<SocketId> {
        if self.ignores.by_author.is_empty() {
            return Vec::new();
        }
        let ignorers = self.key_of(author).map_or(&[][..], |author| self.ignores.of(author));
        let people = ignorers.iter().filter_map(|ignorer| self.person(*ignorer));
        people.flat_map(|person| person.devices.iter()).collect()
    }

    /// The list of the person at `me`.
    fn ignores_of(&self, me: SocketId) -> &[Ignored] {
        let list = self.key_of(me).and_then(|me| self.ignores.lists.get(&me));
        list.map_or(&[], Vec::as_slice)
    }

    /// The whole list of the person at `me`.
    pub(in crate::chat) fn all_ignored(&self, me: SocketId) -> Vec<Ignored> {
        self.ignores_of(me).to_vec()
    }

    /// The nicks of the people whom somebody ignores.
    pub(in crate::chat) fn ignored(&self, me: SocketId) -> Vec<Rc<str>> {
        self.ignores_of(me).iter().map(|ignored| ignored.nick.clone()).collect()
    }

    /// A person in the form of an entry in a list; `None` if they have gone.
    pub(in crate::chat) fn to_ignore(&self, other: &Addressee) -> Option<Ignored> {
        match other {
            Addressee::Here(other) => {
                let person = self.get(*other)?;
                Some(Ignored { nick: person.nick.clone(), marks: marks_of(person) })
            }
            Addressee::Away(Away { id, nick }) => {
                Some(Ignored { nick: nick.clone(), marks: vec![mark_of(id)] })
            }
        }
    }

    /// Whether the person at `me` ignores this one.
    pub(in crate::chat) fn is_ignored(&self, me: SocketId, other: &Ignored) -> bool {
        self.ignores_of(me).iter().any(|ignored| ignored.has(&other.marks))
    }

    /// Lets the person at `me` ignore this one.
    pub(in crate::chat) fn ignore(&mut self, me: SocketId, ignored: Ignored) {
        let Some(me) = self.key_of(me) else { return };
        let marks = ignored.marks.clone();
        self.ignores.push(me, ignored);
        self.heed(&marks);
    }

    /// The person called `name`, or a name that looks like it, in the list of the person at `me`.
    pub(in crate::chat) fn ignored_as(&self, me: SocketId, name: &str) -> Option<&Ignored> {
        let keys: Vec<Mark> = names::nick_keys(name).collect();
        let is_it = |it: &&Ignored| names::nick_keys(&it.nick).any(|key| keys.contains(&key));
        self.ignores_of(me).iter().find(is_it)
    }

    /// Removes the person with this nick from the list of the person at `me`.
    pub(in crate::chat) fn unignore(&mut self, me: SocketId, nick: &str) {
        let Some(me) = self.key_of(me) else { return };
        if let Some(ended) = self.ignores.take(me, |ignored| *ignored.nick == *nick) {
            self.heed(&ended.marks);
        }
    }

    /// Whether the person at `me` ignores the author of a message, who has the id `sender`, if it
    /// is known, and the nick `nick`.
    pub(in crate::chat) fn hides(&self, me: SocketId, sender: Option<&str>, nick: &str) -> bool {
        let list = self.ignores_of(me);
        if list.is_empty() {
            return false;
        }
        let marks: Vec<Mark> = match sender {
            Some(id) => vec![mark_of(id)],
            None => names::nick_keys(nick).collect(),
        };
        list.iter().any(|ignored| ignored.has(&marks))
    }

    /// Restores the list of a person who has come in, or back.
    pub(super) fn enter_ignores(&mut self, key: PersonKey) {
        if self.ignores.by_mark.is_empty() && self.ignores.away.is_empty() {
            return;
        }
        let Some(person) = self.person(key) else { return };
        let (id, marks) = (person.id.clone(), marks_of(person));
        self.ignores.meet(key, &marks);
        for ignored in id.as_ref().map_or_else(Vec::new, |id| self.ignores.unpark(id)) {
            let marks = ignored.marks.clone();
            self.ignores.push(key, ignored);
            self.heed(&marks);
        }
    }

    /// Removes a person who has gone. If they have a token or are registered, their list is kept.
    pub(super) fn leave_ignores(&mut self, key: PersonKey) {
        self.ignores.by_author.remove(&key);
        let Some(list) = self.ignores.lists.remove(&key) else { return };
        for ignored in &list {
            self.ignores.unmark(key, ignored);
            self.heed(&ignored.marks);
        }
        let person = self.person(key).filter(|it| it.record.is_some() || it.is_registered);
        if let Some(id) = person.and_then(|person| person.id.clone()) {
            self.ignores.park(id, list);
        }
    }

    /// The marks of somebody who is about to take another name; none if nobody ignores anybody.
    pub(super) fn marks(&self, key: PersonKey) -> Vec<Mark> {
        let person = self.person(key).filter(|_| !self.ignores.by_mark.is_empty());
        person.map_or_else(Vec::new, marks_of)
    }

    /// A person has taken another name: the people who ignored them still do.
    pub(super) fn rename_ignored(&mut self, key: PersonKey, before: &[Mark]) {
        let Some(person) = self.person(key).filter(|_| !before.is_empty()) else { return };
        let (nick, marks) = (person.nick.clone(), marks_of(person));
        for me in self.ignores.of(key).to_vec() {
            if self.ignores.take(me, |ignored| ignored.has(before)).is_some() {
                self.ignores.push(me, Ignored { nick: nick.clone(), marks: marks.clone() });
            }
        }
        self.ignores.meet(key, &marks);
    }

    /// Notes anew who ignores the people here with these marks.
    fn heed(&mut self, marks: &[Mark]) {
        for mark in marks {
            let author = match mark.strip_prefix('@') {
                Some(id) => self.by_id.get(id),
                None => self.by_key.get(mark),
            };
            let Some(author) = author.copied() else { continue };
            let Some(person) = self.person(author) else { continue };
            self.ignores.meet(author, &marks_of(person));
        }
    }
}
