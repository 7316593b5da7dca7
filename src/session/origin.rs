//! Which web pages may talk to the server (RFC 6454; the `Origin` of a request).

use super::hosts::forwarded_hosts;
use crate::proto::http::Head;

/// The origins that are let in besides pages of the same host.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    allowed: Vec<String>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'b> {
    /// From no web page, or from one of the same host.
    Same,
    /// From a page of another origin that is let in.
    Allowed(&'b str),
    /// From a page that is not let in.
    Refused(&'b str),
}

impl Origins {
    /// Lets in pages of the origins `allowed`, `https://chat.example` for example; `*` is all.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Self {
        let trim = |origin: String| origin.trim_end_matches('/').to_ascii_lowercase();
        Self { allowed: allowed.into_iter().map(trim).collect() }
    }

    /// Judges a request. Behind a proxy that ends TLS the scheme of a page differs from ours, and
    /// the host that the browser asked for may be in `X-Forwarded-Host`; `is_believed` is whether
    /// it was sent by a proxy that is. Only pages of the web have a host: `null`, files and what
    /// belongs to a browser itself come from none, however they are written.
    pub fn judge<'b>(&self, head: &Head<'b>, is_believed: bool) -> Origin<'b> {
        if !head.has("origin") {
            return match is_script_of_another(head) && !self.allowed.iter().any(|it| it == "*") {
                true => Origin::Refused("*"),
                false => Origin::Same,
            };
        }
        // One that is not text is nobody's.
        let origin = head.header("origin").unwrap_or_default();
        let forwarded = forwarded_hosts(head).filter(|_| is_believed);
        let mut hosts = head.headers("host").chain(forwarded);
        let mut is_same = |(scheme, host): (&str, &str)| {
            let host = without_default_port(scheme, host);
            let is_web = matches!(scheme, "http" | "https") && !host.is_empty();
            is_web && hosts.any(|ours| without_default_port(scheme, ours) == host)
        };
        if origin.split_once("://").is_some_and(&mut is_same) {
            return Origin::Same;
        }
        let lower = origin.to_ascii_lowercase();
        let listed = |allowed: &String| *allowed == lower || allowed == "*" && lower != "null";
        match self.allowed.iter().any(listed) {
            true => Origin::Allowed(origin),
            false => Origin::Refused(origin),
        }
    }
}

/// Whether another site's page asks without telling its origin, which is how scripts are loaded:
/// what comes as a script (JSONP) it could read (Fetch Metadata, 2.1 to 2.3).
fn is_script_of_another(head: &Head<'_>) -> bool {
    let site = head.header("sec-fetch-site").unwrap_or_default();
    matches!(site, "cross-site" | "same-site") && head.header("sec-fetch-mode") != Some("navigate")
}

fn without_default_port(scheme: &str, host: &str) -> String {
    let port = match scheme {
        "http" => ":80",
        _ => ":443",
    };
    host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::http;

    fn judged(allowed: &[&str], headers: &str) -> char {
        judged_by(allowed, headers, true)
    }

    fn judged_by(allowed: &[&str], headers: &str, is_believed: bool) -> char {
        let head = format!("GET / HTTP/1.1\r\n{headers}\r\n");
        let head = http::parse(head.as_bytes()).expect("a good head");
        let origins = Origins::new(allowed.iter().map(|origin| (*origin).to_owned()));
        match origins.judge(&head, is_believed) {
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
        ] {
            let headers = format!("Host: {host}\r\nOrigin: {origin}\r\n");
            assert_eq!(judged(&[], &headers), 's', "{host} {origin}");
        }
        assert_eq!(judged(&[], "Host: a\r\n"), 's');
        let proxied =
            "Host: 127.0.0.1:5000\r\nX-Forwarded-Host: a.example\r\nOrigin: https://a.example\r\n";
        assert_eq!(judged(&[], proxied), 's');
        assert_eq!(judged_by(&[], proxied, false), 'r');
        let two = "Host: b\r\nX-Forwarded-Host: c, a.example\r\nOrigin: https://a.example\r\n";
        assert_eq!(judged(&[], two), 's');
    }

    #[test]
    fn others_do_not() {
        for origin in [
            "http://evil.example",
            "http://chat.example:5001",
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
        ] {
            let headers = format!("Host: chat.example\r\nOrigin: {origin}\r\n");
            assert_eq!(judged(&[], &headers), 'r', "{origin}");
            let other = judged(&["https://other.example/"], &headers);
            assert_eq!(other, 'r', "{origin}");
        }
        let headers = "Host: a\r\nOrigin: https://Other.example\r\n";
        assert_eq!(judged(&["https://other.example/"], headers), 'a');
        assert_eq!(judged(&["*"], headers), 'a');
        assert_eq!(judged(&["*"], "Host: a\r\nOrigin: null\r\n"), 'r');
    }
}
