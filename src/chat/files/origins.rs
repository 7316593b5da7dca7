//! The addresses from which the files that are there have come, so that no address fills the room
//! of all. They are in memory alone: no file tells where people were, and a new server knows
//! nothing of them.

use crate::chat::history::FileSum;
use crate::limits::FILES_MAX;
use mio_socketio::Address;
use std::collections::HashMap;
use std::rc::Rc;

/// Where the files have come from, by their ids.
#[derive(Debug, Default)]
pub(super) struct FileOrigins(HashMap<Rc<str>, (Address, u64)>);

impl FileOrigins {
    /// A file of this many bytes has come.
    pub(super) fn came(&mut self, id: Rc<str>, from: Address, bytes: u64) {
        if (self.0.len() as u64) < FILES_MAX {
            self.0.insert(id, (from, bytes));
        }
    }

    /// The file is gone.
    pub(super) fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// All files are gone, or are no longer counted.
    pub(super) fn forget_all(&mut self) {
        self.0.clear();
    }

    /// The files from this address.
    pub(super) fn sum(&self, from: Address) -> FileSum {
        let theirs = self.0.values().filter(|(address, _)| *address == from);
        theirs.fold(FileSum::default(), |FileSum { count, bytes }, (_, more)| FileSum {
            count: count + 1,
            bytes: bytes.saturating_add(*more),
        })
    }
}
