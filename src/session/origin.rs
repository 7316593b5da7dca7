//! Which web pages may talk to the server (RFC 6454; the `Origin` of a request).

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
    /// the host that the browser asked for may be in `X-Forwarded-Host`; a page cannot set either.
    pub fn judge<'b>(&self, head: &Head<'b>) -> Origin<'b> {
        if !head.has("origin") {
            return match is_script_of_another(head) && !self.allowed.iter().any(|it| it == "*") {
                true => Origin::Refused("*"),
                false => Origin::Same,
            };
        }
        // One that is not text is nobody's.
        let origin = head.header("origin").unwrap_or_default();
        let hosts = head.headers("host").chain(head.headers("x-forwarded-host"));
        let is_same = |(scheme, host): (&str, &str)| {
            let host = without_default_port(scheme, host);
            hosts.into_iter().any(|ours| without_default_port(scheme, ours.trim()) == host)
        };
        if origin.split_once("://").filter(|(_, host)| !host.is_empty()).is_some_and(is_same) {
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
        "http" | "ws" => ":80",
        "https" | "wss" => ":443",
        _ => "",
    };
    host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::http;

    fn judged(allowed: &[&str], headers: &str) -> char {
        let head = format!("GET / HTTP/1.1\r\n{headers}\r\n");
        let head = http::parse(head.as_bytes()).expect("a good head");
        match Origins::new(allowed.iter().map(|origin| (*origin).to_owned())).judge(&head) {
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
