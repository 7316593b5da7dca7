//! Ids that cannot be guessed.

use std::fmt;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// 120 random bits as 20 characters of base64url: the name of an Engine.IO session, which whoever
/// knows it can speak for, or of a Socket.IO socket, which is public.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sid([u8; 20]);

impl Sid {
    /// Random bytes that one id takes.
    pub const RANDOM_BYTES: usize = 15;

    /// The id made of `random` bytes.
    pub fn new(random: [u8; Self::RANDOM_BYTES]) -> Self {
        let mut text = [0; 20];
        for (four, three) in text.chunks_exact_mut(4).zip(random.chunks_exact(3)) {
            let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
            for (at, char) in four.iter_mut().enumerate() {
                *char = ALPHABET[bits >> (18 - 6 * at) & 63];
            }
        }
        Self(text)
    }

    /// The id that a client names; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text: [u8; 20] = text.as_bytes().try_into().ok()?;
        text.iter().all(|char| ALPHABET.contains(char)).then_some(Self(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }
}

/// Only the beginning: logs are no place for what opens doors.
impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", &self.as_str()[..4])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_text_and_are_read_back() {
        let sid = Sid::new([0, 1, 2, 250, 255, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0xff]);
        assert_eq!(sid.as_str(), "AAEC-v8JCAcGBQQDAgH_");
        assert_eq!(Sid::parse(sid.as_str()), Some(sid));
        for bad in [
            "",
            "AAEC",
            "AAEC-v8JCAcGBQQDAgH_A",
            "AAEC+v8JCAcGBQQDAgH_",
            "__proto__",
            "äääääääääää",
        ] {
            assert_eq!(Sid::parse(bad), None);
        }
        assert_eq!(format!("{sid:?}"), "AAEC…");
    }
}
