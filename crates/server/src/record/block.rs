//! The format of a record's file.
//!
//! ```text
//! mio-socketio record 1\n
//! block*
//! block: length (4 bytes, little-endian) · CRC-32 of the bytes (4 bytes, the same) · bytes
//! ```
//!
//! The first block is the application's description of the run, all others are events. A block is
//! written whole, by one call, so the file of a killed writer is good up to its last block.

use super::event::EVENT_BYTES_MAX;
use crate::limits::RECORD_BLOCK_BYTES;
use std::io::{self, Read, Write};

/// The first line of a file; the number is that of the format.
const FIRST_LINE: &[u8] = b"mio-socketio record 1\n";
const HEAD_BYTES: usize = 8;
/// A block ends with the event that makes it long enough.
pub(super) const BLOCK_BYTES_MAX: usize = RECORD_BLOCK_BYTES + EVENT_BYTES_MAX;

/// Begins a file.
pub(super) fn begin(out: &mut impl Write, about: &[u8]) -> io::Result<()> {
    if about.len() > BLOCK_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too much is said of the run"));
    }
    out.write_all(FIRST_LINE)?;
    let mut block = vec![0; HEAD_BYTES];
    block.extend(about);
    write(out, &mut block)
}

/// A block to which nothing was added yet.
pub(super) fn empty(block: &mut Vec<u8>) {
    block.clear();
    block.resize(HEAD_BYTES, 0);
}

/// Whether nothing was added to a block.
pub(super) const fn is_empty(block: &[u8]) -> bool {
    block.len() <= HEAD_BYTES
}

/// Writes a block, whose head is set here.
pub(super) fn write(out: &mut impl Write, block: &mut [u8]) -> io::Result<()> {
    if let Some((head, bytes)) = block.split_first_chunk_mut::<HEAD_BYTES>() {
        let length = (bytes.len() as u32).to_le_bytes();
        head[..4].copy_from_slice(&length);
        head[4..].copy_from_slice(&crc32(bytes).to_le_bytes());
    }
    out.write_all(block)
}

/// The next part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A block.
    Block(Vec<u8>),
    /// Nothing more.
    End,
    /// The beginning of a block that was not written to its end.
    Cut,
    /// The block that begins at this byte of the file is damaged.
    Damaged(u64),
}

/// The blocks of a file.
pub(super) struct Blocks {
    input: Box<dyn Read>,
    /// Bytes of the file that were read.
    at: u64,
}

impl Blocks {
    /// The blocks of a record; `None` if the file is not a record, or has another format.
    pub(super) fn open(mut input: Box<dyn Read>) -> io::Result<Option<Self>> {
        let line = take(&mut input, FIRST_LINE.len())?;
        let is_one = line == FIRST_LINE;
        Ok(is_one.then_some(Self { input, at: FIRST_LINE.len() as u64 }))
    }

    /// Bytes of the file up to the end of the last block.
    pub(super) const fn at(&self) -> u64 {
        self.at
    }

    /// Reads the next block.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        let head = take(&mut self.input, HEAD_BYTES)?;
        let Some((length, crc)) = head.split_first_chunk::<4>() else {
            return Ok(if head.is_empty() { Next::End } else { Next::Cut });
        };
        let Ok(crc) = crc.try_into().map(u32::from_le_bytes) else { return Ok(Next::Cut) };
        let length = u32::from_le_bytes(*length) as usize;
        if length > BLOCK_BYTES_MAX {
            return Ok(Next::Damaged(self.at));
        }
        let block = take(&mut self.input, length)?;
        if block.len() < length {
            return Ok(Next::Cut);
        }
        if crc32(&block) != crc {
            // The last block may have been under way when the system itself went down.
            let is_last = take(&mut self.input, 1)?.is_empty();
            return Ok(if is_last { Next::Cut } else { Next::Damaged(self.at) });
        }
        self.at += (HEAD_BYTES + length) as u64;
        Ok(Next::Block(block))
    }
}

/// Reads `count` bytes, or as many as there are.
fn take(input: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    input.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The remainders of all bytes, by the polynomial of IEEE 802.3, bits reversed.
const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut rest = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 1 { rest >> 1 ^ 0xedb8_8320 } else { rest >> 1 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
};

/// CRC-32 as in Ethernet, zip and gzip (RFC 1952, 8).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| crc >> 8 ^ CRC_TABLE[usize::from(crc as u8 ^ byte)];
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// All parts of a file.
    fn read(file: &[u8]) -> Option<Vec<Next>> {
        let input = Box::new(Cursor::new(file.to_vec()));
        let mut blocks = Blocks::open(input).expect("a vector can be read")?;
        let mut all = Vec::new();
        loop {
            let next = blocks.next().expect("a vector can be read");
            let goes_on = matches!(next, Next::Block(_));
            all.push(next);
            if !goes_on {
                return Some(all);
            }
        }
    }

    #[test]
    fn a_file_is_good_up_to_its_last_whole_block() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let mut file = Vec::new();
        begin(&mut file, b"about").expect("a vector takes it");
        let mut block = Vec::new();
        empty(&mut block);
        assert!(is_empty(&block));
        block.extend(b"events");
        let whole = file.len();
        write(&mut file, &mut block).expect("a vector takes it");
        let one = || vec![Next::Block(b"about".to_vec())];
        let then = |mut blocks: Vec<Next>, last| {
            blocks.push(last);
            blocks
        };
        let two = then(one(), Next::Block(b"events".to_vec()));
        assert_eq!(read(&file), Some(then(two, Next::End)));
        for end in whole + 1..file.len() {
            assert_eq!(read(&file[..end]), Some(then(one(), Next::Cut)), "up to {end}");
        }
        for at in [whole + 4, file.len() - 1] {
            let mut file = file.clone();
            file[at] ^= 1;
            assert_eq!(read(&file), Some(then(one(), Next::Cut)));
            file.push(0);
            assert_eq!(read(&file), Some(then(one(), Next::Damaged(whole as u64))));
        }
        for end in 0..FIRST_LINE.len() {
            assert_eq!(read(&file[..end]), None, "up to {end}");
        }
        assert_eq!(read(b"mio-socketio record 2\n"), None);
    }
}
