//! The way out of the hub.

use crate::base::{Chunk, Route};

/// Takes bytes to where a seat's route leads.
pub trait Delivery {
    /// Delivers a copy of `bytes`.
    fn copy(&mut self, route: Route, bytes: &[u8]);

    /// Delivers shared bytes.
    fn share(&mut self, route: Route, chunk: &Chunk);
}
