//! Messages in compressed form: permessage-deflate (RFC 7692) without context takeover.
//!
//! Each message is compressed by itself, so that one [`Deflater`] and one [`Inflater`] serve all
//! connections, and the compressed form of a message is the same for all its receivers.

use super::Error;
use super::extension::Window;
use super::frame::{self, Opcode};
use crate::limits::{
    DEFLATE_BYTES_MAX, DEFLATE_PIECES_MAX, INFLATE_BYTES_MIN, INFLATE_STREAMS_MAX,
};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::fmt;

/// The end of what a flush writes: an empty block without its first byte. It is not sent, and has
/// to be put back (RFC 7692 7.2.1 and 7.2.2).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// The shortest last block, which is empty. It can be read only where a block may begin.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Compresses messages. It takes its memory, some 270 KiB, with the first message that is long
/// enough.
pub struct Deflater {
    /// In a box, so that a server that compresses nothing owns eight bytes.
    compress: Option<Box<Compress>>,
    level: u8,
    bytes_min: usize,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

impl Deflater {
    /// A compressor for messages of at least `bytes_min` bytes, with an effort from 1, the least,
    /// to 9. Shorter messages are sent as they are, and so are those of more than
    /// [`DEFLATE_BYTES_MAX`](crate::limits::DEFLATE_BYTES_MAX) bytes and those that do not become
    /// shorter.
    pub fn new(bytes_min: usize, level: u8) -> Self {
        let level = level.clamp(1, 9);
        Self { compress: None, level, bytes_min, plain: Vec::new(), packed: Vec::new() }
    }

    /// Puts the compressed form in place of each message in `frames` from `begin` on. These are
    /// complete frames of this server, each a message, for a client whose `window` was agreed on.
    pub fn deflate(&mut self, frames: &mut Vec<u8>, begin: usize, window: Window) {
        if frames.len() - begin < self.bytes_min {
            return;
        }
        let mut plain = std::mem::take(&mut self.plain);
        plain.extend_from_slice(&frames[begin..]);
        frames.truncate(begin);
        let mut rest = &plain[..];
        while let Some((opcode, payload)) = frame::split_frame(&mut rest) {
            self.frame(frames, opcode, payload, window);
        }
        frames.extend_from_slice(rest);
        plain.clear();
        plain.shrink_to(INFLATE_BYTES_MIN);
        self.plain = plain;
    }

    /// Appends one unmasked frame, compressed if that makes it shorter.
    fn frame(&mut self, out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], window: Window) {
        let is_message = matches!(opcode, Opcode::Text | Opcode::Binary);
        let is_fit = (self.bytes_min.max(1)..=DEFLATE_BYTES_MAX).contains(&payload.len());
        if !is_message || !is_fit || !self.pack(payload, window) {
            return frame::frame(out, opcode, payload);
        }
        frame::deflated_header(out, opcode, self.packed.len());
        out.extend_from_slice(&self.packed);
    }

    /// Compresses `payload`. False if it does not become shorter, or if its pieces are too many for
    /// a small window.
    fn pack(&mut self, payload: &[u8], window: Window) -> bool {
        let Self { compress, level, packed, .. } = self;
        let new = || Box::new(Compress::new(Compression::new(u32::from(*level)), false));
        let compress = compress.get_or_insert_with(new);
        compress.reset();
        packed.clear();
        packed.shrink_to(INFLATE_BYTES_MIN);
        // A full flush ends all references to earlier bytes, so that a piece as long as a window
        // can be read with this window.
        let mut pieces = payload.chunks(window.bytes()).peekable();
        if pieces.len() > DEFLATE_PIECES_MAX {
            return false;
        }
        while let Some(piece) = pieces.next() {
            let is_last = pieces.peek().is_none();
            let flush = if is_last { FlushCompress::Sync } else { FlushCompress::Full };
            if !pack_piece(compress, piece, packed, flush) {
                return false;
            }
        }
        let is_flushed = packed.ends_with(&TAIL);
        debug_assert!(is_flushed, "a flush ends with an empty block");
        packed.truncate(packed.len().saturating_sub(TAIL.len()));
        is_flushed && packed.len() < payload.len()
    }
}

impl Default for Deflater {
    /// A compressor that compresses nothing.
    fn default() -> Self {
        Self::new(usize::MAX, 1)
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater").field("bytes_min", &self.bytes_min).finish_non_exhaustive()
    }
}

/// Appends the compressed form of a piece, flushed. False if the compressor fails.
fn pack_piece(
    compress: &mut Compress,
    mut piece: &[u8],
    out: &mut Vec<u8>,
    flush: FlushCompress,
) -> bool {
    loop {
        // Enough space for the end of a flush, so that the compressor does not write it twice.
        out.reserve(piece.len() / 2 + INFLATE_BYTES_MIN);
        let before = compress.total_in();
        if compress.compress_vec(piece, out, flush).is_err() {
            return false;
        }
        piece = piece.get((compress.total_in() - before) as usize..).unwrap_or_default();
        if out.len() < out.capacity() {
            return piece.is_empty();
        }
    }
}

/// Decompresses messages. It takes its memory, some 40 KiB, with the first message.
#[derive(Default)]
pub struct Inflater {
    decompress: Option<Box<Decompress>>,
}

impl Inflater {
    /// The message with the compressed form `packed`, of at most `bytes_max` bytes.
    ///
    /// It reserves space for at most twice as many bytes as have been decompressed, and stops as
    /// soon as there are too many.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for a message of more bytes, and [`Error::Deflated`] for bytes that are
    /// not one compressed message, or refer to an earlier one.
    pub fn inflate(&mut self, packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Error> {
        let new = || Box::new(Decompress::new(false));
        let decompress = self.decompress.get_or_insert_with(new);
        decompress.reset(false);
        let mut inflating = Inflating { decompress, out: Vec::new(), bytes_max, streams: 0 };
        if inflating.feed(packed)? {
            return Ok(inflating.out);
        }
        inflating.feed(&TAIL)?;
        let bytes = inflating.out.len();
        let is_whole = inflating.feed(&LAST_BLOCK)? && inflating.out.len() == bytes;
        if is_whole { Ok(inflating.out) } else { Err(Error::Deflated) }
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}

/// A message that is being decompressed.
struct Inflating<'a> {
    decompress: &'a mut Decompress,
    out: Vec<u8>,
    bytes_max: usize,
    /// The number of streams that have ended: a last block may be followed by more (RFC 7692
    /// 7.2.3.4).
    streams: u8,
}

impl Inflating<'_> {
    /// Decompresses `input`. True if it ends with a last block.
    fn feed(&mut self, mut input: &[u8]) -> Result<bool, Error> {
        loop {
            self.reserve(input.len());
            let before = self.decompress.total_in();
            let length = self.out.len();
            let flush = FlushDecompress::None;
            let status = self.decompress.decompress_vec(input, &mut self.out, flush);
            let status = status.map_err(|_| Error::Deflated)?;
            let taken = (self.decompress.total_in() - before) as usize;
            input = input.get(taken..).unwrap_or_default();
            if self.out.len() > self.bytes_max {
                return Err(Error::TooLarge);
            }
            let is_full = self.out.len() == self.out.capacity();
            match status {
                Status::StreamEnd if self.streams == INFLATE_STREAMS_MAX => {
                    return Err(Error::Deflated);
                }
                Status::StreamEnd => {
                    self.streams += 1;
                    self.decompress.reset(false);
                    if input.is_empty() {
                        return Ok(true);
                    }
                }
                Status::Ok | Status::BufError if input.is_empty() && !is_full => return Ok(false),
                Status::Ok | Status::BufError => {
                    if taken == 0 && self.out.len() == length && !is_full {
                        return Err(Error::Deflated);
                    }
                }
            }
        }
    }

    /// Makes space for more bytes: not for more than one byte too many in all.
    fn reserve(&mut self, packed_bytes: usize) {
        if self.out.len() < self.out.capacity() {
            return;
        }
        let more = self.out.len().max(2 * packed_bytes).max(INFLATE_BYTES_MIN);
        let allowed = self.bytes_max.saturating_add(1) - self.out.len();
        self.out.reserve_exact(more.min(allowed));
    }
}
