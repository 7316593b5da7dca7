//! The ways into the server, that is how texts are framed on the wire.

use clap::ValueEnum;

use crate::payload::{Format, Seen};

/// A protocol the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Door {
    /// Lines of text, each ended by a line feed.
    Line,
}

impl Door {
    /// The name on the command line and in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
        }
    }

    /// Appends a text, framed, to what a client is about to send.
    pub(crate) fn wrap(self, text: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Line => {
                out.extend_from_slice(text);
                out.push(b'\n');
            }
        }
    }

    /// Judges each whole text in what came in; returns how many bytes those took.
    #[inline]
    pub(crate) fn split(self, bytes: &[u8], format: &Format, sink: impl FnMut(Seen)) -> usize {
        match self {
            Self::Line => split_lines(bytes, format, sink),
        }
    }
}

/// [`Door::split`] for lines.
#[inline]
fn split_lines(bytes: &[u8], format: &Format, mut sink: impl FnMut(Seen)) -> usize {
    let mut rest = bytes;
    // What comes before the message in a line is mostly as long as it was last time.
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

    /// A stream with plain messages, messages behind a nickname, and lines of others.
    fn stream(format: &Format) -> (Vec<u8>, Vec<Seen>) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for sequence in 0..4 {
            let mut text = Vec::new();
            if sequence % 2 == 1 {
                text.extend_from_slice(b"<ann> ");
            }
            format.write(stamp(sequence), &mut text);
            Door::Line.wrap(&text, &mut bytes);
            expected.push(Seen::Ours(stamp(sequence)));
            for _ in 0..sequence {
                Door::Line.wrap(b"* ann is here", &mut bytes);
                expected.push(Seen::Other(1));
            }
        }
        Door::Line.wrap(b"", &mut bytes);
        expected.push(Seen::Other(1));
        (bytes, expected)
    }

    /// Notes what is seen, one line at a time.
    fn note(seen: &mut Vec<Seen>, one: Seen) {
        match one {
            Seen::Other(lines) => seen.extend((0..lines).map(|_| Seen::Other(1))),
            one => seen.push(one),
        }
    }

    #[test]
    fn lines_may_be_cut_anywhere() {
        let format = Format::new(FORMAT_RUN, 40);
        let (bytes, expected) = stream(&format);
        for cut in 0..=bytes.len() {
            let mut seen = Vec::new();
            let used = Door::Line.split(&bytes[..cut], &format, |one| note(&mut seen, one));
            assert!(used <= cut);
            let more = Door::Line.split(&bytes[used..], &format, |one| note(&mut seen, one));
            assert_eq!(used + more, bytes.len());
            assert_eq!(seen, expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_feed_inside_a_message_is_damage() {
        let format = Format::new(FORMAT_RUN, 40);
        let mut text = Vec::new();
        format.write(stamp(0), &mut text);
        text[35] = b'\n';
        let mut bytes = Vec::new();
        Door::Line.wrap(&text, &mut bytes);
        let mut seen = Vec::new();
        Door::Line.split(&bytes, &format, |one| note(&mut seen, one));
        assert_eq!(seen, [Seen::Corrupt, Seen::Other(1)]);
    }
}
