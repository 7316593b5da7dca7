//! What the log says of those who are refused something, and of those who have joined nothing: it
//! is no place for a flood, neither one of an address nor one of many.

use super::{Accounts, Rate};
use crate::base::AccountId;
use crate::limits::{
    REFUSALS_LOGGED_BURST, REFUSALS_LOGGED_PER_S, STRANGERS_LOGGED_BURST, STRANGERS_LOGGED_PER_S,
    UNLOGGED_TOLD_MS,
};

/// Lines that were left out because there were too many of all addresses together.
#[derive(Debug, Default)]
pub(super) struct Unlogged {
    lines: u64,
    /// When that is told; nothing has been left out if there is no such time.
    due_ms: Option<u64>,
}

impl Accounts {
    /// Whether a refusal is to be logged, and how many of the same address before it were not.
    /// (Those against whom nothing is counted have only the bound of all.)
    pub fn logs(&mut self, id: AccountId, now_ms: u64) -> Option<u32> {
        let rate = Rate::per_second(REFUSALS_LOGGED_PER_S, REFUSALS_LOGGED_BURST);
        let is_exempt = self.is_exempt(id);
        let account = self.table.get_mut(id.0 as usize)?;
        if !is_exempt && account.logged.take(&rate, now_ms, 1).is_err() {
            account.unlogged = account.unlogged.saturating_add(1);
            return None;
        }
        if !self.logs_stranger(now_ms) {
            return None;
        }
        let account = self.table.get_mut(id.0 as usize)?;
        Some(std::mem::take(&mut account.unlogged))
    }

    /// Whether a line is to be logged about somebody who is refused something or has joined
    /// nothing.
    pub fn logs_stranger(&mut self, now_ms: u64) -> bool {
        let rate = Rate::per_second(STRANGERS_LOGGED_PER_S, STRANGERS_LOGGED_BURST);
        let logs = self.strangers.take(&rate, now_ms, 1).is_ok();
        if !logs {
            self.unlogged.lines += 1;
            self.unlogged.due_ms.get_or_insert(now_ms + UNLOGGED_TOLD_MS);
        }
        logs
    }

    /// When it is to be told how many lines were left out, if some were.
    pub const fn unlogged_due_ms(&self) -> Option<u64> {
        self.unlogged.due_ms
    }

    /// How many lines were left out since that was told, if it is to be told now.
    pub fn take_unlogged(&mut self, now_ms: u64) -> Option<u64> {
        self.unlogged.due_ms.filter(|due_ms| *due_ms <= now_ms)?;
        Some(std::mem::take(&mut self.unlogged).lines)
    }
}
