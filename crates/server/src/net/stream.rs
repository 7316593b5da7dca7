//! The streams of connections.

use super::{Transport, Wants};
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;

/// The stream of a connection of the loop.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Tcp {
        /// The socket.
        stream: TcpStream,
        /// False while an outgoing connection is being made.
        is_connected: bool,
    },
    /// A Unix socket.
    Unix(UnixStream),
}

impl Stream {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp { stream, .. } => stream,
            Self::Unix(stream) => stream,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp { stream, .. } => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp { stream, .. } => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp { stream, .. } => stream.write_vectored(slices),
            Self::Unix(stream) => stream.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Stream {
    /// A read of a Unix socket ends after bytes that came with a file descriptor (unix(7)), even if
    /// more bytes follow.
    fn has_read_all(&self, count: usize, room: usize) -> bool {
        match self {
            Self::Tcp { .. } => count < room,
            Self::Unix(_) => false,
        }
    }

    fn wants(&self) -> Wants {
        match self {
            Self::Tcp { is_connected: false, .. } => Wants::Write,
            Self::Tcp { .. } | Self::Unix(_) => Wants::Nothing,
        }
    }

    /// The socket's error shows that there is no connection, its peer's address that there is one.
    fn advance(&mut self) -> io::Result<()> {
        if let Self::Tcp { stream, is_connected } = self {
            if let Some(error) = stream.take_error()? {
                return Err(error);
            }
            match stream.peer_addr() {
                Ok(_) => *is_connected = true,
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp { stream, .. } => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }
}

impl Source for Stream {
    fn register(&mut self, on: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().register(on, token, interests)
    }

    fn reregister(&mut self, on: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().reregister(on, token, interests)
    }

    fn deregister(&mut self, on: &Registry) -> io::Result<()> {
        self.source().deregister(on)
    }
}
