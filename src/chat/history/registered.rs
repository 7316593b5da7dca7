//! Registered people, for use from outside while a server uses the file.

use super::files::{self, open};
use super::{ChatRole, OpenError, resets, schema};
use crate::chat::names;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use std::path::Path;

/// The registered people in a history file.
#[derive(Debug)]
pub struct Registrations {
    pub(super) connection: Connection,
}

/// A registered person, as an operator sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredPerson {
    /// Their name.
    pub nick: String,
    /// When they registered, in Unix milliseconds.
    pub made_ms: i64,
    /// When they last logged in or came with a device.
    pub seen_ms: i64,
    /// The number of their devices.
    pub devices: i64,
    /// Their roles in the whole chat.
    pub roles: Vec<ChatRole>,
}

impl Registrations {
    /// Opens the file. None is created, because no server would use a file in another place.
    ///
    /// # Errors
    /// If there is no such file ([`OpenError::Missing`]), or it cannot be used.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let path = &files::real(path);
        if !path.try_exists().map_err(OpenError::Io)? {
            return Err(OpenError::Missing);
        }
        let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "secure_delete", true)?;
        schema::migrate(&mut connection)?;
        files::keep_private(path);
        Ok(Self { connection })
    }

    /// All registered people, by their names.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn list(&self) -> Result<Vec<RegisteredPerson>, OpenError> {
        let sql = "SELECT nick, made, seen,
                   (SELECT count(*) FROM device WHERE device.person = registration.person), roles
                   FROM registration ORDER BY nick";
        let mut select = self.connection.prepare(sql)?;
        let all = select.query_map([], |row| {
            let (nick, made_ms) = (row.get(0)?, row.get(1)?);
            let (seen_ms, devices) = (row.get(2)?, row.get(3)?);
            let roles = ChatRole::list(&row.get::<_, String>(4)?);
            Ok(RegisteredPerson { nick, made_ms, seen_ms, devices, roles })
        })?;
        Ok(all.collect::<Result<_, _>>()?)
    }

    /// Gives a person another password, of which this is the hash, and ends all their devices,
    /// at each server of the chat.
    /// False if nobody is registered under this name.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_hash(&mut self, nick: &str, hash: &str) -> Result<bool, OpenError> {
        self.change(nick, |transaction, id| resets::begin(transaction, id, Some(hash)))
    }

    /// Forgets that a person is registered: their names are free. False if nobody is registered
    /// under this name.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn forget(&mut self, nick: &str) -> Result<bool, OpenError> {
        self.change(nick, |transaction, id| resets::begin(transaction, id, None))
    }

    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The id of the person who is registered under this name.
    pub(super) fn id_of(&self, nick: &str) -> Result<Option<String>, OpenError> {
        Ok(id_of(&self.connection, nick)?)
    }

    pub(super) fn change(
        &mut self,
        nick: &str,
        change: impl FnOnce(&Connection, &str) -> rusqlite::Result<()>,
    ) -> Result<bool, OpenError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let Some(id) = id_of(&transaction, nick)? else { return Ok(false) };
        change(&transaction, &id)?;
        transaction.commit()?;
        Ok(true)
    }
}

fn id_of(connection: &Connection, nick: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT person FROM registered_name JOIN registration USING (person)
               WHERE key = ? AND until IS NULL";
    for key in names::nick_keys(nick) {
        let found = connection.query_row(sql, [&*key], |row| row.get::<_, String>(0)).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
