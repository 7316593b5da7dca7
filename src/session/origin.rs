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
        // One that is not text is nobody's.
        if !head.has("origin") {
            return Origin::Same;
        }
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

fn without_default_port(scheme: &str, host: &str) -> String {
    let port = match scheme {
        "http" | "ws" => ":80",
        "https" | "wss" => ":443",
        _ => "",
    };
    host.strip_suffix(port).unwrap_or(host).to_ascii_lowercase()
}
