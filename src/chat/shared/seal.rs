//! The signature of what nodes tell each other, by a secret that they share: a program that can
//! write to the broker, and does not have the secret, cannot speak as anybody.
//!
//! A signature is an HMAC with SHA-256 (RFC 2104, FIPS 180-4), cut to 128 bits. It covers the node
//! that has sent a fact, and a seal number, which each node only ever raises: over restarts, over
//! its lives in the broker, and when a fact is sent again. So an entry that somebody appends again
//! is passed over, whatever has happened to the broker in between.

use crate::limits::{CLUSTER_SECRET_BYTES_MIN, SENDERS_MAX};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
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

/// The least seal number of a fact that is signed at this time: milliseconds with room for 65,536
/// facts in each.
pub(super) const fn seal_number(unix_ms: u64) -> u64 {
    unix_ms << 16
}

/// A signature with its seal number, as an entry has them.
pub(super) fn seal(number: u64, signature: &str) -> String {
    format!("{number}.{signature}")
}

/// The seal number and the signature of such a text; `None` if it is none.
pub(super) fn unseal(text: &[u8]) -> Option<(u64, &[u8])> {
    let (number, signature) = std::str::from_utf8(text).ok()?.split_once('.')?;
    Some((number.parse().ok()?, signature.as_bytes()))
}

/// The last seal number that was read from each node. Only entries with a right signature get here,
/// so nobody without the secret can fill it. The file has it too: `NODE NUMBER`, one in a line, and
/// `* NUMBER` for all nodes that have been dropped.
#[derive(Debug, Default)]
pub(super) struct Senders {
    last: BTreeMap<String, u64>,
    /// Of a node that is not known, later numbers than this one count. Numbers are made of the
    /// clock, so a node that speaks now has one.
    floor: u64,
}

impl Senders {
    /// The senders that a file has.
    pub(super) fn read(text: &str) -> Self {
        let mut senders = Self::default();
        for line in text.lines() {
            let Some((node, number)) = line.split_once(' ') else { continue };
            let Ok(number) = number.parse() else { continue };
            match node {
                "*" => senders.floor = number,
                _ => drop(senders.is_next(node, number)),
            }
        }
        senders
    }

    pub(super) fn write(&self) -> String {
        let mut text = format!("* {}\n", self.floor);
        for (node, number) in &self.last {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{node} {number}");
        }
        text
    }

    /// The last number of a node.
    pub(super) fn last_of(&self, node: &str) -> u64 {
        self.last.get(node).copied().unwrap_or_default()
    }

    /// Whether this number is later than all that were read from the node. If so, it now counts as
    /// read.
    pub(super) fn is_next(&mut self, node: &str, number: u64) -> bool {
        if let Some(last) = self.last.get_mut(node) {
            let is_next = number > *last;
            *last = number.max(*last);
            return is_next;
        }
        if number <= self.floor {
            return false;
        }
        self.last.insert(node.to_owned(), number);
        if self.last.len() > SENDERS_MAX {
            self.drop_oldest();
        }
        true
    }

    /// Drops the node that has been silent for longest. None of its facts counts again.
    fn drop_oldest(&mut self) {
        let oldest = self.last.iter().min_by_key(|(_, number)| **number);
        if let Some((node, number)) = oldest.map(|(node, number)| (node.clone(), *number)) {
            self.last.remove(&node);
            self.floor = self.floor.max(number);
        }
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
    fn a_seal_is_read_as_it_was_written_and_nothing_else_is_one() {
        assert_eq!(unseal(seal(7, "abc").as_bytes()), Some((7, &b"abc"[..])));
        for text in ["", "abc", "7", "-7.abc", "x.abc", "99999999999999999999.abc", "\u{e9}.a"] {
            assert_eq!(unseal(text.as_bytes()), None, "{text}");
        }
        assert_eq!(unseal(b"7.\xff"), None);
        assert!(seal_number(2) > seal_number(1) + 1);
    }

    #[test]
    fn each_fact_counts_once_also_after_a_restart() {
        let mut senders = Senders::default();
        assert!(senders.is_next("a", 1) && senders.is_next("b", 1) && senders.is_next("a", 3));
        let mut senders = Senders::read(&senders.write());
        assert!(!senders.is_next("a", 3) && !senders.is_next("a", 2) && !senders.is_next("b", 1));
        assert!(senders.is_next("a", 4) && senders.last_of("a") == 4);
        // An earlier form, and none.
        assert!(Senders::read("a 1 2\nx\n\na 1 x\n* x").last.is_empty());
    }

    #[test]
    fn nodes_without_number_make_no_fact_count_twice() {
        let mut senders = Senders::default();
        assert!(senders.is_next("quiet", 5));
        for number in 10..10_000 {
            assert!(senders.is_next(&format!("c{number}"), number));
            assert!(senders.is_next("busy", number));
        }
        assert!(senders.last.len() == SENDERS_MAX && senders.write().len() < 64 * SENDERS_MAX);
        let mut senders = Senders::read(&senders.write());
        // All that was read is refused, whether its node is still known or not.
        assert!(!senders.is_next("quiet", 5) && !senders.is_next("busy", 9_999));
        assert!((10..10_000).all(|number| !senders.is_next(&format!("c{number}"), number)));
        assert!(senders.is_next("quiet", 10_000) && senders.is_next("new", 10_001));
    }
}
