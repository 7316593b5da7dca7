//! Facts about keeping order: deeds, and what follows from them for people.

use super::{Deed, Moderated};
use crate::chat::fact::FactRow;
use crate::chat::fact::row::{Depends, EndsTyping, PutsOut, Takes};
use crate::chat::history::Order;
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Somebody has kept order, or something has followed from that for a person.
#[derive(Debug)]
pub(in crate::chat) enum OrderFact<'a> {
    Moderated(Moderated<'a>),
    Removed(Removed<'a>),
}

/// The reason why a person was removed from a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chat) enum Removal {
    /// Somebody who keeps order wanted it.
    #[default]
    Kicked,
    /// The room was deleted.
    Deleted,
    /// The room is private, and they are not invited, or no longer.
    Uninvited,
}

/// A person was removed from a room.
#[derive(Debug)]
pub(in crate::chat) struct Removed<'a> {
    /// The person.
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) room: Rc<str>,
    /// The room to which they go, if they are in one at a time.
    pub(in crate::chat) to: Option<Rc<str>>,
    /// They cannot be without this room: their connection ends.
    pub(in crate::chat) must_go: bool,
    /// The nick of the person who has removed them, or their own.
    pub(in crate::chat) moderator: Rc<str>,
    /// The reason in their words; empty if there is none.
    pub(in crate::chat) why: &'a str,
    pub(in crate::chat) removal: Removal,
}

impl OrderFact<'_> {
    /// The device of the person whose fact it is.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::Moderated(Moderated { by, .. }) | Self::Removed(Removed { by, .. }) => *by,
        }
    }

    /// The deed; `None` if the fact is what follows from one, for which its person has not asked.
    pub(in crate::chat) const fn deed(&self) -> Option<&Deed> {
        match self {
            Self::Moderated(moderated) => Some(&moderated.deed),
            Self::Removed(_) => None,
        }
    }

    /// The orders about bans that it gives to all servers.
    pub(in crate::chat) fn orders(&self) -> Vec<Order> {
        match self {
            Self::Moderated(moderated) => moderated.orders(),
            Self::Removed(_) => Vec::new(),
        }
    }

    /// The removal of its person from a room, if the fact is one.
    pub(in crate::chat) const fn removed(&self) -> Option<&Removed<'_>> {
        match self {
            Self::Removed(removed) => Some(removed),
            Self::Moderated(_) => None,
        }
    }

    /// The fact, of a person who has this nick by now. A deed tells the nick of its time.
    pub(in crate::chat) fn with_nick(self, nick: Rc<str>) -> Self {
        match self {
            Self::Removed(removed) => Self::Removed(Removed { nick, ..removed }),
            Self::Moderated(_) => self,
        }
    }

    /// The row in the table of facts.
    pub(in crate::chat) fn row(&self) -> FactRow<'_> {
        match self {
            Self::Moderated(moderated) => {
                let deed = &moderated.deed;
                FactRow {
                    kept: deed.kept(),
                    must_be_known: deed.must_be_known(),
                    depends: deed.room().map_or(Depends::Author, |room| Depends::Room(room)),
                    takes: match (deed.room(), deed.barred()) {
                        (Some(room), _) => Takes::Room(room),
                        (None, Some(whom)) => Takes::Barred(whom),
                        (None, None) => Takes::Nothing,
                    },
                    puts_out: PutsOut::ByDeed(moderated),
                    ..FactRow::PLAIN
                }
            }
            Self::Removed(Removed { room, .. }) => FactRow {
                depends: Depends::Room(room),
                ends: EndsTyping::In(room),
                gives_back: true,
                ..FactRow::PLAIN
            },
        }
    }
}
