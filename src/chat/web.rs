//! What a browser, a supervisor or a monitor is answered.

use super::metrics::{Stalls, metrics};
use super::{Chat, page};
use crate::server::{Builder, WebRequest, WebResponse};
use std::net::SocketAddr;

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

/// Hangs the chat's routes in.
pub(super) fn routes(builder: Builder<Chat>, doors: Doors) -> Builder<Chat> {
    let builder = health(builder, doors.open_metrics, |chat| Some(&chat.stalls));
    page::routes(builder, move |request| netcat(&doors, request))
}

/// Hangs a relay's routes in, which has no page.
pub(super) fn relay_routes(builder: Builder<()>, doors: Doors) -> Builder<()> {
    let builder = health(builder, doors.open_metrics, |()| None);
    builder.route("/", move |_, request| {
        let netcat = netcat(&doors, request);
        let text = format!("Only lines are relayed here: {netcat}, or a WebSocket to /ws\n");
        WebResponse::ok("text/plain; charset=utf-8", text)
    })
}

fn health<S: 'static>(
    builder: Builder<S>,
    open_metrics: bool,
    stalls: fn(&S) -> Option<&Stalls>,
) -> Builder<S> {
    builder
        .route("/healthz", |_, _| WebResponse::ok("application/json", "{\"status\":\"ok\"}\n"))
        .route("/metrics", move |cx, request| metrics(cx, request, open_metrics, stalls))
}

/// The command that reaches the line door, by the name that the browser knows this machine by.
fn netcat(doors: &Doors, request: &WebRequest<'_>) -> String {
    let host = request.head.header("host").unwrap_or("127.0.0.1");
    match doors.lines.first() {
        Some(address) => format!("nc {} {}", without_port(host), address.port()),
        None => "there is no door for it here".to_owned(),
    }
}

/// The name or address in a `Host` (RFC 9110, 7.2), an IPv6 address without its brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
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
    }
}
