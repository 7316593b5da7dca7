//! Numbers about proxies, and about those who look after the server.

/// Entries of `X-Forwarded-For` or `Forwarded` that are looked at, from the right: more proxies
/// than stand behind each other anywhere. Who is behind more of them is the last that was looked
/// at.
pub const PROXY_HOPS_MAX: usize = 16;
/// Time for the first bytes of a connection from a proxy's address, before it is taken for a
/// person's: proxies send their header at once, and nobody at a keyboard is as fast as this.
pub const PROXY_WAIT_MS: u64 = 25;
/// Time for a PROXY header that has begun to come; the specification asks for 3 s, in which TCP
/// sends a lost segment again.
pub const PROXY_HEADER_MS: u64 = 3_000;
/// Least time between two log lines about proxies that are not believed.
pub const PROXY_LOG_MS: u64 = 60_000;
/// Connections at a time at the door of those who run the server, besides those of its clients: a
/// monitor or two, a probe, and somebody who looks.
pub const OPERATORS_MAX: usize = 8;
/// Connections at a time beyond all places, at the HTTP door: a full server, too, answers a
/// supervisor's probe and a monitor.
pub const SPARE_PLACES: usize = 8;
/// Of these, how many one address may have at a time: a probe, and a monitor.
pub const SPARE_PLACES_OF_ADDRESS: usize = 2;
/// How many this machine and the proxies that are believed may have together: probes and monitors
/// come from there, but so may others, who are not to shut out a probe from elsewhere.
pub const SPARE_PLACES_OF_SHARED: usize = SPARE_PLACES - SPARE_PLACES_OF_ADDRESS;
/// Time from the arrival of one who came when all places were taken to the answer, which is the
/// last one: whoever probes asks at once.
pub const SPARE_REQUEST_MS: u64 = 2_000;

use super::READ_CHUNK_BYTES;
use mio_wire::limits::PROXY_V2_BYTES_MAX;

const _: () = {
    assert!(SPARE_PLACES_OF_ADDRESS <= SPARE_PLACES_OF_SHARED);
    assert!(PROXY_V2_BYTES_MAX < READ_CHUNK_BYTES);
    assert!(PROXY_WAIT_MS < PROXY_HEADER_MS);
};
