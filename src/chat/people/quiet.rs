//! People who want to see no notices of comings and goings.

use crate::chat::Cx;
use crate::chat::history::RegistrationChange;
use crate::chat::people::Person;
use crate::limits::QUIET_MAX;
use mio_socketio::SocketId;
use std::collections::HashSet;
use std::rc::Rc;

/// The ids of these people. Registered ones are in the file too, and stay when they go.
#[derive(Debug, Default)]
pub(in crate::chat) struct Quiet {
    ids: HashSet<Rc<str>>,
    /// They have been read from the file. Only this server changes them.
    has_read: bool,
}

impl Quiet {
    /// Whether a person is one of them.
    pub(in crate::chat) fn has(&self, person: &Person) -> bool {
        !self.ids.is_empty() && person.id.as_ref().is_some_and(|id| self.ids.contains(id))
    }

    /// Whether one more person can be one.
    pub(in crate::chat) fn has_place(&self) -> bool {
        self.ids.len() < QUIET_MAX
    }

    /// A guest has gone.
    pub(in crate::chat) fn forget(&mut self, person: &Person) {
        if let Some(id) = person.id.as_ref().filter(|_| !person.is_registered) {
            self.ids.remove(id);
        }
    }
}

/// Reads them from the file.
pub(in crate::chat) fn read(cx: &mut Cx<'_>) {
    if !std::mem::replace(&mut cx.state.quiet.has_read, true) {
        let ids = cx.state.history.quiet_people();
        cx.state.quiet.ids.extend(ids);
    }
}

/// Makes the person with this id one of them, or no longer; those who are registered for good.
pub(in crate::chat) fn set(cx: &mut Cx<'_>, id: &Rc<str>, is_on: bool) {
    match is_on {
        true => drop(cx.state.quiet.ids.insert(id.clone())),
        false => drop(cx.state.quiet.ids.remove(id)),
    }
    // The file has a row for registered people alone, and they need not be here.
    let here = cx.state.people.with_id(id).and_then(|socket| cx.state.people.get(socket));
    if here.is_none_or(|person| person.is_registered) {
        cx.state.history.change_registration(RegistrationChange::Quiet { id: id.clone(), is_on });
    }
}

/// The sockets of these people in a room.
pub(in crate::chat) fn in_room(cx: &Cx<'_>, key: &str) -> Vec<SocketId> {
    if cx.state.quiet.ids.is_empty() {
        return Vec::new();
    }
    let is_quiet = |socket: &SocketId| {
        cx.state.people.get(*socket).is_some_and(|person| cx.state.quiet.has(person))
    };
    cx.members(key).filter(is_quiet).collect()
}
