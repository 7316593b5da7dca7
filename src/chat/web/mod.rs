//! Answers to browsers, supervisors and monitors.

mod static_folder;

use super::metrics::{Monitored, Process, metrics};
use super::{Chat, files, hooks, page};
use mio_socketio::{Builder, Hosts, PeerAddress, WebRequest, WebResponse};
use serde_json::json;
pub use static_folder::StaticFolder;
use static_folder::with_slash;
use std::net::SocketAddr;
use std::rc::Rc;

/// The port of `https`.
const HTTPS_PORT: u16 = 443;
/// The place of the chat's page beside the operator's own pages.
const PAGE_BESIDE: &str = "/chat/";

/// The addresses at which people can come in, and who may see the metrics.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    /// Addresses of the line door.
    pub lines: Vec<SocketAddr>,
    /// Addresses of the HTTP door.
    pub http: Vec<SocketAddr>,
    /// Addresses of the HTTP door over TLS.
    pub https: Vec<SocketAddr>,
    /// Whether the metrics are shown to everyone.
    pub open_metrics: bool,
    /// Whether the HTTP door has no metrics: the operators' door has them, or nobody.
    pub metrics_apart: bool,
}

impl Doors {
    /// The answer to an HTTP request at the line door.
    pub(super) fn http_hint(&self) -> String {
        let no_server = "this is a chat, not a web server";
        match (self.http.first(), self.https.first()) {
            (Some(address), _) => format!("{no_server}: try http://{address}/"),
            (None, Some(address)) => format!("{no_server}: try https://{address}/"),
            (None, None) => no_server.to_owned(),
        }
    }

    /// The address of the page as far as the doors tell it.
    pub(super) fn page_url(&self) -> String {
        match (self.https.first(), self.http.first()) {
            (Some(address), _) => format!("https://{address}"),
            (None, Some(address)) => format!("http://{address}"),
            (None, None) => String::new(),
        }
    }

    /// The address of the page over TLS, for a browser that has come without. A browser on this
    /// machine needs no TLS, and would find that the certificate is for another name. Nobody is led
    /// away from a proxy, which very likely speaks TLS itself.
    fn secure_page(&self, request: &WebRequest<'_>) -> Option<String> {
        let port = self.https.first()?.port();
        let is_direct = !request.by_proxy && matches!(request.address, PeerAddress::Ip(_));
        let host = request.head.header("host").filter(|_| is_direct && !request.is_secure)?;
        if Hosts::is_this_machine(host) {
            return None;
        }
        let host = host.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
        let host = host.map_or(request.head.header("host")?, |(name, _)| name);
        let port = if port == HTTPS_PORT { String::new() } else { format!(":{port}") };
        let query = match request.head.query {
            "" => String::new(),
            query => format!("?{query}"),
        };
        Some(format!("https://{host}{port}{}{query}", request.head.path))
    }
}

/// Adds the chat's routes. If the operator has pages of their own, the chat's page makes room for
/// them.
pub(super) fn routes(
    builder: Builder<Chat>,
    doors: Doors,
    pages: Option<StaticFolder>,
) -> Builder<Chat> {
    let builder = hooks::routes(builder);
    let builder = health(builder, &doors, |chat| Some(chat.monitored()), Chat::ready);
    let doors = Rc::new(doors);
    let (builder, at) = match pages {
        Some(pages) => (own_pages(builder, &doors, pages), PAGE_BESIDE),
        None => (builder, "/"),
    };
    page::routes(files::routes(builder, at), at, move |request| match doors.secure_page(request) {
        Some(address) => Err(address),
        None => Ok(netcat(&doors, request)),
    })
}

/// Adds the operator's own pages, with the client's script among them.
fn own_pages(builder: Builder<Chat>, doors: &Rc<Doors>, mut files: StaticFolder) -> Builder<Chat> {
    let doors = Rc::clone(doors);
    let without_slash = PAGE_BESIDE.trim_end_matches('/');
    builder.route(without_slash, |_, request| with_slash(request)).route("/*", move |_, request| {
        files.answer(request, || doors.secure_page(request).map(|it| page::elsewhere(&it)))
    })
}

/// Adds the routes of a relay, which has no page.
pub(super) fn relay_routes(builder: Builder<()>, doors: Doors) -> Builder<()> {
    let builder = health(builder, &doors, |()| None, |()| Ready::Yes);
    builder.route("/", move |_, request| {
        let netcat = match doors.lines.is_empty() {
            true => "a WebSocket to /ws".to_owned(),
            false => format!("{}, or a WebSocket to /ws", netcat(&doors, request)),
        };
        let text = format!("Only lines are relayed here: {netcat}\n");
        WebResponse::ok("text/plain; charset=utf-8", text)
    })
}

/// Whether the server can take people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    Yes,
    /// It can, but an operator should look.
    But(&'static str),
    /// It cannot: people should go elsewhere.
    No(&'static str),
}

/// Adds the routes for supervisors and monitors, at the HTTP door and at the operators' door.
fn health<S: 'static>(
    builder: Builder<S>,
    doors: &Doors,
    monitored: fn(&S) -> Option<Monitored<'_>>,
    ready: fn(&S) -> Ready,
) -> Builder<S> {
    let (open, process) = (doors.open_metrics, Process::this());
    let builder = builder
        .spare_route("/healthz", |_, _| alive())
        .spare_route("/readyz", move |cx, _| readiness(ready(cx.state)))
        .operator_route("/healthz", |_, _| alive())
        .operator_route("/readyz", move |cx, _| readiness(ready(cx.state)))
        .operator_route("/metrics", move |cx, request| {
            now(metrics(cx, request, monitored, process))
        });
    if doors.metrics_apart {
        return builder;
    }
    builder.spare_route("/metrics", move |cx, request| match open || is_this_machine(request) {
        true => now(metrics(cx, request, monitored, process)),
        false => WebResponse::not_found(),
    })
}

/// An answer that is true only now, which no cache may keep.
fn now(response: WebResponse) -> WebResponse {
    response.header("Cache-Control", "no-store")
}

fn alive() -> WebResponse {
    now(WebResponse::ok("application/json", "{\"status\":\"ok\"}\n"))
}

/// The answer to a balancer: 200, or 503 with the reason.
fn readiness(ready: Ready) -> WebResponse {
    let (status, body) = match ready {
        Ready::Yes => (200, json!({"status": "ready"})),
        Ready::But(notice) => (200, json!({"status": "ready", "notice": notice})),
        Ready::No(reason) => (503, json!({"status": "not ready", "reason": reason})),
    };
    now(WebResponse::new(status, "application/json", format!("{body}\n")))
}

/// Whether the request comes from this machine: not through a proxy, and under a name that means
/// this machine only here.
fn is_this_machine(WebRequest { address, by_proxy, head, .. }: &WebRequest<'_>) -> bool {
    let is_here = head.header("host").is_some_and(Hosts::is_this_machine);
    address.is_this_machine() && !by_proxy && is_here
}

/// The command that reaches the line door, with the host name that the browser has used.
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
