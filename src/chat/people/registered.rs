//! Registered people among those who are here.

use super::{People, Person};
use crate::chat::history::KeptPerson;
use mio_socketio::SocketId;
use std::rc::Rc;

impl Person {
    /// Makes them the registered person with this id.
    pub(in crate::chat) fn register(&mut self, id: Rc<str>) {
        (self.id, self.is_registered) = (Some(id), true);
        if let Some(visit) = self.visit_mut() {
            visit.record = visit.record.clone().registered();
            visit.passing = false;
        }
    }

    /// Makes them another person, with this record if they can come back.
    pub(in crate::chat) fn change(
        &mut self,
        nick: Rc<str>,
        id: Rc<str>,
        record: Option<KeptPerson>,
    ) {
        (self.nick, self.id) = (nick, Some(id));
        if let (Some(visit), Some(record)) = (self.visit_mut(), record) {
            visit.record = record;
            visit.passing = false;
        }
    }
}

impl People {
    /// The socket of the person with this id.
    pub(in crate::chat) fn with_id(&self, id: &str) -> Option<SocketId> {
        self.by_id.get(id).copied()
    }
}
