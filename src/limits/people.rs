//! The numbers of people who come back.

/// People who are remembered while there is no file to keep them in, or while it cannot be written.
pub const PEOPLE_WAITING_MAX: usize = 10_000;
/// People who are kept in the file though they are gone; more are forgotten at the next start.
pub const PEOPLE_REMEMBERED_MAX: i64 = 100_000;
/// Milliseconds for which they are kept: 90 days.
pub const PEOPLE_REMEMBERED_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Bytes of a payload of namespace `/` that are kept for those who come back, or else its text.
pub const PAYLOAD_KEPT_BYTES_MAX: usize = 16 * 1024;
/// Time for which the nick of one who has gone is kept for their return.
pub const NICK_HELD_MS: u64 = 120_000;
/// Posts of one person that are known again by their keys.
pub const POSTS_REMEMBERED_MAX: usize = 256;
/// Bytes of such a key; a UUID has 36.
pub const POST_KEY_BYTES_MAX: usize = 64;
/// Private conversations looked through for one request, the latest first; whoever has missed
/// something in more begins anew.
pub const CONVERSATIONS_MAX: usize = 100;
/// People kept after which it is looked whether there are too many.
pub const PEOPLE_KEPT_SWEEP: usize = 1_000;
/// People, and private conversations of one of them, that are forgotten at once: about 2 ms.
pub const PEOPLE_FORGOTTEN_AT_ONCE: i64 = 50;
