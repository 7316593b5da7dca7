//! One packet: a type digit and its data, or raw bytes.

use super::{Malformed, Version};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;
use std::io::Write as _;

/// The standard alphabet, with padding or without, and with any spare bits, because clients differ
/// that much. Node, on which the reference server runs, also skips every other character and reads
/// the alphabet for URLs; here those are not base64.
static BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The byte that marks a binary message in EIO 3: the type itself, not its digit.
const BINARY_MESSAGE: u8 = 4;

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet<'b> {
    /// `0` and the parameters of a session (JSON). Only servers send it.
    Open(&'b str),
    /// `1`: the session ends.
    Close,
    /// `2` and its data, which an answer echoes.
    Ping(&'b str),
    /// `3` and its data.
    Pong(&'b str),
    /// `4` and a message, for example a packet of Socket.IO.
    Text(&'b str),
    /// A message of bytes.
    Binary(Cow<'b, [u8]>),
    /// `5`: this WebSocket carries the session from now on. Data, which some clients add, is
    /// dropped.
    Upgrade,
    /// `6`: nothing.
    Noop,
}

/// Reads one text message of a WebSocket, or one text packet of a payload.
///
/// Bytes may come as base64 in both versions: `b…` in EIO 4, `b4…` in EIO 3.
///
/// # Errors
/// [`Malformed`] if the type is unknown, or the base64 is wrong.
pub fn text(version: Version, bytes: &str) -> Result<Packet<'_>, Malformed> {
    let kind = *bytes.as_bytes().first().ok_or(Malformed)?;
    let data = bytes.get(1..).ok_or(Malformed)?;
    Ok(match kind {
        b'0' => Packet::Open(data),
        b'1' => Packet::Close,
        b'2' => Packet::Ping(data),
        b'3' => Packet::Pong(data),
        b'4' => Packet::Text(data),
        b'5' => Packet::Upgrade,
        b'6' => Packet::Noop,
        b'b' => {
            let digits = match version {
                Version::V3 => data.strip_prefix('4').ok_or(Malformed)?,
                Version::V4 => data,
            };
            Packet::Binary(Cow::Owned(BASE64.decode(digits).map_err(|_| Malformed)?))
        }
        _ => return Err(Malformed),
    })
}

/// Reads one binary message of a WebSocket: in EIO 4 the bytes themselves, in EIO 3 the bytes after
/// a 0x04.
///
/// # Errors
/// [`Malformed`] in EIO 3 without that first byte.
pub fn binary(version: Version, bytes: &[u8]) -> Result<Packet<'_>, Malformed> {
    let data = match version {
        Version::V3 => bytes.strip_prefix(&[BINARY_MESSAGE]).ok_or(Malformed)?,
        Version::V4 => bytes,
    };
    Ok(Packet::Binary(Cow::Borrowed(data)))
}

/// Appends `bytes` as a text packet, for clients that take no binary messages: `b…`, in EIO 3
/// `b4…`.
pub fn base64_packet(out: &mut Vec<u8>, version: Version, bytes: &[u8]) {
    out.extend_from_slice(if version == Version::V3 { b"b4" } else { b"b" });
    let from = out.len();
    out.resize(from + base64_length(bytes.len()), 0);
    let written = out.get_mut(from..).map(|room| BASE64.encode_slice(bytes, room));
    debug_assert!(matches!(written, Some(Ok(length)) if from + length == out.len()));
}

/// The length of `bytes` bytes in padded base64.
pub(super) const fn base64_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Appends the packet that opens a session: `0` and its parameters, with keys in the reference's
/// order.
///
/// `upgrade` says whether a WebSocket may take over, and so is true for a session that begins by
/// polling. `payload_bytes_max` is the longest body of a POST.
pub fn open_packet(
    out: &mut Vec<u8>,
    sid: &str,
    upgrade: bool,
    ping_interval_ms: u64,
    ping_timeout_ms: u64,
    payload_bytes_max: usize,
) {
    out.extend_from_slice(br#"0{"sid":"#);
    // A string always becomes JSON, and a vector takes every write.
    let _ = serde_json::to_writer(&mut *out, sid);
    let upgrades = if upgrade { r#"["websocket"]"# } else { "[]" };
    let _ = write!(out, r#","upgrades":{upgrades},"pingInterval":{ping_interval_ms},"#,);
    let _ = write!(out, r#""pingTimeout":{ping_timeout_ms},"maxPayload":{payload_bytes_max}}}"#,);
}
