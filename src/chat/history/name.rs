//! The history's name, by which clients tell it from another one.

use super::History;
use std::rc::Rc;

impl History {
    /// Gives a new history the name of the history of the chat whose node this server is.
    pub(in crate::chat) fn adopt(&mut self, name: &str) {
        if *self.name == *name {
            return;
        }
        if let Some(store) = &self.store
            && let Err(error) = store.call(name)
        {
            log::warn!("the history keeps its old name error=\"{error}\"");
        }
        self.name = name.into();
    }

    /// The history's name, a random one; empty if it has none yet.
    pub(in crate::chat) fn name(&self) -> &Rc<str> {
        &self.name
    }

    /// Names a history that is not kept.
    pub(in crate::chat) fn call(&mut self, name: String) {
        self.name = name.into();
    }
}
