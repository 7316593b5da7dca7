//! One record shared by everything that writes or reads it: the loop, its streams, its meter and
//! the server.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

/// A value with several owners. Each uses it for a moment, and never while another does.
pub(super) struct Shared<T>(Rc<Cell<Option<T>>>);

impl<T> Shared<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Rc::new(Cell::new(Some(value))))
    }

    /// Uses the value.
    ///
    /// # Panics
    /// If it is in use: `using` must not come back here.
    pub(super) fn with<R>(&self, using: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.0.take().expect("nobody uses it within its use");
        let result = using(&mut value);
        self.0.set(Some(value));
        result
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}
