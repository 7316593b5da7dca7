//! From polling to a WebSocket (Engine.IO protocol, "Upgrade").
//!
//! The client asks over the new connection whether it works (`2probe`, `3probe`), ends its polling,
//! and says that it has done so (`5`). Until then polling goes on, and a WebSocket that fails
//! changes nothing.

use super::{Carrier, Engine, Wire};
use crate::base::{CloseReason, ConnectionId};
use crate::limits::PROBE_NOOP_MS;
use mio_wire::ws::{self, Opcode, Window};

/// A WebSocket that may take over.
#[derive(Debug)]
pub(super) struct Probe {
    connection: ConnectionId,
    /// When the client was told that it works; its polls end with nothing from then on.
    noop_from_ms: Option<u64>,
    /// The time by which it must have taken over.
    pub(super) due_ms: u64,
    /// Whether the client takes no binary messages over it.
    base64: bool,
    /// The client's window, if messages over it may be compressed.
    window: Option<Window>,
}

impl Engine {
    /// Notes a WebSocket that may take over. False if another has already, or is about to.
    pub fn probe(
        &mut self,
        connection: ConnectionId,
        base64: bool,
        window: Option<Window>,
        due_ms: u64,
    ) -> bool {
        let Carrier::Polling { probe: probe @ None, .. } = &mut self.carrier else { return false };
        *probe = Some(Box::new(Probe { connection, noop_from_ms: None, due_ms, base64, window }));
        true
    }

    /// Whether `connection` is about to take over.
    pub fn is_probed_by(&self, connection: ConnectionId) -> bool {
        self.probing() == Some(connection)
    }

    /// The WebSocket that is about to take over.
    pub fn probing(&self) -> Option<ConnectionId> {
        match &self.carrier {
            Carrier::Polling { probe, .. } => probe.as_ref().map(|probe| probe.connection),
            Carrier::WebSocket(_) => None,
        }
    }

    /// The client asks whether the new connection works. Answers yes, and ends a waiting poll.
    pub fn confirm_probe(&mut self, wire: &mut Wire<'_>, now_ms: u64) {
        let Carrier::Polling { probe: Some(probe), .. } = &mut self.carrier else { return };
        probe.noop_from_ms = Some(now_ms + PROBE_NOOP_MS);
        let mut frame = Vec::new();
        ws::frame(&mut frame, Opcode::Text, b"3probe");
        wire.out.append(probe.connection, &frame);
    }

    /// Ends a waiting poll while a WebSocket is about to take over. This repeats for each further
    /// poll: the client may have polled again before it heard that the WebSocket works. There is a
    /// delay before each, or the client would poll in a tight loop until then.
    pub fn end_idle_poll(&mut self, wire: &mut Wire<'_>, now_ms: u64) {
        let Carrier::Polling { poll, probe: Some(probe), .. } = &mut self.carrier else { return };
        if probe.noop_from_ms.is_none_or(|from_ms| now_ms < from_ms) || !self.queue.is_empty() {
            return;
        }
        if let Some(reply) = poll.take() {
            probe.noop_from_ms = Some(now_ms + PROBE_NOOP_MS);
            self.form().answer(wire, *reply, &[], Some("6"));
        }
    }

    /// When a poll that waits must end for a WebSocket that is about to take over.
    pub(super) fn idle_poll_due_ms(&self) -> Option<u64> {
        match &self.carrier {
            Carrier::Polling { poll: Some(_), probe: Some(probe), .. } => probe.noop_from_ms,
            Carrier::Polling { .. } | Carrier::WebSocket(_) => None,
        }
    }

    /// Lets the WebSocket take over, with everything that is queued.
    pub fn upgrade(&mut self, wire: &mut Wire<'_>) {
        let Carrier::Polling { poll, probe, .. } = &mut self.carrier else { return };
        let Some(probe) = probe.take() else { return };
        let poll = poll.take();
        if let Some(poll) = poll {
            // The client skipped a step; its poll ends all the same.
            self.form().answer(wire, *poll, &[], Some("6"));
        }
        self.carrier = Carrier::WebSocket(probe.connection);
        (self.base64, self.window) = (probe.base64, probe.window);
        if self.base64 {
            self.flush(wire);
        } else {
            self.queue_away(wire, probe.connection);
        }
    }

    /// Forgets the WebSocket that was about to take over. It has gone, failed or taken too long.
    pub fn drop_probe(&mut self, wire: &mut Wire<'_>, reason: CloseReason) {
        let Carrier::Polling { probe, .. } = &mut self.carrier else { return };
        if let Some(probe) = probe.take() {
            let mut frame = Vec::new();
            ws::close(&mut frame, None, "");
            wire.out.append(probe.connection, &frame);
            wire.out.close(probe.connection, reason);
        }
    }

    /// Whether the time for taking over has run out.
    pub fn is_probe_overdue(&self, now_ms: u64) -> bool {
        matches!(&self.carrier,
            Carrier::Polling { probe: Some(probe), .. } if probe.due_ms <= now_ms)
    }

    pub(super) fn end_probe(&mut self, wire: &mut Wire<'_>) {
        self.drop_probe(wire, CloseReason::ServerDisconnect);
    }

    /// Hands all queued frames to a connection.
    fn queue_away(&mut self, wire: &mut Wire<'_>, connection: ConnectionId) {
        self.queue.take_all(|frames| wire.out.append(connection, frames));
    }
}
