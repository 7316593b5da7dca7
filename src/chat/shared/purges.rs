//! Purges at many nodes. Messages that were purged at this node's file are taken out of the
//! stream, so that a new node does not read them back.

use super::EntryId;
use super::asks::ask;
use super::reports::Swept;
use crate::chat::Cx;
use crate::chat::history::{PurgeOrder, PurgeStep};
use crate::limits::SWEEP_PAUSE_MS;

/// A search of the stream for purged messages.
#[derive(Debug)]
pub(super) struct Sweep {
    order: PurgeOrder,
    /// The last entry that was examined, and the last one to examine.
    from: EntryId,
    upto: EntryId,
    /// The broker has been asked, and has not answered.
    is_asked: bool,
    /// Entries that were taken out.
    count: i64,
}

/// Begins to purge the stream, if that is due.
pub(in crate::chat) fn look(cx: &mut Cx<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    if !node.is_whole() || node.sweep.is_some() {
        return;
    }
    let Some(order) = cx.state.history.purge_at(PurgeStep::Told) else { return };
    let (from, upto) = (EntryId::default(), node.place);
    node.sweep = Some(Sweep { order, from, upto, is_asked: false, count: 0 });
    sweep_on(cx);
}

/// Asks the broker for the next part of the stream.
fn sweep_on(cx: &mut Cx<'_>) {
    ask(cx, |node, cx| {
        let Some(sweep) = node.sweep.as_mut().filter(|sweep| !sweep.is_asked) else { return };
        sweep.is_asked = true;
        // If the link is down, it is swept from the beginning when the link is up.
        if !node.broker.get().sweep(cx, (sweep.from, sweep.upto), &sweep.order) {
            node.sweep = None;
        }
    });
}

/// The broker has swept a part of the stream; `None` if it could not.
pub(super) fn swept(cx: &mut Cx<'_>, swept: Option<Swept>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let Some(mut sweep) = node.sweep.take() else { return };
    let Some(Swept { last, count }) = swept else { return };
    sweep.count += count;
    let Some(from) = last else {
        log::info!("purged messages are out of the stream count={}", sweep.count);
        return cx.state.history.purge_is_done(PurgeStep::Told, &sweep.order);
    };
    node.sweep = Some(Sweep { from, is_asked: false, ..sweep });
    // Others have work for the broker too.
    cx.after(SWEEP_PAUSE_MS, sweep_on);
}
