//! Socket.IO packets that come in several messages.

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
    /// A packet that came at `since_ms` and has `expected` attachments.
    pub fn new(text: &str, expected: usize, since_ms: u64) -> Self {
        Self { text: text.to_owned(), attachments: Vec::new(), expected, bytes: 0, since_ms }
    }

    /// Adds an attachment; false if the packet would have more than `bytes_max` bytes in all.
    pub fn add(&mut self, attachment: &[u8], bytes_max: usize) -> bool {
        if self.held_bytes() + attachment.len() > bytes_max {
            return false;
        }
        self.bytes += attachment.len();
        self.attachments.push(attachment.to_vec());
        true
    }

    /// Notes that the missing attachments are not read until `until_ms`.
    pub fn excuse(&mut self, until_ms: u64) {
        self.since_ms = self.since_ms.max(until_ms);
    }

    /// When the wait for the missing attachments ends.
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
