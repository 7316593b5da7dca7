//! What SQLite leaves of what was deleted. With `secure_delete` it overwrites a deleted row where
//! it stands, but when it arranges a page anew, copies of rows that it moves stay in the page's
//! unused bytes, and those outlive the rows. SQLite has no command to erase them, except for making
//! the whole file anew, which would keep a server for as long as that takes.
//!
//! So the unused bytes of each page are overwritten here, in the file itself. Nothing reads them
//! (sqlite.org/fileformat2.html, 1.6): whoever uses the file meanwhile sees no difference. What
//! makes it safe besides: while it is done, the file is locked for writing, and all of the log is
//! in the file, so that nothing brings a page into it that is looked at. Then something is
//! committed, so that other programs that remember the pages read them again.

use super::OpenError;
use super::files::{Node, node};
use super::purge::immediate;
use super::wal::{log_pages, truncate};
use crate::limits::{EXPORT_BUSY_MS, PURGE_ERASE_PAGES};
use mio_socketio::Stopwatch;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The page in which the byte is that SQLite locks by: it has nothing else (1.3.4 there).
const LOCK_BYTE: u64 = 0x4000_0000;
/// Bytes of an entry in a map of pages (1.8 there): a type, and a page.
const MAP_ENTRY: u64 = 5;

/// Erases a file's unused bytes.
#[derive(Debug)]
pub(super) struct Eraser {
    /// Tells how much of the log is in the file, while another connection writes.
    looks: Connection,
    /// Closed after all connections: closing a file takes the locks of its process away.
    file: File,
    /// The page that comes next, from 1.
    next: u64,
}

/// How the pages of a file are laid out.
#[derive(Debug, Clone, Copy)]
struct Layout {
    page_bytes: u64,
    /// Bytes of a page that SQLite uses.
    usable: u64,
    pages: u64,
}

impl Eraser {
    /// Opens the file, which must be the one that was seen before the purge opened it: nothing is
    /// to be overwritten in another, that has taken its place.
    pub(super) fn open(path: &Path, seen: Option<Node>) -> Result<Self, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let looks = Connection::open_with_flags(path, flags)?;
        looks.pragma_update(None, "wal_autocheckpoint", 0)?;
        let file = File::options().read(true).write(true).open(path).map_err(OpenError::Io)?;
        let opened = file.metadata().map_err(OpenError::Io)?;
        if seen != Some(node(&opened)) {
            return Err(OpenError::Replaced);
        }
        Ok(Self { looks, file, next: 1 })
    }

    /// Erases some pages; whether there are more. Busy while others write or read.
    pub(super) fn erase(
        &mut self,
        connection: &mut Connection,
        seconds: f64,
    ) -> rusqlite::Result<bool> {
        let watch = Stopwatch::start();
        log_pages(&self.looks, "PASSIVE")?;
        let transaction = immediate(connection)?;
        let (pages, done) = log_pages(&self.looks, "NOOP")?;
        if pages != done {
            return Err(busy());
        }
        let Some(layout) = layout(&transaction, &self.file)? else { return Ok(false) };
        let mut erased = 0;
        let before = watch.seconds();
        while self.next <= layout.pages && watch.seconds() - before < seconds {
            let upto = layout.pages.min(self.next + u64::from(PURGE_ERASE_PAGES) - 1);
            for page in self.next..=upto {
                erased += erase(&self.file, layout, page).map_err(failed)?;
            }
            self.next = upto + 1;
        }
        let more = self.next <= layout.pages;
        // One that was stopped may have erased some, and not have come to say so.
        if erased > 0 || !more {
            // SQLite writes no row that is as it was.
            transaction.execute("UPDATE given SET erased = erased + 1", [])?;
        }
        transaction.commit()?;
        Ok(more)
    }

    /// Brings all of the log into the file and cuts it, and has the disk keep that; false, as it
    /// need not be done again. Busy while others write or read.
    pub(super) fn cut_log(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        log_pages(connection, "PASSIVE")?;
        let (pages, _) = truncate(connection, EXPORT_BUSY_MS)?;
        // The pragma does not fail where somebody reads: it tells what is left.
        if pages > 0 {
            return Err(busy());
        }
        self.file.sync_data().map_err(failed)?;
        Ok(false)
    }
}

fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}

fn failed(error: std::io::Error) -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
    rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
}

/// How a file is laid out that has a map of its pages; none has none.
fn layout(connection: &Connection, file: &File) -> rusqlite::Result<Option<Layout>> {
    let ask = |pragma: &str| {
        connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, u32>(0))
    };
    let (page_bytes, pages, vacuum) = (ask("page_size")?, ask("page_count")?, ask("auto_vacuum")?);
    let mut reserved = [0];
    file.read_exact_at(&mut reserved, 20).map_err(failed)?;
    let (page_bytes, pages) = (u64::from(page_bytes), u64::from(pages));
    let usable = page_bytes - u64::from(reserved[0]);
    Ok((vacuum != 0).then_some(Layout { page_bytes, usable, pages }))
}

impl Layout {
    /// Where a page begins in the file.
    const fn offset(self, page: u64) -> u64 {
        (page - 1) * self.page_bytes
    }

    /// Where the map says what a page is; none for a page of the map itself, and for those that are
    /// in no map.
    const fn mapped(self, page: u64) -> Option<u64> {
        let locked = LOCK_BYTE / self.page_bytes + 1;
        if page < 2 || page == locked {
            return None;
        }
        let entries = self.usable / MAP_ENTRY;
        let mut map = (page - 2) / (entries + 1) * (entries + 1) + 2;
        if map == locked {
            map += 1;
        }
        if page <= map {
            return None;
        }
        Some(self.offset(map) + (page - map - 1) * MAP_ENTRY)
    }
}

/// Erases the unused bytes of a page, if it has rows; how many there were to be erased.
fn erase(file: &File, layout: Layout, number: u64) -> std::io::Result<usize> {
    let Some(mapped) = layout.mapped(number) else { return Ok(0) };
    let mut kind = [0];
    file.read_exact_at(&mut kind, mapped)?;
    // The root of a tree, or another page of one.
    if !matches!(kind, [1 | 5]) {
        return Ok(0);
    }
    let mut page = vec![0; layout.usable as usize];
    file.read_exact_at(&mut page, layout.offset(number))?;
    let mut erased = 0;
    for range in unused(&page).unwrap_or_default() {
        let Some(bytes) = page.get(range.clone()) else { continue };
        let count = bytes.iter().filter(|byte| **byte != 0).count();
        if count > 0 {
            let zeros = vec![0; bytes.len()];
            file.write_all_at(&zeros, layout.offset(number) + range.start as u64)?;
            erased += count;
        }
    }
    Ok(erased)
}

/// The unused bytes of a page of a tree: between the places of its cells and the first cell, and in
/// its free blocks after what links them. None if it is of no form that is known.
fn unused(page: &[u8]) -> Option<Vec<Range<usize>>> {
    let number = |at: usize| {
        let bytes = page.get(at..at + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_be_bytes(bytes)))
    };
    let head = match page.first()? {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    let (mut block, cells) = (number(1)?, number(3)?);
    let content = match number(5)? {
        0 => 0x1_0000,
        content => content,
    };
    let places = head + 2 * cells;
    if places > content || content > page.len() {
        return None;
    }
    let mut ranges = Vec::new();
    ranges.push(places..content);
    while block != 0 {
        let (next, bytes) = (number(block)?, number(block + 2)?);
        // They are in their order, and do not overlap.
        if block < content || bytes < 4 || block + bytes > page.len() || next != 0 && next <= block
        {
            return None;
        }
        ranges.push(block + 4..block + bytes);
        block = next;
    }
    Some(ranges)
}
