//! Listening sockets.

use super::Stream;
use super::socket_file::{self, OwnedFile};
use crate::base::{PeerAddress, User};
use crate::limits::{
    ACCEPT_BACKLOG, KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S, KEEPALIVE_PROBES, USER_TIMEOUT_MS,
};
use mio::event::Source;
use mio::net::{TcpListener, UnixListener};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::fmt;
use std::io;
use std::net::{AddrParseError, SocketAddr, TcpListener as StdTcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener as StdUnixListener;
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

/// A listener that the process was given already open, by systemd's socket activation for example
/// (sd_listen_fds(3)). The program that opened it keeps it open too, so newcomers wait while no
/// server runs.
#[derive(Debug)]
pub enum InheritedListener {
    /// TCP.
    Tcp(StdTcpListener),
    /// A Unix socket. Its file stays when the server stops, because it is not the server's.
    Unix(StdUnixListener),
}

impl InheritedListener {
    /// A second handle for the listener, for another attempt to open the doors.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Tcp(listener) => Ok(Self::Tcp(listener.try_clone()?)),
            Self::Unix(listener) => Ok(Self::Unix(listener.try_clone()?)),
        }
    }

    /// The address at which it listens.
    ///
    /// # Errors
    /// If it is a Unix socket without a path, or the system does not tell its address.
    pub fn address(&self) -> io::Result<ListenAddress> {
        match self {
            Self::Tcp(listener) => Ok(listener.local_addr()?.into()),
            Self::Unix(listener) => {
                let address = listener.local_addr()?;
                let path = address.as_pathname().ok_or_else(no_path)?;
                Ok(ListenAddress::Unix(path.to_owned()))
            }
        }
    }
}

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp {
        /// The socket.
        listener: TcpListener,
        /// Somebody else has opened it.
        is_inherited: bool,
    },
    /// A Unix socket.
    Unix {
        /// The socket.
        listener: UnixListener,
        /// The path of its file.
        path: PathBuf,
        /// The file, if it was created here and goes with the listener.
        file: Option<OwnedFile>,
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
            ListenAddress::Tcp(address) => {
                let listener = listen_tcp(*address, v6_only)?;
                Ok(Self::Tcp { listener, is_inherited: false })
            }
            ListenAddress::Unix(path) => {
                let (socket, file) = socket_file::listen(path)?;
                let listener = UnixListener::from_std(socket.into());
                let path = file.path().to_owned();
                Ok(Self::Unix { listener, path, file: Some(file), user_of })
            }
        }
    }

    /// Listens by a listener that somebody else has opened, and gives it the settings of ours.
    ///
    /// # Errors
    /// If it does not listen, or has no address.
    pub fn adopt(inherited: InheritedListener, user_of: Option<UserOf>) -> io::Result<Self> {
        let address = inherited.address()?;
        let socket = match &inherited {
            InheritedListener::Tcp(listener) => SockRef::from(listener),
            InheritedListener::Unix(listener) => SockRef::from(listener),
        };
        if !socket.is_listener()? {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the socket does not listen"));
        }
        socket.set_nonblocking(true)?;
        match (inherited, address) {
            (InheritedListener::Tcp(listener), _) => {
                set_up_tcp(&SockRef::from(&listener))?;
                let listener = TcpListener::from_std(listener);
                Ok(Self::Tcp { listener, is_inherited: true })
            }
            (InheritedListener::Unix(listener), ListenAddress::Unix(path)) => {
                let listener = UnixListener::from_std(listener);
                Ok(Self::Unix { listener, path, file: None, user_of })
            }
            (InheritedListener::Unix(_), ListenAddress::Tcp(_)) => Err(no_path()),
        }
    }

    /// Whether it stays open elsewhere when it is closed here.
    pub(super) const fn is_inherited(&self) -> bool {
        match self {
            Self::Tcp { is_inherited, .. } => *is_inherited,
            Self::Unix { file, .. } => file.is_none(),
        }
    }

    /// Its address, with the port that the system chose.
    ///
    /// # Errors
    /// If the system does not tell it.
    pub fn address(&self) -> io::Result<ListenAddress> {
        match self {
            Self::Tcp { listener, .. } => Ok(listener.local_addr()?.into()),
            Self::Unix { path, .. } => Ok(ListenAddress::Unix(path.clone())),
        }
    }

    /// The next connection, and its peer's address.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; or a lack of resources in the system.
    pub(super) fn accept(&self) -> io::Result<(Stream, PeerAddress)> {
        match self {
            Self::Tcp { listener, .. } => {
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
            Self::Tcp { listener, .. } => listener,
            Self::Unix { listener, .. } => listener,
        }
    }
}

fn no_path() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the Unix socket has no path")
}

fn listen_tcp(address: SocketAddr, v6_only: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(v6_only)?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    set_up_tcp(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(ACCEPT_BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// Accepted sockets inherit these settings (on Linux; tcp(7)), so that an arrival costs no further
/// call: no delay for small writes, urgent data (telnet's Synch) stays in the stream, and the
/// kernel finds peers that have vanished.
fn set_up_tcp(socket: &Socket) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_out_of_band_inline(true)?;
    watch_peer(socket)
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
