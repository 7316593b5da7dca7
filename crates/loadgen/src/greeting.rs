//! From a TCP connection to one that receives messages: the handshakes of WebSocket and Socket.IO.

use std::net::SocketAddr;

use mio_wire::client::{Event, Message, SocketIo, Upgrade, WebSocket};

use crate::protocol::{MASK, Protocol};

/// The nonce of every handshake, from RFC 6455's own example: here nobody needs to be kept from
/// guessing.
const NONCE: [u8; 16] = *b"the sample nonce";

/// The longest message in a server's greeting.
const GREETING: usize = 64 * 1024;

/// A server's greeting, and the answers to it.
pub(crate) enum Greeting {
    /// A WebSocket's.
    Ws(WebSocket),
    /// Socket.IO's.
    Sio(SocketIo),
}

impl Protocol {
    /// The steps between TCP's handshake and messages.
    pub(crate) fn knock(self, server: SocketAddr) -> Option<Box<Greeting>> {
        let host = server.to_string();
        let upgrade =
            |target| Upgrade { target, host: &host, headers: &[], nonce: NONCE, mask: || MASK };
        let greeting = match self {
            Self::Line => return None,
            Self::Ws => Greeting::Ws(WebSocket::new(&upgrade("/ws"))),
            Self::Sio => {
                let target = "/socket.io/?EIO=4&transport=websocket";
                Greeting::Sio(SocketIo::new(&upgrade(target)))
            }
        };
        Some(Box::new(greeting))
    }
}

impl Greeting {
    /// The bytes to send.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Ws(socket) => socket.out(),
            Self::Sio(sockets) => sockets.out(),
        }
    }

    /// Takes the server's greeting off `bytes`. True if the greeting is over, so that messages
    /// follow; an error if it fails.
    pub(crate) fn hear(&mut self, bytes: &mut &mut [u8]) -> Result<bool, String> {
        match self {
            Self::Ws(socket) => {
                let message = socket.next(bytes, GREETING).map_err(|lost| lost.to_string())?;
                Ok(message == Some(Message::Open))
            }
            Self::Sio(sockets) => hear_packets(sockets, bytes),
        }
    }
}

fn hear_packets(sockets: &mut SocketIo, bytes: &mut &mut [u8]) -> Result<bool, String> {
    while let Some(event) = sockets.next(bytes, GREETING).map_err(|lost| lost.to_string())? {
        match event {
            Event::Opened => sockets.join("/", None),
            Event::Joined { .. } => return Ok(true),
            Event::Refused { message, .. } => return Err(message),
            Event::Closed | Event::HungUp => return Err("the server hung up".to_owned()),
            _ => {}
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio_wire::ws::{self, Decoder, Opcode};

    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
        sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    /// Greets with `greeting` in two parts. Returns whether the greeting is over, the bytes left,
    /// and the replies to the server.
    fn greet(
        protocol: Protocol,
        greeting: &[u8],
        cut: usize,
    ) -> Result<(bool, usize, Vec<u8>), String> {
        let mut client = protocol.knock(([127, 0, 0, 1], 80).into()).ok_or("no greeting")?;
        client.out().clear();
        let mut greeting = greeting.to_vec();
        let (mut first, mut second) = greeting.split_at_mut(cut);
        let is_over = client.hear(&mut first)? || client.hear(&mut second)?;
        Ok((is_over, first.len() + second.len(), std::mem::take(client.out())))
    }

    #[test]
    fn greetings_may_be_cut_anywhere() -> Result<(), String> {
        let mut packets = ANSWER.as_bytes().to_vec();
        for packet in ["0{\"sid\":\"x\"}", "2", "40{\"sid\":\"y\"}", "42[]"] {
            ws::frame(&mut packets, Opcode::Text, packet.as_bytes());
        }
        for cut in 0..packets.len() {
            let (is_over, left, mut out) = greet(Protocol::Sio, &packets, cut)?;
            assert_eq!((is_over, left), (true, 6), "cut at {cut}");
            let mut decoder = Decoder::default();
            let mut input = &mut out[..];
            for expected in ["40", "3"] {
                assert_eq!(decoder.next(&mut input, 9), Ok(Some(ws::Event::Text(expected))));
            }
            assert!(input.is_empty());
        }
        for cut in 0..ANSWER.len() {
            assert_eq!(greet(Protocol::Ws, ANSWER.as_bytes(), cut)?, (true, 0, Vec::new()));
        }
        assert!(Protocol::Line.knock(([127, 0, 0, 1], 1).into()).is_none());
        Ok(())
    }

    #[test]
    fn refusals_are_told() {
        let error =
            |protocol, text: &str| greet(protocol, text.as_bytes(), 0).err().unwrap_or_default();
        let wrong = ANSWER.replace("s3p", "s4p");
        assert!(error(Protocol::Ws, &wrong).contains("Accept"));
        assert!(error(Protocol::Ws, "HTTP/1.1 403 Forbidden\r\n").contains("403 Forbidden"));
        assert!(error(Protocol::Sio, "* this is a chat\n").ends_with("* this is a chat"));
        let mut packets = ANSWER.as_bytes().to_vec();
        for packet in ["0{}", "44{\"message\":\"Invalid namespace\"}"] {
            ws::frame(&mut packets, Opcode::Text, packet.as_bytes());
        }
        assert!(greet(Protocol::Sio, &packets, 0).is_err_and(|why| why.contains("Invalid")));
    }

    #[test]
    fn the_request_is_whole() {
        let client = Protocol::Sio.knock(([127, 0, 0, 1], 80).into());
        let request = client.map(|mut client| std::mem::take(client.out())).unwrap_or_default();
        let request = String::from_utf8(request).unwrap_or_default();
        assert!(request.starts_with("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"));
        assert!(request.contains("\r\nHost: 127.0.0.1:80\r\n") && request.ends_with("\r\n\r\n"));
    }
}
