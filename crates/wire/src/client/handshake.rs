//! From HTTP to WebSocket (RFC 6455 4.1).

use super::{Lost, Upgrade};
use crate::http::Answer;
use crate::{text, ws};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A request for a WebSocket that has not been answered yet.
#[derive(Debug)]
pub(super) struct Handshake {
    key: String,
    /// The part of the answer that has come.
    head: Vec<u8>,
}

impl Handshake {
    /// The handshake, and the request that begins it.
    pub(super) fn new(upgrade: &Upgrade<'_>) -> (Self, Vec<u8>) {
        let key = STANDARD.encode(upgrade.nonce);
        let Upgrade { target, host, headers, .. } = upgrade;
        let mut request = format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        );
        for (name, value) in *headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        request.push_str("\r\n");
        (Self { key, head: Vec::new() }, request.into_bytes())
    }

    /// Takes the answer off the front of `input`. True if it is complete and grants a WebSocket.
    pub(super) fn is_over(&mut self, input: &mut &mut [u8]) -> Result<bool, Lost> {
        let before = self.head.len();
        self.head.extend_from_slice(input);
        let answer = Answer::parse(&self.head).map_err(|_| Lost::NoHttp(first_line(&self.head)))?;
        let Some(answer) = answer else {
            *input = &mut [];
            return Ok(false);
        };
        if answer.status != 101 {
            return Err(Lost::Status { status: answer.status, reason: answer.reason.to_owned() });
        }
        let Some(head_bytes) = answer.head_bytes else {
            *input = &mut [];
            return Ok(false);
        };
        if answer.header("sec-websocket-accept") != ws::accept(&self.key).as_deref() {
            return Err(Lost::NoWebSocket);
        }
        let taken = head_bytes.saturating_sub(before);
        *input = std::mem::take(input).get_mut(taken..).unwrap_or_default();
        Ok(true)
    }
}

/// The first words of a server that does not speak HTTP, for one line of the log.
fn first_line(said: &[u8]) -> String {
    let line = said.split(|byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.is_empty());
    text::logged(&String::from_utf8_lossy(line.unwrap_or_default()))
}
