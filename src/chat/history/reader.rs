//! A history file that is only read, even where nothing can be written beside it.

use super::OpenError;
use super::files::{beside, open, open_as, real};
use crate::limits::EXPORT_BUSY_MS;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Bytes of a log's head (sqlite.org/fileformat2.html, 4.1).
const LOG_HEAD_BYTES: usize = 32;
/// Attempts to copy a file while another program writes to it.
const COPIES_MAX: usize = 3;

/// A file to read from.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) connection: Connection,
    /// Deleted after the connection is closed.
    _copy: Option<Copy>,
}

impl Reader {
    /// Opens the file. SQLite creates a file for the log's index beside it. If it cannot, the file
    /// is read as one that does not change, or, if it has a log, from a copy.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let path = &real(path);
        match open(path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
            Ok(connection) => Ok(Self { connection, _copy: None }),
            Err(OpenError::Sqlite(error)) if is_unwritable(&error) && path.exists() => {
                Self::open_without_index(path)
            }
            Err(error) => Err(error),
        }
    }

    /// Opens the file if SQLite cannot create a file beside it: as one that does not change, or, if
    /// it has a log, from a copy.
    pub(super) fn open_without_index(path: &Path) -> Result<Self, OpenError> {
        match log_head(path) {
            None => Self::unchanging(path),
            Some(_) => Self::copied(path),
        }
    }

    fn unchanging(path: &Path) -> Result<Self, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = open_as(path, &unchanging_uri(path), flags, true, EXPORT_BUSY_MS)?;
        Ok(Self { connection, _copy: None })
    }

    fn copied(path: &Path) -> Result<Self, OpenError> {
        let copy = Copy::of(path).map_err(OpenError::Io)?;
        let connection = open(&copy.0.join("copy"), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        Ok(Self { connection, _copy: Some(copy) })
    }
}

/// Whether SQLite could not create a file that it needs.
fn is_unwritable(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// The beginning of a log, if there is one that is not empty.
fn log_head(path: &Path) -> Option<[u8; LOG_HEAD_BYTES]> {
    let mut head = [0; LOG_HEAD_BYTES];
    File::open(beside(path, "-wal")).ok()?.read_exact(&mut head).ok()?;
    Some(head)
}

/// The URI of a file that nobody changes, by its own name (sqlite.org/uri.html).
fn unchanging_uri(path: &Path) -> PathBuf {
    let mut uri = b"file:".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.extend(format!("%{byte:02x}").bytes()),
            byte => uri.push(*byte),
        }
    }
    uri.extend(b"?immutable=1");
    PathBuf::from(OsString::from_vec(uri))
}

/// A private folder with a copy of a file and its log.
#[derive(Debug)]
struct Copy(PathBuf);

impl Copy {
    fn of(path: &Path) -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("mio-chat-export-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let copy = Self(folder);
        for _ in 0..COPIES_MAX {
            let head = log_head(path);
            fs::copy(path, copy.0.join("copy"))?;
            fs::copy(beside(path, "-wal"), copy.0.join("copy-wal"))?;
            // The log is unchanged, so it contains everything that was merged into the file during
            // the copy.
            if log_head(path) == head {
                return Ok(copy);
            }
        }
        Err(std::io::ErrorKind::ResourceBusy.into())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
