//! How much of the history there is, for a monitor.

use super::History;
use super::files::beside;
use std::fs;
use std::path::Path;

/// How large the history is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Messages at the end whose words are not indexed yet, at most.
    pub unindexed: u64,
    /// Bytes of its file.
    pub file_bytes: u64,
    /// Bytes of the log beside it.
    pub log_bytes: u64,
}

impl History {
    /// How large it is; none if none is kept.
    pub fn sizes(&self) -> Option<Sizes> {
        let store = self.store.as_ref()?;
        let path = Path::new(store.connection.path()?);
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let unindexed = u64::try_from(store.last_id - store.indexed).unwrap_or_default();
        let log_bytes = bytes(&beside(path, "-wal"));
        Some(Sizes { unindexed, file_bytes: bytes(path), log_bytes })
    }
}
