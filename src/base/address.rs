//! For whom limits count: an address, as far as one customer of a provider has it.

use crate::limits::IPV6_NETWORK_BITS;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;
use std::net::IpAddr;

/// An IPv4 address, or the network of an IPv6 address: whoever has one address of IPv6 has all of
/// its /64 (RFC 6177), and could come from another each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(IpNet);

impl Address {
    /// The address that `ip` belongs to. An IPv4 address in IPv6's clothes (RFC 4291, 2.5.5.2) is
    /// an IPv4 address.
    pub fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V4(ip) => IpNet::V4(Ipv4Net::from(ip)),
            IpAddr::V6(ip) => {
                let net = Ipv6Net::new(ip, IPV6_NETWORK_BITS);
                IpNet::V6(net.unwrap_or_else(|_| Ipv6Net::from(ip)).trunc())
            }
        })
    }

    /// The addresses that it stands for.
    pub const fn network(self) -> IpNet {
        self.0
    }
}

/// The network of IPv4 that this is, if it is one in IPv6's clothes (RFC 4291, 2.5.5.2): addresses
/// are compared without them.
pub fn canonical(network: IpNet) -> IpNet {
    const CLOTHES_BITS: u8 = 96;
    let IpNet::V6(v6) = network else { return network };
    let inner = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(CLOTHES_BITS));
    inner.and_then(|(ip, bits)| Ipv4Net::new(ip, bits).ok()).map_or(network, IpNet::V4)
}

/// `192.0.2.1`, or `2001:db8::/64`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpNet::V4(net) => net.addr().fmt(f),
            IpNet::V6(net) => net.fmt(f),
        }
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
}
