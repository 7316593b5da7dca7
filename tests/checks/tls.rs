//! Input of TLS, from clients that have no keys.

use super::cost::bounded_once;
use super::cuts::Cuts;
use mio_wire::limits::{TLS_KEPT_BYTES_MAX, TLS_RECORD_BYTES_MAX};
use mio_wire::tls::{Tls, TlsClient, TlsError, TlsServer};
use std::sync::OnceLock;

/// A certificate for `localhost` and its key, which are nobody's.
const FILES: &[u8] = include_bytes!("localhost.pem");

/// A server takes any bytes in bounded memory, and ends in the same way at every split. If they
/// come after a handshake (when the first byte is odd), nothing of them is ever text, because their
/// sender does not have the keys.
pub(crate) fn tls_input(data: &[u8]) {
    let cuts = Cuts::new(data);
    let is_open = cuts.options % 2 == 1;
    let splits = cuts.splits();
    let mut ends = splits.iter().map(|split| bounded_once(|| given(split, is_open)));
    let whole = ends.next();
    assert!(ends.all(|other| Some(&other) == whole.as_ref()), "{whole:?}");
}

/// Gives these pieces to a server. Returns the error at their end.
fn given(pieces: &[&[u8]], is_open: bool) -> Option<TlsError> {
    static SERVER: OnceLock<TlsServer> = OnceLock::new();
    let server = SERVER.get_or_init(|| TlsServer::new(FILES, FILES).expect("good files"));
    let mut tls = server.accept().expect("a connection");
    if is_open {
        shake_hands(&mut tls);
    }
    let (mut text, mut out) = (vec![0; TLS_RECORD_BYTES_MAX], Vec::new());
    for piece in pieces {
        match tls.receive(&mut piece.to_vec(), &mut text, &mut out) {
            Ok(received) => {
                assert_eq!(received.text, 0, "nobody without keys says anything");
                assert!(!received.has_more);
            }
            Err(error) => return Some(error),
        }
        assert!(tls.held_bytes() <= 2 * TLS_KEPT_BYTES_MAX, "{} bytes", tls.held_bytes());
        assert_eq!(tls.is_open(), is_open, "a handshake needs both sides");
    }
    None
}

/// Lets a client do its handshake with the server.
fn shake_hands(server: &mut Tls) {
    static CLIENT: OnceLock<TlsClient> = OnceLock::new();
    let client = CLIENT.get_or_init(|| TlsClient::trusting(FILES, &[]).expect("a certificate"));
    let mut client = client.connect("localhost").expect("a name");
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    while !server.is_open() || !client.is_open() {
        client.receive(&mut to_client, &mut [], &mut to_server).expect("sound");
        to_client.clear();
        server.receive(&mut to_server, &mut [], &mut to_client).expect("sound");
        to_server.clear();
    }
}
