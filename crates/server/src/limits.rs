//! All limits of the library with their reasons. Relations between them are checked at compile
//! time.
//!
//! Units and bounds come last in a name: `_BYTES_MAX`, `_MS`, `_PER_TURN_MAX`.

mod address;
mod callers;
mod calls;
mod cluster;
mod link;
mod queue;
mod record;
mod tls;
mod turn;

pub use address::*;
pub use callers::*;
pub use calls::*;
pub use cluster::*;
pub use link::*;
pub use queue::*;
pub use record::*;
pub use tls::*;
pub use turn::*;

// Framing at the line door.

/// Longest line in bytes, without its end. Default of `--max-line`; a nats control line is as long.
pub const LINE_BYTES_MAX: usize = 4096;
/// Length of a WebSocket message whose content is a line, as a multiple of the longest line. The
/// sender of an overlong line is told so, if the message is no longer than this.
pub const LINE_TO_MESSAGE: usize = 16;
/// Overlong lines in a row that close a connection: no person types like that.
pub const LINES_TOO_LONG_MAX: u8 = 3;

// Closing.

/// Time for the last bytes of a closed connection to be written, and for its peer to close too.
/// Closing earlier can make the kernel drop the last bytes.
pub const LINGER_MS: u64 = 2_000;
/// KiB that are read and discarded in that time: a file that is being pasted comes to its end, and
/// an endless stream is cut off.
pub const LINGER_KIB_MAX: u16 = 1024;
/// Time from the first SIGTERM to the end of the process.
pub const SHUTDOWN_MS: u64 = 4_500;
/// Pause before accepting again when the process has no descriptor left.
pub const ACCEPT_RETRY_MS: u64 = 250;
/// Least time between two log lines about a lack of descriptors.
pub const ACCEPT_LOG_MS: u64 = 1_000;

// Outgoing connections.

/// Time for an outgoing connection to be made. In a company's network it takes a millisecond. A
/// second lost packet in a row takes 3 s, and then a new attempt is as good.
pub const CONNECTION_MS: u64 = 2_000;

// Admission.

/// Seconds of silence after which the kernel checks whether the peer is still there.
pub const KEEPALIVE_IDLE_S: u64 = 60;
/// Seconds between such checks.
pub const KEEPALIVE_INTERVAL_S: u64 = 15;
/// Unanswered checks after which the peer is gone.
pub const KEEPALIVE_PROBES: u32 = 3;
/// Milliseconds that written bytes may stay unacknowledged.
pub const USER_TIMEOUT_MS: u64 = 150_000;
/// Leading bits of an IPv6 address that belong to one customer, who chooses the rest (RFC 6177).
pub const IPV6_NETWORK_BITS: u8 = 64;

// Pace.

/// Bytes per second that one client may post, for each message per second of its pace.
pub const BYTES_PER_POST: u64 = 3 * 1024;
/// Bytes that one client may post at once: a paste of a hundred long lines, or of a file. A longer
/// message is accepted too, and the client must wait after it.
pub const BYTES_BURST: u64 = 96 * 1024;
/// Messages beyond the pace that are accepted at once, in seconds of the pace: the burst is 5 × the
/// rate.
pub const RATE_BURST_S: u32 = 5;

// Engine.IO.

/// Packets of one POST that are handled in one turn; the others follow in the next turns. A client
/// that sends a thousand events at once puts them all into one body.
pub const PAYLOAD_PACKETS_PER_TURN_MAX: u32 = 256;

// Events.

/// Letters of an event's name that the log shows.
pub const EVENT_NAME_LOGGED_CHARS: usize = 64;

// Namespaces that are made for clients.

/// Such namespaces at a time. Each takes some hundred bytes, and a place in each room in which its
/// clients meet others.
pub const MADE_NAMESPACES_MAX: usize = 4096;
/// Longest name in bytes of such a namespace.
pub const MADE_NAMESPACE_BYTES_MAX: usize = 256;
/// Namespaces in which one client may be, beyond which none is made for it.
pub const SOCKETS_PER_SESSION_MAX: usize = 16;

// Compressed messages.

/// Length in bytes from which a message is compressed, where compression is on; the reference
/// server's.
pub const DEFLATED_BYTES_MIN: usize = 1024;
/// The effort of the compressor, from 1 to 9.
pub const DEFLATE_LEVEL: u8 = 1;

// Sessions at the HTTP door.

/// Time for a request's head, from its first byte or from the connection's beginning.
pub const HTTP_HEAD_MS: u64 = 10_000;
/// Time for the rest of an incomplete body, WebSocket message, or packet with attachments. Apache's
/// `RequestReadTimeout` gives bodies as much.
pub const PARTIAL_MS: u64 = 20_000;
/// One more second is allowed for each of this many bytes.
pub const PARTIAL_BYTES_PER_S: u64 = 500;
/// Time that a connection may be idle between two requests; longer than a browser or a proxy keeps
/// one, so that the client closes it.
pub const HTTP_KEEP_ALIVE_MS: u64 = 75_000;
/// Bytes of a long response that are read at a time. More than
/// [`QUEUE_BYTES_READ_PAUSE`], so that the loop tells when the client has taken most of them.
pub const CONTENT_PIECE_BYTES: usize = 128 * 1024;
/// Time in which a client must take such a piece. Over a modem it takes half of it.
pub const CONTENT_PIECE_MS: u64 = 60_000;
const _: () = assert!(CONTENT_PIECE_BYTES > QUEUE_BYTES_READ_PAUSE);
/// Bytes that may wait after a request that is being answered; then no more are read.
pub const HTTP_INPUT_WAITING_BYTES_MAX: usize = 16 * 1024;
/// Seconds for which a browser need not repeat its CORS preflight.
pub const CORS_MAX_AGE_S: u32 = 600;
/// Milliseconds between heartbeats. Default of `--ping-interval`, and the reference server's. Short
/// enough for proxies that end a connection after 30 s of silence.
pub const ENGINE_PING_INTERVAL_MS: u64 = 25_000;
/// Milliseconds for a heartbeat's answer. Default of `--ping-timeout`; the reference server's.
pub const ENGINE_PING_TIMEOUT_MS: u64 = 20_000;
/// Longest body, WebSocket message and packet in bytes. Default of `--max-payload`; the reference
/// server's.
pub const ENGINE_PAYLOAD_BYTES_MAX: usize = 1_000_000;
/// Time for a WebSocket to take over from polling; the reference server's.
pub const UPGRADE_MS: u64 = 10_000;
/// Time after which a waiting poll ends for a WebSocket that is about to take over, and then each
/// further one; the reference server's.
pub const PROBE_NOOP_MS: u64 = 100;
/// Time from the answer to a WebSocket handshake to the session's first packet, for programs that
/// begin to listen a little later.
pub const OPEN_MS: u64 = 10;
/// Time for a client to join its first namespace; the reference server's. Default of
/// `--connect-timeout`. If places are short it is [`UNJOINED_MS_MIN`].
pub const CONNECT_MS: u64 = 45_000;
/// Time for which a session that has ended answers polls, until its output is fetched; the
/// reference server's.
pub const FAREWELL_MS: u64 = 30_000;
/// Time for which a session that has ended answers polls when the server itself ends: the time from
/// one poll to the next, even over a slow network.
pub const FAREWELL_STOP_MS: u64 = 2_000;
/// Bytes kept for all such sessions: enough for some that have fetched nothing for long. Beyond
/// that, a polling client is told only that its session has ended.
pub const FAREWELLS_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Number of shares of these bytes. The sessions of one address may use only one share, so that
/// space is left for all others; a single session may exceed its share.
pub const FAREWELLS_TO_ADDRESS_MIN: usize = 8;
/// Packets in one answer to a poll: Python clients give up beyond 16.
pub const POLL_PACKETS_MAX: usize = 16;
/// Bytes of packets after which an answer to a poll is full.
pub const POLL_BYTES_MAX: usize = 256 * 1024;
/// Lengths of a queue that may wait for a client that polls. It gets nothing between the answer to
/// one poll and the next, and must not be closed because others talk in that time.
pub const POLL_QUEUE_TO_MAX: usize = 4;
/// Time within which a polling client must poll again to be allowed that long a queue.
pub const POLL_AGAIN_MS: u64 = 10_000;
/// Answers that one socket may owe.
pub const ACKS_AWAITED_MAX: usize = 1000;
/// Least time to wait for an answer.
pub const ACK_TIMEOUT_MS_MIN: u64 = 1;
/// Least time until an application's timer: a timer due at once that sets itself again would block
/// the loop for good.
pub const TIMER_MS_MIN: u64 = 1;

// Recovery: clients of Socket.IO that come back.

/// Time for a client to come back, for which events are kept; the reference server's.
pub const RECOVERY_MS: u64 = 120_000;
/// Bytes of events kept for those who may come back, including the overhead.
pub const RECOVERY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Sessions kept of clients that have gone and may come back; beyond that the oldest is dropped.
pub const RECOVERY_SESSIONS_MAX: usize = 10_000;
/// Longest offset that a client may name, in bytes of JSON.
pub const RECOVERY_OFFSET_BYTES_MAX: usize = 128;
/// Approximate bytes of a missed event besides its name and its arguments: the head of its frame,
/// its namespace, and its place in the queue.
pub const RECOVERY_MISSED_BYTES_MIN: usize = 64;
/// The part of a queue that missed events may fill, as a divisor, so that new events fit too. A
/// client that has missed more begins anew.
pub const RECOVERY_QUEUE_TO_MISSED_MIN: usize = 2;

// Applications' tests.

/// The beginning of a test's clock: not zero, so that nothing depends on zero.
pub const TEST_START_MS: u64 = 1_000_000;
/// The date of that beginning: 2026-01-01 00:00 (UTC).
pub const TEST_START_UNIX_MS: u64 = 1_767_225_600_000;
/// Turns without progress of the clock after which a server that still has something to do will
/// never finish.
pub const TEST_TURNS_MAX: usize = 100_000;

const _: () = {
    assert!(BATCH_BYTES_PER_TURN_MAX * QUEUE_TO_BATCH_MIN <= QUEUE_BYTES_MAX);
    assert!(QUEUE_BYTES_READ_PAUSE <= QUEUE_BYTES_MAX);
    assert!(LINGER_MS < SHUTDOWN_MS && SHUTDOWN_MS < 5_000);
    assert!(2 * FAREWELL_STOP_MS < SHUTDOWN_MS);
    assert!(SHARE_BYTES_MIN <= OWN_PIECE_BYTES);
};
