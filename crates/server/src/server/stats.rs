//! The server's counts of itself.

use crate::base::CloseReason;
use crate::session::TooMuch;

/// A web page of another origin, which may not connect.
pub(super) const ORIGIN: &str = "origin";
/// A request for a host that is not this server's.
pub(super) const HOST: &str = "host";
/// A request, or the beginning of a connection at the line door, that cannot be read.
pub(super) const UNREADABLE: &str = "request";

/// The reasons for a refusal that are also reasons to close a connection.
const CLOSING: [CloseReason; 2] = [CloseReason::ServerFull, CloseReason::ServerShutdown];

/// Counts since the start, and numbers of the moment.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Sessions now, of every kind.
    pub sessions: u64,
    /// Sessions now, by protocol, with the names that logs use.
    pub protocols: Vec<(&'static str, u64)>,
    /// Bytes that wait for clients now, except those of sessions that poll.
    pub queued_bytes: u64,
    /// Bytes of memory that clients hold now, counted against `--max-memory`.
    pub held_bytes: u64,
    /// Connections now.
    pub connections: u64,
    /// Connections ever.
    pub connections_total: u64,
    /// Messages received: lines, plain messages and Socket.IO packets.
    pub received: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// HTTP requests.
    pub requests: u64,
    /// Handshakes of TLS that were done.
    pub handshakes: u64,
    /// Handshakes of TLS that have failed, by reason.
    pub handshakes_failed: Vec<(&'static str, u64)>,
    /// When the certificate ends, in seconds since 1970; `None` without one.
    pub certificate_ends_unix_s: Option<i64>,
    /// Runs of bytes handed to a client's queue; one may hold many messages.
    pub sent: u64,
    /// Sessions ended, by reason.
    pub ended: Vec<(CloseReason, u64)>,
    /// Refused clients and requests, by reason, with the names that logs use.
    pub refused: Vec<(&'static str, u64)>,
    /// The most clients at a time; `None` without a limit, here and in the following fields.
    pub clients_max: Option<u64>,
    /// Connections that one address may have.
    pub address_connections_max: Option<u64>,
    /// Bytes that may wait for one connection.
    pub queue_bytes_max: Option<u64>,
    /// Bytes of memory that all clients may hold.
    pub memory_max: Option<u64>,
}

/// A limit; `None` if it is the highest number there is.
pub(super) fn bound(max: usize) -> Option<u64> {
    (max < usize::MAX).then_some(max as u64)
}

impl Stats {
    /// Counts of zero for all reasons, with the application's reasons (`own`) among them.
    pub(super) fn new(own: impl Iterator<Item = &'static str>) -> Self {
        let refused = TooMuch::ALL.iter().map(|limit| limit.as_str()).chain(own);
        let refused =
            refused.chain(CLOSING.map(CloseReason::as_str)).chain([ORIGIN, HOST, UNREADABLE]);
        let refused = refused.map(|why| (why, 0)).collect();
        let ended = CloseReason::ALL.iter().map(|reason| (*reason, 0)).collect();
        Self { refused, ended, ..Self::default() }
    }

    /// Counts a refused client or request.
    pub(super) fn refuse(&mut self, why: &'static str) {
        match self.refused.iter_mut().find(|(counted, _)| *counted == why) {
            Some((_, count)) => *count += 1,
            None => self.refused.push((why, 1)),
        }
    }

    /// Counts the end of a session.
    pub(super) fn end(&mut self, reason: CloseReason) {
        match self.ended.iter_mut().find(|(counted, _)| *counted == reason) {
            Some((_, count)) => *count += 1,
            None => self.ended.push((reason, 1)),
        }
    }
}
