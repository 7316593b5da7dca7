//! A copy of a history, made while a server may use the file.

use super::files::{PRIVATE, beside, open, real, sync_folder};
use super::{OpenError, check};
use rusqlite::OpenFlags;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Writes a copy of a history file to `to`: the state of one moment, in one file that only its
/// owner can read. It appears when it is complete. An existing file stays as it is, unless
/// `replaces`.
///
/// # Errors
/// If the file cannot be read, or the copy cannot be written ([`OpenError::Io`]).
pub fn backup(path: &Path, to: &Path, replaces: bool) -> Result<(), OpenError> {
    let path = &real(path);
    let is_same = fs::canonicalize(to).is_ok_and(|to| to == *path);
    let is_there = fs::symlink_metadata(to).is_ok();
    if is_same || is_there && !replaces {
        return Err(OpenError::Io(io::ErrorKind::AlreadyExists.into()));
    }
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let part = beside(to, "-part");
    // A part of an interrupted copy is overwritten.
    let mut options = File::options();
    options.create(true).truncate(false).write(true).mode(PRIVATE);
    let file = options.custom_flags(nix::libc::O_NOFOLLOW).open(&part).map_err(OpenError::Io)?;
    match file.try_lock() {
        Ok(()) => (),
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => return Err(OpenError::Io(error)),
    }
    // The readers of an earlier copy may not read this one.
    let is_private = file.set_permissions(Permissions::from_mode(PRIVATE));
    let is_empty = is_private.and_then(|()| file.set_len(0));
    let written = is_empty.map_err(OpenError::Io).and_then(|()| {
        let name = part.to_str().ok_or(OpenError::Io(io::ErrorKind::InvalidInput.into()))?;
        connection.execute("VACUUM INTO ?", [name])?;
        // A log that already stands beside it does not belong to it.
        let copy = open(&part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        check::stamp_anew(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        file.sync_all().map_err(OpenError::Io)?;
        publish(&part, to, replaces).map_err(OpenError::Io)
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

/// Gives the copy its name, in one step.
fn publish(part: &Path, to: &Path, replaces: bool) -> io::Result<()> {
    match replaces {
        true => fs::rename(part, to)?,
        // A link does not replace a file that has appeared in the meantime.
        false => {
            fs::hard_link(part, to)?;
            fs::remove_file(part)?;
        }
    }
    sync_folder(to)
}
