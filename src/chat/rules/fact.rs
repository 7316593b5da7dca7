//! Facts about the rules of rooms.

use super::Rule;
use crate::chat::fact::FactRow;
use crate::chat::fact::row::{Depends, KeptFirst, MustBeKnown, PutsOut, Takes};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The rules of a room have changed.
#[derive(Debug)]
pub(in crate::chat) enum RulesFact {
    RuleMade(RuleMade),
    LetIn(LetIn),
}

/// An owner of a room has made a rule.
#[derive(Debug)]
pub(in crate::chat) struct RuleMade {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) room: Rc<str>,
    pub(in crate::chat) rule: Rule,
    /// The ids of the room's members, if it becomes private.
    pub(in crate::chat) members: Vec<Rc<str>>,
    /// The ids of others who may be in it then: its owners, and people who were invited before.
    /// Servers of earlier versions do not tell them.
    pub(in crate::chat) stay: Option<Vec<Rc<str>>>,
    /// The id of the person, if it is known.
    pub(in crate::chat) maker: Option<Rc<str>>,
    /// They own the room. Servers of earlier versions do not tell it.
    pub(in crate::chat) is_own: Option<bool>,
}

/// An owner of a private room has invited somebody, or has taken that back.
#[derive(Debug)]
pub(in crate::chat) struct LetIn {
    pub(in crate::chat) by: SocketId,
    pub(in crate::chat) nick: Rc<str>,
    pub(in crate::chat) room: Rc<str>,
    /// The id of the invited person, and their nick.
    pub(in crate::chat) id: Rc<str>,
    pub(in crate::chat) guest: Rc<str>,
    pub(in crate::chat) is_on: bool,
    /// The person who invites owns the room. Servers of earlier versions do not tell it.
    pub(in crate::chat) is_own: Option<bool>,
}

impl RulesFact {
    /// The device of the person whose fact it is.
    pub(in crate::chat) const fn by(&self) -> SocketId {
        match self {
            Self::RuleMade(RuleMade { by, .. }) | Self::LetIn(LetIn { by, .. }) => *by,
        }
    }

    /// The row in the table of facts.
    pub(in crate::chat) fn row(&self) -> FactRow<'_> {
        let rule =
            FactRow { kept: KeptFirst::Must, must_be_known: MustBeKnown::Yes, ..FactRow::PLAIN };
        match self {
            Self::RuleMade(made) => FactRow {
                depends: Depends::Room(&made.room),
                takes: Takes::Room(&made.room),
                puts_out: match made.rule {
                    Rule::Private(true) => PutsOut::Strangers(made),
                    Rule::Private(false) | Rule::Readonly(_) | Rule::Past(_) | Rule::Keep(_) => {
                        PutsOut::Nobody
                    }
                },
                ..rule
            },
            Self::LetIn(let_in @ LetIn { room, is_on: false, .. }) => FactRow {
                depends: Depends::Room(room),
                takes: Takes::Room(room),
                puts_out: PutsOut::Uninvited(let_in),
                ..rule
            },
            Self::LetIn(LetIn { room, .. }) => FactRow { depends: Depends::Room(room), ..rule },
        }
    }
}
