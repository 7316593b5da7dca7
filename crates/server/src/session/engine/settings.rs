//! The settings of Engine.IO.

use crate::base::setters;
use crate::limits::{
    CONNECT_MS, ENGINE_PAYLOAD_BYTES_MAX, ENGINE_PING_INTERVAL_MS, ENGINE_PING_TIMEOUT_MS,
    UPGRADE_MS,
};

/// The settings that all Engine.IO sessions of a server share.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineSettings {
    /// The path at which Engine.IO's requests begin.
    pub path: String,
    /// Milliseconds between heartbeats, also of plain WebSockets.
    pub ping_interval_ms: u64,
    /// Milliseconds after which an unanswered heartbeat ends a session.
    pub ping_timeout_ms: u64,
    /// Largest body, WebSocket message and Socket.IO packet in bytes. A relayed message must also
    /// fit into a queue: see `Listen::queue_bytes_max`.
    pub payload_bytes_max: usize,
    /// Whether clients may come by polling; the default.
    pub polling: bool,
    /// Whether clients may come by WebSocket, at once or after polling; the default.
    pub websocket: bool,
    /// Whether clients of Engine.IO 3, those of Socket.IO 2, are served; the default. (Socket.IO's
    /// own server calls it `allowEIO3`, and does not serve them by default.)
    pub version_3: bool,
    /// Whether packets for clients of Socket.IO 3 and later are in MessagePack. Such clients have
    /// `socket.io-msgpack-parser` as their parser, and no others can talk to the server then,
    /// except those of Socket.IO 2. A packet may have bytes in it at most
    /// 10 times, as always.
    pub message_pack: bool,
    /// Milliseconds for a WebSocket to take over from polling.
    pub upgrade_ms: u64,
    /// Milliseconds for a client of Socket.IO 3 or later to join a first namespace, including the
    /// time of its `auth` function. After that it is closed, or earlier if places are short.
    pub connect_ms: u64,
    /// Events per second that one client may send, after a burst, and bytes in proportion. A client
    /// that sends more is read later. 0, the default, is no limit.
    pub rate_per_s: u32,
}

setters!(EngineSettings {
    path: String,
    ping_interval_ms: u64,
    ping_timeout_ms: u64,
    payload_bytes_max: usize,
    polling: bool,
    websocket: bool,
    version_3: bool,
    message_pack: bool,
    upgrade_ms: u64,
    connect_ms: u64,
    rate_per_s: u32,
});

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            path: "/socket.io/".to_owned(),
            ping_interval_ms: ENGINE_PING_INTERVAL_MS,
            ping_timeout_ms: ENGINE_PING_TIMEOUT_MS,
            payload_bytes_max: ENGINE_PAYLOAD_BYTES_MAX,
            polling: true,
            websocket: true,
            version_3: true,
            message_pack: false,
            upgrade_ms: UPGRADE_MS,
            connect_ms: CONNECT_MS,
            rate_per_s: 0,
        }
    }
}
