//! The protocols of the server, each with its framing of texts on the wire.

use clap::ValueEnum;
use mio_wire::ws::{self, Opcode};

use crate::payload::{Format, Seen};

/// The bytes around a text in a Socket.IO packet.
const PACKET: [&[u8]; 2] = [b"42[\"message\",\"", b"\"]"];

/// The mask of every frame. A new mask for each frame protects proxies from scripts (RFC 6455
/// 10.3), and there are neither here.
pub(crate) const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A protocol the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// Lines of text, each ended by a line feed.
    Line,
    /// WebSocket, a line in each message.
    Ws,
    /// Socket.IO by WebSocket: events named "message".
    Sio,
}

impl Protocol {
    /// The name on the command line and in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Ws => "ws",
            Self::Sio => "sio",
        }
    }

    /// Whether a sender receives its own messages.
    pub(crate) fn echoes(self) -> bool {
        self == Self::Sio
    }

    /// Appends a text, framed, to a client's output.
    pub(crate) fn wrap(self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Line => {
                out.extend_from_slice(text);
                out.push(b'\n');
            }
            Self::Ws => self.frame(text, out),
            Self::Sio => self.frame(&[PACKET[0], text, PACKET[1]].concat(), out),
        }
    }

    /// Appends a WebSocket message.
    pub(crate) fn frame(self, text: &[u8], out: &mut Vec<u8>) {
        ws::masked_frame(out, Opcode::Text, text, MASK);
    }

    /// Judges each complete text in the input, and appends immediate replies to `out`. Returns how
    /// many bytes of the input those texts took.
    #[inline]
    pub(crate) fn split(
        self,
        bytes: &[u8],
        format: &Format,
        out: &mut Vec<u8>,
        mut sink: impl FnMut(Seen),
    ) -> usize {
        if self == Self::Line {
            return split_lines(bytes, format, sink);
        }
        let mut rest = bytes;
        // Number of bytes left where the next message of any run begins, if that is known.
        let mut marked = usize::MAX;
        while !rest.is_empty() {
            let begin = rest;
            let Some((opcode, payload)) = ws::split_frame(&mut rest) else {
                break;
            };
            let is_text = opcode == Opcode::Text && payload.len() > 1;
            let mut seen = if is_text && rest.len() >= marked {
                Seen::Other(1)
            } else {
                self.judge(opcode, payload, format, out)
            };
            if let (true, Seen::Other(count)) = (is_text, &mut seen) {
                if rest.len() < marked {
                    marked = rest.len() - format.next_marker(rest);
                }
                // The following messages too, if they are as short.
                let length = begin.len() - rest.len();
                if let Some(header) = begin.first_chunk::<2>()
                    && length == header.len() + payload.len()
                {
                    while rest.len() >= marked + length && rest.first_chunk() == Some(header) {
                        rest = &rest[length..];
                        *count += 1;
                    }
                }
            }
            sink(seen);
        }
        bytes.len() - rest.len()
    }

    /// Judges one frame; a server's messages have one each.
    #[inline]
    fn judge(self, opcode: Opcode, payload: &[u8], format: &Format, out: &mut Vec<u8>) -> Seen {
        let text = match self {
            _ if opcode == Opcode::Ping => {
                ws::masked_frame(out, Opcode::Pong, payload, MASK);
                return Seen::Other(0);
            }
            Self::Sio if payload == b"2" => {
                self.frame(b"3", out);
                return Seen::Other(0);
            }
            Self::Sio => payload
                .strip_prefix(PACKET[0])
                .and_then(|text| text.strip_suffix(PACKET[1]))
                .filter(|text| text.len() == format.size()),
            // A relay does not remove the end of a line.
            Self::Line | Self::Ws => Some(payload.strip_suffix(b"\n").unwrap_or(payload)),
        };
        let stamp = text.and_then(|text| format.read_behind(text));
        stamp.map_or_else(|| format.judge(text.unwrap_or(payload)), Seen::Ours)
    }
}

/// [`Protocol::split`] for lines.
#[inline]
fn split_lines(bytes: &[u8], format: &Format, mut sink: impl FnMut(Seen)) -> usize {
    let mut rest = bytes;
    // The part of a line before the message is mostly as long as the last time.
    let mut front = 0;
    loop {
        // An undamaged message has no line feed inside, so there is no need to search for it.
        let end = front + format.size();
        if rest.get(end) == Some(&b'\n')
            && let Some(stamp) = format.read_behind(&rest[..end])
        {
            sink(Seen::Ours(stamp));
            rest = &rest[end + 1..];
            continue;
        }
        let Some(end) = memchr::memchr(b'\n', rest) else {
            return bytes.len() - rest.len();
        };
        let seen = format.judge(&rest[..end]);
        sink(seen);
        rest = &rest[end + 1..];
        match seen {
            Seen::Ours(_) => front = end - format.size(),
            Seen::Corrupt => {}
            Seen::Other(_) => {
                let (skipped, lines) = format.skip_others(rest);
                sink(Seen::Other(lines));
                rest = &rest[skipped..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Stamp;

    const FORMAT_RUN: u32 = 0x1234;

    fn stamp(sequence: u32) -> Stamp {
        Stamp { sender: 3, sequence, time: 99 }
    }

    /// A stream as a server sends it: messages, some after a nickname where there are nicknames,
    /// and texts of others.
    fn stream(protocol: Protocol, format: &Format) -> (Vec<u8>, Vec<Seen>) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        let mut push = |text: &[u8], seen| {
            match protocol {
                Protocol::Line => protocol.wrap(text, &mut bytes),
                Protocol::Ws => ws::frame(&mut bytes, Opcode::Text, text),
                Protocol::Sio => {
                    let packet = [PACKET[0], text, PACKET[1]].concat();
                    ws::frame(&mut bytes, Opcode::Text, &packet);
                }
            }
            expected.push(seen);
        };
        for sequence in 0..4 {
            let mut text = Vec::new();
            if sequence % 2 == 1 && protocol != Protocol::Sio {
                text.extend_from_slice(b"<ann> ");
            }
            format.write(stamp(sequence), &mut text);
            push(&text, Seen::Ours(stamp(sequence)));
            for _ in 0..sequence {
                push(b"* ann is here", Seen::Other(1));
            }
        }
        push(b"", Seen::Other(1));
        (bytes, expected)
    }

    /// Adds one result, line by line.
    fn note(seen: &mut Vec<Seen>, one: Seen) {
        match one {
            Seen::Other(lines) => seen.extend((0..lines).map(|_| Seen::Other(1))),
            one => seen.push(one),
        }
    }

    #[test]
    fn streams_may_be_cut_anywhere() {
        // The second size takes frames with longer headers.
        for (protocol, size) in [Protocol::Line, Protocol::Ws, Protocol::Sio]
            .map(|protocol| [(protocol, 40), (protocol, 140)])
            .as_flattened()
        {
            let format = Format::new(FORMAT_RUN, *size);
            let (bytes, expected) = stream(*protocol, &format);
            let mut out = Vec::new();
            for cut in 0..=bytes.len() {
                let mut seen = Vec::new();
                let mut sink = |one| note(&mut seen, one);
                let used = protocol.split(&bytes[..cut], &format, &mut out, &mut sink);
                assert!(used <= cut);
                let more = protocol.split(&bytes[used..], &format, &mut out, &mut sink);
                assert_eq!(used + more, bytes.len());
                assert_eq!(seen, expected, "{protocol:?} cut at {cut}");
            }
            assert!(out.is_empty());
        }
    }

    /// How a protocol reads a stream, and its replies.
    fn split(protocol: Protocol, bytes: &[u8]) -> (Vec<Seen>, Vec<u8>) {
        let mut seen = Vec::new();
        let mut out = Vec::new();
        let format = Format::new(FORMAT_RUN, 40);
        protocol.split(bytes, &format, &mut out, |one| note(&mut seen, one));
        (seen, out)
    }

    #[test]
    fn damage_shows_at_every_door() {
        let mut text = Vec::new();
        Format::new(FORMAT_RUN, 40).write(stamp(0), &mut text);
        for byte in [b'\n', b'-'] {
            text[35] = byte;
            let lines = [&text, &b"\n"[..]].concat();
            assert_eq!(split(Protocol::Line, &lines).0[0], Seen::Corrupt);
            for (protocol, [front, behind]) in
                [(Protocol::Ws, [&b"<x> "[..], b""]), (Protocol::Sio, PACKET)]
            {
                let mut bytes = Vec::new();
                ws::frame(&mut bytes, Opcode::Text, &[front, &text, behind].concat());
                assert_eq!(split(protocol, &bytes), (vec![Seen::Corrupt], Vec::new()));
            }
        }
    }

    #[test]
    fn heartbeats_are_answered() {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        ws::frame(&mut bytes, Opcode::Text, b"2");
        ws::frame(&mut bytes, Opcode::Ping, b"xy");
        ws::masked_frame(&mut expected, Opcode::Text, b"3", MASK);
        ws::masked_frame(&mut expected, Opcode::Pong, b"xy", MASK);
        assert_eq!(split(Protocol::Sio, &bytes), (Vec::new(), expected));
    }

    #[test]
    fn clients_frames_are_masked() {
        for (protocol, expected) in
            [(Protocol::Ws, "hi"), (Protocol::Sio, "42[\"message\",\"hi\"]")]
        {
            let mut out = Vec::new();
            protocol.wrap(b"hi", &mut out);
            let mut decoder = ws::Decoder::default();
            let event = decoder.next(&mut &mut out[..], 99);
            assert_eq!(event, Ok(Some(ws::Event::Text(expected))));
        }
    }
}
