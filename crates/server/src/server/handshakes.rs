//! From HTTP to WebSocket, on one connection (RFC 6455, 4).

use super::Server;
use super::panics::Whose;
use crate::base::{ConnectionId, Namespace};
use crate::net::Turn;
use crate::session::{Peer, WsPeer};
use mio_wire::http::{Framing, Head, Method, Refusal, Response};
use mio_wire::ws::{self, DeflateOffer};

/// The field of the offers, and of the answer to them (RFC 6455 11.3.2).
const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// The headers of a 426 (RFC 9110 15.5.22, RFC 6455 4.4).
pub(super) const UPGRADE_REQUIRED: [(&str, &str); 3] =
    [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")];

/// A handshake that can be answered.
pub(super) struct Upgrading<'b> {
    /// The value of `Sec-WebSocket-Accept`.
    accept: String,
    path: &'b str,
    /// The subprotocols that the client offers, its favourite first.
    offered: Vec<&'b str>,
    /// The client's offer to compress messages, if it makes one.
    pub(super) deflate: Option<DeflateOffer>,
}

/// Checks a WebSocket handshake (RFC 6455, 4.2.1). Some clients and proxies announce a body of zero
/// bytes, which counts as none.
pub(super) fn handshake<'b>(head: &Head<'b>) -> Result<Upgrading<'b>, (u16, &'static str)> {
    let has_content = !matches!(head.framing, Framing::None | Framing::Length(0));
    if head.method != Method::Get || head.http10 || has_content {
        return Err((400, "a WebSocket begins with a GET request of HTTP/1.1"));
    }
    if head.header("sec-websocket-version") != Some("13") {
        return Err((426, "only version 13 of WebSocket is spoken here"));
    }
    let mut keys = head.headers("sec-websocket-key");
    match (keys.next().and_then(ws::accept), keys.next()) {
        (Some(accept), None) => {
            let offered = ws::subprotocols(head.headers("sec-websocket-protocol"));
            let deflate = DeflateOffer::find(head.headers(EXTENSIONS));
            Ok(Upgrading { accept, path: head.path, offered, deflate })
        }
        _ => Err((400, "Sec-WebSocket-Key is not 16 bytes in base64")),
    }
}

/// The state of a request after a door has taken it.
pub(super) enum Outcome {
    /// It is answered, or will be.
    Taken,
    /// Its connection speaks WebSocket from now on. These bytes came after the handshake.
    Switched(Vec<u8>),
    /// It must be refused with this, the last answer on its connection.
    Refused(Refusal),
}

/// Whether a request asks for a WebSocket.
pub(super) fn wants_websocket(head: &Head<'_>) -> bool {
    head.has_token("connection", "upgrade") && head.has_token("upgrade", "websocket")
}

impl<S> Server<S> {
    /// Makes a connection speak WebSocket for a session (RFC 6455, 4.2.2). Returns the bytes that
    /// came after the handshake.
    pub(super) fn switch(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        handshake: &Upgrading<'_>,
        mut peer: WsPeer,
        own: &[(String, String)],
    ) -> Vec<u8> {
        let subprotocol = self.subprotocol(turn, id, handshake);
        let headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", &*handshake.accept),
        ];
        let subprotocol = subprotocol.map(|name| ("Sec-WebSocket-Protocol", name));
        let deflate = self.core.deflating.agreed(handshake.deflate);
        if deflate.is_some() {
            peer.decoder = peer.decoder.with_deflate();
        }
        let deflate = deflate.map(DeflateOffer::answer);
        let deflate = deflate.as_deref().map(|answer| (EXTENSIONS, answer));
        let own = own.iter().map(|(name, value)| (&**name, &**value));
        let headers: Vec<_> =
            headers.into_iter().chain(subprotocol).chain(deflate).chain(own).collect();
        let headers = &*headers;
        let mut bytes = Vec::new();
        let (status, body, unix_ms) = (101, &b""[..], turn.now.unix_ms);
        Response { status, headers, body, keep_alive: true, head_only: false, unix_ms }
            .write(&mut bytes);
        turn.out.append(id, &bytes);
        let before = self.core.sessions.peers.insert(id, Peer::WebSocket(Box::new(peer)));
        match before {
            Some(Peer::Http(http)) => http.into_input(),
            Some(_) | None => Vec::new(),
        }
    }

    /// The subprotocol to speak, one of those on offer. (A browser that has offered some closes the
    /// connection if the answer names none.)
    fn subprotocol<'b>(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        handshake: &Upgrading<'b>,
    ) -> Option<&'b str> {
        let Upgrading { path, offered, .. } = handshake;
        if offered.is_empty() {
            return None;
        }
        self.core.whose = Some(Whose::Connection(id));
        let chosen = self
            .call_in(turn, Namespace::LINES, |handlers, _| (handlers.subprotocol)(path, offered));
        // Only what was offered may be answered (RFC 6455, 4.1).
        chosen.flatten().filter(|chosen| offered.contains(chosen))
    }
}

#[cfg(test)]
mod tests {
    use crate::base::{Now, Outboxes};
    use crate::net::{Budget, Meter, Service, Turn};
    use crate::server::{Listen, Server};

    /// The answer, at `path`, of a server that speaks only `chat.2`, and nothing at `/old`.
    fn answered(path: &str, offered: &str) -> Option<String> {
        let builder = Server::builder().line_websocket("/ws").line_websocket("/old");
        let mut server = builder
            .subprotocol(|path, offered| match path {
                "/old" => None,
                "/ws" => offered.iter().find(|name| **name == "chat.2").copied(),
                _ => Some("never offered"),
            })
            .websocket("/odd", |endpoint| endpoint)
            .build(());
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        server.set_listen(Listen::default().http(vec![address.into()]));
        let mut out = Outboxes::default();
        let id = out.open(0);
        let (mut budget, mut remotes) = (Budget::new(Meter::counted(0)), Vec::new());
        let (now, out, budget, remotes) = (Now::default(), &mut out, &mut budget, &mut remotes);
        let turn = &mut Turn { now, out, budget, remotes };
        server.opened(turn, id, 0, std::net::IpAddr::from([127, 0, 0, 1]).into());
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {offered}\r\n\r\n"
        );
        server.received(turn, id, &mut request.into_bytes());
        let mut bytes = Vec::new();
        let mut slices = [std::io::IoSlice::new(&[]); 16];
        let outbox = turn.out.outbox(id.index());
        let count = outbox.slices(&mut slices);
        slices[..count].iter().for_each(|slice| bytes.extend_from_slice(slice));
        let answer = String::from_utf8_lossy(&bytes);
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        let line = answer.lines().find(|line| line.starts_with("Sec-WebSocket-Protocol"));
        line.map(|line| line.split(": ").nth(1).unwrap_or_default().to_owned())
    }

    #[test]
    fn an_application_chooses_among_the_subprotocols_that_are_offered() {
        assert_eq!(answered("/ws", "chat.1, chat.2").as_deref(), Some("chat.2"));
        assert_eq!(answered("/ws", "chat.1"), None);
        assert_eq!(answered("/old", "chat.1, chat.2"), None);
        assert_eq!(answered("/odd", "chat.1"), None);
    }
}
