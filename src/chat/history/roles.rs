//! The roles of registered people, as the file has them.

use super::reads::read;
use super::store::Store;
use super::{History, LoggedDeed, OpenError, Order, Registrations, RoomOwner, deeds};
use crate::limits::ROLES_MAX;
use rusqlite::{Connection, Transaction, params};
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

/// The right to keep order in the whole chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChatRole {
    /// May remove, silence and ban people who have no role.
    Moderator,
    /// May do the same with moderators.
    Owner,
}

impl ChatRole {
    /// The word for it, in commands and in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }

    /// The roles in a list of words; words of newer programs are passed over.
    pub(super) fn list(words: &str) -> Vec<Self> {
        words.split_whitespace().filter_map(|word| word.parse().ok()).collect()
    }
}

impl FromStr for ChatRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "moderator" => Ok(Self::Moderator),
            "owner" => Ok(Self::Owner),
            _ => Err(format!("{text} is no role; owner and moderator are")),
        }
    }
}

impl fmt::Display for ChatRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn words(roles: &[ChatRole]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

/// The condition of the index of those rows that have a role, or had one.
const HAS_ROLES: &str = "(roles <> '' OR told_roles <> '')";

impl Registrations {
    /// Gives a registered person a role; the time, in Unix milliseconds, is for the log. `None` if
    /// nobody is registered under this name, and false if they have it already.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn grant(
        &mut self,
        nick: &str,
        role: ChatRole,
        now_ms: i64,
    ) -> Result<Option<bool>, OpenError> {
        let what = format!("grant {role}");
        self.change_roles(nick, &what, now_ms, |roles| {
            roles.push(role);
            roles.sort_unstable();
            roles.dedup();
        })
    }

    /// Takes a role from a registered person; the time, in Unix milliseconds, is for the log.
    /// `None` if nobody is registered under this name, and false if they do not have it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn revoke(
        &mut self,
        nick: &str,
        role: ChatRole,
        now_ms: i64,
    ) -> Result<Option<bool>, OpenError> {
        let what = format!("revoke {role}");
        self.change_roles(nick, &what, now_ms, |roles| roles.retain(|own| *own != role))
    }

    fn change_roles(
        &mut self,
        nick: &str,
        what: &str,
        now_ms: i64,
        change: impl Fn(&mut Vec<ChatRole>),
    ) -> Result<Option<bool>, OpenError> {
        let mut is_changed = false;
        let found = self.change(nick, |transaction, id| {
            let before = roles_of(transaction, id)?;
            let mut after = before.clone();
            change(&mut after);
            is_changed = after != before;
            if is_changed {
                let (target, what) = (nick.to_owned(), what.to_owned());
                let deed = LoggedDeed { ts: now_ms, what, target, ..LoggedDeed::default() };
                deeds::write(transaction, [&deed])?;
            }
            let sql = "UPDATE registration SET roles = ? WHERE person = ?";
            transaction.execute(sql, [&*words(&after), id]).map(|_| ())
        })?;
        Ok(found.then_some(is_changed))
    }

    /// Whether the chat has no owner but the person of this name.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn is_last_owner(&self, nick: &str) -> Result<bool, OpenError> {
        let owners: Vec<String> = with_roles(self.connection())?
            .into_iter()
            .filter(|(_, _, role)| *role == ChatRole::Owner)
            .map(|(id, ..)| id)
            .collect();
        let id = self.id_of(nick)?;
        Ok(owners.len() == 1 && owners.first() == id.as_ref())
    }
}

fn roles_of(connection: &Connection, id: &str) -> rusqlite::Result<Vec<ChatRole>> {
    let sql = "SELECT roles FROM registration WHERE person = ?";
    let words: String = connection.query_row(sql, [id], |row| row.get(0))?;
    Ok(ChatRole::list(&words))
}

/// The ids and the nicks of all people with a role, each with the highest that they have.
fn with_roles(connection: &Connection) -> rusqlite::Result<Vec<(String, String, ChatRole)>> {
    let sql = format!("SELECT person, roles, nick FROM registration WHERE {HAS_ROLES} LIMIT ?");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([ROLES_MAX])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let highest = ChatRole::list(&row.get::<_, String>(1)?).into_iter().max();
        let (id, nick) = (row.get(0)?, row.get(2)?);
        all.extend(highest.map(|role| (id, nick, role)));
    }
    Ok(all)
}

impl History {
    /// The ids and the registered nicks of all people with a role in the whole chat, each with the
    /// highest that they have.
    pub(crate) fn roles(&mut self) -> Vec<(Rc<str>, Rc<str>, ChatRole)> {
        let store = self.store.as_ref();
        let all = read(store.map(|store| with_roles(&store.connection))).unwrap_or_default();
        all.into_iter().map(|(id, nick, role)| (id.into(), nick.into(), role)).collect()
    }

    /// Whether the person with this id is the only registered one.
    pub(crate) fn is_only_registered(&self, id: &str) -> bool {
        let is_other = |change: &super::RegistrationChange| match change {
            super::RegistrationChange::Registered(registration) => *registration.id != *id,
            _ => false,
        };
        if self.registrations.iter().any(is_other) {
            return false;
        }
        read(self.store.as_ref().map(|store| store.is_only_registered(id))).unwrap_or(false)
    }
}

impl Store {
    fn is_only_registered(&self, id: &str) -> rusqlite::Result<bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM registration WHERE person <> ?)";
        self.connection.prepare_cached(sql)?.query_row([id], |row| row.get(0))
    }
}

/// The roles that other nodes do not know as this file has them.
pub(super) fn untold(connection: &Connection, max: i64) -> rusqlite::Result<Vec<Order>> {
    let sql = format!(
        "SELECT person, roles FROM registration WHERE {HAS_ROLES} AND roles <> told_roles LIMIT ?"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let rows = select.query_map([max], |row| {
        Ok(Order::Roles { person: row.get(0)?, roles: ChatRole::list(&row.get::<_, String>(1)?) })
    })?;
    rows.collect()
}

/// Writes the roles of a person as all nodes know them. If they were changed here a moment ago, the
/// change is not told yet, and stays.
pub(super) fn write(
    transaction: &Transaction<'_>,
    person: &str,
    roles: &[ChatRole],
) -> rusqlite::Result<()> {
    let sql = "UPDATE registration SET told_roles = ?2,
               roles = CASE WHEN roles = told_roles THEN ?2 ELSE roles END WHERE person = ?1";
    transaction.prepare_cached(sql)?.execute(params![person, words(roles)]).map(|_| ())
}

impl History {
    /// The rooms that have owners, and the ids of these.
    pub(crate) fn room_owners(&mut self) -> Vec<(Rc<str>, Rc<str>)> {
        let store = self.store.as_ref();
        read(store.map(|store| store.room_owners())).unwrap_or_default()
    }

    /// The ids of the registered people who want no notices of comings and goings.
    pub(crate) fn quiet_people(&mut self) -> Vec<Rc<str>> {
        let store = self.store.as_ref();
        read(store.map(|store| store.quiet_people())).unwrap_or_default()
    }

    /// Whether the history has nothing of what was said in a room. False if it cannot be read.
    pub(crate) fn is_silent(&mut self, room: &str) -> bool {
        self.count_since(room, 0, 1) == Some(0)
    }
}

impl Store {
    fn quiet_people(&self) -> rusqlite::Result<Vec<Rc<str>>> {
        let sql = "SELECT person FROM registration WHERE quiet <> 0";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map([], |row| Ok(row.get::<_, String>(0)?.into()))?;
        rows.collect()
    }

    fn room_owners(&self) -> rusqlite::Result<Vec<(Rc<str>, Rc<str>)>> {
        let sql = "SELECT room, person FROM room_owner";
        let mut select = self.connection.prepare_cached(sql)?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, String>(0)?.into(), row.get::<_, String>(1)?.into()))
        })?;
        rows.collect()
    }
}

/// Writes that a person owns a room from now on, or no longer.
pub(super) fn write_owner(
    transaction: &Transaction<'_>,
    owner: &RoomOwner,
) -> rusqlite::Result<()> {
    let RoomOwner { room, id, is_on } = owner;
    let sql = match is_on {
        true => "INSERT OR IGNORE INTO room_owner (room, person) VALUES (?, ?)",
        false => "DELETE FROM room_owner WHERE room = ? AND person = ?",
    };
    transaction.prepare_cached(sql)?.execute([&**room, &**id]).map(|_| ())
}
