//! A client's output.

use super::Lost;
use crate::limits::CLIENT_OUT_BYTES_MAX;
use crate::ws::{self, Opcode};

/// Returns four bytes that nobody can guess, new at each call (RFC 6455 5.3).
pub type Mask = fn() -> [u8; 4];

/// Frames that wait to be sent.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) bytes: Vec<u8>,
    mask: Mask,
}

impl Outbox {
    pub(super) const fn new(bytes: Vec<u8>, mask: Mask) -> Self {
        Self { bytes, mask }
    }

    pub(super) fn frame(&mut self, opcode: Opcode, payload: &[u8]) {
        ws::masked_frame(&mut self.bytes, opcode, payload, (self.mask)());
    }

    /// Answers a request that a server may repeat as often as it likes, as long as it reads the
    /// answers.
    pub(super) fn answer(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), Lost> {
        if self.bytes.len() > CLIENT_OUT_BYTES_MAX {
            return Err(Lost::Unread);
        }
        self.frame(opcode, payload);
        Ok(())
    }

    /// The last frame of this side.
    pub(super) fn close(&mut self, code: Option<u16>) {
        let code = code.map(u16::to_be_bytes);
        self.frame(Opcode::Close, code.as_ref().map_or(&[], |code| &code[..]));
    }
}
