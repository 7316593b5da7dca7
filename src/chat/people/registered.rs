//! Registered people among those who are here.

use super::{People, Person};
use crate::chat::history::{KeptPerson, Token};
use crate::chat::registration::EndedDevice;
use mio_socketio::SocketId;
use std::rc::Rc;

impl People {
    /// Makes the person at `socket` the registered person with this id.
    pub(in crate::chat) fn register(&mut self, socket: SocketId, id: Rc<str>) {
        let token = self.record(socket).map(|record| record.token);
        let ignored = self.all_ignored(socket);
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
        // A guest without a token had no id under which their list was put aside.
        if self.all_ignored(socket).is_empty() {
            ignored.into_iter().for_each(|ignored| self.ignore(socket, ignored));
        }
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

    /// Makes the device at `socket` that of another person: of the one with this id if they are
    /// here, or else of a new one with this nick. `record` is theirs, if they can come back.
    pub(in crate::chat) fn become_another(
        &mut self,
        socket: SocketId,
        (nick, id): (Rc<str>, Rc<str>),
        is_registered: bool,
        record: Option<KeptPerson>,
    ) {
        let Some((mut device, _)) = self.remove(socket) else { return };
        if let (Some(visit), Some(record)) = (device.visit_mut(), &record) {
            visit.token = record.token;
        }
        match self.with_id(&id) {
            Some(other) => {
                self.add(socket, device, other);
                self.remember(other, record);
            }
            None => {
                let person = Person::new(nick, record);
                self.insert(socket, Person { id: Some(id), is_registered, ..person }, device);
            }
        }
    }

    /// Gives the person at `socket`, who may have had nothing but devices that are not remembered,
    /// a record.
    pub(in crate::chat) fn remember(&mut self, socket: SocketId, record: Option<KeptPerson>) {
        if let Some(record) = record
            && let Some(person) = self.get_mut(socket)
            && person.record.is_none()
        {
            let nick = person.nick.clone();
            person.record = Some(Box::new(KeptPerson { nick, ..record }));
        }
    }

    /// The devices that are here by this token of a registered person.
    pub(in crate::chat) fn with_token(&self, token: Token) -> Vec<SocketId> {
        let has_it =
            |socket: &SocketId| self.visit(*socket).is_some_and(|visit| visit.token == token);
        let person = self.by_token(&token).into_iter();
        person.flat_map(|person| self.devices(person)).filter(has_it).collect()
    }

    /// The sockets that end with a device of the person at `by`.
    pub(in crate::chat) fn ended(&self, by: SocketId, ended: EndedDevice) -> Vec<SocketId> {
        match ended {
            EndedDevice::Token(token) => self.with_token(token),
            EndedDevice::Here(socket) if self.is_same(by, socket) => vec![socket],
            EndedDevice::Here(_) => Vec::new(),
        }
    }

    /// The person with this id, by one of their devices.
    pub(in crate::chat) fn with_id(&self, id: &str) -> Option<SocketId> {
        self.socket_of(*self.by_id.get(id)?)
    }
}
