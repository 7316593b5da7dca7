//! The memory that is held for each address, and for all.

use super::Accounts;
use crate::base::{AccountId, ConnectionId};

impl Accounts {
    /// Notes that so many bytes are held for an account, where it were so many before.
    pub fn hold(&mut self, id: AccountId, before: usize, now: usize) {
        let exempt = self.exempt;
        let Some(account) = self.table.get_mut(id.0 as usize) else { return };
        account.held_bytes = account.held_bytes - before + now;
        self.held_bytes = self.held_bytes - before + now;
        if id != exempt && now > before && account.held_bytes > self.limits.held_bytes_max {
            self.fat.push(id);
        }
    }

    /// Notes what is held of a connection's input.
    pub fn hold_input(&mut self, connection: ConnectionId, bytes: usize) {
        let Some(counted) = self.by_connection.get_mut(connection) else { return };
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let before = std::mem::replace(&mut counted.input_bytes, bytes);
        let account = counted.account;
        if before != bytes {
            self.hold(account, before as usize, bytes as usize);
        }
    }

    /// Notes what is held in a connection's outbox.
    pub fn hold_outbox(&mut self, connection: ConnectionId, bytes: usize) {
        let Some(counted) = self.by_connection.get_mut(connection) else { return };
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let before = std::mem::replace(&mut counted.outbox_bytes, bytes);
        let account = counted.account;
        self.hold(account, before as usize, bytes as usize);
    }

    /// Bytes of memory that are held for a connection.
    pub fn held_for(&self, connection: ConnectionId) -> usize {
        let counted = self.by_connection.get(connection);
        counted.map_or(0, |it| it.input_bytes as usize + it.outbox_bytes as usize)
    }

    /// Bytes of memory that are held for everybody.
    pub const fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// An account for which too much is held.
    pub fn pop_fat(&mut self) -> Option<AccountId> {
        while let Some(id) = self.fat.pop() {
            let max = self.limits.held_bytes_max;
            if self.table.get(id.0 as usize).is_some_and(|account| account.held_bytes > max) {
                return Some(id);
            }
        }
        None
    }
}
