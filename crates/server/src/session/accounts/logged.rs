//! Limits for log lines about refusals, and about clients that have joined nothing. Neither one
//! address nor many may flood the log.

use super::{Accounts, Rate};
use crate::base::AccountId;
use crate::limits::{
    REFUSALS_LOGGED_BURST, REFUSALS_LOGGED_PER_S, STRANGERS_LOGGED_BURST, STRANGERS_LOGGED_PER_S,
    UNLOGGED_TOLD_MS,
};

/// Lines left out because there were too many from all addresses together.
#[derive(Debug, Default)]
pub(super) struct Unlogged {
    lines: u64,
    /// When the log tells their number; `None` if no line was left out.
    due_ms: Option<u64>,
}

impl Accounts {
    /// Whether to log a refusal, and the number of earlier refusals of the same address that were
    /// not logged. (Exempt clients have only the bound of all.)
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

    /// Whether to log a line about a refused client, or one that has joined nothing.
    pub fn logs_stranger(&mut self, now_ms: u64) -> bool {
        let rate = Rate::per_second(STRANGERS_LOGGED_PER_S, STRANGERS_LOGGED_BURST);
        let logs = self.strangers.take(&rate, now_ms, 1).is_ok();
        if !logs {
            self.unlogged.lines += 1;
            self.unlogged.due_ms.get_or_insert(now_ms + UNLOGGED_TOLD_MS);
        }
        logs
    }

    /// When the log must tell the number of lines left out, if there are any.
    pub const fn unlogged_due_ms(&self) -> Option<u64> {
        self.unlogged.due_ms
    }

    /// The number of lines left out since it was last told, if it is due now.
    pub fn take_unlogged(&mut self, now_ms: u64) -> Option<u64> {
        self.unlogged.due_ms.filter(|due_ms| *due_ms <= now_ms)?;
        Some(std::mem::take(&mut self.unlogged).lines)
    }
}
