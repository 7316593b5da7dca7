//! Engine.IO sessions: one client's packets, over all connections that carry them (Engine.IO
//! protocol 3 and 4).
//!
//! A session begins by polling or on a WebSocket, and a polling session may be upgraded. Its output
//! is queued as WebSocket frames in both cases, so an upgrade hands the queue over unchanged, and
//! only a poll's answer is converted.

mod farewell;
mod frames;
mod heartbeat;
mod payload;
mod polling;
mod reply;
mod settings;
mod upgrade;

pub use farewell::{Farewell, Farewells};
pub use frames::Frames;
pub use heartbeat::{Beat, Heartbeat};
pub use polling::{Posted, posted};
pub use reply::{Reply, Wire};
pub use settings::EngineSettings;

use super::{Assembly, Pace, Sid};
use crate::base::{ConnectionId, Destination, Dialect, NEVER_MS, Route, SessionId, SocketId};
use crate::limits::{POLL_AGAIN_MS, POLL_QUEUE_TO_MAX, QUEUE_BYTES_READ_PAUSE};
use mio_wire::eio::{self, Outgoing, Version};
use mio_wire::ws::{self, Opcode, Window};
use payload::Form;
use std::num::NonZeroU8;
use upgrade::Probe;

/// Milliseconds of a second.
const MS_PER_S: u64 = 1_000;

/// The carrier of a session's packets.
#[derive(Debug)]
enum Carrier {
    /// Requests, one at a time in each direction; perhaps a WebSocket that is about to take over.
    Polling {
        poll: Option<Box<Reply>>,
        probe: Option<Box<Probe>>,
        /// When the client polled last, in seconds of the loop's clock.
        polled_s: u32,
    },
    /// A WebSocket.
    WebSocket(ConnectionId),
}

/// How a session ends for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client has said goodbye.
    ByClient,
    /// The application ended it: the client leaves its namespaces and is told so, even if it is not
    /// polling just now.
    ByServer,
    /// The application failed: the client is told only that the session is over, and may come back.
    Failed,
    /// The client has gone, or broke the protocol.
    Fault,
    /// The server itself is ending.
    Shutdown,
}

/// One Engine.IO session.
#[derive(Debug)]
pub struct Engine {
    /// Its id. A client that knows it speaks for this session.
    pub sid: Sid,
    /// The protocol's version, which does not change.
    pub version: Version,
    /// The limit on how fast it may send.
    pub pace: Pace,
    /// The seats it has, one in each namespace that it has joined.
    pub sockets: Vec<SocketId>,
    /// A packet whose attachments are still coming.
    pub assembly: Option<Box<Assembly>>,
    /// A request whose packets are still being handled, or whose body is still coming.
    pub posted: Option<Box<Posted>>,
    /// The receiver of its messages: Socket.IO, or an endpoint.
    pub target: Destination,
    /// The query of its first request, without the protocol's own parameters.
    pub query: Option<Box<str>>,
    /// Whether it has been sent its first packet.
    pub is_opened: bool,
    /// The deadline that is set for its heartbeat.
    pub beats_at_ms: u64,
    heartbeat: Heartbeat,
    /// When the client must have joined a namespace; `NEVER_MS` once it has.
    connect_due_ms: u64,
    carrier: Carrier,
    /// Whether the client takes no binary messages.
    base64: bool,
    /// Whether its packets of Socket.IO are in MessagePack.
    is_packed: bool,
    /// The client's window, if messages on its WebSocket may be compressed.
    window: Option<Window>,
    /// Frames that no connection can take at the moment.
    queue: Frames,
}

impl Engine {
    /// A session that polls, or is carried by `websocket`.
    pub fn new(
        settings: &EngineSettings,
        sid: Sid,
        target: Destination,
        version: Version,
        base64: bool,
        websocket: Option<ConnectionId>,
        now_ms: u64,
    ) -> Self {
        let carrier = match websocket {
            Some(connection) => Carrier::WebSocket(connection),
            None => Carrier::Polling { poll: None, probe: None, polled_s: seconds(now_ms) },
        };
        Self {
            sid,
            version,
            pace: Pace::new(settings.rate_per_s),
            sockets: Vec::new(),
            assembly: None,
            posted: None,
            target,
            query: None,
            is_opened: false,
            beats_at_ms: NEVER_MS,
            heartbeat: Heartbeat::new(version, settings, now_ms),
            connect_due_ms: now_ms + settings.connect_ms,
            carrier,
            base64,
            is_packed: settings.message_pack && target == Destination::SocketIo,
            window: None,
            queue: Frames::default(),
        }
    }

    /// The first packet of the session.
    pub fn open_packet(&self, settings: &EngineSettings) -> Vec<u8> {
        let mut packet = Vec::new();
        let upgrade = self.websocket().is_none() && settings.websocket;
        let (interval_ms, timeout_ms) = (settings.ping_interval_ms, settings.ping_timeout_ms);
        let payload_bytes_max = settings.payload_bytes_max;
        let sid = self.sid.as_str();
        eio::open_packet(&mut packet, sid, upgrade, interval_ms, timeout_ms, payload_bytes_max);
        packet
    }

    /// The dialect of its packets.
    pub const fn dialect(&self) -> Dialect {
        match self.version {
            Version::V3 => Dialect::Engine3,
            Version::V4 if self.is_packed => Dialect::Engine4Packed,
            Version::V4 => Dialect::Engine4,
        }
    }

    /// The dialect of its packets if it may come back.
    pub const fn dialect_with_offsets(&self) -> Dialect {
        match self.dialect() {
            Dialect::Engine4Packed => Dialect::Engine4PackedOffsets,
            _ => Dialect::Engine4Offsets,
        }
    }

    /// Whether its packets of Socket.IO are in MessagePack.
    pub const fn is_packed(&self) -> bool {
        matches!(self.dialect(), Dialect::Engine4Packed)
    }

    /// The route of packets for its sockets; `id` is its own.
    pub const fn route(&self, id: SessionId) -> Route {
        match &self.carrier {
            Carrier::WebSocket(connection) if !self.base64 => Route::Connection(*connection),
            Carrier::WebSocket(_) | Carrier::Polling { .. } => Route::Session(id),
        }
    }

    /// Notes that messages on the WebSocket that carries it may be compressed.
    pub const fn set_window(&mut self, window: Option<Window>) {
        self.window = window;
    }

    /// The bits of the client's window, if output for its sockets may be compressed. Queued output
    /// never is: a poll may fetch it.
    pub fn window(&self) -> Option<NonZeroU8> {
        match &self.carrier {
            Carrier::WebSocket(_) if !self.base64 => self.window.map(Window::bits),
            Carrier::WebSocket(_) | Carrier::Polling { .. } => None,
        }
    }

    /// The WebSocket that carries it, if there is one.
    pub const fn websocket(&self) -> Option<ConnectionId> {
        match &self.carrier {
            Carrier::WebSocket(connection) => Some(*connection),
            Carrier::Polling { .. } => None,
        }
    }

    /// Its queue, to add to.
    pub const fn queue(&mut self) -> &mut Frames {
        &mut self.queue
    }

    /// Bytes in its queue.
    pub const fn queued(&self) -> usize {
        self.queue.queued()
    }

    /// Whether a poll waits; the output of this turn answers it.
    pub const fn is_polled(&self) -> bool {
        matches!(&self.carrier, Carrier::Polling { poll: Some(_), .. })
    }

    /// Whether so much waits to be polled that the client's posts are not handled further. Never
    /// while a WebSocket is about to take over: then the client has stopped polling, and goes on
    /// when its posts are answered.
    pub fn is_full(&self) -> bool {
        matches!(self.carrier, Carrier::Polling { probe: None, .. })
            && self.queue.queued() > QUEUE_BYTES_READ_PAUSE
    }

    /// Whether more output waits for the client than is allowed. A client that polls may have more
    /// waiting, up to [`POLL_QUEUE_TO_MAX`] lengths of a queue, as long as it keeps polling.
    pub fn is_slow(&self, now_ms: u64, queue_bytes_max: usize) -> bool {
        let queued = self.queue.queued();
        let Carrier::Polling { polled_s, .. } = &self.carrier else {
            return queued > queue_bytes_max;
        };
        let again_ms = u64::from(*polled_s) * MS_PER_S + POLL_AGAIN_MS;
        let is_absent = again_ms < now_ms;
        queued > queue_bytes_max && (is_absent || queued > queue_bytes_max * POLL_QUEUE_TO_MAX)
    }

    /// Notes that the client has joined a namespace.
    pub const fn joined(&mut self) {
        self.connect_due_ms = NEVER_MS;
    }

    /// Whether the client has joined a namespace.
    pub const fn is_joined(&self) -> bool {
        self.connect_due_ms == NEVER_MS
    }

    /// Notes that the client is not read until `until_ms`: the rest of a packet may arrive in that
    /// time.
    pub fn wait_until(&mut self, until_ms: u64) {
        if let Some(assembly) = &mut self.assembly {
            assembly.excuse(until_ms);
        }
    }

    /// Notes that the client is read again. Input that it sent in the meantime, such as an answer
    /// to a heartbeat, counts as in time.
    pub fn excuse(&mut self, settings: &EngineSettings, now_ms: u64) {
        self.heartbeat.excuse(settings, now_ms);
    }

    /// Whether the time for joining a first namespace is over.
    pub const fn is_overdue(&self, now_ms: u64) -> bool {
        self.connect_due_ms <= now_ms
    }

    /// Whether the time for the rest of a packet is over.
    pub fn is_assembly_overdue(&self, now_ms: u64) -> bool {
        self.assembly.as_ref().is_some_and(|assembly| assembly.due_ms() <= now_ms)
    }

    /// Bytes of memory that it holds alone, without shared ones.
    pub fn held_bytes(&self) -> usize {
        let assembly = self.assembly.as_ref().map_or(0, |assembly| assembly.held_bytes());
        let posted = self.posted.as_ref().map_or(0, |posted| posted.body.capacity());
        assembly + posted + self.queue.own_bytes()
    }

    /// Notes a packet from the client, which shows that it is alive.
    pub const fn heard(&mut self, settings: &EngineSettings, now_ms: u64) {
        self.heartbeat.heard(settings, now_ms);
    }

    /// Notes the answer to a heartbeat.
    pub const fn ponged(&mut self, settings: &EngineSettings, now_ms: u64) {
        self.heartbeat.ponged(settings, now_ms);
    }

    /// The result of a heartbeat's deadline; `waits` if the client is not read at the moment.
    pub const fn beat(&mut self, settings: &EngineSettings, now_ms: u64, waits: bool) -> Beat {
        self.heartbeat.beat(settings, now_ms, waits)
    }

    /// The time of its next deadline.
    pub fn due_ms(&self) -> u64 {
        let probe_ms = match &self.carrier {
            Carrier::Polling { probe: Some(probe), .. } => Some(probe.due_ms),
            Carrier::Polling { .. } | Carrier::WebSocket(_) => None,
        };
        let assembly_ms = self.assembly.as_ref().map(|assembly| assembly.due_ms());
        let idle_poll_ms = self.idle_poll_due_ms();
        let due = [Some(self.connect_due_ms), probe_ms, idle_poll_ms, assembly_ms];
        due.into_iter().flatten().fold(self.heartbeat.due_ms(), u64::min)
    }

    /// Passes on the output that can go: to a waiting poll, or in the form that the client can
    /// take.
    pub fn flush(&mut self, wire: &mut Wire<'_>) {
        match &mut self.carrier {
            // Other clients get it from their connection.
            Carrier::WebSocket(_) if !self.base64 => (),
            Carrier::WebSocket(connection) => {
                let connection = *connection;
                let mut frames = Vec::new();
                while let Some(batch) = self.queue.take(usize::MAX) {
                    self.write_base64(&mut frames, &batch);
                }
                wire.out.append(connection, &frames);
            }
            Carrier::Polling { .. } => self.answer_poll(wire),
        }
    }

    /// Ends the session. Its waiting requests are answered, with the output from before the end.
    pub fn end(&mut self, wire: &mut Wire<'_>, ending: Ending) -> Option<Farewell> {
        self.end_posted(wire, ending);
        if self.websocket().is_some() {
            self.flush(wire);
        }
        match &mut self.carrier {
            Carrier::WebSocket(connection) => {
                let mut frame = Vec::new();
                let code = (ending == Ending::Shutdown).then_some(ws::GOING_AWAY);
                ws::close(&mut frame, code, "");
                wire.out.append(*connection, &frame);
                None
            }
            Carrier::Polling { .. } => {
                self.end_probe(wire);
                self.end_poll(wire, ending)
            }
        }
    }

    fn write_base64(&self, out: &mut Vec<u8>, frames: &[u8]) {
        let mut rest = frames;
        let mut text = Vec::new();
        while let Some((opcode, payload)) = ws::split_frame(&mut rest) {
            match outgoing(self.version, opcode, payload) {
                Outgoing::Text(packet) => ws::frame(out, Opcode::Text, packet),
                Outgoing::Binary(bytes) => {
                    text.clear();
                    eio::base64_packet(&mut text, self.version, bytes);
                    ws::frame(out, Opcode::Text, &text);
                }
            }
        }
    }
}

/// A time in whole seconds.
fn seconds(now_ms: u64) -> u32 {
    u32::try_from(now_ms / MS_PER_S).unwrap_or(u32::MAX)
}

/// Converts a queued frame to a packet.
fn outgoing(version: Version, opcode: Opcode, payload: &[u8]) -> Outgoing<'_> {
    match (opcode, version) {
        (Opcode::Binary, Version::V4) => Outgoing::Binary(payload),
        // The first byte is the packet's type, which the other forms encode in their own way.
        (Opcode::Binary, Version::V3) => Outgoing::Binary(payload.get(1..).unwrap_or_default()),
        _ => Outgoing::Text(payload),
    }
}
