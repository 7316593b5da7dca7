//! The numbers of one address: what its clients may do together.
//!
//! They are chosen so that 50 people behind one address, all of whom load the page, chat and come
//! back at once after a restart, notice nothing of them, and so that what one address can cause is
//! a small part of what the server can do.

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
/// Clients that are closed at once because too much is held.
pub const CLOSED_FOR_MEMORY_PER_TURN_MAX: usize = 16;
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
