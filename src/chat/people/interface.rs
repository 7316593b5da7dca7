//! The interfaces of the chat, and everything in which they differ except the form of what they
//! tell.

use super::{Person, Visit};
use crate::chat::fact::{Admitted, EnteredBy};
use std::rc::Rc;

/// A face of the chat for one kind of client.
#[derive(Debug)]
pub(in crate::chat) enum Interface {
    /// Lines: netcat, or a plain WebSocket.
    Lines,
    /// Namespace `/`, Socket.IO's main one.
    Root,
    /// Namespace `/chat`.
    Chat(Box<Visit>),
}

impl Interface {
    /// The word for it in lists of members and in logs.
    pub(in crate::chat) const fn hint(&self) -> &'static str {
        match self {
            Self::Lines => "netcat",
            Self::Root => "socket",
            Self::Chat(visit) => visit.client.as_str(),
        }
    }

    /// Whether its people are in one room at a time: to join a room is to leave another.
    pub(in crate::chat) const fn has_one_room(&self) -> bool {
        match self {
            Self::Lines => true,
            Self::Root | Self::Chat(_) => false,
        }
    }

    /// Whether only the lobby is told when its people take another name. Otherwise all their rooms
    /// are told.
    pub(in crate::chat) const fn renames_in_lobby(&self) -> bool {
        match self {
            Self::Root => true,
            Self::Lines | Self::Chat(_) => false,
        }
    }

    /// Whether the server warns its people when a name belongs to another person than before. The
    /// programs of other interfaces warn by themselves.
    pub(super) const fn needs_warnings(&self) -> bool {
        match self {
            Self::Lines => true,
            Self::Root | Self::Chat(_) => false,
        }
    }
}

impl Person {
    /// A person who comes in to the lobby.
    pub(in crate::chat) fn entering(nick: Rc<str>, lobby: Rc<str>, by: &EnteredBy) -> Self {
        match by {
            EnteredBy::Lines => Self::new(nick, lobby, Interface::Lines),
            EnteredBy::Root { id } => {
                Self { id: id.clone(), ..Self::new(nick, lobby, Interface::Root) }
            }
            EnteredBy::Chat(admitted) => {
                let Admitted { record, client, since, passing, .. } = &**admitted;
                let visit = Visit {
                    record: record.clone(),
                    client: *client,
                    since: *since,
                    typing: None,
                    watched: false,
                    passing: passing.is_some(),
                };
                Self::new(nick, lobby, Interface::Chat(Box::new(visit)))
            }
        }
    }

    pub(in crate::chat) fn new(nick: Rc<str>, room: Rc<str>, interface: Interface) -> Self {
        let id = match &interface {
            Interface::Chat(visit) => Some(visit.record.id.clone()),
            Interface::Lines | Interface::Root => None,
        };
        Self { interface, nick, room, known: None, id, typing_until_ms: 0 }
    }

    /// The interface and its data, as for another node that has to let this person in.
    pub(in crate::chat) fn entered_by(&self) -> EnteredBy {
        match &self.interface {
            Interface::Lines => EnteredBy::Lines,
            Interface::Root => EnteredBy::Root { id: self.id.clone() },
            Interface::Chat(visit) => {
                let Visit { record, client, since, .. } = &**visit;
                EnteredBy::Chat(Box::new(Admitted::here(record.clone(), *client, *since)))
            }
        }
    }

    /// The data about a person in namespace `/chat`; `None` for all others.
    pub(in crate::chat) const fn visit(&self) -> Option<&Visit> {
        match &self.interface {
            Interface::Chat(visit) => Some(visit),
            Interface::Lines | Interface::Root => None,
        }
    }

    pub(in crate::chat) const fn visit_mut(&mut self) -> Option<&mut Visit> {
        match &mut self.interface {
            Interface::Chat(visit) => Some(visit),
            Interface::Lines | Interface::Root => None,
        }
    }
}
