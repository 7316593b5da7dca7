//! Bans of networks and of people, and people who are muted. They are in the file, so that they can
//! be set from outside while a server uses it.

use super::files::{self, open};
use super::reads::read;
use super::store::Store;
use super::{History, OpenError, schema};
use crate::chat::names;
use crate::limits::{BANNED_BITS_MIN_V4, BANNED_BITS_MIN_V6, PERSON_ID_BYTES_MAX};
use mio_socketio::{Address, Network, Now};
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::str::FromStr;

/// The order that somebody may not come in, or may not say anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// The network or the person.
    pub whom: Banned,
    /// The end of the ban, in Unix milliseconds; `None` is for good.
    pub until_ms: Option<i64>,
    /// The reason.
    pub why: String,
    /// The nick by which the person was banned or muted; empty if an address was banned.
    pub nick: String,
    /// The nick of the person who keeps order and has ordered it; empty if it was an operator. The
    /// reason of an operator is not told to those who are banned.
    pub moderator: String,
    /// The id of that person, which stays theirs under another nick; empty if it was an operator,
    /// or was ordered with an earlier version.
    pub maker: String,
}

impl Ban {
    /// An operator's ban.
    pub const fn of_operator(whom: Banned, until_ms: Option<i64>, why: String) -> Self {
        let nick = String::new();
        Self { whom, until_ms, why, nick, moderator: String::new(), maker: String::new() }
    }

    /// Whether the ban has ended at this time.
    pub(in crate::chat) fn is_over(&self, now_unix_ms: i64) -> bool {
        self.until_ms.is_some_and(|until_ms| until_ms <= now_unix_ms)
    }
}

/// A network or a person that is banned, or a person who is muted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Banned {
    /// The clients of a network may not come in.
    Network(Network),
    /// The person with this id may not come in.
    Person(Box<str>),
    /// The person with this id may not say anything.
    Muted(Box<str>),
}

/// The first sign of a banned person, before their id: no network begins with it.
const PERSON_MARK: char = '@';
/// The word before a person who is muted.
const MUTED: &str = "muted ";

impl Banned {
    /// Its form in the file: a network always has its bits.
    pub(super) fn stored(&self) -> String {
        match self {
            Self::Network(network) => format!("{}/{}", network.address(), network.bits()),
            Self::Person(_) | Self::Muted(_) => self.to_string(),
        }
    }

    /// Whether a client of this address may not come in.
    pub fn has(&self, ip: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.contains(ip))
    }

    /// Whether it is a person, or no more addresses than one place has.
    pub(in crate::chat) fn is_narrow(&self) -> bool {
        match self {
            Self::Network(network) if network.address().is_ipv4() => {
                network.bits() >= BANNED_BITS_MIN_V4
            }
            Self::Network(network) => network.bits() >= BANNED_BITS_MIN_V6,
            Self::Person(_) | Self::Muted(_) => true,
        }
    }

    /// The network of an address (of an IPv6 address its /64), or of a CIDR.
    ///
    /// # Errors
    /// If the text is neither, or is this machine.
    pub fn of_address(text: &str) -> Result<Self, String> {
        let ip = text.parse::<IpAddr>().ok();
        let network = match ip.and_then(|ip| Address::of(ip).network()) {
            Some(network) => network,
            None => text.parse().map_err(|_| {
                format!("{text} is no address and no network; 192.0.2.7 or 2001:db8::/48 is one")
            })?,
        };
        let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let loopback = Network::from_str("127.0.0.0/8").is_ok_and(|own| own.covers(network));
        if loopback || own.iter().any(|own| network.contains(*own)) {
            return Err(format!(
                "{text} is this machine: a ban would lock out its own proxy, and with it all"
            ));
        }
        Ok(Self::Network(network))
    }
}

impl FromStr for Banned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = |text: &str| {
            let id = text.strip_prefix(PERSON_MARK);
            let id = id.filter(|id| (1..=PERSON_ID_BYTES_MAX).contains(&id.len()));
            id.map(Box::from)
        };
        match (id(text), text.strip_prefix(MUTED).and_then(id)) {
            (Some(person), _) => Ok(Self::Person(person)),
            (None, Some(person)) => Ok(Self::Muted(person)),
            (None, None) => Self::of_address(text),
        }
    }
}

/// `192.0.2.7`, `2001:db8::/64`, `@ID` or `muted @ID`.
impl fmt::Display for Banned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Person(id) => write!(f, "{PERSON_MARK}{id}"),
            Self::Muted(id) => write!(f, "{MUTED}{PERSON_MARK}{id}"),
        }
    }
}

impl From<Banned> for String {
    fn from(banned: Banned) -> Self {
        banned.to_string()
    }
}

impl TryFrom<String> for Banned {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// The bans in a history file, for use from outside.
#[derive(Debug)]
pub struct Bans {
    connection: Connection,
}

impl Bans {
    /// Opens the file. None is created, because no server would use a file in another place.
    ///
    /// # Errors
    /// If there is no such file ([`OpenError::Missing`]), or it cannot be used.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let path = &files::real(path);
        if !path.try_exists().map_err(OpenError::Io)? {
            return Err(OpenError::Missing);
        }
        files::keep_private(path);
        let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection })
    }

    /// Adds a ban; it replaces an earlier one on the same network or person.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&mut self, ban: &Ban, now_ms: i64) -> Result<(), OpenError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        forget_ended(&transaction, now_ms)?;
        write_ban(&transaction, ban, now_ms)?;
        Ok(transaction.commit()?)
    }

    /// Lifts the bans on a network, or on everybody who was banned or muted by this name. True if
    /// there was one.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove(&mut self, who: &str, now_ms: i64) -> Result<bool, OpenError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        forget_ended(&transaction, now_ms)?;
        let found: Vec<Banned> = match Banned::of_address(who) {
            Ok(network) => vec![network],
            Err(_) => bans(&transaction, now_ms)?
                .into_iter()
                .filter(|ban| names::are_alike(&ban.nick, who))
                .map(|ban| ban.whom)
                .collect(),
        };
        let mut count = 0;
        for whom in found {
            count += write_unban(&transaction, &whom)?;
        }
        transaction.commit()?;
        Ok(count > 0)
    }

    /// All bans that have not ended, in the order in which they were made.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn list(&mut self, now_ms: i64) -> Result<Vec<Ban>, OpenError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        forget_ended(&transaction, now_ms)?;
        transaction.commit()?;
        Ok(bans(&self.connection, now_ms)?)
    }
}

fn forget_ended(connection: &Connection, now_ms: i64) -> rusqlite::Result<usize> {
    connection.execute("DELETE FROM ban WHERE until <= ?", [now_ms])
}

fn bans(connection: &Connection, now_ms: i64) -> rusqlite::Result<Vec<Ban>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ban WHERE until IS NULL OR until > ? ORDER BY made, network"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([now_ms])?;
    let mut bans = Vec::new();
    while let Some(row) = rows.next()? {
        bans.extend(ban(row)?);
    }
    Ok(bans)
}

/// The columns of a ban that [`ban`] reads.
pub(super) const COLUMNS: &str = "network, until, why, nick, moderator, maker";

/// Reads a ban; `None` if somebody has written it in another form.
pub(super) fn ban(row: &Row<'_>) -> rusqlite::Result<Option<Ban>> {
    let (until_ms, why, nick, moderator) = (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
    let (whom, maker) = (row.get::<_, String>(0)?.parse().ok(), row.get(5)?);
    Ok(whom.map(|whom| Ban { whom, until_ms, why, nick, moderator, maker }))
}

/// Writes a ban that was made at this time, in place of an earlier one.
pub(super) fn write_ban(connection: &Connection, ban: &Ban, made_ms: i64) -> rusqlite::Result<()> {
    let Ban { whom, until_ms, why, nick, moderator, maker } = ban;
    let sql = "INSERT OR REPLACE INTO ban (network, made, until, why, nick, moderator, maker)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let row = params![whom.stored(), made_ms, until_ms, why, nick, moderator, maker];
    connection.prepare_cached(sql)?.execute(row).map(|_| ())
}

/// Deletes a ban; returns how many there were.
pub(super) fn write_unban(connection: &Connection, whom: &Banned) -> rusqlite::Result<usize> {
    connection.prepare_cached("DELETE FROM ban WHERE network = ?")?.execute([whom.stored()])
}

impl History {
    /// The bans, if they may have changed since the last call, because another program has written
    /// to the file.
    pub(crate) fn changed_bans(&mut self, now: Now) -> Option<Vec<Ban>> {
        let store = self.store.as_mut().filter(|_| !self.health.is_away)?;
        read(Some(store.changed_bans(now.unix_ms.cast_signed()))).flatten()
    }
}

impl Store {
    fn changed_bans(&mut self, now_ms: i64) -> rusqlite::Result<Option<Vec<Ban>>> {
        let mut pragma = self.connection.prepare_cached("PRAGMA data_version")?;
        let version = pragma.query_row([], |row| row.get(0))?;
        if self.bans_version == Some(version) {
            return Ok(None);
        }
        let bans = bans(&self.connection, now_ms)?;
        drop(pragma);
        (self.bans_version, self.has_order_news) = (Some(version), true);
        Ok(Some(bans))
    }
}
