//! The numbers of many nodes that are one chat.

use super::{BANS_LIFTED_MAX, BANS_MAX, NAMES_HELD_MAX, TEXT_BYTES_MAX, TOPICS_MAX};
use mio_socketio::limits::REDIS_BACKLOG_BYTES_MAX;
use mio_wire::limits::RESP_REPLY_BYTES_MAX;

/// Milliseconds for which a node counts as alive after it has renewed its lease. A killed node is
/// noticed within this time.
pub const LEASE_MS: u64 = 10_000;
/// Milliseconds between two renewals: several may be late before the lease is over.
pub const LEASE_RENEW_MS: u64 = 2_000;
/// Bytes of one fact as an entry. The longest text that a person may send fits, in both of its
/// forms, even if JSON writes each of its bytes as an escape. A longer event of a tutorial's client
/// is refused.
pub const FACT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of JSON for one byte of a text: `\u0001`.
pub const ESCAPE_BYTES_MAX: usize = 6;
/// Bytes of a fact besides its text: names, rooms, a key, and the JSON around them.
pub const FACT_BYTES_BESIDE_TEXT_MAX: usize = 16 * 1024;
/// Facts in one call of a script, so that other clients of Redis do not wait long.
pub const FACTS_PER_CALL_MAX: usize = 384;
/// Changes of names and of people that the facts in one call make: some milliseconds.
pub const CHANGES_PER_CALL_MAX: usize = 1_200;
/// Facts that are told in one turn, or are on their way, above which the next ones wait for them.
pub const ENTRIES_GATHER_MIN: usize = 32;
/// Clients of a node from which on facts wait for those before them. To fewer clients, a write is
/// cheaper than the wait.
pub const RECEIVERS_GATHER_MIN: usize = 100;
/// Milliseconds for which facts wait for those before them to come back.
pub const GATHER_MS: u64 = 100;
/// Facts on their way to Redis above which a person who sends line after line must wait.
pub const FACTS_AHEAD_MAX: usize = 1_000;
/// Bytes of such facts: long lines must not fill the place of what others do meanwhile.
pub const FACTS_AHEAD_BYTES_MAX: usize = FACTS_WAITING_BYTES_MAX / 2;
/// Bytes of facts that wait to come back: some seconds of talk while Redis is away.
pub const FACTS_WAITING_BYTES_MAX: usize = 1024 * 1024;
/// Milliseconds for which a fact waits while Redis is away; after that the asker gets a refusal.
pub const FACTS_WAIT_MS: u64 = 10_000;
/// Milliseconds after which people are told that their server is cut off. A shorter restart of
/// Redis is not worth a notice.
pub const CUT_TOLD_MS: u64 = 2_000;
/// Milliseconds after which a broker that has refused something is asked again.
pub const BROKER_RETRY_MS: u64 = 500;
/// Entries of the stream that are read at once, at first and after long entries: this many of the
/// longest fit into one reply.
pub const ENTRIES_PER_READ_MIN: usize = 24;
/// Entries of the stream that are read at once while they are short. All facts of a turn are told
/// to each reader in one write, so more at once is cheaper.
pub const ENTRIES_PER_READ_MAX: usize = 384;
/// Milliseconds for which Redis waits for an entry before it answers without one.
pub const READ_WAIT_MS: u64 = 1_000;
/// Seconds for which Redis remembers the key of a message, in case its author sends it again,
/// perhaps at another node. Each node remembers the last keys for longer.
pub const POSTED_S: u64 = 3_600;
/// People, or topics, in one part of those that a node reads as it begins. One reply of Redis has
/// room for this many, even with the longest names and the most rooms.
pub const STANDINGS_PER_PART: u64 = 200;
/// People who leave in one call of a script when their node is taken out: Redis answers nobody else
/// for two milliseconds.
pub const PEOPLE_PER_CALL: u64 = 200;
/// Further batches of as many people that this call looks at, if few of them are the node's.
pub const PEOPLE_SEARCHED_PARTS: u64 = 10;
/// Names that are held in Redis for people who have gone; a nick may have two keys.
pub const HOLDS_SHARED_MAX: u64 = 2 * NAMES_HELD_MAX as u64;
/// Topics in Redis: some more than a server keeps, because several nodes may set one at a time.
pub const TOPICS_SHARED_MAX: u64 = TOPICS_MAX as u64 + 100;
/// The highest number of a message: scripts in Redis, and clients in JavaScript, count exactly up
/// to it.
pub const NUMBERS_MAX: u64 = (1 << 53) - 1;
/// Restarts of Redis after which it is known which entries they lost. Older ones are judged by the
/// entry where a node stands.
pub const STREAM_GAPS_MAX: u64 = 100;
/// Bans in Redis, with those that were lifted. Nodes take as many, and a few may come at a time.
pub const BANS_SHARED_MAX: u64 = BANS_MAX as u64 + BANS_LIFTED_MAX as u64 + 100;
/// People and rooms of which Redis knows the last deed. Of more, all are forgotten, and facts that
/// are on their way are decided once more.
pub const DEEDS_KNOWN_MAX: u64 = 4_096;
/// Bans in Redis among which one call looks for those that are over.
pub const BANS_SWEPT_AT_ONCE: u64 = 50;
/// Entries that are trimmed in one call if the stream has too many bytes.
pub const ENTRIES_TRIMMED_MAX: u64 = 2_000;
/// Bytes of the name of a node.
pub const NODE_NAME_BYTES_MAX: usize = 32;
/// Least bytes of the secret that nodes share: too many to guess.
pub const CLUSTER_SECRET_BYTES_MIN: usize = 16;
/// Nodes whose signed facts are counted, so that none is taken twice. Of more nodes, the one that
/// has been silent for longest is dropped, and its old facts stay refused.
pub const SENDERS_MAX: usize = 256;
/// Bytes of a fleeting fact, which is published and not kept.
pub const FLEETING_BYTES_MAX: usize = 4 * 1024;
/// Fleeting facts that Redis has not passed on, beyond which others are not published: facts that
/// are kept go first.
pub const FLEETING_AHEAD_MAX: usize = 64;
/// Entries in which Redis looks for purged messages at once: a millisecond, in which it answers
/// nobody else.
pub const SWEEP_ENTRIES: usize = 50;
/// Milliseconds between two of these looks.
pub const SWEEP_PAUSE_MS: u64 = 2;
/// Milliseconds after which a purge that was ordered at another node, and has failed, is tried
/// again.
pub const PURGE_AGAIN_MS: u64 = 60_000;
/// Bytes of an answer of the process that purges a node's file: a sentence.
pub const PURGE_ANSWER_BYTES_MAX: usize = 1_024;
/// Reads in which answers of it that came too late are passed over.
pub const PURGE_ANSWERS_OLD_MAX: usize = 16;
/// Bytes of an order to it: for each room that it is about, a time and the name of the room.
pub const PURGE_ORDER_BYTES_MAX: u64 = 1_024 * super::ERASE_ROOMS_MAX as u64;
/// Entries that the stream keeps. Default of `--redis-keep`.
pub const REDIS_KEEP: u64 = 1_000_000;

/// Time after which the text of a deleted message is taken out of the stream. A node that has not
/// read the message by then has lost its lease.
pub const ENTRY_ERASE_MS: u64 = 60_000;
/// Entries with texts of deleted messages that wait for that. Of more, the oldest are taken out at
/// once.
pub const ENTRIES_ERASED_MAX: u64 = 10_000;
/// Corrections that Redis knows, so that their texts go with a message that is deleted.
pub const EDITS_SHARED_MAX: u64 = 20_000;
/// Entries of that kind that are taken out by one call, twice for each renewal of a lease or more.
pub const ENTRIES_ERASED_AT_ONCE: u64 = 100;

const _: () = {
    assert!(3 * LEASE_RENEW_MS < LEASE_MS);
    assert!(3 * LEASE_MS < ENTRY_ERASE_MS);
    // A call with the longest fact fits, also while a lease is renewed.
    assert!(FACT_BYTES_MAX + FACT_BYTES_MAX / 4 <= REDIS_BACKLOG_BYTES_MAX);
    assert!(FACT_BYTES_MAX <= FACTS_WAITING_BYTES_MAX);
    assert!(2 * ESCAPE_BYTES_MAX * TEXT_BYTES_MAX + FACT_BYTES_BESIDE_TEXT_MAX <= FACT_BYTES_MAX);
    assert!(ENTRIES_PER_READ_MIN * (FACT_BYTES_MAX + 4 * 1024) <= RESP_REPLY_BYTES_MAX);
    assert!(2 * FLEETING_AHEAD_MAX * FLEETING_BYTES_MAX <= REDIS_BACKLOG_BYTES_MAX);
};
