//! The commands of `admin`, which list and change registered people in the file. They also work
//! while a server uses it.

use super::failure::Failure;
use super::hasher;
use super::options::{Admin, AdminCommand};
use mio_chat::chat::history::{RegisteredPerson, Registrations};
use mio_chat::limits::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN};
use mio_socketio::visible;
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;

/// The reason why a registered person was not changed.
#[derive(Debug)]
pub(crate) enum AdminFailure {
    /// Nobody is registered under this name.
    NotRegistered(String),
    /// The password is too short or too long.
    BadPassword,
    NotHashed,
}

impl AdminFailure {
    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::BadPassword => 2,
            Self::NotRegistered(_) | Self::NotHashed => 1,
        }
    }
}

impl fmt::Display for AdminFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegistered(nick) => {
                let nick = visible(nick);
                write!(f, "nobody is registered as {nick}; mio-chat admin list lists who is")
            }
            Self::BadPassword => write!(
                f,
                "the first line of standard input must be a password, of {PASSWORD_BYTES_MIN} to \
                 {PASSWORD_BYTES_MAX} bytes"
            ),
            Self::NotHashed => f.write_str("the password could not be hashed"),
        }
    }
}

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Runs a command of `admin`.
pub(crate) fn run(admin: &Admin) -> Result<(), Failure> {
    let db = &*admin.db;
    match &admin.command {
        AdminCommand::List => list(db),
        AdminCommand::Passwd { nick } => passwd(db, nick),
        AdminCommand::Forget { nick } => forget(db, nick),
    }
}

/// Lists all registered people, one on each line.
fn list(db: &Path) -> Result<(), Failure> {
    let all = open(db)?.list().map_err(|error| Failure::File(db.to_owned(), error))?;
    let now_ms = super::bans::now_ms();
    let mut out = io::stdout().lock();
    for RegisteredPerson { nick, made_ms, seen_ms, devices } in all {
        let when = |ms: i64| match now_ms.saturating_sub(ms) / DAY_MS {
            ..1 => "within a day".to_owned(),
            1 => "1 day ago".to_owned(),
            days => format!("{days} days ago"),
        };
        let (made, seen) = (when(made_ms), when(seen_ms));
        let (nick, many) = (visible(&nick), if devices == 1 { "" } else { "s" });
        let line = format!("{nick}  {devices} device{many}, registered {made}, last seen {seen}");
        // The reader may have seen enough.
        if writeln!(out, "{line}").is_err() {
            break;
        }
    }
    Ok(())
}

/// Gives somebody the password that standard input has in its first line. It is no argument,
/// because all users of a machine can see the arguments of its processes.
fn passwd(db: &Path, nick: &str) -> Result<(), Failure> {
    let mut line = String::new();
    let input = io::stdin().lock().take(PASSWORD_BYTES_MAX as u64 + 2);
    io::BufReader::new(input).read_line(&mut line).map_err(Failure::Running)?;
    let password = line.trim_end_matches(['\n', '\r']);
    if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len()) {
        return Err(Failure::Admin(AdminFailure::BadPassword));
    }
    let hash = hasher::hash_now(password).ok_or(Failure::Admin(AdminFailure::NotHashed))?;
    changed(db, nick, |people| people.set_hash(nick, &hash))?;
    let nick = visible(nick);
    super::logging::say(&format!("{nick} has another password, and no devices any more\n"));
    Ok(())
}

/// Forgets that somebody is registered.
fn forget(db: &Path, nick: &str) -> Result<(), Failure> {
    changed(db, nick, |people| people.forget(nick))?;
    super::logging::say(&format!("{} is no longer registered\n", visible(nick)));
    Ok(())
}

fn changed(
    db: &Path,
    nick: &str,
    change: impl FnOnce(&mut Registrations) -> Result<bool, mio_chat::chat::history::OpenError>,
) -> Result<(), Failure> {
    let changed = change(&mut open(db)?).map_err(|error| Failure::File(db.to_owned(), error))?;
    match changed {
        true => Ok(()),
        false => Err(Failure::Admin(AdminFailure::NotRegistered(nick.to_owned()))),
    }
}

fn open(db: &Path) -> Result<Registrations, Failure> {
    Registrations::open(db).map_err(|error| Failure::File(db.to_owned(), error))
}
