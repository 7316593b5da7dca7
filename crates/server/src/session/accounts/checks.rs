//! Invariants of accounts.

use super::{Account, Accounts};
use crate::limits::ACCOUNTS_MAX;

impl Accounts {
    /// Panics unless the numbers of connections and sessions are right, and no account exceeds its
    /// limits. `held_bytes` are those of the sessions.
    pub fn check_invariants(&self, sessions: usize, held_bytes: usize) {
        let all = self.table.iter().map(|(_, account)| account);
        let connections: usize = all.clone().map(|account| account.connections).sum();
        assert_eq!(connections, self.by_connection.ids().len(), "connections are counted");
        let counted: usize = all.clone().map(|account| account.sessions).sum();
        assert_eq!(counted, sessions, "sessions are counted");
        let held: usize = all.map(|account| account.held_bytes).sum();
        assert_eq!(held, self.held_bytes, "what is held is held for somebody");
        let counted = self.by_connection.ids().into_iter().map(|id| self.held_for(id));
        assert_eq!(held, held_bytes + counted.sum::<usize>(), "what is held is counted");
        assert!(self.table.len() <= ACCOUNTS_MAX + connections + sessions);
        let holding = self.by_connection.ids().into_iter().filter(|id| self.held_for(*id) > 0);
        assert_eq!(self.held.len(), holding.count(), "nothing is held for those who have gone");
        for (id, account) in self.table.iter() {
            let is_exempt = id == self.exempt.0 as usize;
            let listed = (account.listed.connections.len(), account.listed.sessions.len());
            let counted = if is_exempt { (0, 0) } else { (account.connections, account.sessions) };
            assert_eq!(listed, counted, "the account knows its connections and sessions");
            // A session without a connection is checked against the limit when it begins; other
            // sessions are checked through their connections.
            let sessions_max = self.limits.sessions_max.saturating_add(account.connections);
            assert!(is_exempt || account.sessions <= sessions_max);
            assert!(is_exempt || account.unjoined <= self.limits.unjoined_max);
        }
    }

    /// Panics unless everybody has gone.
    pub fn check_empty(&self) {
        let is_idle = |account: &Account| account.is_idle() && account.held_bytes == 0;
        assert!(self.table.iter().all(|(_, account)| is_idle(account)), "no account is in use");
    }
}
