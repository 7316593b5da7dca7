//! Connections at the line door whose first bytes may be a proxy's.

use super::Server;
use crate::base::{CloseReason, ConnectionId, NEVER_MS};
use crate::limits::READ_CHUNK_BYTES;
use crate::net::Turn;
use crate::session::engine::Ending;
use crate::session::{Arrival, Arrived, Client, Peer};
use std::net::IpAddr;

impl<S> Server<S> {
    /// A client has come in at the line door. Where it may be a proxy that is believed, its session
    /// begins when the first bytes have said whose it is, or when there are none for a moment. (Not
    /// where nobody is greeted or announced: what others say meanwhile would be lost on it.)
    pub(super) fn arrive(&mut self, turn: &mut Turn<'_>, id: ConnectionId, ip: IpAddr) {
        let is_believed = self.core.callers.proxies.trusts(ip);
        let idle_flush_ms = self.core.door.idle_flush_ms;
        let arrival = Arrival::new(ip, is_believed, idle_flush_ms, turn.now.ms);
        self.core.sessions.peers.insert(id, Peer::Arriving(Box::new(arrival)));
        if !is_believed || self.core.door.raw {
            self.open_lines(turn, id, Client::direct(ip));
        }
        self.core.wake_connection(id);
    }

    /// The first bytes have come, or more of them.
    pub(super) fn pump_arrival(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &[u8]) {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get_mut(id) else { return };
        let arrived = arrival.receive(bytes, turn.now.ms);
        self.arrived(turn, id, arrived);
    }

    /// No more bytes come, or they are no longer waited for.
    pub(super) fn finish_arrival(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get_mut(id) else { return };
        let arrived = arrival.finish();
        self.arrived(turn, id, arrived);
    }

    /// The patience with a connection's first bytes may be over.
    pub(super) fn wake_arrival(&mut self, turn: &mut Turn<'_>, id: ConnectionId, at_ms: u64) {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get_mut(id) else { return };
        if arrival.wakes_at_ms != at_ms {
            return;
        }
        arrival.wakes_at_ms = NEVER_MS;
        match arrival.due_ms() {
            Some(due_ms) if due_ms <= turn.now.ms => self.finish_arrival(turn, id),
            _ => self.core.wake_connection(id),
        }
    }

    /// A connection whose first bytes have not come is gone, or about to be.
    pub(super) fn end_arrival(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        reason: CloseReason,
        ending: Ending,
    ) {
        if let Some(session) = self.core.sessions.carried_by(id) {
            self.leave(turn, session, reason, ending);
        }
    }

    fn arrived(&mut self, turn: &mut Turn<'_>, id: ConnectionId, arrived: Arrived) {
        let Some(Peer::Arriving(arrival)) = self.core.sessions.peers.get(id) else { return };
        let (ip, session) = (arrival.ip, arrival.session);
        match (arrived, session) {
            (Arrived::Unknown, _) => self.core.wake_connection(id),
            (Arrived::Silent, None) => self.open_lines(turn, id, Client::direct(ip)),
            (Arrived::Silent, Some(_)) => (),
            (Arrived::Lines(client, mut input), session) => {
                if client.ignored {
                    self.core.callers.hint(ip, turn.now.ms);
                }
                match session {
                    // The header has come late: only the address can still be had from it.
                    Some(session) => {
                        self.core.sessions.peers.insert(id, Peer::Line(session));
                        if let Some(session) = self.core.sessions.get_mut(session) {
                            session.ip = client.ip;
                        }
                    }
                    None => self.open_lines(turn, id, client),
                }
                let Some(session) = self.core.sessions.carried_by(id) else { return };
                self.core.sessions.peers.insert(id, Peer::Line(session));
                for chunk in input.chunks_mut(READ_CHUNK_BYTES) {
                    self.pump_lines(turn, session, chunk, false);
                }
            }
            (Arrived::Malformed, session) => {
                log::warn!("refused ip={ip} hint=\"a PROXY header that cannot be read\"");
                if let Some(session) = session {
                    self.leave(turn, session, CloseReason::ProtocolError, Ending::ByServer);
                }
                turn.out.close(id, CloseReason::ProtocolError);
            }
        }
    }
}
