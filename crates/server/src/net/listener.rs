//! Listening sockets.

use super::Stream;
use super::socket_file::{self, OwnedFile};
use crate::base::{PeerAddress, User};
use crate::limits::{
    ACCEPT_BACKLOG, KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES, USER_TIMEOUT_MS,
};
use mio::event::Source;
use mio::net::{TcpListener, UnixListener};
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use std::fmt;
use std::io;
use std::net::{AddrParseError, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The beginning of a Unix socket's address as text.
const UNIX: &str = "unix:";

/// Returns the number of the user whose process is at the other end of a Unix socket.
pub type UserOf = fn(BorrowedFd<'_>) -> Option<u32>;

/// An address to listen at.
///
/// ```
/// use mio_socketio::ListenAddress;
///
/// let read = |text: &str| text.parse::<ListenAddress>();
/// assert!(matches!(read("127.0.0.1:5000"), Ok(ListenAddress::Tcp(_))));
/// assert!(matches!(read("unix:/run/chat.sock"), Ok(ListenAddress::Unix(_))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// An address and a port; port 0 is any free port.
    Tcp(SocketAddr),
    /// The path of a Unix socket, to which the server's user and group may connect (mode 0660). The
    /// file is created when the server listens, and removed when it stops. A socket file left by a
    /// server that died is replaced; any other file is left alone.
    Unix(PathBuf),
}

impl ListenAddress {
    /// The address and the port; `None` for a Unix socket.
    pub const fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

/// From `127.0.0.1:5000`, `[::1]:5000` or `unix:/run/chat.sock`.
impl FromStr for ListenAddress {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        match text.strip_prefix(UNIX) {
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp),
        }
    }
}

/// `127.0.0.1:5000`, or `unix:/run/chat.sock`.
impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix {
        /// The socket.
        listener: UnixListener,
        /// Its file.
        file: OwnedFile,
        /// Tells the user of a peer.
        user_of: Option<UserOf>,
    },
}

impl Listener {
    /// Listens on `address`. An IPv6 address that stands for all addresses accepts IPv4 as well,
    /// unless `v6_only`.
    ///
    /// # Errors
    /// If the address is not available.
    pub fn open(
        address: &ListenAddress,
        v6_only: bool,
        user_of: Option<UserOf>,
    ) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(address) => Ok(Self::Tcp(listen_tcp(*address, v6_only)?)),
            ListenAddress::Unix(path) => {
                let (socket, file) = socket_file::listen(path)?;
                let listener = UnixListener::from_std(socket.into());
                Ok(Self::Unix { listener, file, user_of })
            }
        }
    }

    /// Its address, with the port that the system chose.
    ///
    /// # Errors
    /// If the system does not tell it.
    pub fn address(&self) -> io::Result<ListenAddress> {
        match self {
            Self::Tcp(listener) => Ok(listener.local_addr()?.into()),
            Self::Unix { file, .. } => Ok(ListenAddress::Unix(file.path().to_owned())),
        }
    }

    /// The next connection, and its peer's address.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; or a lack of resources in the system.
    pub(super) fn accept(&self) -> io::Result<(Stream, PeerAddress)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept()?;
                Ok((Stream::Tcp { stream, is_connected: true }, peer.ip().into()))
            }
            Self::Unix { listener, user_of, .. } => {
                let (stream, _) = listener.accept()?;
                let user = user_of.and_then(|user_of| user_of(stream.as_fd()));
                Ok((Stream::Unix(stream), PeerAddress::Unix(User::new(user))))
            }
        }
    }

    /// The source for a poll.
    pub(super) const fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(listener) => listener,
            Self::Unix { listener, .. } => listener,
        }
    }
}

/// Accepted sockets inherit these settings (on Linux; tcp(7)), so that an arrival costs no further
/// call: no delay for small writes, urgent data (telnet's Synch) stays in the stream, and the
/// kernel finds peers that have vanished.
fn listen_tcp(address: SocketAddr, v6_only: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(v6_only)?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_out_of_band_inline(true)?;
    watch_peer(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(ACCEPT_BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Makes the kernel find a peer that has vanished.
pub(super) fn watch_peer(socket: &Socket) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(KEEPALIVE_IDLE_S))
        .with_interval(Duration::from_secs(KEEPALIVE_INTERVAL_S))
        .with_retries(KEEPALIVE_PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_millis(USER_TIMEOUT_MS)))?;
    Ok(())
}
