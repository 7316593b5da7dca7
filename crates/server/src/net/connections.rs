//! The connection table: the phases of a turn between the poll and the next poll.

mod flush;
mod outgoing;
mod telling;

use super::connection::{Connection, Moved, Pause, Phase, Transport, Wants};
use super::places::{Place, Places};
use super::{Budget, Meter, Phase as Part, RemoteAddress, Service, Turn};
use crate::base::{CloseReason, ConnectionId, Deadlines, Now, Outboxes, PeerAddress};
use crate::limits::{
    HANDSHAKE_MS, LINGER_KIB_MAX, QUEUE_BYTES_READ_PAUSE, READ_BYTES_PER_LINK_MAX,
    READ_BYTES_PER_TURN_MAX, READ_CHUNK_BYTES,
};
use slab::Slab;
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// All connections of a loop, of any kind of stream.
///
/// A connection is on the `unfinished` list when it can go on without a new event: readable and not
/// yet read, stopped by its budget, released by the service, or drained. While the list is not
/// empty the loop must not sleep.
#[derive(Debug)]
pub struct Connections<T> {
    table: Slab<Connection<T>>,
    out: Outboxes,
    unfinished: Vec<u32>,
    spare: Vec<u32>,
    /// The listed connections that come last in this turn.
    greedy: Vec<u32>,
    touched: Vec<u32>,
    dead: VecDeque<(u32, CloseReason)>,
    lingering: Deadlines<ConnectionId>,
    /// Connections with a long queue, and the time of the next check.
    behind: Deadlines<(ConnectionId, NonZeroU32)>,
    /// Connections that are being made or greet their peers, and the time when they are given up.
    connecting: Deadlines<ConnectionId>,
    /// Outgoing connections that the service has asked for.
    remotes: Vec<(usize, RemoteAddress)>,
    /// Handshakes that have gone on in this turn.
    greeted: usize,
    /// Number of periods in which some queue was long.
    times_behind: u32,
    buffer: Vec<u8>,
    budget: Budget,
    places: Places,
    /// Whether the service was told of something after the last settle.
    unsettled: bool,
}

impl<T: Transport> Connections<T> {
    /// An empty table. `meter` measures the time of its turns.
    pub fn new(meter: Meter) -> Self {
        Self {
            table: Slab::new(),
            out: Outboxes::default(),
            unfinished: Vec::new(),
            spare: Vec::new(),
            greedy: Vec::new(),
            touched: Vec::new(),
            dead: VecDeque::new(),
            lingering: Deadlines::default(),
            behind: Deadlines::default(),
            connecting: Deadlines::default(),
            remotes: Vec::new(),
            greeted: 0,
            times_behind: 0,
            buffer: vec![0; READ_CHUNK_BYTES],
            budget: Budget::new(meter),
            places: Places::default(),
            unsettled: false,
        }
    }

    /// Number of connections.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The index of the next connection, with which its events must be marked.
    pub fn next_index(&self) -> usize {
        self.table.vacant_key()
    }

    /// Adds a connection and tells the service.
    pub fn open(
        &mut self,
        service: &mut impl Service,
        now: Now,
        stream: T,
        listener: usize,
        address: PeerAddress,
    ) -> ConnectionId {
        let id = self.out.open(self.table.vacant_key());
        let place = self.places.take(service.bounds(), listener);
        let connection = Connection::new(stream, id, place);
        if connection.phase == Phase::Connecting {
            self.connecting.set(now.ms + HANDSHAKE_MS, id);
        }
        self.out.set_besides(id.index(), connection.stream.holds_bytes());
        self.table.insert(connection);
        service.opened(&mut self.begun(now), id, listener, address);
        id
    }

    /// Notes an event for the connection at `index`. An event for one that has gone is ignored.
    /// `read_to_block` says that a short read will not prove the socket empty.
    pub fn ready(&mut self, index: usize, readable: bool, writable: bool, read_to_block: bool) {
        let Some(connection) = self.table.get_mut(index) else { return };
        connection.readable |= readable | read_to_block;
        connection.writable |= writable;
        connection.read_to_block |= read_to_block;
        self.list(index);
    }

    /// Whether a turn is due without any event.
    pub fn is_unfinished(&self) -> bool {
        let is_listed = !self.unfinished.is_empty() || !self.dead.is_empty();
        self.unsettled || is_listed || self.out.is_touched()
    }

    /// The time of this turn.
    pub const fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// Why the service has closed a connection that still exists.
    pub fn closing(&self, id: ConnectionId) -> Option<CloseReason> {
        self.table.get(id.index()).filter(|connection| connection.id == id)?;
        self.out.closing(id.index())
    }

    /// The next deadline of a connection: for lingering, for reading its output, or for being made.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        let ends_ms = [self.lingering.next_ms(), self.behind.next_ms(), self.connecting.next_ms()];
        ends_ms.into_iter().flatten().min()
    }

    /// One turn after the poll: read and dispatch, deadlines, settle, flush, reap.
    pub fn turn(&mut self, service: &mut impl Service, now: Now) {
        self.dispatch(service, now);
        self.wake(service, now);
        self.budget.begin(Part::Settle);
        service.settle(&mut self.begun(now));
        self.unsettled = false;
        self.budget.done("settling");
        self.budget.begin(Part::Flush);
        self.flush(service, now);
        self.budget.done("writing");
        self.budget.begin(Part::Reap);
        self.reap(service, now);
        while let Some(index) = self.out.pop_again() {
            self.list(index as usize);
        }
        self.budget.end();
        service.turned(&self.begun(now));
    }

    /// Whether a newcomer may come in, and by which listener: see [`Service::admits`].
    ///
    /// # Errors
    /// The text for the newcomer instead.
    pub fn admit(
        &mut self,
        service: &mut impl Service,
        now: Now,
        listener: usize,
        address: PeerAddress,
    ) -> Result<usize, Vec<u8>> {
        let is_full = self.places.are_taken(service.bounds(), listener, self.len());
        service.admits(&mut self.begun(now), listener, address, is_full)
    }

    /// The turn for the service.
    const fn begun(&mut self, now: Now) -> Turn<'_> {
        let Self { out, budget, remotes, .. } = self;
        Turn { now, out, budget, remotes }
    }

    /// Unsent bytes of all connections; shared bytes count for each that waits for them.
    pub fn queued(&self) -> usize {
        self.table.iter().map(|(index, _)| self.out.queued(index)).sum()
    }

    /// Panics unless every connection that could go on is listed, and no queue is above its cap
    /// after a flush.
    pub fn check_invariants(&self, service: &impl Service) {
        self.places.check(self.table.iter().map(|(_, connection)| connection.place));
        for (index, connection) in &self.table {
            let is_dead = connection.phase == Phase::Dead;
            let is_reaped = self.dead.iter().any(|(dead, _)| *dead as usize == index);
            assert_eq!(is_dead, is_reaped, "the dead are listed");
            if is_dead {
                continue;
            }
            let queue_bytes_max = self.queue_max(service.bounds(), index, connection);
            // The next flush checks output that the reap has queued for it.
            let fits = self.out.queued(index) <= queue_bytes_max;
            assert!(fits || self.out.is_listed(index), "a queue has a cap");
            let can_write = connection.writable && self.has_output(index);
            assert!(!can_write || connection.listed || self.out.is_touched(), "bytes are flushed");
            let goes_on = connection.pause == Pause::Over || self.out.is_again(index);
            assert!(!goes_on || connection.listed, "kept input that may go on is listed");
            let can_read = connection.readable && self.may_read(index, connection);
            assert!(!can_read || connection.listed, "what is readable is listed");
            assert!(!connection.can_greet() || connection.listed, "a handshake goes on");
        }
    }

    fn list(&mut self, index: usize) {
        let Some(connection) = self.table.get_mut(index) else { return };
        if !connection.listed {
            connection.listed = true;
            self.unfinished.push(index as u32);
        }
    }

    fn may_read(&self, index: usize, connection: &Connection<T>) -> bool {
        match connection.phase {
            Phase::Open => {
                self.out.closing(index).is_none()
                    && !self.out.is_held(index)
                    && !self.out.is_again(index)
                    && (self.out.queued(index) <= QUEUE_BYTES_READ_PAUSE
                        || connection.place == Place::Outgoing)
            }
            Phase::Lingering => true,
            Phase::Connecting | Phase::Ended | Phase::Dead => false,
        }
    }

    fn dispatch(&mut self, service: &mut impl Service, now: Now) {
        let mut due = std::mem::replace(&mut self.unfinished, std::mem::take(&mut self.spare));
        let mut greedy = std::mem::take(&mut self.greedy);
        self.budget.begin(Part::Dispatch);
        self.greeted = 0;
        due.retain(|index| {
            let connection = self.table.get(*index as usize);
            let is_greedy = connection.is_some_and(|it| service.is_greedy(now, it.id));
            greedy.extend(Some(*index).filter(|_| is_greedy));
            !is_greedy
        });
        self.serve_all(service, now, &due, false);
        if !greedy.is_empty() {
            self.budget.begin_greedy();
            self.serve_all(service, now, &greedy, true);
        }
        due.clear();
        greedy.clear();
        (self.spare, self.greedy) = (due, greedy);
    }

    /// Serves as many of these connections as there is time for; the others come first in the next
    /// turn.
    fn serve_all(&mut self, service: &mut impl Service, now: Now, due: &[u32], is_greedy: bool) {
        let from = self.unfinished.len();
        // Number of connections listed again that had been read when the time was over.
        let mut served = None;
        for index in due {
            let index = *index as usize;
            let Some(connection) = self.table.get_mut(index) else { continue };
            connection.listed = false;
            if served.is_none() && (service.is_full() || self.budget.is_over()) {
                served = Some(self.unfinished.len() - from);
            }
            if served.is_none() {
                self.budget.begin_share(is_greedy);
                self.serve(service, now, index);
            } else if self.can_go_on(index) {
                self.list(index);
            }
            // Bytes that could not be written before may be written now.
            if self.table[index].writable && self.has_output(index) {
                self.out.touch(index);
            }
        }
        if let Some(listed) = self.unfinished.get_mut(from..) {
            listed.rotate_left(served.unwrap_or(0));
        }
    }

    /// Whether a connection waits for room to write.
    fn has_output(&self, index: usize) -> bool {
        self.out.queued(index) > 0 || self.table[index].stream.wants() == Wants::Write
    }

    /// Whether a connection can go on without a new event.
    fn can_go_on(&self, index: usize) -> bool {
        let connection = &self.table[index];
        let is_kept = self.out.is_again(index) || connection.pause == Pause::Over;
        is_kept || connection.can_greet() || connection.readable && self.may_read(index, connection)
    }

    /// Lets a connection's kept input go on, and reads more.
    fn serve(&mut self, service: &mut impl Service, now: Now, index: usize) {
        let connection = &mut self.table[index];
        let is_over = connection.pause == Pause::Over;
        if is_over {
            connection.pause = Pause::No;
        }
        if self.out.take_again(index) || is_over {
            let connection = &self.table[index];
            let id = connection.id;
            if connection.phase != Phase::Dead {
                service.drained(&mut self.begun(now), id);
            }
        }
        if self.table[index].can_greet() {
            self.greet(service, now, index);
        }
        self.read(service, now, index);
        self.weigh_stream(service, index);
    }

    fn read(&mut self, service: &mut impl Service, now: Now, index: usize) {
        // Closed connections only have to learn that they must go, so nobody waits for them.
        let mut bytes_left = match self.table[index].phase {
            Phase::Lingering => READ_CHUNK_BYTES,
            _ if self.table[index].place == Place::Outgoing => READ_BYTES_PER_LINK_MAX,
            _ => READ_BYTES_PER_TURN_MAX,
        };
        loop {
            let connection = &self.table[index];
            if !connection.readable || !self.may_read(index, connection) {
                return;
            }
            if bytes_left == 0 || service.is_full() || self.budget.is_share_over() {
                self.list(index);
                return;
            }
            let connection = &mut self.table[index];
            let (id, lingering) = (connection.id, connection.phase == Phase::Lingering);
            let Self { out, budget, remotes, .. } = self;
            let mut turn = Turn { now, out, budget, remotes };
            let moved = connection.fill(&mut self.buffer);
            // Input of which nothing is for the service is work too, and its sender's.
            if !matches!(moved, Moved::Bytes(_) | Moved::End) && turn.out.holds_besides(index) {
                service.worked(&mut turn, id);
            }
            match moved {
                Moved::Bytes(count) => {
                    bytes_left = bytes_left.saturating_sub(count);
                    if !lingering {
                        service.received(&mut turn, id, &mut self.buffer[..count]);
                        continue;
                    }
                    let kib = u16::try_from(count.div_ceil(1024)).unwrap_or(u16::MAX);
                    connection.discarded_kib = connection.discarded_kib.saturating_add(kib);
                    let is_over = connection.discarded_kib > LINGER_KIB_MAX;
                    if !service.discards(&mut turn, id, count) || is_over {
                        let reason = self.out.closing(index).unwrap_or(CloseReason::Eof);
                        return self.kill(index, reason);
                    }
                }
                Moved::Blocked if connection.readable => return self.list(index),
                Moved::Blocked => return,
                Moved::End if lingering => {
                    let reason = self.out.closing(index).unwrap_or(CloseReason::Eof);
                    return self.kill(index, reason);
                }
                // A stream that broke has no end, and the bytes before the break are not a line.
                Moved::End if connection.mute => return self.kill(index, CloseReason::Reset),
                Moved::End => {
                    connection.phase = Phase::Ended;
                    return service.ended(&mut turn, id);
                }
                Moved::Broken(reason) => return self.kill(index, reason),
            }
        }
    }

    fn wake(&mut self, service: &mut impl Service, now: Now) {
        while let Some(id) = self.lingering.pop_due(now.ms) {
            if self.table.get(id.index()).is_some_and(|connection| connection.id == id) {
                let reason = self.out.closing(id.index()).unwrap_or(CloseReason::Eof);
                self.kill(id.index(), reason);
            }
        }
        self.give_up(now);
        while let Some((id, time)) = self.behind.pop_due(now.ms) {
            let connection = self.table.get(id.index()).filter(|connection| connection.id == id);
            if connection.is_some_and(|connection| connection.behind == Some(time)) {
                self.kill(id.index(), CloseReason::SlowClient);
            }
        }
        self.budget.begin(Part::Deadlines);
        if service.next_deadline_ms().is_some_and(|at_ms| at_ms <= now.ms) {
            service.woke(&mut self.begun(now));
        }
    }
}

#[cfg(test)]
mod tests;
