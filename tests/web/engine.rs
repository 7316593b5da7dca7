//! Clients of Engine.IO and Socket.IO.

use super::client::{Door, Response, Wire, Ws};
use std::net::SocketAddr;

/// A polling session, over one connection for each direction.
pub(crate) struct Polling {
    address: SocketAddr,
    /// The target of its requests.
    pub(crate) target: String,
    pub(crate) sid: String,
    pub(crate) get: Wire,
    pub(crate) send: Wire,
}

/// The value of `key` in a packet that opens a session.
pub(crate) fn opened(packet: &str, key: &str) -> String {
    let json = &packet[packet.find('{').expect("an object")..];
    let object: serde_json::Value = serde_json::from_str(json).expect("JSON");
    match &object[key] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Polling {
    /// A session of the Engine.IO door at `path`, of version `eio`.
    pub(crate) fn open(door: &impl Door, path: &str, eio: u8) -> Self {
        Self::open_with(door, path, eio, "")
    }

    /// A session of the Engine.IO door at `path`, opened with more parameters, each with its `&`
    /// before it.
    pub(crate) fn open_with(door: &impl Door, path: &str, eio: u8, more: &str) -> Self {
        let address = door.http();
        let mut get = Wire::to(address);
        let target = format!("{path}?EIO={eio}&transport=polling{more}");
        let response = get.get(&target);
        assert_eq!(response.status, 200, "{response:?}");
        let sid = opened(response.text(), "sid");
        let target = format!("{target}&sid={sid}");
        Self { address, target, sid, get, send: Wire::to(address) }
    }

    /// A client of Socket.IO 3 or later in the main namespace, after reading the answer.
    pub(crate) fn joined(door: &impl Door) -> Self {
        let mut polling = Self::open(door, "/socket.io/", 4);
        polling.post_ok("40");
        assert!(polling.poll().starts_with("40{\"sid\":\""));
        polling
    }

    /// Polls and returns the payload.
    pub(crate) fn poll(&mut self) -> String {
        let response = self.get.get(&self.target);
        assert_eq!(response.status, 200, "{response:?}");
        response.text().to_owned()
    }

    /// Starts a poll that waits.
    pub(crate) fn park(&self) {
        self.get.send_get(&self.target, "");
    }

    /// The answer to the waiting poll.
    pub(crate) fn parked(&mut self) -> String {
        let response = self.get.response();
        assert_eq!(response.status, 200, "{response:?}");
        response.text().to_owned()
    }

    /// Expects that a waiting poll is answered with the end; or with the output before the end, and
    /// the next poll with the end, which comes in an answer of its own.
    pub(crate) fn expect_last(&mut self) {
        let last = if self.is_v3() { "1:1" } else { "1" };
        let payload = self.parked();
        if payload != last {
            let ends = match self.is_v3() {
                true => payload.ends_with(last),
                false => payload.split('\x1e').any(|packet| packet == last),
            };
            assert!(!ends, "the end beside what was sent: {payload:?}");
            assert_eq!(self.poll(), last);
        }
    }

    pub(crate) fn post(&mut self, body: impl AsRef<[u8]>) -> Response {
        self.send.post(&self.target, body)
    }

    pub(crate) fn post_ok(&mut self, body: impl AsRef<[u8]>) {
        let response = self.post(body);
        assert_eq!((response.status, response.text()), (200, "ok"), "{response:?}");
    }

    /// Expects that the session has ended.
    pub(crate) fn expect_gone(&self) {
        Wire::to(self.address).get(&self.target).expect_code(1);
    }

    /// Expects that the session is alive: it accepts a packet.
    pub(crate) fn expect_alive(&mut self) {
        let response =
            Wire::to(self.address).post(&self.target, if self.is_v3() { "1:6" } else { "6" });
        assert_eq!(response.status, 200, "{response:?}");
    }

    fn is_v3(&self) -> bool {
        self.target.contains("EIO=3")
    }

    /// A new connection to the same server.
    pub(crate) fn wire(&self) -> Wire {
        Wire::to(self.address)
    }

    /// A WebSocket that asks to take the session over.
    pub(crate) fn websocket(&self) -> Ws {
        let target = self.target.replace("=polling", "=websocket");
        Ws::over(self.wire(), &target)
    }

    /// Takes the session over by a WebSocket.
    pub(crate) fn upgrade(&self) -> Ws {
        let mut ws = self.websocket();
        ws.send("2probe");
        ws.expect("3probe");
        ws.send("5");
        ws
    }
}

/// A WebSocket of Engine.IO that has read its first packet.
pub(crate) fn engine_ws(door: &impl Door, path: &str, eio: u8) -> Ws {
    let mut ws = Ws::open(door, &format!("{path}?EIO={eio}&transport=websocket"));
    let open = ws.text();
    assert!(open.starts_with("0{\"sid\":\""), "{open}");
    ws
}

/// A client of Socket.IO 3 or later, not in any namespace yet.
pub(crate) fn socket_io(door: &impl Door) -> Ws {
    engine_ws(door, "/socket.io/", 4)
}

/// A client of Socket.IO 3 or later in the main namespace.
pub(crate) fn joined(door: &impl Door) -> Ws {
    let mut ws = socket_io(door);
    ws.send("40");
    let welcome = ws.text();
    assert!(welcome.starts_with("40{\"sid\":\""), "{welcome}");
    ws
}

/// Waits until the server has handled all input, and returns the packets that came before the
/// answer.
pub(crate) fn sync(ws: &mut Ws) -> Vec<String> {
    ws.send("4277[\"sync\"]");
    let mut before = Vec::new();
    loop {
        let text = ws.text();
        if text.starts_with("4377[") {
            return before;
        }
        before.push(text);
    }
}
