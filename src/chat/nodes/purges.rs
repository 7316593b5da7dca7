//! Purges at many nodes. After a purge at another node, a process purges this node's file, as an
//! operator's command would. It was started before the server gave up the right to start any, and
//! waits for orders. Messages that were purged at this node's file are taken out of the
//! stream, so that a new node does not read them back.

use super::calls::{Call, Command};
use super::{COMMIT, EntryId, ThisNode};
use crate::chat::Cx;
use crate::chat::history::{PurgeOrder, PurgeStep};
use crate::limits::{
    PURGE_AGAIN_MS, PURGE_ANSWER_BYTES_MAX, PURGE_ANSWERS_OLD_MAX, SWEEP_ENTRIES, SWEEP_PAUSE_MS,
};
use mio_socketio::redis::Reply;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Child;

const SWEEP: &str = include_str!("scripts/sweep.lua");

/// The process that purges this node's file while the server goes on, and the way to it. It ends
/// when the way is closed, and so with the server; the next server begins its purge again.
#[derive(Debug)]
pub struct Purger {
    way: UnixStream,
    child: Child,
}

impl Purger {
    /// The answer to a purge that is done. Any other answer is the reason why it has failed.
    pub const DONE: &'static str = "done";

    /// Takes a process that reads orders from the other end of `way`, one a line, and answers each
    /// with a line of at most [`PURGE_ANSWER_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// If the system does not let `way` be read without waiting.
    pub fn new(way: UnixStream, child: Child) -> io::Result<Self> {
        way.set_nonblocking(true)?;
        Ok(Self { way, child })
    }

    /// Orders a purge.
    pub(in crate::chat) fn begin(&self, order: &PurgeOrder) -> Result<(), NotPurged> {
        // It may have told its end while it had nothing to do.
        let is_old = |end: &Option<_>| matches!(end, Some(Ok(()) | Err(NotPurged::Failed(_))));
        let ends = std::iter::repeat_with(|| self.end()).take(PURGE_ANSWERS_OLD_MAX);
        ends.take_while(is_old).for_each(drop);
        // Nothing else is on its way, so the line is taken as a whole.
        (&self.way).write_all(format!("{}\n", order.line()).as_bytes()).map_err(NotPurged::from)
    }

    /// The end of the purge that was ordered, or the reason why it is not done; `None` if it goes
    /// on.
    pub(in crate::chat) fn end(&self) -> Option<Result<(), NotPurged>> {
        // An answer is written at once, and so it is read at once.
        let mut answer = [0; PURGE_ANSWER_BYTES_MAX];
        let count = match (&self.way).read(&mut answer) {
            Ok(0) => return Some(Err(NotPurged::Gone)),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => return Some(Err(error.into())),
        };
        let answer = String::from_utf8_lossy(answer.get(..count).unwrap_or_default());
        Some(match answer.trim_end() {
            Self::DONE => Ok(()),
            why => Err(NotPurged::Failed(why.to_owned())),
        })
    }
}

/// The reason why a purge is not done.
#[derive(Debug)]
pub(in crate::chat) enum NotPurged {
    /// Nothing can purge any more before the server starts again.
    Gone,
    /// It has failed, and may be tried again.
    Failed(String),
}

impl From<io::Error> for NotPurged {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => Self::Gone,
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl Drop for Purger {
    fn drop(&mut self) {
        // It sees that the way is closed. A server that is guarded may not end it by a signal.
        let _ = self.child.kill();
        let _ = self.child.try_wait();
    }
}

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

/// Begins the purges that are due, and notes the end of the one that runs.
pub(in crate::chat) fn look(cx: &mut Cx<'_>) {
    if cx.state.node.is_none() {
        return;
    }
    end_purge(cx);
    begin_purge(cx);
    begin_sweep(cx);
}

/// The purge of the file may have ended.
fn end_purge(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = &mut cx.state.node else { return };
    let (Some(_), Some(purger)) = (&node.purging, &node.purger) else { return };
    let Some(ended) = purger.end() else { return };
    let Some(order) = node.purging.take() else { return };
    match ended {
        Ok(()) => {
            log::info!("the history is purged, as was ordered at another node");
            cx.state.history.purge_is_done(PurgeStep::Undone, &order);
        }
        Err(why) => put_off(node, now_ms, &order, why),
    }
}

/// A purge is not done, and is tried again later, or when the server starts again. An operator may
/// not want to wait for that.
fn put_off(node: &mut ThisNode, now_ms: u64, order: &PurgeOrder, why: NotPurged) {
    let what = "a purge that was ordered at another node";
    match why {
        NotPurged::Failed(why) => {
            node.purges_again_ms = now_ms + PURGE_AGAIN_MS;
            log::warn!("{what} has failed, and is tried again why=\"{why}\"");
        }
        NotPurged::Gone => {
            (node.purger, node.purges_again_ms) = (None, u64::MAX);
            let hint = "mio-chat purge does it at once";
            log::error!("{what} is done when this server starts again {order:?} hint=\"{hint}\"");
        }
    }
}

fn begin_purge(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let Some(node) = &mut cx.state.node else { return };
    if node.purging.is_some() || now_ms < node.purges_again_ms {
        return;
    }
    let Some(order) = cx.state.history.purge_at(PurgeStep::Undone) else { return };
    match node.purger.as_ref().map(|purger| purger.begin(&order)) {
        Some(Ok(())) => node.purging = Some(order),
        Some(Err(why)) => put_off(node, now_ms, &order, why),
        None => put_off(node, now_ms, &order, NotPurged::Gone),
    }
}

fn begin_sweep(cx: &mut Cx<'_>) {
    let Some(node) = &mut cx.state.node else { return };
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
    let Some(node) = &mut cx.state.node else { return };
    let Some(sweep) = node.sweep.as_mut().filter(|sweep| !sweep.is_asked) else { return };
    let Sweep { from, upto, order, is_asked, .. } = sweep;
    let mut call = Command::eval(SWEEP, &[&node.keys.facts]);
    call.word(from).word(upto).word(order.before_ms);
    call.word(order.room.as_deref().unwrap_or_default()).word(SWEEP_ENTRIES);
    *is_asked = true;
    // If the link is down, it is swept from the beginning when the link is up.
    if call.send(cx, COMMIT, Call::Sweep).is_err()
        && let Some(node) = &mut cx.state.node
    {
        node.sweep = None;
    }
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
        return cx.state.history.purge_is_done(PurgeStep::Told, &sweep.order);
    };
    node.sweep = Some(Sweep { from, is_asked: false, ..sweep });
    // Others have work for Redis too.
    cx.after(SWEEP_PAUSE_MS, sweep_on);
}
