//! The numbers of links to other servers.

/// Time from the loss of a link to the next try, at first: long enough not to try a restarting
/// server a hundred times in vain.
pub const LINK_PAUSE_MS_MIN: u64 = 100;
/// The longest pause; each is twice as long as the one before. A server that is back is found
/// within this time.
pub const LINK_PAUSE_MS_MAX: u64 = 5_000;
/// Time for Redis to answer the greeting of a new connection.
pub const REDIS_GREETING_MS: u64 = 2_000;
/// Time after which a Redis that is loading its file is asked again.
pub const REDIS_LOADING_MS: u64 = 250;
/// Time for the answer to a command. Redis answers in less than a millisecond, and its slowest
/// ordinary pause, a fork for a snapshot, takes a fraction of a second.
pub const REDIS_COMMAND_MS: u64 = 2_000;
/// Time of silence after which Redis gets a ping: a link without commands, such as one that only
/// listens, would not notice a loss.
pub const REDIS_IDLE_MS: u64 = 10_000;
/// Bytes of unanswered commands on one link: some 10,000 of usual length, which Redis answers in a
/// tenth of a second. If it is further behind than that, more commands would only make it worse.
pub const REDIS_BACKLOG_BYTES_MAX: usize = 1024 * 1024;

const _: () = {
    assert!(LINK_PAUSE_MS_MIN < LINK_PAUSE_MS_MAX && REDIS_LOADING_MS < REDIS_GREETING_MS);
};
