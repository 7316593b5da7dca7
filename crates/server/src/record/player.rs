//! Running a server from a record.

use super::block::{Blocks, Next};
use super::difference::Difference;
use super::script::{Over, Script};
use super::shared::Shared;
use crate::base::{CloseReason, Now, PeerAddress};
use crate::net::{Edge, Meter, RemoteAddress, Transport, Wants, World};
use std::fmt;
use std::io::{self, IoSlice, Read, Write};

/// A record to be run again.
pub struct Replay {
    script: Shared<Script>,
    about: String,
}

/// The result of a replay without differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// Turns of the loop.
    pub turns: u64,
    /// Connections, incoming and outgoing.
    pub connections: u64,
    /// Bytes sent, all of them the same.
    pub bytes: u64,
    /// Whether the record ends before the server did: it was killed, or the disk was full.
    pub is_cut: bool,
}

/// Why there is no replay, or why it differs.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file is not a record, or has another format.
    NotARecord,
    /// From this byte on, the file is damaged.
    Damaged(u64),
    /// It cannot be read.
    Unread(io::Error),
    /// The replay differs from the record.
    Differs(Box<Difference>),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotARecord => f.write_str("not a record that this program can replay"),
            Self::Damaged(at) => write!(f, "damaged from byte {at} on"),
            Self::Unread(error) => write!(f, "cannot be read: {error}"),
            Self::Differs(difference) => difference.fmt(f),
        }
    }
}

impl std::error::Error for ReplayError {}

impl Replay {
    /// Opens a record.
    ///
    /// # Errors
    /// If the file is not a record, or cannot be read.
    pub fn open(input: impl Read + 'static) -> Result<Self, ReplayError> {
        let blocks = Blocks::open(Box::new(input)).map_err(ReplayError::Unread)?;
        let mut blocks = blocks.ok_or(ReplayError::NotARecord)?;
        let about = match blocks.next().map_err(ReplayError::Unread)? {
            Next::Block(about) => String::from_utf8(about).ok(),
            Next::End | Next::Cut | Next::Damaged(_) => None,
        };
        let about = about.ok_or(ReplayError::NotARecord)?;
        Ok(Self { script: Shared::new(Script::new(blocks)), about })
    }

    /// The application's description of the run.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// A world that repeats the record, with this many listeners.
    pub(crate) fn world(&self, listeners: usize) -> Player {
        Player { script: self.script.clone(), listeners }
    }

    /// Notes that the loop has ended in such a world.
    pub(crate) fn finish(&self) -> Result<Replayed, ReplayError> {
        let (over, counts) = self.script.with(|script| (script.finish(), script.counts()));
        let (turns, connections, bytes) = counts;
        match over {
            None | Some(Over::Cut) => {
                let is_cut = over.is_some();
                Ok(Replayed { turns, connections, bytes, is_cut })
            }
            Some(Over::Damaged(at)) => Err(ReplayError::Damaged(at)),
            Some(Over::Unread(error)) => Err(ReplayError::Unread(error)),
            Some(Over::Differs(difference)) => Err(ReplayError::Differs(Box::new(difference))),
        }
    }

    /// The source of random bytes.
    pub(crate) fn entropy(&self) -> impl FnMut(&mut [u8]) + 'static {
        let script = self.script.clone();
        move |bytes| script.with(|script| script.random(bytes))
    }

    /// The values that the application reads outside the server.
    pub(crate) fn outside(&self) -> impl FnMut() -> String + 'static {
        let script = self.script.clone();
        move || script.with(Script::outside)
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("about", &self.about).finish_non_exhaustive()
    }
}

/// A world that repeats the record.
pub(crate) struct Player {
    script: Shared<Script>,
    listeners: usize,
}

impl Player {
    fn stream(&self, number: u64, peer: PeerAddress, wants: Wants) -> Stream {
        let is_unix = matches!(peer, PeerAddress::Unix(_));
        Stream { number, is_unix, wants, script: self.script.clone() }
    }
}

impl World for Player {
    type Stream = Stream;

    fn poll(&mut self, _: Option<u64>, note: impl FnMut(Edge)) -> io::Result<()> {
        self.script.with(Script::turn)?.into_iter().for_each(note);
        Ok(())
    }

    fn now(&mut self) -> Now {
        self.script.with(Script::now)
    }

    fn meter(&mut self) -> Meter {
        let script = self.script.clone();
        Meter::told(move || script.with(Script::work_us))
    }

    fn signals(&mut self) -> Vec<i32> {
        self.script.with(Script::signals)
    }

    fn listeners(&self) -> usize {
        self.listeners
    }

    fn accept(&mut self, _: usize) -> io::Result<(Stream, PeerAddress)> {
        let (number, peer) = self.script.with(Script::accept)?;
        Ok((self.stream(number, peer, Wants::Nothing), peer))
    }

    fn close_listener(&mut self, _: usize) {}

    fn connect(&mut self, _: RemoteAddress) -> io::Result<(Stream, PeerAddress)> {
        let (number, peer) = self.script.with(Script::connect)?;
        // As in a process, a stream of a Unix socket is connected at once.
        let is_unix = matches!(peer, PeerAddress::Unix(_));
        let wants = if is_unix { Wants::Nothing } else { Wants::Write };
        Ok((self.stream(number, peer, wants), peer))
    }

    fn register(&mut self, _: &mut Stream, _: usize) -> io::Result<()> {
        self.script.with(Script::register)
    }
}

/// A stream of a record: it repeats the input, and compares the output.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Its number: connections are counted from 1.
    number: u64,
    /// As for the recorded stream, a short read does not mean that it is empty.
    is_unix: bool,
    wants: Wants,
    script: Shared<Script>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.script.with(|script| script.read(self.number, buffer))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.script.with(|script| script.write(self.number, slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Stream {
    fn wants(&self) -> Wants {
        self.wants
    }

    fn advance(&mut self) -> io::Result<()> {
        self.script.with(|script| script.advance(self.number))?;
        self.wants = Wants::Nothing;
        Ok(())
    }

    fn has_read_all(&self, count: usize, room: usize) -> bool {
        count < room && !self.is_unix
    }

    fn end(&mut self) -> io::Result<()> {
        self.script.with(|script| script.end(self.number))
    }

    fn gone(&mut self, reason: CloseReason) {
        self.script.with(|script| script.close(self.number, reason));
    }
}
