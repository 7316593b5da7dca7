//! The history's files: private to their owner, and not a way into another file.

use super::{OpenError, check, schema};
use crate::limits::{
    EXPORT_BUSY_MS, HISTORY_BUSY_MS, HISTORY_CHECK_LOOKS, HISTORY_CHECK_LOOKS_RUNNING,
    HISTORY_CHECK_SECONDS, HISTORY_SLICE_SECONDS_IDLE,
};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File, Metadata, Permissions, TryLockError};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Other users' permissions of a file.
const OTHERS: u32 = 0o077;
/// Only its owner may read and write it.
pub(super) const PRIVATE: u32 = 0o600;

/// The beginning of SQLite's files (its file format, 1.3.1).
const MAGIC: &[u8] = b"SQLite format 3\0";

/// A file's identity on its disk, independent of its name.
pub(super) type Inode = (u64, u64);

/// Limits for opening a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Milliseconds to wait for another program that holds it.
    pub(super) busy_ms: u64,
    /// Seconds in which it is checked.
    pub(super) check_seconds: f64,
    /// Least number of looks at the clock in that time.
    pub(super) check_looks: u64,
}

impl Patience {
    /// At the start, while nobody waits.
    pub(super) const STARTING: Self = Self {
        busy_ms: EXPORT_BUSY_MS,
        check_seconds: HISTORY_CHECK_SECONDS,
        check_looks: HISTORY_CHECK_LOOKS,
    };
    /// In a running server, while all its clients wait.
    pub(super) const RUNNING: Self = Self {
        busy_ms: HISTORY_BUSY_MS,
        check_seconds: HISTORY_SLICE_SECONDS_IDLE,
        check_looks: HISTORY_CHECK_LOOKS_RUNNING,
    };
}

/// The path of a file beside the history's.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The file's own name if the path is a link, because SQLite puts its files beside that. If there
/// is no file, the path.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The identity of a file.
pub(super) fn node(metadata: &Metadata) -> Inode {
    (metadata.dev(), metadata.ino())
}

/// Creates an empty file if there is none, which only its owner may read. SQLite gives its other
/// files the same permissions.
pub(super) fn create(path: &Path) -> Result<(), OpenError> {
    match File::options().write(true).create_new(true).mode(PRIVATE).open(path) {
        Ok(_) => Ok(()),
        // SQLite reports what is wrong with it.
        Err(_) => no_links(path),
    }
}

/// Refuses links that would make SQLite write elsewhere: the log must not be one.
fn no_links(path: &Path) -> Result<(), OpenError> {
    for ending in ["-wal", "-shm", "-journal"] {
        let file = beside(path, ending);
        if fs::symlink_metadata(&file).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(OpenError::Link(file));
        }
    }
    Ok(())
}

/// Removes other users' permissions, which an older version or a person has given. Files of another
/// owner stay as they are, and so does a file that is no database of SQLite's. A guarded server may
/// change none by name. SQLite must not have the file open in this process: closing it here would
/// release SQLite's locks.
pub(super) fn keep_private(path: &Path) {
    for ending in ["", "-wal", "-shm", "-lock"] {
        let file = beside(path, ending);
        // A pipe must not hold up the server.
        let opened = File::options().read(true).custom_flags(nix::libc::O_NONBLOCK).open(&file);
        let Ok(opened) = opened else { continue };
        if ending.is_empty() && !is_database(&opened) {
            return;
        }
        let Ok(metadata) = opened.metadata() else { continue };
        let mode = metadata.permissions().mode();
        if mode & OTHERS != 0 {
            let narrowed = opened.set_permissions(Permissions::from_mode(mode & !OTHERS));
            let file = file.display().to_string();
            match narrowed {
                Ok(()) => log::warn!(
                    "others could read what is said in private: it is its owner's alone now \
                     file={file:?} mode={:o}",
                    mode & 0o777
                ),
                Err(error) => log::warn!(
                    "others can read what is said in private file={file:?} mode={:o} \
                     error=\"{error}\"",
                    mode & 0o777
                ),
            }
        }
    }
}

/// Whether a file begins as SQLite's do, or is empty.
fn is_database(file: &File) -> bool {
    let mut begin = Vec::new();
    let read = file.take(MAGIC.len() as u64).read_to_end(&mut begin);
    read.is_ok() && (begin.is_empty() || begin == MAGIC)
}

/// Takes a lock that no other server gets for the same file, by its own name. The lock is a file
/// beside it, because closing SQLite's file would release SQLite's own locks. Nothing is written to
/// it, and it must not be a link.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let name = beside(path, "-lock");
    let mut options = File::options();
    options.create(true).truncate(false).write(true).mode(PRIVATE);
    let file = options.custom_flags(nix::libc::O_NOFOLLOW).open(&name);
    let file = file.map_err(|error| match error.raw_os_error() {
        Some(nix::libc::ELOOP) => OpenError::Link(name),
        _ => OpenError::Io(error),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => Err(OpenError::Io(error)),
    }
}

/// Whether a server uses the file with this name, so that its log was checked to be its own.
fn is_served(path: &Path) -> bool {
    let lock = File::open(beside(path, "-lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Makes the disk keep the content of a file's folder.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Opens a history file by its own name. It may come from anybody: nothing in it runs, and nothing
/// in it is trusted.
pub(super) fn open(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    open_as(path, path, flags, is_served(path), EXPORT_BUSY_MS)
}

/// Opens a history file by the name for SQLite, which may be a URI. A log that is not the file's
/// own is refused, unless a server is using it. Waits up to `busy_ms` for another program that
/// holds the file.
pub(super) fn open_as(
    path: &Path,
    name: &Path,
    flags: OpenFlags,
    is_served: bool,
    busy_ms: u64,
) -> Result<Connection, OpenError> {
    no_links(path)?;
    let in_file = check::stamp_in_file(path);
    let connection = Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Closing the file must not merge another file's log into it either.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let is_to_be_written = flags.contains(OpenFlags::SQLITE_OPEN_READ_WRITE);
    // SQLite also opens a read-only file, and fails at the first write.
    if is_to_be_written && connection.is_readonly("main")? {
        return Err(OpenError::ReadOnly);
    }
    connection.busy_timeout(Duration::from_millis(busy_ms))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    if !is_served && !check::is_own_log(&connection, in_file)? {
        return Err(OpenError::ForeignLog(beside(path, "-wal")));
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    schema::check(&connection)?;
    if is_to_be_written {
        schema::prepare(&connection)?;
    }
    Ok(connection)
}
