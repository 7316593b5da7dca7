//! Helpers that the tests of the codec share.

mod bounds;
mod deflated;
mod golden;
mod peer;
mod seeded;

use super::*;
use fastrand::Rng;

/// The largest message in most tests.
const BYTES_MAX: usize = 100_000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn random_bytes(random: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes
}

/// UTF-8 of exactly `length` bytes, with characters of one to four.
fn random_text(random: &mut Rng, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let character = ['a', '\n', 'ß', '€', '😀', '\u{10ffff}'][random.usize(..6)];
        if text.len() + character.len_utf8() <= length {
            text.push(character);
        }
    }
    text
}

/// Up to `count` places at which to cut `length` bytes, in order.
fn random_cuts(random: &mut Rng, count: usize, length: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = (0..count).map(|_| random.usize(..=length)).collect();
    cuts.sort_unstable();
    cuts
}

/// A masked frame with any first byte.
fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    masked_frame(&mut bytes, Opcode::Binary, payload, MASK);
    bytes[0] = first;
    bytes
}

/// Gives `decoder` one piece and shows its events and its error, including anything after the end.
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

/// The events of a new decoder for `input`, which arrives in pieces, cut at `cuts`.
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
