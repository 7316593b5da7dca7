//! How people come in, and what is kept about those who may be remembered.

use super::devices::Devices;
use super::{DeviceHere, People, Person, Visit};
use crate::chat::fact::{Admitted, NOBODY, Way};
use crate::chat::history::{KeptPerson, Message};
use mio_socketio::SocketId;
use std::rc::Rc;

impl Person {
    /// A person of whom nothing is known but their record, if they may be remembered.
    pub(in crate::chat) fn new(nick: Rc<str>, record: Option<KeptPerson>) -> Self {
        let record = record.map(Box::new);
        let known = record.as_deref();
        let (id, is_registered) =
            known.map_or((None, false), |record| (Some(record.id.clone()), record.is_registered));
        let devices = Devices::one(NOBODY);
        Self { nick, id, said: 0, is_registered, passing: false, record, known: None, devices }
    }

    /// A person who comes in this way.
    pub(in crate::chat) fn entering(nick: Rc<str>, way: &Way) -> Self {
        let Way { id, admitted, .. } = way;
        let record = admitted.as_ref().map(|admitted| admitted.record.clone());
        let passing = admitted.as_ref().is_some_and(|admitted| admitted.passing.is_some());
        let person = Self::new(nick, record);
        // Of people without a record only registered ones are known.
        let is_registered = person.is_registered || way.of_a_person().is_some_and(|_| id.is_some());
        Self { id: person.id.or_else(|| id.clone()), is_registered, passing, ..person }
    }

    /// Whether they have said a message. The last one is known of people without an id too.
    pub(in crate::chat) fn has_said(&self, message: &Message) -> bool {
        let has_id = self.id.is_some() && self.id == message.sender;
        has_id || self.said == message.id
    }
}

impl DeviceHere {
    /// The device of a person who comes in this way.
    pub(in crate::chat) fn entering(room: Rc<str>, way: &Way) -> Self {
        let Way { interface, admitted, .. } = way;
        let visit = admitted.as_deref().map(|admitted| {
            let Admitted { record, client, since, .. } = admitted;
            Visit::new(*client, record.token, *since)
        });
        Self::new(*interface, room, visit)
    }
}

impl People {
    /// The way in of the person at `socket`, for another node that has to let them in.
    pub(in crate::chat) fn way(&self, socket: SocketId) -> Option<Way> {
        let (person, device) = (self.get(socket)?, self.device(socket)?);
        let interface = device.interface.get();
        let admitted = device.visit().zip(person.record.as_deref()).map(|(visit, record)| {
            let Visit { client, since, token, .. } = visit;
            // That of a registered person is the device's own.
            let token = if person.is_registered { *token } else { record.token };
            let record = KeptPerson { token, ..record.clone() };
            Box::new(Admitted::here(record, *client, *since))
        });
        let is_known = admitted.is_none() && (interface.comes_back() || person.is_registered);
        let id = person.id.clone().filter(|_| is_known);
        Some(Way { interface, id, admitted })
    }
}
