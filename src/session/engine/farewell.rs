//! What a client that polls is still owed when its session has ended.

use super::{Form, Reply, Wire, take_packets};
use crate::base::Outbox;
use crate::limits::POLL_PACKETS_MAX;
use crate::proto::eio::Version;

/// What was queued, and the end behind it. The end comes in an answer of its own: clients act upon
/// it before they hand over the events beside it.
#[derive(Debug)]
pub struct Farewell {
    form: Form,
    queue: Outbox,
    last: Option<&'static str>,
    /// When nobody is expected to ask for it any more.
    pub due_ms: u64,
}

impl Farewell {
    pub(super) const fn new(form: Form, queue: Outbox, last: Option<&'static str>) -> Self {
        Self { form, queue, last, due_ms: 0 }
    }

    /// Answers a poll; whether that was all.
    pub fn answer(&mut self, wire: &mut Wire<'_>, reply: Reply) -> bool {
        match take_packets(&mut self.queue, POLL_PACKETS_MAX) {
            Some(frames) => {
                self.form.answer(wire, reply, &frames, None);
                self.is_over()
            }
            None => {
                self.form.answer(wire, reply, &[], Some(self.last.unwrap_or("6")));
                true
            }
        }
    }

    /// Whether nothing is left to say.
    pub(super) const fn is_over(&self) -> bool {
        self.queue.is_empty() && self.last.is_none()
    }

    /// The protocol's version that its client speaks.
    pub const fn version(&self) -> Version {
        self.form.version
    }

    /// Bytes that wait to be fetched.
    pub const fn queued(&self) -> usize {
        self.queue.queued()
    }
}
