//! What a browser, a supervisor or a monitor is answered.

use super::metrics::{Stalls, metrics};
use crate::server::{Builder, WebRequest, WebResponse};
use std::fmt::Write;
use std::net::SocketAddr;

const HTML_TYPE: &str = "text/html; charset=utf-8";
/// Nothing from elsewhere, and nobody may put it into a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'";

/// Where people can come in, and who may see the metrics.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    /// Addresses of the line door.
    pub lines: Vec<SocketAddr>,
    /// Addresses of the HTTP door.
    pub http: Vec<SocketAddr>,
    /// Whether the metrics are shown to everyone.
    pub open_metrics: bool,
}

impl Doors {
    /// What is told to an HTTP request at the line door.
    pub(super) fn http_hint(&self) -> String {
        match self.http.first() {
            Some(address) => format!("this is a chat, not a web server: try http://{address}/"),
            None => "this is a chat, not a web server".to_owned(),
        }
    }
}

/// Hangs the routes in.
pub(super) fn routes<S: 'static>(
    builder: Builder<S>,
    doors: Doors,
    stalls: fn(&S) -> Option<&Stalls>,
) -> Builder<S> {
    let open_metrics = doors.open_metrics;
    builder
        .route("/", move |_, request| page(&doors, request))
        .route("/page.css", |_, _| WebResponse::ok("text/css; charset=utf-8", CSS))
        .route("/healthz", |_, _| WebResponse::ok("application/json", "{\"status\":\"ok\"}\n"))
        .route("/metrics", move |cx, request| metrics(cx, request, open_metrics, stalls))
}

const CSS: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;\
    padding:0 1rem;color:#222;background:#fff}code{background:#8882;padding:.1em .3em;\
    border-radius:.3em}@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}}";

/// Where to connect, by the name that the browser knows this machine by.
fn page(doors: &Doors, request: &WebRequest<'_>) -> WebResponse {
    let host = request.head.header("host").unwrap_or("127.0.0.1");
    let (host, name) = (escaped(host), escaped(without_port(host)));
    let mut body = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>mio-chat</title><link rel=\"stylesheet\" href=\"/page.css\"></head>\
         <body><h1>mio-chat</h1>\n<p>A chat is here. Come in by:</p>\n<ul>\n",
    );
    for address in &doors.lines {
        // Writing to a string does not fail.
        let _ = writeln!(body, "<li>a terminal: <code>nc {name} {}</code></li>", address.port());
    }
    let _ = write!(
        body,
        "<li>any Socket.IO client: <code>io(\"http://{host}/\")</code></li>\n\
         <li>a plain WebSocket, a line a message: <code>ws://{host}/ws</code></li>\n\
         </ul>\n</body></html>\n"
    );
    WebResponse::ok(HTML_TYPE, body)
        .header("Content-Security-Policy", POLICY)
        .header("Referrer-Policy", "no-referrer")
        .header("Cache-Control", "no-cache")
}

/// The name or address in a `Host` (RFC 9110, 7.2), an IPv6 address without its brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_shown_without_its_port() {
        for (host, name) in [
            ("chat.example", "chat.example"),
            ("chat.example:5000", "chat.example"),
            ("[::1]:5000", "::1"),
            ("[::1]", "::1"),
        ] {
            assert_eq!(without_port(host), name);
        }
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
