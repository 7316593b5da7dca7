//! Socket.IO packets that come in several messages.

use crate::limits::ATTACHMENTS_BYTES_TO_PAYLOAD;

/// A packet whose attachments are still coming (Socket.IO protocol, "Sending and receiving
/// binary").
#[derive(Debug)]
pub struct Assembly {
    /// The packet's text.
    pub text: String,
    /// The attachments that have come.
    pub attachments: Vec<Vec<u8>>,
    expected: usize,
    bytes: usize,
    since_ms: u64,
}

impl Assembly {
    /// A packet that has come at `since_ms` and that `expected` attachments belong to.
    pub fn new(text: &str, expected: usize, since_ms: u64) -> Self {
        Self { text: text.to_owned(), attachments: Vec::new(), expected, bytes: 0, since_ms }
    }

    /// Adds an attachment; whether the packet may have it, with all of it `payload_bytes_max` bytes
    /// at most a few times over.
    pub fn add(&mut self, attachment: &[u8], payload_bytes_max: usize) -> bool {
        self.bytes += attachment.len();
        self.attachments.push(attachment.to_vec());
        self.bytes <= payload_bytes_max * ATTACHMENTS_BYTES_TO_PAYLOAD
    }

    /// What is missing is not read until `until_ms`.
    pub fn excuse(&mut self, until_ms: u64) {
        self.since_ms = self.since_ms.max(until_ms);
    }

    /// When the patience with what is still missing ends.
    pub fn due_ms(&self) -> u64 {
        super::patience_ends_ms(self.since_ms, self.bytes)
    }

    /// Bytes of memory that it holds.
    pub fn held_bytes(&self) -> usize {
        self.text.len() + self.bytes
    }

    /// Whether all attachments are here.
    pub fn is_whole(&self) -> bool {
        self.attachments.len() >= self.expected
    }
}
