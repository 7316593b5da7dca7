//! A client's side of WebSocket, Engine.IO and Socket.IO: bytes in, happenings out.

use super::address::Address;
use super::handshake::switched;
use crate::limits::{CLIENT_MESSAGE_BYTES_MAX, CLIENT_OUT_BYTES_MAX, CLIENT_SILENCE_MS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mio_wire::eio::{self, Version};
use mio_wire::sio::{self, Kind};
use mio_wire::ws::{self, Decoder, Event, Opcode, Role};
use serde_json::{Value, json};

/// The namespace that is spoken.
const NAMESPACE: &str = "/chat";

/// Four bytes that nobody can guess, new at each call (RFC 6455 5.3).
pub(super) type Mask = fn() -> [u8; 4];

/// What comes of a server's bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Happening {
    /// The namespace does not let us in.
    Refused { code: String, error: String },
    /// The server says something.
    Event { name: String, body: Value },
    /// The answer to the request with this id.
    Ack { id: u64, body: Value },
}

/// A connection to a server as far as bytes go.
#[derive(Debug)]
pub(super) struct Wire {
    decoder: Decoder,
    talk: Talk,
}

#[derive(Debug)]
struct Talk {
    stage: Stage,
    /// What we ask to be let in with.
    auth: Value,
    mask: Mask,
    /// What is to be sent.
    out: Vec<u8>,
    /// How long a living server is silent at most.
    silence_ms: u64,
}

#[derive(Debug)]
enum Stage {
    /// HTTP becomes WebSocket. `head` is what has come of the answer.
    Switching {
        head: Vec<u8>,
        key: String,
    },
    /// Engine.IO opens.
    Opening,
    /// The namespace lets us in.
    Joining,
    Open,
}

impl Wire {
    /// Begins to talk to the server at `address`. `nonce` is random.
    pub(super) fn new(address: &Address, auth: Value, nonce: [u8; 16], mask: Mask) -> Self {
        let key = STANDARD.encode(nonce);
        let request = format!(
            "GET {}/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: {key}\r\n\r\n",
            address.path,
            address.authority(),
        );
        let stage = Stage::Switching { head: Vec::new(), key };
        let (out, silence_ms) = (request.into_bytes(), CLIENT_SILENCE_MS);
        let talk = Talk { stage, auth, mask, out, silence_ms };
        Self { decoder: Decoder::new(Role::Client), talk }
    }

    /// What is to be sent; what has been is to be taken off its front.
    pub(super) const fn out(&mut self) -> &mut Vec<u8> {
        &mut self.talk.out
    }

    /// How long a living server is silent at most.
    pub(super) const fn silence_ms(&self) -> u64 {
        self.talk.silence_ms
    }

    /// Takes what has come, and appends what comes of it.
    ///
    /// # Errors
    /// Why there is no talking with this server any more.
    pub(super) fn receive(
        &mut self,
        bytes: &mut [u8],
        happenings: &mut Vec<Happening>,
    ) -> Result<(), String> {
        if let Stage::Switching { head, key } = &mut self.talk.stage {
            head.extend_from_slice(bytes);
            let Some(length) = switched(head, key)? else { return Ok(()) };
            let mut rest = head.split_off(length);
            self.talk.stage = Stage::Opening;
            return self.frames(&mut rest, happenings);
        }
        self.frames(bytes, happenings)
    }

    fn frames(
        &mut self,
        mut input: &mut [u8],
        happenings: &mut Vec<Happening>,
    ) -> Result<(), String> {
        loop {
            let event = self.decoder.next(&mut input, CLIENT_MESSAGE_BYTES_MAX);
            match event.map_err(|error| format!("the server breaks the protocol: {error}"))? {
                None => return Ok(()),
                Some(Event::Text(text)) => happenings.extend(self.talk.packet(text)?),
                Some(Event::Ping(payload)) => self.talk.answer(Opcode::Pong, payload)?,
                Some(Event::Binary(_) | Event::Pong) => (),
                Some(Event::Close { .. }) => return Err("the server hung up".to_owned()),
            }
        }
    }

    /// Sends an event; with `id` it asks for an ack.
    pub(super) fn emit(&mut self, id: Option<u64>, name: &str, body: &Value) {
        let mut packet = Vec::new();
        sio::encode_event(&mut packet, NAMESPACE, id, name, &body.to_string(), 0);
        self.talk.frame(Opcode::Text, &packet);
    }

    /// Says that nothing more comes from us.
    pub(super) fn close(&mut self) {
        if !matches!(self.talk.stage, Stage::Switching { .. }) {
            self.talk.frame(Opcode::Close, &ws::NORMAL.to_be_bytes());
        }
    }
}

impl Talk {
    fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let mask = (self.mask)();
        ws::masked_frame(&mut self.out, opcode, payload, mask);
    }

    /// Answers what a server may ask as often as it likes, as long as it reads the answers.
    fn answer(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), String> {
        if self.out.len() > CLIENT_OUT_BYTES_MAX {
            return Err("the server does not read".to_owned());
        }
        self.frame(opcode, payload);
        Ok(())
    }

    /// One packet of Engine.IO.
    fn packet(&mut self, text: &str) -> Result<Option<Happening>, String> {
        let broken = |_| "the server breaks the protocol: malformed packet".to_owned();
        match eio::text(Version::V4, text).map_err(broken)? {
            eio::Packet::Open => {
                self.open(text.get(1..).unwrap_or_default());
                Ok(None)
            }
            eio::Packet::Ping(data) => {
                self.answer(Opcode::Text, format!("3{data}").as_bytes())?;
                Ok(None)
            }
            eio::Packet::Close => Err("the server closed the session".to_owned()),
            eio::Packet::Text(data) => self.socketio(data),
            _ => Ok(None),
        }
    }

    /// Engine.IO is open: asks for the namespace.
    fn open(&mut self, parameters: &str) {
        let parameters: Value = serde_json::from_str(parameters).unwrap_or_default();
        let number = |name: &str| parameters.get(name).and_then(Value::as_u64);
        if let (Some(interval), Some(timeout)) = (number("pingInterval"), number("pingTimeout")) {
            self.silence_ms = interval.saturating_add(timeout);
        }
        self.frame(Opcode::Text, format!("40{NAMESPACE},{}", self.auth).as_bytes());
        self.stage = Stage::Joining;
    }

    /// One packet of Socket.IO.
    fn socketio(&mut self, text: &str) -> Result<Option<Happening>, String> {
        // The codec reads what clients may send, and they send no refusals.
        if let Some(refusal) = text.strip_prefix('4') {
            return Ok(Some(refused(refusal)));
        }
        let broken = |_| "the server breaks the protocol: malformed packet".to_owned();
        let packet = sio::decode(Version::V4, text).map_err(broken)?;
        if packet.namespace != NAMESPACE {
            return Ok(None);
        }
        match packet.kind {
            Kind::Connect => self.stage = Stage::Open,
            Kind::Disconnect => return Err("the server closed the session".to_owned()),
            Kind::Event => {
                let (name, args) = sio::event(packet.data, &[]).map_err(broken)?;
                let body = args.get(0).unwrap_or_default();
                return Ok(Some(Happening::Event { name: name.into_owned(), body }));
            }
            Kind::Ack => {
                let args = sio::ack(packet.data, &[]).map_err(broken)?;
                let body = args.get(0).unwrap_or_default();
                return Ok(packet.id.map(|id| Happening::Ack { id, body }));
            }
            // Nothing here is binary.
            Kind::ConnectError | Kind::BinaryEvent | Kind::BinaryAck => (),
        }
        Ok(None)
    }
}

/// Reads `<namespace>,{"message":…,"data":{"code":…}}`.
fn refused(text: &str) -> Happening {
    let json = text.find('{').and_then(|at| text.get(at..)).unwrap_or_default();
    let value: Value = serde_json::from_str(json).unwrap_or_else(|_| json!({}));
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("").to_owned();
    let code = text(value.pointer("/data/code"));
    let error = match text(value.get("message")) {
        error if error.is_empty() => "the server does not let us in".to_owned(),
        // Servers of Socket.IO say so.
        error if error == "Invalid namespace" => {
            "the server has no chat for this client; it may only relay lines".to_owned()
        }
        error => error,
    };
    Happening::Refused { code, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server's side: the answer to the handshake and what it sends, as frames.
    fn server_says(packets: &[&str]) -> Vec<u8> {
        let accept = ws::accept(&STANDARD.encode([7; 16])).expect("a key");
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        let mut bytes = head.into_bytes();
        for packet in packets {
            ws::frame(&mut bytes, Opcode::Text, packet.as_bytes());
        }
        bytes
    }

    fn wire() -> Wire {
        let address = "chat.example:5000/a".parse().expect("an address");
        Wire::new(&address, json!({"client": "terminal"}), [7; 16], || [1, 2, 3, 4])
    }

    /// What the wire sends, without its handshake, as messages of text.
    fn sent(wire: &mut Wire) -> Vec<String> {
        let out = std::mem::take(wire.out());
        let begin = memchr::memmem::find(&out, b"\r\n\r\n").map_or(0, |at| at + 4);
        let (mut frames, mut texts) = (out[begin..].to_vec(), Vec::new());
        let (mut decoder, mut input) = (Decoder::default(), &mut frames[..]);
        while let Some(event) = decoder.next(&mut input, 9999).expect("sound frames") {
            texts.push(match event {
                Event::Text(text) => text.to_owned(),
                other => format!("{other:?}"),
            });
        }
        texts
    }

    #[test]
    fn a_conversation_may_be_cut_anywhere() {
        let bytes = server_says(&[
            r#"0{"sid":"x","upgrades":[],"pingInterval":100,"pingTimeout":50,"maxPayload":9}"#,
            r#"40/chat,{"sid":"y"}"#,
            r#"42/chat,["welcome",{"nick":"alice"}]"#,
            "2",
            r#"43/chat,7[{"ok":true}]"#,
            r#"42["for another namespace"]"#,
        ]);
        for cut in 0..bytes.len() {
            let (mut wire, mut happenings) = (wire(), Vec::new());
            let mut bytes = bytes.clone();
            let (first, second) = bytes.split_at_mut(cut);
            wire.receive(first, &mut happenings).expect("sound");
            wire.receive(second, &mut happenings).expect("sound");
            wire.emit(Some(3), "post", &json!({"text": "hi"}));
            let expected = [
                Happening::Event { name: "welcome".into(), body: json!({"nick": "alice"}) },
                Happening::Ack { id: 7, body: json!({"ok": true}) },
            ];
            assert_eq!(happenings, expected, "cut at {cut}");
            let expected =
                [r#"40/chat,{"client":"terminal"}"#, "3", r#"42/chat,3["post",{"text":"hi"}]"#];
            assert_eq!(sent(&mut wire), expected);
            assert_eq!(wire.silence_ms(), 150);
        }
    }

    #[test]
    fn a_server_that_asks_and_does_not_read_is_left() {
        let (mut wire, mut happenings) = (wire(), Vec::new());
        wire.receive(&mut server_says(&[]), &mut happenings).expect("sound");
        for kind in [Opcode::Ping, Opcode::Text] {
            let mut pings = Vec::new();
            let payload = format!("2{}", "x".repeat(100));
            (0..100).for_each(|_| ws::frame(&mut pings, kind, payload.as_bytes()));
            let mut ask = || wire.receive(&mut pings.clone(), &mut happenings);
            let left = (0..CLIENT_OUT_BYTES_MAX / pings.len() * 2).find_map(|_| ask().err());
            assert_eq!(left.as_deref(), Some("the server does not read"));
            let length = wire.out().len();
            assert!((CLIENT_OUT_BYTES_MAX..CLIENT_OUT_BYTES_MAX + 1000).contains(&length));
            wire.out().clear();
        }
    }

    #[test]
    fn the_handshake_names_host_and_path() {
        let mut wire = wire();
        let request = String::from_utf8(wire.out().clone()).expect("text");
        assert!(request.starts_with("GET /a/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"));
        assert!(request.contains("\r\nHost: chat.example:5000\r\n"));
    }

    #[test]
    fn refusals_are_told() {
        let mut happenings = Vec::new();
        let refusal = r#"44/chat,{"message":"taken","data":{"code":"nick-taken","error":"taken"}}"#;
        wire().receive(&mut server_says(&[refusal]), &mut happenings).expect("sound");
        let refused = |code: &str, error: &str| Happening::Refused {
            code: code.to_owned(),
            error: error.to_owned(),
        };
        assert_eq!(happenings, [refused("nick-taken", "taken")]);
        assert_eq!(
            self::refused(r#"{"message":"Invalid namespace"}"#).clone_error(),
            "the server has no chat for this client; it may only relay lines"
        );
        assert_eq!(self::refused("").clone_error(), "the server does not let us in");
    }

    impl Happening {
        fn clone_error(&self) -> String {
            match self {
                Self::Refused { error, .. } => error.clone(),
                other => format!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_chat_is_named() {
        let error = |bytes: &[u8]| {
            wire().receive(&mut bytes.to_vec(), &mut Vec::new()).expect_err("no chat")
        };
        assert!(error(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").contains("503 Service"));
        assert!(error(b"* Welcome to mio-chat\n").contains("no web server"));
        assert!(error(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").contains("WebSocket"));
        assert!(error(&[b'x'; 20_000]).contains("no web server"));
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; 20_000]].concat();
        assert!(error(&endless).contains("no web server"));
        assert!(error(&server_says(&["1"])).contains("closed"));
        assert!(error(&server_says(&["41/chat,"])).contains("closed"));
        assert!(error(&server_says(&["9"])).contains("malformed"));
    }

    #[test]
    fn whatever_a_server_sends_there_is_no_panic() {
        let bytes = server_says(&[r#"0{"pingInterval":1}"#, r#"42/chat,["x",{}]"#, "43/chat,1[]"]);
        let mut random = 1_u64;
        let mut next = |below: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) as usize % below
        };
        for _ in 0..20_000 {
            let mut bytes = bytes.clone();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            let cut = next(bytes.len());
            let (first, second) = bytes.split_at_mut(cut);
            let (mut wire, mut happenings) = (wire(), Vec::new());
            let _ = wire
                .receive(first, &mut happenings)
                .and_then(|()| wire.receive(second, &mut happenings));
            assert!(happenings.len() <= 3);
        }
    }
}
