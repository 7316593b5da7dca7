//! One packet: reading and checking its head, and writing it.

use super::json::{is_too_deep, placeholders, validate};
use super::{Malformed, ack, event};
use crate::eio::Version;
use crate::limits::{ARGS_MAX, ATTACHMENTS_MAX, JSON_DEPTH_MAX};
use serde::Serialize;
use std::fmt;
use std::io::Write as _;

/// The kind of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `0`: a namespace is joined.
    Connect,
    /// `1`: a namespace is left.
    Disconnect,
    /// `2`: an event without attachments.
    Event,
    /// `3`: the answer to an event, without attachments.
    Ack,
    /// `4`: a namespace cannot be joined. Only servers send it.
    ConnectError,
    /// `5`: an event with attachments.
    BinaryEvent,
    /// `6`: the answer to an event, with attachments.
    BinaryAck,
}

/// One packet, valid except for rules that depend on its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'b> {
    /// Its kind; never [`Kind::ConnectError`] from [`decode`].
    pub kind: Kind,
    /// Begins with `/`, which alone is the main namespace. In EIO 3 the query is not part of it.
    pub namespace: &'b str,
    /// EIO 3 only: the text after a `?` in the namespace.
    pub query: Option<&'b str>,
    /// An event with an id asks for an ack; an ack always has one.
    pub id: Option<u64>,
    /// The number of binary messages that follow and belong to it, at most [`ATTACHMENTS_MAX`]. A
    /// binary event or ack may have none.
    pub attachments: usize,
    /// JSON. [`Kind::Connect`]: an object or empty. Events and acks: an array, for [`event`] and
    /// [`ack`](super::ack); each of its placeholders names one of the attachments.
    /// [`Kind::Disconnect`]: empty.
    pub data: &'b str,
    /// The limit that it exceeds, so that it is not passed on although it is well formed.
    pub beyond: Option<Beyond>,
}

/// The limit that a packet exceeds, so that it is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Levels of arrays and objects: [`JSON_DEPTH_MAX`].
    Depth,
    /// Arguments: [`ARGS_MAX`].
    Arguments,
}

impl Beyond {
    /// A code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Depth => "too-deep",
            Self::Arguments => "too-many-arguments",
        }
    }
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth => write!(f, "JSON is taken up to {JSON_DEPTH_MAX} levels deep"),
            Self::Arguments => write!(f, "an event has {ARGS_MAX} arguments at most"),
        }
    }
}

/// Names that have another meaning for applications, so no client may send them.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "connect"
            | "connect_error"
            | "disconnect"
            | "disconnecting"
            | "newListener"
            | "removeListener"
    )
}

/// Reads a text message of Engine.IO (without Engine.IO's type).
///
/// # Errors
/// [`Malformed`] for anything that a client may not send: an unknown type or a server's; a number
/// of attachments that is missing or beyond [`ATTACHMENTS_MAX`]; an id beyond 64 bits; data that is
/// not JSON or of the wrong type; an event without a name or with a reserved one; a placeholder
/// without an attachment.
pub fn decode(version: Version, text: &str) -> Result<Packet<'_>, Malformed> {
    let is_a_servers = text.starts_with('4');
    if is_a_servers { Err(Malformed) } else { read(version, text) }
}

/// Reads a packet of an EIO 4 server, as [`decode`] reads a client's.
pub(crate) fn decode_answer(text: &str) -> Result<Packet<'_>, Malformed> {
    read(Version::V4, text)
}

/// Reads a packet of either side.
fn read(version: Version, text: &str) -> Result<Packet<'_>, Malformed> {
    let kind = match text.as_bytes().first() {
        Some(b'0') => Kind::Connect,
        Some(b'1') => Kind::Disconnect,
        Some(b'2') => Kind::Event,
        Some(b'3') => Kind::Ack,
        Some(b'4') => Kind::ConnectError,
        Some(b'5') => Kind::BinaryEvent,
        Some(b'6') => Kind::BinaryAck,
        _ => return Err(Malformed),
    };
    let rest = text.get(1..).ok_or(Malformed)?;
    let is_binary = matches!(kind, Kind::BinaryEvent | Kind::BinaryAck);
    let (attachments, rest) = if is_binary { attachments(rest)? } else { (0, rest) };
    let (namespace, query, rest) = namespace(version, rest);
    let has_id = !matches!(kind, Kind::Connect | Kind::Disconnect | Kind::ConnectError);
    let (id, data) = if has_id { spaced_id(rest)? } else { id(rest)? };
    let mut packet = Packet { kind, namespace, query, id, attachments, data, beyond: None };
    packet.beyond = check(version, &packet)?;
    Ok(packet)
}

/// Takes `<n>-` off the front of `text`.
fn attachments(text: &str) -> Result<(usize, &str), Malformed> {
    let (digits, rest) = text.split_once('-').ok_or(Malformed)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed);
    }
    let count = digits.parse().ok().filter(|count| *count <= ATTACHMENTS_MAX);
    count.map(|count| (count, rest)).ok_or(Malformed)
}

/// Takes the namespace and its comma off the front of `text`. The comma may be missing if nothing
/// follows.
fn namespace(version: Version, text: &str) -> (&str, Option<&str>, &str) {
    if !text.starts_with('/') {
        return ("/", None, text);
    }
    let (name, rest) = text.split_once(',').unwrap_or((text, ""));
    match name.split_once('?') {
        Some((name, query)) if version == Version::V3 => (name, Some(query), rest),
        _ => (name, None, rest),
    }
}

/// Takes decimal digits off the front of `text`.
fn id(text: &str) -> Result<(Option<u64>, &str), Malformed> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length).ok_or(Malformed)?;
    let id = if digits.is_empty() { None } else { Some(digits.parse().map_err(|_| Malformed)?) };
    Ok((id, rest))
}

/// Takes the id off the front of `text`, with blanks around its digits: some programs write
/// `2 ["hi"]`, which the reference accepts.
fn spaced_id(text: &str) -> Result<(Option<u64>, &str), Malformed> {
    let (id, rest) = id(text.trim_ascii_start())?;
    Ok((id, rest.trim_ascii_start()))
}

/// Checks the content of each kind, and whether it exceeds a limit.
fn check(version: Version, packet: &Packet<'_>) -> Result<Option<Beyond>, Malformed> {
    let data = packet.data;
    let is_allowed = match packet.kind {
        Kind::Connect => {
            let is_object = version == Version::V4 && data.starts_with('{');
            packet.id.is_none() && (data.is_empty() || is_object)
        }
        Kind::Disconnect => packet.id.is_none() && data.is_empty(),
        Kind::Event | Kind::BinaryEvent => data.starts_with('['),
        Kind::Ack | Kind::BinaryAck => packet.id.is_some() && data.starts_with('['),
        Kind::ConnectError => packet.id.is_none() && (data.is_empty() || data.starts_with('{')),
    };
    if !is_allowed {
        return Err(Malformed);
    }
    if !data.is_empty() {
        validate(data)?;
    }
    let too_deep = is_too_deep(data).then_some(Beyond::Depth);
    let is_binary = matches!(packet.kind, Kind::BinaryEvent | Kind::BinaryAck);
    if is_binary && too_deep.is_none() {
        placeholders(data, packet.attachments)?;
    }
    let args = match packet.kind {
        Kind::Event | Kind::BinaryEvent => {
            let (name, args) = event(data, &[])?;
            if is_reserved(&name) {
                return Err(Malformed);
            }
            args
        }
        Kind::Ack | Kind::BinaryAck => ack(data, &[])?,
        Kind::Connect | Kind::Disconnect | Kind::ConnectError => return Ok(too_deep),
    };
    let has_too_many = args.iter().nth(ARGS_MAX).is_some();
    Ok(too_deep.or_else(|| has_too_many.then_some(Beyond::Arguments)))
}

/// Appends `value` as JSON. A vector takes every write, and a string always becomes JSON.
fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

/// Appends a packet up to its JSON, with Engine.IO's type in front.
fn head(out: &mut Vec<u8>, kind: u8, attachments: usize, namespace: &str, id: Option<u64>) {
    out.extend_from_slice(&[b'4', kind]);
    // A vector takes every write.
    if matches!(kind, b'5' | b'6') {
        let _ = write!(out, "{attachments}-");
    }
    if namespace != "/" {
        let _ = write!(out, "{namespace},");
    }
    if let Some(id) = id {
        let _ = write!(out, "{id}");
    }
}

/// Appends a client's request to join `namespace`, with `auth` (JSON, an object) if there is any.
pub fn encode_join(out: &mut Vec<u8>, namespace: &str, auth: Option<&str>) {
    head(out, b'0', 0, namespace, None);
    out.extend_from_slice(auth.unwrap_or_default().as_bytes());
}

/// Appends the message that a client has joined `namespace` and its socket's id is `sid` (EIO 3
/// leaves it out). With a `pid` the client may come back.
///
/// Like all functions here, it appends a complete text message of Engine.IO, with its type in
/// front.
pub fn encode_connect(
    out: &mut Vec<u8>,
    version: Version,
    namespace: &str,
    sid: &str,
    pid: Option<&str>,
) {
    head(out, b'0', 0, namespace, None);
    if version == Version::V4 {
        out.extend_from_slice(br#"{"sid":"#);
        json(out, sid);
        if let Some(pid) = pid {
            out.extend_from_slice(br#","pid":"#);
            json(out, pid);
        }
        out.push(b'}');
    }
}

/// Appends the message that a client may not join `namespace`.
///
/// In EIO 4 the content is an object with `message` and `data` (JSON), if there is any; in EIO 3 it
/// is `data` alone, or else `message`.
pub fn encode_connect_error(
    out: &mut Vec<u8>,
    version: Version,
    namespace: &str,
    message: &str,
    data: Option<&str>,
) {
    head(out, b'4', 0, namespace, None);
    match (version, data) {
        (Version::V3, Some(data)) => out.extend_from_slice(data.as_bytes()),
        (Version::V3, None) => json(out, message),
        (Version::V4, data) => {
            out.extend_from_slice(br#"{"message":"#);
            json(out, message);
            if let Some(data) = data {
                out.extend_from_slice(br#","data":"#);
                out.extend_from_slice(data.as_bytes());
            }
            out.push(b'}');
        }
    }
}

/// Appends the message that a client has left `namespace`.
pub fn encode_disconnect(out: &mut Vec<u8>, namespace: &str) {
    head(out, b'1', 0, namespace, None);
}

/// Appends an event; with `id` it asks for an ack. `args_json` is a list of values separated by
/// commas (see [`Arguments`](super::Arguments)), and `attachments` is the number of messages that
/// will follow.
pub fn encode_event(
    out: &mut Vec<u8>,
    namespace: &str,
    id: Option<u64>,
    name: &str,
    args_json: &str,
    attachments: usize,
) {
    head(out, if attachments > 0 { b'5' } else { b'2' }, attachments, namespace, id);
    out.push(b'[');
    json(out, name);
    if !args_json.is_empty() {
        out.push(b',');
        out.extend_from_slice(args_json.as_bytes());
    }
    out.push(b']');
}

/// Appends the answer to the event with this `id`; the rest is as in [`encode_event`].
pub fn encode_ack(
    out: &mut Vec<u8>,
    namespace: &str,
    id: u64,
    args_json: &str,
    attachments: usize,
) {
    head(out, if attachments > 0 { b'6' } else { b'3' }, attachments, namespace, Some(id));
    out.push(b'[');
    out.extend_from_slice(args_json.as_bytes());
    out.push(b']');
}
