//! Invitations in the file, by the hashes of their codes, and the people who have come in by one.

use super::kept_person::Token;
use super::reads::read;
use super::registrations::RegistrationChange;
use super::store::Store;
use super::{History, OpenError, Registrations};
use crate::limits::{INVITATIONS_MAX, INVITATIONS_TOLD_AT_ONCE};
use mio_socketio::Now;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// An invitation. People who have its code may come in. Entries of nodes have it in this form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invitation {
    /// The hash of its code.
    pub(crate) code: Token,
    /// The number of people who may still come in by it; 0 if an operator has ended it.
    pub(crate) uses: u32,
    /// The time of its end, in Unix milliseconds.
    #[serde(rename = "until")]
    pub(crate) until_ms: i64,
    /// The name of the person who has made it; empty if it was an operator.
    pub(crate) author: Rc<str>,
}

impl History {
    /// The invitation whose code has this hash.
    pub(crate) fn invitation(&mut self, code: &Token) -> Option<Invitation> {
        let made = self.registrations.iter().rev().find_map(|change| match change {
            RegistrationChange::Invitation { made, .. } if made.code == *code => Some(made.clone()),
            _ => None,
        });
        let store = self.store.as_ref();
        let kept = made.or_else(|| read(store.map(|it| it.invitation(code))).flatten());
        let used = self.registrations.iter().filter(|change| match change {
            RegistrationChange::Invited { code: used, .. } => used == code,
            _ => false,
        });
        let used = u32::try_from(used.count()).unwrap_or(u32::MAX);
        kept.map(|kept| Invitation { uses: kept.uses.saturating_sub(used), ..kept })
    }

    /// Whether the person with this id has come in by an invitation.
    pub(crate) fn is_invited(&mut self, id: &str) -> bool {
        let waiting = self.registrations.iter().any(|change| {
            matches!(change, RegistrationChange::Invited { id: Some(own), .. } if **own == *id)
        });
        waiting || read(self.store.as_ref().map(|store| store.is_invited(id))) == Some(true)
    }

    /// Invitations that an operator has made or ended at the file, some at once: no other node
    /// knows of that.
    pub(crate) fn untold_invitations(&mut self, now: Now) -> Vec<Invitation> {
        let now_ms = now.unix_ms.cast_signed();
        read(self.store.as_ref().map(|store| store.untold(now_ms))).unwrap_or_default()
    }
}

impl Store {
    fn invitation(&self, code: &Token) -> rusqlite::Result<Option<Invitation>> {
        let sql = "SELECT code, uses, until, author FROM invitation WHERE code = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        select.query_row([code.0], invitation).optional()
    }

    fn is_invited(&self, id: &str) -> rusqlite::Result<bool> {
        self.connection.prepare_cached("SELECT 1 FROM invited WHERE person = ?")?.exists([id])
    }

    fn untold(&self, now_ms: i64) -> rusqlite::Result<Vec<Invitation>> {
        let sql = "SELECT code, uses, until, author FROM invitation
                   WHERE told = 0 AND until > ? LIMIT ?";
        let mut select = self.connection.prepare_cached(sql)?;
        select.query_map([now_ms, INVITATIONS_TOLD_AT_ONCE], invitation)?.collect()
    }
}

fn invitation(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    let (code, author) = (Token(row.get(0)?), row.get::<_, String>(3)?.into());
    Ok(Invitation { code, uses: row.get(1)?, until_ms: row.get(2)?, author })
}

/// Writes an invitation that all nodes know of, or its end. Those that have ended go.
pub(super) fn write_made(
    connection: &Connection,
    made: &Invitation,
    now_ms: i64,
) -> rusqlite::Result<()> {
    if made.uses == 0 {
        let sql = "DELETE FROM invitation WHERE code = ?";
        return connection.prepare_cached(sql)?.execute([made.code.0]).map(|_| ());
    }
    // It may have been ended at this file a moment ago, which is told next.
    let is_ended = "SELECT 1 FROM invitation WHERE code = ? AND uses = 0";
    if connection.prepare_cached(is_ended)?.exists([made.code.0])? {
        return Ok(());
    }
    let sql = "UPDATE invitation SET told = 1 WHERE code = ?";
    if connection.prepare_cached(sql)?.execute([made.code.0])? == 0 {
        let is_made = make(connection, made, now_ms, true)?;
        if !is_made {
            log::warn!("too many invitations for one more");
        }
    }
    Ok(())
}

/// Writes an invitation, if there are not too many by which people may still come in.
fn make(
    connection: &Connection,
    made: &Invitation,
    now_ms: i64,
    is_told: bool,
) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM invitation WHERE until <= ? OR (uses = 0 AND told = 1)";
    connection.prepare_cached(sql)?.execute([now_ms])?;
    let Invitation { code, uses, until_ms, author } = made;
    let sql = "INSERT INTO invitation (code, uses, until, author, told)
               SELECT ?1, ?2, ?3, ?4, ?5
               WHERE (SELECT count(*) FROM invitation WHERE uses > 0) < ?6
               ON CONFLICT (code) DO NOTHING";
    let values = params![code.0, uses, until_ms, &**author, is_told, INVITATIONS_MAX];
    Ok(connection.prepare_cached(sql)?.execute(values)? > 0)
}

/// Writes that somebody has come in by an invitation.
pub(super) fn write_used(
    connection: &Connection,
    code: &Token,
    id: Option<&str>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE invitation SET uses = uses - 1 WHERE code = ? AND uses > 0";
    connection.prepare_cached(sql)?.execute([code.0])?;
    if let Some(id) = id {
        let sql = "INSERT OR IGNORE INTO invited (person) VALUES (?)";
        connection.prepare_cached(sql)?.execute([id])?;
    }
    Ok(())
}

impl Registrations {
    /// Makes an invitation for `uses` people, until this time in Unix milliseconds. False if there
    /// are too many already.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn invite(
        &mut self,
        code: &str,
        uses: u32,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, OpenError> {
        let (code, author) = (crate::chat::access::hash(code), Rc::from(""));
        let made = Invitation { code, uses, until_ms, author };
        Ok(make(&self.connection, &made, now_ms, false)?)
    }

    /// Ends all invitations, at each server of the chat. Returns how many there were.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn end_invitations(&mut self) -> Result<usize, OpenError> {
        // The server tells the others of it, and then they go.
        let sql = "UPDATE invitation SET uses = 0, told = 0 WHERE uses > 0";
        Ok(self.connection.execute(sql, [])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invitations_that_were_ended_make_room_for_new_ones_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.db");
        drop(History::open(&path, false).expect("a history"));
        let mut file = Registrations::open(&path).expect("the file");
        let many = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                    INSERT INTO invitation (code, uses, until, author, told)
                    SELECT randomblob(32), 1, 9, '', 0 FROM n";
        file.connection.execute(many, [INVITATIONS_MAX]).expect("the most");
        assert!(!file.invite("full", 1, 9, 0).expect("the file"));
        // No server is there to tell others of the end, so the rows stay.
        let ended = file.end_invitations().expect("the file");
        assert_eq!(i64::try_from(ended), Ok(INVITATIONS_MAX));
        assert!(file.invite("new", 1, 9, 0).expect("the file"));
    }
}
