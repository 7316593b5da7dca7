//! The names by which browsers may call the server.
//!
//! The owner of a name can point it at other people's machines (DNS rebinding). A page of that
//! name, in a browser near such a machine, then sends requests to it as if they were of the same
//! origin: the origin and the requested host are equal. Only the name shows that something is
//! wrong.

use mio_wire::http::{Head, told_hosts};
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The hosts for which the server answers (RFC 9110, 7.2 and 15.5.20).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    /// `None` is all hosts.
    names: Option<Vec<Name>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    This(String),
    /// Any name that ends in this, which begins with a dot.
    Below(String),
}

impl Hosts {
    /// Answers for every host.
    pub const fn all() -> Self {
        Self { names: None }
    }

    /// Answers for `localhost` and names below it (RFC 6761, 6.3), for addresses, which nobody can
    /// point elsewhere, and for `names`: `chat.example` is that name, `*.chat.example` every name
    /// below it, `.chat.example` both, and `*` every host.
    ///
    /// Names are compared without their port, without case, and without a dot at their end.
    pub fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut known =
            vec![Name::This("localhost".to_owned()), Name::Below(".localhost".to_owned())];
        for name in names {
            let name = name_of(name.as_ref());
            if name == "*" {
                return Self::all();
            }
            if let Some(this) = name.strip_prefix('.').filter(|this| !this.is_empty()) {
                known.push(Name::This(this.to_owned()));
            }
            match name.strip_prefix('*').unwrap_or(&name) {
                below if below.len() > 1 && below.starts_with('.') => {
                    known.push(Name::Below(below.to_owned()));
                }
                _ => known.push(Name::This(name)),
            }
        }
        Self { names: Some(known) }
    }

    /// Whether the server answers for `host`, the value of a `Host` field.
    pub fn knows(&self, host: &str) -> bool {
        let Some(names) = &self.names else { return true };
        let host = name_of(host);
        let is_named = |name: &Name| match name {
            Name::This(this) => host == *this,
            Name::Below(below) => host.len() > below.len() && host.ends_with(below),
        };
        is_address(&host) || names.iter().any(is_named)
    }

    /// The first host in a request for which the server does not answer. A request of HTTP/1.0 may
    /// name no host.
    ///
    /// With `is_believed`, the hosts of `X-Forwarded-Host` and `Forwarded` must be known as well.
    /// They do not replace `Host`: a page whose name points here can send these fields, from a
    /// machine where the proxies may be.
    pub fn stranger<'b>(&self, head: &Head<'b>, is_believed: bool) -> Option<Cow<'b, str>> {
        let forwarded = is_believed.then(|| forwarded_hosts(head)).into_iter().flatten();
        let mut hosts = head.headers("host").map(Cow::Borrowed).chain(forwarded);
        hosts.find(|host| !self.knows(host))
    }

    /// Whether `host`, the value of a `Host` field, names this machine for a client on it.
    pub fn is_this_machine(host: &str) -> bool {
        let name = name_of(host);
        let is_loopback = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(v6) => v6.parse().is_ok_and(|ip: Ipv6Addr| ip.to_canonical().is_loopback()),
            None => name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback()),
        };
        is_loopback || name == "localhost" || name.ends_with(".localhost")
    }
}

/// The hosts of `X-Forwarded-Host` and `Forwarded`, to which each proxy adds one.
pub(super) fn forwarded_hosts<'b>(head: &Head<'b>) -> impl Iterator<Item = Cow<'b, str>> {
    let all = head.headers("x-forwarded-host").flat_map(|value| value.split(','));
    let all = all.map(str::trim_ascii).filter(|host| !host.is_empty());
    all.map(Cow::Borrowed).chain(told_hosts(head).map(Cow::Owned))
}

/// A host without its port and without a dot at its end, in lower case. An IPv6 address keeps its
/// brackets.
pub(super) fn name_of(host: &str) -> String {
    let name = without_port(host);
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// The port after a host, if there is one.
pub(super) fn port_of(host: &str) -> Option<&str> {
    split_port(host).map(|(_, port)| port)
}

/// A host without its port, otherwise as written.
pub fn without_port(host: &str) -> &str {
    split_port(host).map_or(host, |(name, _)| name)
}

fn split_port(host: &str) -> Option<(&str, &str)> {
    host.rsplit_once(':').filter(|(_, port)| !port.contains(']'))
}

/// Whether a name is an address, as a browser writes one.
fn is_address(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
        None => name.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio_wire::http;

    #[test]
    fn names_are_compared_as_dns_does() {
        let hosts = Hosts::new(["Chat.Example", ".org.example", "*.net.example", "one.example:80"]);
        for known in [
            "chat.example",
            "CHAT.example:5000",
            "chat.example.",
            "chat.example.:80",
            "org.example",
            "a.org.example",
            "a.b.org.example:1",
            "a.net.example",
            "one.example:5000",
            "localhost",
            "LocalHost:5000",
            "localhost.",
            "app.localhost:5000",
            "127.0.0.1",
            "127.0.0.1:5000",
            "192.0.2.1:80",
            "[::1]",
            "[::1]:5000",
            "[2001:DB8::1]:5000",
            "[::ffff:192.0.2.1]",
        ] {
            assert!(hosts.knows(known), "{known}");
        }
        for stranger in [
            "evil.example",
            "example",
            "chat.example.evil.example",
            "xchat.example",
            "x.chat.example",
            "chat.example..",
            "net.example",
            ".net.example",
            "xorg.example",
            "evillocalhost",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io:5000",
            "127.0.0.1x",
            "0x7f.1",
            "127.1",
            "2130706433",
            "[::1",
            "[::1].evil.example",
            "[evil]",
            "::1",
            "",
            ".",
            "*",
        ] {
            assert!(!hosts.knows(stranger), "{stranger}");
        }
        for all in [Hosts::all(), Hosts::default(), Hosts::new(["chat.example", "*"])] {
            assert!(all.knows("evil.example"));
        }
        assert!(Hosts::new([""; 0]).knows("localhost:1"));
        for none in ["", ".", "*x", "..", ":80"] {
            assert!(!Hosts::new([none]).knows("a.example"), "{none}");
        }
    }

    #[test]
    fn every_host_that_counts_is_looked_at() {
        let hosts = Hosts::new(["chat.example"]);
        for (headers, believed, ignored) in [
            ("Host: chat.example", None, None),
            ("Host: evil.example", Some("evil.example"), Some("evil.example")),
            ("Host: localhost\r\nX-Forwarded-Host: chat.example", None, None),
            ("Host: localhost\r\nX-Forwarded-Host: evil.example", Some("evil.example"), None),
            ("Host: a\r\nX-Forwarded-Host: chat.example", Some("a"), Some("a")),
            ("Host: localhost\r\nX-Forwarded-Host: chat.example, b", Some("b"), None),
            ("Host: localhost\r\nX-Forwarded-Host: ,chat.example:443,", None, None),
            ("Host: localhost\r\nForwarded: host=chat.example;for=a", None, None),
            ("Host: localhost\r\nForwarded: for=a;Host=evil.example", Some("evil.example"), None),
        ] {
            let head = format!("GET / HTTP/1.1\r\n{headers}\r\n\r\n");
            let head = http::parse(head.as_bytes()).expect("a good head");
            assert_eq!(hosts.stranger(&head, true).as_deref(), believed, "{headers}");
            assert_eq!(hosts.stranger(&head, false).as_deref(), ignored, "{headers}");
        }
        let head = http::parse(b"GET / HTTP/1.0\r\n\r\n").expect("a good head");
        assert_eq!(hosts.stranger(&head, true), None);
    }

    #[test]
    fn this_machine_has_few_names() {
        for host in ["localhost", "a.localhost:80", "127.0.0.1", "127.9.9.9:5000", "[::1]:5000"] {
            assert!(Hosts::is_this_machine(host), "{host}");
        }
        for host in ["192.0.2.1", "[2001:db8::1]", "chat.example", "localhost.example", ""] {
            assert!(!Hosts::is_this_machine(host), "{host}");
        }
    }
}
