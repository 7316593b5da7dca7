//! The HTTP door over real sockets: requests, WebSockets, Engine.IO and Socket.IO, from friendly
//! and from hostile clients. Every wait has a deadline, and the system chooses every port.

#[path = "web/backpressure.rs"]
mod backpressure;
#[path = "web/bans.rs"]
mod bans;
#[path = "web/client.rs"]
mod client;
#[path = "web/content.rs"]
mod content;
#[path = "web/engine.rs"]
mod engine;
#[path = "web/engine_polling.rs"]
mod engine_polling;
#[path = "web/engine_upgrade.rs"]
mod engine_upgrade;
#[path = "web/engine_v3.rs"]
mod engine_v3;
#[path = "web/file_bounds.rs"]
mod file_bounds;
#[path = "web/files.rs"]
mod files;
#[allow(dead_code, unused_imports, reason = "shared with the tests of the line door")]
#[path = "loopback/harness.rs"]
mod harness;
#[path = "web/heartbeats.rs"]
mod heartbeats;
#[path = "web/hooks.rs"]
mod hooks;
#[path = "web/hosts.rs"]
mod hosts;
#[path = "web/http_limits.rs"]
mod http_limits;
#[path = "web/http_requests.rs"]
mod http_requests;
#[path = "web/lifecycle.rs"]
mod lifecycle;
#[path = "loopback/mount.rs"]
mod mount;
#[path = "web/operators.rs"]
mod operators;
#[path = "web/origins.rs"]
mod origins;
#[path = "web/pace.rs"]
mod pace;
#[path = "web/private_files.rs"]
mod private_files;
#[allow(dead_code, reason = "shared with the tests of the line door")]
#[path = "loopback/process.rs"]
mod process;
#[path = "web/proxies.rs"]
mod proxies;
#[path = "web/quirks.rs"]
mod quirks;
#[path = "web/random.rs"]
mod random;
#[path = "web/socketio_connect.rs"]
mod socketio_connect;
#[path = "web/socketio_packets.rs"]
mod socketio_packets;
#[path = "web/socketio_recovery.rs"]
mod socketio_recovery;
#[path = "web/static_folder.rs"]
mod static_folder;
#[allow(dead_code, reason = "shared with the tests of the line door")]
#[path = "loopback/stream.rs"]
mod stream;
#[path = "web/unix.rs"]
mod unix;
#[path = "web/websocket.rs"]
mod websocket;
