//! The content of a long response, read piece by piece while the client takes it.

use crate::limits::CONTENT_PIECE_BYTES;
use std::fmt;
use std::io::{self, ErrorKind, Read};

/// Content of a known length that comes out of a reader.
pub struct Content {
    reader: Box<dyn Read>,
    left: u64,
}

impl Content {
    /// The first `bytes` bytes of `reader`.
    pub fn new(reader: impl Read + 'static, bytes: u64) -> Self {
        Self { reader: Box::new(reader), left: bytes }
    }

    /// Bytes that have not been read yet.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Reads the next piece; empty when all of it has been read.
    ///
    /// # Errors
    /// Those of the reader, and [`ErrorKind::UnexpectedEof`] if it ends too early.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        let bytes = self.left.min(CONTENT_PIECE_BYTES as u64);
        let mut piece = Vec::with_capacity(bytes as usize);
        self.reader.by_ref().take(bytes).read_to_end(&mut piece)?;
        self.left -= piece.len() as u64;
        match piece.len() as u64 == bytes {
            true => Ok(piece),
            false => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("left", &self.left).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_in_pieces_and_not_beyond_its_length() {
        let all: Vec<u8> = (0..=255).cycle().take(2 * CONTENT_PIECE_BYTES + 9).collect();
        let mut content = Content::new(io::Cursor::new(all.clone()), all.len() as u64 - 4);
        let pieces: Vec<Vec<u8>> = (0..3).map(|_| content.read().expect("a piece")).collect();
        let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
        assert_eq!(lengths, [CONTENT_PIECE_BYTES, CONTENT_PIECE_BYTES, 5]);
        assert_eq!(pieces.concat(), all[..all.len() - 4]);
        assert_eq!((content.left(), content.read().expect("the end")), (0, Vec::new()));
    }

    #[test]
    fn content_that_ends_too_early_is_an_error() {
        let mut content = Content::new(&b"short"[..], 6);
        let error = content.read().expect_err("a byte is missing");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }
}
