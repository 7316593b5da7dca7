//! A connection without a socket: what one end writes, the other reads.

use crate::net::Transport;
use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

/// The state that both ends share, like the system's buffers; these have no bound.
#[derive(Default)]
pub(super) struct Pipe(RefCell<Shared>);

#[derive(Default)]
struct Shared {
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    client: Side,
    /// The client reads nothing, so nothing can be written to it.
    is_paused: bool,
    server_ended: bool,
}

/// The state of the client's side.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Side {
    #[default]
    Open,
    /// It sends nothing more, and still reads.
    Ended,
    Broken,
}

/// The server's end.
pub(super) struct Stream(pub(super) Rc<Pipe>);

impl Pipe {
    /// Sends bytes to the server. False if they cannot arrive.
    pub(super) fn send(&self, bytes: &[u8]) -> bool {
        let mut shared = self.0.borrow_mut();
        let is_open = shared.client == Side::Open;
        if is_open {
            shared.to_server.extend_from_slice(bytes);
        }
        is_open
    }

    /// Takes all bytes that have come for the client.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut shared = self.0.borrow_mut();
        if shared.is_paused { Vec::new() } else { std::mem::take(&mut shared.to_client) }
    }

    /// Ends the client's side.
    pub(super) fn end(&self) {
        let mut shared = self.0.borrow_mut();
        if shared.client == Side::Open {
            shared.client = Side::Ended;
        }
    }

    /// Breaks the connection; data under way is lost.
    pub(super) fn cut(&self) {
        let mut shared = self.0.borrow_mut();
        shared.client = Side::Broken;
        shared.to_server.clear();
        shared.to_client.clear();
    }

    /// Sets whether the client reads nothing from now on.
    pub(super) fn pause(&self, is_paused: bool) {
        self.0.borrow_mut().is_paused = is_paused;
    }

    /// Whether the client has read the server's end and has not ended its own side yet.
    pub(super) fn is_to_end(&self) -> bool {
        let shared = self.0.borrow();
        shared.server_ended && shared.client == Side::Open && !shared.is_paused
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Shared { to_server, client, .. } = &mut *self.0.0.borrow_mut();
        match client {
            Side::Broken => return Err(ErrorKind::ConnectionReset.into()),
            Side::Open if to_server.is_empty() => return Err(ErrorKind::WouldBlock.into()),
            Side::Open | Side::Ended => (),
        }
        let count = to_server.as_slice().read(buffer)?;
        to_server.drain(..count);
        Ok(count)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shared = self.0.0.borrow_mut();
        if shared.client == Side::Broken {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if shared.is_paused {
            return Err(ErrorKind::WouldBlock.into());
        }
        shared.to_client.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    // As a full socket does, the loop accepts a write that is cut short.
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        slices.iter().try_fold(0, |written, slice| Ok(written + self.write(slice)?))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Stream {
    fn end(&mut self) -> io::Result<()> {
        let mut shared = self.0.0.borrow_mut();
        if shared.client == Side::Broken {
            return Err(ErrorKind::NotConnected.into());
        }
        shared.server_ended = true;
        Ok(())
    }
}
