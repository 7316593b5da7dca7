//! Connections that have come in by a listener that speaks TLS, until their handshake is done.

use super::Server;
use super::doors::DoorKind;
use crate::base::{CloseReason, ConnectionId, PeerAddress};
use crate::net::{Turn, Unopened};
use std::collections::HashMap;
use std::io;

/// A handshake that is not done in time.
const TIMEOUT: &str = "timeout";
/// A client that has gone in the middle of its handshake.
const LEFT: &str = "left";
/// All reasons why a handshake fails: those of [`Unopened`], and the two above.
const REASONS: [&str; 8] =
    ["plain", "incompatible", "malformed", "alert", "certificate", "other", TIMEOUT, LEFT];

/// The connections whose handshake is not done, and counts of the handshakes that succeeded or
/// failed.
#[derive(Debug)]
pub(super) struct Greetings {
    /// Where each has come from, and by which listener.
    pending: HashMap<ConnectionId, (PeerAddress, usize)>,
    /// Handshakes done.
    pub(super) done: u64,
    /// Handshakes that have failed, by reason.
    pub(super) failed: Vec<(&'static str, u64)>,
    /// When the certificate ends, in seconds since 1970.
    pub(super) certificate_ends_unix_s: Option<i64>,
}

impl Default for Greetings {
    fn default() -> Self {
        let failed = REASONS.map(|reason| (reason, 0)).to_vec();
        Self { pending: HashMap::new(), done: 0, failed, certificate_ends_unix_s: None }
    }
}

impl Greetings {
    /// The connections whose handshake is not done.
    pub(super) fn ids(&self) -> Vec<ConnectionId> {
        self.pending.keys().copied().collect()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    fn fail(&mut self, reason: &str) {
        let counted = self.failed.iter_mut().find(|(known, _)| *known == reason);
        if let Some((_, count)) = counted {
            *count += 1;
        }
    }
}

impl<S> Server<S> {
    /// A connection has come in, and does its handshake before anything else.
    pub(super) fn begin_greeting(
        &mut self,
        id: ConnectionId,
        address: PeerAddress,
        listener: usize,
    ) {
        self.core.greetings.pending.insert(id, (address, listener));
        log::debug!("connect ip={address} connection={id:?} door=tls");
    }

    /// The handshake of a connection is done: now its client comes in.
    pub(super) fn finish_greeting(&mut self, turn: &mut Turn<'_>, id: ConnectionId) {
        let Some((address, listener)) = self.core.greetings.pending.remove(&id) else { return };
        self.core.greetings.done += 1;
        // The application has been told of the end, so nobody comes in any more.
        if self.core.is_stopping {
            return turn.out.close(id, CloseReason::ServerShutdown);
        }
        self.come_in(turn, id, address, listener);
    }

    /// A client has come in by a listener.
    pub(super) fn come_in(
        &mut self,
        turn: &mut Turn<'_>,
        id: ConnectionId,
        address: PeerAddress,
        listener: usize,
    ) {
        let is_secure = self.core.doors.is_secure(listener);
        match self.core.doors.kind(listener) {
            DoorKind::Lines => self.arrive(turn, id, address),
            DoorKind::Http(door) => self.open_http(turn, id, address, door, is_secure),
        }
    }

    /// The handshake of a connection has failed.
    pub(super) fn fail_greeting(&mut self, turn: &Turn<'_>, id: ConnectionId, why: &io::Error) {
        let Some((address, _)) = self.core.greetings.pending.remove(&id) else { return };
        let why = why.get_ref().and_then(|inner| inner.downcast_ref::<Unopened>());
        let reason = why.map_or(LEFT, |why| why.word);
        self.core.greetings.fail(reason);
        if why.is_some() {
            let hint = format!("a handshake of TLS that fails: {reason}");
            self.core.log_misfit(log::Level::Debug, turn.now.ms, id, address, &hint);
        }
    }

    /// A connection has gone before its handshake was done.
    pub(super) fn end_greeting(&mut self, id: ConnectionId, reason: CloseReason) {
        if self.core.greetings.pending.remove(&id).is_some() {
            self.core.greetings.fail(if reason == CloseReason::Timeout { TIMEOUT } else { LEFT });
        }
    }
}
