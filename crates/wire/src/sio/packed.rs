//! Packets in MessagePack, as `socket.io-msgpack-parser` writes them: each is one binary message.

use super::Malformed;
use crate::limits::ATTACHMENTS_MAX;
use crate::msgpack;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::Write as _;

/// A packet's parts, as the parser names them.
#[derive(Deserialize)]
struct Parts<'m> {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(borrow)]
    nsp: Cow<'m, str>,
    #[serde(default, borrow)]
    data: Option<&'m RawValue>,
    #[serde(default)]
    id: Option<u64>,
}

/// Appends a packet in MessagePack. `text` and `attachments` are those of the usual form, as one of
/// the functions here has written it, without Engine.IO's type.
///
/// # Errors
/// If it is no such packet, or its data cannot be written ([`msgpack::encode`]).
///
/// # Examples
/// ```
/// use mio_wire::sio;
///
/// let mut bytes = Vec::new();
/// sio::pack(r#"2/chat,7["hi"]"#, &[], &mut bytes).expect("a packet");
/// let (text, attachments) = sio::unpack(&bytes).expect("the same packet");
/// assert_eq!((&*text, attachments.len()), (r#"2/chat,7["hi"]"#, 0));
/// ```
pub fn pack(text: &str, attachments: &[Vec<u8>], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (kind, rest) = text.split_at_checked(1).ok_or(Malformed)?;
    let (kind, rest) = match kind {
        "5" => ("2", rest.split_once('-').ok_or(Malformed)?.1),
        "6" => ("3", rest.split_once('-').ok_or(Malformed)?.1),
        _ => (kind, rest),
    };
    let (namespace, rest) = match rest.starts_with('/') {
        true => rest.split_once(',').unwrap_or((rest, "")),
        false => ("/", rest),
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (id, data) = rest.split_at_checked(digits).ok_or(Malformed)?;
    let mut json = Vec::new();
    // A vector takes every write.
    let _ = write!(json, r#"{{"type":{kind}"#);
    for (key, value) in [("data", data), ("id", id)] {
        if !value.is_empty() {
            let _ = write!(json, r#","{key}":{value}"#);
        }
    }
    json.extend_from_slice(br#","nsp":"#);
    serde_json::to_writer(&mut json, namespace).map_err(|_| Malformed)?;
    json.push(b'}');
    msgpack::encode(std::str::from_utf8(&json).map_err(|_| Malformed)?, attachments, out)
}

/// Reads a packet in MessagePack, and returns it in the usual form: its text, still to be read by
/// [`decode`](super::decode), and its attachments.
///
/// # Errors
/// If it is not MessagePack, has not the parts of a packet, or has more than [`ATTACHMENTS_MAX`]
/// runs of bytes in it.
pub fn unpack(bytes: &[u8]) -> Result<(String, Vec<Vec<u8>>), Malformed> {
    let (mut json, mut attachments) = (Vec::new(), Vec::new());
    msgpack::decode(bytes, &mut json, &mut attachments)?;
    let parts: Parts<'_> = serde_json::from_slice(&json).map_err(|_| Malformed)?;
    let Parts { kind, nsp, data, id } = parts;
    let has_bytes = !attachments.is_empty();
    let is_wrong_name = !nsp.starts_with('/') || nsp.contains(',');
    if is_wrong_name || attachments.len() > ATTACHMENTS_MAX || kind > 4 {
        return Err(Malformed);
    }
    let mut text = Vec::new();
    let _ = match (kind, has_bytes) {
        (2 | 3, true) => write!(text, "{}{}-", kind + 3, attachments.len()),
        (_, true) => return Err(Malformed),
        (_, false) => write!(text, "{kind}"),
    };
    if nsp != "/" {
        let _ = write!(text, "{nsp},");
    }
    if let Some(id) = id {
        let _ = write!(text, "{id}");
    }
    text.extend_from_slice(data.map_or("", |data| data.get()).as_bytes());
    Ok((String::from_utf8(text).map_err(|_| Malformed)?, attachments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_back_as_they_were() {
        let attachments = [vec![1, 2], vec![]];
        let two = r#"{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}"#;
        for (text, attachments) in [
            ("0", &[][..]),
            ("0/chat,", &[]),
            (r#"0{"sid":"x"}"#, &[]),
            ("1/chat,", &[]),
            (r#"2["hi",1]"#, &[]),
            (r#"2/chat,12["hi",1]"#, &[]),
            ("3/chat,12[]", &[]),
            (r#"4{"message":"no"}"#, &[]),
            (&format!(r#"52-/chat,7["up",{two}]"#), &attachments),
            (&format!(r"62-7[{two}]"), &attachments),
        ] {
            let mut bytes = Vec::new();
            pack(text, attachments, &mut bytes).expect(text);
            assert_eq!(unpack(&bytes).expect(text), (text.to_owned(), attachments.to_vec()));
        }
    }

    #[test]
    fn wrong_packets_are_refused() {
        let packed = |json: &str, count: usize| {
            let mut bytes = Vec::new();
            let attachments = vec![vec![1]; count];
            msgpack::encode(json, &attachments, &mut bytes).expect(json);
            unpack(&bytes)
        };
        let bytes = r#"{"_placeholder":true,"num":0}"#;
        for (json, count) in [
            ("[]".to_owned(), 0),
            ("{}".to_owned(), 0),
            (r#"{"type":2}"#.to_owned(), 0),
            (r#"{"type":5,"nsp":"/"}"#.to_owned(), 0),
            (r#"{"type":"2","nsp":"/"}"#.to_owned(), 0),
            (r#"{"type":2,"nsp":"chat"}"#.to_owned(), 0),
            (r#"{"type":2,"nsp":"/a,1[]"}"#.to_owned(), 0),
            (r#"{"type":2,"nsp":"/","id":-1}"#.to_owned(), 0),
            (format!(r#"{{"type":0,"nsp":"/","data":{bytes}}}"#), 1),
        ] {
            assert!(packed(&json, count).is_err(), "{json}");
        }
        let many = |count: usize| {
            let all = (0..count).map(|number| bytes.replace('0', &number.to_string()));
            let all = all.collect::<Vec<_>>().join(",");
            packed(&format!(r#"{{"type":2,"nsp":"/","data":["x",{all}]}}"#), count)
        };
        assert!(many(ATTACHMENTS_MAX).is_ok() && many(ATTACHMENTS_MAX + 1).is_err());
        assert!(unpack(b"\xc1").is_err());
        let mut out = Vec::new();
        for text in ["", "5[]", "2{", r#"51-["a",{"_placeholder":true,"num":3}]"#] {
            assert!(pack(text, &[vec![1]], &mut out).is_err() && out.is_empty(), "{text}");
        }
    }
}
