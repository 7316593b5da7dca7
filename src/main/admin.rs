//! The commands of `admin`, which list and change registered people in the file. They also work
//! while a server uses it.

use super::amounts::Span;
use super::failure::Failure;
use super::options::{Admin, AdminCommand};
use super::{hasher, hooks};
use mio_chat::chat;
use mio_chat::chat::history::{
    ChatRole, LoggedDeed, NoHook, OpenError, RegisteredPerson, Registrations,
};
use mio_chat::limits::{INVITATION_MS_MAX, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN};
use mio_socketio::visible;
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use time::{OffsetDateTime, PrimitiveDateTime};

/// The reason why a registered person was not changed.
#[derive(Debug)]
pub(crate) enum AdminFailure {
    /// Nobody is registered under this name.
    NotRegistered(String),
    /// The password is too short or too long.
    BadPassword,
    NotHashed,
    /// The name of a hook or of its room is not allowed.
    BadName(String),
    /// A hook of this name is not made.
    NoHook(String, NoHook),
    /// There is no hook of this name.
    NoSuchHook(String),
    /// There are as many invitations as there can be.
    TooManyInvitations,
    /// They have no such role.
    NoRole(String, ChatRole),
    /// The chat would have no owner.
    LastOwner(String),
}

impl AdminFailure {
    /// The exit code.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::BadPassword | Self::BadName(_) => 2,
            Self::NoHook(..) | Self::NoSuchHook(_) => 1,
            Self::NotRegistered(_) | Self::NotHashed | Self::TooManyInvitations => 1,
            Self::NoRole(..) | Self::LastOwner(_) => 1,
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
            Self::BadName(sentence) => f.write_str(sentence),
            Self::NoHook(name, why) => write!(f, "{} {}", visible(name), words(*why)),
            Self::NoSuchHook(name) => {
                write!(f, "there is no hook {}; mio-chat admin hook list lists them", visible(name))
            }
            Self::TooManyInvitations => {
                f.write_str("there are too many invitations; --end-all ends them")
            }
            Self::NoRole(nick, role) => write!(f, "{} is no {role}", visible(nick)),
            Self::LastOwner(nick) => write!(
                f,
                "{} is the last owner, and the chat would have none; --last-owner does it all the \
                 same",
                visible(nick)
            ),
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
        AdminCommand::Hook { command } => hooks::run(db, command),
        AdminCommand::Invite { end_all: true, .. } => end_invitations(db),
        AdminCommand::Invite { uses, time, page, .. } => invite(db, *uses, *time, page.url()),
        AdminCommand::Forget { nick, last_owner } => forget(db, nick, *last_owner),
        AdminCommand::Log { since } => log(db, *since),
        AdminCommand::Grant { nick, role } => grant(db, nick, *role),
        AdminCommand::Revoke { nick, role, last_owner } => revoke(db, nick, *role, *last_owner),
    }
}

/// Lists all registered people, one on each line.
fn list(db: &Path) -> Result<(), Failure> {
    let all = open(db)?.list().map_err(|error| Failure::File(db.to_owned(), error))?;
    let mut out = io::stdout().lock();
    for RegisteredPerson { nick, made_ms, seen_ms, devices, roles } in all {
        let (made, seen) = (ago(made_ms), ago(seen_ms));
        let (nick, many) = (visible(&nick), if devices == 1 { "" } else { "s" });
        let roles: String = roles.iter().map(|role| format!("{role}, ")).collect();
        let kept = format!("{devices} device{many}, registered {made}, last seen {seen}");
        let line = format!("{nick}  {roles}{kept}");
        // The reader may have seen enough.
        if writeln!(out, "{line}").is_err() {
            break;
        }
    }
    Ok(())
}

/// The days since a time in Unix milliseconds, in words.
pub(super) fn ago(ms: i64) -> String {
    match super::bans::now_ms().saturating_sub(ms) / DAY_MS {
        ..1 => "within a day".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    }
}

/// The reason why a hook is not made, after its name.
const fn words(why: NoHook) -> &'static str {
    match why {
        NoHook::Exists => "is a hook already; mio-chat admin hook remove removes it",
        NoHook::Taken => "is registered; a hook needs a name of its own",
        NoHook::TooMany => "is one hook too many",
    }
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
fn forget(db: &Path, nick: &str, last_owner: bool) -> Result<(), Failure> {
    leave_an_owner(db, nick, last_owner)?;
    changed(db, nick, |people| people.forget(nick))?;
    super::logging::say(&format!("{} is no longer registered\n", visible(nick)));
    Ok(())
}

/// Makes an invitation, and prints its link and its code.
fn invite(db: &Path, uses: u32, time: Span, url: &str) -> Result<(), Failure> {
    let code = chat::code(&random()?);
    let now_ms = super::bans::now_ms();
    let for_ms = i64::try_from(time.0.as_millis()).unwrap_or(i64::MAX).min(INVITATION_MS_MAX);
    let failed = |error| Failure::File(db.to_owned(), error);
    let made = open(db)?.invite(&code, uses, now_ms + for_ms, now_ms).map_err(failed)?;
    if !made {
        return Err(Failure::Admin(AdminFailure::TooManyInvitations));
    }
    let told = format!("{url}/#invite={code}\n/invite {code} at netcat\n");
    io::stdout().lock().write_all(told.as_bytes()).map_err(Failure::Running)
}

/// Random bytes for a secret.
pub(super) fn random() -> Result<[u8; 16], Failure> {
    let mut random = [0; 16];
    let failed = |error| Failure::Running(io::Error::other(error));
    getrandom::fill(&mut random).map_err(failed)?;
    Ok(random)
}

/// Ends all invitations.
fn end_invitations(db: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::File(db.to_owned(), error);
    let count = open(db)?.end_invitations().map_err(failed)?;
    let many = if count == 1 { "" } else { "s" };
    super::logging::say(&format!("{count} invitation{many} ended\n"));
    Ok(())
}

/// Prints what people who keep order have done, an act on each line.
fn log(db: &Path, since: Option<Span>) -> Result<(), Failure> {
    let since_ms = since.map_or(0, |span| {
        let span_ms = i64::try_from(span.0.as_millis()).unwrap_or(i64::MAX);
        super::bans::now_ms().saturating_sub(span_ms)
    });
    let all = open(db)?.deeds(since_ms).map_err(|error| Failure::File(db.to_owned(), error))?;
    let mut out = io::stdout().lock();
    for deed in all {
        // The reader may have seen enough.
        if writeln!(out, "{}", line_of(&deed)).is_err() {
            break;
        }
    }
    Ok(())
}

/// `2026-11-20 09:12  alice: ban bob until 2026-11-21 09:12: spam`, in UTC.
fn line_of(deed: &LoggedDeed) -> String {
    let LoggedDeed { ts, moderator, what, target, room, until_ms, why } = deed;
    let by = if moderator.is_empty() { "operator".into() } else { visible(moderator) };
    let mut line = format!("{}  {by}: {} {}", minute(*ts), visible(what), visible(target));
    if !room.is_empty() {
        line += &format!(" in #{}", visible(room));
    }
    if let Some(until_ms) = until_ms {
        line += &format!(" until {}", minute(*until_ms));
    }
    if !why.is_empty() {
        line += &format!(": {}", visible(why));
    }
    line
}

/// A time to the minute, in UTC.
fn minute(ms: i64) -> String {
    // A time beyond all dates is not shown as one that is over.
    let last = PrimitiveDateTime::MAX.assume_utc();
    let at = OffsetDateTime::from_unix_timestamp(ms / 1000).unwrap_or(last);
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

/// Gives somebody a role in the whole chat.
fn grant(db: &Path, nick: &str, role: ChatRole) -> Result<(), Failure> {
    let granted = open(db)?.grant(nick, role, super::bans::now_ms());
    let granted = granted.map_err(|error| Failure::File(db.to_owned(), error))?;
    let not_registered = || Failure::Admin(AdminFailure::NotRegistered(nick.to_owned()));
    let now = if granted.ok_or_else(not_registered)? { "now" } else { "already" };
    super::logging::say(&format!("{} is {} {now}\n", visible(nick), article(role)));
    Ok(())
}

/// Takes a role from somebody.
fn revoke(db: &Path, nick: &str, role: ChatRole, last_owner: bool) -> Result<(), Failure> {
    if role == ChatRole::Owner {
        leave_an_owner(db, nick, last_owner)?;
    }
    let revoked = open(db)?.revoke(nick, role, super::bans::now_ms());
    match revoked.map_err(|error| Failure::File(db.to_owned(), error))? {
        None => Err(Failure::Admin(AdminFailure::NotRegistered(nick.to_owned()))),
        Some(false) => Err(Failure::Admin(AdminFailure::NoRole(nick.to_owned(), role))),
        Some(true) => {
            super::logging::say(&format!("{} is no {role} any more\n", visible(nick)));
            Ok(())
        }
    }
}

const fn article(role: ChatRole) -> &'static str {
    match role {
        ChatRole::Owner => "an owner",
        ChatRole::Moderator => "a moderator",
    }
}

/// Refuses to take the last owner from a chat, unless that is wanted.
fn leave_an_owner(db: &Path, nick: &str, last_owner: bool) -> Result<(), Failure> {
    let is_last = !last_owner
        && open(db)?.is_last_owner(nick).map_err(|error| Failure::File(db.to_owned(), error))?;
    match is_last {
        true => Err(Failure::Admin(AdminFailure::LastOwner(nick.to_owned()))),
        false => Ok(()),
    }
}

fn changed(
    db: &Path,
    nick: &str,
    change: impl FnOnce(&mut Registrations) -> Result<bool, OpenError>,
) -> Result<(), Failure> {
    let changed = change(&mut open(db)?).map_err(|error| Failure::File(db.to_owned(), error))?;
    match changed {
        true => Ok(()),
        false => Err(Failure::Admin(AdminFailure::NotRegistered(nick.to_owned()))),
    }
}

pub(super) fn open(db: &Path) -> Result<Registrations, Failure> {
    Registrations::open(db).map_err(|error| Failure::File(db.to_owned(), error))
}
