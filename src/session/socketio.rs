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
}

impl Assembly {
    /// A packet that `expected` attachments belong to.
    pub fn new(text: &str, expected: usize) -> Self {
        Self { text: text.to_owned(), attachments: Vec::new(), expected, bytes: 0 }
    }

    /// Adds an attachment; whether the packet may have it, with all of it `payload_bytes_max` bytes
    /// at most a few times over.
    pub fn add(&mut self, attachment: &[u8], payload_bytes_max: usize) -> bool {
        self.bytes += attachment.len();
        self.attachments.push(attachment.to_vec());
        self.bytes <= payload_bytes_max * ATTACHMENTS_BYTES_TO_PAYLOAD
    }

    /// Whether all attachments are here.
    pub fn is_whole(&self) -> bool {
        self.attachments.len() >= self.expected
    }
}
