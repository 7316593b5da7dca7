//! Purges at many nodes. Messages that were purged at this node's file are taken out of the
//! stream, so that a new node does not read them back.

use super::redis::calls::{Call, Command};
use super::{COMMIT, EntryId};
use crate::chat::Cx;
use crate::chat::history::{PurgeOrder, PurgeStep};
use crate::limits::{SWEEP_ENTRIES, SWEEP_PAUSE_MS};
use mio_socketio::redis::Reply;

const SWEEP: &str = include_str!("redis/scripts/sweep.lua");

/// A search of the stream for purged messages.
#[derive(Debug)]
pub(super) struct Sweep {
    order: PurgeOrder,
    /// The last entry that was examined, and the last one to examine.
    from: EntryId,
    upto: EntryId,
    /// Redis has been asked, and has not answered.
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

/// Asks Redis for the next part of the stream.
fn sweep_on(cx: &mut Cx<'_>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let Some(sweep) = node.sweep.as_mut().filter(|sweep| !sweep.is_asked) else { return };
    let Sweep { from, upto, order, is_asked, .. } = sweep;
    let mut call = Command::eval(SWEEP, &[&node.keys.facts]);
    call.word(from).word(upto).word(order.before_ms);
    call.word(order.room.as_deref().unwrap_or_default()).word(SWEEP_ENTRIES);
    *is_asked = true;
    // If the link is down, it is swept from the beginning when the link is up.
    if call.send(cx, COMMIT, Call::Sweep).is_err()
        && let Some(node) = cx.state.journal.node_mut()
    {
        node.sweep = None;
    }
}

/// Redis has swept a part of the stream; `None` if it could not.
pub(super) fn swept(cx: &mut Cx<'_>, reply: Option<&Reply<'_>>) {
    let Some(node) = cx.state.journal.node_mut() else { return };
    let Some(mut sweep) = node.sweep.take() else { return };
    let mut items = reply.and_then(Reply::items).into_iter().flatten();
    let last = items.next();
    let Some(last) = last.as_ref().and_then(Reply::as_bytes) else { return };
    sweep.count += items.next().and_then(|count| count.as_integer()).unwrap_or_default();
    let Some(from) = EntryId::parse(last) else {
        log::info!("purged messages are out of the stream count={}", sweep.count);
        return cx.state.history.purge_is_done(PurgeStep::Told, &sweep.order);
    };
    node.sweep = Some(Sweep { from, is_asked: false, ..sweep });
    // Others have work for Redis too.
    cx.after(SWEEP_PAUSE_MS, sweep_on);
}
