//! Banned networks. They are in the file, so that they can be set from outside while a server uses
//! it.

use super::files::{self, open};
use super::reads::read;
use super::store::Store;
use super::{History, OpenError, schema};
use mio_socketio::{Address, Network, Now};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::str::FromStr;

/// A network whose clients may not come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// The network.
    pub network: Banned,
    /// The end of the ban, in Unix milliseconds; `None` is for good.
    pub until_ms: Option<i64>,
    /// The reason.
    pub why: String,
}

impl Ban {
    /// Whether the ban has ended at this time.
    pub(in crate::chat) fn is_over(&self, now_unix_ms: i64) -> bool {
        self.until_ms.is_some_and(|until_ms| until_ms <= now_unix_ms)
    }
}

/// A network that can be banned: an address, the /64 of an IPv6 address, or the network of a CIDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Banned(Network);

impl Banned {
    /// Its form in the file: always with its bits.
    pub(super) fn stored(self) -> String {
        format!("{}/{}", self.0.address(), self.0.bits())
    }

    /// Its addresses.
    pub const fn network(self) -> Network {
        self.0
    }

    /// Whether an address is one of them.
    pub fn has(self, ip: IpAddr) -> bool {
        self.0.contains(ip)
    }
}

impl FromStr for Banned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
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
        Ok(Self(network))
    }
}

/// `192.0.2.7`, or `2001:db8::/64`.
impl fmt::Display for Banned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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

    /// Bans a network; replaces an earlier ban on it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&mut self, ban: &Ban, now_ms: i64) -> Result<(), OpenError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        forget_ended(&transaction, now_ms)?;
        let Ban { network, until_ms, why } = ban;
        let sql = "INSERT OR REPLACE INTO ban (network, made, until, why) VALUES (?, ?, ?, ?)";
        transaction.execute(sql, params![network.stored(), now_ms, until_ms, why])?;
        Ok(transaction.commit()?)
    }

    /// Lifts the ban on a network. True if it was banned.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove(&mut self, network: Banned, now_ms: i64) -> Result<bool, OpenError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        forget_ended(&transaction, now_ms)?;
        let sql = "DELETE FROM ban WHERE network = ?";
        let count = transaction.execute(sql, [network.stored()])?;
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
    let sql = "SELECT network, until, why FROM ban WHERE until IS NULL OR until > ?
               ORDER BY made, network";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([now_ms], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?))
    })?;
    let mut bans = Vec::new();
    for row in rows {
        let (network, until_ms, why) = row?;
        // An entry that somebody has written in another form is ignored.
        if let Ok(network) = network.parse() {
            bans.push(Ban { network, until_ms, why });
        }
    }
    Ok(bans)
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
