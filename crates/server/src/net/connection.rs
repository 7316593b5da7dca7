//! One stream and its readiness.

use super::places::Place;
use crate::base::{CloseReason, ConnectionId, Outbox};
use crate::limits::{HANDSHAKE_READS_PER_TURN_MAX, QUEUE_BYTES_READ_PAUSE, WRITE_SLICES_MAX};
use std::io::{self, IoSlice, Read, Write};
use std::net::IpAddr;
use std::num::NonZeroU32;

/// A nonblocking stream with edge-triggered readiness: a socket, or a test's.
///
/// A write that takes fewer bytes than it is given has found the stream full; an edge follows when
/// there is room. (Linux and the BSDs promise this for stream sockets; see epoll(7).) This saves
/// the call that would only return `WouldBlock`.
pub trait Transport: Read + Write {
    /// The event that the stream needs by itself, besides reads and writes.
    fn wants(&self) -> Wants {
        Wants::Nothing
    }

    /// Whether it can be read and written: it is connected, and has greeted its peer if it has to.
    fn is_open(&self) -> bool {
        self.wants() == Wants::Nothing
    }

    /// Goes on with the stream's own work. Called when there is the event that it [wants].
    ///
    /// [wants]: Self::wants
    ///
    /// # Errors
    /// `WouldBlock` if it must wait for the next edge; another error if the stream is broken.
    fn advance(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Notes that the connection is closed, for this reason; the stream is dropped next.
    fn gone(&mut self, _reason: CloseReason) {}

    /// Whether a read of `count` bytes, with `room` bytes of space, has taken everything, so that
    /// an edge follows when there is more. If not, only `WouldBlock` proves that.
    ///
    /// For TCP this is a read that does not fill its space. There are two exceptions, which an
    /// event announces: a read stops at the mark of urgent data, and no edge follows after the
    /// peer's end. The loop handles these.
    fn has_read_all(&self, count: usize, room: usize) -> bool {
        count < room
    }

    /// Whether a write that has taken `count` of `offered` bytes has left room for more, so that no
    /// edge follows.
    fn has_room(&self, count: usize, offered: usize) -> bool {
        count == offered
    }

    /// Whether its peer has named the client that it stands for, which
    /// [`take_source`](Self::take_source) returns. Until then it does not go on by itself.
    fn has_source(&self) -> bool {
        false
    }

    /// The address of the client that its peer, a proxy, has named before everything else. Returned
    /// once.
    fn take_source(&mut self) -> Option<IpAddr> {
        None
    }

    /// Whether there may be input without a new edge, although a read would have blocked.
    fn has_more(&self) -> bool {
        false
    }

    /// Whether it may hold bytes of its own at all, which are then asked for after each flush.
    fn holds_bytes(&self) -> bool {
        false
    }

    /// Bytes of memory that it holds: input that has arrived and output that waits.
    fn held_bytes(&self) -> usize {
        0
    }

    /// Ends our side: what was written is still delivered, then the peer reads end of file.
    ///
    /// # Errors
    /// If the connection has gone already.
    fn end(&mut self) -> io::Result<()>;
}

/// The event that a stream needs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// None: written bytes go out.
    Nothing,
    /// Input, although the service reads none yet, because the stream is still in its handshake.
    Read,
    /// Room to write, even without output, because its connection is being made.
    Write,
}

/// A stream, its readiness, and the progress of its end.
#[derive(Debug)]
pub(super) struct Connection<T> {
    pub(super) stream: T,
    pub(super) id: ConnectionId,
    pub(super) phase: Phase,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// The peer's end or urgent data may be among the readable bytes, so a short read proves
    /// nothing.
    pub(super) read_to_block: bool,
    /// A write found the stream broken: nothing more is sent, and received input is still read.
    pub(super) mute: bool,
    /// Whether its queue is going down from above [`QUEUE_BYTES_READ_PAUSE`].
    pub(super) pause: Pause,
    /// The number of this period, among all periods in which a queue was so long that its peer is
    /// given up if that lasts.
    pub(super) behind: Option<NonZeroU32>,
    /// It got more in one turn than a queue may hold, and was not behind before.
    pub(super) is_over: bool,
    /// A deadline for its end is set.
    pub(super) lingers: bool,
    /// KiB that have been read and discarded since it lingers; a part of one counts as one.
    pub(super) discarded_kib: u16,
    /// Whether it is on the list of connections that can go on without a new event.
    pub(super) listed: bool,
    /// The kind of its place.
    pub(super) place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// The queue is short.
    No,
    /// It is above the limit, or was when a flush began.
    Yes,
    /// A flush has shortened it, and the service must be told.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not connected yet, or still greeting its peer: neither reading nor writing.
    Connecting,
    /// Reading and writing.
    Open,
    /// The peer has ended its side: writing only.
    Ended,
    /// Our side is ended too. Further input is discarded until the peer's end, because a socket
    /// that is closed with unread input loses its last output.
    Lingering,
    /// To be reaped.
    Dead,
}

/// The result of a read or a write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Moved {
    /// This many bytes.
    Bytes(usize),
    /// None; an event will tell when to go on.
    Blocked,
    /// The peer's end.
    End,
    /// The stream is broken; why.
    Broken(CloseReason),
}

impl<T: Transport> Connection<T> {
    pub(super) fn new(stream: T, id: ConnectionId, place: Place) -> Self {
        let is_open = place != Place::Outgoing && stream.is_open();
        let phase = if is_open { Phase::Open } else { Phase::Connecting };
        Self {
            stream,
            id,
            phase,
            readable: false,
            // A new socket's buffer is empty, so the first write needs no event.
            writable: true,
            read_to_block: false,
            mute: false,
            pause: Pause::No,
            behind: None,
            is_over: false,
            lingers: false,
            discarded_kib: 0,
            listed: false,
            place,
        }
    }

    /// Gives up sending. Events may no longer tell whether there is more to read.
    pub(super) const fn mute(&mut self) {
        self.mute = true;
        self.readable = true;
        self.read_to_block = true;
    }

    /// Notes the length of the queue, before a flush and after it.
    pub(super) const fn note_queued(&mut self, queued: usize) {
        if queued > QUEUE_BYTES_READ_PAUSE {
            self.pause = Pause::Yes;
        } else if matches!(self.pause, Pause::Yes) {
            self.pause = Pause::Over;
        }
    }

    /// Lets the stream go on with its own work, as far as it can now, or until its peer has named
    /// a client.
    ///
    /// # Errors
    /// If the stream is broken.
    pub(super) fn advance(&mut self) -> io::Result<()> {
        let mut reads_left = HANDSHAKE_READS_PER_TURN_MAX;
        while self.can_advance() && reads_left > 0 && !self.stream.has_source() {
            reads_left -= usize::from(self.stream.wants() == Wants::Read);
            match self.stream.advance() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.stream.wants() {
                        Wants::Read => (self.readable, self.read_to_block) = (false, false),
                        Wants::Nothing | Wants::Write => self.writable = false,
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                result => result?,
            }
        }
        Ok(())
    }

    /// Whether the stream can go on with its own work.
    fn can_advance(&self) -> bool {
        match self.stream.wants() {
            Wants::Nothing => false,
            Wants::Read => self.readable,
            Wants::Write => self.writable,
        }
    }

    /// Whether it can go on with greeting its peer, for which something has come.
    pub(super) fn can_greet(&self) -> bool {
        self.phase == Phase::Connecting && self.readable && self.stream.wants() == Wants::Read
    }

    /// Reads once into `buffer`.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Moved {
        match retry(|| self.stream.read(buffer)) {
            Ok(0) => {
                self.readable = false;
                Moved::End
            }
            Ok(count) => {
                let is_done = self.stream.has_read_all(count, buffer.len());
                self.readable = !is_done || self.read_to_block;
                Moved::Bytes(count)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !self.stream.has_more() {
                    self.readable = false;
                    self.read_to_block = false;
                }
                Moved::Blocked
            }
            Err(error) => Moved::Broken(broken(&error)),
        }
    }

    /// Writes the first bytes of `outbox`, in one call.
    pub(super) fn flush(&mut self, outbox: &mut Outbox) -> Moved {
        let (offered, written) = match outbox.only() {
            Some(bytes) => (bytes.len(), retry(|| self.stream.write(bytes))),
            None => {
                let mut slices = [IoSlice::new(&[]); WRITE_SLICES_MAX];
                let count = outbox.slices(&mut slices);
                let slices = &slices[..count];
                let offered = slices.iter().map(|slice| slice.len()).sum();
                (offered, retry(|| self.stream.write_vectored(slices)))
            }
        };
        match written {
            Ok(count) => {
                self.writable = self.stream.has_room(count, offered);
                outbox.consume(count);
                Moved::Bytes(count)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.writable = false;
                Moved::Blocked
            }
            Err(error) => Moved::Broken(broken(&error)),
        }
    }
}

/// Why a connection is closed whose stream has failed: the network's fault, or the peer's.
pub(super) fn broken(error: &io::Error) -> CloseReason {
    match error.kind() {
        io::ErrorKind::InvalidData => CloseReason::ProtocolError,
        _ => CloseReason::Reset,
    }
}

fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}
