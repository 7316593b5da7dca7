//! The place of the file. Somebody may move, delete or replace it while the server writes to it;
//! then the server would write into a file that nobody finds again. So the server checks its place,
//! and opens it again.

use super::check;
use super::files::{Inode, Patience, beside, node, real};
use super::numbers::Numbers;
use super::reads::read;
use super::settle::Change;
use super::store::Store;
use super::{History, OpenError};
use crate::limits::{HISTORY_AGAIN_MS, HISTORY_AGAIN_MS_MAX};
use mio_socketio::Now;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The permission bit that lets its owner write a file.
const OWNER_WRITES: u32 = 0o200;

/// The path of the file, and its identity.
#[derive(Debug)]
pub(super) struct FileLocation {
    path: PathBuf,
    durable: bool,
    /// Its own name if the path is a link.
    real: PathBuf,
    file_node: Option<Inode>,
    log_node: Option<Inode>,
    /// The file itself, for reading its stamp. It is closed after SQLite has released it, because
    /// closing a file releases all locks of this process on it.
    file: Option<File>,
    /// Its last known stamp.
    stamp: Option<u32>,
    /// Whether somebody has copied another file into it.
    is_overwritten: bool,
    owner: u32,
    /// Whether it was logged that the next server could not open it.
    is_told: bool,
    again: Again,
}

/// The attempts to open the file that is there now, since the earlier file went away.
#[derive(Debug, Default)]
struct Again {
    /// The state of the file at the last attempt.
    seen: Option<Seen>,
    /// When the same file is tried again, by the loop's clock, and how long that was put off.
    next_ms: u64,
    wait_ms: u64,
    /// Whether it was logged why it cannot be opened.
    is_told: bool,
}

/// The visible state of a file, without opening it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Seen {
    file: Option<Inode>,
    bytes: u64,
    /// The last change of the file, its owner or its mode: seconds and nanoseconds.
    changed: (i64, i64),
    log: Option<Inode>,
}

enum Fate {
    Here,
    /// The open file can be written, but the next server could not open it.
    Unwritable,
    /// The file is not there any more; the reason.
    Away(&'static str),
}

fn node_at(path: &Path) -> Option<Inode> {
    fs::metadata(path).ok().as_ref().map(node)
}

impl Seen {
    fn at(path: &Path) -> Self {
        let log = node_at(&beside(&real(path), "-wal"));
        let Ok(file) = fs::metadata(path) else { return Self { log, ..Self::default() } };
        let changed = (file.ctime(), file.ctime_nsec());
        Self { file: Some(node(&file)), bytes: file.len(), changed, log }
    }
}

impl Again {
    /// Whether to try the file that is there now: at once if it has changed.
    fn is_due(&mut self, now_ms: u64, seen: Seen) -> bool {
        if self.seen.replace(seen) != Some(seen) {
            (self.next_ms, self.wait_ms) = (now_ms, 0);
        }
        now_ms >= self.next_ms
    }

    /// It could not be opened. If another program holds it, that program may release it at any
    /// time, which does not show.
    fn failed(&mut self, now_ms: u64, is_busy: bool) {
        self.wait_ms = match is_busy {
            true => HISTORY_AGAIN_MS,
            false => (2 * self.wait_ms).clamp(HISTORY_AGAIN_MS, HISTORY_AGAIN_MS_MAX),
        };
        self.next_ms = now_ms + self.wait_ms;
    }
}

impl FileLocation {
    /// The location of a file that has just been opened; `real` is its own name.
    pub(super) fn of(path: &Path, real: &Path, durable: bool) -> Self {
        let (path, real) = (path.to_owned(), real.to_owned());
        let file = fs::metadata(&path).ok();
        let log_node = node_at(&beside(&real, "-wal"));
        let owner = file.as_ref().map_or(0, MetadataExt::uid);
        let file_node = file.as_ref().map(node);
        let file = File::open(&real).ok();
        let stamp = file.as_ref().and_then(check::stamp_in);
        let (is_overwritten, is_told) = (false, false);
        Self {
            path,
            durable,
            real,
            file_node,
            log_node,
            file,
            stamp,
            is_overwritten,
            owner,
            is_told,
            again: Again::default(),
        }
    }

    /// Whether the file still has the content that this server, and programs that merge its log,
    /// have written, and not a copy of another file.
    pub(super) fn is_own(&mut self) -> bool {
        let stamp = self.file.as_ref().and_then(check::stamp_in);
        let follows = |first| stamp.is_some_and(|stamp| check::follows(first, stamp));
        self.is_overwritten |= !self.stamp.is_none_or(follows);
        if !self.is_overwritten {
            self.stamp = stamp;
        }
        !self.is_overwritten
    }

    /// Nothing is open there any more.
    const fn is_left(&self) -> bool {
        self.file_node.is_none()
    }

    fn look(&mut self) -> Fate {
        let Ok(file) = fs::metadata(&self.path) else {
            return Fate::Away("its file has been moved or deleted");
        };
        if Some(node(&file)) != self.file_node {
            return Fate::Away("another file is in its place");
        }
        let log = node_at(&beside(&self.real, "-wal"));
        // The log appears with the first write.
        self.log_node = self.log_node.or(log);
        if log != self.log_node {
            return Fate::Away("the log beside its file has been moved, deleted or replaced");
        }
        if !self.is_own() {
            return Fate::Away("another file has been copied into it");
        }
        match file.uid() == self.owner && file.mode() & OWNER_WRITES != 0 {
            true => Fate::Here,
            false => Fate::Unwritable,
        }
    }
}

impl History {
    /// Checks whether the file is in its place, and opens the file there if it is another one.
    /// Returns whether the file's health has changed.
    pub(crate) fn look(&mut self, now: Now) -> Option<Change> {
        let place = &mut self.store.as_mut()?.place;
        let was_away = self.health.is_away;
        match place.look() {
            Fate::Here | Fate::Unwritable if was_away => {
                // It is back.
                self.health.is_away = false;
                self.resume(now)
            }
            Fate::Here => {
                place.is_told = false;
                None
            }
            Fate::Unwritable => {
                if !std::mem::replace(&mut place.is_told, true) {
                    log::warn!(
                        "history: its file has another owner or may not be written any more: this \
                         server goes on, the next one cannot"
                    );
                }
                None
            }
            Fate::Away(why) if !was_away => {
                place.again = Again::default();
                self.health.is_away = true;
                self.health.retry_ms = Some(now.ms);
                self.fails(why)
            }
            Fate::Away(_) if place.again.is_due(now.ms, Seen::at(&place.path)) => {
                self.try_again(now)
            }
            Fate::Away(_) => None,
        }
    }

    /// Opens the file at the path if possible, and logs once if it is not.
    fn try_again(&mut self, now: Now) -> Option<Change> {
        let error = match self.open_again(now) {
            Ok(change) => return change,
            Err(error) => error,
        };
        let again = &mut self.store.as_mut()?.place.again;
        again.failed(now.ms, error.is_busy());
        if !std::mem::replace(&mut again.is_told, true) {
            log::error!("history cannot be opened again error=\"{error}\"");
        }
        None
    }

    /// Notes that the file can probably be written again.
    fn resume(&mut self, now: Now) -> Option<Change> {
        self.health.retry_ms = Some(now.ms);
        match self.is_due(now.ms) {
            true => self.settle(now.ms),
            false => self.recovered(),
        }
    }

    /// Opens the file at the path, which may be a new one.
    fn open_again(&mut self, now: Now) -> Result<Option<Change>, OpenError> {
        let Some(store) = self.store.as_mut() else { return Ok(None) };
        if !store.place.is_left() {
            store.leave()?;
        }
        let (path, durable) = (store.place.path.clone(), store.place.durable);
        let mut new = Store::open(&path, durable, Patience::RUNNING)?;
        let name = new.name()?;
        new.trim.keep = store.trim.keep;
        if store.budget.is_still() {
            new.budget.stand_still();
        }
        let mut numbers = Numbers::read(&new.connection, new.last_id)?;
        let first = self.waiting.front().map(|waiting| waiting.message.id);
        if !numbers.go_on(now.unix_ms, first, &self.numbers) {
            // The file has their numbers already.
            self.health.lost += u64::try_from(self.waiting.len()).unwrap_or_default();
            self.waiting.clear();
            self.waiting_bytes = 0;
        }
        self.is_swept = false;
        if read(Some(new.begin(now.unix_ms.cast_signed(), &numbers))).is_some() {
            numbers.written();
        }
        let is_same = name == self.name;
        (self.store, self.numbers, self.name) = (Some(new), numbers, name);
        self.health.is_away = false;
        let change = self.resume(now);
        let is_renewed = change == Some(Change::Recovered) && !is_same;
        Ok(if is_renewed { Some(Change::Renewed) } else { change })
    }
}

impl Store {
    /// Releases the file, even at another place. First the log is merged into it, so that it is
    /// complete without its log, unless another program uses it now. Later requests to it fail.
    fn leave(&mut self) -> Result<(), OpenError> {
        if self.brings_in()? {
            self.cut_log()?;
            if self.log.is_used() {
                // Somebody is reading it; try again later.
                return Err(OpenError::InUse);
            }
        }
        self.connection = Connection::open_in_memory()?;
        self.lock = None;
        let FileLocation { path, real, file_node, log_node, file, is_overwritten, .. } =
            &mut self.place;
        *file = None;
        // Its log, which has nothing useful any more, must not be taken for that of the file there
        // now.
        let (there, log) = (node_at(path), node_at(&beside(real, "-wal")));
        let is_another = there != *file_node || *is_overwritten;
        if is_another && log.is_some() && log == *log_node {
            for ending in ["-wal", "-shm"] {
                let _ = fs::remove_file(beside(real, ending));
            }
        }
        (*file_node, *log_node) = (None, None);
        Ok(())
    }

    /// Whether the log may be merged into the file. Not if another file was copied over this one,
    /// not even when it is closed: both would be lost.
    pub(super) fn brings_in(&mut self) -> rusqlite::Result<bool> {
        let is_own = self.place.is_own();
        if !is_own {
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        Ok(is_own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_opened_is_tried_ever_less_often_and_something_else_at_once() {
        const SECOND: u64 = 1_000;
        let seen = |node| Seen { file: Some((1, node)), ..Seen::default() };
        let mut again = Again::default();
        // The server checks once a second.
        let mut tries = |from: u64, seen, is_busy| -> Vec<u64> {
            let mut tried = Vec::new();
            for second in 0..200 {
                let now_ms = (from + second) * SECOND;
                if again.is_due(now_ms, seen) {
                    again.failed(now_ms, is_busy);
                    tried.push(second);
                }
            }
            tried
        };
        let ever_later = [0, 1, 3, 7, 15, 31, 63, 123, 183];
        assert_eq!(tries(0, seen(1), false), ever_later);
        assert_eq!(tries(200, seen(2), false), ever_later);
        assert_eq!(tries(400, Seen { changed: (0, 1), ..seen(2) }, false), ever_later);
        assert_eq!(tries(600, Seen { bytes: 1, ..seen(2) }, false), ever_later);
        assert_eq!(tries(800, Seen { log: Some((1, 3)), ..seen(2) }, false), ever_later);
        assert_eq!(tries(1_000, Seen::default(), false), ever_later);
        // It does not show when another program releases it.
        assert_eq!(tries(1_200, seen(3), true).len(), 200);
    }
}
