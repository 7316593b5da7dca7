//! The content of a request (RFC 9112 §6 and §7).

use super::{Framing, Refusal, is_token, is_value};
use crate::limits::{
    HTTP_CHUNK_EXTENSIONS_BYTES_MAX, HTTP_CHUNK_SIZE_DIGITS_MAX, HTTP_TRAILERS_BYTES_MAX,
};

/// Takes the content off the bytes after a head.
///
/// It keeps no bytes and allocates nothing: announced content costs nothing before it comes.
#[derive(Debug)]
pub struct Body {
    state: State,
    /// Bytes that may still be announced.
    allowed: usize,
    extensions: u32,
    trailers: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// This many bytes, and then the end.
    Length(usize),
    Size {
        size: u64,
        digits: u8,
    },
    Extension {
        size: u64,
    },
    SizeLf {
        size: u64,
    },
    /// This many bytes of a chunk, and then its end.
    Data(usize),
    DataCr,
    DataLf,
    TrailerName {
        empty: bool,
    },
    TrailerValue,
    TrailerLf,
    LastLf,
    Whole,
}

const TOO_LARGE: Refusal = Refusal { status: 413, why: "the content is too large" };
const NO_CHUNK: Refusal = Refusal::bad("a malformed chunk");

impl Body {
    /// A decoder for content of at most `bytes_max` bytes, not counting the framing of chunks.
    ///
    /// # Errors
    /// 413 if the announced length is more than that.
    pub fn new(framing: Framing, bytes_max: usize) -> Result<Self, Refusal> {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Whole,
            Framing::Length(length) => {
                let length = usize::try_from(length).map_err(|_| TOO_LARGE)?;
                State::Length(if length > bytes_max { return Err(TOO_LARGE) } else { length })
            }
            Framing::Chunked => State::Size { size: 0, digits: 0 },
        };
        Ok(Self { state, allowed: bytes_max, extensions: 0, trailers: 0 })
    }

    /// Takes content off the front of `input` and appends it to `body`. True when the content is
    /// complete; `input` then begins with the next request. While it is false, `input` is used up.
    ///
    /// # Errors
    /// 400 for malformed chunks and for extensions beyond [`HTTP_CHUNK_EXTENSIONS_BYTES_MAX`], 413
    /// for a chunk beyond the limit as soon as its size is known, 431 for trailer fields beyond
    /// [`HTTP_TRAILERS_BYTES_MAX`]. Nothing useful follows.
    pub fn decode(&mut self, input: &mut &[u8], body: &mut Vec<u8>) -> Result<bool, Refusal> {
        loop {
            self.state = match self.state {
                State::Whole => return Ok(true),
                State::Length(left) => match take(input, left, body) {
                    0 => State::Whole,
                    left => State::Length(left),
                },
                State::Data(left) => match take(input, left, body) {
                    0 => State::DataCr,
                    left => State::Data(left),
                },
                state => {
                    let Some((byte, rest)) = input.split_first() else { return Ok(false) };
                    *input = rest;
                    self.framing(state, *byte)?
                }
            };
            if input.is_empty() {
                return Ok(self.state == State::Whole);
            }
        }
    }

    /// Takes one byte between the bytes of chunks.
    fn framing(&mut self, state: State, byte: u8) -> Result<State, Refusal> {
        match (state, byte) {
            (State::Size { size, digits }, _) => self.size(size, digits, byte),
            (State::Extension { size }, b'\r') => Ok(State::SizeLf { size }),
            (State::Extension { size }, _) if is_value(byte) => {
                let why = Refusal::bad("chunk extensions without end");
                count(&mut self.extensions, HTTP_CHUNK_EXTENSIONS_BYTES_MAX, why)?;
                Ok(State::Extension { size })
            }
            (State::SizeLf { size: 0 }, b'\n') => Ok(State::TrailerName { empty: true }),
            (State::SizeLf { size }, b'\n') => {
                let size = usize::try_from(size).map_err(|_| TOO_LARGE)?;
                Ok(State::Data(size))
            }
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size { size: 0, digits: 0 }),
            (State::LastLf, b'\n') => Ok(State::Whole),
            (State::TrailerName { .. } | State::TrailerValue | State::TrailerLf, _) => {
                self.trailer(state, byte)
            }
            _ => Err(NO_CHUNK),
        }
    }

    fn size(&mut self, size: u64, digits: u8, byte: u8) -> Result<State, Refusal> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            if digits == HTTP_CHUNK_SIZE_DIGITS_MAX {
                return Err(Refusal::bad("a chunk size with too many digits"));
            }
            return Ok(State::Size { size: size << 4 | u64::from(digit), digits: digits + 1 });
        }
        if digits == 0 || !matches!(byte, b'\r' | b';') {
            return Err(Refusal::bad("a chunk size that is no number"));
        }
        let bytes = usize::try_from(size).map_err(|_| TOO_LARGE)?;
        self.allowed = self.allowed.checked_sub(bytes).ok_or(TOO_LARGE)?;
        Ok(if byte == b'\r' { State::SizeLf { size } } else { State::Extension { size } })
    }

    fn trailer(&mut self, state: State, byte: u8) -> Result<State, Refusal> {
        if state == (State::TrailerName { empty: true }) && byte == b'\r' {
            return Ok(State::LastLf);
        }
        let why = Refusal { status: 431, why: "trailer fields without end" };
        count(&mut self.trailers, HTTP_TRAILERS_BYTES_MAX, why)?;
        match (state, byte) {
            (State::TrailerName { empty: false }, b':') => Ok(State::TrailerValue),
            (State::TrailerName { .. }, _) if is_token(byte) => {
                Ok(State::TrailerName { empty: false })
            }
            (State::TrailerValue, b'\r') => Ok(State::TrailerLf),
            (State::TrailerValue, _) if is_value(byte) => Ok(State::TrailerValue),
            (State::TrailerLf, b'\n') => Ok(State::TrailerName { empty: true }),
            _ => Err(Refusal::bad("a malformed trailer field")),
        }
    }
}

/// Moves up to `left` bytes to `body`; returns how many are still to come.
fn take(input: &mut &[u8], left: usize, body: &mut Vec<u8>) -> usize {
    let (bytes, rest) = input.split_at(left.min(input.len()));
    body.extend_from_slice(bytes);
    *input = rest;
    left - bytes.len()
}

/// Counts one more discarded byte.
fn count(bytes: &mut u32, bytes_max: u32, refusal: Refusal) -> Result<(), Refusal> {
    *bytes += 1;
    if *bytes > bytes_max { Err(refusal) } else { Ok(()) }
}
