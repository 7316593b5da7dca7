//! Newcomers over TLS who get no place: a few of them do their handshake to be told so.

use super::{Admission, NoPlace};
use crate::base::{AccountId, CloseReason, ConnectionId};
use crate::net::Turn;
use crate::server::core::Core;
use crate::server::doors::DoorKind;
use crate::session::Caller;

impl<S> Core<S> {
    /// Whether a client of an account that gets no place is told so over TLS, which takes a
    /// handshake: if few others are, and its address takes little of the loop's time.
    pub(super) fn has_place_to_tell(&self, account: AccountId, now_ms: u64) -> bool {
        let Admission { accounts, places_to_tell, .. } = &self.admission;
        let is_shared = account == accounts.exempt();
        places_to_tell.has_one(account, is_shared) && !accounts.is_greedy(account, now_ms)
    }

    /// Counts a connection whose client is told over TLS that it gets no place.
    pub(in crate::server) fn take_place_to_tell(&mut self, id: ConnectionId) {
        let account = self.admission.accounts.of_connection(id);
        self.admission.places_to_tell.take(id, account);
    }

    /// Tells the client of a connection whose handshake is done that it gets no place.
    pub(in crate::server) fn tell_refusal(
        &self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        (door, no_place): (DoorKind, NoPlace),
    ) {
        turn.out.append(id, &no_place.told(door, &self.listen.full, turn.now.unix_ms));
        turn.out.close(id, CloseReason::ServerFull);
    }

    /// Refuses a place to a connection in its handshake, after a proxy has named its client.
    pub(in crate::server) fn refuse_greeting(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        caller: &Caller,
        account: AccountId,
        no_place: NoPlace,
    ) {
        let now_ms = turn.now.ms;
        self.log_refusal(now_ms, account, caller.address, no_place);
        if !self.has_place_to_tell(account, now_ms) {
            return turn.out.close(id, CloseReason::ServerFull);
        }
        self.admission.accounts.attach(id, account, now_ms);
        self.take_place_to_tell(id);
        self.greetings.refuse(id, no_place, self.doors);
    }
}
