//! Checks whether a history file and the log beside it belong together, and whether the file is
//! sound.
//!
//! SQLite merges any complete log into any file. So the file has a stamp (the application id in its
//! head), and each log that a server starts carries the next one. The stamps of the file without
//! its log and with it must then be equal, or successive.

use super::OpenError;
use super::budget::{Budget, is_cut};
use super::files::Patience;
use crate::limits::HISTORY_STAMPS_MAX;
use rusqlite::{Connection, Transaction};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The beginning of an SQLite file (sqlite.org/fileformat2.html, 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The position of the application id.
const STAMP_AT: u64 = 68;
/// For a linear congruential generator whose cycle has all numbers (Knuth, TAOCP 2, 3.2.1.2).
const FACTOR: u32 = 1_664_525;
const STEP: u32 = 1_013_904_223;

const fn next(stamp: u32) -> u32 {
    stamp.wrapping_mul(FACTOR).wrapping_add(STEP)
}

/// The stamp of a file without its log, if it has one. (Reading it takes no lock. It must be done
/// before SQLite opens the file: closing a file releases the locks of its process.)
pub(super) fn stamp_in_file(path: &Path) -> Option<u32> {
    stamp_in(&File::open(path).ok()?)
}

/// The stamp of an open file without its log, if it has one.
pub(super) fn stamp_in(file: &File) -> Option<u32> {
    let (mut magic, mut stamp) = ([0; 16], [0; 4]);
    file.read_exact_at(&mut magic, 0).ok()?;
    file.read_exact_at(&mut stamp, STAMP_AT).ok()?;
    let stamp = u32::from_be_bytes(stamp);
    (magic == *MAGIC && stamp != 0).then_some(stamp)
}

/// Whether a file with the stamp `first` may have the stamp `other` by now, from a log of its own.
pub(super) fn follows(first: u32, other: u32) -> bool {
    let own = std::iter::successors(Some(first), |stamp| Some(next(*stamp)));
    own.take(HISTORY_STAMPS_MAX).any(|stamp| stamp == other)
}

fn stamp(connection: &Connection) -> rusqlite::Result<u32> {
    let sql = "PRAGMA application_id";
    Ok(connection.query_row(sql, [], |row| row.get::<_, i32>(0))?.cast_unsigned())
}

/// Whether the log with which the connection reads the file is the file's own.
pub(super) fn is_own_log(connection: &Connection, in_file: Option<u32>) -> rusqlite::Result<bool> {
    let with_log = stamp(connection)?;
    // Older versions made no stamps.
    Ok(in_file.is_none_or(|first| follows(first, with_log)))
}

/// Gives the file the next stamp, in the first transaction of a log. A file without a stamp gets a
/// random one.
pub(super) fn stamp_next(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    match stamp(transaction)? {
        0 => stamp_anew(transaction),
        stamp => transaction.pragma_update(None, "application_id", next(stamp).cast_signed()),
    }
}

/// Gives a file a random stamp, so that no other file's log belongs to it.
pub(super) fn stamp_anew(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT random() & 0x7fffffff | 1";
    let stamp: i32 = connection.query_row(sql, [], |row| row.get(0))?;
    connection.pragma_update(None, "application_id", stamp)
}

/// Checks whether the file is sound: all of it if there is time, and the first part in any case.
pub(super) fn whole(
    connection: &Connection,
    budget: &Budget,
    patience: Patience,
) -> Result<(), OpenError> {
    let time = budget.start(patience.check_seconds, patience.check_looks);
    let sql = "PRAGMA quick_check(1)";
    let found = connection.query_row(sql, [], |row| row.get::<_, String>(0));
    drop(time);
    match found {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(OpenError::Damaged(found)),
        Err(error) if is_cut(&error) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
