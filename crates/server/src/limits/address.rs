//! Limits of one address, which all its clients share.
//!
//! With these numbers 50 people behind one address notice nothing, even if all of them load the
//! page, chat, and come back at once after a restart. At the same time one address can cause only a
//! small part of the load that the server can bear.

/// Microseconds of each second that an address may take before its clients come after all others in
/// each turn. This is far below the limit of an address, so that many addresses in league come
/// after people who only talk.
pub const GREEDY_WORK_US_PER_S: u64 = 10_000;
/// Microseconds beyond that pace after which its clients come last.
pub const GREEDY_WORK_US: u64 = 5_000;
/// Microseconds beyond [`GREEDY_WORK_US_PER_S`] after which an address's clients come last while
/// all addresses together take much of the loop's time. A line of a person who only talks takes
/// some 20, so people come before many newcomers that make the server work at the same moment.
pub const GREEDY_WORK_US_WHEN_BUSY: u64 = 500;
/// Microseconds of each second, taken by all addresses together, that count as much.
pub const BUSY_WORK_US_PER_S: u64 = 200_000;
/// Microseconds beyond that pace after which the loop counts as busy.
pub const BUSY_WORK_US: u64 = 20_000;
/// Longest time after which that is forgotten.
pub const GREEDY_MS_MAX: u64 = 10_000;
/// Least wait in milliseconds for the clients of an address that has caused too much. After a wait
/// all of these clients are examined; without a least wait, that would be too much work in itself.
pub const ADDRESS_WAIT_MS_MIN: u64 = 10;
/// Clients closed in one turn because too much memory is held.
pub const CLOSED_FOR_MEMORY_PER_TURN_MAX: usize = 16;
/// Part of all places that sessions without a namespace may take, as a divisor.
pub const PLACES_TO_UNJOINED: usize = 10;
/// Time after which such a session makes room for another: a client that means to join does so at
/// once, but its network may be slow.
pub const UNJOINED_MS_MIN: u64 = 10_000;
/// Sessions examined to find one that has not joined.
pub const UNJOINED_LOOKED_AT_MAX: usize = 1_000;
/// Least time that a connection must have been idle between two requests before it makes room for
/// another of its address. Browsers keep the six connections with which they have loaded a page,
/// and open another one if one is closed: later clients wait no longer than this.
pub const REST_MS_MIN: u64 = 100;
/// Least time that a connection must have been idle before it makes room for a client of any
/// address: its first request may still be on its way.
pub const REST_MS_MIN_WHEN_FULL: u64 = 2_000;
/// Connections that may become idle, or close, before the closed ones are forgotten.
pub const RESTING_MAX: usize = 256;
/// Bytes of an answer that cost about as much to write as one message to one client.
pub const ANSWER_BYTES_PER_SEND: u64 = 16 * 1024;
/// Known addresses at a time; beyond that, those that have been idle longest are forgotten.
pub const ACCOUNTS_MAX: usize = 65_536;
/// Milliseconds after which an idle address is forgotten: limits per hour have recovered by then.
pub const ACCOUNT_IDLE_MS: u64 = 60 * 60 * 1_000;
/// Seconds after which a client refused over HTTP may try again (RFC 9110 10.2.3): the limits of an
/// address recover sooner.
pub const RETRY_AFTER_S: &str = "5";
/// Refusals of one address that are logged at once.
pub const REFUSALS_LOGGED_BURST: u64 = 5;
/// Refusals per second that are logged after that; the others are counted in the next line.
pub const REFUSALS_LOGGED_PER_S: u64 = 1;
/// Log lines at once about clients of all addresses that are refused or have joined nothing: a
/// client with many addresses, real or invented, cannot fill the log.
pub const STRANGERS_LOGGED_BURST: u64 = 500;
/// Lines about them per second after that: some 8 KB.
pub const STRANGERS_LOGGED_PER_S: u64 = 50;
/// Time after which the log tells how many lines were left out.
pub const UNLOGGED_TOLD_MS: u64 = 1_000;
