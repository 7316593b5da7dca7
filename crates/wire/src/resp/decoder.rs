//! Finding where replies end.

use super::item::{Head, Kind, head};
use super::reply::view;
use super::{Error, Reply};
use crate::limits::{RESP_DEPTH_MAX, RESP_KEPT_BYTES_MAX, RESP_REPLY_BYTES_MAX};
use std::mem;

/// Cuts replies off a stream.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of an incomplete reply, or the last reply that came in pieces.
    pending: Vec<u8>,
    /// It is the last one.
    is_taken: bool,
    scan: Scan,
}

impl Decoder {
    /// Takes one reply off the front of `input`; `None` if more bytes are needed. After an error it
    /// finds nothing more.
    ///
    /// # Errors
    /// If `input` is no reply.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Reply<'a>>, Error> {
        if mem::take(&mut self.is_taken) {
            self.pending.clear();
            if self.pending.capacity() > RESP_KEPT_BYTES_MAX {
                self.pending = Vec::new();
            }
        }
        if self.pending.is_empty() {
            let bytes = *input;
            // Most replies are one short item.
            let mut searched = 0;
            if self.scan.is_new()
                && let Some((Head::Whole(reply), length)) = head(bytes, &mut searched)?
            {
                *input = bytes.get(length..).unwrap_or_default();
                return Ok(Some(reply));
            }
            if let Some(end) = self.scan.run(bytes)? {
                let (reply, rest) = bytes.split_at(end);
                *input = rest;
                return Ok(view(reply, true).map(|(reply, _)| reply));
            }
        }
        let (before, all) = (self.pending.len(), mem::take(input));
        self.pending.extend_from_slice(all);
        if before == 0 {
            return Ok(None);
        }
        let Some(end) = self.scan.run(&self.pending)? else { return Ok(None) };
        self.pending.truncate(end);
        self.is_taken = true;
        *input = all.get(end - before..).unwrap_or_default();
        Ok(view(&self.pending, true).map(|(reply, _)| reply))
    }

    /// Bytes that are kept of a reply that is not whole.
    pub const fn kept_bytes(&self) -> usize {
        self.pending.len()
    }
}

/// The progress through one reply.
#[derive(Debug, Default)]
struct Scan {
    /// The index at which the next item begins.
    at: usize,
    /// Its leading bytes that are known to hold no line end.
    searched: usize,
    /// The number of items still awaited, at each level of the reply.
    awaited: [u32; RESP_DEPTH_MAX],
    levels: usize,
}

impl Scan {
    /// Whether nothing of a reply has been looked at.
    const fn is_new(&self) -> bool {
        self.levels == 0
    }

    /// Goes on with a reply whose bytes so far are `bytes`. Returns its end if it is whole, and
    /// begins the next reply.
    fn run(&mut self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        if self.is_new() {
            self.await_items(1)?;
        }
        while self.levels > 0 {
            let rest = bytes.get(self.at..).unwrap_or_default();
            let Some((head, length)) = head(rest, &mut self.searched)? else {
                return if bytes.len() > RESP_REPLY_BYTES_MAX {
                    Err(Error::TooLong)
                } else {
                    Ok(None)
                };
            };
            let is_attribute = matches!(head, Head::Items(Kind::Attribute, _));
            // A push has no place in another reply.
            if matches!(head, Head::Items(Kind::Push, _)) && self.levels > 1 {
                return Err(Error::Malformed);
            }
            (self.at, self.searched) = (self.at + length, 0);
            if self.at > RESP_REPLY_BYTES_MAX {
                return Err(Error::TooLong);
            }
            if let Some(awaited) = self.awaited.get_mut(self.levels - 1).filter(|_| !is_attribute) {
                *awaited -= 1;
            }
            if let Head::Items(_, count) = head {
                self.await_items(count)?;
            }
            while self.levels > 0 && self.awaited.get(self.levels - 1) == Some(&0) {
                self.levels -= 1;
            }
        }
        Ok(Some(mem::take(self).at))
    }

    fn await_items(&mut self, count: u32) -> Result<(), Error> {
        *self.awaited.get_mut(self.levels).ok_or(Error::TooDeep)? = count;
        self.levels += 1;
        Ok(())
    }
}
