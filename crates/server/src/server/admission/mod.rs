//! How all doors let connections, sessions and bytes in.
//!
//! Each is counted to the account of an address, may take one of a number of places, and holds
//! memory. One value, an [`Admission`], has all three counts, and only this folder changes it.
//! Every door uses the same few functions, and each function does the whole of its part:
//!
//! * A connection: [`Core::admits_at`] says whether it may come, [`Core::open_connection`] lets it
//!   in. [`Core::admit_as`] and [`Core::count_to`] move it to another account once a proxy has
//!   named the client. [`Admission::close_connection`] gives its share back.
//! * A session: [`Server::admit_session`](super::Server::admit_session) says whether it may begin,
//!   [`Core::begin_session`] lets it in, and [`Core::end_session`] gives its share back.
//! * Bytes: [`Admission::touch`] and [`Admission::touch_session`] name a connection or a session
//!   that may hold more or less than before, and [`Core::weigh_touched`] counts its memory.
//! * Work: [`Core::posted`], [`Core::charge`], [`Admission::threw_away`], [`Admission::note_sent`].
//!
//! A refusal has a reason, [`NoPlace`].

mod charges;
mod memory;
mod places;
mod telling;

pub(super) use self::places::NoPlace;

use self::memory::Touched;
use self::places::{Resting, SparePlaces, Unjoined};
use super::core::Core;
use crate::base::{AccountId, ConnectionId, SessionId};
use crate::net::Turn;
use crate::session::{Accounts, AddressLimits, Peer, Share};

/// The connections, sessions and bytes that are let in, and the accounts that they count to.
pub(super) struct Admission {
    /// The use of the server by each address.
    accounts: Accounts,
    /// The account that is charged for the current work.
    actor: AccountId,
    /// The number of sockets that were sent something in this turn, by the account that caused it.
    sent: Vec<(AccountId, u64)>,
    spare_places: SparePlaces,
    /// The newcomers over TLS who get no place, and are told so.
    places_to_tell: SparePlaces,
    resting: Resting,
    unjoined: Unjoined,
    /// Connections and sessions whose memory must be counted again.
    touched: Vec<Touched>,
}

impl Admission {
    /// Nothing is let in yet. `limits` are those of each address.
    pub(super) fn new(limits: AddressLimits) -> Self {
        let accounts = Accounts::new(limits);
        Self {
            actor: accounts.exempt(),
            accounts,
            sent: Vec::new(),
            spare_places: SparePlaces::default(),
            places_to_tell: SparePlaces::default(),
            resting: Resting::default(),
            unjoined: Unjoined::default(),
            touched: Vec::new(),
        }
    }

    /// Sets the rates of each address to those of `limits`.
    pub(super) fn set_address_rates(&mut self, limits: &AddressLimits) {
        self.accounts.set_rates(limits);
    }

    /// The accounts, to read.
    pub(super) const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The account that is charged for the current work.
    pub(super) const fn actor(&self) -> AccountId {
        self.actor
    }

    /// Sets the account that causes the work from now on.
    pub(super) const fn act_as(&mut self, account: AccountId) {
        self.actor = account;
    }

    /// Charges the time of the work, named `what`, to the account that caused it (a proxy's request
    /// may have named another one during the work). No account is charged for the work that
    /// follows.
    pub(super) fn acted(&mut self, turn: &mut Turn<'_>, what: &'static str) {
        let actor = std::mem::replace(&mut self.actor, self.accounts.exempt());
        let us = turn.budget.done(what);
        self.accounts.spend_work(actor, turn.now.ms, us);
    }

    /// The time in milliseconds until which a connection is not read, because the clients of its
    /// address have caused too much work. `None` if it may be read.
    pub(super) fn waits_until_ms(&self, id: ConnectionId, now_ms: u64) -> Option<u64> {
        self.accounts.wait_until_ms(self.accounts.of_connection(id), now_ms)
    }

    /// Whether the clients of a connection's address take much of the loop's time.
    pub(super) fn is_greedy(&self, id: ConnectionId, now_ms: u64) -> bool {
        self.accounts.is_greedy(self.accounts.of_connection(id), now_ms)
    }

    /// Whether the loop waits for a connection to take its last output. It does not wait for the
    /// connections of an address that is over a limit: there may be thousands.
    pub(super) fn lingers(&self, id: ConnectionId, now_ms: u64) -> bool {
        let account = self.accounts.of_connection(id);
        self.accounts.wait_until_ms(account, now_ms).is_none()
            && !self.accounts.has_too_many_connections(account)
            && !self.accounts.is_greedy(account, now_ms)
    }

    /// A connection has gone: gives back its place, its part of its account and its memory.
    pub(super) fn close_connection(&mut self, id: ConnectionId, now_ms: u64) {
        self.spare_places.give_back(id);
        self.places_to_tell.give_back(id);
        self.accounts.detach(id, now_ms);
    }

    /// Marks a connection, so that its memory is counted again after the current work.
    pub(super) fn touch(&mut self, id: ConnectionId) {
        self.touched.push(Touched::Connection(id));
    }

    /// Marks a session, so that its memory is counted again after the current work.
    pub(super) fn touch_session(&mut self, id: SessionId) {
        self.touched.push(Touched::Session(id));
    }

    /// Notes how many bytes of memory a connection's outbox holds.
    pub(super) fn hold_outbox(&mut self, id: ConnectionId, bytes: usize) {
        self.accounts.hold_outbox(id, bytes);
    }

    /// Counts bytes of a connection that are thrown away.
    pub(super) fn threw_away(&mut self, now_ms: u64, id: ConnectionId, bytes: usize) {
        self.accounts.spend(self.accounts.of_connection(id), now_ms, Share::Bytes, bytes as u64);
    }

    /// Counts `units` of the application's limit number `own` against an account.
    pub(super) fn spend_own(&mut self, id: AccountId, now_ms: u64, own: usize, units: u64) {
        self.accounts.spend_own(id, now_ms, own, units);
    }

    /// Counts `units` of the application's limit number `own` against an account, unless it has
    /// used up its share.
    ///
    /// # Errors
    /// The time in milliseconds at which it will have some again.
    pub(super) fn take_own(
        &mut self,
        id: AccountId,
        now_ms: u64,
        own: usize,
        units: u64,
    ) -> Result<(), u64> {
        self.accounts.take_own(id, now_ms, own, units)
    }

    /// Notes that something is sent to `count` sockets.
    pub(super) fn note_sent(&mut self, count: u64) {
        let actor = self.actor;
        match self.sent.last_mut().filter(|(account, _)| *account == actor) {
            Some((_, sent)) => *sent += count,
            None => self.sent.push((actor, count)),
        }
    }

    /// Counts the time that writing took, to each account by its part of what was sent.
    pub(super) fn spent_on_writing(&mut self, now_ms: u64, us: u64) {
        let all: u64 = self.sent.iter().map(|(_, count)| count).sum();
        for (account, count) in self.sent.drain(..) {
            self.accounts.spend_work(account, now_ms, us * count / all.max(1));
        }
    }

    /// The number of refusals of an account that were not logged before this one; `None` if this
    /// one must not be logged either.
    pub(super) fn logs(&mut self, account: AccountId, now_ms: u64) -> Option<u32> {
        self.accounts.logs(account, now_ms)
    }

    /// Whether the log may take one more line about a client that has joined nothing.
    pub(super) fn logs_stranger(&mut self, now_ms: u64) -> bool {
        self.accounts.logs_stranger(now_ms)
    }

    /// The number of lines that were left out of the log, when it is time to log that number.
    pub(super) fn take_unlogged(&mut self, now_ms: u64) -> Option<u64> {
        self.accounts.take_unlogged(now_ms)
    }
}

impl<S> Core<S> {
    /// Panics unless the counts are right.
    pub(super) fn check_admission(&self) {
        let unjoined = self.sessions.iter().filter(|(_, session)| !session.is_joined()).count();
        assert_eq!(
            unjoined, self.admission.unjoined.count,
            "those who have not joined are counted"
        );
        let held = self.sessions.iter().map(|(_, session)| session.counted());
        self.admission.accounts.check_invariants(self.sessions.len(), held.sum());
        for id in self.sessions.peers.ids() {
            let held = self.sessions.peers.get(id).map_or(0, Peer::held_bytes);
            assert!(
                self.admission.accounts.held_for(id) >= held,
                "what a connection holds is counted"
            );
        }
        for (_, session) in self.sessions.iter() {
            assert_eq!(session.counted(), session.held_bytes(), "what a session holds is counted");
        }
    }
}
