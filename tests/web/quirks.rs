//! What proxies and clients do that is odd and common, and how they are served all the same: the
//! rows of docs/http.md.

use super::client::{Conformance, Response, Server, Wire, handshake};

/// Every path that speaks WebSocket, and the door that has it.
const POLL: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// What a handshake with `headers` besides is answered.
fn shake(door: &impl super::client::Door, target: &str, headers: &str) -> Response {
    let mut wire = Wire::connect(door);
    wire.send_get(target, &[&handshake(), headers].concat());
    wire.head().expect("a response")
}

/// The id of a new session that polls.
fn polling(door: &impl super::client::Door) -> String {
    super::engine::opened(Wire::connect(door).get(POLL).text(), "sid")
}

#[test]
fn a_handshake_may_tell_of_a_content_without_a_byte() {
    let (server, echo) = (Server::start(&[]), Conformance::patient());
    let none = "Content-Length: 0\r\n";
    for target in ["/ws", WEBSOCKET, "/socket.io/?EIO=3&transport=websocket"] {
        assert_eq!(shake(&server, target, none).status, 101, "{target}");
    }
    let upgrade = format!("{WEBSOCKET}&sid={}", polling(&server));
    assert_eq!(shake(&server, &upgrade, none).status, 101);
    assert_eq!(shake(&echo, "/echo", none).status, 101);
    for content in ["Content-Length: 1\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n0\r\n"] {
        assert_eq!(shake(&server, "/ws", content).status, 400, "{content}");
    }
}

#[test]
fn the_first_subprotocol_that_is_offered_is_answered() {
    let (server, echo) = (Server::start(&[]), Conformance::patient());
    let upgrade = format!("{WEBSOCKET}&sid={}", polling(&server));
    for target in ["/ws", WEBSOCKET, &upgrade] {
        let answered = shake(&server, target, "Sec-WebSocket-Protocol: my-app , other\r\n");
        assert_eq!(answered.status, 101);
        assert_eq!(answered.header("sec-websocket-protocol"), Some("my-app"), "{target}");
    }
    for (headers, expected) in [
        ("Sec-WebSocket-Protocol: b,a\r\n", Some("b")),
        ("Sec-WebSocket-Protocol: c\r\nSec-WebSocket-Protocol: d\r\n", Some("c")),
        ("Sec-WebSocket-Protocol: two words, e\r\n", Some("e")),
        ("Sec-WebSocket-Protocol: ,\r\n", None),
        ("", None),
    ] {
        let answered = shake(&echo, "/echo", headers);
        assert_eq!(answered.status, 101);
        assert_eq!(answered.header("sec-websocket-protocol"), expected, "{headers}");
    }
}
