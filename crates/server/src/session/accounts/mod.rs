//! An account for each address: its current use of the server, and its remaining share of each
//! limit.
//!
//! All clients of one address share its limits: a client with many connections gets no more of the
//! server than a client with few.

mod checks;
mod ledger;
mod limits;
mod logged;
mod rate;
mod spending;

pub use limits::{AddressLimits, OwnLimit, Share, TooMuch};
pub use rate::{Bucket, Rate};

use crate::base::{AccountId, Address, Attached, ConnectionId, PeerAddress, SessionId, kind};
use crate::limits::{ACCOUNT_IDLE_MS, ACCOUNTS_MAX};
use ledger::{Counted, Held};
use logged::Unlogged;
use slab::Slab;
use std::collections::{HashMap, VecDeque};

/// One address.
#[derive(Debug)]
struct Account {
    /// `None` for exempt clients, against whom nothing is counted.
    address: Option<Address>,
    connections: usize,
    sessions: usize,
    /// Its connections and sessions. Not filled for exempt clients, who may be many.
    listed: Listed,
    unjoined: usize,
    held_bytes: usize,
    /// The time since which it has had neither connections nor sessions.
    idle_ms: u64,
    /// Whether it stands in the queue of idle accounts.
    is_listed: bool,
    /// Its use of each rate, by the number of its [`Share`].
    shares: [Bucket; Share::ALL.len()],
    greedy_us: Bucket,
    own: Box<[Bucket]>,
    logged: Bucket,
    /// Refusals since the last one that was logged.
    unlogged: u32,
}

/// The connections and sessions of an address.
#[derive(Debug, Default)]
struct Listed {
    connections: Vec<ConnectionId>,
    sessions: Vec<SessionId>,
}

/// All addresses with clients here now or lately.
#[derive(Debug)]
pub struct Accounts {
    limits: AddressLimits,
    table: Slab<Account>,
    by_address: HashMap<Address, AccountId>,
    by_connection: Attached<kind::Connection, Counted>,
    /// The memory held for connections, where there is any.
    held: HashMap<ConnectionId, Held>,
    /// Bytes of memory that are held for all of them.
    held_bytes: usize,
    /// Accounts for which too much is held.
    fat: Vec<AccountId>,
    /// Accounts that became idle, the longest idle first; some are not idle any more.
    idle: VecDeque<(u64, AccountId)>,
    /// The one account of all exempt clients.
    exempt: AccountId,
    /// The loop's time that all addresses have taken, in microseconds.
    busy_us: Bucket,
    /// Log lines about all strangers together.
    strangers: Bucket,
    unlogged: Unlogged,
}

impl Default for Accounts {
    fn default() -> Self {
        Self::new(AddressLimits::default())
    }
}

impl Account {
    fn new(address: Option<Address>, own: usize) -> Self {
        Self {
            address,
            connections: 0,
            sessions: 0,
            listed: Listed::default(),
            unjoined: 0,
            held_bytes: 0,
            idle_ms: 0,
            is_listed: false,
            shares: [Bucket::default(); Share::ALL.len()],
            greedy_us: Bucket::default(),
            own: vec![Bucket::default(); own].into_boxed_slice(),
            logged: Bucket::default(),
            unlogged: 0,
        }
    }

    const fn is_idle(&self) -> bool {
        self.connections == 0 && self.sessions == 0
    }
}

impl Accounts {
    /// Accounts that all have these limits.
    pub fn new(limits: AddressLimits) -> Self {
        let mut table = Slab::new();
        let exempt = AccountId(table.insert(Account::new(None, limits.own.len())) as u32);
        Self {
            limits,
            table,
            by_address: HashMap::new(),
            by_connection: Attached::default(),
            held: HashMap::new(),
            held_bytes: 0,
            fat: Vec::new(),
            idle: VecDeque::new(),
            exempt,
            busy_us: Bucket::default(),
            strangers: Bucket::default(),
            unlogged: Unlogged::default(),
        }
    }

    /// Changes the rates of one address to those of `limits`.
    pub fn set_rates(&mut self, limits: &AddressLimits) {
        self.limits.set_rates(limits);
    }

    /// The limits of one address.
    pub const fn limits(&self) -> &AddressLimits {
        &self.limits
    }

    /// The account of exempt clients, against whom nothing is counted.
    pub const fn exempt(&self) -> AccountId {
        self.exempt
    }

    /// Whether an account is exempt: nothing is counted against it.
    pub fn is_exempt(&self, id: AccountId) -> bool {
        id == self.exempt
    }

    /// The account of clients at `address`.
    pub fn of(&mut self, address: PeerAddress, now_ms: u64) -> AccountId {
        let address = Address::of(address);
        if let Some(id) = self.by_address.get(&address) {
            return *id;
        }
        self.forget_idle(now_ms);
        let id = self.table.insert(Account::new(Some(address), self.limits.own.len()));
        let id = AccountId(id as u32);
        self.by_address.insert(address, id);
        // It may never be used.
        self.idled(id, now_ms);
        id
    }

    /// Forgets accounts that have been idle for long, and the longest idle if there are too many.
    fn forget_idle(&mut self, now_ms: u64) {
        while let Some((since_ms, id)) = self.idle.front().copied() {
            let is_old = now_ms >= since_ms + ACCOUNT_IDLE_MS;
            if !is_old && self.table.len() < ACCOUNTS_MAX {
                return;
            }
            self.idle.pop_front();
            let Some(account) = self.table.get_mut(id.0 as usize) else { continue };
            account.is_listed = false;
            if !account.is_idle() {
                continue;
            }
            // An account that has been used since then comes later in the queue.
            if account.idle_ms > since_ms {
                self.list_idle(id);
            } else if let Some(address) = account.address {
                self.by_address.remove(&address);
                self.table.remove(id.0 as usize);
            }
        }
    }

    fn idled(&mut self, id: AccountId, now_ms: u64) {
        let Some(account) = self.table.get_mut(id.0 as usize) else { return };
        if account.is_idle() && account.address.is_some() {
            account.idle_ms = now_ms;
            self.list_idle(id);
        }
    }

    /// Puts an account into the queue of idle accounts, once.
    fn list_idle(&mut self, id: AccountId) {
        let Some(account) = self.table.get_mut(id.0 as usize) else { return };
        if !std::mem::replace(&mut account.is_listed, true) {
            self.idle.push_back((account.idle_ms, id));
        }
    }

    /// Whether one more connection may come.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn admit(&mut self, id: AccountId, now_ms: u64) -> Result<(), TooMuch> {
        let exempt = self.exempt;
        let Some(account) = self.table.get_mut(id.0 as usize).filter(|_| id != exempt) else {
            return Ok(());
        };
        if account.connections >= self.limits.connections_max {
            return Err(TooMuch::Connections);
        }
        self.arrive(id, now_ms)
    }

    /// Whether one more connection may come now, regardless of the number at a time.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn arrive(&mut self, id: AccountId, now_ms: u64) -> Result<(), TooMuch> {
        self.take(id, now_ms, Share::Arrivals)
    }

    /// Whether one more session of Engine.IO may begin.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn admit_session(&mut self, id: AccountId, now_ms: u64) -> Result<(), TooMuch> {
        let exempt = self.exempt;
        let Some(account) = self.table.get_mut(id.0 as usize).filter(|_| id != exempt) else {
            return Ok(());
        };
        if account.sessions >= self.limits.sessions_max {
            return Err(TooMuch::Sessions);
        }
        if account.unjoined >= self.limits.unjoined_max {
            return Err(TooMuch::Unjoined);
        }
        self.take(id, now_ms, Share::Handshakes)
    }

    /// Notes that a connection belongs to an account. True if it did not belong to it before.
    pub fn attach(&mut self, connection: ConnectionId, id: AccountId, now_ms: u64) -> bool {
        if self.by_connection.get(connection).is_some_and(|counted| counted.account() == id) {
            return false;
        }
        let held = self.held_of(connection);
        self.detach(connection, now_ms);
        self.by_connection.insert(connection, Counted::new(id, false));
        self.hold_for(connection, |now| *now = held);
        if let Some(account) = self.table.get_mut(id.0 as usize) {
            account.connections += 1;
            account.listed.connections.extend(Some(connection).filter(|_| id != self.exempt));
        }
        true
    }

    /// Notes that a connection has gone, and with it its memory.
    pub fn detach(&mut self, connection: ConnectionId, now_ms: u64) {
        self.hold_for(connection, |held| *held = Held::default());
        let Some(counted) = self.by_connection.remove(connection) else { return };
        let id = counted.account();
        if let Some(account) = self.table.get_mut(id.0 as usize) {
            account.connections -= 1;
            account.listed.connections.retain(|other| *other != connection);
            self.idled(id, now_ms);
        }
    }

    /// The connections of an account; empty if the account is exempt.
    pub fn connections(&self, id: AccountId) -> &[ConnectionId] {
        self.table.get(id.0 as usize).map_or(&[], |account| &account.listed.connections)
    }

    /// The sessions of an account; empty if the account is exempt.
    pub fn sessions(&self, id: AccountId) -> &[SessionId] {
        self.table.get(id.0 as usize).map_or(&[], |account| &account.listed.sessions)
    }

    /// The account of a connection.
    pub fn of_connection(&self, connection: ConnectionId) -> AccountId {
        self.by_connection.get(connection).map_or(self.exempt, |counted| counted.account())
    }

    /// Whether an account exceeds its number of connections, because one came with requests of
    /// other clients.
    pub fn has_too_many_connections(&self, id: AccountId) -> bool {
        let account = self.table.get(id.0 as usize).filter(|_| id != self.exempt);
        account.is_some_and(|account| account.connections > self.limits.connections_max)
    }

    /// Notes a session that begins; `is_joined` unless it must join a namespace first.
    pub fn add_session(&mut self, id: AccountId, session: SessionId, is_joined: bool) {
        let Some(account) = self.table.get_mut(id.0 as usize) else { return };
        account.sessions += 1;
        account.listed.sessions.extend(Some(session).filter(|_| id != self.exempt));
        account.unjoined += usize::from(!is_joined);
    }

    /// Notes that a session has joined its first namespace.
    pub fn joined(&mut self, id: AccountId) {
        if let Some(account) = self.table.get_mut(id.0 as usize) {
            account.unjoined -= 1;
        }
    }

    /// Notes that a session has ended.
    pub fn remove_session(
        &mut self,
        id: AccountId,
        session: SessionId,
        is_joined: bool,
        now_ms: u64,
    ) {
        let Some(account) = self.table.get_mut(id.0 as usize) else { return };
        account.sessions -= 1;
        account.listed.sessions.retain(|other| *other != session);
        account.unjoined -= usize::from(!is_joined);
        self.idled(id, now_ms);
    }

    /// Number of known addresses.
    pub fn len(&self) -> usize {
        self.by_address.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }
}

#[cfg(test)]
mod tests;
