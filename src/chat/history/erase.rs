//! Erases the traces that SQLite leaves of deleted rows. With `secure_delete` it overwrites a
//! deleted row in place. But when it rearranges a page, copies of moved rows stay in the page's
//! unused bytes, and those outlive the rows. SQLite can erase them only by writing the whole file
//! again, which would hold up a server for as long as that takes.
//!
//! So the unused bytes of each page are overwritten here, in the file itself. Nobody reads them
//! (sqlite.org/fileformat2.html, 1.6), so other users of the file see no difference. Two more
//! things make it safe. During the work the file is locked for writing, and all of the log is in
//! the file, so that no page under work is replaced from the log. Afterwards something is
//! committed, so that other programs with cached pages read them again.

use super::OpenError;
use super::files::{Inode, node};
use super::purge::immediate;
use super::wal::{log_pages, truncate};
use crate::limits::{EXPORT_BUSY_MS, PURGE_ERASE_PAGES};
use mio_socketio::Stopwatch;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The page with the byte by which SQLite locks; it has no other content (1.3.4 there).
const LOCK_BYTE: u64 = 0x4000_0000;
/// Bytes of an entry in a pointer map (1.8 there): a type, and a page.
const MAP_ENTRY: u64 = 5;

/// Erases a file's unused bytes.
#[derive(Debug)]
pub(super) struct Eraser {
    /// Shows how much of the log is in the file, while another connection writes.
    looks: Connection,
    /// Closed after all connections: closing a file releases the locks of its process.
    file: File,
    /// The next page, from 1.
    next: u64,
}

/// The layout of a file's pages.
#[derive(Debug, Clone, Copy)]
struct Layout {
    page_bytes: u64,
    /// Bytes of a page available to SQLite.
    usable: u64,
    pages: u64,
}

impl Eraser {
    /// Opens the file, which must be the one seen before the purge opened it, so that nothing is
    /// overwritten in another file that has taken its place.
    pub(super) fn open(path: &Path, seen: Option<Inode>) -> Result<Self, OpenError> {
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

    /// Erases some pages; true if there are more. Busy while others write or read.
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
        // An interrupted purge may have erased some pages without committing.
        if erased > 0 || !more {
            // SQLite does not write a row that has not changed.
            transaction.execute("UPDATE given SET erased = erased + 1", [])?;
        }
        transaction.commit()?;
        Ok(more)
    }

    /// Merges all of the log into the file, cuts it, and makes the disk keep that. False if it need
    /// not be done again. Busy while others write or read.
    pub(super) fn cut_log(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        log_pages(connection, "PASSIVE")?;
        let (pages, _) = truncate(connection, EXPORT_BUSY_MS)?;
        // If somebody reads, the pragma does not fail but returns the rest.
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

/// The layout of a file that has a pointer map; `None` for other files.
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
    /// The position of a page in the file.
    const fn offset(self, page: u64) -> u64 {
        (page - 1) * self.page_bytes
    }

    /// The position of a page's entry in the pointer map; `None` for pages of the map itself, and
    /// for pages in no map.
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

/// Erases the unused bytes of a page, if it has rows; returns how many were erased.
fn erase(file: &File, layout: Layout, number: u64) -> std::io::Result<usize> {
    let Some(mapped) = layout.mapped(number) else { return Ok(0) };
    let mut kind = [0];
    file.read_exact_at(&mut kind, mapped)?;
    // The root of a tree, or another page of it.
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

/// The unused bytes of a tree's page: those between the cell pointers and the first cell, and those
/// in its free blocks after the links. `None` if the page has an unknown form.
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
        // They are in order, and do not overlap.
        if block < content || bytes < 4 || block + bytes > page.len() || next != 0 && next <= block
        {
            return None;
        }
        ranges.push(block + 4..block + bytes);
        block = next;
    }
    Some(ranges)
}
