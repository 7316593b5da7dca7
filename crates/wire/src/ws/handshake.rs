//! The key and the subprotocols of a WebSocket handshake.

use crate::http::is_token;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1_smol::Sha1;

/// Shows that a server means WebSocket and no other protocol (RFC 6455 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Accept` for that of `Sec-WebSocket-Key` (RFC 6455 4.2.2), 28
/// characters; `None` unless `key`, without spaces around it, is the base64 of 16 bytes (RFC 6455
/// 4.2.1).
pub fn accept(key: &str) -> Option<String> {
    // 16 bytes are 22 characters and padding. The last character has four spare bits, which are
    // ignored: some clients choose random characters instead of random bytes.
    let characters = key.strip_suffix("==")?.as_bytes();
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if characters.len() != 22 || !characters.iter().all(is_digit) {
        return None;
    }
    let mut sha = Sha1::new();
    sha.update(key.as_bytes());
    sha.update(GUID.as_bytes());
    Some(STANDARD.encode(sha.digest().bytes()))
}

/// The subprotocols that a client offers in the values of its `Sec-WebSocket-Protocol` fields, in
/// order (RFC 6455 4.1). A value that is not a token cannot be answered, and is left out.
pub fn subprotocols<'b>(values: impl Iterator<Item = &'b str>) -> Vec<&'b str> {
    let all = values.flat_map(|value| value.split(',')).map(str::trim_ascii);
    all.filter(|name| !name.is_empty() && name.bytes().all(is_token)).collect()
}
