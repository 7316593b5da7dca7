//! Why a history file cannot be used.

use mio_socketio::visible;
use rusqlite::ErrorCode;
use std::fmt;
use std::path::PathBuf;

/// Why a history file cannot be used.
#[derive(Debug)]
pub enum OpenError {
    /// There is no such file.
    Missing,
    /// Another server uses it.
    InUse,
    /// A newer program wrote it, in this version of the format.
    Newer(i64),
    /// It is not a history of a chat.
    Foreign,
    /// It contains something that no history of ours has, such as a trigger: somebody has put it
    /// there.
    Planted(String),
    /// This file, which belongs to it, is a symbolic link.
    Link(PathBuf),
    /// It is read-only.
    ReadOnly,
    /// The log beside it, at this path, belongs to another file.
    ForeignLog(PathBuf),
    /// It is damaged; SQLite's message.
    Damaged(String),
    /// Another file has taken its place while it was opened.
    Replaced,
    /// It has no messages of this room.
    NoRoom(String),
    /// Another program keeps reading it, so that deleted messages cannot be erased.
    Read,
    /// SQLite cannot read or write it.
    Sqlite(rusqlite::Error),
    /// The system reported an error.
    Io(std::io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is none"),
            Self::InUse => f.write_str("another server is using it"),
            Self::Newer(version) => {
                write!(f, "it was written by a newer mio-chat (its form is {version})")
            }
            Self::Foreign => f.write_str("it is another program's database"),
            Self::Planted(what) => write!(f, "it has a {what}, which no mio-chat has made"),
            Self::Link(path) => {
                write!(f, "{} is a symbolic link, and could lead anywhere", path.display())
            }
            Self::ReadOnly => f.write_str("it may be read, but not written"),
            Self::ForeignLog(log) => write!(
                f,
                "the log beside it, {}, belongs to another file, as is so where a file was put \
                 back from a backup; move the log away",
                log.display()
            ),
            Self::Damaged(what) => write!(f, "it is damaged: {}", visible(what.trim())),
            Self::Replaced => f.write_str("another file has taken its place meanwhile"),
            Self::NoRoom(room) => {
                let room = visible(room.strip_prefix('#').unwrap_or(room));
                write!(f, "there is no room #{room} in it")
            }
            Self::Read => f.write_str(
                "another program holds it all the while, so that what was deleted can still be \
                 read in it; the same command again erases it",
            ),
            Self::Sqlite(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl OpenError {
    /// Whether another program holds the file and may release it at any time.
    pub(super) fn is_busy(&self) -> bool {
        match self {
            Self::InUse => true,
            Self::Sqlite(error) => is_busy(error),
            _ => false,
        }
    }
}

/// Whether another program holds the file.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
