//! Limits for proxies, and for operators.

/// Entries of `X-Forwarded-For` or `Forwarded` that are examined, from the right: more than any
/// chain of proxies has. Beyond them, the last examined entry counts as the client.
pub const PROXY_HOPS_MAX: usize = 16;
/// Time for the first bytes of a connection from a proxy's address; after that it counts as a
/// person's. Proxies send their header at once, and no person types that fast.
pub const PROXY_WAIT_MS: u64 = 25;
/// Time for the rest of a PROXY header; the specification asks for 3 s, in which TCP sends a lost
/// segment again.
pub const PROXY_HEADER_MS: u64 = 3_000;
/// Least time between two log lines about proxies that are not trusted.
pub const PROXY_LOG_MS: u64 = 60_000;
/// Connections at a time at the operators' door, besides those of clients: a monitor or two, a
/// probe, and a person who looks.
pub const OPERATORS_MAX: usize = 8;
/// Connections at a time beyond all places, at the HTTP door, so that even a full server answers a
/// supervisor's probe and a monitor.
pub const SPARE_PLACES: usize = 8;
/// The part of these that one address may have at a time: a probe, and a monitor.
pub const SPARE_PLACES_OF_ADDRESS: usize = 2;
/// The part of them that this machine and the trusted proxies may have together. Probes and
/// monitors come from there, but so may other clients, which must not shut out a probe from
/// elsewhere.
pub const SPARE_PLACES_OF_SHARED: usize = SPARE_PLACES - SPARE_PLACES_OF_ADDRESS;
/// Time from the arrival of a client at a full server to its answer, which is the last one: a probe
/// asks at once.
pub const SPARE_REQUEST_MS: u64 = 2_000;

use super::READ_CHUNK_BYTES;
use mio_wire::limits::PROXY_V2_BYTES_MAX;

const _: () = {
    assert!(SPARE_PLACES_OF_ADDRESS <= SPARE_PLACES_OF_SHARED);
    assert!(PROXY_V2_BYTES_MAX < READ_CHUNK_BYTES);
    assert!(PROXY_WAIT_MS < PROXY_HEADER_MS);
};
