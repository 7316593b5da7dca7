//! The output of the hub.

use crate::base::{Chunk, Route};

/// Takes bytes to the destination of a seat's route.
pub trait Delivery {
    /// Delivers a copy of `bytes`.
    fn copy(&mut self, route: Route, bytes: &[u8]);

    /// Delivers shared bytes.
    fn share(&mut self, route: Route, chunk: &Chunk);
}
