//! Headers of the PROXY protocol.

use super::cost::bounded;
use super::cuts::Cuts;
use mio_wire::limits::{PROXY_V1_BYTES_MAX, PROXY_V2_BYTES_MAX};
use mio_wire::proxy::{Header, SIGNATURE, Start, start};

/// A header is found, or found to be malformed, in the same way at every split, and within its
/// bounds.
pub(crate) fn proxy_header(data: &[u8]) {
    let cuts = Cuts::new(data);
    let mut answers = Vec::new();
    for split in cuts.splits() {
        let mut input = Vec::new();
        let mut answer = Start::More;
        for piece in split {
            input.extend_from_slice(piece);
            let next = bounded(|| start(&input));
            assert!(answer == Start::More || answer == next, "{answer:?}, then {next:?}");
            answer = next;
        }
        answers.push(answer);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let binary_bytes_max = SIGNATURE.len() + 4 + PROXY_V2_BYTES_MAX;
    match answers[0] {
        Start::More => {
            let is_binary = cuts.stream.starts_with(&SIGNATURE);
            let bytes_max = if is_binary { binary_bytes_max } else { PROXY_V1_BYTES_MAX };
            assert!(cuts.stream.len() < bytes_max, "what is awaited has a bound");
        }
        Start::Header(Header { bytes, source, is_own }) => {
            let header = &cuts.stream[..bytes];
            if let Some(line) = header.strip_prefix(b"PROXY ") {
                assert!(bytes <= PROXY_V1_BYTES_MAX && line.ends_with(b"\r\n"));
                assert_eq!(source.is_none(), line.starts_with(b"UNKNOWN"));
                assert!(!is_own);
            } else {
                assert!(bytes <= binary_bytes_max && header.starts_with(&SIGNATURE));
            }
            assert!(!is_own || source.is_none());
            assert!(source.is_none_or(|ip| ip == ip.to_canonical()));
        }
        Start::Nothing | Start::Malformed => assert!(!cuts.stream.is_empty()),
    }
}
