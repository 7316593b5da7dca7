//! The numbers of one address: what its clients may do together.
//!
//! They are chosen so that 50 people behind one address, all of whom load the page, chat and come
//! back at once after a restart, notice nothing of them, and so that what one address can cause is
//! a small part of what the server can do.

/// Connections at a time from one address. Default of `--per-address`; ergo has 16, ngircd 5.
pub const ADDRESS_CONNECTIONS: usize = 64;
/// Largest part of all places that one address has by default, as a divisor.
pub const PLACES_TO_ADDRESS: usize = 4;
/// New connections at once from one address, in lengths of what it may have at a time: browsers
/// open six for a page, and close them again.
pub const ADDRESS_ARRIVALS_BURST: u64 = 6;
/// New connections per second after that.
pub const ADDRESS_ARRIVALS_PER_S: u64 = 10;
/// New sessions of Engine.IO at once from one address, in lengths of what it may have at a time:
/// everyone comes back twice.
pub const ADDRESS_HANDSHAKES_BURST: u64 = 2;
/// New sessions of Engine.IO per second after that.
pub const ADDRESS_HANDSHAKES_PER_S: u64 = 5;
/// Part of an address's sessions that is left to those who have joined a namespace, as a divisor.
/// All of an office who come back after a restart have asked for a session before one of them, on
/// a network that takes its time, has joined anything.
pub const ADDRESS_TO_JOINED: usize = 8;
/// The pace of an address, in paces of one client: not everybody talks at once.
pub const ADDRESS_TO_CLIENT_PACE: u64 = 5;
/// Bytes per second that an address may say, after the pace of messages.
pub const ADDRESS_BYTES_PER_S: u64 = 128 * 1024;
/// Bytes that it may say at once: four clients paste as much as one may.
pub const ADDRESS_BYTES_BURST: u64 = 4 * mio_socketio::limits::BYTES_BURST;
/// Microseconds of each second of the loop's time that an address may take: a fifth.
pub const ADDRESS_WORK_US_PER_S: u64 = 200_000;
/// Microseconds that it may take at once: others wait for no more.
pub const ADDRESS_WORK_US_BURST: u64 = 50_000;
/// Bytes of memory that all clients together may hold. Default of `--max-memory`.
pub const MEMORY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Part of `--max-memory` that may be held for one address, as a divisor.
pub const MEMORY_TO_ADDRESS: usize = 8;
/// Rooms that those of one address make appear at once, and per hour after that.
pub const ROOMS_BURST: u64 = 100;
/// See [`ROOMS_BURST`].
pub const ROOMS_PER_H: u64 = 200;
/// Rooms up to which they are counted for each who asks for a list.
pub const ROOMS_COUNTED_EACH_TIME_MAX: usize = 500;
/// Milliseconds for which a count of more rooms than that is told again.
pub const ROOMS_COUNTED_MS: u64 = 1_000;
/// Names that those of one address take at once, and per hour after that.
pub const NAMES_BURST: u64 = 200;
/// See [`NAMES_BURST`].
pub const NAMES_PER_H: u64 = 600;
/// People of one address who are kept in the file at once, and per hour after that.
pub const PEOPLE_BURST: u64 = 200;
/// See [`PEOPLE_BURST`].
pub const PEOPLE_PER_H: u64 = 200;
/// Bytes of the file that those of one address fill at once: all that was said there by a thousand
/// people on a busy day.
pub const DISK_BYTES_BURST: u64 = 16 * 1024 * 1024;
/// Bytes of the file that they fill per hour after that; whoever would fill more is read later.
pub const DISK_BYTES_PER_H: u64 = 32 * 1024 * 1024;
/// The part of the largest size of the history that they fill at once at most, as a divisor, and
/// per hour after that.
pub const HISTORY_MAX_TO_DISK_BURST: u64 = 64;
/// See [`HISTORY_MAX_TO_DISK_BURST`].
pub const HISTORY_MAX_TO_DISK_PER_H: u64 = 32;
