//! Facts that are kept before they are told. Somebody who is told that a name is theirs, that
//! another one is banned or that a room is private must be able to rely on it, even if the disk is
//! full and the server is killed a moment later. So such a fact is in the file before it is
//! applied; if it cannot be written, it is refused.
//!
//! [`FactRow::must_be_kept`] says which facts these are. The file has each in the form of an entry,
//! as other servers get it, until its changes are in their tables. Among many servers the stream
//! has all facts before they are applied, so none that somebody asks for is kept here.
//!
//! [`FactRow::must_be_kept`]: crate::chat::fact::FactRow::must_be_kept

use crate::chat::fact::{Fact, NOBODY, Stamp};
use crate::chat::order::bans;
use crate::chat::{Cx, apply, shared};

/// Whether a fact may happen: it need not be kept, or it is kept now.
pub(super) fn may_happen(cx: &mut Cx<'_>, fact: &Fact<'_>) -> bool {
    // The file has what an operator has ordered, and without a file nothing is promised.
    let is_promised = fact.row().must_be_kept && fact.by() != NOBODY && cx.state.history.is_kept();
    !is_promised || promise(cx, fact)
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
