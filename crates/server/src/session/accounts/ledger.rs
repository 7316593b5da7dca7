//! The memory that is held for each address, and for all.

use super::Accounts;
use crate::base::{AccountId, ConnectionId};
use std::num::NonZeroU32;

/// The account of a connection, and whether memory is held for the connection: in one word, because
/// there are many connections, and most of them are idle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted(NonZeroU32);

impl Counted {
    const HOLDS: u32 = 1 << 31;

    pub(super) const fn new(AccountId(account): AccountId, holds: bool) -> Self {
        let holds = if holds { Self::HOLDS } else { 0 };
        // Accounts are bounded by the descriptors of a process, so their number fits.
        Self(NonZeroU32::MIN.saturating_add((account & !Self::HOLDS) | holds))
    }

    pub(super) const fn account(self) -> AccountId {
        AccountId((self.0.get() - 1) & !Self::HOLDS)
    }

    pub(super) const fn holds(self) -> bool {
        (self.0.get() - 1) & Self::HOLDS != 0
    }
}

/// The memory that is held for a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) input_bytes: u32,
    pub(super) outbox_bytes: u32,
}

impl Held {
    pub(super) const fn bytes(self) -> usize {
        self.input_bytes as usize + self.outbox_bytes as usize
    }
}

impl Accounts {
    /// Notes that `now` bytes are held for an account, instead of `before`.
    pub fn hold(&mut self, id: AccountId, before: usize, now: usize) {
        let exempt = self.exempt;
        let Some(account) = self.table.get_mut(id.0 as usize) else { return };
        account.held_bytes = account.held_bytes - before + now;
        self.held_bytes = self.held_bytes - before + now;
        if id != exempt && now > before && account.held_bytes > self.limits.held_bytes_max {
            self.fat.push(id);
        }
    }

    /// Notes the memory held for a connection's input.
    pub fn hold_input(&mut self, connection: ConnectionId, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.hold_for(connection, |held| held.input_bytes = bytes);
    }

    /// Notes the memory held in a connection's outbox.
    pub fn hold_outbox(&mut self, connection: ConnectionId, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.hold_for(connection, |held| held.outbox_bytes = bytes);
    }

    /// Bytes of memory that are held for a connection.
    pub fn held_for(&self, connection: ConnectionId) -> usize {
        self.held_of(connection).bytes()
    }

    pub(super) fn held_of(&self, connection: ConnectionId) -> Held {
        let counted = self.by_connection.get(connection).filter(|counted| counted.holds());
        counted.and_then(|_| self.held.get(&connection)).copied().unwrap_or_default()
    }

    /// Changes the memory held for a connection, and so that of its account.
    pub(super) fn hold_for(&mut self, connection: ConnectionId, change: impl FnOnce(&mut Held)) {
        let before = self.held_of(connection);
        let mut now = before;
        change(&mut now);
        let Some(counted) = self.by_connection.get_mut(connection) else { return };
        if now == before {
            return;
        }
        let id = counted.account();
        *counted = Counted::new(id, now != Held::default());
        match counted.holds() {
            true => self.held.insert(connection, now),
            false => self.held.remove(&connection),
        };
        self.hold(id, before.bytes(), now.bytes());
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
