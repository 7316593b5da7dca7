//! Frames: their headers (RFC 6455 5.2), written and read, and the mask (RFC 6455 5.3).

use super::Error;
use crate::limits::{WS_CLOSE_REASON_BYTES_MAX, WS_CONTROL_BYTES_MAX};

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
/// The reserved bit that marks a compressed message in its first frame (RFC 7692 6).
const DEFLATED: u8 = 0x40;
const OPCODE: u8 = 0x0f;
/// The bit of an opcode that all control frames have.
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
/// Stands for a length in the two bytes that follow.
const LENGTH_16: u8 = 126;
/// Stands for a length in the eight bytes that follow.
const LENGTH_64: u8 = 127;

/// Longest header in bytes: two, a length of eight, a mask of four.
pub(super) const HEADER_BYTES_MAX: usize = 14;

/// The type of a frame (RFC 6455 5.2 and 11.8), with its number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// The next fragment of a message.
    Continuation = 0,
    /// A message, or its first fragment, in UTF-8.
    Text = 1,
    /// A message, or its first fragment, of any bytes.
    Binary = 2,
    /// The last frame that its sender sends.
    Close = 8,
    /// Asks for a pong with the same payload.
    Ping = 9,
    /// Answers a ping, or shows unasked that its sender is alive.
    Pong = 10,
}

impl Opcode {
    const fn from_number(number: u8) -> Result<Self, Error> {
        Ok(match number {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return Err(Error::ReservedOpcode(number)),
        })
    }

    /// True for the frames that may come between the fragments of a message.
    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The role of this side: a server requires masked frames, a client unmasked ones (RFC 6455 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The decoder reads a client's frames.
    Server,
    /// The decoder reads a server's frames.
    Client,
}

/// The header of a received frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) opcode: Opcode,
    pub(super) is_final: bool,
    /// Whether a compressed message begins with it.
    pub(super) is_deflated: bool,
    /// Zeros if the frame has no mask.
    pub(super) mask: [u8; 4],
    /// Bytes of payload, below 2^63.
    pub(super) length: u64,
}

impl Header {
    /// The header at the front of `bytes` and its length in bytes; `None` if it is incomplete. A
    /// wrong header is an error as soon as enough of it is there, whatever follows. `deflates`: a
    /// message may be compressed.
    pub(super) fn parse(
        bytes: &[u8],
        role: Role,
        deflates: bool,
    ) -> Result<Option<(Self, usize)>, Error> {
        let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
        let is_deflated = deflates && first & RESERVED == DEFLATED;
        if first & RESERVED != 0 && !is_deflated {
            return Err(Error::ReservedBits);
        }
        let opcode = Opcode::from_number(first & OPCODE)?;
        if is_deflated && !matches!(opcode, Opcode::Text | Opcode::Binary) {
            return Err(Error::ReservedBits);
        }
        let is_final = first & FINAL != 0;
        match (role, second & MASKED != 0) {
            (Role::Server, false) => return Err(Error::Unmasked),
            (Role::Client, true) => return Err(Error::Masked),
            _ => (),
        }
        let short = second & LENGTH;
        if opcode.is_control() {
            if !is_final {
                return Err(Error::ControlFragmented);
            }
            if usize::from(short) > WS_CONTROL_BYTES_MAX {
                return Err(Error::ControlTooLong);
            }
        }
        let Some((length, rest)) = length(short, rest)? else { return Ok(None) };
        let (mask, rest) = match role {
            Role::Client => ([0; 4], rest),
            Role::Server => match rest.split_first_chunk() {
                Some((mask, rest)) => (*mask, rest),
                None => return Ok(None),
            },
        };
        let header = Self { opcode, is_final, is_deflated, mask, length };
        Ok(Some((header, bytes.len() - rest.len())))
    }
}

/// The length of the payload, whose first seven bits are `short`, and the bytes after it; `None` if
/// it is incomplete.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, Error> {
    let (length, least, rest) = match short {
        LENGTH_16 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), 126, rest),
            None => return Ok(None),
        },
        LENGTH_64 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), 0x1_0000, rest),
            None => return Ok(None),
        },
        _ => (u64::from(short), 0, rest),
    };
    if length < least || length > i64::MAX as u64 {
        return Err(Error::Length);
    }
    Ok(Some((length, rest)))
}

/// Applies `mask` to `bytes`, which begin where the mask begins (RFC 6455 5.3).
pub(super) fn apply_mask(bytes: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let twice = [a, b, c, d, a, b, c, d];
    let word = u64::from_ne_bytes(twice);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(twice) {
        *byte ^= mask;
    }
}

/// Appends the header of one unmasked, final frame of `length` payload bytes, 2 to 10 bytes
/// (RFC 6455 5.2). A control frame has at most 125 payload bytes.
pub fn header(out: &mut Vec<u8>, opcode: Opcode, length: usize) {
    any_header(out, opcode as u8, length, 0);
}

/// Appends the header of one unmasked, final frame with a compressed message.
pub(super) fn deflated_header(out: &mut Vec<u8>, opcode: Opcode, length: usize) {
    any_header(out, DEFLATED | opcode as u8, length, 0);
}

/// Appends one unmasked, final frame, as a server sends it (RFC 6455 5.1). The payload of a text is
/// UTF-8, and that of a control frame has at most 125 bytes.
pub fn frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    out.reserve(HEADER_BYTES_MAX + payload.len());
    header(out, opcode, payload.len());
    out.extend_from_slice(payload);
}

/// Appends one masked, final frame, as a client sends it (RFC 6455 5.1). `mask` must be random and
/// new for each frame (RFC 6455 5.3); the payload is as for [`frame()`].
pub fn masked_frame(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: [u8; 4]) {
    out.reserve(HEADER_BYTES_MAX + payload.len());
    any_header(out, opcode as u8, payload.len(), MASKED);
    out.extend_from_slice(&mask);
    let begin = out.len();
    out.extend_from_slice(payload);
    apply_mask(&mut out[begin..], mask);
}

/// Appends an unmasked close frame (RFC 6455 5.5.1). `code` is one that may be sent (RFC 6455 7.4).
/// `reason` is cut between characters to at most 123 bytes, and left out if there is no code.
pub fn close(out: &mut Vec<u8>, code: Option<u16>, reason: &str) {
    let Some(code) = code else { return header(out, Opcode::Close, 0) };
    let reason = &reason[..reason.floor_char_boundary(WS_CLOSE_REASON_BYTES_MAX)];
    header(out, Opcode::Close, size_of_val(&code) + reason.len());
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(reason.as_bytes());
}

/// Splits the first complete frame off `bytes`, which this server encoded, and returns its opcode
/// and its payload. `None`, with `bytes` unchanged, if there is no complete frame. For reading back
/// frames that are queued.
pub fn split_frame<'b>(bytes: &mut &'b [u8]) -> Option<(Opcode, &'b [u8])> {
    let (header, begin) = Header::parse(bytes, Role::Client, false).ok().flatten()?;
    let length = usize::try_from(header.length).ok()?;
    let (payload, rest) = bytes.get(begin..)?.split_at_checked(length)?;
    *bytes = rest;
    Some((header.opcode, payload))
}

fn any_header(out: &mut Vec<u8>, opcode: u8, length: usize, masked: u8) {
    debug_assert!(opcode & CONTROL == 0 || length <= WS_CONTROL_BYTES_MAX, "{opcode} {length}");
    let first = FINAL | opcode;
    match length {
        0..126 => out.extend_from_slice(&[first, masked | length as u8]),
        126..0x1_0000 => {
            let [high, low] = (length as u16).to_be_bytes();
            out.extend_from_slice(&[first, masked | LENGTH_16, high, low]);
        }
        _ => {
            out.extend_from_slice(&[first, masked | LENGTH_64]);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}
