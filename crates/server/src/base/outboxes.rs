//! The outboxes of all connections: the only way out of a service.

use super::{Chunk, CloseReason, ConnectionId, Id, Outbox};

/// One outbox for each connection, and a service's other requests for the connection.
///
/// A stale id is never an error here: output for a connection that has gone is dropped.
#[derive(Debug, Default)]
pub struct Outboxes {
    slots: Vec<Slot>,
    touched: Vec<u32>,
    /// Connections whose kept input must go on in the next turn.
    again: Vec<u32>,
    opened: u32,
}

#[derive(Debug, Default)]
struct Slot {
    outbox: Outbox,
    generation: u32,
    /// Length of the last answer.
    answer_bytes: u32,
    /// Bytes that were last counted as its own.
    counted: u32,
    condition: Condition,
    held: bool,
    /// Whether some of its output was left when the last turn ended.
    is_behind: bool,
    /// Whether its kept input must go on in the next turn.
    again: bool,
    listed: bool,
    /// Whether its connection may hold bytes besides it.
    has_besides: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Condition {
    #[default]
    Vacant,
    Open,
    Closing(CloseReason),
}

impl Outboxes {
    // For a service.

    /// Bytes that wait for all connections together. Looks at each.
    pub fn queued_bytes(&self) -> u64 {
        self.slots.iter().map(|slot| slot.outbox.queued() as u64).sum()
    }

    /// Queues shared bytes.
    pub fn push(&mut self, id: ConnectionId, chunk: &Chunk) {
        if let Some(slot) = self.open_slot(id).filter(|_| !chunk.is_empty()) {
            slot.outbox.push(chunk);
            self.touch(id.index());
        }
    }

    /// Queues a copy of `bytes`.
    pub fn append(&mut self, id: ConnectionId, bytes: &[u8]) {
        if let Some(slot) = self.open_slot(id).filter(|_| !bytes.is_empty()) {
            slot.outbox.append(bytes);
            self.touch(id.index());
        }
    }

    /// Queues what `encode` appends.
    pub fn append_with(&mut self, id: ConnectionId, encode: impl FnOnce(&mut Vec<u8>)) {
        if let Some(slot) = self.open_slot(id) {
            slot.outbox.append_with(encode);
            self.touch(id.index());
        }
    }

    /// Queues the answer to a request. Its length does not count against a slow client: the client
    /// asked for it, and gets no other answer before it is written.
    pub fn answer(&mut self, id: ConnectionId, bytes: &[u8]) {
        self.append(id, bytes);
        if let Some(slot) = self.open_slot(id) {
            slot.answer_bytes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        }
    }

    /// Queues more of an answer whose beginning may still be waiting.
    pub fn answer_more(&mut self, id: ConnectionId, bytes: &[u8]) {
        self.append(id, bytes);
        if let Some(slot) = self.open_slot(id) {
            slot.answer_bytes = u32::try_from(slot.outbox.queued()).unwrap_or(u32::MAX);
        }
    }

    /// Whether a connected peer had taken all its output when this turn began, and has at most
    /// `queued_max` bytes queued since.
    pub fn keeps_up(&self, id: ConnectionId, queued_max: usize) -> bool {
        let slot = self.slots.get(id.index()).filter(|slot| slot.generation == id.generation());
        slot.is_some_and(|slot| !slot.is_behind && slot.outbox.queued() <= queued_max)
    }

    /// Reads nothing more from the connection until it is released.
    pub fn hold(&mut self, id: ConnectionId) {
        if let Some(slot) = self.open_slot(id) {
            slot.held = true;
        }
    }

    /// Reads from the connection again.
    pub fn release(&mut self, id: ConnectionId) {
        if let Some(slot) = self.open_slot(id) {
            slot.held = false;
            self.touch(id.index());
        }
    }

    /// Lets the connection's kept input go on in the next turn, because this turn's time is used
    /// up. Connections that this turn has not served come first.
    pub fn again(&mut self, id: ConnectionId) {
        let is_new = self.open_slot(id).map(|slot| !std::mem::replace(&mut slot.again, true));
        if is_new == Some(true) {
            self.again.push(id.index() as u32);
        }
    }

    /// Closes the connection at once; its unsent output is dropped.
    pub fn abandon(&mut self, id: ConnectionId, reason: CloseReason) {
        if let Some(slot) = self.open_slot(id) {
            slot.outbox.clear();
            slot.condition = Condition::Closing(reason);
            self.touch(id.index());
        }
    }

    /// Closes the connection after its outbox is written. The first reason given stands.
    pub fn close(&mut self, id: ConnectionId, reason: CloseReason) {
        if let Some(slot) = self.open_slot(id) {
            slot.condition = Condition::Closing(reason);
            self.touch(id.index());
        }
    }

    // Functions for the code that drives a service: `net`, or a test.

    /// Opens the outbox at place `index`, which must be vacant, and names the connection.
    pub fn open(&mut self, index: usize) -> ConnectionId {
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, Slot::default);
        }
        let slot = &mut self.slots[index];
        assert!(slot.condition == Condition::Vacant, "a place is opened once");
        self.opened = self.opened.wrapping_add(1);
        let listed = slot.listed;
        *slot =
            Slot { generation: self.opened, condition: Condition::Open, listed, ..Slot::default() };
        Id::new(index as u32, self.opened)
    }

    /// Sets whether the connection at place `index` may hold bytes besides its outbox.
    pub fn set_besides(&mut self, index: usize, has_besides: bool) {
        self.slots[index].has_besides = has_besides;
    }

    /// Whether it may.
    pub fn holds_besides(&self, index: usize) -> bool {
        self.slots[index].has_besides
    }

    /// Forgets the connection at place `index`.
    pub fn vacate(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.outbox.clear();
        slot.condition = Condition::Vacant;
    }

    /// Takes the places that were touched since the last call, each once. `spare` is an empty
    /// vector whose memory is reused.
    pub fn take_touched(&mut self, mut spare: Vec<u32>) -> Vec<u32> {
        spare.clear();
        std::mem::swap(&mut spare, &mut self.touched);
        for index in &spare {
            self.slots[*index as usize].listed = false;
        }
        spare
    }

    /// Takes one of the connections whose kept input must go on.
    pub fn pop_again(&mut self) -> Option<u32> {
        self.again.pop()
    }

    /// Whether kept input of the connection at place `index` must go on.
    pub fn is_again(&self, index: usize) -> bool {
        self.slots[index].again
    }

    /// Whether kept input of the connection at place `index` must go on. Clears the mark.
    pub fn take_again(&mut self, index: usize) -> bool {
        std::mem::take(&mut self.slots[index].again)
    }

    /// Whether anything was touched since [`Self::take_touched`].
    pub const fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Whether the place `index` was.
    pub fn is_listed(&self, index: usize) -> bool {
        self.slots[index].listed
    }

    /// The outbox at place `index`.
    pub fn outbox(&mut self, index: usize) -> &mut Outbox {
        &mut self.slots[index].outbox
    }

    /// Notes that the place `index` has been flushed, as far as its peer takes bytes.
    pub fn flushed(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.is_behind = !slot.outbox.is_empty();
    }

    /// Bytes queued at place `index`.
    pub fn queued(&self, index: usize) -> usize {
        self.slots[index].outbox.queued()
    }

    /// The memory of the outbox at place `index`, together with `besides` bytes, if that has
    /// changed since it was last counted.
    pub fn take_uncounted(&mut self, index: usize, besides: usize) -> Option<usize> {
        let slot = &mut self.slots[index];
        if slot.outbox.is_empty() && slot.counted == 0 && besides == 0 {
            return None;
        }
        let bytes = u32::try_from(slot.outbox.own_bytes() + besides).unwrap_or(u32::MAX);
        let counted = std::mem::replace(&mut slot.counted, bytes);
        (bytes != counted).then_some(bytes as usize)
    }

    /// The number of bytes queued at place `index` that may be an answer.
    pub fn answer_bytes(&self, index: usize) -> usize {
        self.slots[index].answer_bytes as usize
    }

    /// Whether the connection at place `index` is held.
    pub fn is_held(&self, index: usize) -> bool {
        self.slots[index].held
    }

    /// Why the connection at place `index` must be closed, if it must.
    pub fn closing(&self, index: usize) -> Option<CloseReason> {
        match self.slots[index].condition {
            Condition::Closing(reason) => Some(reason),
            Condition::Vacant | Condition::Open => None,
        }
    }

    /// Lists the place `index` for the next flush.
    pub fn touch(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if !slot.listed {
            slot.listed = true;
            self.touched.push(index as u32);
        }
    }

    fn open_slot(&mut self, id: ConnectionId) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(id.index())?;
        (slot.generation == id.generation() && slot.condition == Condition::Open).then_some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_connection_that_closes_or_has_gone() {
        let mut out = Outboxes::default();
        let first = out.open(0);
        out.append(first, b"one");
        out.close(first, CloseReason::Quit);
        out.append(first, b"two");
        out.close(first, CloseReason::Reset);
        assert_eq!((out.queued(0), out.closing(0)), (3, Some(CloseReason::Quit)));
        assert_eq!(out.take_touched(Vec::new()), [0]);
        assert!(!out.is_touched());
        out.vacate(0);
        let second = out.open(0);
        out.append(first, b"late");
        out.hold(first);
        assert_eq!((out.queued(0), out.is_held(0), out.is_touched()), (0, false, false));
        out.append(second, b"new");
        assert_eq!(out.queued(0), 3);
    }
}
