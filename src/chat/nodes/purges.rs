//! Purges at many nodes. After a purge at another node, a process purges this node's file, as an
//! operator's command would. Messages that were purged at this node's file are taken out of the
//! stream, so that a new node does not read them back.

use super::calls::{Call, Command};
use super::{COMMIT, EntryId, ThisNode};
use crate::chat::Cx;
use crate::chat::history::{PurgeOrder, PurgeStep};
use crate::limits::{PURGE_AGAIN_MS, SWEEP_ENTRIES, SWEEP_PAUSE_MS};
use mio_socketio::redis::Reply;
use std::io;
use std::path::Path;
use std::process::Child;

const SWEEP: &str = include_str!("scripts/sweep.lua");

/// Starts a process that purges a file that a server is using.
pub type StartPurge = fn(&Path, &PurgeOrder) -> io::Result<Child>;

/// The process that purges the file. It ends with the server; the next server begins it again.
#[derive(Debug)]
pub(super) struct Purging {
    number: i64,
    child: Child,
}

impl Drop for Purging {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A search of the stream for purged messages.
#[derive(Debug)]
pub(super) struct Sweep {
    number: i64,
    order: PurgeOrder,
    /// The last entry that was examined, and the last one to examine.
    from: EntryId,
    upto: EntryId,
    /// Redis has been asked, and has not answered.
    is_asked: bool,
    /// Entries that were taken out.
    count: i64,
}

/// Begins the purges that are due, and notes the end of the one that runs.
pub(in crate::chat) fn look(cx: &mut Cx<'_>) {
    if cx.state.node.is_none() {
        return;
    }
    end_purge(cx);
    begin_purge(cx);
    begin_sweep(cx);
}

/// The process that purges the file may have ended.
fn end_purge(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = &mut cx.state.node else { return };
    let Some(Purging { number, child }) = &mut node.purging else { return };
    let number = *number;
    let status = match child.try_wait() {
        Ok(None) => return,
        Ok(Some(status)) if status.success() => {
            node.purging = None;
            log::info!("the history is purged, as was ordered at another node");
            return cx.state.history.purge_is_done(number);
        }
        Ok(Some(status)) => status.to_string(),
        Err(error) => error.to_string(),
    };
    node.purging = None;
    put_off(node, now_ms, status);
}

/// A purge has failed, and is tried again later.
fn put_off(node: &mut ThisNode, now_ms: u64, why: impl std::fmt::Display) {
    node.purges_again_ms = now_ms + PURGE_AGAIN_MS;
    log::warn!("a purge that was ordered at another node has failed, and is tried again why={why}");
}

fn begin_purge(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = &mut cx.state.node else { return };
    if node.purging.is_some() || now_ms < node.purges_again_ms {
        return;
    }
    let Some((number, order)) = cx.state.history.purge_at(PurgeStep::Undone) else { return };
    let Some(path) = cx.state.history.path() else { return };
    match (node.start_purge)(&path, &order) {
        Ok(child) => node.purging = Some(Purging { number, child }),
        Err(error) => put_off(node, now_ms, error),
    }
}

fn begin_sweep(cx: &mut Cx<'_>) {
    let Some(node) = &mut cx.state.node else { return };
    if !node.is_whole() || node.sweep.is_some() {
        return;
    }
    let Some((number, order)) = cx.state.history.purge_at(PurgeStep::Told) else { return };
    let (from, upto) = (EntryId::default(), node.place);
    node.sweep = Some(Sweep { number, order, from, upto, is_asked: false, count: 0 });
    sweep_on(cx);
}

/// Asks Redis for the next part of the stream.
fn sweep_on(cx: &mut Cx<'_>) {
    let Some(node) = &mut cx.state.node else { return };
    let Some(sweep) = node.sweep.as_mut().filter(|sweep| !sweep.is_asked) else { return };
    let Sweep { from, upto, order, is_asked, .. } = sweep;
    let mut call = Command::eval(SWEEP, &[&node.keys.facts]);
    call.word(from).word(upto).word(order.before_ms);
    call.word(order.room.as_deref().unwrap_or_default()).word(SWEEP_ENTRIES);
    *is_asked = true;
    // If the link is down, it is swept from the beginning when the link is up.
    let _ = call.send(cx, COMMIT, Call::Sweep);
}

/// Redis has swept a part of the stream; `None` if it could not.
pub(super) fn swept(cx: &mut Cx<'_>, reply: Option<&Reply<'_>>) {
    let Some(node) = &mut cx.state.node else { return };
    let Some(mut sweep) = node.sweep.take() else { return };
    let mut items = reply.and_then(Reply::items).into_iter().flatten();
    let last = items.next();
    let Some(last) = last.as_ref().and_then(Reply::as_bytes) else { return };
    sweep.count += items.next().and_then(|count| count.as_integer()).unwrap_or_default();
    let Some(from) = EntryId::parse(last) else {
        log::info!("purged messages are out of the stream count={}", sweep.count);
        return cx.state.history.purge_is_done(sweep.number);
    };
    node.sweep = Some(Sweep { from, is_asked: false, ..sweep });
    // Others have work for Redis too.
    cx.after(SWEEP_PAUSE_MS, sweep_on);
}
