//! The protocol between the client and a mio-chat server: bytes in, events out.

use super::address::ServerAddress;
use crate::limits::{CLIENT_MESSAGE_BYTES_MAX, CLIENT_SILENCE_MS};
use mio_wire::client::{Event, Lost, Mask, SocketIo, Upgrade};
use mio_wire::sio::Args;
use serde_json::Value;

/// The client's namespace.
const NAMESPACE: &str = "/chat";

/// The result of a server's bytes.
#[derive(Debug, PartialEq)]
pub(super) enum Happening {
    /// The namespace refuses the client.
    Refused { code: String, error: String },
    /// The server sends an event.
    Event { name: String, body: Value },
    /// The answer to the request with this id.
    Ack { id: u64, body: Value },
}

/// A connection to a server, without its socket.
#[derive(Debug)]
pub(super) struct Wire {
    socket: SocketIo,
    /// The authentication data.
    auth: Value,
}

impl Wire {
    /// Begins to talk to the server at `address`. `nonce` is random.
    pub(super) fn new(address: &ServerAddress, auth: Value, nonce: [u8; 16], mask: Mask) -> Self {
        let target = format!("{}/socket.io/?EIO=4&transport=websocket", address.path);
        let host = &address.authority();
        let upgrade = Upgrade { target: &target, host, headers: &[], nonce, mask };
        Self { socket: SocketIo::new(&upgrade), auth }
    }

    /// Output that waits to be sent; the caller removes sent bytes from its front.
    pub(super) const fn out(&mut self) -> &mut Vec<u8> {
        self.socket.out()
    }

    /// The longest silence of a living server.
    pub(super) fn silence_ms(&self) -> u64 {
        self.socket.silence_ms().unwrap_or(CLIENT_SILENCE_MS)
    }

    /// Takes received bytes, and appends their events.
    ///
    /// # Errors
    /// The reason why the client cannot go on with this server.
    pub(super) fn receive(
        &mut self,
        mut bytes: &mut [u8],
        happenings: &mut Vec<Happening>,
    ) -> Result<(), String> {
        while let Some(event) = self.next(&mut bytes)? {
            happenings.extend(event);
        }
        Ok(())
    }

    /// Takes one event, if it has a meaning for the client.
    fn next(&mut self, input: &mut &mut [u8]) -> Result<Option<Option<Happening>>, String> {
        let event = self.socket.next(input, CLIENT_MESSAGE_BYTES_MAX);
        let Some(event) = event.map_err(|lost| words(&lost))? else { return Ok(None) };
        Ok(Some(match event {
            Event::Opened => {
                self.socket.join(NAMESPACE, Some(&self.auth.to_string()));
                None
            }
            Event::Refused { message, data, .. } => Some(refused(message, data.as_ref())),
            Event::Left { namespace: NAMESPACE } | Event::Closed => {
                return Err("the server closed the session".to_owned());
            }
            Event::HungUp => return Err("the server hung up".to_owned()),
            Event::Event { namespace: NAMESPACE, name, args, .. } => {
                Some(Happening::Event { name: name.into_owned(), body: body(&args) })
            }
            Event::Ack { namespace: NAMESPACE, id, args } => {
                Some(Happening::Ack { id, body: body(&args) })
            }
            Event::Joined { .. } | Event::Heartbeat => None,
            // Not for this client.
            Event::Left { .. } | Event::Event { .. } | Event::Ack { .. } => None,
        }))
    }

    /// Sends an event; with `id` it asks for an ack.
    pub(super) fn emit(&mut self, id: Option<u64>, name: &str, body: &Value) {
        self.socket.emit(NAMESPACE, id, name, &body.to_string(), &[]);
    }

    /// Tells the server that nothing more comes from the client.
    pub(super) fn close(&mut self) {
        self.socket.close();
    }
}

/// The one argument that a mio-chat server sends.
fn body(args: &Args<'_>) -> Value {
    args.get(0).unwrap_or_default()
}

/// The reason why the namespace refuses the client.
fn refused(message: String, data: Option<&Value>) -> Happening {
    let code = data.and_then(|data| data.get("code")?.as_str()).unwrap_or_default().to_owned();
    let error = match &*message {
        "" => "the server does not let us in".to_owned(),
        // Other Socket.IO servers answer this.
        "Invalid namespace" => {
            "the server has no chat for this client; it may only relay lines".to_owned()
        }
        _ => message,
    };
    Happening::Refused { code, error }
}

/// The reason why the client cannot go on with a server, in words for a person.
fn words(lost: &Lost) -> String {
    match lost {
        Lost::NoHttp(_) => "the program that answers there is not a web server".to_owned(),
        Lost::NoWebSocket => "the program that answers there does not speak WebSocket".to_owned(),
        Lost::Status { status, reason } => format!("the server answers {status} {reason}"),
        Lost::Frame(error) => format!("the server breaks the protocol: {error}"),
        Lost::Malformed(_) => "the server breaks the protocol: malformed packet".to_owned(),
        Lost::Unread => "the server does not read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio_wire::ws::{self, Decoder, Opcode, Role};
    use serde_json::json;

    const NONCE: [u8; 16] = [7; 16];
    /// The nonce in the form of a handshake.
    const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBw==";

    /// The server's answer to the handshake and its packets, as frames.
    fn server_says(packets: &[&str]) -> Vec<u8> {
        let accept = ws::accept(KEY).expect("a key");
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
        Wire::new(&address, json!({"client": "terminal"}), NONCE, || [1, 2, 3, 4])
    }

    /// The output of the wire after its handshake, as text messages.
    fn sent(wire: &mut Wire) -> Vec<String> {
        let out = std::mem::take(wire.out());
        let begin = memchr::memmem::find(&out, b"\r\n\r\n").map_or(0, |at| at + 4);
        let mut frames = out[begin..].to_vec();
        let mut texts = Vec::new();
        let mut decoder = Decoder::new(Role::Server);
        let mut input = &mut frames[..];
        while let Some(event) = decoder.next(&mut input, 9999).expect("sound frames") {
            texts.push(match event {
                ws::Event::Text(text) => text.to_owned(),
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
            let mut wire = wire();
            let mut happenings = Vec::new();
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
            self::refused("Invalid namespace".to_owned(), None).clone_error(),
            "the server has no chat for this client; it may only relay lines"
        );
        assert_eq!(
            self::refused(String::new(), None).clone_error(),
            "the server does not let us in"
        );
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
        assert!(error(b"* Welcome to mio-chat\n").contains("not a web server"));
        assert!(error(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").contains("WebSocket"));
        assert!(error(&[b'x'; 20_000]).contains("not a web server"));
        let endless = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; 20_000]].concat();
        assert!(error(&endless).contains("not a web server"));
        assert!(error(&server_says(&["1"])).contains("closed"));
        assert!(error(&server_says(&["41/chat,"])).contains("closed"));
        assert!(error(&server_says(&["9"])).contains("malformed"));
    }
}
