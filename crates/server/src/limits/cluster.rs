//! The numbers of a cluster of servers.

/// Requests to other servers that may wait for answers: far more than an application asks at a
/// time. Beyond that a server has only its own answer.
pub const CLUSTER_REQUESTS_MAX: usize = 1024;
/// Clients at other servers whose answers to one question are waited for.
pub const CLUSTER_HEARERS_MAX: usize = 65_536;
/// Events of other servers whose handlers are still to be called; more come in one turn only from a
/// server that has gone wrong.
pub const CLUSTER_EVENTS_MAX: usize = 1024;
/// Time for clients to answer the question of another server that names none.
pub const CLUSTER_ANSWER_MS: u64 = 5_000;
/// The longest such time that is heeded.
pub const CLUSTER_ANSWER_MS_MAX: u64 = 10 * 60 * 1000;
/// Entries that are kept in the stream of a cluster, about: the default of
/// `@socket.io/redis-streams-adapter`.
pub const STREAM_ENTRIES_MAX: usize = 10_000;
/// Entries of the stream that are read at a time; the same package's default.
pub const STREAM_READ_MAX: usize = 100;
/// Time for which Redis waits for an entry before it answers that there is none.
pub const STREAM_WAIT_MS: u64 = 5_000;
/// Time after which the stream is read again, if Redis has refused to read it.
pub const STREAM_PAUSE_MS: u64 = 1_000;
/// Bytes of events that are to come back to this server by its adapter; beyond that they are sent
/// to its clients at once.
pub const CLUSTER_PENDING_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Clients that may wait for the adapter at a time to come back; others begin anew.
pub const RETURNS_MAX: usize = 10_000;
/// Bytes of authentication data that these clients may have together.
pub const RETURNS_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The longest time that a client waits for the adapter, and then begins anew.
pub const RETURN_MS: u64 = 5_000;
/// Bytes of a session in Redis. A larger one is not saved, and not restored.
pub const SAVED_BYTES_MAX: usize = 256 * 1024;
/// Times that the stream is read for a client that comes back; as many as
/// `@socket.io/redis-streams-adapter` reads.
pub const STREAM_RESTORE_READS_MAX: usize = 100;
