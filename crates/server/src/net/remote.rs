//! Outgoing connections: their addresses, and how to make them.

use super::Stream;
use super::listener::watch_peer;
use crate::base::{PeerAddress, User};
use mio::net::{TcpStream, UnixStream};
use socket2::SockRef;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;

/// The other end of an outgoing connection.
#[derive(Debug)]
pub enum Remote {
    /// A TCP port of a host.
    Tcp {
        /// Its address, or its name.
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
pub(super) struct Hostnames(HashMap<String, Found>);

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
        self.0.insert(host.to_owned(), Found { all, next: 0 });
        Ok(())
    }

    /// An address of a host; each call returns the next of its addresses.
    fn address(&mut self, host: &str) -> io::Result<IpAddr> {
        if let Ok(address) = host.parse() {
            return Ok(address);
        }
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        let known = self.0.get_mut(host).ok_or_else(unknown)?;
        let address = known.all.get(known.next % known.all.len().max(1)).ok_or_else(unknown)?;
        known.next = known.next.wrapping_add(1);
        Ok(*address)
    }

    /// Begins a connection, and returns the address it goes to.
    pub(super) fn connect(&mut self, remote: Remote) -> io::Result<(Stream, PeerAddress)> {
        let at_unix = PeerAddress::Unix(User::new(None));
        match remote {
            Remote::Tcp { host, port } => {
                let address = self.address(&host)?;
                let stream = connect_tcp(SocketAddr::new(address, port))?;
                Ok((Stream::Tcp { stream, is_connected: false }, address.into()))
            }
            Remote::Unix(path) => Ok((Stream::Unix(UnixStream::connect(path)?), at_unix)),
            Remote::Open(stream) => {
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
