//! Answers that the application expects from clients.

use super::Context;
use crate::limits::ACKS_AWAITED_MAX;
use mio_wire::sio::Args;
use std::collections::BTreeMap;
use std::fmt;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAck {
    /// The answer did not come in time.
    Timeout,
    /// The client has gone.
    Disconnected,
    /// The client owes too many answers already.
    TooMany,
    /// The answers of all whom an event went to are too large together.
    TooLarge,
}

impl fmt::Display for NoAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "no answer came in time",
            Self::Disconnected => "the client has gone",
            Self::TooMany => "the client owes too many answers",
            Self::TooLarge => "the answers are too large together",
        })
    }
}

impl std::error::Error for NoAck {}

/// A callback for an answer.
pub(super) type OnAck<S> = Box<dyn FnOnce(&mut Context<'_, S>, Result<Args<'_>, NoAck>)>;

/// The answers that one socket owes.
pub(super) struct Acks<S> {
    next: u64,
    awaited: BTreeMap<u64, OnAck<S>>,
}

impl<S> Default for Acks<S> {
    fn default() -> Self {
        Self { next: 0, awaited: BTreeMap::new() }
    }
}

impl<S> Acks<S> {
    /// Expects one more answer, and returns its number; gives the callback back if there are too
    /// many.
    pub(super) fn expect(&mut self, on_ack: OnAck<S>) -> Result<u64, OnAck<S>> {
        if self.awaited.len() >= ACKS_AWAITED_MAX {
            return Err(on_ack);
        }
        let id = self.next;
        self.next += 1;
        self.awaited.insert(id, on_ack);
        Ok(id)
    }

    /// Whether answer `id` is expected.
    pub(super) fn awaits(&self, id: u64) -> bool {
        self.awaited.contains_key(&id)
    }

    /// The callback for answer `id`, which it removes.
    pub(super) fn take(&mut self, id: u64) -> Option<OnAck<S>> {
        self.awaited.remove(&id)
    }

    /// The callbacks of all outstanding answers, in the order in which they were asked for.
    pub(super) fn into_awaited(self) -> impl Iterator<Item = OnAck<S>> {
        self.awaited.into_values()
    }
}
