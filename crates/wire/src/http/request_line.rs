//! The first line of a request (RFC 9112 §3) and the forms of its target.

use super::{Refusal, is_token};
use crate::limits::{HTTP_METHOD_BYTES_MAX, HTTP_TARGET_BYTES_MAX};

/// First byte of a TLS record with a handshake; the version's first byte, 3, comes next.
const TLS_HANDSHAKE: u8 = 0x16;

/// A well-formed request line.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestLine<'b> {
    pub(super) method: &'b str,
    /// The host and port in the target, if it has them.
    pub(super) authority: Option<&'b str>,
    pub(super) path: &'b str,
    pub(super) query: &'b str,
    pub(super) http10: bool,
}

/// Checks `line` byte by byte, beginning at `scanned`, and returns its end, after its LF. Each byte
/// is judged only by those before it, so the answer is the same for every split.
pub(super) fn scan(line: &[u8], scanned: usize) -> Result<Option<usize>, Refusal> {
    let (before, fresh) = line.split_at(scanned.min(line.len()));
    let mut spaces = memchr::memchr_iter(b' ', before).count();
    let mut word_from = memchr::memrchr(b' ', before).map_or(0, |space| space + 1);
    for (at, &byte) in (before.len()..).zip(fresh) {
        if at == 1 && line.first() == Some(&TLS_HANDSHAKE) {
            let tls = "TLS at a door that speaks plain HTTP";
            return Err(Refusal::bad(if byte == 3 { tls } else { NO_METHOD }));
        }
        let within = at - word_from;
        if byte == b' ' && within > 0 && spaces < 2 {
            spaces += 1;
            word_from = at + 1;
            continue;
        }
        match spaces {
            0 => method_byte(within, byte)?,
            1 => target_byte(within, byte)?,
            _ => {
                if version_byte(&line[word_from..at], byte)? {
                    return Ok(Some(at + 1));
                }
            }
        }
    }
    Ok(None)
}

const NO_METHOD: &str = "no request begins like this";

fn method_byte(within: usize, byte: u8) -> Result<(), Refusal> {
    if within >= HTTP_METHOD_BYTES_MAX {
        return Err(Refusal { status: 501, why: "a method this long is unknown" });
    }
    // A TLS hello shows in its second byte.
    if is_token(byte) || (within == 0 && byte == TLS_HANDSHAKE) {
        return Ok(());
    }
    Err(Refusal::bad(NO_METHOD))
}

fn target_byte(within: usize, byte: u8) -> Result<(), Refusal> {
    match byte {
        b'\r' | b'\n' => Err(Refusal::bad("a request line without a version")),
        b'#' => Err(Refusal::bad("a fragment in the target")),
        b'!'..=b'~' if within < HTTP_TARGET_BYTES_MAX => Ok(()),
        b'!'..=b'~' => Err(Refusal { status: 414, why: "the target is too long" }),
        _ => Err(Refusal::bad("a byte that no target has")),
    }
}

/// Takes the byte after `version`; true if it ends the line.
fn version_byte(version: &[u8], byte: u8) -> Result<bool, Refusal> {
    match (version.len(), byte) {
        (0..5, _) if b"HTTP/".get(version.len()) == Some(&byte) => Ok(false),
        (5, b'0'..=b'9') | (6, b'.') | (8, b'\r') => Ok(false),
        // A later minor version is treated as the latest known one (RFC 9110 §2.5).
        (7, b'0'..=b'9') if version == b"HTTP/1." => Ok(false),
        (7, b'0'..=b'9') => Err(Refusal { status: 505, why: "only HTTP/1.0 and 1.1 are spoken" }),
        (9, b'\n') => Ok(true),
        _ => Err(Refusal::bad("a request line that does not end in HTTP/1.1 and CR LF")),
    }
}

/// Reads a complete line that [`scan`] has found, including its end.
pub(super) fn parse(line: &[u8]) -> Result<RequestLine<'_>, Refusal> {
    let malformed = Refusal::bad("a malformed request line");
    let text = str::from_utf8(line).map_err(|_| malformed)?;
    let mut words = text.trim_ascii_end().split(' ');
    let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next())
    else {
        return Err(malformed);
    };
    let (authority, target) = split_authority(method, target)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = if path.is_empty() && authority.is_some() { "/" } else { path };
    Ok(RequestLine { method, authority, path, query, http10: version == "HTTP/1.0" })
}

/// The target's host and port, if it has them, and the rest of the target (RFC 9112 §3.2).
fn split_authority<'b>(
    method: &str,
    target: &'b str,
) -> Result<(Option<&'b str>, &'b str), Refusal> {
    if target.starts_with('/') || (target == "*" && method == "OPTIONS") {
        return Ok((None, target));
    }
    for scheme in ["http://", "https://"] {
        let Some((start, rest)) = target.split_at_checked(scheme.len()) else { continue };
        if start.eq_ignore_ascii_case(scheme) {
            let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            return if is_authority(authority) {
                Ok((Some(authority), rest))
            } else {
                Err(Refusal::bad("a target whose host is none"))
            };
        }
    }
    if method == "CONNECT" && is_authority(target) {
        return Ok((Some(target), ""));
    }
    Err(Refusal::bad("a target that is no path"))
}

/// Whether `text` is a host and perhaps a port (RFC 9110 §7.2, RFC 3986 §3.2.2).
pub fn is_authority(text: &str) -> bool {
    let (host_is_valid, rest) = if let Some(literal) = text.strip_prefix('[') {
        let Some((address, rest)) = literal.split_once(']') else { return false };
        let in_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        (!address.is_empty() && address.bytes().all(in_address), rest)
    } else {
        let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
        (is_name(name), rest)
    };
    let port_is_valid = match rest.strip_prefix(':') {
        Some(port) => port.bytes().all(|byte| byte.is_ascii_digit()),
        None => rest.is_empty(),
    };
    host_is_valid && port_is_valid
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        let valid = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&'..=b',' | b';' | b'=' => true,
            _ => byte.is_ascii_alphanumeric(),
        };
        if !valid {
            return false;
        }
    }
    !name.is_empty()
}
