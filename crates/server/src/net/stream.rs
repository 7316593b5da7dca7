//! The streams of connections.

#[cfg(feature = "tls")]
use super::tls::TlsStream;
use super::{Transport, Wants};
#[cfg(feature = "tls")]
use crate::base::CloseReason;
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};
use std::io::{self, IoSlice, Read, Write};
#[cfg(feature = "tls")]
use std::net::IpAddr;
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
    /// TLS over TCP.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

/// Does the same with every kind of stream.
macro_rules! each {
    ($stream:expr, $it:ident => $done:expr) => {
        match $stream {
            Self::Tcp { stream: $it, .. } => $done,
            Self::Unix($it) => $done,
            #[cfg(feature = "tls")]
            Self::Tls($it) => $done,
        }
    };
}

impl Stream {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp { stream, .. } => stream,
            Self::Unix(stream) => stream,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => &mut stream.socket,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        each!(self, stream => stream.read(buffer))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => stream.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        each!(self, stream => stream.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error of the socket shows that there is no connection, the address of its peer that there is
/// one.
///
/// # Errors
/// `WouldBlock` if that is not known yet.
pub(super) fn finish_connecting(stream: &TcpStream) -> io::Result<()> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Err(error) => Err(error),
    }
}

impl Transport for Stream {
    /// A read of a Unix socket ends after bytes that came with a file descriptor (unix(7)), even if
    /// more bytes follow.
    fn has_read_all(&self, count: usize, room: usize) -> bool {
        match self {
            Self::Tcp { .. } => count < room,
            Self::Unix(_) => false,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.has_read_all(count, room),
        }
    }

    fn wants(&self) -> Wants {
        match self {
            Self::Tcp { is_connected: false, .. } => Wants::Write,
            Self::Tcp { .. } | Self::Unix(_) => Wants::Nothing,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.wants(),
        }
    }

    fn advance(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp { stream, is_connected } => {
                finish_connecting(stream)?;
                *is_connected = true;
                Ok(())
            }
            Self::Unix(_) => Ok(()),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.advance(),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp { stream, .. } => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.end(),
        }
    }

    #[cfg(feature = "tls")]
    fn is_open(&self) -> bool {
        match self {
            Self::Tls(stream) => stream.is_open(),
            stream => stream.wants() == Wants::Nothing,
        }
    }

    #[cfg(feature = "tls")]
    fn has_room(&self, count: usize, offered: usize) -> bool {
        match self {
            Self::Tls(stream) => stream.has_room(count, offered),
            _ => count == offered,
        }
    }

    #[cfg(feature = "tls")]
    fn has_source(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.has_source())
    }

    #[cfg(feature = "tls")]
    fn take_source(&mut self) -> Option<IpAddr> {
        match self {
            Self::Tls(stream) => stream.take_source(),
            _ => None,
        }
    }

    #[cfg(feature = "tls")]
    fn has_more(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.has_more())
    }

    #[cfg(feature = "tls")]
    fn holds_bytes(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    #[cfg(feature = "tls")]
    fn held_bytes(&self) -> usize {
        match self {
            Self::Tls(stream) => stream.held_bytes(),
            _ => 0,
        }
    }

    #[cfg(feature = "tls")]
    fn gone(&mut self, reason: CloseReason) {
        if let Self::Tls(stream) = self {
            stream.gone(reason);
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
