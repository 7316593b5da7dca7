//! Places: which newcomers get one, and which connections and sessions make room for them.

use super::Admission;
use crate::base::{AccountId, CloseReason, ConnectionId, PeerAddress, SessionId};
use crate::limits::{
    PLACES_TO_UNJOINED, REST_MS_MIN, REST_MS_MIN_WHEN_FULL, RESTING_MAX, RETRY_AFTER_S,
    SPARE_PLACES, SPARE_PLACES_OF_ADDRESS, SPARE_PLACES_OF_SHARED, UNJOINED_LOOKED_AT_MAX,
    UNJOINED_MS_MIN,
};
use crate::net::{SECURE_REFUSED_LISTENER, SECURE_SPARE_LISTENER, SPARE_LISTENER, Turn};
use crate::server::Server;
use crate::server::core::Core;
use crate::server::doors::DoorKind;
use crate::session::engine::Ending;
use crate::session::{Caller, HttpDoor, Peer, TooMuch};
use mio_wire::http::Response;
use std::collections::VecDeque;

/// Why a newcomer gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum NoPlace {
    /// All are taken.
    Full,
    /// The address is over a limit.
    Address(TooMuch),
}

impl NoPlace {
    /// The status that an HTTP request is answered with (RFC 9110 15.6.4, RFC 6585 4).
    pub(in crate::server) const fn status(self) -> u16 {
        match self {
            Self::Full => 503,
            Self::Address(_) => 429,
        }
    }

    /// The words to a newcomer at a door, who has said nothing yet. `full` is those of the line
    /// door when all places are taken.
    pub(super) fn told(self, door: DoorKind, full: &str, unix_ms: u64) -> Vec<u8> {
        match (door, self) {
            (DoorKind::Lines, Self::Full) => full.as_bytes().to_vec(),
            (DoorKind::Lines, Self::Address(too_much)) => format!("* {too_much}\n").into_bytes(),
            (DoorKind::Http(_), _) => self.answer(unix_ms),
            // Only the application could say it in that protocol.
            (DoorKind::Own(_), _) => Vec::new(),
        }
    }

    /// The answer to an HTTP client, before its request is read.
    fn answer(self, unix_ms: u64) -> Vec<u8> {
        let body = match self {
            Self::Full => "server is full\n".to_owned(),
            Self::Address(too_much) => format!("{too_much}\n"),
        };
        let (status, body) = (self.status(), body.as_bytes());
        let kind = ("Content-Type", "text/plain; charset=utf-8");
        let headers = &[kind, ("Retry-After", RETRY_AFTER_S)][..];
        let mut bytes = Vec::new();
        Response { status, headers, body, keep_alive: false, head_only: false, unix_ms }
            .write(&mut bytes);
        bytes
    }
}

/// The places that are kept for requests to a full server, of a supervisor for example. No address
/// gets all of them.
#[derive(Debug, Default)]
pub(super) struct SparePlaces {
    /// At most [`SPARE_PLACES`], with the account of each connection when it came.
    taken: Vec<(ConnectionId, AccountId)>,
}

impl SparePlaces {
    /// Whether one is left for another connection of an account. With `is_shared`, many addresses
    /// share the account.
    pub(super) fn has_one(&self, account: AccountId, is_shared: bool) -> bool {
        let own = self.taken.iter().filter(|(_, other)| *other == account).count();
        let own_max = if is_shared { SPARE_PLACES_OF_SHARED } else { SPARE_PLACES_OF_ADDRESS };
        own < own_max && self.taken.len() < SPARE_PLACES
    }

    /// Gives one to a connection.
    pub(super) fn take(&mut self, id: ConnectionId, account: AccountId) {
        self.taken.push((id, account));
    }

    /// Takes it back from a connection that has gone, if it had one.
    pub(super) fn give_back(&mut self, id: ConnectionId) {
        self.taken.retain(|(other, _)| *other != id);
    }
}

/// Connections at the HTTP door that may come to rest, roughly in the order of their last request.
#[derive(Debug)]
pub(super) struct Resting {
    line: VecDeque<ConnectionId>,
    /// The length at which the entries of closed connections are removed.
    max: usize,
}

impl Default for Resting {
    fn default() -> Self {
        Self { line: VecDeque::new(), max: RESTING_MAX }
    }
}

impl Resting {
    /// Notes a connection. Now and then the entries are removed for which `still` is false.
    fn note(&mut self, id: ConnectionId, still: impl FnMut(&ConnectionId) -> bool) {
        if self.line.len() >= self.max {
            self.line.retain(still);
            self.max = RESTING_MAX.max(2 * self.line.len());
        }
        self.line.push_back(id);
    }
}

/// Sessions of Engine.IO that have joined nothing yet, and have not ended.
#[derive(Debug, Default)]
pub(super) struct Unjoined {
    pub(super) count: usize,
    /// Their ids, the oldest first, and those of some sessions that have joined since.
    pub(super) line: VecDeque<SessionId>,
}

impl<S> Core<S> {
    /// The account of a connection from `address` that has sent nothing yet.
    pub(in crate::server) fn account_of_peer(
        &mut self,
        address: PeerAddress,
        now_ms: u64,
    ) -> AccountId {
        // A proxy carries the requests of many clients.
        match self.callers.proxies.trusts(address) {
            true => self.admission.accounts.exempt(),
            false => self.account_of(&Caller::direct(address), now_ms),
        }
    }

    /// The account of a client. Clients on this machine have no limits.
    pub(in crate::server) fn account_of(&mut self, caller: &Caller, now_ms: u64) -> AccountId {
        match caller.address.is_this_machine() && !caller.by_proxy {
            true => self.admission.accounts.exempt(),
            false => self.admission.accounts.of(caller.address, now_ms),
        }
    }

    /// Counts a connection to the account of the address that a proxy has named.
    pub(in crate::server) fn admit_as(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        account: AccountId,
    ) -> Result<(), NoPlace> {
        let before = self.admission.accounts.of_connection(id);
        self.admission.actor = account;
        if before == account {
            return Ok(());
        }
        self.admit(turn, account, false)?;
        self.admission.accounts.attach(id, account, turn.now.ms);
        Ok(())
    }

    /// Whether one more connection of an account may come.
    fn admit(
        &mut self,
        turn: &mut Turn<'_>,
        account: AccountId,
        is_full: bool,
    ) -> Result<(), NoPlace> {
        let now_ms = turn.now.ms;
        let admitted = match self.admission.accounts.admit(account, now_ms) {
            Err(TooMuch::Connections) if self.close_resting_of(turn, account) => Ok(()),
            admitted => admitted,
        };
        admitted.map_err(NoPlace::Address)?;
        if is_full && !self.close_resting(turn) {
            return Err(NoPlace::Full);
        }
        Ok(())
    }

    /// Counts a connection that has come in at a door to an account, which it returns.
    pub(in crate::server) fn open_connection(
        &mut self,
        id: ConnectionId,
        address: PeerAddress,
        door: DoorKind,
        now_ms: u64,
    ) -> AccountId {
        let account = self.account_of_peer(address, now_ms);
        let Self { admission, sessions, .. } = self;
        admission.accounts.attach(id, account, now_ms);
        match door {
            DoorKind::Lines | DoorKind::Own(_) => return account,
            DoorKind::Http(HttpDoor::Spare) => admission.spare_places.take(id, account),
            DoorKind::Http(HttpDoor::Clients | HttpDoor::Operators) => (),
        }
        let is_http = |id: &ConnectionId| matches!(sessions.peers.get(*id), Some(Peer::Http(_)));
        admission.resting.note(id, is_http);
        account
    }

    /// The time in milliseconds since which a connection rests between two requests; `None` if it
    /// does not rest.
    fn rests_since(&self, id: ConnectionId) -> Option<u64> {
        match self.sessions.peers.get(id)? {
            Peer::Http(peer) => peer.rests_since_ms(),
            _ => None,
        }
    }

    /// Closes the connection of an account that has rested for longest. False if none has rested.
    pub(super) fn close_resting_of(&self, turn: &mut Turn<'_>, account: AccountId) -> bool {
        let all = self.admission.accounts.connections(account).iter();
        let open = all.filter(|id| turn.out.closing(id.index()).is_none());
        let resting = open.filter_map(|id| Some((self.rests_since(*id)?, *id)));
        let Some((since_ms, id)) = resting.min_by_key(|(since_ms, _)| *since_ms) else {
            return false;
        };
        let is_long = turn.now.ms >= since_ms + REST_MS_MIN;
        if is_long {
            turn.out.close(id, CloseReason::Timeout);
        }
        is_long
    }

    /// Closes the connection that has rested for longest. False if none has rested.
    fn close_resting(&mut self, turn: &mut Turn<'_>) -> bool {
        // A connection that has been used since then belongs at the end of the line.
        for _ in 0..self.admission.resting.line.len() {
            let Some(id) = self.admission.resting.line.pop_front() else { return false };
            let Some(Peer::Http(peer)) = self.sessions.peers.get_mut(id) else { continue };
            if turn.out.closing(id.index()).is_some() {
                continue;
            }
            match peer.rests_since_ms() {
                Some(since_ms) if turn.now.ms >= since_ms + REST_MS_MIN_WHEN_FULL => {
                    turn.out.close(id, CloseReason::Timeout);
                    return true;
                }
                _ => self.admission.resting.line.push_back(id),
            }
        }
        false
    }

    /// Whether a newcomer at `address` may come in by a listener. Returns the listener's number, or
    /// one of the spare ones.
    ///
    /// # Errors
    /// The bytes that tell the newcomer why not.
    pub(in crate::server) fn admits_at(
        &mut self,
        turn: &mut Turn<'_>,
        listener: usize,
        address: PeerAddress,
        is_full: bool,
    ) -> Result<usize, Vec<u8>> {
        let account = self.account_of_peer(address, turn.now.ms);
        let Err(no_place) = self.admit(turn, account, is_full) else { return Ok(listener) };
        let door = self.doors.kind(listener);
        let is_shared = account == self.admission.accounts.exempt();
        let has_spare = || self.admission.spare_places.has_one(account, is_shared);
        let is_http = door == DoorKind::Http(HttpDoor::Clients);
        if no_place == NoPlace::Full && is_http && has_spare() {
            let is_secure = self.doors.is_secure(listener);
            return Ok(if is_secure { SECURE_SPARE_LISTENER } else { SPARE_LISTENER });
        }
        self.log_refusal(turn.now.ms, account, address, no_place);
        let has_words = !matches!(door, DoorKind::Own(_));
        if has_words
            && self.doors.is_secure(listener)
            && self.has_place_to_tell(account, turn.now.ms)
        {
            self.greetings.refuse_next((door, no_place));
            return Ok(SECURE_REFUSED_LISTENER);
        }
        Err(no_place.told(door, &self.listen.full, turn.now.unix_ms))
    }

    /// Refuses a request that needs a place, on a connection that has only a spare one.
    pub(in crate::server) fn refuse_place(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        caller: &Caller,
    ) {
        let account = self.admission.accounts.of_connection(id);
        self.log_refusal(turn.now.ms, account, caller.address, NoPlace::Full);
        turn.out.append(id, &NoPlace::Full.answer(turn.now.unix_ms));
        turn.out.close(id, CloseReason::ServerFull);
    }

    /// Refuses a place to a connection at the line door, after a proxy has named its client. Its
    /// later input counts against that client's address: while the address is within its limits,
    /// the loop waits until the connection has taken the refusal.
    pub(in crate::server) fn refuse_arrival(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        caller: &Caller,
        no_place: NoPlace,
        speaks_lines: bool,
    ) {
        let now_ms = turn.now.ms;
        let account = self.account_of(caller, now_ms);
        self.log_refusal(now_ms, account, caller.address, no_place);
        self.admission.accounts.attach(id, account, now_ms);
        match speaks_lines {
            true => self.tell_refusal(turn, id, (DoorKind::Lines, no_place)),
            false => turn.out.close(id, CloseReason::ServerFull),
        }
    }
}

impl<S> Server<S> {
    /// Whether one more session of Engine.IO may begin for the address of the request.
    pub(in crate::server) fn admit_session(&mut self, turn: &mut Turn<'_>) -> Result<(), NoPlace> {
        let Admission { accounts, actor, unjoined, .. } = &mut self.core.admission;
        accounts.admit_session(*actor, turn.now.ms).map_err(NoPlace::Address)?;
        let places = self.core.listen.clients_max;
        let is_crowded = unjoined.count >= (places / PLACES_TO_UNJOINED).max(1);
        let is_full = self.core.sessions.len() >= places;
        if (is_crowded || is_full) && !self.end_unjoined(turn) {
            return Err(NoPlace::Full);
        }
        Ok(())
    }

    /// Ends the oldest session that has joined nothing. False if none is old enough.
    fn end_unjoined(&mut self, turn: &mut Turn<'_>) -> bool {
        for _ in 0..UNJOINED_LOOKED_AT_MAX {
            let Some(id) = self.core.admission.unjoined.line.front().copied() else { return false };
            match self.core.sessions.get(id).filter(|session| !session.is_joined()) {
                Some(session) if turn.now.ms < session.since_ms + UNJOINED_MS_MIN => return false,
                Some(_) => {
                    self.core.admission.unjoined.line.pop_front();
                    self.leave(turn, id, CloseReason::Timeout, Ending::Fault);
                    return true;
                }
                None => {
                    self.core.admission.unjoined.line.pop_front();
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Outboxes;

    #[test]
    fn no_address_has_all_spare_places() {
        let (mut places, mut out) = (SparePlaces::default(), Outboxes::default());
        let mut ids = Vec::new();
        let [shared, one, other] = [0, 1, 2].map(AccountId);
        let mut fill = |places: &mut SparePlaces, account: AccountId| {
            let before = ids.len();
            while places.has_one(account, account == shared) {
                let id = out.open(ids.len());
                places.take(id, account);
                ids.push(id);
            }
            ids.len() - before
        };
        assert_eq!(fill(&mut places, one), SPARE_PLACES_OF_ADDRESS);
        assert_eq!(fill(&mut places, shared), SPARE_PLACES_OF_SHARED);
        assert_eq!(fill(&mut places, other), 0, "all are taken");
        places.give_back(ids[0]);
        assert!(places.has_one(one, false) && places.has_one(other, false));
        assert!(!places.has_one(shared, true));
    }
}
