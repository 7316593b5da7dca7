//! The bounds of a decoder's input and memory, the output, and the mask.

use super::super::frame::apply_mask;
use super::*;
use crate::limits::{WS_FRAGMENTS_MAX, WS_GATHER_BYTES_MIN};

#[test]
fn an_idle_decoder_is_small() {
    assert!(size_of::<Decoder>() <= 64, "{}", size_of::<Decoder>());
    let mut decoder = Decoder::default();
    assert!(decoder.is_between_messages());
    assert_eq!(feed(&mut decoder, &raw(0x81, b"hi"), 20), ["Text(\"hi\")"]);
    assert_eq!((decoder.heap_bytes(), decoder.is_between_messages()), (0, true));

    let two = [raw(0x01, b"a"), raw(0x80, b"b")].concat();
    assert!(feed(&mut decoder, &two[..1], 20).is_empty());
    assert_eq!((decoder.heap_bytes(), decoder.is_between_messages()), (0, false));
    assert!(feed(&mut decoder, &two[1..7], 20).is_empty());
    assert!(decoder.heap_bytes() > 0 && !decoder.is_between_messages());
    let mut last = two[7..].to_vec();
    let mut rest = last.as_mut_slice();
    assert_eq!(decoder.next(&mut rest, 20), Ok(Some(Event::Text("ab"))));
    assert!(decoder.is_between_messages());
    assert_eq!(decoder.next(&mut rest, 20), Ok(None));
    assert_eq!(decoder.heap_bytes(), 0);
}

#[test]
fn a_whole_frame_is_lent_from_the_input() {
    let mut decoder = Decoder::default();
    let mut bytes = [raw(0x01, b"a"), raw(0x89, b"ping"), raw(0x80, b"b")].concat();
    let places = bytes.as_ptr_range();
    let mut rest = bytes.as_mut_slice();
    let Ok(Some(Event::Ping(ping))) = decoder.next(&mut rest, 20) else { panic!("no ping") };
    assert!(places.contains(&ping.as_ptr()));
    let Ok(Some(Event::Text(text))) = decoder.next(&mut rest, 20) else { panic!("no text") };
    assert!(!places.contains(&text.as_ptr()));
}

#[test]
fn a_length_is_refused_on_the_header_alone() {
    for length in [1_u64 << 31, 1 << 40, 1 << 62] {
        let mut decoder = Decoder::default();
        let bytes = [&[0x82, 0xff], length.to_be_bytes().as_slice(), &MASK].concat();
        assert_eq!(feed(&mut decoder, &bytes, BYTES_MAX), ["TooLarge"]);
        assert_eq!(decoder.heap_bytes(), 0);
    }
}

#[test]
fn space_is_taken_as_bytes_come() {
    for first in [0x82, 0x02] {
        let mut decoder = Decoder::default();
        let mut bytes = raw(first, &[0; 70_000]);
        let piece = bytes.split_off(14);
        feed(&mut decoder, &bytes, BYTES_MAX);
        assert_eq!(decoder.heap_bytes(), 0);
        for (at, piece) in piece.chunks(1000).enumerate().take(69) {
            feed(&mut decoder, piece, BYTES_MAX);
            let held = (at + 1) * 1000;
            let bound = if first == 0x82 { 70_000 } else { 140_000 };
            assert!(decoder.heap_bytes() <= bound.min(2 * held), "{held}");
        }
    }
    let mut decoder = Decoder::default();
    feed(&mut decoder, &raw(0x82, &[0; 70_000])[..15], BYTES_MAX);
    assert!(decoder.heap_bytes() <= WS_GATHER_BYTES_MIN);
}

#[test]
fn fragments_are_counted() {
    let mut decoder = Decoder::default();
    feed(&mut decoder, &raw(0x02, b""), BYTES_MAX);
    let empty = raw(0x00, b"");
    for _ in 1..WS_FRAGMENTS_MAX {
        assert!(feed(&mut decoder, &empty, BYTES_MAX).is_empty());
        assert!(feed(&mut decoder, &raw(0x8a, b""), BYTES_MAX) == ["Pong"]);
    }
    assert_eq!(feed(&mut decoder, &empty, BYTES_MAX), ["TooManyFragments"]);
    assert!(feed(&mut decoder, &empty, BYTES_MAX).is_empty());

    let mut decoder = Decoder::new(Role::Server).with_fragments_max(2);
    let two = [raw(0x01, b"a"), raw(0x80, b"b")].concat();
    let input = [&two, &two, &raw(0x01, b"a"), &empty, &empty].map(Vec::as_slice).concat();
    let shown = feed(&mut decoder, &input, BYTES_MAX);
    assert_eq!(shown, ["Text(\"ab\")", "Text(\"ab\")", "TooManyFragments"]);
}

#[test]
fn after_the_end_nothing_is_kept() {
    for last in [raw(0x88, b""), raw(0x83, b""), raw(0x88, b"\x03"), raw(0x80, b"\xff")] {
        for cut in 0..last.len() {
            let mut decoder = Decoder::default();
            feed(&mut decoder, &raw(0x01, b"a"), 20);
            feed(&mut decoder, &last[..cut], 20);
            feed(&mut decoder, &last[cut..], 20);
            assert!(feed(&mut decoder, &raw(0x81, b"no"), 20).is_empty());
            assert_eq!((decoder.heap_bytes(), decoder.is_between_messages()), (0, true));
        }
    }
}

#[test]
fn close_codes_of_errors() {
    assert_eq!(Error::ReservedOpcode(3).code(), 1002);
    assert_eq!(Error::CloseCode(1005).code(), 1002);
    assert_eq!(Error::Utf8.code(), 1007);
    assert_eq!(Error::TooManyFragments.code(), 1008);
    assert_eq!(Error::TooLarge.code(), 1009);
    assert_eq!(Error::CloseCode(1005).to_string(), "close code 1005 may not be sent");
}

#[test]
fn a_reason_is_cut_between_characters() {
    for (reason, kept) in [
        ("bye".to_owned(), 3),
        ("x".repeat(123), 123),
        ("x".repeat(124), 123),
        ("€".repeat(50), 123),
        ("😀".repeat(50), 120),
        (format!("{}é", "x".repeat(122)), 122),
    ] {
        let mut bytes = Vec::new();
        close(&mut bytes, Some(1001), &reason);
        let payload = [&[0x03, 0xe9], &reason.as_bytes()[..kept]].concat();
        assert_eq!(split_frame(&mut bytes.as_slice()), Some((Opcode::Close, &payload[..])));
        assert_eq!(decode(Role::Client, &bytes, &[], 0), ["Close { code: Some(1001) }"]);
    }
    let mut bytes = Vec::new();
    close(&mut bytes, None, "left out");
    assert_eq!(bytes, [0x88, 0]);
}

#[test]
fn queued_frames_are_read_back() {
    let mut bytes = Vec::new();
    let payloads = [0, 1, 125, 126, 65535, 65536].map(|length| vec![7; length]);
    for payload in &payloads {
        frame(&mut bytes, Opcode::Binary, payload);
    }
    let mut rest = bytes.as_slice();
    for payload in &payloads {
        assert_eq!(split_frame(&mut rest), Some((Opcode::Binary, payload.as_slice())));
    }
    assert_eq!(split_frame(&mut rest), None);
    for cut in [0, 1, 2, 3, 11, 65545] {
        let mut rest = &bytes[bytes.len() - 65546..][..cut];
        assert_eq!(split_frame(&mut rest), None);
        assert_eq!(rest.len(), cut);
    }
}

#[test]
fn a_mask_is_applied_byte_by_byte() {
    let mut random = Rng::with_seed(7);
    for length in 0..70 {
        let mask = random.u32(..).to_ne_bytes();
        let bytes = random_bytes(&mut random, length + 8);
        for begin in 0..8 {
            let mut masked = bytes.clone();
            apply_mask(&mut masked[begin..begin + length], mask);
            for (at, byte) in bytes.iter().enumerate() {
                let is_inside = (begin..begin + length).contains(&at);
                let key = if is_inside { mask[(at - begin) % 4] } else { 0 };
                assert_eq!(masked[at], byte ^ key, "{length} {begin} {at}");
            }
        }
    }
}
