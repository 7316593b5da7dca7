//! Values of flags that are addresses, networks and names of hosts.

use ipnet::IpNet;
use mio_chat::server::Origins;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// One value of `--bind`, `--http` or `--metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bind {
    None,
    Addresses(Vec<SocketAddr>),
    /// Those of a name.
    Named(String, Vec<SocketAddr>),
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if value == "none" {
            return Ok(Self::None);
        }
        if value.parse::<u16>().is_ok() {
            return Err(format!("a port needs an address: 127.0.0.1:{value}"));
        }
        if let Ok(address) = value.parse() {
            return Ok(Self::Addresses(vec![address]));
        }
        match value.to_socket_addrs() {
            Ok(addresses) => Ok(Self::Named(value.to_owned(), addresses.collect())),
            Err(error) => Err(format!("{error}; an address is HOST:PORT, 127.0.0.1:55555")),
        }
    }
}

/// One value of `--host`.
pub(crate) fn host(value: &str) -> Result<String, String> {
    match value.is_empty() || value.contains(['/', ' ', '@']) {
        true => Err("a name is wanted, without https:// before it or a path behind".to_owned()),
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
    Network(IpNet),
}

impl FromStr for Trust {
    type Err = String;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if value == "none" {
            return Ok(Self::Nobody);
        }
        let address = value.parse::<IpAddr>().map(IpNet::from);
        let network = address.or_else(|_| value.parse());
        let wanted = "an address or a network is wanted: 10.0.0.1, 10.0.0.0/8, fd00::/8";
        network.map(Self::Network).map_err(|_| wanted.to_owned())
    }
}
