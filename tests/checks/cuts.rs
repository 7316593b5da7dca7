//! Input that is cut in pieces.
//!
//! | bytes | meaning                                                               |
//! |-------|-----------------------------------------------------------------------|
//! | 1     | how to run the check                                                  |
//! | 1     | number of cuts, modulo 16                                             |
//! | 2 × n | the cuts, little-endian: positions modulo the length of the stream    |
//! | rest  | the stream                                                            |

/// Longest stream that is also fed one byte at a time.
const BYTEWISE_MAX: usize = 512;

pub(super) struct Cuts<'d> {
    pub(super) options: u8,
    pub(super) stream: &'d [u8],
    cuts: Vec<usize>,
}

impl<'d> Cuts<'d> {
    pub(super) fn new(mut data: &'d [u8]) -> Self {
        let mut byte = || data.split_off_first().copied().unwrap_or(0);
        let options = byte();
        let count = byte() % 16;
        let words: Vec<u16> = (0..count).map(|_| u16::from_le_bytes([byte(), byte()])).collect();
        let stream = data;
        let mut cuts: Vec<usize> =
            words.iter().map(|word| usize::from(*word) % (stream.len() + 1)).collect();
        cuts.sort_unstable();
        Self { options, stream, cuts }
    }

    /// The stream whole, cut where the input says, and cut everywhere.
    pub(super) fn splits(&self) -> Vec<Vec<&'d [u8]>> {
        let mut splits = vec![vec![self.stream], pieces(self.stream, &self.cuts)];
        if self.stream.len() <= BYTEWISE_MAX {
            splits.push(self.stream.chunks(1).collect());
        }
        splits
    }
}

fn pieces<'d>(stream: &'d [u8], cuts: &[usize]) -> Vec<&'d [u8]> {
    let mut from = 0;
    let ends = cuts.iter().copied().chain([stream.len()]);
    ends.map(|end| &stream[std::mem::replace(&mut from, end)..end]).collect()
}
