//! Random numbers and values from outside the server: a record holds them, and a replay reads them
//! there.

use super::listening::run;
use super::{Context, Listen, Server};
use crate::limits::RECORD_PIECE_BYTES;
use crate::record::{Record, Replay, ReplayError, Replayed};
use std::mem;

/// The source of random bytes.
pub(super) type Entropy = Box<dyn FnMut(&mut [u8])>;

/// The source of values from outside the server: the given function, or a record.
pub(super) type Outside = Box<dyn FnMut(&dyn Fn() -> String) -> String>;

/// Reads it.
pub(super) fn outside() -> Outside {
    Box::new(|read| read())
}

impl<S> Server<S> {
    /// Makes `record` hold the random numbers and the values from outside.
    pub(super) fn record(&mut self, record: &Record) {
        let mut entropy = mem::replace(&mut self.core.entropy, Box::new(|_| ()));
        let mut outside = mem::replace(&mut self.core.outside, outside());
        let (random, texts) = (record.clone(), record.clone());
        self.core.entropy = Box::new(move |bytes| {
            entropy(bytes);
            random.random(bytes);
        });
        self.core.outside = Box::new(move |read| {
            let text = outside(read);
            texts.outside(&text);
            text
        });
    }
}

impl Replay {
    /// Runs a server from the record, until the record ends: no door is opened, and the server's
    /// output is compared with the recorded output. `listen` must be that of the recorded server,
    /// and `server` must have been put together in the same way. A handler that gets the time,
    /// random numbers or a file without its [`Context`] makes the replay differ.
    ///
    /// # Errors
    /// The first difference; or the record cannot be read to its end.
    pub fn serve<S>(self, listen: &Listen, mut server: Server<S>) -> Result<Replayed, ReplayError> {
        server.core.entropy = Box::new(self.entropy());
        let mut outside = self.outside();
        server.core.outside = Box::new(move |_| outside());
        // A recorded run takes no calls.
        server.core.calls.end();
        // Its error is that of the record, or was recorded.
        let _ = run(listen.clone(), self.world(listen.listeners()), server);
        self.finish()
    }
}

impl<S> Context<'_, S> {
    /// Returns the result of `read`: something from outside the server that a client may be told,
    /// such as a figure of the system or a line of a file. After 32 KiB it is cut off. A [`Record`]
    /// holds it, and a replay gets it from there.
    pub fn outside(&mut self, read: impl Fn() -> String) -> String {
        (self.core.outside)(&|| {
            let mut text = read();
            text.truncate(text.floor_char_boundary(RECORD_PIECE_BYTES));
            text
        })
    }
}
