//! Networks, and the addresses that limits count by: each stands for one customer of a provider.

use crate::limits::IPV6_NETWORK_BITS;
use ipnet::{IpNet, Ipv4Net};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// Bits of an IPv6 address before an IPv4 address that is mapped into it.
const CLOTHES_BITS: u8 = 96;

/// A network of addresses (RFC 4632, RFC 4291): an address and the number of its leading bits.
///
/// An IPv4-mapped IPv6 network (RFC 4291, 2.5.5.2) becomes the IPv4 network, so that equal networks
/// compare as equal.
///
/// ```
/// use mio_socketio::Network;
///
/// let network: Network = "::ffff:198.51.100.7/120".parse().expect("a network");
/// assert_eq!(network.to_string(), "198.51.100.0/24");
/// assert!(network.contains([198, 51, 100, 200].into()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpNet);

impl Network {
    /// The network of the first `bits` bits of `ip`; `None` if an address has fewer.
    pub fn new(ip: IpAddr, bits: u8) -> Option<Self> {
        let network = IpNet::new(ip, bits).ok()?.trunc();
        let IpNet::V6(v6) = network else { return Some(Self(network)) };
        let inner = v6.addr().to_ipv4_mapped().zip(bits.checked_sub(CLOTHES_BITS));
        let inner = inner.and_then(|(ip, bits)| Ipv4Net::new(ip, bits).ok());
        Some(Self(inner.map_or(network, IpNet::V4)))
    }

    /// Whether `ip` is in it. An IPv4-mapped address counts as an IPv4 address.
    pub fn contains(self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }

    /// Whether all of `other` is in it.
    pub fn covers(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Its first address.
    pub fn address(self) -> IpAddr {
        self.0.addr()
    }

    /// The number of its leading bits: at most 32 for IPv4, 128 for IPv6.
    pub fn bits(self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether it is one address.
    pub fn is_single(self) -> bool {
        self.0.prefix_len() == self.0.max_prefix_len()
    }
}

/// The network of this address alone.
impl From<IpAddr> for Network {
    fn from(ip: IpAddr) -> Self {
        Self(IpNet::from(ip.to_canonical()))
    }
}

/// The text is neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetwork;

impl fmt::Display for NoNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an address nor a network, as 192.0.2.7 and 2001:db8::/48 are")
    }
}

impl std::error::Error for NoNetwork {}

/// From `192.0.2.7`, or from `2001:db8::/48`.
impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::from(ip));
        }
        let network = text.parse::<IpNet>().map_err(|_| NoNetwork)?;
        Self::new(network.addr(), network.prefix_len()).ok_or(NoNetwork)
    }
}

/// `192.0.2.7/32`, or `2001:db8::/48`.
impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `192.0.2.7`, or `2001:db8::/48`.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

/// The address of a connection's peer, or of the client behind a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAddress {
    /// An address of IP.
    Ip(IpAddr),
    /// A Unix socket of this machine, to which a process of this user has connected.
    Unix(User),
}

/// A user of this machine, by the system's number (credentials(7)).
///
/// The bytes of the number, so that an address takes no more room than an IP address: each session
/// has one. No user has the number [`u32::MAX`] (chown(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct User([u8; 4]);

impl User {
    /// The user of this number; `None` if the system does not tell it.
    pub fn new(number: Option<u32>) -> Self {
        Self(number.unwrap_or(u32::MAX).to_be_bytes())
    }

    /// The number, if it is known.
    pub const fn number(self) -> Option<u32> {
        match u32::from_be_bytes(self.0) {
            u32::MAX => None,
            number => Some(number),
        }
    }
}

const _: () = assert!(size_of::<PeerAddress>() == size_of::<IpAddr>());

impl PeerAddress {
    /// Whether it is an address of this machine alone: of its loopback, or at a Unix socket.
    pub const fn is_this_machine(self) -> bool {
        self.as_ip().is_loopback()
    }

    /// The IP address; 127.0.0.1 for a Unix socket.
    pub const fn as_ip(self) -> IpAddr {
        match self {
            Self::Ip(ip) => ip,
            Self::Unix(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }
}

/// An IPv4-mapped address (RFC 4291, 2.5.5.2) becomes an IPv4 address.
impl From<IpAddr> for PeerAddress {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip.to_canonical())
    }
}

/// `192.0.2.1`, `2001:db8::1`, or `unix:1000`: `unix:`, and the user's number if it is known.
impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Unix(user) => match user.number() {
                Some(number) => write!(f, "unix:{number}"),
                None => f.write_str("unix:"),
            },
        }
    }
}

/// An IPv4 address, a user at a Unix socket, or the /64 of an IPv6 address: the holder of one IPv6
/// address has all of its /64 (RFC 6177), and could use another one each time. Limits per address
/// count by it.
///
/// ```
/// use mio_socketio::Address;
/// use std::net::IpAddr;
///
/// let of = |ip: &str| Address::of(ip.parse::<IpAddr>().expect("an address"));
/// assert_eq!(of("2001:db8::7"), of("2001:db8::8"));
/// assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Shared);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Shared {
    Network(Network),
    User(User),
}

impl Address {
    /// The address that `address` belongs to.
    pub fn of(address: impl Into<PeerAddress>) -> Self {
        let ip = match address.into() {
            PeerAddress::Ip(ip) => ip.to_canonical(),
            PeerAddress::Unix(user) => return Self(Shared::User(user)),
        };
        let network = ip.is_ipv6().then(|| Network::new(ip, IPV6_NETWORK_BITS)).flatten();
        Self(Shared::Network(network.unwrap_or_else(|| Network::from(ip))))
    }

    /// The IP addresses that it stands for; `None` if it is a user of this machine.
    pub const fn network(self) -> Option<Network> {
        match self.0 {
            Shared::Network(network) => Some(network),
            Shared::User(_) => None,
        }
    }
}

/// `192.0.2.1`, `2001:db8::/64`, or `unix:1000`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Shared::Network(network) => network.fmt(f),
            Shared::User(user) => PeerAddress::Unix(user).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_one_customer_has() {
        let of = |ip: &str| Address::of(ip.parse::<IpAddr>().expect("an address")).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2::ffff"), of("2001:db8:1:2:3::"));
    }

    #[test]
    fn networks_that_are_the_same_are_equal() {
        let read = |text: &str| text.parse::<Network>().map(|network| network.to_string());
        assert_eq!(read("192.0.2.7").as_deref(), Ok("192.0.2.7"));
        assert_eq!(read("192.0.2.7/24").as_deref(), Ok("192.0.2.0/24"));
        assert_eq!(read("::ffff:192.0.2.7/120").as_deref(), Ok("192.0.2.0/24"));
        assert_eq!(read("::ffff:192.0.2.7").as_deref(), Ok("192.0.2.7"));
        // More than IPv4 alone.
        assert_eq!(read("::/64").as_deref(), Ok("::/64"));
        for text in ["", "a", "192.0.2.7/33", "2001:db8::/129", "192.0.2.0/24/8"] {
            assert_eq!(read(text), Err(NoNetwork), "{text}");
        }
    }

    #[test]
    fn a_network_covers_what_is_all_in_it() {
        let read = |text: &str| text.parse::<Network>().expect("a network");
        assert!(read("10.0.0.0/8").covers(read("10.1.0.0/16")));
        assert!(!read("10.1.0.0/16").covers(read("10.0.0.0/8")));
        assert!(read("10.0.0.0/8").contains("::ffff:10.9.9.9".parse().expect("an address")));
        assert_eq!(Network::new([192, 0, 2, 7].into(), 33), None);
    }
}
