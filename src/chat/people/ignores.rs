//! People who ignore others. Both directions are kept: the people whom somebody ignores, for the
//! list, and the people who ignore an author, for each message. As long as nobody ignores anybody,
//! a message costs one look into an empty table.

use super::{Addressee, Away, People, Person, names};
use crate::limits::IGNORERS_AWAY_MAX;
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
    lists: HashMap<SocketId, Vec<Ignored>>,
    /// The lists of people who have gone and may come back, by their ids.
    away: HashMap<Rc<str>, Vec<Ignored>>,
    gone: VecDeque<Rc<str>>,
    /// The people who ignore somebody with this mark.
    by_mark: HashMap<Mark, Vec<SocketId>>,
    /// The people who ignore an author who is here.
    by_author: HashMap<SocketId, Vec<SocketId>>,
}

/// A person who is ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::chat) struct Ignored {
    /// Their last nick.
    pub(in crate::chat) nick: Rc<str>,
    /// A person who comes back by a token is recognised by an id alone, anybody else also by their
    /// nick.
    marks: Vec<Mark>,
}

fn mark_of(id: &str) -> Mark {
    format!("@{id}").into()
}

/// The marks by which a person is recognised.
fn marks_of(person: &Person) -> Vec<Mark> {
    let id = person.id.as_deref().map(mark_of).into_iter();
    match person.visit() {
        Some(_) => id.collect(),
        None => id.chain(names::nick_keys(&person.nick)).collect(),
    }
}

impl Ignored {
    fn has(&self, marks: &[Mark]) -> bool {
        self.marks.iter().any(|mark| marks.contains(mark))
    }
}

impl Ignores {
    /// The people who ignore this author.
    fn of(&self, author: SocketId) -> &[SocketId] {
        self.by_author.get(&author).map_or(&[], Vec::as_slice)
    }

    fn push(&mut self, me: SocketId, ignored: Ignored) {
        let list = self.lists.entry(me).or_default();
        for mark in &ignored.marks {
            self.by_mark.entry(mark.clone()).or_default().push(me);
        }
        list.push(ignored);
    }

    /// Takes one out of a list.
    fn take(&mut self, me: SocketId, is_it: impl Fn(&Ignored) -> bool) -> Option<Ignored> {
        let list = self.lists.get_mut(&me)?;
        let taken = list.remove(list.iter().position(is_it)?);
        if list.is_empty() {
            self.lists.remove(&me);
        }
        self.unmark(me, &taken);
        Some(taken)
    }

    fn unmark(&mut self, me: SocketId, ignored: &Ignored) {
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

    /// Notes the people who ignore the person at `author`, who has these marks.
    fn meet(&mut self, author: SocketId, marks: &[Mark]) {
        let ignorers = marks.iter().filter_map(|mark| self.by_mark.get(mark)).flatten();
        let mut ignorers: Vec<SocketId> = ignorers.copied().collect();
        ignorers.sort_unstable_by_key(|ignorer| ignorer.index());
        ignorers.dedup();
        match ignorers.is_empty() {
            true => drop(self.by_author.remove(&author)),
            false => drop(self.by_author.insert(author, ignorers)),
        }
    }
}

impl People {
    /// The people who ignore this author.
    pub(in crate::chat) fn ignorers(&self, author: SocketId) -> &[SocketId] {
        self.ignores.of(author)
    }

    /// The nicks of the people whom somebody ignores.
    pub(in crate::chat) fn ignored(&self, me: SocketId) -> Vec<Rc<str>> {
        let list = self.ignores.lists.get(&me).map_or(&[][..], Vec::as_slice);
        list.iter().map(|ignored| ignored.nick.clone()).collect()
    }

    /// A person in the form of an entry in a list; `None` if they have gone.
    pub(in crate::chat) fn to_ignore(&self, other: &Addressee) -> Option<Ignored> {
        match other {
            Addressee::Here(other) => {
                let person = self.by_socket.get(*other)?;
                Some(Ignored { nick: person.nick.clone(), marks: marks_of(person) })
            }
            Addressee::Away(Away { id, nick }) => {
                Some(Ignored { nick: nick.clone(), marks: vec![mark_of(id)] })
            }
        }
    }

    /// Whether the person at `me` ignores this one.
    pub(in crate::chat) fn is_ignored(&self, me: SocketId, other: &Ignored) -> bool {
        let list = self.ignores.lists.get(&me).map_or(&[][..], Vec::as_slice);
        list.iter().any(|ignored| ignored.has(&other.marks))
    }

    /// Lets the person at `me` ignore this one.
    pub(in crate::chat) fn ignore(&mut self, me: SocketId, ignored: Ignored) {
        let marks = ignored.marks.clone();
        self.ignores.push(me, ignored);
        self.heed(&marks);
    }

    /// The nick of the person called `name`, or a name that looks like it, in the list of the
    /// person at `me`.
    pub(in crate::chat) fn ignored_as(&self, me: SocketId, name: &str) -> Option<Rc<str>> {
        let keys: Vec<Mark> = names::nick_keys(name).collect();
        let is_it = |it: &&Ignored| names::nick_keys(&it.nick).any(|key| keys.contains(&key));
        let list = self.ignores.lists.get(&me)?;
        list.iter().find(is_it).map(|ignored| ignored.nick.clone())
    }

    /// Removes the person with this nick from the list of the person at `me`.
    pub(in crate::chat) fn unignore(&mut self, me: SocketId, nick: &str) {
        if let Some(ended) = self.ignores.take(me, |ignored| *ignored.nick == *nick) {
            self.heed(&ended.marks);
        }
    }

    /// Whether the person at `me` ignores the author of a message, who has the id `sender`, if it
    /// is known, and the nick `nick`.
    pub(in crate::chat) fn hides(&self, me: SocketId, sender: Option<&str>, nick: &str) -> bool {
        let Some(list) = self.ignores.lists.get(&me) else { return false };
        let marks: Vec<Mark> = match sender {
            Some(id) => vec![mark_of(id)],
            None => names::nick_keys(nick).collect(),
        };
        list.iter().any(|ignored| ignored.has(&marks))
    }

    /// Restores the list of a person who has come in, or back.
    pub(super) fn enter_ignores(&mut self, socket: SocketId) {
        if self.ignores.by_mark.is_empty() && self.ignores.away.is_empty() {
            return;
        }
        let Some(person) = self.by_socket.get(socket) else { return };
        self.ignores.meet(socket, &marks_of(person));
        for ignored in person.id.as_ref().map_or_else(Vec::new, |id| self.ignores.unpark(id)) {
            let marks = ignored.marks.clone();
            self.ignores.push(socket, ignored);
            self.heed(&marks);
        }
    }

    /// Removes a person who has gone. If they have a token, their list is kept.
    pub(super) fn leave_ignores(&mut self, socket: SocketId, person: &Person) {
        self.ignores.by_author.remove(&socket);
        let Some(list) = self.ignores.lists.remove(&socket) else { return };
        for ignored in &list {
            self.ignores.unmark(socket, ignored);
            self.heed(&ignored.marks);
        }
        if let Some(id) = person.visit().and(person.id.clone()) {
            self.ignores.park(id, list);
        }
    }

    /// The marks of somebody who is about to take another name; none if nobody ignores anybody.
    pub(super) fn marks(&self, socket: SocketId) -> Vec<Mark> {
        let person = self.get(socket).filter(|_| !self.ignores.by_mark.is_empty());
        person.map_or_else(Vec::new, marks_of)
    }

    /// A person has taken another name: the people who ignored them still do.
    pub(super) fn rename_ignored(&mut self, socket: SocketId, before: &[Mark]) {
        let Some(person) = self.by_socket.get(socket).filter(|_| !before.is_empty()) else {
            return;
        };
        let (nick, marks) = (person.nick.clone(), marks_of(person));
        for me in self.ignores.of(socket).to_vec() {
            if self.ignores.take(me, |ignored| ignored.has(before)).is_some() {
                self.ignores.push(me, Ignored { nick: nick.clone(), marks: marks.clone() });
            }
        }
        self.ignores.meet(socket, &marks);
    }

    /// Notes anew who ignores the people here with these marks.
    fn heed(&mut self, marks: &[Mark]) {
        for mark in marks {
            let author = match mark.strip_prefix('@') {
                Some(id) => self.by_id.get(id),
                None => self.by_key.get(mark),
            };
            let Some(author) = author.copied() else { continue };
            let Some(person) = self.by_socket.get(author) else { continue };
            self.ignores.meet(author, &marks_of(person));
        }
    }
}
