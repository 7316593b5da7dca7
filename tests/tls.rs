//! The real program over TLS, on loopback: both doors, their certificate, and hostile handshakes.
//! The tests make their certificates. Every wait has a deadline, and the system chooses every port.

#[path = "tls/certificates.rs"]
mod certificates;
#[path = "tls/clients.rs"]
mod clients;
#[path = "tls/doors.rs"]
mod doors;
#[path = "tls/handshakes.rs"]
mod handshakes;
#[allow(dead_code, unused_imports, reason = "shared with the tests of the line door")]
#[path = "loopback/harness.rs"]
mod harness;
#[allow(dead_code, reason = "shared with the tests of the line door")]
#[path = "loopback/process.rs"]
mod process;
#[path = "tls/proxies.rs"]
mod proxies;
#[path = "tls/restarts.rs"]
mod restarts;
#[path = "tls/secure.rs"]
mod secure;
#[allow(dead_code, reason = "shared with the tests of the line door")]
#[path = "loopback/stream.rs"]
mod stream;
#[path = "tls/tools.rs"]
mod tools;
