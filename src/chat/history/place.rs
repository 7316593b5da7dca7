//! Where the file is. Somebody may move, delete or replace it while the server writes to it, which
//! then writes into a file that nobody finds again. So it is looked for, and opened anew.

use super::check;
use super::files::beside;
use super::numbers::Numbers;
use super::people::read;
use super::settle::Change;
use super::store::Store;
use super::{History, OpenError};
use crate::base::Now;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The bit by which its owner may write a file.
const OWNER_WRITES: u32 = 0o200;

/// Where the file is, and which it is.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    durable: bool,
    /// Its own name, should the path be a link's.
    real: PathBuf,
    file_node: Option<Node>,
    log_node: Option<Node>,
    /// The file itself, to look at its stamp. It is closed after SQLite has let go of it: to close
    /// a file takes all locks of this process on it away.
    file: Option<File>,
    /// The stamp that it had last.
    stamp: Option<u32>,
    /// Somebody has copied another file into it.
    is_overwritten: bool,
    owner: u32,
    /// It has been said that it could not be opened again, or why another cannot.
    is_told: bool,
}

/// A file by its number on its disk, whatever it is called.
type Node = (u64, u64);

enum Fate {
    Here,
    /// What is open can be written, but the next server could not open it.
    Unwritable,
    /// It is not there any more, and what has become of it.
    Away(&'static str),
}

fn node(metadata: &Metadata) -> Node {
    (metadata.dev(), metadata.ino())
}

fn node_at(path: &Path) -> Option<Node> {
    fs::metadata(path).ok().as_ref().map(node)
}

impl Place {
    /// That of a file which has just been opened.
    pub(super) fn of(path: &Path, durable: bool) -> Self {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let path = path.to_owned();
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
        }
    }

    /// Whether the file has still what this server, and those that bring its log in, have written
    /// there, and not what somebody has copied into it.
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
        // It comes with the first that is written.
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
    /// Looks whether the file is where it was, and opens what is there now if it is not. Returns
    /// whether its health has changed.
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
                self.health.is_away = true;
                self.health.retry_ms = Some(now.ms);
                self.fails(why)
            }
            Fate::Away(_) => match self.open_again(now) {
                Ok(change) => change,
                Err(error) => {
                    let place = &mut self.store.as_mut()?.place;
                    if !std::mem::replace(&mut place.is_told, true) {
                        log::error!("history cannot be opened again error=\"{error}\"");
                    }
                    None
                }
            },
        }
    }

    /// It can be written again, as far as is known.
    fn resume(&mut self, now: Now) -> Option<Change> {
        self.health.retry_ms = Some(now.ms);
        match self.is_due(now.ms) {
            true => self.settle(now.ms),
            false => self.recovered(),
        }
    }

    /// Opens what is at the path, which may be a new file.
    fn open_again(&mut self, now: Now) -> Result<Option<Change>, OpenError> {
        let Some(store) = self.store.as_mut() else { return Ok(None) };
        if !store.place.is_left() {
            store.leave()?;
        }
        let (path, durable) = (store.place.path.clone(), store.place.durable);
        let mut new = Store::open(&path, durable)?;
        let name = new.name()?;
        new.trim.keep = store.trim.keep;
        let mut numbers = Numbers::read(&new.connection, new.last_id)?;
        let first = self.waiting.front().map(|waiting| waiting.message.id);
        if !numbers.go_on(now.unix_ms, first, &self.numbers) {
            // It has their numbers.
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
    /// Lets go of the file, wherever it is: all is brought into it first, so that it is whole
    /// without its log, unless it is another's by now. What is asked of it from now on fails.
    fn leave(&mut self) -> Result<(), OpenError> {
        if self.brings_in()? {
            self.cut_log()?;
            if self.log.is_used() {
                // Somebody reads it; it is tried again.
                return Err(OpenError::InUse);
            }
        }
        self.connection = Connection::open_in_memory()?;
        self.lock = None;
        let Place { path, real, file_node, log_node, file, is_overwritten, .. } = &mut self.place;
        *file = None;
        // Its log, in which nothing of use is left, is not that of whatever file is there now.
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

    /// Whether the log may be brought into the file. Into a file that has been copied over this one
    /// it is not, nor when this is closed: both would be lost.
    pub(super) fn brings_in(&mut self) -> rusqlite::Result<bool> {
        let is_own = self.place.is_own();
        if !is_own {
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        Ok(is_own)
    }
}
