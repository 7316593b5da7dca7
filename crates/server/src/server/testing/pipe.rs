//! A connection without a socket: what one end writes, the other reads.

use crate::net::Transport;
use std::cell::Cell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

/// What both ends share, as they would the system's buffers; these have no bound.
#[derive(Default)]
pub(super) struct Pipe {
    to_server: Cell<Vec<u8>>,
    to_client: Cell<Vec<u8>>,
    client: Cell<Side>,
    /// The client takes nothing, so that nothing can be written.
    is_paused: Cell<bool>,
    server_ended: Cell<bool>,
}

/// How far the client's side has come.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Open,
    /// Nothing more comes of it, and it still reads.
    Ended,
    Broken,
}

/// The server's end.
pub(super) struct Stream(pub(super) Rc<Pipe>);

impl Pipe {
    /// Sends bytes to the server; whether they may get there.
    pub(super) fn send(&self, bytes: &[u8]) -> bool {
        let is_open = self.client.get() == Side::Open;
        if is_open {
            append(&self.to_server, bytes);
        }
        is_open
    }

    /// Takes all that has come for the client.
    pub(super) fn take(&self) -> Vec<u8> {
        if self.is_paused.get() { Vec::new() } else { self.to_client.take() }
    }

    /// Ends the client's side.
    pub(super) fn end(&self) {
        if self.client.get() == Side::Open {
            self.client.set(Side::Ended);
        }
    }

    /// Breaks the connection: what was under way is lost.
    pub(super) fn cut(&self) {
        self.client.set(Side::Broken);
        self.to_server.take();
        self.to_client.take();
    }

    /// Whether the client takes nothing from now on.
    pub(super) fn pause(&self, is_paused: bool) {
        self.is_paused.set(is_paused);
    }

    /// Whether the client has read that the server has ended, and has not ended itself.
    pub(super) fn is_to_end(&self) -> bool {
        self.server_ended.get() && self.client.get() == Side::Open && !self.is_paused.get()
    }
}

fn append(to: &Cell<Vec<u8>>, bytes: &[u8]) {
    let mut all = to.take();
    all.extend_from_slice(bytes);
    to.set(all);
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self(pipe) = self;
        let mut bytes = pipe.to_server.take();
        match pipe.client.get() {
            Side::Broken => return Err(ErrorKind::ConnectionReset.into()),
            Side::Open if bytes.is_empty() => return Err(ErrorKind::WouldBlock.into()),
            Side::Open | Side::Ended => (),
        }
        let count = bytes.as_slice().read(buffer)?;
        bytes.drain(..count);
        pipe.to_server.set(bytes);
        Ok(count)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self(pipe) = self;
        if pipe.client.get() == Side::Broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if pipe.is_paused.get() {
            return Err(ErrorKind::WouldBlock.into());
        }
        append(&pipe.to_client, bytes);
        Ok(bytes.len())
    }

    // The loop takes a write that is cut short for a full socket.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        slices.iter().try_fold(0, |written, slice| Ok(written + self.write(slice)?))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Stream {
    fn end(&mut self) -> io::Result<()> {
        let Self(pipe) = self;
        if pipe.client.get() == Side::Broken {
            return Err(ErrorKind::NotConnected.into());
        }
        pipe.server_ended.set(true);
        Ok(())
    }
}
