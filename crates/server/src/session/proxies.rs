//! Which proxies are believed about the client of a request or a connection.

use crate::base::{Network, PeerAddress};
use crate::limits::PROXY_HOPS_MAX;
use mio_wire::http::{Head, hops, is_proxied};

/// The trusted proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<Network>,
}

/// A client's address, and how the server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Its address.
    pub address: PeerAddress,
    /// It has come through a proxy, as far as that shows, trusted or not. So it is not a client on
    /// this machine, even if the address is.
    pub by_proxy: bool,
    /// A peer that is not trusted named an address, which was ignored.
    pub ignored: bool,
    /// The peer is trusted, so its word about the requested host counts too.
    pub is_believed: bool,
    /// The connection speaks TLS, so that the client's page has been loaded by `https` if it is of
    /// this server.
    pub is_secure: bool,
}

impl Caller {
    /// A client whose request does not mention a proxy.
    pub const fn direct(address: PeerAddress) -> Self {
        Self { address, by_proxy: false, ignored: false, is_believed: false, is_secure: false }
    }
}

impl Caller {
    /// Whether what the client sends can be read on its way: there is no TLS, and no proxy that
    /// might speak it with the client.
    pub const fn is_readable(&self) -> bool {
        !self.is_secure && !self.by_proxy
    }
}

impl Proxies {
    /// Believes proxies at the addresses of `networks`.
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        Self { networks: networks.into_iter().collect() }
    }

    /// Believes nobody.
    pub const fn none() -> Self {
        Self { networks: Vec::new() }
    }

    /// Whether proxies at `address` are trusted. At a Unix socket they are if this machine is.
    pub fn trusts(&self, address: PeerAddress) -> bool {
        self.networks.iter().any(|network| network.contains(address.as_ip()))
    }

    /// The client of a request with this head, received from `peer`: the last address of its
    /// `X-Forwarded-For`, or else of its `Forwarded` (RFC 7239), that is not a trusted proxy. If
    /// all addresses are trusted proxies, the first one.
    ///
    /// An entry without an address ends the search: only the proxy that wrote it is known. Of more
    /// than [`PROXY_HOPS_MAX`] entries only the rightmost are examined. Entries to the left of the
    /// first stranger may be invented, and are ignored.
    pub fn caller(&self, peer: PeerAddress, head: &Head<'_>) -> Caller {
        let is_told = head.has("x-forwarded-for") || head.has("forwarded");
        let mut caller = Caller::direct(peer);
        caller.is_believed = self.trusts(peer);
        caller.by_proxy = is_proxied(head);
        caller.ignored = !caller.is_believed && is_told;
        if caller.is_believed {
            for hop in hops(head).take(PROXY_HOPS_MAX) {
                let Some(ip) = hop else { break };
                caller.address = ip.into();
                if !self.trusts(caller.address) {
                    break;
                }
            }
        }
        caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio_wire::http;
    use std::net::IpAddr;

    const PROXY: &str = "10.0.0.1";

    /// The client of a request from `peer`; `+` marks one that came through a proxy, `!` one whose
    /// headers are ignored.
    fn caller(peer: &str, headers: &[&str]) -> String {
        let trusted =
            ["10.0.0.0/8", "fd00::/8", "127.0.0.0/8", "::1/128", "::ffff:192.168.0.0/112"];
        let trusted = trusted.map(|network| network.parse().expect("a network"));
        let fields: String = headers.iter().map(|field| format!("{field}\r\n")).collect();
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let head = http::parse(head.as_bytes()).expect("a good head");
        let peer: IpAddr = peer.parse().expect("an address");
        let peer = PeerAddress::from(peer);
        let caller = Proxies::new(trusted).caller(peer, &head);
        assert!(caller.by_proxy || !caller.ignored);
        let marks = [(caller.by_proxy && !caller.ignored, "+"), (caller.ignored, "!")];
        let marks = marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark);
        format!("{}{}", caller.address, marks.collect::<String>())
    }

    #[test]
    fn the_last_stranger_is_the_client() {
        for (headers, expected) in [
            (&[][..], "10.0.0.1"),
            (&["X-Forwarded-For: 203.0.113.9"], "203.0.113.9+"),
            (&["x-forwarded-for:203.0.113.9:4711"], "203.0.113.9+"),
            (&["X-Forwarded-For: 2001:db8::9"], "2001:db8::9+"),
            (&["X-Forwarded-For: [2001:db8::9]:80"], "2001:db8::9+"),
            (&["X-Forwarded-For: ::ffff:203.0.113.9"], "203.0.113.9+"),
            (&["X-Forwarded-For: 203.0.113.9, 10.1.2.3"], "203.0.113.9+"),
            (&["X-Forwarded-For: 203.0.113.9, fd00::1, 127.0.0.1, 192.168.1.1"], "203.0.113.9+"),
            (&["X-Forwarded-For: 203.0.113.9, ::ffff:10.0.0.2"], "203.0.113.9+"),
            (&["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 10.0.0.2"], "203.0.113.9+"),
            (&["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: "], "203.0.113.9+"),
            (&["Forwarded: for=203.0.113.9"], "203.0.113.9+"),
            (&["Forwarded: for=\"[2001:db8::9]:1234\";proto=https"], "2001:db8::9+"),
            (&["Forwarded: for=203.0.113.9, for=\"[fd00::1]\""], "203.0.113.9+"),
            (&["Forwarded: for=203.0.113.9", "Forwarded: for=10.9.9.9;by=_x"], "203.0.113.9+"),
            // All are trusted: the first is the farthest.
            (&["X-Forwarded-For: 10.0.0.9"], "10.0.0.9+"),
            (&["X-Forwarded-For: 10.0.0.9, 10.0.0.8, 127.0.0.1"], "10.0.0.9+"),
            (&["X-Forwarded-For: 127.0.0.1"], "127.0.0.1+"),
            // No address is named.
            (&["X-Forwarded-For: "], "10.0.0.1+"),
            (&["X-Forwarded-For: ,,"], "10.0.0.1+"),
            (&["Forwarded: "], "10.0.0.1+"),
            (&["X-Forwarded-For: unknown"], "10.0.0.1+"),
            (&["X-Forwarded-For: \"203.0.113.9\""], "10.0.0.1+"),
            (&["X-Forwarded-For: fe80::1%eth0"], "10.0.0.1+"),
            (&["X-Forwarded-For: 203.0.113.9%eth0, 10.0.0.2"], "10.0.0.2+"),
            (&["Forwarded: for=\"[fe80::1%25eth0]\""], "10.0.0.1+"),
            (&["Forwarded: for=unknown"], "10.0.0.1+"),
            (&["Forwarded: for=_hidden, for=10.0.0.2"], "10.0.0.2+"),
            (&["Forwarded: proto=https"], "10.0.0.1+"),
            // None of these names a client, but all show that there is a proxy.
            (&["X-Forwarded-Host: 203.0.113.9"], "10.0.0.1+"),
            (&["X-Real-IP: 203.0.113.9"], "10.0.0.1+"),
            (&["Via: 1.1 203.0.113.9"], "10.0.0.1+"),
        ] {
            assert_eq!(caller(PROXY, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_a_client_invents_goes_for_nothing() {
        for (headers, expected) in [
            // To the left of the proxy's own entry.
            (&["X-Forwarded-For: 198.51.100.1, 203.0.113.9"][..], "203.0.113.9+"),
            (&["X-Forwarded-For: 127.0.0.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9+"),
            (&["X-Forwarded-For: 10.0.0.5, 203.0.113.9"], "203.0.113.9+"),
            (&["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9+"),
            (&["X-Forwarded-For: nonsense, 203.0.113.9"], "203.0.113.9+"),
            (&["X-Forwarded-For: \u{e9}, 203.0.113.9"], "203.0.113.9+"),
            (&["X-Forwarded-For: \"198.51.100.1, 203.0.113.9"], "203.0.113.9+"),
            (&["X-Forwarded-For: [198.51.100.1, 203.0.113.9"], "203.0.113.9+"),
            // The proxy to the right of an unreadable entry wrote it.
            (&["X-Forwarded-For: 198.51.100.1, nonsense, 10.0.0.2"], "10.0.0.2+"),
            (&["X-Forwarded-For: 198.51.100.1 203.0.113.9"], "10.0.0.1+"),
            (&["X-Forwarded-For: 198.51.100.1, 010.0.0.2"], "10.0.0.1+"),
            // Half a quoted string, which would swallow the next entry.
            (&["Forwarded: for=\"198.51.100.1, for=203.0.113.9"], "203.0.113.9+"),
            (&["Forwarded: for=198.51.100.1;x=\"", "Forwarded: for=203.0.113.9"], "203.0.113.9+"),
            (&["Forwarded: for=198.51.100.1;x=\"\\\", for=203.0.113.9"], "203.0.113.9+"),
            (&["Forwarded: for=\"x, for=10.0.0.5\", for=203.0.113.9"], "203.0.113.9+"),
            (&["Forwarded: for=203.0.113.9;for=198.51.100.1"], "10.0.0.1+"),
            // The standard header, while the proxy writes the other.
            (&["Forwarded: for=198.51.100.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9+"),
        ] {
            assert_eq!(caller(PROXY, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn who_is_not_believed_is_who_it_is() {
        for (peer, header, expected) in [
            ("203.0.113.7", "X-Forwarded-For: 127.0.0.1", "203.0.113.7!"),
            ("203.0.113.7", "Forwarded: for=10.0.0.1", "203.0.113.7!"),
            ("203.0.113.7", "X-Forwarded-For: ", "203.0.113.7!"),
            ("2001:db8::7", "X-Forwarded-For: 10.0.0.1", "2001:db8::7!"),
            ("203.0.113.7", "X-Forwarded-Host: a.example", "203.0.113.7+"),
            ("::ffff:203.0.113.7", "Accept: x", "203.0.113.7"),
            ("::ffff:10.0.0.1", "X-Forwarded-For: 203.0.113.9", "203.0.113.9+"),
            ("::ffff:192.168.3.4", "X-Forwarded-For: 203.0.113.9", "203.0.113.9+"),
            ("192.169.0.1", "X-Forwarded-For: 203.0.113.9", "192.169.0.1!"),
        ] {
            assert_eq!(caller(peer, &[header]), expected, "{peer} {header}");
        }
        let bare = http::parse(b"GET / HTTP/1.0\r\n\r\n").expect("a good head");
        assert!(Proxies::none().caller(IpAddr::from([127, 0, 0, 1]).into(), &bare).by_proxy);
        assert!(!Proxies::none().trusts(IpAddr::from([127, 0, 0, 1]).into()));
    }

    #[test]
    fn only_so_many_entries_are_looked_at() {
        let proxies = |count: usize| ", 10.0.0.2".repeat(count);
        let last = format!("X-Forwarded-For: 203.0.113.9{}", proxies(PROXY_HOPS_MAX - 1));
        assert_eq!(caller(PROXY, &[&last]), "203.0.113.9+");
        let hidden = format!("X-Forwarded-For: 203.0.113.9{}", proxies(PROXY_HOPS_MAX));
        assert_eq!(caller(PROXY, &[&hidden]), "10.0.0.2+");
    }
}
