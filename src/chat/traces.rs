//! The traces that deleted texts leave in the file: in the index of words until it is merged, in
//! the unused bytes of pages, in the log. A process beside the server erases them, like a purge. It
//! also erases the messages of deleted rooms, and those that a room does not keep any longer.

use super::history::PurgeOrder;
use super::purger::{NotPurged, Purger};
use super::{Cx, rules};
use crate::limits::{ERASE_PAUSE_MS, PURGE_AGAIN_MS};
use std::rc::Rc;

/// The process that erases traces, and what it is doing.
#[derive(Debug, Default)]
pub(super) struct TraceEraser {
    /// `None` if there is none, or it has gone: `mio-chat purge` erases the traces then.
    purger: Option<Purger>,
    is_running: bool,
    /// The earliest time of the next run, by the loop's clock.
    next_ms: u64,
    /// The room with rules to look at next.
    next_room: Option<Rc<str>>,
    /// Messages of a room that must be erased.
    wanted: Option<PurgeOrder>,
}

impl TraceEraser {
    pub(super) fn new(purger: Option<Purger>) -> Self {
        Self { purger, ..Self::default() }
    }

    /// Looks at this room next.
    pub(super) fn look_next_at(&mut self, room: Rc<str>) {
        self.next_room = Some(room);
    }

    /// Notes the end of a run, and begins the next one if it is due.
    fn look(&mut self, now_ms: u64, has_traces: bool) -> Option<Step> {
        let purger = self.purger.as_ref()?;
        let (step, why) = if self.is_running {
            match purger.end()? {
                Ok(()) => {
                    (self.is_running, self.next_ms) = (false, now_ms + ERASE_PAUSE_MS);
                    return Some(Step::Done);
                }
                Err(why) => (Step::Failed, why),
            }
        } else if (has_traces || self.wanted.is_some()) && now_ms >= self.next_ms {
            let order = self.wanted.take().unwrap_or(PurgeOrder::TRACES);
            match purger.begin(&order) {
                Ok(()) => {
                    self.is_running = true;
                    return Some(Step::Begun);
                }
                Err(why) => (Step::Failed, why),
            }
        } else {
            return None;
        };
        (self.is_running, self.next_ms) = (false, now_ms + PURGE_AGAIN_MS);
        log::warn!("deleted texts may have left traces in the history why=\"{why:?}\"");
        if matches!(why, NotPurged::Gone) {
            self.purger = None;
        }
        Some(step)
    }
}

/// A step of the eraser.
enum Step {
    Begun,
    Done,
    Failed,
}

/// Has traces erased, if there are any.
pub(super) fn look(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    let has_traces = cx.state.history.has_traces();
    look_at_rooms(cx);
    match cx.state.traces.look(now_ms, has_traces) {
        // Texts that are deleted from here on leave traces for the next run.
        Some(Step::Begun) => cx.state.history.erases_traces(),
        Some(Step::Failed) => cx.state.history.mark_traces(),
        Some(Step::Done) | None => (),
    }
}

/// Looks at one more room, unless messages of another one wait to be erased.
fn look_at_rooms(cx: &mut Cx<'_>) {
    let TraceEraser { next_room, wanted: None, .. } = &mut cx.state.traces else { return };
    let from = next_room.take();
    let (next, wanted) = rules::look(cx, from);
    (cx.state.traces.next_room, cx.state.traces.wanted) = (next, wanted);
}
