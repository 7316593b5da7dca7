//! The memory that clients hold. It is counted for each connection and session, and bounded for
//! each address and in all. When it exceeds a bound, the clients that hold most are closed first.

use crate::base::{AccountId, Chunk, CloseReason, ConnectionId, SessionId};
use crate::limits::CLOSED_FOR_MEMORY_PER_TURN_MAX;
use crate::net::Turn;
use crate::server::Server;
use crate::server::core::Core;
use crate::session::engine::Ending;
use log::Level;

/// A connection or a session that may hold more or less memory than when it was counted last.
#[derive(Clone, Copy, Debug)]
pub(super) enum Touched {
    /// A connection, and the session that it is for.
    Connection(ConnectionId),
    /// A session.
    Session(SessionId),
}

impl<S> Core<S> {
    /// Counts the memory of the connections and sessions that were touched.
    pub(in crate::server) fn weigh_touched(&mut self) {
        while let Some(touched) = self.admission.touched.pop() {
            match touched {
                Touched::Connection(id) => self.weigh_connection(id),
                Touched::Session(id) => self.weigh_session(id),
            }
        }
    }

    fn weigh_connection(&mut self, id: ConnectionId) {
        let Some(peer) = self.sessions.peers.get(id) else { return };
        let (bytes, session) = (peer.held_bytes(), peer.session());
        self.admission.accounts.hold_input(id, bytes);
        if let Some(session) = session {
            self.weigh_session(session);
        }
    }

    pub(in crate::server) fn weigh_session(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let bytes = session.held_bytes();
        if bytes != session.counted() {
            let (before, now) = session.count(bytes);
            self.admission.accounts.hold(session.account, before, now);
        }
    }

    /// Bytes of memory that clients hold: input, queued output, the chunks that queues share, and
    /// farewells.
    pub(in crate::server) fn held_bytes(&self) -> usize {
        self.admission.accounts.held_bytes()
            + Chunk::live_bytes()
            + self.sessions.farewells.held_bytes()
    }

    /// The bytes that a connection holds, also in its handshake, with those of its session.
    fn weight_of_connection(&self, turn: &Turn<'_>, id: ConnectionId) -> Option<(usize, Touched)> {
        let peer = self.sessions.peers.get(id);
        if peer.is_none() && self.greetings.address(id).is_none() {
            return None;
        }
        let session = peer.and_then(|peer| peer.session()).and_then(|id| self.sessions.get(id));
        let own = self.admission.accounts.held_for(id) + turn.out.queued(id.index());
        let bytes = own + session.map_or(0, |session| session.counted());
        Some((bytes, Touched::Connection(id)))
    }

    /// The bytes that a session without a connection holds. A polling session may have none at the
    /// moment.
    fn weight_of_session(&self, id: SessionId) -> Option<(usize, Touched)> {
        let session = self.sessions.get(id).filter(|session| session.connection().is_none())?;
        Some((session.counted() + session.queued(), Touched::Session(id)))
    }

    /// The connection or session of an account that holds most. Only this account's are compared,
    /// because the question may come up again soon.
    fn fattest_of(&self, turn: &Turn<'_>, account: AccountId) -> Option<(usize, Touched)> {
        let connections = self.admission.accounts.connections(account).iter();
        let connections = connections.filter_map(|id| self.weight_of_connection(turn, *id));
        let sessions = self.admission.accounts.sessions(account).iter();
        let sessions = sessions.filter_map(|id| self.weight_of_session(*id));
        connections.chain(sessions).max_by_key(|(bytes, _)| *bytes)
    }

    /// All connections and sessions, with the bytes that each holds.
    fn weights(&self, turn: &Turn<'_>) -> Vec<(usize, Touched)> {
        let connections = self.sessions.peers.ids().into_iter().chain(self.greetings.ids());
        let connections = connections.filter_map(|id| self.weight_of_connection(turn, id));
        let sessions = self.sessions.iter().filter_map(|(id, _)| self.weight_of_session(id));
        connections.chain(sessions).collect()
    }
}

impl<S> Server<S> {
    /// Closes the clients that hold most, if the clients of an address, or all clients together,
    /// hold too much.
    pub(in crate::server) fn keep_within_memory(&mut self, turn: &mut Turn<'_>) {
        while let Some(account) = self.core.admission.accounts.pop_fat() {
            if let Some((bytes, fattest)) = self.core.fattest_of(turn, account) {
                self.end_for_memory(turn, fattest, bytes);
            }
        }
        if self.core.held_bytes() > self.core.listen.memory_max {
            // Farewells are for clients that have gone: they go first.
            self.core.sessions.farewells.forget();
        }
        let held_bytes = self.core.held_bytes();
        let Some(mut excess) = held_bytes.checked_sub(self.core.listen.memory_max) else { return };
        let mut weights = self.core.weights(turn);
        weights.sort_unstable_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        for (bytes, fat) in weights.into_iter().take(CLOSED_FOR_MEMORY_PER_TURN_MAX) {
            self.end_for_memory(turn, fat, bytes);
            excess = excess.saturating_sub(bytes);
            if excess == 0 {
                break;
            }
        }
    }

    fn end_for_memory(&mut self, turn: &mut Turn<'_>, fat: Touched, bytes: usize) {
        let (session, connection) = match fat {
            Touched::Session(id) => (Some(id), None),
            Touched::Connection(id) => {
                let peer = self.core.sessions.peers.get(id);
                (peer.and_then(|peer| peer.session()), Some(id))
            }
        };
        let whose = session.and_then(|id| self.core.sessions.get(id));
        let in_handshake = || connection.and_then(|id| self.core.greetings.address(id));
        let address = whose.map(|session| session.address).or_else(in_handshake);
        let owner = connection.map(|id| self.core.admission.accounts.of_connection(id));
        let owner = owner.or(whose.map(|session| session.account));
        let account = owner.unwrap_or(self.core.admission.accounts.exempt());
        let address = address.map_or_else(String::new, |address| address.to_string());
        let line =
            format_args!("closing ip={address} reason=memory bytes={bytes} flag=--max-memory");
        self.core.log_about(Level::Warn, turn.now.ms, account, line);
        if let Some(id) = connection {
            turn.out.abandon(id, CloseReason::Memory);
        }
        if let Some(id) = session {
            self.leave(turn, id, CloseReason::Memory, Ending::Fault);
        }
    }
}
