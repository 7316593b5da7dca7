//! Limits of registered people.

/// Shortest password in bytes, as NIST SP 800-63B has it.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// Longest password in bytes: longer ones cost time and protect no better.
pub const PASSWORD_BYTES_MAX: usize = 128;
/// Attempts to register or to log in that clients of one address may make at once.
pub const PASSWORDS_BURST: u64 = 5;
/// Such attempts per hour after that: five in ten seconds.
pub const PASSWORDS_PER_H: u64 = 5 * 360;
/// Wrong passwords for one name, from any addresses, after which further ones wait before they are
/// checked.
pub const GUESSES_FREE: u64 = 10;
/// The wait of the next one. It doubles with each wrong password.
pub const GUESS_DELAY_MS: u64 = 1_000;
/// The longest wait.
pub const GUESS_DELAY_MS_MAX: u64 = 20_000;
/// Time after which one wrong password is forgotten.
pub const GUESS_FORGOTTEN_MS: u64 = 60_000;
/// Passwords for one name that may wait so. With the longest wait, this many are checked each
/// [`GUESS_DELAY_MS_MAX`], whatever the number of addresses. If there are more, an address that has
/// the most gives one up.
pub const GUESSES_HELD_MAX: usize = 32;
/// Passwords for one name, from one address, that may wait so.
pub const GUESSES_HELD_PER_ADDRESS_MAX: usize = 2;
/// Passwords for all names, from one address, that may wait so.
pub const PASSWORDS_HELD_PER_ADDRESS_MAX: usize = 4;
/// Passwords for all names that may wait so. If there are more, an address that has the most gives
/// one up.
pub const PASSWORDS_HELD_MAX: usize = 256;
/// Names whose wrong passwords are counted at a time.
pub const GUESSED_NAMES_MAX: usize = 1_000;
/// Addresses that are known for each name, because the right password has come from there.
pub const GUESSES_KNOWN_ADDRESSES_MAX: usize = 8;
/// Passwords that wait to be hashed. The last one waits for some three seconds.
pub const PASSWORDS_WAITING_MAX: usize = 64;
/// Time after which a password that waits is given up, because the process for it hangs.
pub const PASSWORD_WAIT_MS: u64 = 10_000;
/// Time between two looks whether a password has been hashed, while one is.
pub const PASSWORD_LOOK_MS: u64 = 10;
/// Time after which the process that hashes passwords ends, if nothing more comes.
pub const HASHER_IDLE_MS: u64 = 2_000;
/// Passwords after which it ends at the next opportunity, so that it never lives for long.
pub const HASHER_PASSWORDS: usize = 200;
/// Time after which it is killed. By then it has ended, unless it hangs.
pub const HASHER_KILL_MS: u64 = 60_000;
/// Longest hash of a password in bytes; argon2id's with a salt of 16 bytes has 97.
pub const PASSWORD_HASH_BYTES_MAX: usize = 256;
/// Bytes of a line to that process, or from it: a password, in which each byte may be escaped as
/// six, and a hash.
pub const HASHER_LINE_BYTES_MAX: usize = 2048;
/// Milliseconds for which a registered person's former name is nobody else's: 30 days.
pub const NAME_FORMER_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Former names of one registered person; if there are more, the oldest is free.
pub const NAMES_FORMER_MAX: i64 = 3;
/// Devices of one registered person; if there are more, the one that was used longest ago ends.
pub const DEVICES_MAX: i64 = 20;
/// Letters and digits of an invitation's code, of 31 each: 79 bits.
pub const INVITATION_CODE_CHARS: usize = 16;
/// Letters between two hyphens of a code.
pub const INVITATION_GROUP_CHARS: usize = 4;
/// People who come in by an invitation, by default.
pub const INVITATION_USES: u32 = 1;
/// People who may come in by one invitation.
pub const INVITATION_USES_MAX: u32 = 10_000;
/// Milliseconds for which an invitation is good, by default: 7 days.
pub const INVITATION_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// Milliseconds for which an invitation is good at most: 366 days.
pub const INVITATION_MS_MAX: i64 = 366 * 24 * 60 * 60 * 1000;
/// Invitations in the file. Those that have ended go when the next one is made.
pub const INVITATIONS_MAX: i64 = 10_000;
/// Invitations of an operator's that are told to other nodes at once.
pub const INVITATIONS_TOLD_AT_ONCE: i64 = 100;
/// Invitations to the chat and to rooms that people of one address may make at once.
pub const INVITATIONS_BURST: u64 = 50;
/// Invitations per hour after that.
pub const INVITATIONS_PER_H: u64 = 50;
/// Hooks of one chat.
pub const HOOKS_MAX: i64 = 1_000;
/// Hooks of an operator's that are told to other nodes at once.
pub const HOOKS_TOLD_AT_ONCE: i64 = 100;
/// Bytes of what is posted to a hook: the longest events of GitHub that matter are below that.
pub const HOOK_BODY_BYTES_MAX: usize = 256 * 1024;
/// Posts of one hook per second, after a burst.
pub const HOOK_POSTS_PER_S: u64 = 1;
/// Posts of one hook at once.
pub const HOOK_POSTS_BURST: u64 = 20;
/// Alerts that are named in one message.
pub const HOOK_ALERTS_NAMED_MAX: usize = 5;
/// Keys of an object without a text that the answer names.
pub const HOOK_KEYS_NAMED_MAX: usize = 10;
/// Characters of a title in a message of a hook's.
pub const HOOK_TITLE_CHARS_MAX: usize = 200;
/// Time for which a client of lines may be there without having come in, where not everybody may.
pub const OUTSIDE_MS: u64 = 120_000;
/// New passwords, and people whom an operator has forgotten, that are told to other nodes at once.
pub const RESETS_TOLD_AT_ONCE: i64 = 100;
/// Changes of registered people that wait in memory while the file cannot be written.
pub const REGISTRATIONS_WAITING_MAX: usize = 1_000;
/// Facts that an earlier server has promised and that are applied at once. Their changes fit into
/// the memory for waiting ones.
pub const PROMISES_AT_ONCE_MAX: usize = 100;
/// Longest id of a person in bytes. Those that servers make are shorter.
pub const PERSON_ID_BYTES_MAX: usize = 128;
/// People with a role in the whole chat; more are not heeded.
pub const ROLES_MAX: i64 = 1_000;
/// Longest reason of somebody who keeps order, in bytes; the rest is cut off.
pub const WHY_BYTES_MAX: usize = 200;
/// People who want no notices of comings and goings.
pub const QUIET_MAX: usize = 100_000;
/// Milliseconds for which the addresses of a registered person who is banned are banned too.
pub const BANNED_ADDRESS_MS: i64 = 60 * 60 * 1000;
/// Owners of one room.
pub const ROOM_OWNERS_MAX: usize = 32;
/// Rooms that have an owner.
pub const ROOMS_OWNED_MAX: usize = 10_000;
/// Rooms that one person owns: a hundredth of all.
pub const ROOMS_OWNED_OF_ONE_MAX: usize = 100;
/// Acts of people who keep order that are in the log; if there are more, the oldest go.
pub const DEEDS_KEPT_MAX: i64 = 10_000;
/// Milliseconds for which an act is in the log: 90 days.
pub const DEEDS_KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// Acts that wait in memory while the file cannot be written.
pub const DEEDS_WAITING_MAX: usize = 1_000;
/// Shortest time of a ban or a mute.
pub const BAN_MS_MIN: u64 = 1_000;
/// Longest time of a ban or a mute, some ten years: an end that every program can show as a date.
pub const BAN_MS_MAX: u64 = 3_660 * 24 * 60 * 60 * 1_000;
/// Bans that are listed for somebody who keeps order.
pub const BANS_LISTED_MAX: usize = 200;
/// Bits of the widest IPv4 network that a moderator may ban: 65,536 addresses.
pub const BANNED_BITS_MIN_V4: u8 = 16;
/// Bits of the widest IPv6 network that a moderator may ban: what a provider gives a customer.
pub const BANNED_BITS_MIN_V6: u8 = 32;

const _: () = {
    assert!(6 * PASSWORD_BYTES_MAX + PASSWORD_HASH_BYTES_MAX + 128 < HASHER_LINE_BYTES_MAX);
    assert!(HASHER_IDLE_MS < HASHER_KILL_MS && PASSWORD_WAIT_MS < HASHER_KILL_MS);
};
