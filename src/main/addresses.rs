//! Values of flags that are addresses, networks and names of hosts.

use mio_socketio::{ListenAddress, Network, Origins};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::path::PathBuf;
use std::str::FromStr;

/// One value of `--bind`, `--http`, `--bind-tls`, `--https` or `--metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bind {
    None,
    Addresses(Vec<SocketAddr>),
    /// The addresses of a name.
    Named(String, Vec<SocketAddr>),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Bind {
    /// The addresses at which the server listens.
    pub(crate) fn addresses(&self) -> Vec<ListenAddress> {
        match self {
            Self::None => Vec::new(),
            Self::Addresses(addresses) | Self::Named(_, addresses) => {
                addresses.iter().copied().map(ListenAddress::from).collect()
            }
            Self::Unix(path) => vec![ListenAddress::Unix(path.clone())],
        }
    }
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if value == "none" {
            return Ok(Self::None);
        }
        if let Some(path) = value.strip_prefix("unix:") {
            return match path.is_empty() {
                true => Err("expected a path: unix:/run/mio-chat.sock".to_owned()),
                false => Ok(Self::Unix(path.into())),
            };
        }
        if value.parse::<u16>().is_ok() {
            return Err(format!("a port needs an address: 127.0.0.1:{value}"));
        }
        if let Ok(address) = value.parse() {
            return Ok(Self::Addresses(vec![address]));
        }
        // A port alone means this machine only.
        if let Some(Ok(port)) = value.strip_prefix(':').map(str::parse) {
            return Ok(Self::Addresses(vec![(Ipv4Addr::LOCALHOST, port).into()]));
        }
        match value.to_socket_addrs() {
            Ok(addresses) => Ok(Self::Named(value.to_owned(), here(addresses.collect(), is_here))),
            Err(error) => {
                Err(format!("{error}; an address is HOST:PORT, 127.0.0.1:55555, or unix:PATH"))
            }
        }
    }
}

/// The addresses of a name that this machine has: `localhost` may have one that it lacks. If the
/// machine has none of them, all, so that the error names them.
fn here(addresses: Vec<SocketAddr>, is_here: impl Fn(IpAddr) -> bool) -> Vec<SocketAddr> {
    let own: Vec<SocketAddr> =
        addresses.iter().filter(|address| is_here(address.ip())).copied().collect();
    if own.is_empty() { addresses } else { own }
}

/// Whether this machine has an address. (A datagram socket disturbs nobody.)
fn is_here(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

/// One value of `--host`.
pub(crate) fn host(value: &str) -> Result<String, String> {
    match value.is_empty() || value.contains(['/', ' ', '@']) {
        true => Err("expected a name, without https:// before it or a path after it".to_owned()),
        false => Ok(value.to_owned()),
    }
}

/// One value of `--origin`.
pub(crate) fn origin(value: &str) -> Result<String, &'static str> {
    Origins::check(value).map(|()| value.to_owned())
}

/// One value of `--trust-proxy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    Nobody,
    Network(Network),
}

impl FromStr for Trust {
    type Err = String;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if value == "none" {
            return Ok(Self::Nobody);
        }
        let network = value.parse();
        let wanted = "expected an address or a network: 10.0.0.1, 10.0.0.0/8, fd00::/8";
        network.map(Self::Network).map_err(|_| wanted.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_those_of_its_addresses_that_are_here() {
        let read = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let both = vec![read("[::1]:7"), read("127.0.0.1:7")];
        assert_eq!(here(both.clone(), |ip| ip.is_ipv4()), [read("127.0.0.1:7")]);
        assert_eq!(here(both.clone(), |_| true), both);
        assert_eq!(here(both.clone(), |_| false), both);
        // Kept for documentation (RFC 5737), so nobody's.
        assert!(is_here(IpAddr::from([127, 0, 0, 1])) && !is_here(IpAddr::from([192, 0, 2, 1])));
    }

    #[test]
    fn a_path_is_a_unix_sockets() {
        assert_eq!("unix:a.sock".parse(), Ok(Bind::Unix("a.sock".into())));
        assert!("unix:".parse::<Bind>().is_err());
    }

    #[test]
    fn a_port_alone_is_this_machines() {
        let address = "127.0.0.1:5000".parse().expect("an address");
        assert_eq!(":5000".parse(), Ok(Bind::Addresses(vec![address])));
        for text in [":", ":70000", ":x", "5000"] {
            assert!(text.parse::<Bind>().is_err(), "{text}");
        }
    }
}
