//! The seam between the loop and what it serves.

use super::{Budget, Remote};
use crate::base::{CloseReason, ConnectionId, Now, Outboxes, PeerAddress};
use std::io;

/// What a service may see and do in one turn.
#[derive(Debug)]
pub struct Turn<'a> {
    /// The time at which the turn began.
    pub now: Now,
    /// The only way out.
    pub out: &'a mut Outboxes,
    /// The turn's time: who does one thing after another asks before each whether it is over.
    pub budget: &'a mut Budget,
    /// The connections to be made when the turn is over, each with a number of the service's own:
    /// [`Service::connecting`] tells what comes of it.
    pub remotes: &'a mut Vec<(usize, Remote)>,
}

/// The door of those who come when all places are taken, and get a spare one: it has no listener,
/// and whoever comes in by it takes no client's place.
pub const SPARE_DOOR: usize = usize::MAX;

/// What is served by a loop. The loop calls; a service answers through the outboxes.
pub trait Service {
    /// Whether somebody at `address` may come in by the listener numbered `door`; where all places
    /// are taken, `is_full`, if a place can be made. Returns the door to come in by: the same, or
    /// [`SPARE_DOOR`].
    ///
    /// # Errors
    /// What the newcomer is told instead.
    fn admits(
        &mut self,
        turn: &mut Turn<'_>,
        door: usize,
        address: PeerAddress,
        is_full: bool,
    ) -> Result<usize, Vec<u8>>;

    /// A connection has come in by the listener numbered `door`, or by [`SPARE_DOOR`].
    fn opened(&mut self, turn: &mut Turn<'_>, id: ConnectionId, door: usize, address: PeerAddress);

    /// A connection that the service has asked for by number `remote` is being made, under this id,
    /// or cannot be. What is sent to it before it is there waits.
    fn connecting(
        &mut self,
        _turn: &mut Turn<'_>,
        _remote: usize,
        _begun: io::Result<ConnectionId>,
    ) {
    }

    /// An outgoing connection is there: what is sent to it reaches its peer.
    fn connected(&mut self, _turn: &mut Turn<'_>, _id: ConnectionId) {}

    /// Bytes have come in. They may be changed in place and are gone afterwards.
    fn received(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &mut [u8]);

    /// So many bytes of one who is being closed have come in, and were thrown away. Whether more of
    /// them may; if not, the connection goes at once.
    fn discards(&mut self, _turn: &mut Turn<'_>, _id: ConnectionId, _bytes: usize) -> bool {
        true
    }

    /// Input that was kept may go on: the connection's queue was above
    /// [`crate::limits::QUEUE_BYTES_READ_PAUSE`] and no longer is, or the service has asked for
    /// another turn ([`Outboxes::again`]).
    fn drained(&mut self, turn: &mut Turn<'_>, id: ConnectionId);

    /// The peer has closed its side: nothing more comes in, bytes may still go out.
    fn ended(&mut self, turn: &mut Turn<'_>, id: ConnectionId);

    /// The connection has gone. Told once for each that was opened or begun,
    /// whoever closed it.
    fn closed(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason);

    /// Whether those of a connection's address take so much of the loop's time that they come after
    /// all others in each turn, and have little of it.
    fn is_greedy(&self, now: Now, id: ConnectionId) -> bool;

    /// Whether a connection that is closed is waited for until its peer has closed it too. One that
    /// is not goes at once, which may cost its peer the last words if it has sent more meanwhile.
    fn lingers(&self, now: Now, id: ConnectionId) -> bool;

    /// Whether enough has been gathered that the turn is to settle before more is read.
    fn is_full(&self) -> bool;

    /// When to be woken next, in milliseconds of [`Now::ms`].
    fn next_deadline_ms(&self) -> Option<u64>;

    /// Deadlines are due.
    fn woke(&mut self, turn: &mut Turn<'_>);

    /// The turn's input is done: what was gathered goes to the outboxes, which are flushed next.
    fn settle(&mut self, turn: &mut Turn<'_>);

    /// A connection's outbox holds so many bytes of memory of its own from now on.
    fn weighed(&mut self, _id: ConnectionId, _outbox_bytes: usize) {}

    /// A turn is over, its flush included; its budget tells where its time went.
    fn turned(&mut self, _turn: &Turn<'_>) {}

    /// The server is to end: say goodbye and close every connection.
    fn stopping(&mut self, turn: &mut Turn<'_>);

    /// Whether a server that ends still waits for somebody at listener `door`, who may come by a
    /// new connection.
    fn awaits(&self, _door: usize) -> bool {
        false
    }
}
