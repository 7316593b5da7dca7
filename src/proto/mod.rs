//! Floor 1: pure codecs. Bytes in, events out; values in, bytes out.
//!
//! Every decoder has one shape,
//! `next(&mut self, input: &mut &[u8]) -> Result<Option<Event>, Error>`, which takes one event off
//! the front of `input`. `Ok(None)` means "need more bytes" and nothing else.

pub mod line;
pub mod telnet;
pub mod text;
