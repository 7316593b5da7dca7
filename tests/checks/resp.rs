//! Replies of Redis.

use super::cost::bounded_once;
use super::cuts::Cuts;
use mio_wire::limits::RESP_REPLY_BYTES_MAX;
use mio_wire::resp::{Decoder, Error};

/// Replies are found, and other bytes refused, in the same way at every split, and the kept bytes
/// are bounded.
pub(crate) fn resp_replies(data: &[u8]) {
    let cuts = Cuts::new(data);
    let splits = cuts.splits();
    let mut found = splits.iter().map(|split| bounded_once(|| replies(split)));
    let whole = found.next();
    assert!(found.all(|other| Some(&other) == whole.as_ref()), "{whole:?}");
}

/// The replies in these pieces, written out, and the error at their end.
fn replies(pieces: &[&[u8]]) -> (Vec<String>, Option<Error>) {
    let mut decoder = Decoder::default();
    let mut all = Vec::new();
    for mut piece in pieces.iter().copied() {
        loop {
            let before = piece.len();
            match decoder.next(&mut piece) {
                Ok(Some(reply)) => {
                    let items = reply.items();
                    let length = items.as_ref().map_or(0, |items| items.len());
                    assert_eq!(items.map_or(0, Iterator::count), length);
                    all.push(format!("{reply:?}"));
                }
                Ok(None) => break,
                Err(error) => return (all, Some(error)),
            }
            assert!(piece.len() <= before);
        }
        assert!(piece.is_empty(), "incomplete input is kept");
        assert!(decoder.kept_bytes() <= RESP_REPLY_BYTES_MAX);
    }
    (all, None)
}
