//! The web pages that may talk to the server (RFC 6454; the `Origin` of a request).

use super::Caller;
use super::hosts::{forwarded_hosts, name_of, port_of};
use mio_wire::http::{Head, is_authority, is_told_secure};

/// The allowed origins, besides pages of the same host.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    allowed: Vec<String>,
    is_open: bool,
}

/// The origin of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'b> {
    /// No web page, or one of the same host.
    Same,
    /// A page of another origin that is allowed.
    Allowed(&'b str),
    /// A page that is not allowed.
    Refused(&'b str),
}

impl Origins {
    /// Allows pages of the origins `allowed`, `https://chat.example` for example, with or without a
    /// slash at its end. `null` allows pages without an origin, `file://` files in browsers that
    /// send it, and `*` all pages. An origin that [`Self::check`] refuses allows none.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Self {
        let mut origins = Self::default();
        for origin in allowed {
            match &*origin {
                "*" => origins.is_open = true,
                _ if Self::check(&origin).is_ok() => origins.allowed.push(written(&origin)),
                _ => (),
            }
        }
        origins
    }

    /// Whether `origin` is one that [`Self::new`] understands.
    ///
    /// # Errors
    /// The mistake, in words for the person who wrote it.
    pub fn check(origin: &str) -> Result<(), &'static str> {
        if matches!(origin, "*" | "null") {
            return Ok(());
        }
        let origin = written(origin);
        let is_scheme = |scheme: &str| {
            let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(is_inside)
        };
        let Some((scheme, host)) = origin.split_once("://").filter(|(it, _)| is_scheme(it)) else {
            return Err("an origin begins with its scheme, as https://chat.example does");
        };
        match is_authority(host) || host.is_empty() && !is_web(scheme) {
            true => Ok(()),
            false => Err("an origin is a scheme and a host, perhaps with a port, and no path"),
        }
    }

    /// Judges a request of `client`. Behind a proxy that ends TLS, the scheme of a page differs
    /// from the server's, and the host that the browser asked for may be in `X-Forwarded-Host` or
    /// `Forwarded`; these count if their sender is trusted. Only web pages have a host. `null`,
    /// files and a browser's own pages have none, in any spelling.
    ///
    /// A trusted proxy may pass on a host without its port (nginx's `$host`). Then the port is that
    /// in `X-Forwarded-Port`, or may be any. If nothing shows that there is a proxy, a host without
    /// a port is at the default port of the scheme.
    ///
    /// If the connection speaks TLS, or a trusted proxy tells that the browser does
    /// (`X-Forwarded-Proto`, `Forwarded`), a page without TLS is not of the same origin: anybody on
    /// its way could have written it.
    pub fn judge<'b>(&self, head: &Head<'b>, caller: &Caller) -> Origin<'b> {
        let is_believed = caller.is_believed;
        let is_proxys = is_believed && caller.by_proxy;
        let is_secure = caller.is_secure || is_believed && is_told_secure(head);
        if !head.has("origin") {
            return match is_script_of_another(head) && !self.is_open {
                true => Origin::Refused("*"),
                false => Origin::Same,
            };
        }
        // An origin that is not text matches none.
        let origin = head.header("origin").unwrap_or_default();
        let page = written(origin);
        let is_same = |(scheme, host): (&str, &str)| {
            let is_ours = |ours: &str| {
                written_host(scheme, ours) == host || is_proxys && lacks_port(head, ours, host)
            };
            is_web(scheme)
                && !(is_secure && scheme == "http")
                && !host.is_empty()
                && (head.headers("host").any(is_ours)
                    || is_believed && forwarded_hosts(head).any(|ours| is_ours(&ours)))
        };
        if page.split_once("://").is_some_and(is_same) {
            return Origin::Same;
        }
        match self.is_open || self.allowed.contains(&page) {
            true => Origin::Allowed(origin),
            false => Origin::Refused(origin),
        }
    }
}

/// Whether pages of this scheme have a host.
fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https")
}

/// An origin in the form in which it is compared: in lower case, without a slash at its end and
/// without the default port of its scheme.
fn written(origin: &str) -> String {
    let lower = origin.to_ascii_lowercase();
    let Some((scheme, host)) = lower.split_once("://") else { return lower };
    let host = host.strip_suffix('/').unwrap_or(host);
    format!("{scheme}://{}", written_host(scheme, host))
}

/// A host in the form of [`written`].
fn written_host(scheme: &str, host: &str) -> String {
    let port = match scheme {
        "http" => ":80",
        _ => ":443",
    };
    host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase()
}

/// Whether `ours`, as a proxy passes it on, is the page's host without the port, which the proxy
/// left out.
fn lacks_port(head: &Head<'_>, ours: &str, page: &str) -> bool {
    let forwarded = head.header("x-forwarded-port");
    let is_port = |port: &str| forwarded.is_none_or(|forwarded| forwarded == port);
    port_of(ours).is_none() && name_of(ours) == name_of(page) && port_of(page).is_some_and(is_port)
}

/// Whether another site's page asks without an origin, as it does to load a script: it could read
/// an answer that is a script (JSONP) (Fetch Metadata, 2.1 to 2.3).
fn is_script_of_another(head: &Head<'_>) -> bool {
    let site = head.header("sec-fetch-site").unwrap_or_default();
    matches!(site, "cross-site" | "same-site") && head.header("sec-fetch-mode") != Some("navigate")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Proxies;
    use mio_wire::http;

    fn judged(allowed: &[&str], headers: &str) -> char {
        judged_by(allowed, headers, true)
    }

    fn judged_by(allowed: &[&str], headers: &str, is_believed: bool) -> char {
        let head = format!("GET / HTTP/1.1\r\n{headers}\r\n");
        let head = http::parse(head.as_bytes()).expect("a good head");
        let origins = Origins::new(allowed.iter().map(|origin| (*origin).to_owned()));
        let trusted = is_believed.then(|| "127.0.0.1/32".parse().expect("a network"));
        let caller =
            Proxies::new(trusted).caller(std::net::IpAddr::from([127, 0, 0, 1]).into(), &head);
        match origins.judge(&head, &caller) {
            Origin::Same => 's',
            Origin::Allowed(_) => 'a',
            Origin::Refused(_) => 'r',
        }
    }

    #[test]
    fn pages_of_the_same_host_come_in() {
        for (host, origin) in [
            ("chat.example", "http://chat.example"),
            ("chat.example:5000", "http://chat.example:5000"),
            ("Chat.Example", "https://chat.example"),
            ("chat.example:443", "https://chat.example"),
            ("[::1]:5000", "http://[::1]:5000"),
            ("chat.example:5000", "http://chat.example:5000/"),
        ] {
            let headers = format!("Host: {host}\r\nOrigin: {origin}\r\n");
            assert_eq!(judged(&[], &headers), 's', "{host} {origin}");
        }
        assert_eq!(judged(&[], "Host: a\r\n"), 's');
        let proxied =
            "Host: 127.0.0.1:5000\r\nX-Forwarded-Host: a.example\r\nOrigin: https://a.example\r\n";
        assert_eq!(judged(&[], proxied), 's');
        assert_eq!(judged_by(&[], proxied, false), 'r');
        let standard = "Host: b\r\nForwarded: for=x;host=\"a.example:8443\";proto=https\r\n\
            Origin: https://a.example:8443\r\n";
        assert_eq!(judged(&[], standard), 's');
        assert_eq!(judged_by(&[], standard, false), 'r');
        let two = "Host: b\r\nX-Forwarded-Host: c, a.example\r\nOrigin: https://a.example\r\n";
        assert_eq!(judged(&[], two), 's');
    }

    #[test]
    fn others_do_not() {
        for origin in [
            "http://evil.example",
            "http://chat.example.evil.example",
            "http://evilchat.example",
            "null",
            "",
            "chat.example",
            "http://",
            "chrome-extension://chat.example",
            "file://chat.example",
            "ws://chat.example",
            "://chat.example",
            "\u{e9}",
            "http://chat.example//",
            "http://chat.example/page",
        ] {
            let headers = format!("Host: chat.example\r\nOrigin: {origin}\r\n");
            assert_eq!(judged(&[], &headers), 'r', "{origin}");
            let other = judged(&["https://other.example/"], &headers);
            assert_eq!(other, 'r', "{origin}");
        }
    }

    #[test]
    fn those_that_are_listed_come_in_however_they_are_written() {
        for (listed, origin) in [
            ("https://other.example/", "https://Other.example"),
            ("https://other.example", "https://other.example/"),
            ("HTTPS://other.example:443", "https://other.example"),
            ("http://other.example", "http://other.example:80"),
            ("http://other.example:8080", "http://other.example:8080"),
            ("null", "null"),
            ("file://", "file://"),
            ("file:///", "file://"),
            ("chrome-extension://abc", "chrome-extension://abc"),
        ] {
            Origins::check(listed).expect("an origin");
            let headers = format!("Host: a\r\nOrigin: {origin}\r\n");
            assert_eq!(judged(&[listed], &headers), 'a', "{listed} {origin}");
            assert_eq!(judged(&["http://another.example"], &headers), 'r', "{origin}");
        }
        for origin in ["http://other.example:8080", "null", "file://", "app://x", "", "nonsense"] {
            let headers = format!("Host: a\r\nOrigin: {origin}\r\n");
            assert_eq!(judged(&["*"], &headers), 'a', "{origin}");
        }
        let wrong = ["", "chat.example", "chat.example:80", "http://", "https://a/b", "a b://c"];
        let more = ["http://a@b", "http://a b", "://a", "http:///", "http://a//", "file://a/b"];
        for wrong in wrong.into_iter().chain(more) {
            assert!(Origins::check(wrong).is_err(), "{wrong}");
            let headers = format!("Host: a\r\nOrigin: {wrong}\r\n");
            assert_eq!(judged(&[wrong], &headers), 'r', "{wrong}");
        }
    }

    #[test]
    fn a_page_without_tls_is_not_of_the_origin_of_a_page_with_it() {
        for (scheme, told, believed, ignored) in [
            ("https", "X-Forwarded-Proto: https", 's', 's'),
            ("http", "X-Forwarded-Proto: https", 'r', 's'),
            ("http", "X-Forwarded-Proto: http", 's', 's'),
            ("http", "X-Forwarded-Proto: https, http", 's', 's'),
            ("http", "Forwarded: for=192.0.2.1;proto=https", 'r', 's'),
            // Not each proxy knows of the TLS in front of it.
            ("https", "X-Forwarded-Proto: http", 's', 's'),
        ] {
            let headers = format!("Host: a.example\r\nOrigin: {scheme}://a.example\r\n{told}\r\n");
            assert_eq!(judged_by(&[], &headers, true), believed, "{headers}");
            assert_eq!(judged_by(&[], &headers, false), ignored, "{headers}");
            let listed = judged_by(&["http://a.example"], &headers, true);
            assert!(listed != 'r', "{headers}");
        }
    }

    #[test]
    fn a_port_that_a_proxy_leaves_out_may_be_any_or_the_one_that_it_tells() {
        for (headers, believed, ignored) in [
            ("Host: a.example\r\nOrigin: http://a.example:8080\r\n", 's', 'r'),
            ("Host: A.example.\r\nOrigin: https://a.example:8443\r\n", 's', 'r'),
            ("Host: [::1]\r\nOrigin: http://[::1]:8080\r\n", 's', 'r'),
            ("Host: a.example:80\r\nOrigin: http://a.example:8080\r\n", 'r', 'r'),
            ("Host: a.example\r\nOrigin: http://b.example:8080\r\n", 'r', 'r'),
            ("Host: a.example:8080\r\nOrigin: http://a.example\r\n", 'r', 'r'),
        ] {
            for sign in ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: http", "Via: 1.1 a"] {
                let headers = format!("{headers}{sign}\r\n");
                assert_eq!(judged_by(&[], &headers, true), believed, "{headers}");
                assert_eq!(judged_by(&[], &headers, false), ignored, "{headers}");
            }
            assert_eq!(judged_by(&[], headers, true), 'r', "no sign of a proxy: {headers}");
        }
        // At a door on port 80 itself.
        assert_eq!(judged(&[], "Host: a.example\r\nOrigin: http://a.example:80\r\n"), 's');
        let told = "Host: a.example\r\nX-Forwarded-Port: 8080\r\nOrigin: http://a.example";
        assert_eq!(judged(&[], &format!("{told}:8080\r\n")), 's');
        assert_eq!(judged(&[], &format!("{told}:8081\r\n")), 'r');
    }
}
