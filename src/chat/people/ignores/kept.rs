//! The lists of registered people, which are in the file. They outlast the person's absence and the
//! server, and each server of the chat has them.

use super::{Ignored, Mark, marks_of};
use crate::chat::Cx;
use crate::chat::history::RegistrationChange;
use crate::chat::people::People;
use crate::limits::{IGNORED_MARK_BYTES_MAX, IGNORED_MARKS_MAX};
use mio_socketio::SocketId;
use std::rc::Rc;

impl Ignored {
    /// The mark by which the file knows the entry: an id, because everybody who is ignored has one.
    pub(in crate::chat) fn whom(&self) -> &str {
        self.marks.first().map_or("", |mark| mark)
    }

    /// Whether a server can have made it.
    pub(in crate::chat) fn is_possible(&self) -> bool {
        let is_mark = |mark: &Mark| (1..=IGNORED_MARK_BYTES_MAX).contains(&mark.len());
        self.marks.len() <= IGNORED_MARKS_MAX && self.marks.iter().all(is_mark)
    }
}

impl People {
    /// The person of an entry under the nick that they have now.
    fn as_now(&self, ignored: Ignored) -> Ignored {
        let id = ignored.whom().strip_prefix('@');
        let person = id.and_then(|id| self.get(self.with_id(id)?));
        person.map_or(ignored, |person| Ignored {
            nick: person.nick.clone(),
            marks: marks_of(person),
        })
    }

    /// The device at `by`, or if that has gone, another one of the person with this id.
    fn still(&self, by: SocketId, id: Option<&Rc<str>>) -> Option<SocketId> {
        let here = self.get(by).map(|_| by);
        here.or_else(|| self.with_id(id?))
    }
}

/// A person ignores another one from now on. `id` is theirs if they are registered.
pub(in crate::chat) fn ignore(
    cx: &mut Cx<'_>,
    by: SocketId,
    id: Option<&Rc<str>>,
    ignored: &Ignored,
) {
    change(cx, by, id, |people, me| people.ignore(me, ignored.clone()));
    if let Some(id) = id {
        keep(cx, id, ignored);
    }
}

/// A person no longer ignores the person with this nick, whom the file knows by the mark `whom`.
pub(in crate::chat) fn unignore(
    cx: &mut Cx<'_>,
    by: SocketId,
    id: Option<&Rc<str>>,
    (nick, whom): (&str, &str),
) {
    change(cx, by, id, |people, me| people.unignore(me, nick));
    if let Some(id) = id {
        let (id, whom, entry) = (id.clone(), whom.into(), None);
        cx.state.history.change_registration(RegistrationChange::Ignored { id, whom, entry });
    }
}

/// Changes the list of a person who is here. That of one who is not is only in the file.
fn change(
    cx: &mut Cx<'_>,
    by: SocketId,
    id: Option<&Rc<str>>,
    change: impl FnOnce(&mut People, SocketId),
) {
    let people = &mut cx.state.people;
    match people.still(by, id) {
        Some(me) => change(people, me),
        None => drop(id.map(|id| people.ignores.unpark(id))),
    }
}

/// Keeps an entry of the list of the registered person with this id.
pub(in crate::chat) fn keep(cx: &mut Cx<'_>, id: &Rc<str>, ignored: &Ignored) {
    let Ok(entry) = serde_json::to_string(ignored) else { return };
    let (id, whom, entry) = (id.clone(), ignored.whom().into(), Some(entry));
    cx.state.history.change_registration(RegistrationChange::Ignored { id, whom, entry });
}

/// Reads the list of a registered person who has come in, or who has logged in.
pub(in crate::chat) fn restore(cx: &mut Cx<'_>, socket: SocketId) {
    let people = &cx.state.people;
    let person = people.get(socket).filter(|person| person.is_registered);
    let Some(id) = person.and_then(|person| person.id.clone()) else { return };
    if !people.ignores_of(socket).is_empty() {
        return;
    }
    for entry in cx.state.history.ignored(&id) {
        if let Ok(ignored) = serde_json::from_str(&entry) {
            let ignored = cx.state.people.as_now(ignored);
            cx.state.people.ignore(socket, ignored);
        }
    }
}
