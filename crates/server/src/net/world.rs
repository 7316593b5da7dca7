//! The world as the loop sees it.

use super::{Meter, Remote, Transport};
use crate::base::{Now, PeerAddress};
use std::io;

/// What a poll has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A signal has come.
    Signal,
    /// Somebody may be at the listener of this number.
    Door(usize),
    /// A connection may go on.
    Connection {
        /// The index that it was registered with.
        index: usize,
        /// There is something to read.
        readable: bool,
        /// There is room to write.
        writable: bool,
        /// A short read will not prove that nothing is left.
        read_to_block: bool,
    },
}

/// Everything that a loop learns from outside of itself: [`System`](super::System) is that of a
/// process. A loop whose world answers the same does the same.
pub trait World {
    /// A connection's stream.
    type Stream: Transport;

    /// Waits for edges until `until_ms` of [`Now::ms`], for as long as it takes if there is none,
    /// and hands each to `note`.
    ///
    /// # Errors
    /// If it cannot wait.
    fn poll(&mut self, until_ms: Option<u64>, note: impl FnMut(Edge)) -> io::Result<()>;

    /// The time.
    fn now(&mut self) -> Now;

    /// What measures the work of a turn.
    fn meter(&mut self) -> Meter;

    /// The signals that have come since the last call.
    fn signals(&mut self) -> Vec<i32>;

    /// Number of listeners.
    fn doors(&self) -> usize;

    /// The next in line at a listener, and where they are.
    ///
    /// # Errors
    /// `WouldBlock` if nobody is there, `Interrupted` if the one who was there has gone already;
    /// others as accept(2).
    fn accept(&mut self, door: usize) -> io::Result<(Self::Stream, PeerAddress)>;

    /// Closes a listener, if it is open: it refuses whoever comes.
    fn close_door(&mut self, door: usize);

    /// Begins an outgoing connection, and tells where it goes. The stream says by
    /// [`Transport::wants`] whether it is there.
    ///
    /// # Errors
    /// If there can be none.
    fn connect(&mut self, remote: Remote) -> io::Result<(Self::Stream, PeerAddress)>;

    /// Has the edges of a stream come with `index`.
    ///
    /// # Errors
    /// If it cannot be watched.
    fn register(&mut self, stream: &mut Self::Stream, index: usize) -> io::Result<()>;
}
