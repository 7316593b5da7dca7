//! The traces that deleted texts leave in the file: in the index of words until it is merged, in
//! the unused bytes of pages, in the log. A process beside the server erases them, like a purge. It
//! also erases the messages of deleted rooms, and those that a room does not keep any longer.

use super::{NotPurged, Purger};
use crate::chat::history::PurgeOrder;
use crate::chat::{Cx, rules};
use crate::limits::{ERASE_PAUSE_MS, ERASE_ROOMS_MAX, PURGE_AGAIN_MS};
use std::rc::Rc;

/// The process that erases traces, and what it is doing.
#[derive(Debug, Default)]
pub(in crate::chat) struct TraceEraser {
    /// `None` if there is none, or it has gone: `mio-chat purge` erases the traces then.
    purger: Option<Purger>,
    run: Option<Run>,
    /// The earliest time of the next run, by the loop's clock.
    next_ms: u64,
    /// The room with rules to look at next; `None` once all have been looked at.
    next_room: Option<Rc<str>>,
    /// Messages of rooms that must be erased: of each room once.
    wanted: Vec<PurgeOrder>,
}

/// A run of the process.
#[derive(Debug)]
struct Run {
    /// The messages that it erases, beside the traces.
    orders: Vec<PurgeOrder>,
    began_ms: u64,
    /// It took no more than it could, and has left others.
    leaves_some: bool,
}

impl TraceEraser {
    pub(in crate::chat) fn new(purger: Option<Purger>) -> Self {
        Self { purger, ..Self::default() }
    }

    fn is_full(&self) -> bool {
        self.wanted.len() >= ERASE_ROOMS_MAX
    }

    /// Notes messages that must be erased, unless they wait for that already, or are being erased.
    fn want(&mut self, order: PurgeOrder) {
        let mut running = self.run.iter().flat_map(|run| &run.orders);
        let is_known = running.any(|it| it.room == order.room)
            || self.wanted.iter().any(|it| it.room == order.room);
        if !is_known && !self.is_full() {
            self.wanted.push(order);
        }
    }

    /// Notes the end of a run, and begins the next one if it is due.
    fn look(&mut self, now_ms: u64, has_traces: bool) -> Option<Step> {
        let (step, why) = if let Some(run) = &self.run {
            match self.purger.as_ref()?.end()? {
                Ok(()) => {
                    self.next_ms = now_ms + run.pause_ms(now_ms, !self.wanted.is_empty());
                    self.run = None;
                    return Some(Step::Done);
                }
                Err(why) => (Step::Failed, why),
            }
        } else if self.is_due(now_ms, has_traces) {
            let leaves_some = self.is_full();
            let purger = self.purger.as_mut()?;
            let orders = std::mem::take(&mut self.wanted);
            let begun = match &*orders {
                [] => purger.begin(&[PurgeOrder::TRACES]),
                orders => purger.begin(orders),
            };
            match begun {
                Ok(()) => {
                    self.run = Some(Run { orders, began_ms: now_ms, leaves_some });
                    return Some(Step::Begun);
                }
                Err(why) => (Step::Failed, why),
            }
        } else {
            return None;
        };
        (self.run, self.next_ms) = (None, now_ms + PURGE_AGAIN_MS);
        log::warn!("deleted texts may have left traces in the history why=\"{why:?}\"");
        if matches!(why, NotPurged::Gone) {
            self.purger = None;
        }
        Some(step)
    }

    /// Whether a run is due. It erases all that it must, so all rooms are looked at first.
    fn is_due(&self, now_ms: u64, has_traces: bool) -> bool {
        let is_ready = self.next_room.is_none() || self.is_full();
        (has_traces || !self.wanted.is_empty()) && is_ready && now_ms >= self.next_ms
    }
}

impl Run {
    /// The time from the end of this run to the next one. Where messages wait to be erased, it is
    /// short, but the file is read for no more than half of the time.
    fn pause_ms(&self, now_ms: u64, others_wait: bool) -> u64 {
        match self.leaves_some || others_wait {
            true => ERASE_PAUSE_MS.min(now_ms - self.began_ms),
            false => ERASE_PAUSE_MS,
        }
    }
}

/// A step of the eraser.
enum Step {
    Begun,
    Done,
    Failed,
}

/// Has traces erased, if there are any.
pub(in crate::chat) fn look(cx: &mut Cx<'_>) {
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

/// Looks at some more rooms, unless the messages of many wait to be erased.
fn look_at_rooms(cx: &mut Cx<'_>) {
    if cx.state.traces.is_full() {
        return;
    }
    let from = cx.state.traces.next_room.take();
    let (next, wanted) = rules::look(cx, from);
    cx.state.traces.next_room = next;
    for order in wanted {
        cx.state.traces.want(order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    /// An eraser whose process is this test.
    fn eraser() -> (TraceEraser, BufReader<UnixStream>) {
        let (way, other) = UnixStream::pair().expect("a pair");
        let child = Command::new("true").spawn().expect("a process");
        let purger = Purger::new(way, child).expect("a purger");
        (TraceEraser::new(Some(purger)), BufReader::new(other))
    }

    fn order(number: usize) -> PurgeOrder {
        PurgeOrder::before(5, Some(format!("room{number}")))
    }

    /// The orders of the run that begins at this time.
    fn begun(eraser: &mut TraceEraser, way: &mut impl BufRead, now_ms: u64) -> Vec<PurgeOrder> {
        assert!(matches!(eraser.look(now_ms, false), Some(Step::Begun)), "at {now_ms}");
        let mut line = String::new();
        way.read_line(&mut line).expect("a line");
        PurgeOrder::of_line(&line).expect("orders")
    }

    fn end(eraser: &mut TraceEraser, way: &mut BufReader<UnixStream>, now_ms: u64) {
        way.get_mut().write_all(b"done\n").expect("an answer");
        assert!(matches!(eraser.look(now_ms, false), Some(Step::Done)));
    }

    #[test]
    fn a_run_takes_many_rooms_and_only_the_last_one_is_followed_by_the_pause() {
        let (mut eraser, mut way) = eraser();
        (0..ERASE_ROOMS_MAX + 1).for_each(|number| eraser.want(order(number)));
        let first = begun(&mut eraser, &mut way, 1_000);
        assert_eq!(first, (0..ERASE_ROOMS_MAX).map(order).collect::<Vec<_>>());
        end(&mut eraser, &mut way, 4_000);
        eraser.want(order(ERASE_ROOMS_MAX));
        assert!(eraser.look(6_999, false).is_none(), "the file rests for as long as it was read");
        assert_eq!(begun(&mut eraser, &mut way, 7_000), [order(ERASE_ROOMS_MAX)]);
        // A room that is deleted during a run waits for the next one, and one of the run does not.
        eraser.want(order(ERASE_ROOMS_MAX));
        eraser.want(order(7));
        end(&mut eraser, &mut way, 8_000);
        assert_eq!(begun(&mut eraser, &mut way, 9_000), [order(7)]);
        end(&mut eraser, &mut way, 10_000);
        eraser.want(order(8));
        assert!(eraser.look(10_000 + ERASE_PAUSE_MS - 1, false).is_none());
        assert_eq!(begun(&mut eraser, &mut way, 10_000 + ERASE_PAUSE_MS), [order(8)]);
    }

    #[test]
    fn a_run_begins_once_all_rooms_have_been_looked_at() {
        let (mut eraser, mut way) = eraser();
        eraser.want(order(1));
        eraser.next_room = Some("room2".into());
        assert!(eraser.look(0, true).is_none());
        eraser.next_room = None;
        assert_eq!(begun(&mut eraser, &mut way, 0), [order(1)]);
        end(&mut eraser, &mut way, 1);
        assert!(matches!(eraser.look(1 + ERASE_PAUSE_MS, true), Some(Step::Begun)));
    }
}
