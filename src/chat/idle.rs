//! A server to which nobody has come since its start. It reads its state when it starts, but looks
//! at the file every second only from the first person on. Before that, it only looks now and then
//! whether something has become too old, and begins if so: messages must go on time, whether
//! anybody is here or not.

use super::{Cx, archive, journal, rules};
use crate::limits::{ERASE_NEXT_ROOMS_MS, IDLE_LOOK_MS};
use std::rc::Rc;

/// The server begins to serve.
pub(super) fn start(cx: &mut Cx<'_>) {
    watch(cx, None);
}

/// Looks for something to erase or to delete, in some rooms from this one on.
fn watch(cx: &mut Cx<'_>, from: Option<Rc<str>>) {
    // A node begins as soon as it knows whether it reaches the others.
    if cx.state.watches || !cx.state.history.is_kept() || journal::is_shared(cx.state) {
        return;
    }
    let now = cx.now();
    cx.state.begin(now);
    cx.state.history.look_for_old(now);
    archive::tidy_up_soon(cx);
    let (next, wanted) = rules::look(cx, from);
    if cx.state.history.has_traces() || !wanted.is_empty() {
        return super::begin(cx);
    }
    let may_come = cx.state.history.keeps_for_days() || rules::any_erase(cx) || !cx.state.begun;
    match next {
        Some(_) => cx.after(ERASE_NEXT_ROOMS_MS, move |cx| watch(cx, next)),
        None if may_come => cx.after(IDLE_LOOK_MS, start),
        None => (),
    }
}
