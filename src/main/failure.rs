//! The errors that end the program, and their exit codes.

use super::admin::AdminFailure;
use super::config::ConfigError;
use mio_chat::chat::history::OpenError;
use mio_chat::limits::DESCRIPTORS_RESERVED;
use mio_socketio::{ListenError, ReplayError, visible};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The reason why there is no server any more, or never was.
#[derive(Debug)]
pub(crate) enum Failure {
    Running(io::Error),
    /// This configuration file cannot be used.
    Config(ConfigError),
    NoDoor,
    /// Not everybody may come in or speak, and there can be no accounts.
    NoAccounts,
    /// Everyone could read this file of the server's, because it is in the folder of pages.
    Shown(PathBuf),
    /// The check has found this many concerns.
    Unsafe(usize),
    Descriptors(usize),
    /// The server would run as root, and others than this machine reach this address.
    Root(SocketAddr),
    /// The server cannot run as this user; the reason.
    User(String, String),
    /// This user cannot keep a history in this folder.
    UserFolder(String, PathBuf),
    Listen(ListenError),
    /// The door of this flag cannot be opened.
    Door(&'static str, ListenError),
    /// This listener, by its name, was opened for the server and is of no use to it.
    Inherited(String, io::Error),
    /// This history file cannot be used.
    History(PathBuf, OpenError),
    /// This folder cannot keep the files that people send.
    Files(PathBuf, io::Error),
    /// This history file cannot be read, or cannot be trimmed.
    File(PathBuf, OpenError),
    /// This copy of a history cannot be written.
    Backup(PathBuf, OpenError),
    /// The server ended before this many messages were written to this history file.
    Unsaved(PathBuf, u64),
    /// This network or person was not banned.
    NotBanned(String),
    /// A registered person was not changed.
    Admin(AdminFailure),
    /// The room to export does not exist, or the output cannot be written.
    Export(OpenError),
    /// A server with a history cannot be recorded: the record would lack the content of its file.
    RecordedHistory,
    /// This record cannot be begun.
    Record(PathBuf, io::Error),
    /// A replay of this record differs, or the file is not a record.
    Replay(PathBuf, ReplayError),
    /// The flags in this record are not flags of this program; the reason.
    RecordedFlags(PathBuf, String),
    /// The client could not go on; the reason.
    Client(String),
}

impl Failure {
    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Door(..) | Self::Listen(ListenError::Address(..)) => 4,
            Self::Listen(ListenError::Certificate(..)) => 2,
            Self::Unsafe(_) | Self::Running(_) | Self::Descriptors(_) | Self::Listen(_) => 1,
            Self::Config(_)
            | Self::NoDoor
            | Self::NoAccounts
            | Self::Shown(_)
            | Self::Inherited(..) => 2,
            Self::Root(_) | Self::User(..) => 2,
            Self::File(_, OpenError::NoRoom(_)) | Self::RecordedHistory => 2,
            Self::Replay(_, ReplayError::Differs(_)) | Self::Record(..) => 1,
            Self::Replay(..) | Self::RecordedFlags(..) => 2,
            Self::History(..)
            | Self::Files(..)
            | Self::File(..)
            | Self::Unsaved(..)
            | Self::UserFolder(..) => 5,
            Self::Admin(why) => why.code(),
            Self::NotBanned(_) | Self::Backup(..) | Self::Export(_) | Self::Client(_) => 1,
        }
    }
}

impl Failure {
    /// Why the server cannot run as the user who starts it, or as that of `--user`.
    fn about_user(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(address) => write!(
                f,
                "not started as root: other machines reach {address}, and a fault in the server \
                 would give them this whole machine; start it as another user, or let it become \
                 one with --user NAME"
            ),
            Self::User(name, why) => write!(f, "cannot run as user {}: {why}", visible(name)),
            Self::UserFolder(name, folder) => {
                let (name, folder) = (visible(name), folder.display());
                write!(
                    f,
                    "user {name} cannot write in {folder}, where the history is kept; chown {name} \
                     {folder}, or --db takes a file elsewhere"
                )
            }
            _ => Ok(()),
        }
    }

    /// A sentence about the history, a copy of it, or people's files.
    fn about_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(path, error) => write!(
                f,
                "cannot keep the history in {}: {error}; --db takes another file, or none",
                path.display()
            ),
            Self::Files(path, error) => write!(
                f,
                "cannot keep people's files in {}: {error}; --files takes another folder, or none",
                path.display()
            ),
            Self::File(path, error @ OpenError::NoRoom(_)) => {
                write!(f, "{}: {error}", path.display())
            }
            Self::File(path, error) => write!(
                f,
                "cannot use the history in {}: {error}; --db names another file",
                path.display()
            ),
            Self::Backup(path, OpenError::Io(error))
                if error.kind() == ErrorKind::AlreadyExists =>
            {
                write!(f, "{} exists already; --force replaces it", path.display())
            }
            Self::Backup(path, OpenError::InUse) => {
                write!(f, "{}: another backup is being written there", path.display())
            }
            Self::Backup(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(error) => write!(f, "stopped: {error}"),
            Self::Config(error) => write!(f, "{error}"),
            Self::Unsafe(1) => f.write_str("one thing is unsafe"),
            Self::Unsafe(count) => write!(f, "{count} things are unsafe"),
            Self::NoDoor => f.write_str("no door is open; --bind 127.0.0.1:55555 opens one"),
            Self::NoAccounts => f.write_str(
                "--access needs accounts, which a history keeps: not with --plain or --db none",
            ),
            Self::Shown(file) => write!(
                f,
                "everyone could read {}: it is in the folder of --static; keep it outside of it, \
                 or choose another folder",
                file.display()
            ),
            Self::Descriptors(limit) => write!(
                f,
                "the limit of open files is {limit}, at least {} are needed; see ulimit -n",
                DESCRIPTORS_RESERVED + 1
            ),
            Self::Root(_) | Self::User(..) | Self::UserFolder(..) => self.about_user(f),
            Self::Door(flag, error) => write!(f, "{error}; --{flag} takes another address"),
            Self::Listen(error) => write!(f, "{error}"),
            Self::Inherited(name, error) => {
                write!(f, "cannot use the inherited listener {name:?}: {error}")
            }
            Self::History(..) | Self::Files(..) | Self::File(..) | Self::Backup(..) => {
                self.about_files(f)
            }
            Self::Unsaved(path, count) => write!(
                f,
                "the history in {} could not be written completely: {count} messages are lost",
                path.display()
            ),
            Self::NotBanned(who) => {
                let who = visible(who);
                write!(f, "{who} is not banned; mio-chat bans lists who is")
            }
            Self::Admin(why) => why.fmt(f),
            Self::Export(error) => write!(f, "{error}"),
            Self::RecordedHistory => {
                f.write_str("a server with a history cannot be recorded; --db none keeps none")
            }
            Self::Record(path, error) => {
                write!(f, "cannot record to {}: {error}", path.display())
            }
            Self::Replay(path, error) => write!(f, "{}: {error}", path.display()),
            Self::RecordedFlags(path, error) => {
                write!(f, "{}: recorded with other flags: {error}", path.display())
            }
            Self::Client(why) => f.write_str(why),
        }
    }
}
