//! Limits of one address, which all its clients share.
//!
//! With these numbers 50 people behind one address notice nothing, even if all of them load the
//! page, chat, and come back at once after a restart. At the same time one address can cause only a
//! small part of the load that the server can bear.

/// Connections at a time from one address. Default of `--per-address`; ergo allows 16, ngircd 5.
pub const ADDRESS_CONNECTIONS: usize = 64;
/// Largest part of all places that one address gets by default, as a divisor.
pub const PLACES_TO_ADDRESS: usize = 4;
/// New connections at once from one address, as a multiple of its connections at a time: browsers
/// open six for a page, and close them again.
pub const ADDRESS_ARRIVALS_BURST: u64 = 6;
/// New connections per second after that.
pub const ADDRESS_ARRIVALS_PER_S: u64 = 10;
/// New sessions of Engine.IO at once from one address, as a multiple of its connections at a time:
/// enough for everyone to come back twice.
pub const ADDRESS_HANDSHAKES_BURST: u64 = 2;
/// New sessions of Engine.IO per second after that.
pub const ADDRESS_HANDSHAKES_PER_S: u64 = 5;
/// Part of an address's sessions reserved for clients that have joined a namespace, as a divisor.
/// After a restart, a whole office asks for sessions at once, and on a slow network all of them may
/// have asked before one has joined anything.
pub const ADDRESS_TO_JOINED: usize = 8;
/// The pace of an address, as a multiple of one client's pace: not everybody talks at once.
pub const ADDRESS_TO_CLIENT_PACE: u64 = 5;
/// Bytes of messages per second from one address, after the burst.
pub const ADDRESS_BYTES_PER_S: u64 = 128 * 1024;
/// Bytes of messages at once from one address: four clients paste as much as one client may.
pub const ADDRESS_BYTES_BURST: u64 = 4 * mio_socketio::limits::BYTES_BURST;
/// Microseconds of each second of the loop's time that an address may take: a fifth.
pub const ADDRESS_WORK_US_PER_S: u64 = 200_000;
/// Microseconds that it may take at once; others wait no longer than that.
pub const ADDRESS_WORK_US_BURST: u64 = 50_000;
/// Bytes of memory that all clients together may hold. Default of `--max-memory`.
pub const MEMORY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Part of `--max-memory` that may be held for one address, as a divisor.
pub const MEMORY_TO_ADDRESS: usize = 8;
/// Rooms that clients of one address may create at once, and per hour after that.
pub const ROOMS_BURST: u64 = 100;
/// See [`ROOMS_BURST`].
pub const ROOMS_PER_H: u64 = 200;
/// Rooms to which people of one address give rules at once. Those who keep order in the chat are
/// not counted.
pub const RULED_ROOMS_BURST: u64 = 20;
/// Such rooms per hour after that.
pub const RULED_ROOMS_PER_H: u64 = 2;
/// New rooms that belong at once to people of one address who began them. More belong to nobody.
pub const OWNED_ROOMS_BURST: u64 = 100;
/// Such rooms per hour after that.
pub const OWNED_ROOMS_PER_H: u64 = 10;
/// Rooms up to which they are counted for each request for a list.
pub const ROOMS_COUNTED_EACH_TIME_MAX: usize = 500;
/// Milliseconds for which a count of more rooms than that is reused.
pub const ROOMS_COUNTED_MS: u64 = 1_000;
/// Names that clients of one address may take at once, and per hour after that.
pub const NAMES_BURST: u64 = 200;
/// See [`NAMES_BURST`].
pub const NAMES_PER_H: u64 = 600;
/// Private messages from one address to people who are not here at once, to any of them: an office
/// leaves notes for its people. A name that nobody has costs as much, so that trying names tells no
/// more than `/nick` does.
pub const MAIL_BURST: u64 = 200;
/// Such messages per hour after that.
pub const MAIL_PER_H: u64 = 300;
/// People of one address who may be added to the file at once, and per hour after that.
pub const PEOPLE_BURST: u64 = 200;
/// See [`PEOPLE_BURST`].
pub const PEOPLE_PER_H: u64 = 200;
/// Bytes of the file that clients of one address may fill at once: everything that a thousand
/// people say on a busy day.
pub const DISK_BYTES_BURST: u64 = 16 * 1024 * 1024;
/// Bytes of the file that they may fill per hour after that. An address over the limit is read
/// later.
pub const DISK_BYTES_PER_H: u64 = 32 * 1024 * 1024;
/// The largest part of the history's maximum size that they may fill at once, as a divisor, and per
/// hour after that.
pub const HISTORY_MAX_TO_DISK_BURST: u64 = 64;
/// See [`HISTORY_MAX_TO_DISK_BURST`].
pub const HISTORY_MAX_TO_DISK_PER_H: u64 = 32;
