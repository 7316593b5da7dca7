//! Outgoing connections: their addresses, and how to make them.

use super::Stream;
use super::listener::watch_peer;
#[cfg(feature = "tls")]
use super::tls::TlsStream;
use crate::base::{PeerAddress, User};
use mio::net::{TcpStream, UnixStream};
#[cfg(feature = "tls")]
use mio_wire::tls::TlsClient;
use socket2::SockRef;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;

/// The other end of an outgoing connection.
#[derive(Debug)]
pub enum RemoteAddress {
    /// A TCP port of a host.
    Tcp {
        /// Its address, or its name.
        host: String,
        /// The port.
        port: u16,
    },
    /// A TCP port of a host that speaks TLS.
    Tls {
        /// Its address, or its name, which its certificate must have.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket, by its path.
    Unix(PathBuf),
    /// A Unix socket that is connected already, such as one of a pair whose other end is the
    /// standard input and output of a child process.
    Open(StdUnixStream),
}

/// The addresses of hosts, looked up before the loop begins: a lookup may take many seconds, and
/// would block the loop.
#[derive(Debug, Default)]
pub(super) struct Hostnames {
    found: HashMap<String, Found>,
    /// The settings for hosts that are spoken to over TLS.
    #[cfg(feature = "tls")]
    trusted: HashMap<String, TlsClient>,
}

#[derive(Debug)]
struct Found {
    all: Vec<IpAddr>,
    /// The one to use next: each connection tries another one.
    next: usize,
}

impl Hostnames {
    /// Looks up a name. A literal address needs no lookup.
    pub(super) fn look_up(&mut self, host: &str) -> io::Result<()> {
        if host.parse::<IpAddr>().is_ok() {
            return Ok(());
        }
        let found = (host, 0).to_socket_addrs()?;
        let all: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        self.found.insert(host.to_owned(), Found { all, next: 0 });
        Ok(())
    }

    /// Reads the authorities that may sign a host's certificate.
    #[cfg(feature = "tls")]
    pub(super) fn trust(&mut self, host: &str, authorities: Option<&[u8]>) -> io::Result<()> {
        let trusted = match authorities {
            Some(authorities) => TlsClient::trusting(authorities, &[]),
            None => {
                let known = rustls_native_certs::load_native_certs().certs;
                TlsClient::trusting_system(known.iter().map(|it| it.to_vec()), &[])
            }
        };
        let trusted = trusted
            .map_err(|why| io::Error::other(format!("cannot trust anybody for {host}: {why}")))?;
        self.trusted.insert(host.to_owned(), trusted);
        Ok(())
    }

    /// There is no TLS without the feature.
    #[cfg(not(feature = "tls"))]
    pub(super) fn trust(&mut self, host: &str, _authorities: Option<&[u8]>) -> io::Result<()> {
        Err(io::Error::other(format!("cannot connect to {host}: this is built without TLS")))
    }

    /// Begins a connection over TLS.
    #[cfg(feature = "tls")]
    fn connect_secure(&mut self, host: &str, port: u16) -> io::Result<(Stream, PeerAddress)> {
        let trusted = self.trusted.get(host);
        let trusted = trusted.ok_or_else(|| io::Error::other("nobody is trusted there"))?;
        let tls = trusted.connect(host).map_err(io::Error::other)?;
        let address = self.address(host)?;
        let stream = connect_tcp(SocketAddr::new(address, port))?;
        Ok((Stream::Tls(Box::new(TlsStream::connecting(stream, tls))), address.into()))
    }

    #[cfg(not(feature = "tls"))]
    fn connect_secure(&mut self, _host: &str, _port: u16) -> io::Result<(Stream, PeerAddress)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// An address of a host; each call returns the next of its addresses.
    fn address(&mut self, host: &str) -> io::Result<IpAddr> {
        if let Ok(address) = host.parse() {
            return Ok(address);
        }
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        let known = self.found.get_mut(host).ok_or_else(unknown)?;
        let address = known.all.get(known.next % known.all.len().max(1)).ok_or_else(unknown)?;
        known.next = known.next.wrapping_add(1);
        Ok(*address)
    }

    /// Begins a connection, and returns the address it goes to.
    pub(super) fn connect(&mut self, remote: RemoteAddress) -> io::Result<(Stream, PeerAddress)> {
        let at_unix = PeerAddress::Unix(User::new(None));
        match remote {
            RemoteAddress::Tcp { host, port } => {
                let address = self.address(&host)?;
                let stream = connect_tcp(SocketAddr::new(address, port))?;
                Ok((Stream::Tcp { stream, is_connected: false }, address.into()))
            }
            RemoteAddress::Tls { host, port } => self.connect_secure(&host, port),
            RemoteAddress::Unix(path) => Ok((Stream::Unix(UnixStream::connect(path)?), at_unix)),
            RemoteAddress::Open(stream) => {
                stream.set_nonblocking(true)?;
                Ok((Stream::Unix(UnixStream::from_std(stream)), at_unix))
            }
        }
    }
}

fn connect_tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    let socket = SockRef::from(&stream);
    socket.set_tcp_nodelay(true)?;
    watch_peer(&socket)?;
    Ok(stream)
}
