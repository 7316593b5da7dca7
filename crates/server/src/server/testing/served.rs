//! The server as the loop sees it. It notes why connections end.

use crate::base::{CloseReason, ConnectionId, Now, PeerAddress};
use crate::net::{Bounds, Service, Turn};
use crate::server::Server;
use std::collections::HashMap;
use std::io;

pub(super) struct Served<S> {
    pub(super) server: Server<S>,
    /// The reason for the end of each connection that has gone.
    pub(super) reasons: HashMap<ConnectionId, CloseReason>,
}

impl<S> Service for Served<S> {
    fn bounds(&self) -> Bounds {
        self.server.bounds()
    }

    fn admits(
        &mut self,
        turn: &mut Turn<'_>,
        listener: usize,
        address: PeerAddress,
        is_full: bool,
    ) -> Result<usize, Vec<u8>> {
        self.server.admits(turn, listener, address, is_full)
    }

    fn opened(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        listener: usize,
        address: PeerAddress,
    ) {
        self.server.opened(turn, id, listener, address);
    }

    fn connecting(&mut self, turn: &mut Turn<'_>, remote: usize, begun: io::Result<ConnectionId>) {
        self.server.connecting(turn, remote, begun);
    }

    fn connected(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        self.server.connected(turn, id);
    }

    fn received(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: &mut [u8]) {
        self.server.received(turn, id, bytes);
    }

    fn discards(&mut self, turn: &mut Turn<'_>, id: ConnectionId, bytes: usize) -> bool {
        self.server.discards(turn, id, bytes)
    }

    fn drained(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        self.server.drained(turn, id);
    }

    fn ended(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        self.server.ended(turn, id);
    }

    fn closed(&mut self, turn: &mut Turn<'_>, id: ConnectionId, reason: CloseReason) {
        self.reasons.insert(id, reason);
        self.server.closed(turn, id, reason);
    }

    fn is_greedy(&self, now: Now, id: ConnectionId) -> bool {
        self.server.is_greedy(now, id)
    }

    fn lingers(&self, now: Now, id: ConnectionId) -> bool {
        self.server.lingers(now, id)
    }

    fn is_full(&self) -> bool {
        self.server.is_full()
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        self.server.next_deadline_ms()
    }

    fn woke(&mut self, turn: &mut Turn<'_>) {
        self.server.woke(turn);
    }

    fn settle(&mut self, turn: &mut Turn<'_>) {
        self.server.settle(turn);
    }

    fn weighed(&mut self, id: ConnectionId, outbox_bytes: usize) {
        self.server.weighed(id, outbox_bytes);
    }

    fn turned(&mut self, turn: &Turn<'_>) {
        self.server.turned(turn);
    }

    fn starting(&mut self, turn: &mut Turn<'_>) {
        self.server.starting(turn);
    }

    fn called(&mut self, turn: &mut Turn<'_>) {
        self.server.called(turn);
    }

    fn wants_to_stop(&self) -> bool {
        self.server.wants_to_stop() || self.server.core.calls.bell.is_stopped()
    }

    fn hung_up(&mut self, turn: &mut Turn<'_>) {
        self.server.hung_up(turn);
    }

    fn stopping(&mut self, turn: &mut Turn<'_>) {
        self.server.stopping(turn);
    }

    fn awaits(&self, listener: usize) -> bool {
        self.server.awaits(listener)
    }
}
