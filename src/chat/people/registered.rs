//! Registered people among those who are here.

use super::People;
use crate::chat::history::{KeptPerson, Token};
use mio_socketio::SocketId;
use std::rc::Rc;

impl People {
    /// Makes the person at `socket` the registered person with this id.
    pub(in crate::chat) fn register(&mut self, socket: SocketId, id: Rc<str>) {
        let token = self.record(socket).map(|record| record.token);
        if let Some(token) = token {
            self.give_devices(socket, token);
        }
        self.change(socket, |person| {
            (person.id, person.is_registered) = (Some(id), true);
            if let Some(record) = &mut person.record {
                **record = (**record).clone().registered();
                person.passing = false;
            }
        });
    }

    /// All devices of the person at `socket` have this token.
    fn give_devices(&mut self, socket: SocketId, token: Token) {
        let devices: Vec<SocketId> = self.devices(socket).collect();
        for device in devices {
            if let Some(visit) = self.visit_mut(device) {
                visit.token = token;
            }
        }
    }

    /// Makes the person at `socket` another person, with this record if they can come back.
    pub(in crate::chat) fn become_another(
        &mut self,
        socket: SocketId,
        (nick, id): (Rc<str>, Rc<str>),
        is_registered: bool,
        record: Option<KeptPerson>,
    ) {
        if let Some(record) = &record {
            self.give_devices(socket, record.token);
        }
        self.change(socket, |person| {
            (person.nick, person.id, person.is_registered) = (nick, Some(id), is_registered);
            if let (Some(own), Some(record)) = (&mut person.record, record) {
                **own = record;
                person.passing = false;
            }
        });
    }

    /// The person with this id, by one of their devices.
    pub(in crate::chat) fn with_id(&self, id: &str) -> Option<SocketId> {
        self.socket_of(*self.by_id.get(id)?)
    }
}
