//! Hooks in the file: addresses at which programs say something in a room. A hook's name is nobody
//! else's, like that of a registered person.

use super::kept_person::Token;
use super::reads::read;
use super::registrations::RegistrationChange;
use super::store::Store;
use super::{History, OpenError, Registrations};
use crate::chat::names;
use crate::limits::{HOOKS_MAX, HOOKS_TOLD_AT_ONCE};
use mio_socketio::Now;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The beginning of the ids of hooks. No person has such an id.
pub(crate) const HOOK_ID: &str = "hook:";

/// An address at which programs say something in a room. Entries of nodes have it in this form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hook {
    /// The name under which it is said.
    pub(crate) name: Rc<str>,
    /// The key of the room.
    pub(crate) room: Rc<str>,
    /// The hash of the secret in the address.
    pub(crate) secret: Token,
    /// When it was made, in Unix milliseconds.
    #[serde(rename = "made")]
    pub(crate) made_ms: i64,
}

impl Hook {
    /// The id of its messages.
    pub(crate) fn id(&self) -> Rc<str> {
        id_of(&self.name).into()
    }
}

fn id_of(name: &str) -> String {
    format!("{HOOK_ID}{name}")
}

/// The progress of a hook, as the file has it.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// It was made at this file, and no server knows of it.
    Made = 0,
    /// All nodes know of it.
    Told = 1,
    /// It was removed at this file, and no server knows of that.
    Removed = 2,
}

/// A hook in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedHook {
    /// The name under which something is said.
    pub name: String,
    /// The room.
    pub room: String,
    /// When it was made, in Unix milliseconds.
    pub made_ms: i64,
}

/// The reason why a hook is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoHook {
    /// There is a hook of this name.
    Exists,
    /// The name is a registered person's.
    Taken,
    /// There are as many as there can be.
    TooMany,
}

impl History {
    /// The hook whose secret has this hash.
    pub(crate) fn hook(&mut self, secret: &Token) -> Option<Hook> {
        // The latest change counts.
        for change in self.registrations.iter().rev() {
            match change {
                RegistrationChange::Hook(hook) if hook.secret == *secret => {
                    return Some(hook.clone());
                }
                RegistrationChange::HookRemoved(hook) if hook.secret == *secret => return None,
                _ => (),
            }
        }
        read(self.store.as_ref().map(|store| store.hook(secret))).flatten()
    }

    /// Hooks that were made or removed at the file, some at once, of which other nodes do not know;
    /// each with whether it is removed.
    pub(crate) fn untold_hooks(&mut self) -> Vec<(Hook, bool)> {
        read(self.store.as_ref().map(Store::untold_hooks)).unwrap_or_default()
    }
}

impl Store {
    fn hook(&self, secret: &Token) -> rusqlite::Result<Option<Hook>> {
        let sql = "SELECT name, room, secret, made FROM hook WHERE secret = ? AND step <> ?";
        let mut select = self.connection.prepare_cached(sql)?;
        select.query_row(params![secret.0, Step::Removed as i64], hook).optional()
    }

    fn untold_hooks(&self) -> rusqlite::Result<Vec<(Hook, bool)>> {
        let sql = "SELECT name, room, secret, made, step = ? FROM hook WHERE step <> 1 LIMIT ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let bounds = params![Step::Removed as i64, HOOKS_TOLD_AT_ONCE];
        select.query_map(bounds, |row| Ok((hook(row)?, row.get(4)?)))?.collect()
    }
}

fn hook(row: &Row<'_>) -> rusqlite::Result<Hook> {
    let (name, room): (String, String) = (row.get(0)?, row.get(1)?);
    let (secret, made_ms) = (Token(row.get(2)?), row.get(3)?);
    Ok(Hook { name: name.into(), room: room.into(), secret, made_ms })
}

/// Writes a hook that all nodes know of.
pub(super) fn write(connection: &Connection, hook: &Hook) -> rusqlite::Result<()> {
    set(connection, hook, Step::Told)
}

/// Writes a hook in place of an earlier one of its name. One that was removed here meanwhile stays
/// removed.
fn set(connection: &Connection, hook: &Hook, step: Step) -> rusqlite::Result<()> {
    let Hook { name, room, secret, made_ms } = hook;
    let sql = "INSERT INTO hook (name, room, secret, made, step) VALUES (?, ?, ?, ?, ?)
               ON CONFLICT (name) DO UPDATE SET room = excluded.room, secret = excluded.secret,
               made = excluded.made, step = excluded.step
               WHERE hook.step <> ? OR hook.secret <> excluded.secret";
    let values = params![&**name, &**room, secret.0, made_ms, step as i64, Step::Removed as i64];
    if connection.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(());
    }
    let sql = "INSERT OR REPLACE INTO registered_name (key, person, nick) VALUES (?, ?, ?)";
    for key in names::nick_keys(name) {
        connection.prepare_cached(sql)?.execute(params![&*key, id_of(name), &**name])?;
    }
    Ok(())
}

/// Writes that a hook is removed, as all nodes know.
pub(super) fn write_removed(connection: &Connection, hook: &Hook) -> rusqlite::Result<()> {
    let sql = "DELETE FROM hook WHERE name = ? AND secret = ?";
    let removed = params![&*hook.name, hook.secret.0];
    if connection.prepare_cached(sql)?.execute(removed)? > 0 {
        forget_name(connection, &hook.name)?;
    }
    Ok(())
}

fn forget_name(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM registered_name WHERE person = ?";
    connection.execute(sql, [id_of(name)]).map(|_| ())
}

impl Registrations {
    /// Makes a hook whose address has this secret. Its name and the key of its room are as they
    /// have to be.
    ///
    /// # Errors
    /// If the file cannot be written. The inner error is the reason why the hook is not made.
    pub fn add_hook(
        &mut self,
        name: &str,
        room: &str,
        secret: &str,
        now: Now,
    ) -> Result<Result<(), NoHook>, OpenError> {
        let made_ms = now.unix_ms.cast_signed();
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let count: i64 =
            transaction.query_row("SELECT count(*) FROM hook", [], |row| row.get(0))?;
        if count >= HOOKS_MAX {
            return Ok(Err(NoHook::TooMany));
        }
        let sql = "SELECT person FROM registered_name
                   WHERE key = ? AND (until IS NULL OR until > ?)";
        for key in names::nick_keys(name) {
            let owner = transaction.query_row(sql, params![&*key, made_ms], |row| row.get(0));
            match owner.optional()? {
                None => (),
                Some::<String>(owner) if owner.starts_with(HOOK_ID) => {
                    return Ok(Err(NoHook::Exists));
                }
                Some(_) => return Ok(Err(NoHook::Taken)),
            }
        }
        let secret = Token::of(secret);
        let hook = Hook { name: name.into(), room: room.into(), secret, made_ms };
        set(&transaction, &hook, Step::Made)?;
        transaction.commit()?;
        Ok(Ok(()))
    }

    /// Removes a hook. False if there is none of this name.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn remove_hook(&mut self, name: &str) -> Result<bool, OpenError> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let removed = Step::Removed as i64;
        let sql = "UPDATE hook SET step = ?1 WHERE name = ?2 AND step <> ?1";
        let was_there = transaction.execute(sql, params![removed, name])? > 0;
        forget_name(&transaction, name)?;
        transaction.commit()?;
        Ok(was_there)
    }

    /// All hooks, by their names.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn hooks(&self) -> Result<Vec<ListedHook>, OpenError> {
        let sql = "SELECT name, room, made FROM hook WHERE step <> ? ORDER BY name";
        let mut select = self.connection.prepare(sql)?;
        let all = select.query_map([Step::Removed as i64], |row| {
            Ok(ListedHook { name: row.get(0)?, room: row.get(1)?, made_ms: row.get(2)? })
        })?;
        Ok(all.collect::<Result<_, _>>()?)
    }
}
