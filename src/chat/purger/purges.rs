//! Purges of this server's file that were ordered at another server of the chat. A process purges
//! it as an operator's command would.

use super::{NotPurged, Purger};
use crate::chat::Cx;
use crate::chat::history::{PurgeOrder, PurgeStep};
use crate::limits::PURGE_AGAIN_MS;

/// The process that purges the file, and what it is doing.
#[derive(Debug, Default)]
pub(in crate::chat) struct OrderedPurges {
    /// `None` if there is none, or it has gone.
    purger: Option<Purger>,
    /// The purge that runs.
    running: Option<PurgeOrder>,
    /// The time, by the loop's clock, at which a failed one is tried again.
    again_ms: u64,
}

impl OrderedPurges {
    pub(in crate::chat) fn new(purger: Option<Purger>) -> Self {
        Self { purger, ..Self::default() }
    }

    /// The purge that has ended, and how.
    fn end(&mut self) -> Option<(PurgeOrder, Result<(), NotPurged>)> {
        self.running.as_ref()?;
        let ended = self.purger.as_ref()?.end()?;
        Some((self.running.take()?, ended))
    }

    fn begin(&mut self, now_ms: u64, order: PurgeOrder) {
        match self.purger.as_mut().map(|purger| purger.begin(std::slice::from_ref(&order))) {
            Some(Ok(())) => self.running = Some(order),
            Some(Err(why)) => self.put_off(now_ms, &order, why),
            None => self.put_off(now_ms, &order, NotPurged::Gone),
        }
    }

    /// A purge is not done, and is tried again later, or when the server starts again. An operator
    /// may not want to wait for that.
    fn put_off(&mut self, now_ms: u64, order: &PurgeOrder, why: NotPurged) {
        let what = "a purge that was ordered at another node";
        match why {
            NotPurged::Failed(why) => {
                self.again_ms = now_ms + PURGE_AGAIN_MS;
                log::warn!("{what} has failed, and is tried again why=\"{why}\"");
            }
            NotPurged::Gone => {
                (self.purger, self.again_ms) = (None, u64::MAX);
                let hint = "mio-chat purge does it at once";
                let when = "when this server starts again";
                log::error!("{what} is done {when} {order:?} hint=\"{hint}\"");
            }
        }
    }
}

/// Notes the end of the purge that runs, and begins the next one.
pub(in crate::chat) fn look(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let purges = &mut cx.state.purges;
    match purges.end() {
        Some((order, Ok(()))) => {
            log::info!("the history is purged, as was ordered at another node");
            cx.state.history.purge_is_done(PurgeStep::Undone, &order);
        }
        Some((order, Err(why))) => purges.put_off(now_ms, &order, why),
        None => (),
    }
    if purges.running.is_none()
        && now_ms >= purges.again_ms
        && let Some(order) = cx.state.history.purge_at(PurgeStep::Undone)
    {
        purges.begin(now_ms, order);
    }
}
