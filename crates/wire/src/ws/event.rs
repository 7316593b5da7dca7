//! Complete messages and control frames.

use super::{Error, Opcode};

/// A message or a control frame from the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'b> {
    /// A whole message of text.
    Text(&'b str),
    /// A whole message of bytes.
    Binary(&'b [u8]),
    /// To be answered with a pong that has the same payload, at most 125 bytes (RFC 6455 5.5.2). It
    /// may come between the fragments of a message.
    Ping(&'b [u8]),
    /// The peer shows that it is alive.
    Pong,
    /// The peer sends nothing more. To be answered with a close frame unless one has been sent (RFC
    /// 6455 5.5.1).
    Close {
        /// A code that may be sent, so that it can be echoed.
        code: Option<u16>,
    },
}

/// Number of bytes at the end of a piece of text that begin a character; at most 3.
pub(super) fn cut_character(text: &[u8]) -> Result<u8, Error> {
    match simdutf8::compat::from_utf8(text) {
        Ok(_) => Ok(0),
        Err(error) if error.error_len().is_none() => Ok((text.len() - error.valid_up_to()) as u8),
        Err(_) => Err(Error::Utf8),
    }
}

/// A complete message or control frame as an event.
pub(super) fn event(opcode: Opcode, bytes: &[u8]) -> Result<Event<'_>, Error> {
    Ok(match opcode {
        Opcode::Text => Event::Text(simdutf8::basic::from_utf8(bytes).map_err(|_| Error::Utf8)?),
        Opcode::Binary | Opcode::Continuation => Event::Binary(bytes),
        Opcode::Ping => Event::Ping(bytes),
        Opcode::Pong => Event::Pong,
        Opcode::Close => Event::Close { code: close_code(bytes)? },
    })
}

/// The code in a close frame's payload (RFC 6455 5.5.1 and 7.4); 1012 to 1014 were registered
/// later.
fn close_code(payload: &[u8]) -> Result<Option<u16>, Error> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(Error::CloseCut) };
    };
    match u16::from_be_bytes(*code) {
        code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => {
            simdutf8::basic::from_utf8(reason).map_err(|_| Error::Utf8)?;
            Ok(Some(code))
        }
        code => Err(Error::CloseCode(code)),
    }
}
