//! Events of this server that its own clients get when they come back to it by the adapter.
//!
//! Clients that take part in recovery get all events in the adapter's order, so that each offset
//! stands for everything before it.

use super::message::{Addressed, Broadcast, ClusterKind, ClusterMessage};
use crate::base::Namespace;
use crate::limits::CLUSTER_PENDING_BYTES_MAX;
use crate::server::{Context, SavedRoom};
use crate::session::Sid;
use crate::session::dialect::Sending;
use std::collections::VecDeque;
use std::mem;

/// An event that has not come back yet.
pub(in crate::server) struct Pending {
    number: u64,
    pub(in crate::server) namespace: Namespace,
    pub(in crate::server) addressed: Addressed<'static>,
    /// The text of its packet.
    pub(in crate::server) text: Vec<u8>,
    pub(in crate::server) attachments: Vec<Vec<u8>>,
    /// The clients that it was for when it was sent.
    pub(in crate::server) hearers: Vec<Sid>,
}

/// All of them, in the order in which they were sent.
#[derive(Default)]
pub(in crate::server) struct Pendings {
    all: VecDeque<Pending>,
    bytes: usize,
    last: u64,
}

impl Pending {
    pub(in crate::server) fn new(
        namespace: Namespace,
        addressed: Addressed<'static>,
        (text, attachments): (Vec<u8>, Vec<Vec<u8>>),
        hearers: Vec<Sid>,
    ) -> Self {
        Self { number: 0, namespace, addressed, text, attachments, hearers }
    }

    fn bytes(&self) -> usize {
        let attached: usize = self.attachments.iter().map(Vec::len).sum();
        size_of::<Self>() + self.text.len() + attached + self.hearers.len() * size_of::<Sid>()
    }
}

impl Pendings {
    /// The number of the next event.
    pub(super) const fn next_number(&self) -> u64 {
        self.last + 1
    }

    /// Adds an event that was sent with the next number. False if there are too many.
    fn add(&mut self, pending: Pending) -> bool {
        self.last += 1;
        self.bytes += pending.bytes();
        self.all.push_back(Pending { number: self.last, ..pending });
        self.bytes <= CLUSTER_PENDING_BYTES_MAX
    }

    /// Takes the events up to this number.
    fn take_until(&mut self, number: u64) -> Vec<Pending> {
        let count = self.all.partition_point(|pending| pending.number <= number);
        let taken: Vec<Pending> = self.all.drain(..count).collect();
        self.bytes -= taken.iter().map(Pending::bytes).sum::<usize>();
        taken
    }

    /// A client is back: it hears events that were sent while it was away.
    pub(in crate::server) fn returned(
        &mut self,
        namespace: Namespace,
        sid: Sid,
        rooms: &[SavedRoom],
    ) {
        let is_in = |name: &str| name == sid.as_str() || rooms.iter().any(|room| room.name == name);
        for pending in &mut self.all {
            let is_for = pending.namespace == namespace && pending.addressed.includes(is_in);
            if is_for && !pending.hearers.contains(&sid) {
                pending.hearers.push(sid);
                self.bytes += size_of::<Sid>();
            }
        }
    }

    pub(in crate::server) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl<S> Context<'_, S> {
    /// Keeps an event that was sent to the other servers until it comes back.
    pub(in crate::server) fn keep_pending(&mut self, pending: Pending) {
        if !self.core.cluster.pending.add(pending) {
            self.cluster_interrupted();
        }
    }

    /// Messages of this server may be lost, or come much later: the adapter has lost its
    /// connection, for example. Events that were to come back to its own clients are sent to them
    /// now.
    pub fn cluster_interrupted(&mut self) {
        let pending = mem::take(&mut self.core.cluster.pending.all);
        self.core.cluster.pending.bytes = 0;
        if !pending.is_empty() {
            let offset = self.newest();
            self.deliver(pending, &offset);
        }
    }

    /// A message of this server's own has come back.
    pub(super) fn heard_own(&mut self, message: &ClusterMessage<'_>) {
        if message.kind != ClusterKind::Event || self.core.cluster.pending.is_empty() {
            return;
        }
        let Ok(broadcast) = serde_json::from_str::<Broadcast<'_>>(message.data) else { return };
        if let (Some(number), Some(offset)) = (broadcast.number, message.offset) {
            // Any before it were lost.
            let pending = self.core.cluster.pending.take_until(number);
            self.deliver(pending, offset);
        }
    }

    fn deliver(&mut self, pending: impl IntoIterator<Item = Pending>, offset: &str) {
        let offset = serde_json::to_vec(offset).unwrap_or_default();
        for Pending { namespace, text, attachments, hearers, .. } in pending {
            let here = |sid: &Sid| {
                let socket = *self.core.by_id.get(sid)?;
                let voice = self.core.hub.voice(socket)?;
                (voice.namespace == namespace).then_some(socket)
            };
            let sockets: Vec<_> = hearers.iter().filter_map(here).collect();
            self.send_to_each(&sockets, Sending::Kept(&text, &offset, &attachments));
        }
    }
}
