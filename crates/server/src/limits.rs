//! Every number with its reason, and the relations between them checked at compile time.
//!
//! Units and bounds come last in a name: `_BYTES_MAX`, `_MS`, `_PER_TURN_MAX`.

mod address;
mod callers;
mod queue;
mod record;
mod turn;

pub use address::*;
pub use callers::*;
pub use queue::*;
pub use record::*;
pub use turn::*;

// Framing at the line door.

/// Longest line in bytes, without its end. Default of `--max-line`; a nats control line is as long.
pub const LINE_BYTES_MAX: usize = 4096;
/// Lines that a WebSocket message may be as long as whose messages are lines: whoever sends one
/// that is too long is told so, up to this.
pub const LINE_TO_MESSAGE: usize = 16;
/// Overlong lines in a row that close a connection: by then it is not a person typing.
pub const LINES_TOO_LONG_MAX: u8 = 3;

// Closing.

/// Time for the last bytes of a closed connection to be written and for its peer to close too;
/// closing earlier can make the kernel throw the last words away.
pub const LINGER_MS: u64 = 2_000;
/// KiB that are read and thrown away meanwhile: a file that is being pasted comes to its end, a
/// stream without end is cut.
pub const LINGER_KIB_MAX: u16 = 1024;
/// Time from the first SIGTERM to the end of the process.
pub const SHUTDOWN_MS: u64 = 4_500;
/// Pause before accepting again when the process has no descriptor left.
pub const ACCEPT_RETRY_MS: u64 = 250;
/// Least time between two log lines about a lack of descriptors.
pub const ACCEPT_LOG_MS: u64 = 1_000;

// Outgoing connections.

/// Time for an outgoing connection to be made. In a company's network, where such servers are, it
/// takes a millisecond; a second lost packet in a row takes 3 s, and then a new try is as good.
pub const CONNECTION_MS: u64 = 2_000;

// Who may come in.

/// Seconds of silence after which the kernel asks whether the peer is still there.
pub const KEEPALIVE_IDLE_S: u64 = 60;
/// Seconds between such questions.
pub const KEEPALIVE_INTERVAL_S: u64 = 15;
/// Unanswered questions after which the peer is gone.
pub const KEEPALIVE_PROBES: u32 = 3;
/// Milliseconds that written bytes may stay unacknowledged.
pub const USER_TIMEOUT_MS: u64 = 150_000;
/// Leading bits of an IPv6 address that one customer has; the rest they choose (RFC 6177).
pub const IPV6_NETWORK_BITS: u8 = 64;

// Pace.

/// Bytes per second that one client may post, for each message per second of its pace.
pub const BYTES_PER_POST: u64 = 3 * 1024;
/// Bytes that one client may post at once: a paste of a hundred long lines, or of a file. A longer
/// message is taken too, and waited for after it.
pub const BYTES_BURST: u64 = 96 * 1024;
/// Messages beyond the pace that are taken at once, in seconds of the pace: burst is 5 × rate.
pub const RATE_BURST_S: u32 = 5;

// Engine.IO.

/// Packets of one POST that are handled in one turn; the others are in the next turns. A client
/// that sends a thousand events at once puts them all into one body.
pub const PAYLOAD_PACKETS_PER_TURN_MAX: u32 = 256;

// Sessions at the HTTP door.

/// Time for a request's head, from its first byte or from the connection's beginning.
pub const HTTP_HEAD_MS: u64 = 10_000;
/// Time for the rest of what has begun to come: a body, a WebSocket message, a packet's
/// attachments. Apache's `RequestReadTimeout` gives bodies as much.
pub const PARTIAL_MS: u64 = 20_000;
/// For so many bytes of it there is one more second.
pub const PARTIAL_BYTES_PER_S: u64 = 500;
/// Time that a connection may rest between two requests; longer than a browser or a proxy keeps
/// one, so that the client ends it.
pub const HTTP_KEEP_ALIVE_MS: u64 = 75_000;
/// Bytes that may wait behind a request that is being answered; then no more are read.
pub const HTTP_INPUT_WAITING_BYTES_MAX: usize = 16 * 1024;
/// Seconds for which a browser need not ask again whether it may ask.
pub const CORS_MAX_AGE_S: u32 = 600;
/// Milliseconds between heartbeats. Default of `--ping-interval`; the reference server's, and often
/// enough for the proxies that end a connection after 30 s of silence.
pub const ENGINE_PING_INTERVAL_MS: u64 = 25_000;
/// Milliseconds for a heartbeat's answer. Default of `--ping-timeout`; the reference server's.
pub const ENGINE_PING_TIMEOUT_MS: u64 = 20_000;
/// Longest body, WebSocket message and packet in bytes. Default of `--max-payload`; the reference
/// server's.
pub const ENGINE_PAYLOAD_BYTES_MAX: usize = 1_000_000;
/// Time for a WebSocket to take over from polling; the reference server's.
pub const UPGRADE_MS: u64 = 10_000;
/// Time after which a poll is ended for a WebSocket that is about to take over, and the next; the
/// reference server's.
pub const PROBE_NOOP_MS: u64 = 100;
/// Time from the answer to a WebSocket handshake to the session's first packet, for programs that
/// begin to listen a little later.
pub const OPEN_MS: u64 = 10;
/// Time for a client to join its first namespace; the reference server's. Default of
/// `--connect-timeout`. Where places are short it is [`UNJOINED_MS_MIN`].
pub const CONNECT_MS: u64 = 45_000;
/// Time for which a session that has ended answers polls until what it was sent is fetched; the
/// reference server's.
pub const FAREWELL_MS: u64 = 30_000;
/// The same when the server itself ends: from the last poll to the next, by a slow way too.
pub const FAREWELL_STOP_MS: u64 = 2_000;
/// Bytes that are kept for all such sessions: some that have fetched nothing for long. Beyond, one
/// that polls learns only that it has ended.
pub const FAREWELLS_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Shares that these bytes are divided into. What one address is owed takes no more than one of
/// them, and so not the room of all others; only what a single session is owed may be larger.
pub const FAREWELLS_TO_ADDRESS_MIN: usize = 8;
/// Packets in one answer to a poll: clients in Python give up beyond 16.
pub const POLL_PACKETS_MAX: usize = 16;
/// Bytes of packets after which an answer to a poll takes no more.
pub const POLL_BYTES_MAX: usize = 256 * 1024;
/// Lengths of a queue that may wait for a client that polls, which gets nothing between the answer
/// to one poll and the next: what others say meanwhile is not its fault.
pub const POLL_QUEUE_TO_MAX: usize = 4;
/// Time within which such a client polls again; one that does not has the queue of any other.
pub const POLL_AGAIN_MS: u64 = 10_000;
/// Answers that one socket may owe.
pub const ACKS_AWAITED_MAX: usize = 1000;
/// Least time to wait for an answer.
pub const ACK_TIMEOUT_MS_MIN: u64 = 1;
/// Least time until a timer of the application: one that were due at once, and set itself again,
/// would keep the loop for good.
pub const TIMER_MS_MIN: u64 = 1;

// Recovery: clients of Socket.IO that come back.

/// Time for a client to come back, and for which events are kept for it; the reference server's.
pub const RECOVERY_MS: u64 = 120_000;
/// Bytes of events kept for those who may come back, what keeping them takes included.
pub const RECOVERY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Clients that are gone and may come back; then the first of them to go may not any more.
pub const RECOVERY_SESSIONS_MAX: usize = 10_000;
/// Longest offset that a client may name, in bytes of JSON.
pub const RECOVERY_OFFSET_BYTES_MAX: usize = 128;
/// Bytes of a missed event besides its name and its arguments, about: its frame's head, its
/// namespace, and what keeps it in the queue.
pub const RECOVERY_MISSED_BYTES_MIN: usize = 64;
/// The part of a queue that what a client has missed may fill, so that it also gets what is new;
/// one that has missed more begins anew.
pub const RECOVERY_QUEUE_TO_MISSED_MIN: usize = 2;

// Applications' tests.

/// Where the counted clock of a test begins: not at zero, so that nothing depends on it.
pub const TEST_START_MS: u64 = 1_000_000;
/// What time it is then: 2026-01-01 00:00 (UTC).
pub const TEST_START_UNIX_MS: u64 = 1_767_225_600_000;
/// Turns at one time after which a server that still has something to do will never be done.
pub const TEST_TURNS_MAX: usize = 100_000;

const _: () = {
    assert!(BATCH_BYTES_PER_TURN_MAX * QUEUE_TO_BATCH_MIN <= QUEUE_BYTES_MAX);
    assert!(QUEUE_BYTES_READ_PAUSE <= QUEUE_BYTES_MAX);
    assert!(LINGER_MS < SHUTDOWN_MS && SHUTDOWN_MS < 5_000);
    assert!(2 * FAREWELL_STOP_MS < SHUTDOWN_MS);
    assert!(SHARE_BYTES_MIN <= OWN_PIECE_BYTES);
};
