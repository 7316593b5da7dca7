//! Facts in their order. This journal is of one server alone: it gives a fact its place at once,
//! and the fact is applied in the same turn. A journal of many servers would send it, and would
//! have it applied when it comes back; nobody else would see the difference, as whoever has asked
//! is answered only then.

use super::fact::{Departed, Entered, Fact, Renamed, Replaced, Said, Stamp, Whispered};
use super::request::Asker;
use super::{Cx, apply, tell, trace};

/// Enters a fact.
pub(super) fn enter(cx: &mut Cx<'_>, asker: Asker, fact: &Fact<'_>) {
    let id = if fact.is_message() { cx.state.history.number() } else { 0 };
    let now = cx.now();
    let stamp = Stamp { id, ts: now.unix_ms.cast_signed(), ms: now.ms };
    happened(cx, asker, stamp, fact);
}

/// A fact has its place: it is applied and told, and whoever has asked for it is answered.
fn happened(cx: &mut Cx<'_>, asker: Asker, stamp: Stamp, fact: &Fact<'_>) {
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
