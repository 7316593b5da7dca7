//! The table of facts: one row for each, with all that the stages and the nodes have to know of it
//! apart from how it is applied and told. A part of the chat that has a folder of its own has the
//! rows of its facts there, beside the facts.

use super::{Entered, Fact, Joined, Renamed, Said, TopicSet};
use crate::chat::history::{Banned, Order};
use crate::chat::order::Moderated;
use crate::chat::registration::{LoggedIn, Registered};
use crate::chat::rules::{LetIn, RuleMade};
use std::rc::Rc;
use std::slice;

/// The row of a fact. Each column is borrowed from the fact, and costs nothing to make.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) struct FactRow<'f> {
    pub(in crate::chat) kept: KeptFirst,
    /// Whether every server's file must have it before the server decides anything.
    pub(in crate::chat) must_be_known: MustBeKnown<'f>,
    /// If a deed about these came first, the fact is decided once more.
    pub(in crate::chat) depends: Depends<'f>,
    /// If the fact is a deed, the people and rooms that it is about.
    pub(in crate::chat) takes: Takes<'f>,
    pub(in crate::chat) puts_out: PutsOut<'f>,
    pub(in crate::chat) own: OwnDevices<'f>,
    pub(in crate::chat) ends: EndsTyping<'f>,
    /// If it happens after its author was told that it may not have been done, everything that they
    /// have asked for since is given back to them: it was decided for another name, or other rooms.
    pub(in crate::chat) gives_back: bool,
}

/// Whether a fact is in the file before it is told. Such a fact must have an entry that counts when
/// its person is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum KeptFirst {
    No,
    /// If its author is registered, it is kept first if that is possible. Otherwise it happens all
    /// the same, because it protects people now, and its author is told that it may not last.
    IfPossible,
    /// It is acknowledged only once it is in the file, because people rely on it from then on: it
    /// gives or takes a right for longer than a visit.
    Must,
}

/// Whether every server's file must have a fact: it gives a name to somebody for good, or says who
/// keeps order or may enter a private room. Two servers must not decide by different owners.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum MustBeKnown<'f> {
    No,
    Yes,
    /// If the room is private.
    InPrivate(&'f str),
    /// If its author is registered.
    OfRegistered,
}

/// The people, rooms and names on which the decision of a fact depends. With all but the first its
/// author is one of them.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum Depends<'f> {
    /// It takes something from its author alone, or tells what cannot be refused.
    Nothing,
    Author,
    Room(&'f str),
    /// The person with this id.
    Person(&'f str),
    /// This name, which may be a registered person's.
    Name(&'f str),
    /// The rooms of a newcomer, their name and their id.
    Newcomer(&'f Entered),
}

/// The people, rooms and names from which a fact takes something: to them it is a deed.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum Takes<'f> {
    Nothing,
    /// Nobody comes in any more by a device of its author.
    Author,
    /// It is done in this room.
    Room(&'f str),
    /// The rooms among these that are not there: nobody else begins them.
    NewRooms(&'f [Rc<str>]),
    /// The person with this id.
    Person(&'f str),
    /// Nobody else takes this name.
    Name(&'f str),
    /// Nobody else takes this name, if its author is registered.
    NameIfRegistered(&'f str),
    /// A name is somebody's for good.
    Account(&'f Registered<'f>),
    /// People who are banned or muted; everybody, if that is an address.
    Barred(&'f Banned),
}

/// The people whom a fact puts out of a room, at each server before the next fact is applied.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum PutsOut<'f> {
    Nobody,
    /// The people whom a deed puts out, if it puts out any.
    ByDeed(&'f Moderated<'f>),
    /// Everybody who may not be in a room that is private from now on.
    Strangers(&'f RuleMade),
    /// A person who is no longer invited.
    Uninvited(&'f LetIn),
}

/// The other devices of the author that are told of a fact. Messages in rooms and topics reach them
/// as they reach everybody.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum OwnDevices<'f> {
    Nothing,
    /// All are told the fact.
    Told,
    /// The devices in this room are told the fact.
    ToldIn(&'f str),
    /// The devices that are not in this room come to it.
    Come(&'f Rc<str>),
    /// The device, and the devices of the person who is at it from now on, come to each other's
    /// rooms.
    Meet(&'f LoggedIn),
}

/// The typing of its author that a fact ends, before it is told.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum EndsTyping<'f> {
    Nowhere,
    Everywhere,
    /// In this room.
    In(&'f str),
}

impl FactRow<'_> {
    /// The row of a fact that nobody relies on, that depends on nothing, and of which nobody but
    /// those whom the interfaces tell has to know.
    pub(in crate::chat) const PLAIN: Self = Self {
        kept: KeptFirst::No,
        must_be_known: MustBeKnown::No,
        depends: Depends::Nothing,
        takes: Takes::Nothing,
        puts_out: PutsOut::Nobody,
        own: OwnDevices::Nothing,
        ends: EndsTyping::Nowhere,
        gives_back: false,
    };
}

impl Fact<'_> {
    /// The row of this fact. Each post asks for a few rows, and each caller for one column, so that
    /// only this column is made where the function is inlined.
    #[inline(always)]
    pub(in crate::chat) fn row(&self) -> FactRow<'_> {
        let plain = FactRow::PLAIN;
        match self {
            Self::Said(Said { room, .. }) => {
                FactRow { depends: Depends::Room(room), ends: EndsTyping::Everywhere, ..plain }
            }
            Self::Whispered(_) => {
                let (depends, own) = (Depends::Author, OwnDevices::Told);
                FactRow { depends, own, ends: EndsTyping::Everywhere, ..plain }
            }
            Self::TopicSet(TopicSet { room, .. }) => {
                FactRow { depends: Depends::Room(room), ..plain }
            }
            Self::Entered(entered) => {
                let takes = Takes::NewRooms(&entered.rooms);
                FactRow { depends: Depends::Newcomer(entered), takes, ..plain }
            }
            Self::Departed(_) => FactRow { ends: EndsTyping::Everywhere, ..plain },
            Self::Renamed(Renamed { new, .. }) => FactRow {
                must_be_known: MustBeKnown::OfRegistered,
                depends: Depends::Name(new),
                takes: Takes::NameIfRegistered(new),
                own: OwnDevices::Told,
                ends: EndsTyping::Everywhere,
                gives_back: true,
                ..plain
            },
            Self::Joined(Joined { room, owns, .. }) => FactRow {
                must_be_known: if *owns { MustBeKnown::Yes } else { MustBeKnown::No },
                depends: Depends::Room(room),
                takes: Takes::NewRooms(slice::from_ref(room)),
                own: OwnDevices::Come(room),
                gives_back: true,
                ..plain
            },
            Self::Left { room, .. } => {
                let (own, ends) = (OwnDevices::ToldIn(room), EndsTyping::In(room));
                FactRow { own, ends, gives_back: true, ..plain }
            }
            Self::Remembered(_) => FactRow { gives_back: true, ..plain },
            Self::Forgotten { .. } => FactRow { takes: Takes::Author, gives_back: true, ..plain },
            Self::Read { .. } => FactRow { own: OwnDevices::Told, ..plain },
            // An operator has done it at the file.
            Self::HookMade { hook, .. } => {
                let takes = Takes::Name(&hook.name);
                FactRow { must_be_known: MustBeKnown::Yes, takes, ..plain }
            }
            Self::Ordered(order) => of_order(order),
            Self::Identified { .. }
            | Self::Passing { .. }
            | Self::Warned { .. }
            | Self::Typing(_)
            | Self::TypingRelayed { .. }
            | Self::Expelled { .. }
            | Self::HookRemoved { .. } => plain,
            Self::Access(fact) => fact.row(),
            Self::Order(fact) => fact.row(),
            Self::Personal(fact) => fact.row(),
            Self::Registration(fact) => fact.row(),
            Self::Rules(fact) => fact.row(),
            Self::Words(fact) => fact.row(),
        }
    }
}

/// The row of an operator's order, which is in the file already.
fn of_order(order: &Order) -> FactRow<'_> {
    let plain = FactRow::PLAIN;
    match order {
        Order::Roles { person, .. } => {
            let takes = Takes::Person(person);
            FactRow { must_be_known: MustBeKnown::Yes, takes, ..plain }
        }
        Order::Ban { ban, .. } => FactRow { takes: Takes::Barred(&ban.whom), ..plain },
        Order::Unban { .. } | Order::Purge(_) => plain,
    }
}
