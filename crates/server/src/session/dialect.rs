//! The form in which a session sends an application's output.

use crate::base::{Dialect, Voice};
use mio_wire::sio;
use mio_wire::text;
use mio_wire::ws::{self, Deflater, Opcode, Window};
use std::borrow::Cow;
use std::fmt;
use std::io::Write;

/// An application's output, before it is encoded in any dialect.
#[derive(Debug, Clone, Copy)]
pub enum Sending<'a> {
    /// A line of text, visible and without its end.
    Line(&'a [u8]),
    /// A line with its end, unchanged; a WebSocket message has no line end.
    Raw(&'a [u8]),
    /// A WebSocket message of text, or bytes of the application's own protocol.
    Text(&'a [u8]),
    /// A WebSocket message of bytes, or bytes of the application's own protocol.
    Binary(&'a [u8]),
    /// A Socket.IO packet: its text, and its attachments.
    Packet(&'a [u8], &'a [Vec<u8>]),
    /// A kept event: the text of its packet, its offset as JSON, and its attachments.
    Kept(&'a [u8], &'a [u8], &'a [Vec<u8>]),
    /// An event that is kept later: for clients that do not come back, as a packet.
    AtOnce(&'a [u8], &'a [Vec<u8>]),
}

/// Sets `bytes` to `line` made visible (see [`text::visible`]): it stays one line and moves no
/// cursor, whatever the application puts into it.
pub fn line(bytes: &mut Vec<u8>, line: fmt::Arguments<'_>) {
    bytes.clear();
    // A vector takes every write. If a `Display` of the arguments fails, the text before it stays.
    let _ = bytes.write_fmt(line);
    if text::is_printable_ascii(bytes) {
        return;
    }
    if let Cow::Owned(shown) = text::visible(&text::lossy(bytes)) {
        bytes.clear();
        bytes.extend_from_slice(shown.as_bytes());
    }
}

impl Sending<'_> {
    /// Appends it in the form of `voice`. Long messages are compressed, if its clients can read
    /// that.
    pub fn write_for(self, voice: Voice, deflater: &mut Deflater, out: &mut Vec<u8>) {
        let begin = out.len();
        self.write(voice.dialect, out);
        let window = voice.window.and_then(|bits| Window::from_bits(bits.get()));
        if let Some(window) = window {
            deflater.deflate(out, begin, window);
        }
    }

    /// Appends it in `dialect`. Output that has no form in the dialect is left out.
    pub fn write(self, dialect: Dialect, out: &mut Vec<u8>) {
        match (self, dialect) {
            (Self::Line(line), Dialect::Line) => {
                out.extend_from_slice(line);
                out.push(b'\n');
            }
            (Self::Raw(bytes), Dialect::Line) => out.extend_from_slice(bytes),
            (Self::Line(text) | Self::Text(text), Dialect::Message) => {
                ws::frame(out, Opcode::Text, text);
            }
            (Self::Binary(bytes), Dialect::Message) => ws::frame(out, Opcode::Binary, bytes),
            (Self::Raw(line), Dialect::Message) => {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let is_text = simdutf8::basic::from_utf8(line).is_ok();
                let opcode = if is_text { Opcode::Text } else { Opcode::Binary };
                ws::frame(out, opcode, line);
            }
            (Self::Text(bytes) | Self::Binary(bytes), Dialect::Bytes) => {
                out.extend_from_slice(bytes);
            }
            (_, Dialect::Line | Dialect::Message | Dialect::Bytes)
            | (Self::Line(_) | Self::Raw(_), _)
            | (Self::AtOnce(..), Dialect::Engine4Offsets | Dialect::Engine4PackedOffsets) => (),
            (Self::Kept(text, offset, attachments), Dialect::Engine4Offsets) => {
                kept(text, offset, out);
                attachments.iter().for_each(|bytes| attachment(dialect, bytes, out));
            }
            (Self::Kept(text, offset, attachments), Dialect::Engine4PackedOffsets) => {
                let mut whole = text.strip_suffix(b"]").unwrap_or(text).to_vec();
                [b",", offset, b"]"].iter().for_each(|part| whole.extend_from_slice(part));
                packed(&whole, attachments, out);
            }
            (
                Self::Packet(text, attachments)
                | Self::Kept(text, _, attachments)
                | Self::AtOnce(text, attachments),
                Dialect::Engine4Packed | Dialect::Engine4PackedOffsets,
            ) => packed(text, attachments, out),
            (
                Self::Packet(text, attachments)
                | Self::Kept(text, _, attachments)
                | Self::AtOnce(text, attachments),
                _,
            ) => {
                ws::frame(out, Opcode::Text, text);
                attachments.iter().for_each(|bytes| attachment(dialect, bytes, out));
            }
            (Self::Text(text), _) => {
                ws::header(out, Opcode::Text, 1 + text.len());
                out.push(b'4');
                out.extend_from_slice(text);
            }
            (Self::Binary(bytes), _) => attachment(dialect, bytes, out),
        }
    }
}

/// Appends the text of an event with its offset as one more argument.
fn kept(text: &[u8], offset: &[u8], out: &mut Vec<u8>) {
    let open = text.strip_suffix(b"]").unwrap_or(text);
    let more: [&[u8]; 3] = [b",", offset, b"]"];
    ws::header(out, Opcode::Text, open.len() + more.iter().map(|part| part.len()).sum::<usize>());
    out.extend_from_slice(open);
    more.iter().for_each(|part| out.extend_from_slice(part));
}

/// Appends a packet in MessagePack. Packets of Engine.IO's own stay text.
fn packed(text: &[u8], attachments: &[Vec<u8>], out: &mut Vec<u8>) {
    let packet = text.strip_prefix(b"4").and_then(|packet| str::from_utf8(packet).ok());
    let Some(packet) = packet else { return ws::frame(out, Opcode::Text, text) };
    let mut bytes = Vec::new();
    match sio::pack(packet, attachments, &mut bytes) {
        Ok(()) => ws::frame(out, Opcode::Binary, &bytes),
        // An application's own JSON may be too deep for it.
        Err(_) => log::warn!("cannot write a packet in MessagePack bytes={}", packet.len()),
    }
}

/// Appends a binary message of Engine.IO. In version 3 the packet's type is its first byte.
fn attachment(dialect: Dialect, bytes: &[u8], out: &mut Vec<u8>) {
    let kind: &[u8] = match dialect {
        Dialect::Engine3 => &[4],
        _ => &[],
    };
    ws::header(out, Opcode::Binary, kind.len() + bytes.len());
    out.extend_from_slice(kind);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(line_of: fmt::Arguments<'_>) -> Vec<u8> {
        let (mut visible, mut out) = (Vec::new(), b"before\n".to_vec());
        line(&mut visible, line_of);
        Sending::Line(&visible).write(Dialect::Line, &mut out);
        out
    }

    #[test]
    fn a_line_stays_one_line() {
        let out = rendered(format_args!("<{}> {}", "al\nice", "a\u{1b}[2J"));
        assert_eq!(out, b"before\n<al\\nice> a^[[2J\n");
        assert!(rendered(format_args!("{}", "ünï")).ends_with("\nünï\n".as_bytes()));
    }

    #[test]
    fn each_dialect_has_its_form() {
        let write = |sending: Sending<'_>, dialect| {
            let mut out = Vec::new();
            sending.write(dialect, &mut out);
            out
        };
        assert_eq!(write(Sending::Line(b"hi"), Dialect::Message), b"\x81\x02hi");
        assert_eq!(write(Sending::Raw(b"hi\r\n"), Dialect::Message), b"\x81\x02hi");
        assert_eq!(write(Sending::Raw(b"\xff\n"), Dialect::Message), b"\x82\x01\xff");
        let attachments = [b"\x01".to_vec()];
        let packet = Sending::Packet(b"4", &attachments);
        assert_eq!(write(packet, Dialect::Engine3), b"\x81\x014\x82\x02\x04\x01");
        assert_eq!(write(packet, Dialect::Engine4), b"\x81\x014\x82\x01\x01");
        assert_eq!(write(packet, Dialect::Line), b"");
        let kept = Sending::Kept(b"42[\"e\"]", b"\"7\"", &attachments);
        assert_eq!(write(kept, Dialect::Engine4), b"\x81\x0742[\"e\"]\x82\x01\x01");
        let told = b"\x81\x0b42[\"e\",\"7\"]\x82\x01\x01";
        assert_eq!(write(kept, Dialect::Engine4Offsets), told);
        assert_eq!(write(packet, Dialect::Engine4Offsets), write(packet, Dialect::Engine4));
        assert_eq!(write(kept, Dialect::Message), b"");
        for (sending, expected) in [
            (kept, &b"\x82\x15\x83\xa4type\x02\xa4data\x91\xa1e\xa3nsp\xa1/"[..]),
            (Sending::Packet(b"2", &[]), b"\x81\x012"),
            (Sending::Packet(b"42", &[]), b"\x82\x0d\x82\xa4type\x02\xa3nsp\xa1/"),
        ] {
            assert_eq!(write(sending, Dialect::Engine4Packed), expected);
        }
        let told = b"\x82\x17\x83\xa4type\x02\xa4data\x92\xa1e\xa17\xa3nsp\xa1/";
        assert_eq!(write(kept, Dialect::Engine4PackedOffsets), told);
        assert_eq!(write(Sending::Text(b"hi"), Dialect::Line), b"");
        for own in [Sending::Text(b"hi"), Sending::Binary(b"hi")] {
            assert_eq!(write(own, Dialect::Bytes), b"hi");
        }
        assert_eq!(write(Sending::Line(b"hi"), Dialect::Bytes), b"");
        assert_eq!(write(packet, Dialect::Bytes), b"");
    }
}
