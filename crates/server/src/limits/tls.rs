//! Limits of connections that speak TLS.

use super::READ_CHUNK_BYTES;
use mio_wire::limits::{TLS_KEPT_BYTES_MAX, TLS_RECORD_BYTES_MAX};

/// Time for the handshake of a connection that has come in; nats allows 2 s. On a slow network a
/// handshake takes two round trips, and a lost segment one second more.
pub const HANDSHAKE_MS: u64 = 5_000;
/// Handshakes that go on in one turn, in each of which the server signs once at most: 0.1 ms with
/// a key of ECDSA, 0.6 ms with one of RSA (2048 bits). The others go on in the next turns.
pub const HANDSHAKES_PER_TURN_MAX: usize = 8;
/// Reads of one connection for its handshake in one turn: it needs two.
pub const HANDSHAKE_READS_PER_TURN_MAX: usize = 4;
/// Bytes of records that are read at once, into a buffer that all connections share.
pub const TLS_READ_BYTES: usize = 32 * 1024;
/// Reads that bring no text before a connection waits for the next turn.
pub const TLS_READS_MAX: usize = 4;
/// Bytes of text that are encrypted at once. The part that the socket does not take waits in the
/// connection, encrypted, in addition to its outbox.
pub const TLS_WRITE_BYTES_MAX: usize = 64 * 1024;
/// Time from one look at the files of the certificate to the next.
pub const CERTIFICATE_LOOK_MS: u64 = 10_000;
/// Days before the end of the certificate from which on the log warns of it. Programs that renew
/// certificates do so some 30 days before.
pub const CERTIFICATE_DAYS_LEFT: i64 = 14;
/// Time from one such warning to the next: a day.
pub const CERTIFICATE_WARNING_MS: u64 = 86_400_000;
/// Longest file of a certificate or a key. A chain has a few KB.
pub const CERTIFICATE_BYTES_MAX: u64 = 1024 * 1024;

const _: () = {
    assert!(TLS_RECORD_BYTES_MAX <= READ_CHUNK_BYTES && TLS_KEPT_BYTES_MAX <= TLS_READ_BYTES);
    assert!(TLS_RECORD_BYTES_MAX <= TLS_WRITE_BYTES_MAX);
};
