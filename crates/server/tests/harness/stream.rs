//! A simulated socket: bounded buffers, `WouldBlock`, edges, ends and resets.

use mio_socketio::base::CloseReason;
use mio_socketio::net::Transport;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::rc::Rc;

#[derive(Debug, Default)]
struct Pipe {
    index: usize,
    to_server: VecDeque<u8>,
    to_client: VecDeque<u8>,
    /// Bytes that `to_client` holds at most.
    window: usize,
    client_ended: bool,
    server_ended: bool,
    reset: bool,
    /// The client has gone for good: it hears nothing, and the bytes that it sent remain.
    gone: bool,
    /// The server has dropped its end.
    dropped: bool,
    /// The server found the buffer full: an edge follows when there is room.
    server_blocked: bool,
    edge: Edge,
    /// Why the server has closed the connection.
    reason: Option<CloseReason>,
}

/// The contents of an event.
#[derive(Debug, Default, Clone, Copy)]
pub struct Edge {
    pub index: usize,
    pub readable: bool,
    pub writable: bool,
    pub ended: bool,
}

/// The server's end.
#[derive(Debug)]
pub struct Stream(Rc<RefCell<Pipe>>);

/// The client's end.
#[derive(Debug)]
pub struct End(Rc<RefCell<Pipe>>);

pub fn pair(index: usize, window: usize) -> (Stream, End) {
    let pipe = Rc::new(RefCell::new(Pipe { index, window, ..Pipe::default() }));
    (Stream(Rc::clone(&pipe)), End(pipe))
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        if pipe.reset {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if pipe.to_server.is_empty() && !pipe.client_ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        // The ring's two halves are read one by one; a socket is read short only when it is empty.
        let first = pipe.to_server.read(buffer)?;
        Ok(first + pipe.to_server.read(&mut buffer[first..])?)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        if pipe.reset || pipe.gone {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        assert!(!pipe.server_ended, "nothing is written behind the end");
        let room = pipe.window.saturating_sub(pipe.to_client.len()).min(bytes.len());
        pipe.server_blocked |= room < bytes.len();
        if room == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        pipe.to_client.extend(&bytes[..room]);
        Ok(room)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let mut written = 0;
        for slice in slices {
            match self.write(slice) {
                Ok(count) if count == slice.len() => written += count,
                Ok(count) => return Ok(written + count),
                Err(error) if written == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Stream {
    fn end(&mut self) -> io::Result<()> {
        let mut pipe = self.0.borrow_mut();
        if pipe.reset || pipe.gone {
            return Err(io::ErrorKind::NotConnected.into());
        }
        pipe.server_ended = true;
        Ok(())
    }

    fn gone(&mut self, reason: CloseReason) {
        self.0.borrow_mut().reason = Some(reason);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.borrow_mut().dropped = true;
    }
}

impl End {
    /// Sends bytes to the server.
    pub fn send(&self, bytes: &[u8]) {
        let mut pipe = self.0.borrow_mut();
        if !pipe.dropped && !pipe.client_ended && !pipe.reset && !bytes.is_empty() {
            pipe.to_server.extend(bytes);
            pipe.edge.readable = true;
        }
    }

    /// Takes at most `max` of the bytes that have arrived.
    pub fn take(&self, max: usize) -> Vec<u8> {
        let mut pipe = self.0.borrow_mut();
        let count = max.min(pipe.to_client.len());
        let bytes: Vec<u8> = pipe.to_client.drain(..count).collect();
        if count > 0 && pipe.server_blocked {
            pipe.server_blocked = false;
            pipe.edge.writable = true;
        }
        bytes
    }

    /// Makes the buffers towards the client hold `window` bytes from now on.
    pub fn widen(&self, window: usize) {
        let mut pipe = self.0.borrow_mut();
        pipe.window = window;
        pipe.edge.writable |= std::mem::take(&mut pipe.server_blocked);
    }

    /// Ends the client's side.
    pub fn end(&self) {
        let mut pipe = self.0.borrow_mut();
        pipe.client_ended = true;
        pipe.edge.readable = true;
        pipe.edge.ended = true;
    }

    /// Closes without reading, which breaks the other direction; bytes sent before are kept.
    pub fn close(&self) {
        self.end();
        let mut pipe = self.0.borrow_mut();
        pipe.gone = true;
        pipe.to_client.clear();
        pipe.edge.writable = true;
    }

    /// Breaks the connection: bytes under way are lost.
    pub fn reset(&self) {
        let mut pipe = self.0.borrow_mut();
        pipe.reset = true;
        pipe.to_server.clear();
        pipe.to_client.clear();
        pipe.edge = Edge { readable: true, writable: true, ended: true, ..pipe.edge };
    }

    /// The edge that has come since the last call. A socket that has gone has none.
    pub fn take_edge(&self) -> Option<Edge> {
        let mut pipe = self.0.borrow_mut();
        let edge = std::mem::take(&mut pipe.edge);
        let any = edge.readable || edge.writable;
        (any && !pipe.dropped).then_some(Edge { index: pipe.index, ..edge })
    }

    pub fn has_edge(&self) -> bool {
        let pipe = self.0.borrow();
        (pipe.edge.readable || pipe.edge.writable) && !pipe.dropped
    }

    /// Whether the server has ended its side, or dropped the connection.
    pub fn is_ended(&self) -> bool {
        let pipe = self.0.borrow();
        pipe.server_ended || pipe.dropped
    }

    /// Whether the server has nothing more to do with the connection.
    pub fn is_dropped(&self) -> bool {
        self.0.borrow().dropped
    }

    /// Why the server has closed the connection, if it has.
    pub fn reason(&self) -> Option<CloseReason> {
        self.0.borrow().reason
    }

    /// Bytes that have arrived and are not taken.
    pub fn arrived(&self) -> usize {
        self.0.borrow().to_client.len()
    }

    /// Whether the client can still send.
    pub fn is_open(&self) -> bool {
        let pipe = self.0.borrow();
        !(pipe.server_ended || pipe.dropped || pipe.reset || pipe.client_ended)
    }

    /// Bytes that the server has not read.
    pub fn unread(&self) -> usize {
        self.0.borrow().to_server.len()
    }
}
