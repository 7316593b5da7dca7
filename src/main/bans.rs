//! The commands `ban`, `unban` and `bans`, which also work while a server uses the file.

use super::amounts::as_words;
use super::failure::Failure;
use super::options::{Ban, ListBans, Unban};
use mio_chat::chat::history::{self, Banned, Bans};
use mio_chat::limits::{BAN_MS_MAX, BAN_WHY_BYTES_MAX};
use mio_socketio::visible;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// Bans a network.
pub(crate) fn ban(options: &Ban) -> Result<(), Failure> {
    let now_ms = now_ms();
    let until_ms = options
        .time
        .filter(|span| span.0 <= Duration::from_millis(BAN_MS_MAX))
        .map(|span| now_ms.saturating_add(i64::try_from(span.0.as_millis()).unwrap_or(i64::MAX)));
    let mut why = options.why.clone().unwrap_or_default();
    why.truncate(why.floor_char_boundary(BAN_WHY_BYTES_MAX));
    let ban = history::Ban::of_operator(options.network.clone(), until_ms, why);
    let added = open(&options.db)?.add(&ban, now_ms);
    added.map_err(|error| Failure::File(options.db.clone(), error))?;
    super::logging::say(&format!("{} is banned\n", options.network));
    Ok(())
}

/// Lifts the ban on a network or a person.
pub(crate) fn unban(options: &Unban) -> Result<(), Failure> {
    let removed = open(&options.db)?.remove(&options.who, now_ms());
    let was_banned = removed.map_err(|error| Failure::File(options.db.clone(), error))?;
    if !was_banned {
        return Err(Failure::NotBanned(options.who.clone()));
    }
    super::logging::say(&format!("{} is no longer banned\n", visible(&options.who)));
    Ok(())
}

/// Lists all bans, a network or a person on each line, with the rest of the time and the reason. A
/// minute that has begun counts: a ban for a day shows a day right after it was set.
pub(crate) fn list(options: &ListBans) -> Result<(), Failure> {
    let now_ms = now_ms();
    let bans = open(&options.db)?.list(now_ms);
    let bans = bans.map_err(|error| Failure::File(options.db.clone(), error))?;
    let mut out = io::stdout().lock();
    for history::Ban { whom, until_ms, why, nick, moderator, .. } in bans {
        let who = match whom {
            Banned::Network(network) => network.to_string(),
            Banned::Person(_) => visible(&nick).into_owned(),
            Banned::Muted(_) => format!("{} (muted)", visible(&nick)),
        };
        let by = match &*moderator {
            "" => String::new(),
            moderator => format!("by {}: ", visible(moderator)),
        };
        let rest = until_ms.map_or("for good".to_owned(), |until_ms| {
            let rest = u64::try_from(until_ms.saturating_sub(now_ms)).unwrap_or_default();
            format!("{} left", as_words(Duration::from_secs(rest.div_ceil(MINUTE_MS) * 60)))
        });
        let line = format!("{who}  {rest}  {by}{}", visible(&why));
        // The reader may have seen enough.
        if writeln!(out, "{}", line.trim_end()).is_err() {
            break;
        }
    }
    Ok(())
}

fn open(db: &Path) -> Result<Bans, Failure> {
    Bans::open(db).map_err(|error| Failure::File(db.to_owned(), error))
}

pub(super) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
