//! The world of a loop.

use super::{Meter, RemoteAddress, Transport};
use crate::base::{Now, PeerAddress};
use std::io;

/// An event found by a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A signal has come.
    Signal,
    /// Another thread has called.
    Called,
    /// The process itself wants the loop to end.
    Stop,
    /// There may be a newcomer at the listener with this number.
    Listener(usize),
    /// A connection may go on.
    Connection {
        /// The index with which it was registered.
        index: usize,
        /// There is something to read.
        readable: bool,
        /// There is room to write.
        writable: bool,
        /// A short read will not prove that nothing is left.
        read_to_block: bool,
    },
}

/// Everything that a loop learns from outside: [`System`](super::System) is the world of a process.
/// With the same answers from its world, a loop does the same.
pub trait World {
    /// A connection's stream.
    type Stream: Transport;

    /// Waits for edges until `until_ms` of [`Now::ms`], without a limit if there is none, and hands
    /// each to `note`.
    ///
    /// # Errors
    /// If it cannot wait.
    fn poll(&mut self, until_ms: Option<u64>, note: impl FnMut(Edge)) -> io::Result<()>;

    /// The time.
    fn now(&mut self) -> Now;

    /// The measure of the work of a turn.
    fn meter(&mut self) -> Meter;

    /// The signals that have come since the last call.
    fn signals(&mut self) -> Vec<i32>;

    /// Number of listeners.
    fn listeners(&self) -> usize;

    /// The next newcomer at a listener, and its address.
    ///
    /// # Errors
    /// `WouldBlock` if there is none, `Interrupted` if the newcomer has gone already; others as
    /// accept(2).
    fn accept(&mut self, listener: usize) -> io::Result<(Self::Stream, PeerAddress)>;

    /// Looks after the certificate of the listeners that speak TLS. If the world `is_asked`, it
    /// reads the files again. Returns when the certificate ends, in seconds since 1970, if that is
    /// news or the world was asked.
    fn certified(&mut self, _now: Now, _is_asked: bool) -> Option<i64> {
        None
    }

    /// The loop begins to end: newcomers may wait for the next server from now on.
    fn ending(&mut self) {}

    /// Closes a listener, if it is open, so that it refuses newcomers.
    fn close_listener(&mut self, listener: usize);

    /// Begins an outgoing connection, and returns the address it goes to. [`Transport::wants`] of
    /// the stream tells whether it is connected.
    ///
    /// # Errors
    /// If the connection cannot be begun.
    fn connect(&mut self, remote: RemoteAddress) -> io::Result<(Self::Stream, PeerAddress)>;

    /// Registers a stream, so that its edges come with `index`.
    ///
    /// # Errors
    /// If it cannot be watched.
    fn register(&mut self, stream: &mut Self::Stream, index: usize) -> io::Result<()>;
}
