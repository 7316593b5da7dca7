//! MessagePack, and packets of Socket.IO in it.
//!
//! The first byte of the input says how to run the check. The rest is a value in MessagePack, or a
//! packet (bit 0), or a value in JSON (bit 1).

use super::cost::bounded;
use super::eio::depth;
use mio_wire::eio::Version;
use mio_wire::limits::{ATTACHMENTS_MAX, JSON_DEPTH_MAX};
use mio_wire::{msgpack, sio};
use serde_json::Value;

/// A value or a packet that is read is the same after it was written and read again, takes no more
/// memory than its bytes allow, and is refused otherwise.
pub(crate) fn msgpack(data: &[u8]) {
    let (options, bytes) = data.split_first().map_or((0, data), |(first, rest)| (*first, rest));
    match options & 3 {
        0 => value(bytes),
        1 => packet(bytes),
        _ => json(&String::from_utf8_lossy(bytes)),
    }
}

/// Reads a value; `None` if it is none.
fn decoded(bytes: &[u8]) -> Option<(String, Vec<Vec<u8>>)> {
    bounded(|| {
        let (mut json, mut attachments) = (Vec::new(), Vec::new());
        msgpack::decode(bytes, &mut json, &mut attachments).ok()?;
        Some((String::from_utf8(json).expect("JSON is text"), attachments))
    })
}

fn encoded(json: &str, attachments: &[Vec<u8>]) -> Option<Vec<u8>> {
    bounded(|| {
        let mut bytes = b"before".to_vec();
        let written = msgpack::encode(json, attachments, &mut bytes);
        let own = bytes.split_off("before".len());
        assert!(bytes == b"before" && (written.is_ok() || own.is_empty()), "others' bytes stay");
        written.ok().map(|()| own)
    })
}

fn value(bytes: &[u8]) {
    let Some((json, attachments)) = decoded(bytes) else { return };
    assert!(depth(&json) <= JSON_DEPTH_MAX, "nobody's stack ends");
    assert!(attachments.iter().map(Vec::len).sum::<usize>() <= bytes.len());
    serde_json::from_str::<&serde_json::value::RawValue>(&json).expect("it is JSON");
    // A map of the sender's may look like a placeholder.
    let Some(again) = encoded(&json, &attachments) else {
        return assert!(json.matches("_placeholder").count() > attachments.len(), "{json}");
    };
    assert_eq!(decoded(&again), Some((json, attachments)));
}

fn packet(bytes: &[u8]) {
    let Ok((text, attachments)) = bounded(|| sio::unpack(bytes)) else { return };
    assert!(attachments.len() <= ATTACHMENTS_MAX);
    let Ok(packet) = sio::decode(Version::V4, &text) else { return };
    if packet.beyond.is_some() {
        return;
    }
    let mut again = Vec::new();
    sio::pack(&text, &attachments, &mut again).expect("a packet that was read can be written");
    let (second, kept) = sio::unpack(&again).expect("what was written can be read");
    assert_eq!((second, kept), (text, attachments));
}

fn json(text: &str) {
    let packed = encoded(text, &[]);
    // Text that ends in the middle of a value, and such things, are nobody's JSON.
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    let packed = packed.expect("JSON can be written");
    let (json, attachments) = decoded(&packed).expect("what was written can be read");
    let read: Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(attachments.is_empty() && is_same(&read, &value), "{read} and not {value}");
}

/// Whether two numbers are the same, but for the last digits: the parser of JSON rounds them twice.
fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one == other };
    one == other || (one - other).abs() <= one.abs().max(other.abs()) * (4.0 * f64::EPSILON)
}

/// Whether two values are equal, with numbers as JavaScript has them.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => is_near(one.as_f64(), other.as_f64()),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_there = |(key, one): (&String, &Value)| {
                other.get(key).is_some_and(|other| is_same(one, other))
            };
            one.len() == other.len() && one.iter().all(is_there)
        }
        _ => one == other,
    }
}
