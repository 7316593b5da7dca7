//! The numbers of people who come back.

/// People who are remembered while there is no file to keep them in, or while it cannot be written.
pub const PEOPLE_WAITING_MAX: usize = 10_000;
/// People who have come and gone without a word, and are remembered for a moment: in memory.
pub const STRANGERS_REMEMBERED_MAX: usize = 1_000;
/// People who are kept in the file though they are gone; more are forgotten at the next start.
pub const PEOPLE_REMEMBERED_MAX: i64 = 100_000;
/// Milliseconds for which they are kept: 90 days.
pub const PEOPLE_REMEMBERED_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Milliseconds for which a token is good: 90 days. When half of them are over, its owner is given
/// the next one.
pub const TOKEN_MS: i64 = PEOPLE_REMEMBERED_MS;
/// Bytes of a payload of namespace `/` that are kept for those who come back, or else its text.
pub const PAYLOAD_KEPT_BYTES_MAX: usize = 16 * 1024;
/// Private messages from one address that wait for one who is away.
pub const MAILBOX_ADDRESS_MAX: u32 = 100;
/// Private messages that wait for one who is away, from all together.
pub const MAILBOX_MAX: u32 = 1_000;
/// Posts of one person that are known again by their keys.
pub const POSTS_REMEMBERED_MAX: usize = 256;
/// Bytes of such a key; a UUID has 36.
pub const POST_KEY_BYTES_MAX: usize = 64;
/// Private conversations looked through for one request, the latest first; of those in which
/// something was missed, so many come with their messages.
pub const CONVERSATIONS_MAX: usize = 100;
/// Private conversations in which it is counted what was missed: as many as there can be of those
/// who have left a message.
pub const CONVERSATIONS_COUNTED_MAX: usize = MAILBOX_MAX as usize;
/// People kept after which it is looked whether there are too many.
pub const PEOPLE_KEPT_SWEEP: usize = 1_000;
/// People, and private conversations of one of them, that are forgotten at once: about 2 ms.
pub const PEOPLE_FORGOTTEN_AT_ONCE: i64 = 50;
