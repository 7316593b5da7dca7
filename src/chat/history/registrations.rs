//! Registered people: their names, which nobody else may have, the hashes of their passwords, and
//! the devices with which they come back.

use super::hooks::{self, HOOK_ID, Hook};
use super::invitations::{self, Invitation};
use super::kept_person::{KeptPerson, Token};
use super::reads::read;
use super::store::Store;
use super::{History, ignored, mailbox, resets, roles};
use crate::chat::{LOBBY, names};
use crate::limits::{DEVICES_MAX, NAME_FORMER_MS, NAMES_FORMER_MAX, TOKEN_MS};
use mio_socketio::Now;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::rc::Rc;

/// The data kept of a registered person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registration {
    pub(crate) id: Rc<str>,
    pub(crate) nick: Rc<str>,
    /// The hash of the password in PHC string form.
    pub(crate) hash: Rc<str>,
    /// When they registered, in Unix milliseconds.
    pub(crate) made_ms: i64,
    /// When they last came in.
    pub(crate) seen_ms: i64,
}

/// A name that is a registered person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Their id.
    pub(crate) id: Rc<str>,
    /// The name.
    pub(crate) nick: Rc<str>,
    /// They have another name now, and this one is kept for them for a while.
    pub(crate) is_former: bool,
}

/// A program with which a registered person comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) token: Token,
    /// The person's id.
    pub(crate) id: Rc<str>,
    /// Its number among those of the person; 0 until it is in the file.
    pub(crate) number: i64,
    /// The kind of program.
    pub(crate) kind: Rc<str>,
    /// When it was last used, in Unix milliseconds.
    pub(crate) seen_ms: i64,
}

/// A change of what is kept of registered people.
#[derive(Debug)]
pub(crate) enum RegistrationChange {
    Registered(Registration),
    /// The person with this id has another name since this time.
    Renamed {
        id: Rc<str>,
        nick: Rc<str>,
        ms: i64,
    },
    Added(Device),
    /// The person with this id has come in, with a device or without.
    Seen {
        id: Rc<str>,
        token: Option<Token>,
        ms: i64,
    },
    /// A device ends.
    Ended(Token),
    /// A hook is made.
    Hook(Hook),
    /// A hook is removed.
    HookRemoved(Hook),
    /// An invitation is made, at this time.
    Invitation {
        made: Invitation,
        ms: i64,
    },
    /// Somebody has come in by the invitation whose code has this hash. They have this id, if they
    /// can come back.
    Invited {
        code: Token,
        id: Option<Rc<str>>,
    },
    /// A person wants no notices of comings and goings, or wants them again.
    Quiet {
        id: Rc<str>,
        is_on: bool,
    },
    /// A person ignores another one, whom the file knows by a mark, or no longer.
    Ignored {
        /// The id of the person whose list it is.
        id: Rc<str>,
        whom: Box<str>,
        /// All about the other one as JSON; `None` takes them off the list.
        entry: Option<String>,
    },
    /// An operator has given the person with this id another password, with this hash, or has
    /// forgotten them.
    Reset {
        id: Rc<str>,
        hash: Option<Box<str>>,
    },
    /// A person owns a room from now on, or no longer.
    Owner(RoomOwner),
    /// The private message with this number waits for the person with this id.
    Waits {
        id: Rc<str>,
        message: i64,
    },
    /// No message waits for the person with this id any more.
    Given {
        id: Rc<str>,
    },
}

/// A registered person as an owner of a room.
#[derive(Debug)]
pub(crate) struct RoomOwner {
    /// The room's key.
    pub(crate) room: Rc<str>,
    /// The person's id.
    pub(crate) id: Rc<str>,
    /// They own it; otherwise they no longer do.
    pub(crate) is_on: bool,
}

impl Claim {
    /// Whether the name is a hook's, and no person's.
    pub(crate) fn is_hooks(&self) -> bool {
        self.id.starts_with(HOOK_ID)
    }
}

impl RegistrationChange {
    /// The claim that it makes on a key.
    fn claim(&self, key: &str) -> Option<Claim> {
        let (id, nick) = match self {
            Self::Registered(Registration { id, nick, .. }) | Self::Renamed { id, nick, .. } => {
                (id.clone(), nick.clone())
            }
            Self::Hook(hook) => (hook.id(), hook.name.clone()),
            _ => return None,
        };
        let has_it = names::nick_keys(&nick).any(|own| *own == *key);
        has_it.then_some(Claim { id, nick, is_former: false })
    }
}

impl History {
    /// Whether registrations can be kept now.
    pub(crate) const fn keeps_registrations(&self) -> bool {
        self.is_kept() && !self.health.is_failing && !self.health.is_away
    }

    /// The registered person whose name has this key.
    pub(crate) fn claim(&mut self, now: Now, key: &str) -> Option<Claim> {
        let waiting = self.registrations.iter().rev().find_map(|change| change.claim(key));
        waiting.or_else(|| {
            let now_ms = now.unix_ms.cast_signed();
            read(self.store.as_ref().map(|store| store.claim(now_ms, key))).flatten()
        })
    }

    /// The data kept of the registered person with this id.
    pub(crate) fn registration(&mut self, id: &str) -> Option<Registration> {
        let waiting = self.registrations.iter().find_map(|change| match change {
            RegistrationChange::Registered(it) if *it.id == *id => Some(it.clone()),
            _ => None,
        });
        waiting.or_else(|| read(self.store.as_ref().map(|store| store.registration(id))).flatten())
    }

    /// The devices of the person with this id that have not ended, the oldest first, each with the
    /// time at which it was added, in Unix milliseconds.
    pub(crate) fn devices(&mut self, now: Now, id: &str) -> Vec<(Device, i64)> {
        let since_ms = now.unix_ms.cast_signed() - TOKEN_MS;
        let store = self.store.as_ref();
        read(store.map(|store| store.devices(id, since_ms))).unwrap_or_default()
    }

    /// The registered person who comes with this token, and their record. Each use of a device
    /// makes its token valid for as long again.
    pub(super) fn person_of_device(&mut self, now: Now, token: &Token) -> Option<KeptPerson> {
        let device = self.device(token)?;
        let now_ms = now.unix_ms.cast_signed();
        if device.seen_ms <= now_ms - TOKEN_MS {
            return None;
        }
        let registration = self.registration(&device.id)?;
        let record = self.person_by_id(&device.id).unwrap_or_else(|| registration.record(now));
        let nick = registration.nick;
        let (token, given_ms) = (*token, now_ms);
        Some(KeptPerson { token, given_ms, next: None, nick, is_registered: true, ..record })
    }

    fn device(&mut self, token: &Token) -> Option<Device> {
        for change in self.registrations.iter().rev() {
            match change {
                RegistrationChange::Added(device) if device.token == *token => {
                    return Some(device.clone());
                }
                RegistrationChange::Ended(ended) if ended == token => return None,
                _ => (),
            }
        }
        read(self.store.as_ref().map(|store| store.device(token))).flatten()
    }
}

impl Registration {
    /// The record of a registered person of whom the file has nothing else.
    pub(crate) fn record(&self, now: Now) -> KeptPerson {
        let lobby = Rc::from(LOBBY);
        let record = KeptPerson::new(now, self.id.clone(), "", self.nick.clone(), lobby);
        KeptPerson { is_known: true, is_registered: true, ..record }
    }
}

impl Store {
    fn claim(&self, now_ms: i64, key: &str) -> rusqlite::Result<Option<Claim>> {
        let sql = "SELECT person, nick, until IS NOT NULL FROM registered_name
                   WHERE key = ? AND (until IS NULL OR until > ?)";
        let mut select = self.connection.prepare_cached(sql)?;
        let found = select.query_row(params![key, now_ms], |row| {
            let (id, nick) = (text(row, 0)?, text(row, 1)?);
            Ok(Claim { id, nick, is_former: row.get(2)? })
        });
        found.optional()
    }

    fn registration(&self, id: &str) -> rusqlite::Result<Option<Registration>> {
        let sql = "SELECT person, nick, hash, made, seen FROM registration WHERE person = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        select.query_row([id], registration).optional()
    }

    fn devices(&self, id: &str, since_ms: i64) -> rusqlite::Result<Vec<(Device, i64)>> {
        let sql = "SELECT token, person, number, kind, seen, made FROM device
                   WHERE person = ? AND seen > ? ORDER BY number LIMIT ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let added = |row: &Row<'_>| Ok((device(row)?, row.get(5)?));
        select.query_map(params![id, since_ms, DEVICES_MAX], added)?.collect()
    }

    fn device(&self, token: &Token) -> rusqlite::Result<Option<Device>> {
        let sql = "SELECT token, person, number, kind, seen FROM device WHERE token = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        select.query_row([token.0], device).optional()
    }
}

fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<Rc<str>> {
    row.get::<_, String>(at).map(Rc::from)
}

fn registration(row: &Row<'_>) -> rusqlite::Result<Registration> {
    Ok(Registration {
        id: text(row, 0)?,
        nick: text(row, 1)?,
        hash: text(row, 2)?,
        made_ms: row.get(3)?,
        seen_ms: row.get(4)?,
    })
}

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    let (id, kind) = (text(row, 1)?, text(row, 3)?);
    let (token, number, seen_ms) = (Token(row.get(0)?), row.get(2)?, row.get(4)?);
    Ok(Device { token, id, number, kind, seen_ms })
}

/// Writes changes into a turn's transaction.
pub(super) fn write(
    transaction: &Transaction<'_>,
    changes: &VecDeque<RegistrationChange>,
) -> rusqlite::Result<()> {
    for change in changes {
        match change {
            RegistrationChange::Registered(registration) => register(transaction, registration)?,
            RegistrationChange::Renamed { id, nick, ms } => rename(transaction, id, nick, *ms)?,
            RegistrationChange::Quiet { id, is_on } => {
                let sql = "UPDATE registration SET quiet = ? WHERE person = ?";
                transaction.prepare_cached(sql)?.execute(params![is_on, &**id])?;
            }
            RegistrationChange::Ignored { id, whom, entry } => {
                ignored::write(transaction, id, whom, entry.as_deref())?;
            }
            RegistrationChange::Reset { id, hash } => {
                resets::write(transaction, id, hash.as_deref())?;
            }
            RegistrationChange::Owner(owner) => roles::write_owner(transaction, owner)?,
            RegistrationChange::Waits { id, message } => mailbox::wait(transaction, id, *message)?,
            RegistrationChange::Given { id } => mailbox::clear(transaction, id)?,
            RegistrationChange::Added(device) => add(transaction, device)?,
            RegistrationChange::Seen { id, token, ms } => {
                let sql = "UPDATE registration SET seen = ? WHERE person = ?";
                transaction.prepare_cached(sql)?.execute(params![ms, &**id])?;
                let sql = "UPDATE device SET seen = ? WHERE token = ?";
                let token = token.map(|token| token.0);
                transaction.prepare_cached(sql)?.execute(params![ms, token])?;
            }
            RegistrationChange::Ended(token) => {
                let sql = "DELETE FROM device WHERE token = ?";
                transaction.prepare_cached(sql)?.execute([token.0])?;
            }
            RegistrationChange::Hook(hook) => hooks::write(transaction, hook)?,
            RegistrationChange::HookRemoved(hook) => hooks::write_removed(transaction, hook)?,
            RegistrationChange::Invitation { made, ms } => {
                invitations::write_made(transaction, made, *ms)?;
            }
            RegistrationChange::Invited { code, id } => {
                invitations::write_used(transaction, code, id.as_deref())?;
            }
        }
    }
    Ok(())
}

/// A fact that a node reads twice changes nothing the second time.
fn register(transaction: &Transaction<'_>, registration: &Registration) -> rusqlite::Result<()> {
    let Registration { id, nick, hash, made_ms, seen_ms } = registration;
    let sql = "INSERT OR IGNORE INTO registration (person, nick, hash, made, seen)
               VALUES (?, ?, ?, ?, ?)";
    let new = params![&**id, &**nick, &**hash, made_ms, seen_ms];
    if transaction.prepare_cached(sql)?.execute(new)? > 0 {
        claim(transaction, id, nick, *made_ms)?;
        let sql = "UPDATE person SET spoke = 2 WHERE id = ?";
        transaction.prepare_cached(sql)?.execute([&**id])?;
    }
    Ok(())
}

/// Gives a person the keys of a name, except those that are another's.
fn claim(connection: &Connection, id: &str, nick: &str, now_ms: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO registered_name (key, person, nick) VALUES (?, ?, ?)
               ON CONFLICT (key) DO UPDATE SET person = excluded.person, nick = excluded.nick,
               until = NULL WHERE person = excluded.person OR until <= ?";
    for key in names::nick_keys(nick) {
        connection.prepare_cached(sql)?.execute(params![&*key, id, nick, now_ms])?;
    }
    Ok(())
}

fn rename(transaction: &Transaction<'_>, id: &str, nick: &str, ms: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE registration SET nick = ? WHERE person = ?";
    if transaction.prepare_cached(sql)?.execute(params![nick, id])? == 0 {
        return Ok(());
    }
    let sql = "UPDATE registered_name SET until = ? WHERE person = ? AND until IS NULL";
    transaction.prepare_cached(sql)?.execute(params![ms + NAME_FORMER_MS, id])?;
    claim(transaction, id, nick, ms)?;
    let sql = "DELETE FROM registered_name WHERE person = ?1 AND until IS NOT NULL AND nick IN
               (SELECT nick FROM registered_name WHERE person = ?1 AND until IS NOT NULL
                GROUP BY nick ORDER BY max(until) DESC LIMIT -1 OFFSET ?2)";
    transaction.prepare_cached(sql)?.execute(params![id, NAMES_FORMER_MAX])?;
    Ok(())
}

fn add(transaction: &Transaction<'_>, device: &Device) -> rusqlite::Result<()> {
    let Device { token, id, kind, seen_ms, .. } = device;
    let sql = "INSERT OR IGNORE INTO device (token, person, number, kind, made, seen)
               SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?4 FROM device
               WHERE person = ?2";
    transaction.prepare_cached(sql)?.execute(params![token.0, &**id, &**kind, seen_ms])?;
    let sql = "DELETE FROM device WHERE person = ?1 AND token IN
               (SELECT token FROM device WHERE person = ?1
                ORDER BY seen DESC, number DESC LIMIT -1 OFFSET ?2)";
    transaction.prepare_cached(sql)?.execute(params![&**id, DEVICES_MAX])?;
    Ok(())
}
