//! The numbers of many nodes that are one chat.

use mio_socketio::limits::REDIS_BACKLOG_BYTES_MAX;

/// Milliseconds for which a node is taken to be alive after it has renewed its lease. A node that
/// is killed is noticed within this.
pub const LEASE_MS: u64 = 10_000;
/// Milliseconds between two renewals: several may be late before the lease is over.
pub const LEASE_RENEW_MS: u64 = 2_000;
/// Bytes of one fact with all that belongs to it: a line may have 64 KiB, and an event of the
/// tutorials' clients that is longer is for one server's people. Two fit into one call with ease.
pub const FACT_BYTES_MAX: usize = 256 * 1024;
/// Facts in one call of a script, so that Redis does not answer others much later.
pub const FACTS_PER_CALL_MAX: usize = 200;
/// Facts on their way beyond which somebody who says line after line waits for them to come back.
pub const FACTS_AHEAD_MAX: usize = 1_000;
/// Bytes of facts that wait to come back: what people say in some seconds while Redis is away.
pub const FACTS_WAITING_BYTES_MAX: usize = 1024 * 1024;
/// Milliseconds for which a fact waits while Redis is away; then whoever asked is told.
pub const FACTS_WAIT_MS: u64 = 10_000;
/// Milliseconds after which people are told that their server is cut off: a restart of Redis that
/// takes less is not worth a word.
pub const CUT_TOLD_MS: u64 = 2_000;
/// Milliseconds after which a Redis that has refused a command is asked again.
pub const REDIS_RETRY_MS: u64 = 500;
/// Entries of the stream that are read at once, at first and after long ones: the longest fit into
/// one reply.
pub const ENTRIES_PER_READ_MIN: usize = 24;
/// The same while they are short: what a turn brings is told in one write to each reader, so the
/// more
/// the better.
pub const ENTRIES_PER_READ_MAX: usize = 384;
/// Milliseconds for which Redis waits for an entry before it answers that there is none.
pub const READ_WAIT_MS: u64 = 1_000;
/// Seconds for which Redis knows by its key that a message was said: its author sends it again
/// within that, at another node perhaps. A node itself knows the last ones for longer.
pub const POSTED_S: u64 = 3_600;
/// Bytes of the name of a node.
pub const NODE_NAME_BYTES_MAX: usize = 32;
/// Entries that the stream keeps. Default of `--redis-keep`.
pub const REDIS_KEEP: u64 = 1_000_000;

const _: () = {
    assert!(3 * LEASE_RENEW_MS < LEASE_MS);
    assert!(2 * FACT_BYTES_MAX <= REDIS_BACKLOG_BYTES_MAX);
};
