//! All limits of the program with their reasons. Relations between them are checked at compile
//! time.
//!
//! Units and bounds come last in a name: `_BYTES_MAX`, `_MS`, `_PER_TURN_MAX`.

mod address;
mod client;
mod files;
mod history;
mod names;
mod nodes;
mod purge;
mod queue;
mod registrations;
mod remembered;
mod rooms;
mod search;
mod shown;
mod words;
mod workers;

pub use address::*;
pub use client::*;
pub use files::*;
pub use history::*;
pub use names::*;
pub use nodes::*;
pub use purge::*;
pub use queue::*;
pub use registrations::*;
pub use remembered::*;
pub use rooms::*;
pub use search::*;
pub use shown::*;
pub use words::*;
pub use workers::*;

use mio_socketio::limits::{
    LINE_BYTES_MAX, OPERATORS_MAX, QUEUE_BYTES_MAX, QUEUE_BYTES_READ_PAUSE, SHUTDOWN_MS,
    SPARE_PLACES,
};
use mio_wire::limits::{COMBINING_MARKS_MAX, INDENT_COLUMNS_MAX, LINE_DISCARD_BYTES_MAX};

// Framing at the line door.

/// Smallest value that `--max-line` takes: a command with its longest name still fits.
pub const LINE_BYTES_MAX_LOWEST: usize = 64;
/// Largest value that `--max-line` takes: one read and one batch still hold a line.
pub const LINE_BYTES_MAX_HIGHEST: usize = 64 * 1024;

// Configuration.

/// Bytes of the file of `--config`: far more than a server has settings.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of a message in the log. Escaped, and with its time and its module, it is less than a
/// page: a pipe that takes anything takes it whole.
pub const LOG_MESSAGE_BYTES_MAX: usize = 800;

// Admission.

/// Attempts to listen at an address that is in use, and milliseconds between them: five seconds in
/// all, in which an earlier server ends ([`SHUTDOWN_MS`]).
pub const LISTEN_TRIES: u32 = 21;
/// See [`LISTEN_TRIES`].
pub const LISTEN_RETRY_MS: u64 = 250;
/// Listeners that a supervisor may have opened for the server. On a machine with more addresses,
/// one listens at all of them.
pub const LISTENERS_MAX: u32 = 64;
/// Longest time in milliseconds in which a supervisor such as systemd must take a notification. It
/// keeps hundreds of them unread, so this bounds the wait for one that is stopped.
pub const SUPERVISOR_MS: u64 = 100;
/// Signs of life in the time after which a watchdog believes the server dead; two, as
/// sd_watchdog_enabled(3) asks.
pub const WATCHDOG_TO_PING: u64 = 2;
/// Clients at a time. Default of `--max-clients`; Redis allows as many.
pub const CLIENTS_MAX: usize = 10_000;
/// Descriptors reserved for other uses than clients: standard streams, poll, listeners, signals,
/// the database, and operators' connections.
pub const DESCRIPTORS_RESERVED: usize = 32;

// Pace.

/// Messages per second that one connection may post. Default of `--rate`.
pub const RATE_PER_S: u32 = 20;
/// Cost of one `/history` or `/search`, in messages, for the work that it causes.
pub const POSTS_PER_LOOKUP: u32 = 5;
/// Cost of setting a topic, in messages: everybody in the room is told, and it is seldom done.
pub const POSTS_PER_TOPIC: u32 = 20;
/// Rooms that one client may be in.
pub const ROOMS_PER_CLIENT_MAX: usize = 50;
/// Bytes of old messages shown at once. Their reader's queue has room for them, even if characters
/// are made visible.
pub const SHOWN_BYTES_MAX: usize = 32 * 1024;
/// Largest value that `--rate` takes; beyond it the pace is below the clock's grain.
pub const RATE_PER_S_HIGHEST: u32 = 1_000_000;
/// Largest value in milliseconds that `--idle-flush` takes.
pub const IDLE_FLUSH_MS_HIGHEST: u64 = 60_000;

// Text.

/// Least time between two notices that one person is typing.
pub const TYPING_MS_MIN: u64 = 1_000;
/// Longest topic in characters.
pub const TOPIC_CHARS_MAX: usize = 300;
/// Number of topics kept, including those of rooms without members.
pub const TOPICS_MAX: usize = 10_000;
/// Names listed in one answer, of `/who` or `/rooms`; the rest is counted.
pub const NAMES_LISTED_MAX: usize = 100;
/// Empty rooms with a history that are looked at for a list: it takes some milliseconds.
pub const ROOMS_LASTING_MAX: usize = 500;
/// The last messages whose rooms are listed in any case, whatever their names.
pub const ROOMS_LASTING_RECENT: i64 = 2_000;
/// Time for which the result is used.
pub const ROOMS_LASTING_MS: u64 = 2_000;
/// Rooms that wait to be told of because they are empty, private or public now.
pub const ROOMS_RELISTED_MAX: usize = 1_000;
/// Names in a greeting or a gathered notice; the rest is counted.
pub const NAMES_GREETED_MAX: usize = 2;

// Notices of joining, leaving and renaming.

/// Members up to which each notice is sent by itself.
pub const NOTICE_MEMBERS_MAX: usize = 50;
/// Notices in one room within [`NOTICE_GATHER_MS`] after which the next ones are gathered.
pub const NOTICE_BURST: u32 = 10;
/// Time over which notices are gathered; longer in a crowd, see [`told_after_ms`].
pub const NOTICE_GATHER_MS: u64 = 3_000;
/// Notices of coming and going sent in one room each second, summed over its members. The larger a
/// room, the less often each member hears of it: the cost of a quiet room does not grow with the
/// square of its members.
pub const PRESENCE_TOLD_PER_S: u64 = 2_000;
/// Milliseconds over which coming and going in a room of `members` are gathered; at least
/// `least_ms`.
#[must_use]
pub const fn told_after_ms(members: usize, least_ms: u64) -> u64 {
    let ms = members as u64 * 1000 / PRESENCE_TOLD_PER_S;
    if ms > least_ms { ms } else { least_ms }
}

// Sessions at the HTTP door.

/// Smallest value that `--max-payload` takes: a poll's answer and a packet's text still fit.
pub const PAYLOAD_BYTES_MAX_LOWEST: usize = 1024;
/// Largest value that `--max-payload` takes.
pub const PAYLOAD_BYTES_MAX_HIGHEST: usize = 100_000_000;
/// Smallest value in milliseconds that `--ping-interval` and `--ping-timeout` take.
pub const PING_MS_LOWEST: u64 = 100;
/// Largest value in milliseconds that they take: a day.
pub const PING_MS_HIGHEST: u64 = 86_400_000;
/// Smallest value in milliseconds that `--connect-timeout` takes: a round trip around the world.
pub const CONNECT_MS_LOWEST: u64 = 1_000;
/// Largest value in milliseconds that it takes: ten minutes.
pub const CONNECT_MS_HIGHEST: u64 = 600_000;

// Metrics.

/// Bytes of a page of memory, as Linux counts it on most machines.
pub const PAGE_BYTES: u64 = 4096;
/// Parts of a second in which Linux tells a program's times (`USER_HZ`, proc(5)).
pub const USER_TICKS_PER_S: u64 = 100;
/// Bounds of the metrics' buckets for pauses of the loop, in seconds.
pub const STALL_SECONDS: [f64; 13] =
    [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 1.0];

/// Seconds for which a browser that has seen the page over TLS asks for it only so (RFC 6797): 30
/// days. Who gives TLS up again has to wait so long.
pub const HSTS_S: u32 = 30 * 24 * 60 * 60;

// Namespace /chat.

/// Longest text of a message in bytes, as long as a line.
pub const TEXT_BYTES_MAX: usize = LINE_BYTES_MAX;
/// Members of a room named in one answer.
pub const MEMBERS_LISTED_MAX: usize = 500;
/// Messages of a room shown on entering it, and after a gap.
pub const ENTRY_MESSAGES: usize = 50;
/// Messages in the answer to one request for history.
pub const HISTORY_MESSAGES_MAX: usize = 100;
/// Messages in the answer to one search.
pub const SEARCH_MESSAGES_MAX: usize = 50;
/// Messages of one room or conversation that are sent to a person who comes back; if more were
/// missed, a gap is reported.
pub const MISSED_MESSAGES_MAX: usize = 200;
/// Missed messages that are counted.
pub const MISSED_COUNTED_MAX: usize = 10_000;
/// Bytes of messages, as JSON, in one answer or of one welcome: a quarter of a queue.
pub const MESSAGES_BYTES_MAX: usize = QUEUE_BYTES_MAX / QUEUE_TO_MESSAGES_MIN;
/// Number of such answers that a queue holds at least.
pub const QUEUE_TO_MESSAGES_MIN: usize = 4;
/// Time over which coming and going are gathered; longer in a crowd, see [`told_after_ms`].
pub const PRESENCE_MS: u64 = 200;
/// Names in each list of a gathered notice.
pub const PRESENCE_NAMES_MAX: usize = 100;
/// Members up to which a room is told who came and went. A larger room is a crowd: it is told the
/// number of its members, because nobody reads a longer list of names.
pub const PRESENCE_MEMBERS_MAX: usize = 400;
/// Members to which a crowd must shrink until names are told again, so that it does not change with
/// each arrival and departure.
pub const PRESENCE_MEMBERS_AGAIN: usize = 300;
/// Time after which a person is no longer typing, unless their client repeats it.
pub const TYPING_MS: u64 = 6_000;

const _: () = {
    assert!(LINE_BYTES_MAX_LOWEST <= LINE_BYTES_MAX && LINE_BYTES_MAX <= LINE_BYTES_MAX_HIGHEST);
    assert!(LINE_BYTES_MAX_HIGHEST < LINE_DISCARD_BYTES_MAX);
    assert!(
        QUEUE_BYTES_MAX_LOWEST <= QUEUE_BYTES_MAX && QUEUE_BYTES_MAX <= QUEUE_BYTES_MAX_HIGHEST
    );
    assert!(QUEUE_BYTES_READ_PAUSE <= QUEUE_BYTES_MAX_LOWEST);
    assert!(QUEUE_BYTES_MAX_HIGHEST < u32::MAX as usize);
    assert!(LISTEN_RETRY_MS < 1_000 && LISTEN_RETRY_MS * (LISTEN_TRIES as u64 - 1) >= SHUTDOWN_MS);
    assert!(OPERATORS_MAX + SPARE_PLACES <= DESCRIPTORS_RESERVED / 2);
    assert!(NAME_MARKS_MAX <= COMBINING_MARKS_MAX);
    // `[2026-11-20 09:12] <`, a name and `> `.
    assert!(20 + NICK_CHARS_MAX + NICK_NUMBER_CHARS_MAX + 2 + INDENT_COLUMNS_MAX < 80);
    assert!(RATE_PER_S <= RATE_PER_S_HIGHEST);
    // A room that is not a crowd is told at once, and a room that has shrunk is listed completely.
    assert!(told_after_ms(PRESENCE_MEMBERS_MAX, PRESENCE_MS) == PRESENCE_MS);
    assert!(PRESENCE_MEMBERS_AGAIN < PRESENCE_MEMBERS_MAX);
    assert!(PRESENCE_MEMBERS_MAX < MEMBERS_LISTED_MAX);
    assert!(MESSAGES_BYTES_MAX * 2 < QUEUE_BYTES_MAX && ENTRY_MESSAGES < MISSED_MESSAGES_MAX);
};
