//! From a TCP connection to one that hears messages: WebSocket's handshake, and Socket.IO's.

use std::net::SocketAddr;

use memchr::memmem;
use mio_wire::ws;

use crate::door::Door;

/// The key of every handshake, RFC 6455's own example: nobody here has to be kept from guessing.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// What an answer to a handshake begins with.
const SWITCHED: &[u8] = b"HTTP/1.1 101";

/// What comes next on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// TCP is connected.
    Connecting,
    /// HTTP becomes WebSocket.
    Switching,
    /// Engine.IO opens.
    Opening,
    /// The namespace lets the client in.
    Joining,
    /// Messages.
    Open,
}

impl Door {
    /// What a client says first.
    pub(crate) fn knock(self, server: SocketAddr) -> Vec<u8> {
        let path = match self {
            Self::Line => return Vec::new(),
            Self::Ws => "/ws",
            Self::Sio => "/socket.io/?EIO=4&transport=websocket",
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
        );
        request.into_bytes()
    }

    /// The stage behind TCP's.
    pub(crate) fn connected(self) -> Stage {
        match self {
            Self::Line => Stage::Open,
            Self::Ws | Self::Sio => Stage::Switching,
        }
    }

    /// Takes the next part of the server's greeting off `bytes` and appends the answer to `out`.
    /// Returns the stage behind it, `None` if there is no whole part, or why it comes to nothing.
    pub(crate) fn greet(
        self,
        stage: Stage,
        bytes: &mut &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<Stage>, String> {
        match stage {
            Stage::Connecting | Stage::Open => return Ok(None),
            Stage::Switching if !switched(bytes)? => return Ok(None),
            Stage::Switching if self == Self::Ws => return Ok(Some(Stage::Open)),
            Stage::Switching => return Ok(Some(Stage::Opening)),
            Stage::Opening | Stage::Joining => {}
        }
        let Some((_, packet)) = ws::split_frame(bytes) else {
            return Ok(None);
        };
        Ok(Some(match (stage, packet) {
            (Stage::Opening, [b'0', ..]) => {
                self.frame(b"40", out);
                Stage::Joining
            }
            (Stage::Joining, [b'4', b'0', ..]) => Stage::Open,
            (_, [b'4', b'4', ..]) => return Err(String::from_utf8_lossy(packet).into_owned()),
            (_, b"2") => {
                self.frame(b"3", out);
                stage
            }
            _ => stage,
        }))
    }
}

/// Takes the answer to a handshake off `bytes` if it is whole.
fn switched(bytes: &mut &[u8]) -> Result<bool, String> {
    let refused = |why: &[u8]| {
        let line = why.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        Err(format!("no WebSocket is here: {}", String::from_utf8_lossy(line)))
    };
    if !bytes.starts_with(&SWITCHED[..SWITCHED.len().min(bytes.len())]) {
        return refused(bytes);
    }
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(false);
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let accepts = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_default();
        name.eq_ignore_ascii_case("sec-websocket-accept")
            && ws::accept(KEY).as_deref() == Some(value.trim())
    };
    if !head.lines().any(accepts) {
        return refused(b"Sec-WebSocket-Accept is wrong");
    }
    *bytes = &bytes[end + 4..];
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio_wire::ws::{Decoder, Event, Opcode};

    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
        sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    /// Greets with `greeting` in two parts; returns the stage, what is left, and what was answered.
    fn greet(door: Door, greeting: &[u8], cut: usize) -> Result<(Stage, usize, Vec<u8>), String> {
        let (mut stage, mut out, mut carry) = (door.connected(), Vec::new(), Vec::new());
        for part in [&greeting[..cut], &greeting[cut..]] {
            carry.extend_from_slice(part);
            let mut rest = &carry[..];
            while let Some(next) = door.greet(stage, &mut rest, &mut out)? {
                stage = next;
            }
            carry = rest.to_vec();
        }
        Ok((stage, carry.len(), out))
    }

    #[test]
    fn greetings_may_be_cut_anywhere() -> Result<(), String> {
        let mut packets = ANSWER.as_bytes().to_vec();
        for packet in ["0{\"sid\":\"x\"}", "2", "40{\"sid\":\"y\"}", "42[]"] {
            ws::frame(&mut packets, Opcode::Text, packet.as_bytes());
        }
        for cut in 0..packets.len() {
            let (stage, left, mut out) = greet(Door::Sio, &packets, cut)?;
            assert_eq!((stage, left), (Stage::Open, 6), "cut at {cut}");
            let (mut decoder, mut input) = (Decoder::default(), &mut out[..]);
            for expected in ["40", "3"] {
                assert_eq!(decoder.next(&mut input, 9), Ok(Some(Event::Text(expected))));
            }
            assert!(input.is_empty());
        }
        for cut in 0..ANSWER.len() {
            assert_eq!(greet(Door::Ws, ANSWER.as_bytes(), cut)?, (Stage::Open, 0, Vec::new()));
        }
        assert_eq!(Door::Line.connected(), Stage::Open);
        assert!(Door::Line.knock(([127, 0, 0, 1], 1).into()).is_empty());
        Ok(())
    }

    #[test]
    fn refusals_are_told() {
        let error = |door, text: &str| greet(door, text.as_bytes(), 0).err().unwrap_or_default();
        let wrong = ANSWER.replace("s3p", "s4p");
        assert!(error(Door::Ws, &wrong).contains("Accept"));
        assert!(error(Door::Ws, "HTTP/1.1 403 Forbidden\r\n").contains("403 Forbidden"));
        assert!(error(Door::Sio, "* this is a chat\n").ends_with("* this is a chat"));
        let mut packets = ANSWER.as_bytes().to_vec();
        for packet in ["0{}", "44{\"message\":\"Invalid namespace\"}"] {
            ws::frame(&mut packets, Opcode::Text, packet.as_bytes());
        }
        assert!(greet(Door::Sio, &packets, 0).is_err_and(|why| why.contains("Invalid")));
    }

    #[test]
    fn the_request_is_whole() {
        let request = String::from_utf8(Door::Sio.knock(([127, 0, 0, 1], 80).into()));
        let request = request.unwrap_or_default();
        assert!(request.starts_with("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"));
        assert!(request.contains("\r\nHost: 127.0.0.1:80\r\n") && request.ends_with("\r\n\r\n"));
    }
}
