//! The signature of what nodes tell each other, by a secret that they share: a program that can
//! write to Redis, and does not have the secret, cannot speak as anybody.
//!
//! A signature is an HMAC with SHA-256 (RFC 2104, FIPS 180-4), cut to 128 bits. It covers the node
//! that has sent a fact, the node's life, and the fact's sequence number. Each number counts once,
//! so an entry that somebody appends again is passed over.

use crate::limits::{CLUSTER_SECRET_BYTES_MIN, SENDERS_MAX};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::VecDeque;
use std::fmt::{self, Write as _};

/// Bytes of a signature.
const TAG_BYTES: usize = 16;

/// A secret that all nodes of a chat share.
#[derive(Clone)]
pub struct ClusterSecret(Hmac<Sha256>);

/// It is shown to nobody.
impl fmt::Debug for ClusterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClusterSecret")
    }
}

impl ClusterSecret {
    /// A secret, as it stands in a file: space around it does not count. `None` if it is shorter
    /// than [`CLUSTER_SECRET_BYTES_MIN`].
    pub fn new(text: &[u8]) -> Option<Self> {
        let secret = text.trim_ascii();
        if secret.len() < CLUSTER_SECRET_BYTES_MIN {
            return None;
        }
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// The signature of some bytes, in this order, as one kind of thing.
    pub(super) fn sign<'p>(&self, kind: &str, parts: impl IntoIterator<Item = &'p [u8]>) -> String {
        let mut digits = String::new();
        for byte in self.over(kind, parts).finalize().into_bytes().iter().take(TAG_BYTES) {
            // Writing to a string does not fail.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }

    /// Whether that is their signature.
    pub(super) fn has_signed<'p>(
        &self,
        signature: &[u8],
        kind: &str,
        parts: impl IntoIterator<Item = &'p [u8]>,
    ) -> bool {
        let tag = tag(signature);
        tag.is_some_and(|tag| self.over(kind, parts).verify_truncated_left(&tag).is_ok())
    }

    /// Each part stands after its length, so that no two lists of parts are the same bytes.
    fn over<'p>(&self, kind: &str, parts: impl IntoIterator<Item = &'p [u8]>) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        let mut update = |part: &[u8]| {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        };
        update(kind.as_bytes());
        parts.into_iter().for_each(update);
        mac
    }
}

fn tag(digits: &[u8]) -> Option<[u8; TAG_BYTES]> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.len() == 2 * TAG_BYTES)?;
    let mut tag = [0; TAG_BYTES];
    for (at, byte) in tag.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(tag)
}

/// The last fact of each life of a node that was read, the latest life last. The file has them too:
/// `NODE EPOCH SEQUENCE`, one in a line.
#[derive(Debug, Default)]
pub(super) struct Senders(VecDeque<(String, String, u64)>);

impl Senders {
    /// The senders that a file has.
    pub(super) fn read(text: &str) -> Self {
        let sender = |line: &str| {
            let mut words = line.split(' ');
            let (node, epoch) = (words.next()?.to_owned(), words.next()?.to_owned());
            Some((node, epoch, words.next()?.parse().ok()?))
        };
        Self(text.lines().filter_map(sender).take(SENDERS_MAX).collect())
    }

    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        for (node, epoch, sequence) in &self.0 {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{node} {epoch} {sequence}");
        }
        text
    }

    /// Whether this fact of a node's life is later than every fact read from this life. If so, it
    /// now counts as read.
    pub(super) fn is_next(&mut self, node: &str, epoch: &str, sequence: u64) -> bool {
        let is_it = |(of, life, _): &(String, String, u64)| of == node && life == epoch;
        if let Some(at) = self.0.iter().rposition(is_it) {
            let last = &mut self.0[at].2;
            let is_next = sequence > *last;
            *last = sequence.max(*last);
            return is_next;
        }
        self.0.push_back((node.to_owned(), epoch.to_owned(), sequence));
        if self.0.len() > SENDERS_MAX {
            self.0.pop_front();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> ClusterSecret {
        ClusterSecret::new(text.as_bytes()).expect("it is long enough")
    }

    #[test]
    fn only_what_was_signed_with_the_secret_is_taken() {
        let (ours, theirs) = (secret("0123456789abcdef"), secret("0123456789abcdeg"));
        let parts = |text: &'static str| text.split(',').map(str::as_bytes);
        let signature = ours.sign("entry", parts("a,b,cd"));
        assert_eq!(signature.len(), 32);
        assert!(ours.has_signed(signature.as_bytes(), "entry", parts("a,b,cd")));
        assert!(secret(" 0123456789abcdef\n").has_signed(
            signature.as_bytes(),
            "entry",
            parts("a,b,cd")
        ));
        assert!(!theirs.has_signed(signature.as_bytes(), "entry", parts("a,b,cd")));
        assert!(!ours.has_signed(signature.as_bytes(), "fleeting", parts("a,b,cd")));
        for other in ["a,b,ce", "a,bc,d", "a,b", "a,b,cd,", "b,a,cd"] {
            assert!(!ours.has_signed(signature.as_bytes(), "entry", parts(other)), "{other}");
        }
        for wrong in ["", "00", "x", &signature[1..], &signature.replace('a', "é"), &"0".repeat(32)]
        {
            assert!(!ours.has_signed(wrong.as_bytes(), "entry", parts("a,b,cd")), "{wrong}");
        }
        assert!(ClusterSecret::new(b"   too short         ").is_none());
        assert_eq!(format!("{ours:?}"), "ClusterSecret");
    }

    #[test]
    fn each_fact_of_a_life_counts_once_also_after_a_restart() {
        let mut senders = Senders::default();
        assert!(senders.is_next("a", "1", 1) && senders.is_next("b", "1", 1));
        assert!(senders.is_next("a", "1", 3) && senders.is_next("a", "2", 1));
        let mut senders = Senders::read(&senders.write());
        assert!(!senders.is_next("a", "1", 3) && !senders.is_next("a", "1", 2));
        assert!(!senders.is_next("a", "2", 1) && senders.is_next("a", "2", 2));
        for life in 0..10_000 {
            assert!(senders.is_next("c", &life.to_string(), 1));
        }
        assert_eq!(senders.0.len(), SENDERS_MAX);
        assert!(Senders::read("a 1\nx\n\na 1 x").0.is_empty());
    }
}
