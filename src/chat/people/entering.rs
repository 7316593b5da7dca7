//! How people come in, and what is kept about those who may be remembered.

use super::{Person, Visit};
use crate::chat::fact::{Admitted, Way};
use crate::chat::interfaces::Interface;
use crate::chat::request::Asker;
use mio_socketio::SocketId;
use std::rc::Rc;

impl Person {
    /// A person who comes in to the lobby.
    pub(in crate::chat) fn entering(nick: Rc<str>, lobby: Rc<str>, way: &Way) -> Self {
        let Way { interface, id, admitted } = way;
        let visit = admitted.as_deref().map(Visit::of);
        let person = Self::new(nick, lobby, *interface, visit);
        Self { id: person.id.or_else(|| id.clone()), ..person }
    }

    /// A person in this room, with the data about them if they may be remembered.
    pub(in crate::chat) fn new(
        nick: Rc<str>,
        room: Rc<str>,
        interface: &'static dyn Interface,
        visit: Option<Visit>,
    ) -> Self {
        let record = visit.as_ref().map(|visit| &visit.record);
        let (id, is_registered) =
            record.map_or((None, false), |record| (Some(record.id.clone()), record.is_registered));
        let visit = visit.map(Box::new);
        Self {
            interface,
            visit,
            nick,
            room,
            known: None,
            id,
            is_registered,
            is_warned: false,
            typing_until_ms: 0,
        }
    }

    /// How they have come in, as for another node that has to let this person in.
    pub(in crate::chat) fn way(&self) -> Way {
        let interface = self.interface;
        let admitted = self.visit().map(|visit| {
            let Visit { record, client, since, .. } = visit;
            Box::new(Admitted::here(record.clone(), *client, *since))
        });
        let is_known = admitted.is_none() && (interface.comes_back() || self.is_registered);
        let id = self.id.clone().filter(|_| is_known);
        Way { interface, id, admitted }
    }

    /// The word for their program in lists of members and in logs.
    pub(in crate::chat) fn program(&self) -> &'static str {
        self.interface.program(self)
    }

    /// The asker of a fact about this person, who are at `socket`, that they have not asked for, or
    /// no longer await.
    pub(in crate::chat) fn unasked(&self, socket: SocketId) -> Asker {
        match self.interface.answers_unasked() {
            true => Asker::of(self.interface, socket),
            false => Asker::nobody(socket),
        }
    }

    /// Whether they are at this interface.
    pub(in crate::chat) fn is_at(&self, interface: &dyn Interface) -> bool {
        self.interface.name() == interface.name()
    }

    /// The data about a person who may be remembered; `None` for all others.
    pub(in crate::chat) fn visit(&self) -> Option<&Visit> {
        self.visit.as_deref()
    }

    pub(in crate::chat) fn into_visit(self) -> Option<Visit> {
        self.visit.map(|visit| *visit)
    }

    pub(in crate::chat) fn visit_mut(&mut self) -> Option<&mut Visit> {
        self.visit.as_deref_mut()
    }
}

impl Visit {
    /// The visit of a person who comes in.
    fn of(admitted: &Admitted) -> Self {
        let Admitted { record, client, since, passing, .. } = admitted;
        Self {
            record: record.clone(),
            client: *client,
            since: *since,
            typing: None,
            watched: false,
            passing: passing.is_some(),
        }
    }
}
