//! The text of one message: fixed-width fields, so that reading it back is cheap.
//!
//! `~lg` run(5) sequence(8) sender(4) time(12) filler, all numbers lower-case hexadecimal and the
//! time in nanoseconds since the generator started. It is plain ASCII without spaces, so that no
//! server has a reason to change it.

use memchr::memmem::Finder;

/// Bytes in front of the filler, hence the smallest message.
pub(crate) const HEADER: usize = 32;

/// The largest message; leaves room for a nickname within the server's longest line.
pub(crate) const LARGEST: usize = 4000;

/// The sender number of a probe, which no real sender has.
pub(crate) const PROBE: u32 = 0xffff;

/// The beginning of every message of any load generator.
const MARKER: &[u8] = b"~lg";

/// Marker and run id together, compared as one word.
const TAG: usize = 8;

/// Characters of the filler, repeated as often as needed; a shifted byte does not match.
const FILLER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The fields of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Its sender.
    pub(crate) sender: u32,
    /// Its position among that sender's messages.
    pub(crate) sequence: u32,
    /// When it was due, in nanoseconds.
    pub(crate) time: u64,
}

/// The result of reading a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A whole message of this run.
    Ours(Stamp),
    /// A message of this run which was damaged on its way.
    Corrupt,
    /// This many other lines: greetings, notices, lines of other generators.
    Other(u64),
}

/// Writes and reads the messages of one run.
pub(crate) struct Format {
    tag: [u8; TAG],
    filler: Vec<u8>,
    marker: Finder<'static>,
}

impl Format {
    /// Messages of `size` bytes (at least [`HEADER`]) marked with the low 20 bits of `run`.
    pub(crate) fn new(run: u32, size: usize) -> Self {
        let mut tag = digits(run);
        tag[..MARKER.len()].copy_from_slice(MARKER);
        let spare = size.saturating_sub(HEADER);
        Self {
            tag,
            filler: FILLER.iter().copied().cycle().take(spare).collect(),
            marker: Finder::new(MARKER),
        }
    }

    /// Bytes in a message.
    pub(crate) fn size(&self) -> usize {
        HEADER + self.filler.len()
    }

    /// Appends the text of a message.
    pub(crate) fn write(&self, stamp: Stamp, out: &mut Vec<u8>) {
        // The top half of the time shares a word with the sender.
        let [_, _, a, b, high @ ..] = stamp.time.to_be_bytes();
        let mixed = (stamp.sender << 16) | u32::from(u16::from_be_bytes([a, b]));
        out.extend_from_slice(&self.tag);
        out.extend_from_slice(&digits(stamp.sequence));
        out.extend_from_slice(&digits(mixed));
        out.extend_from_slice(&digits(u32::from_be_bytes(high)));
        out.extend_from_slice(&self.filler);
    }

    /// Reads a text which is a whole message of this run and nothing else.
    #[inline]
    pub(crate) fn read(&self, text: &[u8]) -> Option<Stamp> {
        let (header, filler) = text.split_first_chunk::<HEADER>()?;
        let (words, _) = header.as_chunks::<TAG>();
        let [tag, sequence, mixed, low] = words else {
            return None;
        };
        if *tag != self.tag {
            return None;
        }
        let sequence = number(*sequence)?;
        let mixed = number(*mixed)?;
        let low = number(*low)?;
        if *filler != *self.filler {
            return None;
        }
        Some(Stamp {
            sender: mixed >> 16,
            sequence,
            time: u64::from(mixed & 0xffff) << 32 | u64::from(low),
        })
    }

    /// Reads a message at the end of a text which certainly has no other start and no line end.
    #[inline]
    pub(crate) fn read_behind(&self, text: &[u8]) -> Option<Stamp> {
        let (front, message) = text.split_at_checked(text.len().checked_sub(self.size())?)?;
        if !front.is_empty() && memchr::memchr2(b'\n', MARKER[0], front).is_some() {
            return None;
        }
        self.read(message)
    }

    /// Judges a line which may carry more in front of the message, such as a nickname.
    #[inline]
    pub(crate) fn judge(&self, line: &[u8]) -> Seen {
        if let Some(at) = line.len().checked_sub(self.size()) {
            let (front, text) = line.split_at(at);
            if let Some(stamp) = self.read(text) {
                return match self.marker.find(front) {
                    None => Seen::Ours(stamp),
                    // The rest of another message sits in front of this one.
                    Some(_) => Seen::Corrupt,
                };
            }
        }
        self.judge_rest(line)
    }

    /// The index at which the next message of any run begins, or the end.
    ///
    /// Other clients may send far more than the senders do; reading each of their texts would leave
    /// no time for the senders' messages.
    pub(crate) fn next_marker(&self, bytes: &[u8]) -> usize {
        self.marker.find(bytes).unwrap_or(bytes.len())
    }

    /// Skips whole lines which have nothing to do with any run; returns their bytes and number.
    pub(crate) fn skip_others(&self, bytes: &[u8]) -> (usize, u64) {
        let end = self.next_marker(bytes);
        let whole = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |last| last + 1);
        let lines = memchr::memchr_iter(b'\n', &bytes[..whole]).count();
        (whole, lines as u64)
    }

    /// Judges a line which does not end in a message of this run.
    #[cold]
    fn judge_rest(&self, line: &[u8]) -> Seen {
        let Some(at) = self.marker.find(line) else {
            return Seen::Other(1);
        };
        let run = line.get(at + MARKER.len()..at + TAG).unwrap_or_default();
        let is_hex = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        let whole = run.len() == TAG - MARKER.len() && run.iter().all(is_hex);
        if whole && run != &self.tag[MARKER.len()..] {
            return Seen::Other(1);
        }
        Seen::Corrupt
    }
}

/// The lowest bit of each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Turns eight values below 16, one in each byte, into hexadecimal digits.
fn ascii(nibbles: u64) -> u64 {
    let letters = ((nibbles + ONES * 6) >> 4) & ONES;
    nibbles + ONES * u64::from(b'0') + letters * u64::from(b'a' - b'0' - 10)
}

/// Eight hexadecimal digits, the most significant first.
fn digits(value: u32) -> [u8; 8] {
    let mut spread = u64::from(value);
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff;
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff;
    spread = (spread | spread << 4) & (ONES * 15);
    ascii(spread).to_be_bytes()
}

/// Reads the output of [`digits`], and nothing else.
#[inline]
fn number(text: [u8; 8]) -> Option<u32> {
    let bytes = u64::from_be_bytes(text);
    let letters = (bytes >> 6) & ONES;
    let nibbles = ((bytes & (ONES * 15)) + letters * 9) & (ONES * 15);
    if ascii(nibbles) != bytes {
        return None;
    }
    let mut value = nibbles;
    value = (value | value >> 4) & 0x00ff_00ff_00ff_00ff;
    value = (value | value >> 8) & 0x0000_ffff_0000_ffff;
    // The two halves are 32 bits apart by now, 16 bits each.
    Some((value >> 16 | value) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { sender: 0x0a1f, sequence: 0xdead_beef, time: 0x1234_5678_9abc };

    fn text(format: &Format) -> Vec<u8> {
        let mut out = Vec::new();
        format.write(STAMP, &mut out);
        out
    }

    #[test]
    fn numbers_survive_the_round_trip() {
        for value in [0, 1, 9, 10, 15, 16, 0x0fed_cba9, 0x8765_4321, u32::MAX] {
            assert_eq!(digits(value), format!("{value:08x}").as_bytes());
            assert_eq!(number(digits(value)), Some(value));
        }
    }

    #[test]
    fn only_lower_case_digits_are_numbers() {
        for byte in 0..=u8::MAX {
            for at in 0..8 {
                let mut text = *b"01a9f0c4";
                text[at] = byte;
                let valid = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                assert_eq!(number(text).is_some(), valid, "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn messages_survive_the_round_trip() {
        for size in [HEADER, HEADER + 1, 64, LARGEST] {
            let format = Format::new(0x000a_bcde, size);
            let line = text(&format);
            assert_eq!(line.len(), size);
            assert_eq!(&line[..TAG], b"~lgabcde");
            assert_eq!(format.read(&line), Some(STAMP));
            assert_eq!(format.judge(&line), Seen::Ours(STAMP));
            let named = [b"<nick> ".as_slice(), &line].concat();
            assert_eq!(format.judge(&named), Seen::Ours(STAMP));
        }
    }

    #[test]
    fn damage_shows() {
        let format = Format::new(7, 64);
        let line = text(&format);
        assert_eq!(format.judge(&line[..63]), Seen::Corrupt);
        assert_eq!(format.judge(&line[..5]), Seen::Corrupt);
        assert_eq!(format.judge(&[&line[..], b"x"].concat()), Seen::Corrupt, "something behind it");
        assert_eq!(format.judge(&[&line[..40], &line].concat()), Seen::Corrupt, "two in one line");
        for at in TAG..line.len() {
            let mut damaged = line.clone();
            damaged[at] = b'-';
            assert_eq!(format.judge(&damaged), Seen::Corrupt, "at {at}");
        }
    }

    #[test]
    fn other_lines_are_ignored() {
        let format = Format::new(7, 64);
        let other = Format::new(8, 64);
        assert_eq!(format.judge(&text(&other)), Seen::Other(1));
        assert_eq!(format.judge(b"* welcome"), Seen::Other(1));
        assert_eq!(format.judge(b""), Seen::Other(1));
        assert_eq!(format.judge(&[b'x'; 100]), Seen::Other(1));
    }
}
