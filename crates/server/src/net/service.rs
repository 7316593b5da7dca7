//! The interface between the loop and the service on top of it.

use super::{Budget, RemoteAddress};
use crate::base::{CloseReason, ConnectionId, Now, Outboxes, PeerAddress};
use std::error::Error;
use std::net::IpAddr;
use std::{fmt, io};

/// The service's view of one turn.
#[derive(Debug)]
pub struct Turn<'a> {
    /// The time at which the turn began.
    pub now: Now,
    /// The only way to send.
    pub out: &'a mut Outboxes,
    /// The turn's time: code that does one thing after another asks before each whether it is over.
    pub budget: &'a mut Budget,
    /// The connections to be made after the turn, each with a number chosen by the service:
    /// [`Service::connecting`] reports the result.
    pub remotes: &'a mut Vec<(usize, RemoteAddress)>,
}

/// Stands for the listener of newcomers who get a spare place because all others are taken. They
/// take no client's place.
pub const SPARE_LISTENER: usize = usize::MAX;
/// Stands for the listener of newcomers who get a spare place at a listener that speaks TLS.
pub const SECURE_SPARE_LISTENER: usize = usize::MAX - 1;

/// Stands for the listener of newcomers at one that speaks TLS who get no place, and are told so
/// once their handshake is done. They take no client's place.
pub const SECURE_REFUSED_LISTENER: usize = usize::MAX - 2;

/// Why a connection was not opened: its peer does not keep to the protocol of the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    /// A word for metrics and logs.
    pub word: &'static str,
    /// A sentence for people.
    pub text: String,
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Unopened {}

/// A service's limits for its connections.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Clients at a time. Beyond it the service may still make a place for a newcomer, or refuse
    /// it.
    pub clients_max: usize,
    /// Listeners from this number on are for operators, and have places that no client takes.
    pub operators_from: usize,
    /// Unsent bytes that one connection may hold.
    pub queue_bytes_max: usize,
}

/// A service run by a loop. The loop calls it; it answers through the outboxes.
pub trait Service {
    /// The limits for its connections. The service owns them: the loop asks whenever it needs one.
    fn bounds(&self) -> Bounds;

    /// Whether a client at `address` may come in by the listener with this number. With `is_full`,
    /// all places are taken, and the service may make one. Returns the listener to come in by: the
    /// same, or [`SPARE_LISTENER`], [`SECURE_SPARE_LISTENER`] or [`SECURE_REFUSED_LISTENER`].
    ///
    /// # Errors
    /// The text for the newcomer instead.
    fn admits(
        &mut self,
        turn: &mut Turn<'_>,
        listener: usize,
        address: PeerAddress,
        is_full: bool,
    ) -> Result<usize, Vec<u8>>;

    /// A connection has come in by the listener with this number, or by one of the spare ones. If
    /// the listener speaks TLS, it is open only when it is [`connected`](Self::connected).
    fn opened(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        listener: usize,
        address: PeerAddress,
    );

    /// A connection that the service has asked for by number `remote` is being made, under this id,
    /// or cannot be made. Output for it waits until it is connected.
    fn connecting(
        &mut self,
        _turn: &mut Turn<'_>,
        _remote: usize,
        _begun: io::Result<ConnectionId>,
    ) {
    }

    /// A connection has opened, and output reaches its peer: an outgoing one is connected, or one
    /// that has come in by a listener that speaks TLS has done its handshake.
    fn connected(&mut self, _turn: &mut Turn<'_>, _id: ConnectionId) {}

    /// A connection cannot be opened, for this reason, and [`closed`](Self::closed) follows. If its
    /// peer does not keep to the protocol of the handshake, the error holds an [`Unopened`].
    fn unopened(&mut self, _turn: &mut Turn<'_>, _id: ConnectionId, _why: &io::Error) {}

    /// The peer of a connection that is not open yet, if it is a trusted proxy, stands for the
    /// client at `source`.
    fn named(&mut self, _turn: &mut Turn<'_>, _id: ConnectionId, _source: IpAddr) {}

    /// The stream of a connection has worked by itself, which has taken time: it has gone on with
    /// its handshake, or has read something that had no bytes for the service.
    fn worked(&mut self, _turn: &mut Turn<'_>, _id: ConnectionId) {}

    /// The certificate of the listeners that speak TLS ends at this second since 1970.
    fn certified(&mut self, _ends_unix_s: i64) {}

    /// Bytes have come in. They may be changed in place and are gone afterwards.
    fn received(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &mut [u8]);

    /// This many bytes came from a client that is being closed, and were discarded. Returns whether
    /// more may come; if not, the connection is dropped at once.
    fn discards(&mut self, _turn: &mut Turn<'_>, _id: ConnectionId, _bytes: usize) -> bool {
        true
    }

    /// Kept input may go on: the connection's queue was above
    /// [`crate::limits::QUEUE_BYTES_READ_PAUSE`] and no longer is, or the service has asked for
    /// another turn ([`Outboxes::again`]).
    fn drained(&mut self, turn: &mut Turn<'_>, id: ConnectionId);

    /// The peer has closed its side: no more input comes, output may still go out.
    fn ended(&mut self, turn: &mut Turn<'_>, id: ConnectionId);

    /// The connection has gone. Called once for each that was opened or begun, regardless of which
    /// side closed it.
    fn closed(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason);

    /// Whether clients of a connection's address take so much of the loop's time that they come
    /// after all others in each turn, and get little of it.
    fn is_greedy(&self, now: Now, id: ConnectionId) -> bool;

    /// Whether a closed connection waits until its peer has closed it too. Otherwise it is dropped
    /// at once, which may lose the last output if the peer has sent more meanwhile.
    fn lingers(&self, now: Now, id: ConnectionId) -> bool;

    /// Whether so much output is gathered that the turn must settle before more is read.
    fn is_full(&self) -> bool;

    /// The time of the next deadline, in milliseconds of [`Now::ms`].
    fn next_deadline_ms(&self) -> Option<u64>;

    /// Deadlines are due.
    fn woke(&mut self, turn: &mut Turn<'_>);

    /// The turn's input is done: gathered output goes to the outboxes, which are flushed next.
    fn settle(&mut self, turn: &mut Turn<'_>);

    /// From now on a connection's outbox holds this many bytes of memory of its own.
    fn weighed(&mut self, _id: ConnectionId, _outbox_bytes: usize) {}

    /// A turn is over, including its flush; its budget tells where the time went.
    fn turned(&mut self, _turn: &Turn<'_>) {}

    /// The loop begins, before its first client.
    fn starting(&mut self, _turn: &mut Turn<'_>) {}

    /// Another thread has called.
    fn called(&mut self, _turn: &mut Turn<'_>) {}

    /// Whether the service itself wants to end.
    fn wants_to_stop(&self) -> bool {
        false
    }

    /// SIGHUP has come.
    fn hung_up(&mut self, _turn: &mut Turn<'_>) {}

    /// The server must end: send farewells and close every connection.
    fn stopping(&mut self, turn: &mut Turn<'_>);

    /// Whether a server that ends still expects a client at this listener, over a new connection.
    fn awaits(&self, _listener: usize) -> bool {
        false
    }
}
