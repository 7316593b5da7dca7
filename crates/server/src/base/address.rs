//! Networks, and for whom limits count: an address, as far as one customer of a provider has it.

use crate::limits::IPV6_NETWORK_BITS;
use ipnet::{IpNet, Ipv4Net};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Bits of an IPv6 address that stand before an IPv4 address in IPv6's clothes.
const CLOTHES_BITS: u8 = 96;

/// A network of addresses (RFC 4632, RFC 4291): an address and how many of its leading bits count.
///
/// A network of IPv4 in IPv6's clothes (RFC 4291, 2.5.5.2) is the network of IPv4, so that two
/// which are the same are equal.
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

    /// Whether `ip` is in it. An IPv4 address in IPv6's clothes is an IPv4 address.
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

    /// Its leading bits that count: at most 32 of IPv4, 128 of IPv6.
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

/// A text is neither an address nor a network.
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

/// An IPv4 address, or the /64 of an IPv6 address: whoever has one address of IPv6 has all of its
/// /64 (RFC 6177), and could come from another each time. Limits per address count by it.
///
/// ```
/// use mio_socketio::Address;
///
/// let of = |ip: &str| Address::of(ip.parse().expect("an address"));
/// assert_eq!(of("2001:db8::7"), of("2001:db8::8"));
/// assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(Network);

impl Address {
    /// The address that `ip` belongs to. An IPv4 address in IPv6's clothes (RFC 4291, 2.5.5.2) is
    /// an IPv4 address.
    pub fn of(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        let network = ip.is_ipv6().then(|| Network::new(ip, IPV6_NETWORK_BITS)).flatten();
        Self(network.unwrap_or_else(|| Network::from(ip)))
    }

    /// The addresses that it stands for.
    pub const fn network(self) -> Network {
        self.0
    }
}

/// `192.0.2.1`, or `2001:db8::/64`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_one_customer_has() {
        let of = |ip: &str| Address::of(ip.parse().expect("an address")).to_string();
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
