//! What the tests of the codec share.

mod bounds;
mod golden;
mod peer;
mod seeded;

use super::*;

/// The largest message in most tests.
const BYTES_MAX: usize = 100_000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Random numbers whose seed names a run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// UTF-8 of exactly `length` bytes, with characters of one to four.
    fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let character = ['a', '\n', 'ß', '€', '😀', '\u{10ffff}'][self.below(6)];
            if text.len() + character.len_utf8() <= length {
                text.push(character);
            }
        }
        text
    }

    /// Up to `count` places, in order, at which `length` bytes are cut.
    fn cuts(&mut self, count: usize, length: usize) -> Vec<usize> {
        let mut cuts: Vec<usize> = (0..count).map(|_| self.below(length + 1)).collect();
        cuts.sort_unstable();
        cuts
    }
}

/// A masked frame with any first byte.
fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    masked_frame(&mut bytes, Opcode::Binary, payload, MASK);
    bytes[0] = first;
    bytes
}

/// Gives `decoder` one piece and shows its events and its error; what comes after the end counts
/// too.
fn feed(decoder: &mut Decoder, piece: &[u8], bytes_max: usize) -> Vec<String> {
    let mut piece = piece.to_vec();
    let mut rest = piece.as_mut_slice();
    let mut shown = Vec::new();
    loop {
        match decoder.next(&mut rest, bytes_max) {
            Ok(Some(event)) => shown.push(format!("{event:?}")),
            Ok(None) => break,
            Err(error) => shown.push(format!("{error:?}")),
        }
    }
    assert!(rest.is_empty());
    shown
}

/// What a new decoder makes of `input` when it arrives in the pieces that `cuts` makes.
fn decode(role: Role, input: &[u8], cuts: &[usize], bytes_max: usize) -> Vec<String> {
    let mut decoder = Decoder::new(role);
    let mut shown = Vec::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([input.len()]) {
        shown.extend(feed(&mut decoder, &input[from..to], bytes_max));
        from = to;
        assert!(decoder.heap_bytes() == 0 || !decoder.is_between_messages());
    }
    shown
}
