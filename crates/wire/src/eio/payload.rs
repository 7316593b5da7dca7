//! Payloads: several packets in the body of one HTTP request or response.

use super::packet::{base64_length, base64_packet, binary, text};
use super::{Malformed, Packet, Version};
use crate::limits::PAYLOAD_LENGTH_DIGITS_MAX;
use std::io::Write as _;

/// The byte between two packets of EIO 4.
const SEPARATOR: u8 = 0x1e;
/// The end of a packet's length in a binary payload of EIO 3.
const LENGTH_END: u8 = 0xff;

/// Reads the packets of a POST body, one at a time. The caller may stop between two packets and go
/// on later, with [`Payload::resume`].
///
/// * EIO 4: packets with 0x1e between them; there is no binary form.
/// * EIO 3, text: `<length>:<packet>`, the length in UTF-16 code units.
/// * EIO 3, binary: 0 (text) or 1 (bytes), a length in bytes of one byte per decimal digit, 0xff,
///   the packet.
///
/// For all other bytes it yields `Err(Malformed)` once, and then nothing: for an empty body, an
/// empty packet (in EIO 3's text form these are skipped), bytes that are not UTF-8, a wrong length.
#[derive(Clone, Debug)]
pub struct Payload<'b> {
    version: Version,
    is_octet_stream: bool,
    body: &'b [u8],
    /// The end of the last packet.
    at: usize,
    count: u32,
    failed: bool,
}

impl<'b> Payload<'b> {
    /// Starts at the front of `body`. `is_octet_stream` says whether its Content-Type is that of
    /// the binary form.
    pub const fn new(version: Version, is_octet_stream: bool, body: &'b [u8]) -> Self {
        Self::resume(version, is_octet_stream, body, 0, 0)
    }

    /// Goes on where an earlier reader of the same body stopped: `at` is its [`Payload::at`],
    /// `count` its [`Payload::packets_read`].
    pub const fn resume(
        version: Version,
        is_octet_stream: bool,
        body: &'b [u8],
        at: usize,
        count: u32,
    ) -> Self {
        Self { version, is_octet_stream, body, at, count, failed: false }
    }

    /// Bytes of the body that have been read.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Packets that have been read, skipped ones included.
    pub const fn packets_read(&self) -> u32 {
        self.count
    }

    /// The bytes that have not been read; empty after the last packet.
    pub fn remaining(&self) -> &'b [u8] {
        self.body.get(self.at..).unwrap_or_default()
    }

    /// The next packet; `None` for an empty one, which is skipped.
    fn packet(&mut self) -> Result<Option<Packet<'b>>, Malformed> {
        self.count = self.count.saturating_add(1);
        match (self.version, self.is_octet_stream) {
            (Version::V4, false) => self.separated().map(Some),
            (Version::V4, true) => Err(Malformed),
            (Version::V3, false) => self.counted(),
            (Version::V3, true) => self.octets().map(Some),
        }
    }

    /// EIO 4.
    fn separated(&mut self) -> Result<Packet<'b>, Malformed> {
        let mut rest = self.remaining();
        if self.count > 1 {
            rest = rest.strip_prefix(&[SEPARATOR]).ok_or(Malformed)?;
        }
        let length = memchr::memchr(SEPARATOR, rest).unwrap_or(rest.len());
        let packet = rest.get(..length).ok_or(Malformed)?;
        self.at = self.body.len() - rest.len() + length;
        text(self.version, std::str::from_utf8(packet).map_err(|_| Malformed)?)
    }

    /// EIO 3, text.
    fn counted(&mut self) -> Result<Option<Packet<'b>>, Malformed> {
        let rest = self.remaining();
        let (units, head) = length(rest, b':', b'0')?;
        let rest = rest.get(head..).ok_or(Malformed)?;
        let packet = utf16_prefix(rest, units).ok_or(Malformed)?;
        self.at += head + packet.len();
        if packet.is_empty() {
            return Ok(None);
        }
        text(self.version, packet).map(Some)
    }

    /// EIO 3, binary.
    fn octets(&mut self) -> Result<Packet<'b>, Malformed> {
        let (is_binary, rest) = match self.remaining() {
            [0, rest @ ..] => (false, rest),
            [1, rest @ ..] => (true, rest),
            _ => return Err(Malformed),
        };
        let (bytes, head) = length(rest, LENGTH_END, 0)?;
        let packet = rest.get(head..).and_then(|rest| rest.get(..bytes)).ok_or(Malformed)?;
        self.at += 1 + head + bytes;
        if is_binary {
            return binary(self.version, packet);
        }
        text(self.version, std::str::from_utf8(packet).map_err(|_| Malformed)?)
    }
}

impl<'b> Iterator for Payload<'b> {
    type Item = Result<Packet<'b>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // A body without a packet is malformed, so an empty body is read once too.
        while !self.failed && (self.count == 0 || !self.remaining().is_empty()) {
            let packet = self.packet();
            self.failed = packet.is_err();
            if let Some(packet) = packet.transpose() {
                return Some(packet);
            }
        }
        None
    }
}

impl std::iter::FusedIterator for Payload<'_> {}

/// The decimal number at the front of `bytes`, and its length in bytes with the `end` after it. Its
/// digits are `zero` and the nine values above.
fn length(bytes: &[u8], end: u8, zero: u8) -> Result<(usize, usize), Malformed> {
    let mut number = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(PAYLOAD_LENGTH_DIGITS_MAX + 1) {
        if *byte == end && at > 0 {
            return Ok((number, at + 1));
        }
        let digit = byte.checked_sub(zero).filter(|digit| *digit <= 9).ok_or(Malformed)?;
        number = number.checked_mul(10).ok_or(Malformed)?;
        number = number.checked_add(usize::from(digit)).ok_or(Malformed)?;
    }
    Err(Malformed)
}

/// The text at the front of `bytes` with exactly `units` UTF-16 code units.
fn utf16_prefix(bytes: &[u8], units: usize) -> Option<&str> {
    // Each unit takes at least one byte.
    let ascii = bytes.get(..units)?;
    if ascii.is_ascii() {
        return std::str::from_utf8(ascii).ok();
    }
    let mut end = 0;
    let mut left = units;
    while left > 0 {
        let (length, taken) = match bytes.get(end)? {
            0x00..=0x7f => (1, 1),
            0xc2..=0xdf => (2, 1),
            0xe0..=0xef => (3, 1),
            0xf0..=0xf4 => (4, 2),
            _ => return None,
        };
        end += length;
        left = left.checked_sub(taken)?;
    }
    std::str::from_utf8(bytes.get(..end)?).ok()
}

/// One packet on its way to a client, as it is queued for a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing<'a> {
    /// A type digit and its data, in UTF-8.
    Text(&'a [u8]),
    /// A message of bytes, unchanged: without a type byte, not in base64.
    Binary(&'a [u8]),
}

/// Appends the body of a polling response with `packets`. Returns whether the body has the binary
/// form, for which the Content-Type is `application/octet-stream`.
///
/// Only EIO 3 has a binary form. It is used if the client takes it (not `b64`) and one of the
/// packets is binary. In EIO 3's text form a length counts UTF-16 units, but not all clients agree.
/// So if text `is_json`, all characters beyond ASCII are written as JSON escapes, and bytes, code
/// points and units have the same number. (A namespace beyond ASCII is not JSON, and is escaped as
/// well.)
///
/// The caller limits the number of packets in one body.
pub fn encode_payload<'a>(
    out: &mut Vec<u8>,
    version: Version,
    b64: bool,
    is_json: bool,
    packets: impl Iterator<Item = Outgoing<'a>> + Clone,
) -> bool {
    match version {
        Version::V4 => {
            for (at, packet) in packets.enumerate() {
                if at > 0 {
                    out.push(SEPARATOR);
                }
                match packet {
                    Outgoing::Text(text) => out.extend_from_slice(text),
                    Outgoing::Binary(bytes) => base64_packet(out, version, bytes),
                }
            }
            false
        }
        Version::V3 => {
            let mut each = packets.clone();
            let is_binary = !b64 && each.any(|packet| matches!(packet, Outgoing::Binary(_)));
            let from = out.len();
            for packet in packets {
                if is_binary { octets(out, packet) } else { counted(out, is_json, packet) }
            }
            if out.len() == from {
                out.extend_from_slice(b"0:");
            }
            is_binary
        }
    }
}

/// Appends a packet in EIO 3's binary form.
fn octets(out: &mut Vec<u8>, packet: Outgoing<'_>) {
    let (mark, length, kind, bytes): (u8, usize, &[u8], &[u8]) = match packet {
        Outgoing::Text(bytes) => (0, bytes.len(), &[], bytes),
        Outgoing::Binary(bytes) => (1, bytes.len() + 1, &[4], bytes),
    };
    out.push(mark);
    let from = out.len();
    // A vector takes every write.
    let _ = write!(out, "{length}");
    out.iter_mut().skip(from).for_each(|digit| *digit -= b'0');
    out.push(LENGTH_END);
    out.extend_from_slice(kind);
    out.extend_from_slice(bytes);
}

/// Appends a packet in EIO 3's text form.
fn counted(out: &mut Vec<u8>, is_json: bool, packet: Outgoing<'_>) {
    // A vector takes every write.
    match packet {
        Outgoing::Binary(bytes) => {
            let _ = write!(out, "{}:", 2 + base64_length(bytes.len()));
            base64_packet(out, Version::V3, bytes);
        }
        Outgoing::Text(bytes) if bytes.is_ascii() => {
            let _ = write!(out, "{}:", bytes.len());
            out.extend_from_slice(bytes);
        }
        Outgoing::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            if !is_json {
                let _ = write!(out, "{}:{text}", text.encode_utf16().count());
                return;
            }
            let length: usize = text.chars().map(escaped_length).sum();
            let _ = write!(out, "{length}:");
            for char in text.chars() {
                if char.is_ascii() {
                    out.push(char as u8);
                    continue;
                }
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
}

/// Bytes of a character when everything beyond ASCII is escaped.
const fn escaped_length(char: char) -> usize {
    if char.is_ascii() { 1 } else { 6 * char.len_utf16() }
}
