//! Pseudonyms, by which people recognise each other in private under any name.

use sha1::{Digest, Sha1};
use std::fmt::Write;

/// Bytes of a hash that tell persons apart.
const BYTES: usize = 8;

/// A word that stands for a person, for other people: it stays the same when their name changes.
/// It can only be compared, because the id itself cannot be found from it.
pub(in crate::chat) fn pseudonym(id: &str) -> Box<str> {
    let mut digits = String::new();
    for byte in Sha1::digest(id).iter().take(BYTES) {
        // A string takes every write.
        let _ = write!(digits, "{byte:02x}");
    }
    digits.into_boxed_str()
}
