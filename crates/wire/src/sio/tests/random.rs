//! Packets made up from a seed.

use super::*;
use crate::eio;
use fastrand::Rng;

fn value(random: &mut Rng, depth: usize) -> Value {
    match random.usize(..if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(random.bool()),
        2 => json!(random.i32(..)),
        3 => json!(random.u64(..)),
        4 => json!(["", "é😀", "a\"\\b", "{[,", "\u{2028}\u{0}"][random.usize(..5)]),
        5 => (0..random.usize(..4)).map(|_| value(random, depth - 1)).collect(),
        _ => json!({"a": value(random, depth - 1), "_placeholder": false}),
    }
}

/// An event or ack as a text message of Engine.IO, its arguments, and its attachments.
fn made_up(random: &mut Rng) -> (String, Vec<Value>, Vec<Vec<u8>>) {
    let args: Vec<Value> = (0..random.usize(..4)).map(|_| value(random, 3)).collect();
    let mut json = Vec::new();
    let mut attachments = Vec::new();
    for arg in &args {
        Argument::write(arg, &mut json, &mut attachments);
        json.push(b',');
    }
    let mut bytes = vec![0; random.usize(..5)];
    bytes.fill_with(|| random.u8(..));
    Argument::write(&Binary(&bytes), &mut json, &mut attachments);
    let json = String::from_utf8(json).expect("it is text");
    let namespace = ["/", "/admin", "/é"][random.usize(..3)];
    let text = encoded(|out| match random.usize(..3) {
        0 => encode_ack(out, namespace, random.u64(..), &json, 1),
        1 => encode_event(out, namespace, None, "na\"me", &json, 1),
        _ => encode_event(out, namespace, Some(random.u64(..)), "na\"me", &json, 1),
    });
    (text, args, attachments)
}

#[test]
fn what_is_encoded_is_decoded() {
    for seed in 0..5_000 {
        let mut random = Rng::with_seed(seed);
        let (text, args, attachments) = made_up(&mut random);
        for version in [V3, V4] {
            let Ok(eio::Packet::Text(message)) = eio::text(version, &text) else {
                panic!("{seed}: {text}");
            };
            let packet = decode(version, message).unwrap_or_else(|_| panic!("{seed}: {text}"));
            assert_eq!(packet.attachments, 1);
            let read = match packet.kind {
                Kind::BinaryAck => ack(packet.data, &attachments),
                _ => event(packet.data, &attachments).map(|(name, args)| {
                    assert_eq!(name, "na\"me");
                    args
                }),
            };
            let read = read.expect("it is what it says");
            assert_eq!(read.len(), args.len() + 1, "{seed}");
            for (at, arg) in args.iter().enumerate() {
                assert_eq!(read.get::<Value>(at).ok().as_ref(), Some(arg), "{seed}");
            }
            assert_eq!(read.binary(args.len()), Some(&*attachments[0]), "{seed}");
        }
    }
}

#[test]
fn nothing_panics_and_what_is_taken_is_json() {
    let pieces = [
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\",
        ",",
        ":",
        "-",
        "1",
        "é",
        "\\ud800",
        "_placeholder",
        "num",
        "true",
        "/",
        "?",
        " ",
        "\u{1e}",
        "5",
        "0",
    ];
    let mut taken = 0;
    for seed in 0..20_000 {
        let mut random = Rng::with_seed(seed);
        let (text, _, attachments) = made_up(&mut random);
        let mut characters: Vec<char> = text.chars().skip(1).collect();
        for _ in 0..=random.usize(..3) {
            let at = random.usize(..characters.len());
            let piece = pieces[random.usize(..pieces.len())].chars();
            let end = if random.bool() { at } else { at + 1 };
            characters.splice(at..end, piece);
        }
        let text: String = characters.into_iter().collect();
        for version in [V3, V4] {
            let Ok(packet) = decode(version, &text) else { continue };
            taken += 1;
            if !packet.data.is_empty() {
                let json = serde_json::from_str::<&serde_json::value::RawValue>(packet.data);
                assert!(json.is_ok(), "{seed}: {text}");
            }
            let args = match packet.kind {
                Kind::Event | Kind::BinaryEvent => event(packet.data, &attachments).map(|it| it.1),
                Kind::Ack | Kind::BinaryAck => ack(packet.data, &attachments),
                _ => continue,
            };
            let args = args.expect("a packet that is taken has arguments");
            for at in 0..=args.len() {
                let _ = (args.raw(at), args.get::<Value>(at), args.binary(at));
            }
            let _ = args.parse::<(Value, Value)>();
        }
    }
    assert!(taken > 1_000, "only {taken} were taken");
}
