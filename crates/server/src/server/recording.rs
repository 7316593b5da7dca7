//! What is random or outside of the server, so that a record has it and a replay gets it.

use super::listen::{Listen, run};
use super::{Context, Server};
use crate::limits::RECORD_PIECE_BYTES;
use crate::record::{Record, Replay, ReplayError, Replayed};
use std::mem;

/// Where random bytes come from.
pub(super) type Entropy = Box<dyn FnMut(&mut [u8])>;

/// Where what is outside of the server comes from: by calling what is given, or from a record.
pub(super) type Outside = Box<dyn FnMut(&dyn Fn() -> String) -> String>;

/// Reads it.
pub(super) fn outside() -> Outside {
    Box::new(|read| read())
}

impl<S> Server<S> {
    /// Has `record` hold what is random and what is read outside.
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
    /// Runs a server from the record, until the record ends: no door is opened, and whatever the
    /// server would send is compared with what it sent. `listen` is what the recorded server was
    /// opened with, and `server` one that was put together in the same way; a handler that asks for
    /// the time, for random numbers or for a file otherwise than by its [`Context`] makes a
    /// difference.
    ///
    /// # Errors
    /// The first difference; or the record cannot be read to its end.
    pub fn serve<S>(self, listen: &Listen, mut server: Server<S>) -> Result<Replayed, ReplayError> {
        server.core.entropy = Box::new(self.entropy());
        let mut outside = self.outside();
        server.core.outside = Box::new(move |_| outside());
        let doors = listen.addresses.len() + listen.http.len() + listen.operators.len();
        // Its error is that of the record, or was recorded.
        let _ = run(listen.clone(), self.world(doors), server);
        self.finish()
    }
}

impl<S> Context<'_, S> {
    /// What `read` returns: something of the world outside of the server that a client may be told,
    /// as a figure of the system or a line of a file, in at most 32 KiB; more is cut off. By this
    /// way it is in a [`Record`], and a replay gets it from there.
    pub fn outside(&mut self, read: impl Fn() -> String) -> String {
        (self.core.outside)(&|| {
            let mut text = read();
            text.truncate(text.floor_char_boundary(RECORD_PIECE_BYTES));
            text
        })
    }
}
