//! Facts that are kept before they are told. Somebody who is told that a name is theirs, that
//! another one is banned or that a room is private must be able to rely on it, even if the disk is
//! full and the server is killed a moment later. So such a fact is in the file before it is
//! applied; if it cannot be written, it is refused, or its author is told that it may not last.
//!
//! [`FactRow::kept`] says which facts these are. The file has each in the form of an entry,
//! as other servers get it, until its changes are in their tables. Among many servers the stream
//! has all facts before they are applied, so none that somebody asks for is kept here.
//!
//! [`FactRow::kept`]: crate::chat::fact::FactRow::kept

use crate::chat::fact::row::KeptFirst;
use crate::chat::fact::{Fact, NOBODY, Stamp};
use crate::chat::order::bans;
use crate::chat::{Cx, apply, shared};

/// Whether a fact may happen, and is kept as it should be.
pub(super) enum Promise {
    /// It may happen.
    Kept,
    /// It may happen, and its author is told that it may not last.
    NotKept,
    /// It may not happen.
    Refused,
}

/// Keeps a fact that should be kept before it happens.
pub(super) fn keep(cx: &mut Cx<'_>, fact: &Fact<'_>) -> Promise {
    let (kept, by) = (fact.row().kept, fact.by());
    // The file has what an operator has ordered, and without a file nothing is promised.
    if kept == KeptFirst::No || by == NOBODY || !cx.state.history.is_kept() {
        return Promise::Kept;
    }
    // The file has no place for what a guest wants.
    let is_guest = cx.state.people.get(by).is_none_or(|person| !person.is_registered);
    match kept {
        KeptFirst::IfPossible if is_guest => Promise::Kept,
        _ if promise(cx, fact) => Promise::Kept,
        KeptFirst::IfPossible => Promise::NotKept,
        KeptFirst::Must | KeptFirst::No => Promise::Refused,
    }
}

/// Keeps a fact, which is applied next. False if it cannot be kept.
pub(in crate::chat) fn promise(cx: &mut Cx<'_>, fact: &Fact<'_>) -> bool {
    let ts = cx.now().unix_ms.cast_signed();
    shared::text_of(fact, ts).is_none_or(|text| cx.state.history.promise(&text))
}

/// Applies facts that an earlier server has kept, and whose changes are not in the tables, as soon
/// as the state on which they build has been read.
pub(in crate::chat) fn redeem(cx: &mut Cx<'_>) {
    if !cx.state.begun {
        return;
    }
    let ms = cx.now().ms;
    for text in cx.state.history.take_promises() {
        let is_read = shared::read_text(&text, |ts, fact| match fact {
            Fact::Ordered(order) => bans::obey_here(cx, order),
            fact => apply::apply(cx, Stamp { id: 0, ts, ms }, fact),
        });
        match is_read {
            true => log::info!("a fact is applied that an earlier server has kept"),
            false => log::error!("a fact that an earlier server has kept is not understood"),
        }
    }
}
