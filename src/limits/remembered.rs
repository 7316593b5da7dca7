//! Limits for people who come back.

/// People who are remembered in memory while there is no file, or it cannot be written.
pub const PEOPLE_WAITING_MAX: usize = 10_000;
/// People who came and went without a message, and are remembered for a moment, in memory.
pub const STRANGERS_REMEMBERED_MAX: usize = 1_000;
/// Absent people who are kept in the file; if there are more, they are forgotten at the next start.
pub const PEOPLE_REMEMBERED_MAX: i64 = 100_000;
/// Milliseconds for which they are kept: 90 days.
pub const PEOPLE_REMEMBERED_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Milliseconds for which a token is valid: 90 days. After half of them its owner gets the next
/// one.
pub const TOKEN_MS: i64 = PEOPLE_REMEMBERED_MS;
/// Bytes of a payload of namespace `/` that are kept for those who come back; of a longer payload
/// only the text is kept.
pub const PAYLOAD_KEPT_BYTES_MAX: usize = 16 * 1024;
/// Private messages from one address that wait for an absent person.
pub const MAILBOX_ADDRESS_MAX: u32 = 100;
/// Private messages that wait for an absent person, from all addresses together.
pub const MAILBOX_MAX: u32 = 1_000;
/// People for whom waiting messages are counted in memory; beyond that the smallest count is
/// dropped. That of a registered person begins anew with the messages in the file.
pub const MAILBOXES_MAX: usize = 5_000;
/// Waiting messages that a person who logs in is given, the newest ones. All of them are in their
/// private conversations.
pub const MAILBOX_GIVEN_MAX: usize = 100;
/// Posts of one person whose keys are remembered.
pub const POSTS_REMEMBERED_MAX: usize = 256;
/// Bytes of such a key; a UUID has 36.
pub const POST_KEY_BYTES_MAX: usize = 64;
/// Private conversations examined for one request, the latest first; this many of those with missed
/// messages are returned with their messages.
pub const CONVERSATIONS_MAX: usize = 100;
/// Private conversations whose missed messages are counted: as many as there can be people who have
/// left a message.
pub const CONVERSATIONS_COUNTED_MAX: usize = MAILBOX_MAX as usize;
/// People added before the server checks whether there are too many.
pub const PEOPLE_KEPT_SWEEP: usize = 1_000;
/// People, and private conversations of one of them, forgotten at once: about 2 ms.
pub const PEOPLE_FORGOTTEN_AT_ONCE: i64 = 50;
