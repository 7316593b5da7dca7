//! Redis as the broker: the names of its keys, its scripts and the calls of them, and its replies.
//! Whatever has to be one step is one script, and the scripts have the rules of `broker`.
//!
//! A node has two links to it: one for calls of scripts, and one that reads the stream, whose
//! commands wait.

mod calls;
mod command;
mod keys;
mod replies;

use self::keys::Keys;
use crate::chat::{Chat, Cx};
use crate::limits::ENTRIES_PER_READ_MIN;
use mio_socketio::Builder;
use mio_socketio::redis::Redis;

/// The link by which facts are sent.
const COMMIT: &str = "facts";
/// The link by which they are read.
const READ: &str = "stream";

/// The settings of Redis as the broker.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// The address of Redis.
    pub redis: Redis,
    /// The prefix of all keys.
    pub prefix: String,
    /// The least number of entries that the stream keeps, if they fit.
    pub keep: u64,
    /// Bytes of memory that the stream may take, about.
    pub keep_bytes: u64,
}

/// Redis, as a node uses it.
#[derive(Debug)]
pub(super) struct RedisBroker {
    keys: Keys,
    /// The hash of the script that appends facts.
    append: String,
    keep: String,
    keep_bytes: u64,
    /// A request for entries is on its way.
    is_reading: bool,
    /// Entries that are asked for at once: more while they are short.
    reads_max: usize,
}

impl RedisSettings {
    /// Adds the links that a node has.
    pub(super) fn links(&self, builder: Builder<Chat>, node: &str) -> Builder<Chat> {
        let redis = |link: &str| self.redis.clone().name(&format!("mio-chat-{node}-{link}"));
        builder
            .redis(COMMIT, redis(COMMIT), |link| {
                link.on_state(replies::commit_state).on_reply(replies::commit_reply)
            })
            .redis(READ, redis(READ), |link| {
                link.on_state(replies::read_state)
                    .on_reply(replies::read_reply)
                    .on_push(replies::pushed)
            })
    }
}

impl RedisBroker {
    pub(super) fn new(settings: &RedisSettings) -> Self {
        Self {
            keys: Keys::new(&settings.prefix),
            append: calls::append_hash(),
            keep: settings.keep.to_string(),
            keep_bytes: settings.keep_bytes,
            is_reading: false,
            reads_max: ENTRIES_PER_READ_MIN,
        }
    }

    /// That of this node; `None` if the server has ended.
    fn of<'c>(cx: &'c mut Cx<'_>) -> Option<&'c mut Self> {
        cx.state.journal.node_mut()?.broker.redis()
    }
}
