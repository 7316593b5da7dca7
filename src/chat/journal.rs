//! Facts in their order. On a server that is alone, a fact has its place at once, and is applied
//! in the same turn. On one of many nodes it is sent to Redis, and applied when it comes back.
//! Handlers need not know which it is: the asker is answered only when the fact has been applied,
//! and requests that follow from each other are asked for in order (`ask::ask_in_order`).

use super::fact::{Departed, Entered, Fact, Renamed, Replaced, Said, Stamp, Whispered};
use super::request::Asker;
use super::{Cx, apply, nodes, tell, trace};

/// Enters a fact.
pub(super) fn enter(cx: &mut Cx<'_>, asker: Asker, fact: &Fact<'_>) {
    let Some(asker) = nodes::enter(cx, asker, fact) else { return };
    let id = if fact.is_message() { cx.state.history.number() } else { 0 };
    let now = cx.now();
    let stamp = Stamp { id, ts: now.unix_ms.cast_signed(), ms: now.ms };
    happened(cx, asker, stamp, fact);
}

/// A fact has its place: applies it, tells it, and answers the asker.
pub(super) fn happened(cx: &mut Cx<'_>, asker: Asker, stamp: Stamp, fact: &Fact<'_>) {
    match fact {
        Fact::Departed(Departed { by, .. })
        | Fact::Entered(Entered { replaces: Some(Replaced { by, .. }), .. }) => {
            trace::left(cx, *by)
        }
        _ => (),
    }
    apply::apply(cx, stamp, fact);
    match fact {
        Fact::Entered(Entered { by, .. }) => trace::came(cx, *by),
        Fact::Said(Said { by, room, .. }) => trace::said(cx, *by, stamp.id, Some(room)),
        Fact::Whispered(Whispered { by, .. }) => trace::said(cx, *by, stamp.id, None),
        Fact::Renamed(Renamed { by, old, .. }) => trace::named(cx, *by, old),
        _ => (),
    }
    tell::tell(cx, stamp, fact);
    tell::answer(cx, asker, stamp, fact);
}
