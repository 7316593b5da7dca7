//! Payloads of Engine.IO, and the packets of Socket.IO in them.
//!
//! The first byte of the input says how to run the check, the rest is a body or a packet.

use super::cost::bounded;
use mio_wire::eio::{
    Malformed, Outgoing, Packet, Payload, Version, base64_packet, encode_payload, jsonp, text,
};
use mio_wire::limits::{ATTACHMENTS_MAX, JSON_DEPTH_MAX};
use mio_wire::sio::{self, Kind};

fn version(options: u8) -> Version {
    if options & 1 == 0 { Version::V4 } else { Version::V3 }
}

/// Packets read one by one are the same as those read in one go, and are unchanged when they are
/// written again. Bit 0: version 3; 1: the binary form; 2: written in base64.
pub(crate) fn eio_payload(data: &[u8]) {
    let (options, body) = data.split_first().map_or((0, data), |(first, rest)| (*first, rest));
    let (version, is_octet_stream) = (version(options), options & 2 != 0);
    let packets: Vec<Result<Packet<'_>, Malformed>> =
        bounded(|| Payload::new(version, is_octet_stream, body).collect());
    assert!(packets.iter().rev().skip(1).all(Result::is_ok), "nothing comes behind what is wrong");
    let mut resumed = Vec::new();
    let (mut at, mut count) = (0, 0);
    loop {
        let mut payload = Payload::resume(version, is_octet_stream, body, at, count);
        let Some(packet) = payload.next() else { break };
        assert!(packet.is_err() || payload.at() > at, "every packet takes bytes");
        (at, count) = (payload.at(), payload.packets_read());
        let is_wrong = packet.is_err();
        resumed.push(packet);
        if is_wrong {
            break;
        }
    }
    assert_eq!(resumed, packets);

    let whole: Vec<Packet<'_>> = packets.into_iter().map_while(Result::ok).collect();
    let texts: Vec<Option<String>> = whole.iter().map(as_text).collect();
    let outgoing = whole.iter().zip(&texts).map(|(packet, text)| match (packet, text) {
        (Packet::Binary(bytes), _) => Outgoing::Binary(bytes),
        (_, text) => Outgoing::Text(text.as_deref().unwrap_or("6").as_bytes()),
    });
    let mut again = Vec::new();
    let is_binary = encode_payload(&mut again, version, options & 4 != 0, false, outgoing);
    if !whole.is_empty() {
        let read: Vec<_> = Payload::new(version, is_binary, &again).map_while(Result::ok).collect();
        assert_eq!(read, whole);
    }
    let mut base64 = Vec::new();
    base64_packet(&mut base64, version, body);
    let base64 = std::str::from_utf8(&base64).expect("base64 is text");
    assert_eq!(text(version, base64), Ok(Packet::Binary(body.into())));
    let mut script = Vec::new();
    jsonp::wrap(&mut script, "0", String::from_utf8_lossy(body).as_bytes());
    assert!(script.starts_with(b"___eio[0](\"") && script.ends_with(b"\");"));
    drop(bounded(|| jsonp::unwrap(body)));
}

fn as_text(packet: &Packet<'_>) -> Option<String> {
    Some(match packet {
        Packet::Open(data) => format!("0{data}"),
        Packet::Close => "1".to_owned(),
        Packet::Ping(data) => format!("2{data}"),
        Packet::Pong(data) => format!("3{data}"),
        Packet::Text(data) => format!("4{data}"),
        Packet::Upgrade => "5".to_owned(),
        Packet::Noop => "6".to_owned(),
        Packet::Binary(_) => return None,
    })
}

/// The parts of an accepted packet are within their limits, and it is unchanged when it is written
/// again. Bit 0: version 3.
pub(crate) fn sio_packet(data: &[u8]) {
    let (options, text) = data.split_first().map_or((0, data), |(first, rest)| (*first, rest));
    let (version, text) = (version(options), String::from_utf8_lossy(text));
    let Ok(packet) = bounded(|| sio::decode(version, &text)) else { return };
    assert!(packet.namespace.starts_with('/') && packet.attachments <= ATTACHMENTS_MAX);
    let is_passed_on = packet.beyond.is_none();
    assert!(depth(packet.data) <= JSON_DEPTH_MAX || !is_passed_on, "nobody's stack ends");
    assert!(packet.query.is_none() || version == Version::V3);
    let attachments: Vec<Vec<u8>> = (0..packet.attachments).map(|at| vec![at as u8]).collect();
    let mut again = Vec::new();
    let (namespace, count) = (packet.namespace, packet.attachments);
    match packet.kind {
        Kind::Event | Kind::BinaryEvent => {
            let event = bounded(|| sio::event(packet.data, &attachments));
            let (name, args) = event.expect("it was checked");
            bounded(|| (args.len(), args.get::<serde_json::Value>(0).is_ok(), args.binary(0)));
            let all = (0..args.len()).map(|at| args.raw(at).expect("it is one of them"));
            let bytes = (0..args.len()).filter_map(|at| args.binary(at)).count();
            assert!(bytes <= args.len() && args.raw(args.len()).is_none());
            assert!(all.into_iter().all(|json| !json.is_empty()));
            drop((args.get::<String>(0), args.parse::<(u8, String)>()));
            sio::encode_event(&mut again, namespace, packet.id, &name, args.json(), count);
            let text = std::str::from_utf8(&again[1..]).expect("a packet is text");
            let second = sio::decode(version, text).expect("what was written can be read");
            let (second_name, second_args) =
                sio::event(second.data, &attachments).expect("what was written is an event");
            assert_eq!((second_name, second_args.json()), (name, args.json()));
            assert_eq!((second.namespace, second.id), (namespace, packet.id));
        }
        Kind::Ack | Kind::BinaryAck => {
            let args = sio::ack(packet.data, &attachments).expect("it was checked");
            let id = packet.id.expect("an answer has a number");
            sio::encode_ack(&mut again, namespace, id, args.json(), count);
            let text = std::str::from_utf8(&again[1..]).expect("a packet is text");
            let second = sio::decode(version, text).expect("what was written can be read");
            let second_args = sio::ack(second.data, &attachments).expect("it is an answer");
            assert_eq!((second_args.json(), second.id), (args.json(), Some(id)));
        }
        Kind::Connect | Kind::Disconnect => (),
        Kind::ConnectError => panic!("only servers send that"),
    }
}

/// Levels of arrays and objects.
pub(super) fn depth(json: &str) -> usize {
    let (mut depth, mut most, mut quoted, mut escaped) = (0, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth -= 1,
            _ => (),
        }
        most = most.max(depth);
    }
    most
}
