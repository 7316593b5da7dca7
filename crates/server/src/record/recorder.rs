//! Writing a record while a server runs.

use super::block;
use super::event::{Event, Failed};
use super::shared::Shared;
use crate::base::{CloseReason, Now, PeerAddress};
use crate::limits::{RECORD_BLOCK_BYTES, RECORD_PIECE_BYTES};
use crate::net::{Edge, Meter, RemoteAddress, Transport, Wants, World};
use std::io::{self, IoSlice, Read, Write};

/// A record that is being written, of one run of a server. It holds all input and output of the
/// server.
#[derive(Debug, Clone)]
pub struct Record(Shared<Tape>);

/// The destination of events.
struct Tape {
    /// `None` after a write failed: then the server goes on without a record.
    out: Option<Box<dyn Write>>,
    /// Events that are not written yet.
    block: Vec<u8>,
}

impl Tape {
    fn note(&mut self, event: &Event<'_>) {
        event.write(&mut self.block);
        if self.block.len() >= RECORD_BLOCK_BYTES {
            self.flush();
        }
    }

    /// Notes an event that has consequences: it is in the file before these happen.
    fn note_now(&mut self, event: &Event<'_>) {
        self.note(event);
        self.flush();
    }

    fn flush(&mut self) {
        if let Some(out) = self.out.as_mut().filter(|_| !block::is_empty(&self.block))
            && let Err(error) = block::write(out, &mut self.block)
        {
            log::error!("record ends error=\"{error}\"");
            self.out = None;
        }
        block::empty(&mut self.block);
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Record {
    /// Begins a record in `out`, which should write at once: bytes that it buffers are lost with
    /// the process. `about` describes the run for the application, for example how to build the
    /// same server; it may have 64 KiB.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn begin(out: impl Write + 'static, about: &str) -> io::Result<Self> {
        let mut out = Box::new(out);
        block::begin(&mut out, about.as_bytes())?;
        let mut block = Vec::new();
        block::empty(&mut block);
        Ok(Self(Shared::new(Tape { out: Some(out), block })))
    }

    /// Notes random bytes.
    pub(crate) fn random(&self, bytes: &[u8]) {
        self.0.with(|tape| tape.note(&Event::Random(bytes)));
    }

    /// Notes a value that the application has read outside the server.
    pub(crate) fn outside(&self, text: &str) {
        self.0.with(|tape| tape.note(&Event::Outside(text.as_bytes())));
    }

    /// Notes that the server has ended as asked.
    pub(crate) fn finish(&self) {
        self.0.with(|tape| tape.note_now(&Event::Finish));
    }
}

/// A world that notes the answers of another one.
pub(crate) struct Recorder<W> {
    world: W,
    tape: Shared<Tape>,
    /// Connections so far.
    connections: u64,
}

impl<W> Recorder<W> {
    /// Lets `record` hold the answers of `world`.
    pub(crate) fn new(world: W, record: &Record) -> Self {
        Self { world, tape: record.0.clone(), connections: 0 }
    }

    fn note(&self, event: &Event<'_>) {
        self.tape.with(|tape| tape.note(event));
    }

    /// The next connection's stream.
    fn recorded<T>(&mut self, stream: T) -> Recorded<T> {
        self.connections += 1;
        Recorded { stream, number: self.connections, tape: self.tape.clone() }
    }
}

impl<W: World> World for Recorder<W> {
    type Stream = Recorded<W::Stream>;

    fn poll(&mut self, until_ms: Option<u64>, mut note: impl FnMut(Edge)) -> io::Result<()> {
        let Self { world, tape, .. } = self;
        tape.with(Tape::flush);
        tape.with(|tape| tape.note(&Event::Turn));
        world.poll(until_ms, |edge| {
            tape.with(|tape| tape.note(&Event::Edge(edge)));
            note(edge);
        })
    }

    fn now(&mut self) -> Now {
        let now = self.world.now();
        self.tape.with(|tape| tape.note_now(&Event::Now(now)));
        now
    }

    fn meter(&mut self) -> Meter {
        let (mut meter, tape) = (self.world.meter(), self.tape.clone());
        Meter::told(move || {
            let us = meter.read_us();
            tape.with(|tape| tape.note(&Event::Work(us)));
            us
        })
    }

    fn signals(&mut self) -> Vec<i32> {
        let signals = self.world.signals();
        let bits = signals.iter().filter_map(|signal| 1_u64.checked_shl(*signal as u32 - 1));
        self.note(&Event::Signals(bits.fold(0, |all, bit| all | bit)));
        signals
    }

    fn listeners(&self) -> usize {
        self.world.listeners()
    }

    fn accept(&mut self, listener: usize) -> io::Result<(Self::Stream, PeerAddress)> {
        let accepted = self.world.accept(listener);
        let noted = accepted.as_ref().map(|(_, peer)| *peer).map_err(Failed::of);
        self.note(&Event::Accepted(noted));
        let (stream, peer) = accepted?;
        Ok((self.recorded(stream), peer))
    }

    fn ending(&mut self) {
        self.world.ending();
    }

    fn close_listener(&mut self, listener: usize) {
        self.world.close_listener(listener);
    }

    fn connect(&mut self, remote: RemoteAddress) -> io::Result<(Self::Stream, PeerAddress)> {
        let begun = self.world.connect(remote);
        let noted = begun.as_ref().map(|(_, peer)| *peer).map_err(Failed::of);
        self.note(&Event::Connecting(noted));
        let (stream, peer) = begun?;
        Ok((self.recorded(stream), peer))
    }

    fn register(&mut self, stream: &mut Self::Stream, index: usize) -> io::Result<()> {
        let registered = self.world.register(&mut stream.stream, index);
        self.note(&Event::Registered(registered.is_ok()));
        registered
    }
}

/// A stream whose reads and writes are noted.
#[derive(Debug)]
pub(crate) struct Recorded<T> {
    stream: T,
    /// Its number: connections are counted from 1.
    number: u64,
    tape: Shared<Tape>,
}

impl<T> Recorded<T> {
    /// Notes a write of `slices`, of which the stream has taken some bytes.
    fn note_write(&self, slices: &[IoSlice<'_>], written: &io::Result<usize>) {
        let offered = slices.iter().map(|slice| slice.len() as u64).sum();
        let taken = written.as_ref().map(|taken| *taken as u64).map_err(Failed::of);
        self.tape.with(|tape| {
            tape.note(&Event::Write(self.number, offered, taken));
            let mut left = *written.as_ref().unwrap_or(&0);
            for slice in slices {
                let sent = &slice[..slice.len().min(left)];
                left -= sent.len();
                for piece in sent.chunks(RECORD_PIECE_BYTES) {
                    tape.note(&Event::Sent(piece));
                }
            }
        });
    }
}

impl<T: Transport> Read for Recorded<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A piece holds the bytes of one read.
        let length = buffer.len().min(RECORD_PIECE_BYTES);
        let buffer = &mut buffer[..length];
        let read = self.stream.read(buffer);
        let noted = read.as_ref().map(|count| &buffer[..*count]).map_err(Failed::of);
        self.tape.with(|tape| tape.note_now(&Event::Read(self.number, noted)));
        read
    }
}

impl<T: Transport> Write for Recorded<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(bytes);
        self.note_write(&[IoSlice::new(bytes)], &written);
        written
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.stream.write_vectored(slices);
        self.note_write(slices, &written);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<T: Transport> Transport for Recorded<T> {
    fn wants(&self) -> Wants {
        self.stream.wants()
    }

    fn advance(&mut self) -> io::Result<()> {
        let done = self.stream.advance();
        let noted = done.as_ref().copied().map_err(Failed::of);
        self.tape.with(|tape| tape.note(&Event::Advanced(self.number, noted)));
        done
    }

    fn is_open(&self) -> bool {
        self.stream.is_open()
    }

    fn has_room(&self, count: usize, offered: usize) -> bool {
        self.stream.has_room(count, offered)
    }

    fn has_more(&self) -> bool {
        self.stream.has_more()
    }

    fn holds_bytes(&self) -> bool {
        self.stream.holds_bytes()
    }

    fn held_bytes(&self) -> usize {
        self.stream.held_bytes()
    }

    fn has_read_all(&self, count: usize, room: usize) -> bool {
        self.stream.has_read_all(count, room)
    }

    fn end(&mut self) -> io::Result<()> {
        let ended = self.stream.end();
        self.tape.with(|tape| tape.note(&Event::Ended(self.number, ended.is_ok())));
        ended
    }

    fn gone(&mut self, reason: CloseReason) {
        self.stream.gone(reason);
        self.tape.with(|tape| tape.note(&Event::Closed(self.number, reason)));
    }
}
