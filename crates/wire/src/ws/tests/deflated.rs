//! Compressed messages.

use super::*;
use crate::limits::{DEFLATE_BYTES_MAX, INFLATE_STREAMS_MAX};

/// "Hello" in the forms of RFC 7692 7.2.3, each in one frame of a client.
const HELLOS: [&[u8]; 5] = [
    &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
    // A block without compression.
    &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
    // A last block, with and without another one after it.
    &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
    &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00],
    // Two blocks.
    &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
];

/// The events of a new decoder for `input`, cut at `cuts`, in which messages may be compressed.
fn inflate(role: Role, input: &[u8], cuts: &[usize], bytes_max: usize) -> Vec<String> {
    let (mut decoder, mut inflater) = (Decoder::new(role).with_deflate(), Inflater::default());
    let (mut shown, mut from) = (Vec::new(), 0);
    for to in cuts.iter().copied().chain([input.len()]) {
        let mut piece = input[from..to].to_vec();
        let mut rest = piece.as_mut_slice();
        loop {
            match decoder.next_with(&mut rest, bytes_max, &mut inflater) {
                Ok(Some(event)) => shown.push(format!("{event:?}")),
                Ok(None) => break,
                Err(error) => shown.push(format!("{error:?}")),
            }
        }
        from = to;
        assert!(decoder.heap_bytes() == 0 || !decoder.is_between_messages());
    }
    shown
}

/// A message without flush or end, compressed by itself.
fn packed(plain: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    frame(&mut frames, Opcode::Binary, plain);
    Deflater::new(0, 6).deflate(&mut frames, 0, Window::LARGEST);
    let header = if frames[1] < 126 { 2 } else { 4 + 6 * usize::from(frames[1] == 127) };
    assert_eq!(frames[0], 0xc2, "it is compressed");
    frames.split_off(header)
}

#[test]
fn all_forms_of_the_standard_are_read() {
    for hello in HELLOS {
        for cuts in [vec![], (0..hello.len() + 6).collect()] {
            let read = inflate(Role::Server, &raw(0xc1, hello), &cuts, 5);
            assert_eq!(read, ["Text(\"Hello\")"], "{hello:x?}");
        }
        let (first, second) = hello.split_at(3);
        let ping = raw(0x89, b"x");
        let parts = [raw(0x41, first), ping, raw(0x80, second), raw(0x81, b"plain")].concat();
        for cuts in [vec![], (0..parts.len()).collect()] {
            let read = inflate(Role::Server, &parts, &cuts, 5);
            assert_eq!(read, ["Ping([120])", "Text(\"Hello\")", "Text(\"plain\")"]);
        }
    }
    assert_eq!(inflate(Role::Server, &raw(0xc2, &[0]), &[], 0), ["Binary([])"]);
}

#[test]
fn what_is_no_compressed_message_is_refused() {
    // Without agreement, and where the bit has no meaning.
    assert_eq!(decode(Role::Server, &raw(0xc1, HELLOS[0]), &[], 20), ["ReservedBits"]);
    for first in [0xa1, 0x91, 0xf1, 0xc9, 0xc8] {
        assert_eq!(inflate(Role::Server, &raw(first, b"x"), &[], 20), ["ReservedBits"]);
    }
    let later = [raw(0x41, &HELLOS[0][..3]), raw(0xc0, &HELLOS[0][3..])].concat();
    assert_eq!(inflate(Role::Server, &later, &[], 20), ["ReservedBits"]);
    // The second Hello of 7.2.3.2, which refers to the first.
    let twice = [raw(0xc1, HELLOS[0]), raw(0xc1, &[0xf2, 0x00, 0x11, 0x00, 0x00])].concat();
    assert_eq!(inflate(Role::Server, &twice, &[], 20), ["Text(\"Hello\")", "Deflated"]);
    // Cut anywhere, a wrong block, text that is not UTF-8.
    for length in 1..HELLOS[0].len() - 1 {
        let cut = inflate(Role::Server, &raw(0xc1, &HELLOS[0][..length]), &[], 20);
        assert_eq!(cut, ["Deflated"], "{length}");
    }
    assert_eq!(inflate(Role::Server, &raw(0xc2, &[0xff; 9]), &[], 20), ["Deflated"]);
    assert_eq!(inflate(Role::Server, &raw(0xc2, &[]), &[], 20), ["Deflated"]);
    let stored = [0, 1, 0, 0xfe, 0xff, 0xff, 0];
    assert_eq!(inflate(Role::Server, &raw(0xc1, &stored), &[], 20), ["Utf8"]);
}

#[test]
fn a_bomb_costs_no_more_than_the_longest_message() {
    let bomb = packed(&vec![0; DEFLATE_BYTES_MAX]);
    assert!(bomb.len() < 2000, "{}", bomb.len());
    let mut inflater = Inflater::default();
    for bytes_max in [0, 1, 1000, DEFLATE_BYTES_MAX - 1] {
        assert_eq!(inflater.inflate(&bomb, bytes_max), Err(Error::TooLarge));
    }
    let whole = inflater.inflate(&bomb, DEFLATE_BYTES_MAX).expect("it is as long as allowed");
    assert!(whole == vec![0; DEFLATE_BYTES_MAX] && whole.capacity() <= DEFLATE_BYTES_MAX + 1);
    assert_eq!(inflate(Role::Server, &raw(0xc2, &bomb), &[], 1000), ["TooLarge"]);
    // Many streams, each of which has its last block and nothing else.
    let streams = [3, 0].repeat(usize::from(INFLATE_STREAMS_MAX));
    assert_eq!(inflater.inflate(&streams, 9), Ok(Vec::new()));
    assert_eq!(inflater.inflate(&[&streams[..], &[3, 0]].concat(), 9), Err(Error::Deflated));
}

#[test]
fn the_ahead_look_sees_into_a_short_message() {
    let mut inflater = Inflater::default();
    let decoder = Decoder::default().with_deflate();
    let mut look = |bytes: &[u8]| decoder.ahead(bytes, &mut inflater);
    assert_eq!(look(&raw(0xc1, HELLOS[0])), Ahead::Short(b'H'));
    assert_eq!(look(&raw(0x81, b"3")), Ahead::Short(b'3'));
    assert_eq!(look(&raw(0xc1, HELLOS[0])[..8]), Ahead::Partial);
    assert_eq!(look(&raw(0xc1, &packed(&[b'3'; 126]))), Ahead::Message);
    assert_eq!(look(&raw(0xc1, &[0xff])), Ahead::Message);
    let plain = Decoder::default();
    assert_eq!(plain.ahead(&raw(0xc1, HELLOS[0]), &mut inflater), Ahead::Control);
}

/// A word of a small vocabulary, so that messages can be compressed.
fn words(random: &mut Rng, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let number = random.usize(..300);
        bytes.extend_from_slice(format!("{{\"word\":{number}}}").as_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn messages_come_back_from_their_compressed_form_in_every_window() {
    let mut random = Rng::with_seed(5);
    for bits in 8..=15 {
        let window = Window::from_bits(bits).expect("it is a window");
        for level in [1, 6, 9] {
            let mut deflater = Deflater::new(100, level);
            let (mut frames, mut expected) = (b"before".to_vec(), Vec::new());
            for _ in 0..40 {
                let length = [0, 99, 100, 600, 5000, 70_000][random.usize(..6)];
                let plain = match random.usize(..3) {
                    0 => random_bytes(&mut random, length),
                    _ => words(&mut random, length),
                };
                let begin = frames.len();
                frame(&mut frames, Opcode::Binary, &plain);
                frame(&mut frames, Opcode::Ping, b"");
                let before = frames.len();
                deflater.deflate(&mut frames, begin, window);
                assert!(frames.len() <= before, "nothing becomes longer");
                let is_plain = frames[begin] == 0x82;
                assert!(is_plain || plain.len() >= 100, "short ones stay as they are");
                expected.push(format!("{:?}", Event::Binary(&plain)));
                expected.push("Ping([])".to_owned());
                window_holds(&frames[begin..], window);
            }
            let cuts = random_cuts(&mut random, 9, frames.len() - 6);
            assert!(inflate(Role::Client, &frames[6..], &cuts, 70_000) == expected, "{bits}");
        }
    }
}

/// Panics unless a frame's compressed message can be read with no more than `window`.
fn window_holds(frames: &[u8], window: Window) {
    let mut rest = frames.to_vec();
    let mut decoder = Decoder::new(Role::Client);
    if rest[0] & 0x40 == 0 || window == Window::LARGEST {
        return;
    }
    rest[0] &= !0x40;
    let packed = match decoder.next(&mut &mut rest[..], 100_000) {
        Ok(Some(Event::Binary(packed))) => [packed, &[0, 0, 0xff, 0xff]].concat(),
        event => panic!("{event:?}"),
    };
    // zlib's window of 8 bits is one of 9.
    let bits = (window.bytes().trailing_zeros() as u8).max(9);
    let mut inflate = flate2::Decompress::new_with_window_bits(false, bits);
    // As much at a time as the window keeps, or the output itself would be its memory.
    let (mut packed, mut piece) = (&packed[..], vec![0; window.bytes()]);
    while !packed.is_empty() {
        let before = inflate.total_in();
        let flush = flate2::FlushDecompress::None;
        inflate.decompress(packed, &mut piece, flush).expect("the window is enough");
        packed = &packed[(inflate.total_in() - before) as usize..];
    }
}

#[test]
fn what_does_not_become_shorter_or_is_very_long_is_sent_as_it_is() {
    let mut random = Rng::with_seed(6);
    let mut deflater = Deflater::new(10, 6);
    for plain in [random_bytes(&mut random, 5000), vec![0; DEFLATE_BYTES_MAX + 1]] {
        let mut frames = Vec::new();
        frame(&mut frames, Opcode::Binary, &plain);
        let before = frames.clone();
        deflater.deflate(&mut frames, 0, Window::LARGEST);
        assert!(frames == before);
    }
}

#[test]
fn a_long_message_is_not_compressed_for_a_small_window() {
    let mut deflater = Deflater::new(10, 6);
    let small = Window::from_bits(8).expect("it is a window");
    for (length, is_compressed) in [(512 * 256, true), (512 * 256 + 1, false)] {
        let mut frames = Vec::new();
        frame(&mut frames, Opcode::Binary, &vec![0; length]);
        let before = frames.len();
        deflater.deflate(&mut frames, 0, small);
        assert_eq!(frames.len() < before, is_compressed, "{length}");
    }
}
