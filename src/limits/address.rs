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
pub const ADDRESS_BYTES_BURST: u64 = 4 * super::BYTES_BURST;
/// Microseconds of each second of the loop's time that an address may take: a fifth.
pub const ADDRESS_WORK_US_PER_S: u64 = 200_000;
/// Microseconds that it may take at once: others wait for no more.
pub const ADDRESS_WORK_US_BURST: u64 = 50_000;
/// Microseconds of each second that an address may take before its clients come after all others
/// in each turn: far less than it may take in all, so that many addresses that work together come
/// after those who only talk.
pub const GREEDY_WORK_US_PER_S: u64 = 10_000;
/// Microseconds beyond that pace after which they do.
pub const GREEDY_WORK_US: u64 = 5_000;
/// The same while all addresses together take much of the loop's time: many newcomers who have the
/// server work at the same moment come after those who only talk, who need some 20 for a line.
pub const GREEDY_WORK_US_WHEN_BUSY: u64 = 500;
/// Microseconds of each second that all addresses take together before that is much.
pub const BUSY_WORK_US_PER_S: u64 = 200_000;
/// Microseconds beyond that pace after which it is.
pub const BUSY_WORK_US: u64 = 20_000;
/// Time after which that is forgotten at the latest.
pub const GREEDY_MS_MAX: u64 = 10_000;
/// Least time in milliseconds for which those of an address wait that has caused too much. All of
/// them are looked at when it is over: were that at once, and again at once, waiting alone would
/// be too much.
pub const ADDRESS_WAIT_MS_MIN: u64 = 10;
/// Bytes of memory that all clients together may hold. Default of `--max-memory`.
pub const MEMORY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Clients that are closed at once because too much is held.
pub const CLOSED_FOR_MEMORY_PER_TURN_MAX: usize = 16;
/// Part of `--max-memory` that may be held for one address, as a divisor.
pub const MEMORY_TO_ADDRESS: usize = 8;
/// Part of all places that may be taken by sessions which have not joined a namespace, as a
/// divisor.
pub const PLACES_TO_UNJOINED: usize = 10;
/// Time after which such a session makes room for another: a client that means to join does so at
/// once, but its network may be slow.
pub const UNJOINED_MS_MIN: u64 = 10_000;
/// Sessions that are looked at to find one that has not joined.
pub const UNJOINED_LOOKED_AT_MAX: usize = 1_000;
/// Time for which a connection has rested between two requests at least before it makes room for
/// another of its address. Browsers keep the six that they have loaded a page by, and ask anew by
/// another where one is closed: those who come after them wait for no longer than this.
pub const REST_MS_MIN: u64 = 100;
/// The same before it makes room for anyone: a first request may still be on its way.
pub const REST_MS_MIN_WHEN_FULL: u64 = 2_000;
/// Connections that may come to rest, or have gone, before those that have gone are forgotten.
pub const RESTING_MAX: usize = 256;
/// Bytes of an answer that are about as much work to write as one message to one client.
pub const ANSWER_BYTES_PER_SEND: u64 = 16 * 1024;
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
/// Addresses that are known at a time; of more, those are forgotten that have been idle for
/// longest.
pub const ACCOUNTS_MAX: usize = 65_536;
/// Milliseconds after which an idle address is forgotten: what is counted by the hour is over.
pub const ACCOUNT_IDLE_MS: u64 = 60 * 60 * 1_000;
/// Seconds after which whoever is refused by HTTP may ask again (RFC 9110 10.2.3): what an address
/// has too much of comes back in less.
pub const RETRY_AFTER_S: &str = "5";
/// Refusals of one address that are logged at once.
pub const REFUSALS_LOGGED_BURST: u64 = 5;
/// Refusals per second that are logged after that; the others are counted in the next line.
pub const REFUSALS_LOGGED_PER_S: u64 = 1;
/// Lines that are logged at once about those, of all addresses, who are refused something or have
/// joined nothing: whoever has many addresses, or invents them, fills the log by none.
pub const STRANGERS_LOGGED_BURST: u64 = 500;
/// Lines about them per second after that: some 8 KB.
pub const STRANGERS_LOGGED_PER_S: u64 = 50;
/// Time after which it is told how many lines were left out.
pub const UNLOGGED_TOLD_MS: u64 = 1_000;
