//! Every number with its reason, and the relations between them checked at compile time.
//!
//! Units and bounds come last in a name: `_BYTES_MAX`, `_MS`, `_PER_TURN_MAX`.

mod address;
mod callers;
mod client;
mod history;
mod names;
mod people;
mod purge;
mod queue;
mod search;
mod text;
mod turn;

pub use address::*;
pub use callers::*;
pub use client::*;
pub use history::*;
pub use names::*;
pub use people::*;
pub use purge::*;
pub use queue::*;
pub use search::*;
pub use text::*;
pub use turn::*;

// Framing at the line door.

/// Longest line in bytes, without its end. Default of `--max-line`; a nats control line is as long.
pub const LINE_BYTES_MAX: usize = 4096;
/// Smallest value that `--max-line` takes: a command with its longest name still fits.
pub const LINE_BYTES_MAX_LOWEST: usize = 64;
/// Largest value that `--max-line` takes: one read and one batch still hold a line.
pub const LINE_BYTES_MAX_HIGHEST: usize = 64 * 1024;
/// Bytes of one overlong line that are thrown away before its sender is closed: a pasted file
/// may end within it and the chat goes on, an endless stream may not.
pub const LINE_DISCARD_BYTES_MAX: usize = 1024 * 1024;
/// Lines that a WebSocket message may be as long as whose messages are lines: whoever sends one
/// that is too long is told so, up to this.
pub const LINE_TO_MESSAGE: usize = 16;
/// Overlong lines in a row that close a connection: by then it is not a person typing.
pub const LINES_TOO_LONG_MAX: u8 = 3;
/// Bytes of one telnet subnegotiation: the longest that clients send, their environment, is
/// shorter. Without a limit one that never ends would swallow all that is said after it.
pub const SUBNEGOTIATION_BYTES_MAX: usize = 1024;

// HTTP.

/// Longest request head in bytes, from its first line to its blank line, both included. Browsers
/// with a jar of cookies stay below 8 KiB; Apache and nginx take about as much.
pub const HTTP_HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields in one request; a browser's upgrade has 13, and proxies add some. Node takes 2000,
/// which few heads of the same length have; each costs room on the stack.
pub const HTTP_HEADERS_MAX: usize = 256;
/// Longest request target in bytes; RFC 9112 §3 asks for at least 8000, and Node takes what its
/// head has room for, as this does nearly.
pub const HTTP_TARGET_BYTES_MAX: usize = 15 * 1024;
/// Longest method in bytes; the longest registered one, `UPDATEREDIRECTREF`, has 17.
pub const HTTP_METHOD_BYTES_MAX: usize = 32;
/// Hexadecimal digits in one chunk's size: as many as 64 bits have.
pub const HTTP_CHUNK_SIZE_DIGITS_MAX: u8 = 16;
/// Bytes of chunk extensions in one body. They are thrown away, so that without a bound a client
/// could send for ever and say nothing; a signature in each of some 40 chunks fits.
pub const HTTP_CHUNK_EXTENSIONS_BYTES_MAX: u32 = 4096;
/// Bytes of trailer fields behind one chunked body. They are thrown away too.
pub const HTTP_TRAILERS_BYTES_MAX: u32 = 4096;

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

// Who may come in.

/// Times that it is tried to listen at an address that is in use, and milliseconds between them:
/// five seconds in all, in which a server before this one ends ([`SHUTDOWN_MS`]).
pub const LISTEN_TRIES: u32 = 21;
/// See [`LISTEN_TRIES`].
pub const LISTEN_RETRY_MS: u64 = 250;
/// Clients at a time. Default of `--max-clients`; Redis has as many.
pub const CLIENTS_MAX: usize = 10_000;
/// Descriptors kept back from clients: standard streams, poll, listeners, signals, the database,
/// and those who run the server.
pub const DESCRIPTORS_RESERVED: usize = 32;
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

/// Messages per second that one connection may post. Default of `--rate`.
pub const RATE_PER_S: u32 = 20;
/// Bytes per second that one client may post, for each message per second of its pace.
pub const BYTES_PER_POST: u64 = 3 * 1024;
/// Bytes that one client may post at once: a paste of a hundred long lines, or of a file. A longer
/// message is taken too, and waited for after it.
pub const BYTES_BURST: u64 = 96 * 1024;
/// Messages that one `/history` counts as, and one `/search`, for the work that it makes.
pub const POSTS_PER_LOOKUP: u32 = 5;
/// Messages that setting a topic counts as: everybody in the room is told, and it is seldom done.
pub const POSTS_PER_TOPIC: u32 = 20;
/// Rooms that one client may be in.
pub const ROOMS_PER_CLIENT_MAX: usize = 50;
/// Bytes of old messages shown at once: their reader has room for them, made visible or not.
pub const SHOWN_BYTES_MAX: usize = 32 * 1024;
/// Messages beyond the pace that are taken at once, in seconds of the pace: burst is 5 × rate.
pub const RATE_BURST_S: u32 = 5;
/// Largest value that `--rate` takes; beyond it the pace is below the clock's grain.
pub const RATE_PER_S_HIGHEST: u32 = 1_000_000;
/// Largest value in milliseconds that `--idle-flush` takes.
pub const IDLE_FLUSH_MS_HIGHEST: u64 = 60_000;

// WebSocket.

/// Payload bytes of a control frame (RFC 6455 5.5).
pub const WS_CONTROL_BYTES_MAX: usize = 125;
/// Bytes of a close frame's reason: what its code leaves of the payload.
pub const WS_CLOSE_REASON_BYTES_MAX: usize = WS_CONTROL_BYTES_MAX - 2;
/// Frames of one message; its size does not bound them, as they may be empty. In frames of 4 KiB
/// it is still a message of 4 MiB.
pub const WS_FRAGMENTS_MAX: u32 = 1024;
/// Least space taken for a payload that comes in pieces, unless its whole frame is smaller.
pub const WS_GATHER_BYTES_MIN: usize = 128;

// Text.

/// Least time between two notices that one person is typing.
pub const TYPING_MS_MIN: u64 = 1_000;
/// Longest topic in characters.
pub const TOPIC_CHARS_MAX: usize = 300;
/// Topics that are known, those of rooms without members too.
pub const TOPICS_MAX: usize = 10_000;
/// Names written out in one answer, of `/who` or `/rooms`; the rest is counted.
pub const NAMES_LISTED_MAX: usize = 100;
/// Names in a greeting or a gathered notice; the rest is counted.
pub const NAMES_GREETED_MAX: usize = 2;

// Notices of joining, leaving and renaming.

/// Members up to which each notice is sent by itself.
pub const NOTICE_MEMBERS_MAX: usize = 50;
/// Notices in one room within [`NOTICE_GATHER_MS`] after which the next ones are gathered.
pub const NOTICE_BURST: u32 = 10;
/// Time over which notices are gathered; longer in a crowd, see [`told_after_ms`].
pub const NOTICE_GATHER_MS: u64 = 3_000;
/// How many hear of coming and going in one room, each second. Where more are in it, each hears of
/// it less often: what a quiet room costs does not grow with the square of those who are in it.
pub const PRESENCE_TOLD_PER_S: u64 = 2_000;

/// Milliseconds over which coming and going in a room of `members` are gathered, `least_ms` at
/// least.
#[must_use]
pub const fn told_after_ms(members: usize, least_ms: u64) -> u64 {
    let ms = members as u64 * 1000 / PRESENCE_TOLD_PER_S;
    if ms > least_ms { ms } else { least_ms }
}

// Engine.IO.

/// Packets of one POST that are handled in one turn; the others are in the next turns. A client
/// that sends a thousand events at once puts them all into one body.
pub const PAYLOAD_PACKETS_PER_TURN_MAX: u32 = 256;
/// Decimal digits of a length in an EIO 3 payload; more digits than any body has bytes.
pub const PAYLOAD_LENGTH_DIGITS_MAX: usize = 10;

// Socket.IO.

/// Attachments of one packet that are awaited; the reference's parser has the same limit.
pub const ATTACHMENTS_MAX: usize = 10;
/// Arguments of one event or ack; one with more is not passed on. Handlers take a few; each of
/// many would be looked at by itself.
pub const ARGS_MAX: usize = 64;
/// Levels of arrays and objects in one packet, its outermost array counted; one with more is not
/// passed on. Nothing here recurses that far, but those who get it may: Python's reader ends at
/// some 990 levels, and its client with it.
pub const JSON_DEPTH_MAX: usize = 512;

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
/// Smallest value that `--max-payload` takes: a poll's answer and a packet's text still fit.
pub const PAYLOAD_BYTES_MAX_LOWEST: usize = 1024;
/// Largest value that `--max-payload` takes.
pub const PAYLOAD_BYTES_MAX_HIGHEST: usize = 100_000_000;
/// Smallest value in milliseconds that `--ping-interval` and `--ping-timeout` take.
pub const PING_MS_LOWEST: u64 = 100;
/// Largest value in milliseconds that they take: a day.
pub const PING_MS_HIGHEST: u64 = 86_400_000;
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
/// Smallest value in milliseconds that `--connect-timeout` takes: a round trip around the world.
pub const CONNECT_MS_LOWEST: u64 = 1_000;
/// Largest value in milliseconds that it takes: ten minutes.
pub const CONNECT_MS_HIGHEST: u64 = 600_000;
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

// Metrics.

/// Bytes of a page of memory, as Linux counts it on most machines.
pub const PAGE_BYTES: u64 = 4096;
/// Parts of a second in which Linux tells a program's times (`USER_HZ`, proc(5)).
pub const USER_TICKS_PER_S: u64 = 100;
/// Bounds of the metrics' buckets for how long the loop is kept, in seconds.
pub const STALL_SECONDS: [f64; 13] =
    [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 1.0];

// Namespace /chat.

/// Longest text of a message in bytes, as long as a line.
pub const TEXT_BYTES_MAX: usize = LINE_BYTES_MAX;
/// Members of a room named in one answer.
pub const MEMBERS_LISTED_MAX: usize = 500;
/// Messages of a room shown on entering it, and behind a gap.
pub const ENTRY_MESSAGES: usize = 50;
/// Messages that one request for history answers with.
pub const HISTORY_MESSAGES_MAX: usize = 100;
/// Messages that one search answers with.
pub const SEARCH_MESSAGES_MAX: usize = 50;
/// Messages of one place that are sent to somebody who comes back; where more were missed, a gap is
/// told.
pub const MISSED_MESSAGES_MAX: usize = 200;
/// Missed messages that are counted.
pub const MISSED_COUNTED_MAX: usize = 10_000;
/// Bytes of messages, as JSON, in one answer or of one welcome: a quarter of a queue.
pub const MESSAGES_BYTES_MAX: usize = QUEUE_BYTES_MAX / QUEUE_TO_MESSAGES_MIN;
/// Lengths of such an answer that a queue holds at least.
pub const QUEUE_TO_MESSAGES_MIN: usize = 4;
/// Time over which coming and going are gathered; longer in a crowd, see [`told_after_ms`].
pub const PRESENCE_MS: u64 = 200;
/// Names in each list of what was gathered.
pub const PRESENCE_NAMES_MAX: usize = 100;
/// Members up to which a room is told who came and went. A larger one is a crowd: it is told how
/// many are in it, and nobody reads a list of more names.
pub const PRESENCE_MEMBERS_MAX: usize = 400;
/// Members up to which a crowd has to shrink until names are told again, so that it does not
/// change with each who comes and goes.
pub const PRESENCE_MEMBERS_AGAIN: usize = 300;
/// Time after which nobody is typing who has not said so again.
pub const TYPING_MS: u64 = 6_000;

// Applications' tests.

/// Where the counted clock of a test begins: not at zero, so that nothing depends on it.
pub const TEST_START_MS: u64 = 1_000_000;
/// What time it is then: 2026-01-01 00:00 (UTC).
pub const TEST_START_UNIX_MS: u64 = 1_767_225_600_000;
/// Turns at one time after which a server that still has something to do will never be done.
pub const TEST_TURNS_MAX: usize = 100_000;
const _: () = {
    assert!(LINE_BYTES_MAX_LOWEST <= LINE_BYTES_MAX && LINE_BYTES_MAX <= LINE_BYTES_MAX_HIGHEST);
    assert!(LINE_BYTES_MAX_HIGHEST < LINE_DISCARD_BYTES_MAX);
    // A method, a target, two spaces, a version, two ends of a line.
    assert!(HTTP_METHOD_BYTES_MAX + HTTP_TARGET_BYTES_MAX + 2 + 8 + 4 < HTTP_HEAD_BYTES_MAX);
    assert!(HTTP_CHUNK_SIZE_DIGITS_MAX as u32 * 4 <= u64::BITS);
    assert!(SUBNEGOTIATION_BYTES_MAX < u16::MAX as usize);
    assert!(
        QUEUE_BYTES_MAX_LOWEST <= QUEUE_BYTES_MAX && QUEUE_BYTES_MAX <= QUEUE_BYTES_MAX_HIGHEST
    );
    assert!(BATCH_BYTES_PER_TURN_MAX * QUEUE_TO_BATCH_MIN <= QUEUE_BYTES_MAX);
    assert!(QUEUE_BYTES_READ_PAUSE <= QUEUE_BYTES_MAX_LOWEST);
    assert!(QUEUE_BYTES_MAX_HIGHEST < u32::MAX as usize);
    assert!(LINGER_MS < SHUTDOWN_MS && SHUTDOWN_MS < 5_000);
    assert!(LISTEN_RETRY_MS < 1_000 && LISTEN_RETRY_MS * (LISTEN_TRIES as u64 - 1) >= SHUTDOWN_MS);
    assert!(2 * FAREWELL_STOP_MS < SHUTDOWN_MS);
    assert!(NAME_MARKS_MAX <= COMBINING_MARKS_MAX);
    // `[2026-11-20 09:12] <`, a name and `> `.
    assert!(20 + NICK_CHARS_MAX + NICK_NUMBER_CHARS_MAX + 2 + INDENT_COLUMNS_MAX < 80);
    assert!(SHARE_BYTES_MIN <= OWN_PIECE_BYTES);
    assert!(RATE_PER_S <= RATE_PER_S_HIGHEST);
    // A control frame is gathered in one allocation.
    assert!(WS_CONTROL_BYTES_MAX <= WS_GATHER_BYTES_MIN && WS_CONTROL_BYTES_MAX < u8::MAX as usize);
    // A room that is no crowd is told of at once, and one that has shrunk is named whole.
    assert!(told_after_ms(PRESENCE_MEMBERS_MAX, PRESENCE_MS) == PRESENCE_MS);
    assert!(PRESENCE_MEMBERS_AGAIN < PRESENCE_MEMBERS_MAX);
    assert!(PRESENCE_MEMBERS_MAX < MEMBERS_LISTED_MAX);
    assert!(MESSAGES_BYTES_MAX * 2 < QUEUE_BYTES_MAX && ENTRY_MESSAGES < MISSED_MESSAGES_MAX);
};
