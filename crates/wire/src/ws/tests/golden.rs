//! Known bytes and what they mean, in one piece, at every split and byte by byte.

use super::*;

#[track_caller]
fn expect(role: Role, input: &[u8], expected: &[&str]) {
    for cut in 0..=input.len() {
        for second in cut..=input.len() {
            assert_eq!(decode(role, input, &[cut, second], 20), expected, "{cut} {second}");
        }
    }
    let each: Vec<usize> = (0..input.len()).collect();
    assert_eq!(decode(role, input, &each, 20), expected, "byte by byte");
}

/// A server's reading of masked frames, given as first byte and payload.
#[track_caller]
fn server(frames: &[(u8, &[u8])], expected: &[&str]) {
    let input: Vec<u8> = frames.iter().flat_map(|(first, payload)| raw(*first, payload)).collect();
    expect(Role::Server, &input, expected);
}

#[test]
fn the_examples_of_the_rfc() {
    let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    expect(Role::Server, &masked, &["Text(\"Hello\")"]);
    expect(Role::Client, b"\x81\x05Hello", &["Text(\"Hello\")"]);
    expect(Role::Client, b"\x01\x03Hel\x80\x02lo", &["Text(\"Hello\")"]);
    expect(Role::Client, b"\x89\x05Hello", &["Ping([72, 101, 108, 108, 111])"]);
    let pong = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    expect(Role::Server, &pong, &["Pong"]);

    let mut bytes = Vec::new();
    masked_frame(&mut bytes, Opcode::Text, b"Hello", MASK);
    assert_eq!(bytes, masked);
    bytes.clear();
    header(&mut bytes, Opcode::Binary, 256);
    assert_eq!(bytes, [0x82, 0x7e, 0x01, 0x00]);
    bytes.clear();
    header(&mut bytes, Opcode::Binary, 65536);
    assert_eq!(bytes, [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);

    let accepted = accept("dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(accepted.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

#[test]
fn a_key_is_the_base64_of_16_bytes() {
    for key in [
        "",
        "==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25j",
        "dGhlIHNhbXBsZSBub25jZWU=",
        "dGhlIHNhbXBsZSBub25jZWVl",
        " dGhlIHNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZQ== ",
        "dGhlIHNhbXBsZSBub25j-_==",
        "dGhlIHNhbXBsZSBub25j\u{e9}==",
    ] {
        assert_eq!(accept(key), None, "{key}");
    }
    assert!(accept("++++////++++////+/+/Zz==").is_some(), "spare bits are not looked at");
}

#[test]
fn messages() {
    server(&[(0x81, b""), (0x82, b""), (0x89, b"")], &["Text(\"\")", "Binary([])", "Ping([])"]);
    server(&[(0x81, "grüße".as_bytes()), (0x82, b"\xff")], &["Text(\"grüße\")", "Binary([255])"]);
    server(&[(0x01, b""), (0x00, b""), (0x80, b"")], &["Text(\"\")"]);
    server(
        &[(0x02, b"a"), (0x00, b""), (0x80, b"b"), (0x81, b"c")],
        &["Binary([97, 98])", "Text(\"c\")"],
    );
    // A character whose bytes lie in four fragments.
    let frames: &[(u8, &[u8])] = &[(1, b"\xf0"), (0, b"\x9f"), (0, b"\x98"), (0x80, b"\x80!")];
    server(frames, &["Text(\"😀!\")"]);
}

#[test]
fn control_frames_between_fragments_leave_the_message_alone() {
    server(
        &[(0x01, b"\xe2\x82"), (0x89, b"\xff1"), (0x8a, b"2"), (0x80, b"\xac")],
        &["Ping([255, 49])", "Pong", "Text(\"€\")"],
    );
    server(&[(0x01, b"a"), (0x88, b"\x03\xe8bye"), (0x80, b"b")], &["Close { code: Some(1000) }"]);
    server(&[(0x01, b"a"), (0x88, b"\x03"), (0x80, b"b")], &["CloseCut"]);
}

#[test]
fn refused_by_the_first_two_bytes() {
    for first in [0xc1, 0xa1, 0x91, 0xf2] {
        server(&[(0x81, b"ok"), (first, b"x"), (0x81, b"no")], &["Text(\"ok\")", "ReservedBits"]);
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        server(&[(0x80 | opcode, b"")], &[&format!("ReservedOpcode({opcode})")]);
    }
    for opcode in [8, 9, 10] {
        server(&[(opcode, b"x")], &["ControlFragmented"]);
        expect(Role::Server, &[0x80 | opcode, 0xfe], &["ControlTooLong"]);
        expect(Role::Server, &[0x80 | opcode, 0xff], &["ControlTooLong"]);
        expect(Role::Server, &[0x80 | opcode, 0x00], &["Unmasked"]);
    }
    expect(Role::Server, b"\x81\x02no", &["Unmasked"]);
    expect(Role::Client, &raw(0x81, b"no"), &["Masked"]);
}

#[test]
fn fragments_out_of_order() {
    server(&[(0x80, b"x")], &["LoneContinuation"]);
    server(&[(0x00, b"x")], &["LoneContinuation"]);
    server(&[(0x01, b"a"), (0x80, b"b"), (0x80, b"c")], &["Text(\"ab\")", "LoneContinuation"]);
    server(&[(0x01, b"a"), (0x81, b"b")], &["Interleaved"]);
    server(&[(0x02, b""), (0x01, b"b")], &["Interleaved"]);
}

#[test]
fn lengths() {
    let cases: [(&[u8], &str); 8] = [
        (&[0x82, 0x7e, 0, 0], "Length"),
        (&[0x82, 0x7e, 0, 125], "Length"),
        (&[0x82, 0x7e, 0, 126], "TooLarge"),
        (&[0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff], "Length"),
        (&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0], "TooLarge"),
        (&[0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "TooLarge"),
        (&[0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0], "Length"),
        (&[0x82, 0x15], "TooLarge"),
    ];
    for (header, expected) in cases {
        expect(Role::Client, header, &[expected]);
    }
    server(&[(0x82, &[0; 21])], &["TooLarge"]);
    server(&[(0x02, &[0; 20]), (0x00, b""), (0x80, b"x")], &["TooLarge"]);
    server(&[(0x81, b"twenty bytes are well")], &["TooLarge"]);
    server(&[(0x81, b"twenty bytes are all")], &["Text(\"twenty bytes are all\")"]);
    server(
        &[(0x81, b"a"), (0x89, &[0; 25]), (0x81, b"b")],
        &["Text(\"a\")", &format!("Ping({:?})", [0; 25]), "Text(\"b\")"],
    );
}

#[test]
fn text_that_is_not_utf8() {
    let wrong: [&[u8]; 8] = [
        b"\xff",
        b"a\x80",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"ab\xe2\x28\xa1",
    ];
    for text in wrong {
        server(&[(0x81, text), (0x81, b"no")], &["Utf8"]);
        server(&[(0x01, b"a"), (0x80, text)], &["Utf8"]);
        server(&[(0x01, text), (0x80, b"a")], &["Utf8"]);
        let (begin, end) = text.split_at(text.len() - 1);
        server(&[(0x01, begin), (0x00, b""), (0x80, end)], &["Utf8"]);
    }
    server(&[(0x01, b"\xe2"), (0x80, b"")], &["Utf8"]);
    // The wrong byte is enough; the rest of its frame need not come.
    let mut cut = raw(0x01, b"a\xf4\x90 and more");
    cut.truncate(6 + 3);
    expect(Role::Server, &cut, &["Utf8"]);
}

#[test]
fn closes() {
    server(&[(0x88, b""), (0x81, b"no")], &["Close { code: None }"]);
    server(&[(0x88, b"\x03")], &["CloseCut"]);
    server(&[(0x88, b"\x03\xe8\xe2\x82")], &["Utf8"]);
    server(&[(0x88, b"\x03\xe8\xff"), (0x88, b"")], &["Utf8"]);
    for code in 0..=u16::MAX {
        let payload = [code.to_be_bytes().as_slice(), "weg €".as_bytes()].concat();
        let is_valid = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let expected = if is_valid {
            format!("Close {{ code: Some({code}) }}")
        } else {
            format!("CloseCode({code})")
        };
        assert_eq!(decode(Role::Server, &raw(0x88, &payload), &[4], 0), [expected]);
    }
}
