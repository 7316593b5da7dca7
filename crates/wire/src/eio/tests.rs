use super::Version::{V3, V4};
use super::*;
use fastrand::Rng;

type Read<'b> = Vec<Result<Packet<'b>, Malformed>>;

fn bytes(bytes: &[u8]) -> Packet<'_> {
    Packet::Binary(bytes.into())
}

fn payload(version: Version, is_octet_stream: bool, body: &[u8]) -> Read<'_> {
    Payload::new(version, is_octet_stream, body).collect()
}

fn encode(version: Version, b64: bool, packets: &[Outgoing<'_>]) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let is_binary = encode_payload(&mut out, version, b64, true, packets.iter().copied());
    (out, is_binary)
}

fn encode_text(version: Version, b64: bool, packets: &[Outgoing<'_>]) -> String {
    let (out, is_binary) = encode(version, b64, packets);
    assert!(!is_binary);
    String::from_utf8(out).expect("the text form is text")
}

#[test]
fn a_version_is_exactly_3_or_4() {
    assert_eq!(Version::from_query("3"), Some(V3));
    assert_eq!(Version::from_query("4"), Some(V4));
    for value in ["", "5", "04", "4 ", "abc", "__proto__", "٤"] {
        assert_eq!(Version::from_query(value), None, "{value}");
    }
}

#[test]
fn a_text_message_is_a_type_and_its_data() {
    for version in [V3, V4] {
        let cases = [
            ("0{}", Packet::Open("{}")),
            ("1", Packet::Close),
            ("2probe", Packet::Ping("probe")),
            ("2", Packet::Ping("")),
            ("3probe", Packet::Pong("probe")),
            ("42[\"é€😀\"]", Packet::Text("2[\"é€😀\"]")),
            ("4", Packet::Text("")),
            ("5", Packet::Upgrade),
            ("52probe", Packet::Upgrade),
            ("6", Packet::Noop),
        ];
        for (message, expected) in cases {
            assert_eq!(text(version, message), Ok(expected), "{message}");
        }
        for message in ["", "7", "a", "€", "-1", " 2", "b%%%%", "bAQI=AQI=", "bA"] {
            assert_eq!(text(version, message), Err(Malformed), "{message}");
        }
    }
}

#[test]
fn bytes_come_raw_or_as_base64() {
    assert_eq!(text(V4, "bAQIDBA=="), Ok(bytes(&[1, 2, 3, 4])));
    assert_eq!(text(V4, "bAQIDBA"), Ok(bytes(&[1, 2, 3, 4])));
    assert_eq!(text(V4, "b"), Ok(bytes(&[])));
    assert_eq!(text(V3, "b4AQIDBA=="), Ok(bytes(&[1, 2, 3, 4])));
    assert_eq!(text(V3, "b4"), Ok(bytes(&[])));
    assert_eq!(text(V3, "b3AQIDBA=="), Err(Malformed));
    assert_eq!(binary(V4, &[1, 2, 3, 4]), Ok(bytes(&[1, 2, 3, 4])));
    assert_eq!(binary(V4, &[]), Ok(bytes(&[])));
    assert_eq!(binary(V3, &[4, 1, 2, 3, 4]), Ok(bytes(&[1, 2, 3, 4])));
    assert_eq!(binary(V3, &[4]), Ok(bytes(&[])));
    assert_eq!(binary(V3, &[]), Err(Malformed));
    assert_eq!(binary(V3, b"4"), Err(Malformed));
}

#[test]
fn the_open_packet_reads_like_the_references() {
    let mut out = Vec::new();
    open_packet(&mut out, "lv_VI97HAXpY6yYWAAAC", true, 25_000, 20_000, 1_000_000);
    let expected = concat!(
        r#"0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"#,
        r#""pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
    );
    assert_eq!(String::from_utf8_lossy(&out), expected);
    out.clear();
    open_packet(&mut out, "a", false, 1, 2, 3);
    let expected = r#"0{"sid":"a","upgrades":[],"pingInterval":1,"pingTimeout":2,"maxPayload":3}"#;
    assert_eq!(String::from_utf8_lossy(&out), expected);
}

#[test]
fn payloads_of_eio_4() {
    assert_eq!(
        payload(V4, false, b"4hello\x1e2\x1e4world\x1ebAQIDBA=="),
        [
            Ok(Packet::Text("hello")),
            Ok(Packet::Ping("")),
            Ok(Packet::Text("world")),
            Ok(bytes(&[1, 2, 3, 4]))
        ]
    );
    let malformed = [Err(Malformed)];
    assert_eq!(payload(V4, false, b""), malformed);
    assert_eq!(payload(V4, false, b"\x1e4a"), malformed);
    assert_eq!(payload(V4, false, b"4\xff"), malformed);
    assert_eq!(payload(V4, true, b"4a"), malformed);
    let first = [Ok(Packet::Text("a")), Err(Malformed)];
    assert_eq!(payload(V4, false, b"4a\x1e"), first);
    assert_eq!(payload(V4, false, b"4a\x1e\x1e4b"), first);
    assert_eq!(payload(V4, false, b"4a\x1eabc\x1e4b"), first);
}

#[test]
fn text_payloads_of_eio_3_count_utf16_units() {
    assert_eq!(
        payload(V3, false, "6:4hello2:4€3:4😀3:4éa10:b4AQIDBA==1:2".as_bytes()),
        [
            Ok(Packet::Text("hello")),
            Ok(Packet::Text("€")),
            Ok(Packet::Text("😀")),
            Ok(Packet::Text("éa")),
            Ok(bytes(&[1, 2, 3, 4])),
            Ok(Packet::Ping(""))
        ]
    );
    // A browser with nothing to send posts this.
    assert_eq!(payload(V3, false, b"0:"), []);
    assert_eq!(payload(V3, false, b"0:2:4a0:0:"), [Ok(Packet::Text("a"))]);
    // Half an emoji; a length in code points; bytes that are not text.
    for body in ["2:4😀", "2:4😀1:2", "4:4😀"] {
        assert_eq!(payload(V3, false, body.as_bytes()), [Err(Malformed)], "{body}");
    }
    for body in [b"3:4\xff\xff".as_slice(), b"2:4\xed\xa0\x80", b"3:4\xf4\x90\x80\x80"] {
        assert_eq!(payload(V3, false, body), [Err(Malformed)], "{body:?}");
    }
}

#[test]
fn hostile_lengths_are_malformed() {
    let zeros = "0".repeat(1_000_000);
    let endless = [&zeros, "1:2"].concat();
    let huge = "18446744073709551617:2";
    let texts = [
        "",
        ":",
        ":2",
        "-1:2",
        "+1:2",
        "1.0:2",
        "1",
        "12",
        "2:2",
        "9999999999:2",
        huge,
        "a:2",
        "1:2 ",
        "٣:abc",
        &zeros,
        &endless,
    ];
    for body in texts {
        let read = payload(V3, false, body.as_bytes());
        assert_eq!(read.last(), Some(&Err(Malformed)), "{}", &body[..body.len().min(30)]);
    }
    let mut digits = vec![0];
    digits.resize(1_000_000, 9);
    let octets: [&[u8]; 10] = [
        b"",
        b"\x00",
        b"\x00\xff4",
        b"\x00\x02\xff4",
        b"\x00\x014",
        b"\x02\x01\xff4",
        b"\x00\x00\xff",
        b"\x00\x0a\xff4",
        b"\x01\x01\xff4",
        &digits,
    ];
    for body in octets {
        assert_eq!(payload(V3, true, body), [Err(Malformed)], "{:?}", &body[..body.len().min(9)]);
    }
}

#[test]
fn binary_payloads_of_eio_3() {
    assert_eq!(
        payload(V3, true, b"\x00\x04\xff4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04"),
        [Ok(Packet::Text("€")), Ok(bytes(&[1, 2, 3, 4]))]
    );
    let long = "4".repeat(120);
    let body = [b"\x00\x01\x02\x00\xff", long.as_bytes()].concat();
    assert_eq!(payload(V3, true, &body), [Ok(Packet::Text(&long[1..]))]);
}

#[test]
fn a_payload_holds_as_many_packets_as_fit() {
    let bodies = [
        (V4, false, ["4a"; 200_000].join("\x1e").into_bytes()),
        (V3, false, b"2:4a".repeat(200_000)),
        (V3, true, b"\x00\x02\xff4a".repeat(200_000)),
    ];
    for (version, is_octet_stream, body) in bodies {
        let read = payload(version, is_octet_stream, &body);
        assert_eq!(read, vec![Ok(Packet::Text("a")); 200_000]);
    }
    assert_eq!(payload(V3, false, &b"0:".repeat(200_000)), []);
}

#[test]
fn a_payload_can_be_left_and_resumed_between_packets() {
    let bodies: [(Version, bool, &[u8]); 5] = [
        (V4, false, b"4a\x1e2\x1ebAQI=\x1e4"),
        (V4, false, b"4a\x1e"),
        (V3, false, "3:4😀0:1:20:".as_bytes()),
        (V3, true, b"\x00\x02\xff4a\x01\x02\xff\x04a"),
        (V3, true, b""),
    ];
    for (version, is_octet_stream, body) in bodies {
        let whole = payload(version, is_octet_stream, body);
        let mut read = Vec::new();
        let mut at = 0_usize;
        let mut count = 0_u32;
        loop {
            let mut rest = Payload::resume(version, is_octet_stream, body, at, count);
            assert_eq!(rest.remaining(), &body[at..]);
            let Some(packet) = rest.next() else { break };
            let is_end = packet.is_err();
            read.push(packet);
            if is_end {
                assert_eq!(rest.next(), None);
                break;
            }
            (at, count) = (rest.at(), rest.packets_read());
        }
        assert_eq!(read, whole);
    }
}

#[test]
fn responses_read_like_the_references() {
    let hello = Outgoing::Text(b"4hello");
    let raw = Outgoing::Binary(&[1, 2, 3, 4]);
    let noop = Outgoing::Text(b"6");
    assert_eq!(encode_text(V4, false, &[hello, raw, noop]), "4hello\x1ebAQIDBA==\x1e6");
    assert_eq!(encode_text(V3, false, &[noop]), "1:6");
    assert_eq!(encode_text(V3, false, &[]), "0:");
    assert_eq!(encode_text(V3, true, &[hello, raw]), "6:4hello10:b4AQIDBA==");
    let emoji = Outgoing::Text("4\"é€😀\"".as_bytes());
    assert_eq!(encode_text(V3, false, &[emoji]), r#"27:4"\u00e9\u20ac\ud83d\ude00""#);
    assert_eq!(encode_text(V4, false, &[emoji]), "4\"é€😀\"");
    let (out, is_binary) = encode(V3, false, &[Outgoing::Text("4€".as_bytes()), raw]);
    assert!(is_binary);
    assert_eq!(out, b"\x00\x04\xff4\xe2\x82\xac\x01\x05\xff\x04\x01\x02\x03\x04");
    let long = [b'4'; 120];
    assert_eq!(encode(V3, false, &[Outgoing::Text(&long), raw]).0[..5], [0, 1, 2, 0, 255]);
    let mut out = Vec::new();
    base64_packet(&mut out, V4, &[1, 2, 3, 4]);
    base64_packet(&mut out, V3, &[1, 2, 3, 4]);
    assert_eq!(out, b"bAQIDBA==b4AQIDBA==");
}

#[test]
fn a_script_holds_any_payload() {
    let mut out = Vec::new();
    jsonp::wrap(&mut out, "1</script>2", "4\"\\\n\u{2028}é\u{2029}\u{2028}".as_bytes());
    let expected = r#"___eio[12]("4\"\\\n\u2028é\u2029\u2028");"#;
    assert_eq!(String::from_utf8_lossy(&out), expected);
    out.clear();
    jsonp::wrap(&mut out, "", b"1:6");
    assert_eq!(out, br#"___eio[]("1:6");"#);
}

#[test]
fn a_form_holds_any_payload() {
    let unwrap = |body: &str| jsonp::unwrap(body.as_bytes()).map(String::from_utf8);
    assert_eq!(unwrap("d=6%3A4hello"), Some(Ok("6:4hello".to_owned())));
    assert_eq!(unwrap("x=1&d=4a+b&d=2"), Some(Ok("4a b".to_owned())));
    let cases = [
        (r"d=a\nb", "a\nb"),
        (r"d=a\\nb", r"a\nb"),
        (r"d=a\\\nb", r"a\\nb"),
        (r"d=\n\n\\n\", "\n\n\\n\\"),
        (r"d=\tn\\", r"\tn\\"),
    ];
    for (body, expected) in cases {
        assert_eq!(unwrap(body), Some(Ok(expected.to_owned())), "{body}");
    }
    assert_eq!(unwrap("d="), Some(Ok(String::new())));
    assert_eq!(unwrap("e=1"), None);
    assert_eq!(unwrap(""), None);
    assert!(jsonp::unwrap(b"d=%ff%").is_some());
}

/// Packets that a server may send.
fn some_packets(random: &mut Rng) -> Vec<(bool, Vec<u8>)> {
    let characters = ['a', '"', '\\', 'é', '€', '😀', '7', ':', '\u{2028}'];
    let packet = |random: &mut Rng| {
        if random.usize(..3) == 0 {
            return (true, (0..random.usize(..9)).map(|_| random.u8(..)).collect());
        }
        let text = (0..random.usize(..20)).map(|_| characters[random.usize(..characters.len())]);
        (false, format!("4{}", text.collect::<String>()).into_bytes())
    };
    (0..1 + random.usize(..6)).map(|_| packet(random)).collect()
}

#[test]
fn what_is_encoded_is_decoded() {
    for seed in 0..2_000 {
        let mut random = Rng::with_seed(seed);
        let packets = some_packets(&mut random);
        let outgoing = packets.iter().map(|(is_binary, packet)| {
            if *is_binary { Outgoing::Binary(packet) } else { Outgoing::Text(packet) }
        });
        let version = if random.bool() { V3 } else { V4 };
        let b64 = random.bool();
        let mut out = Vec::new();
        let is_binary = encode_payload(&mut out, version, b64, true, outgoing);
        let read: Read<'_> = payload(version, is_binary, &out);
        assert_eq!(read.len(), packets.len(), "{seed}");
        for (packet, (_, sent)) in read.iter().zip(&packets) {
            match packet.as_ref().expect("it is well formed") {
                Packet::Binary(read) => assert_eq!(&**read, sent, "{seed}"),
                Packet::Text(_) if version == V3 && !is_binary => (),
                Packet::Text(text) => assert_eq!(text.as_bytes(), &sent[1..], "{seed}"),
                other => panic!("{seed}: {other:?}"),
            }
        }
    }
}

#[test]
fn no_payload_panics() {
    for seed in 0..20_000 {
        let mut random = Rng::with_seed(seed);
        let packets = some_packets(&mut random);
        let outgoing = packets.iter().map(|(is_binary, packet)| {
            if *is_binary { Outgoing::Binary(packet) } else { Outgoing::Text(packet) }
        });
        let version = if random.bool() { V3 } else { V4 };
        let mut body = Vec::new();
        let is_binary = encode_payload(&mut body, version, random.bool(), true, outgoing);
        for _ in 0..=random.usize(..4) {
            let at = random.usize(..body.len());
            match random.usize(..3) {
                0 => body[at] = random.u8(..),
                1 => body.truncate(at + 1),
                _ => body.insert(at, random.u8(..)),
            }
        }
        for is_octet_stream in [is_binary, !is_binary] {
            let mut read = Payload::new(version, is_octet_stream, &body);
            let count = read.by_ref().count();
            assert!(count <= body.len().max(1) && read.at() <= body.len(), "{seed}");
            assert_eq!(read.next(), None);
        }
        let _ = jsonp::unwrap(&[b"d=", &*body].concat());
        let _ = binary(version, &body);
    }
}
