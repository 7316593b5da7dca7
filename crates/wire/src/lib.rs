//! Pure codecs, of clients and of servers. Bytes in, events out; values in, bytes out.
//!
//! Every decoder has one shape, `next(&mut self, input: &mut &[u8]) -> Result<Option<Event>,
//! Error>`, and takes one event off the front of `input`. `Ok(None)` means "need more bytes" and
//! nothing else. [`http`] alone has two steps, a head and then a body, because the code that
//! answers a request borrows its head. The decoder of [`ws`] may write in its input, to unmask it,
//! and keeps the bytes of an incomplete event itself. Packets of Engine.IO and Socket.IO always
//! come complete: their decoders are functions of one message. That of [`proxy`] is a function of a
//! connection's first bytes. [`resp`] is a client's half only. [`client`] has the client's half of
//! all others together. With the feature `tls` there is `tls`: records on one side, text on the
//! other.

pub mod client;
pub mod eio;
pub mod http;
#[doc(hidden)]
pub mod limits;
pub mod line;
pub mod msgpack;
pub mod proxy;
pub mod resp;
pub mod sio;
pub mod telnet;
pub mod text;
#[cfg(feature = "tls")]
pub mod tls;
pub mod ws;
