//! Ids that cannot be guessed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;

/// 120 random bits as 20 characters of base64url. It is the id of an Engine.IO session, and a
/// secret: anybody who knows it can speak for the client. Or it is the id of a Socket.IO socket,
/// which is public.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid([u8; 20]);

impl Sid {
    /// Random bytes that one id takes.
    pub const RANDOM_BYTES: usize = 15;

    /// The id made of `random` bytes.
    pub fn new(random: [u8; Self::RANDOM_BYTES]) -> Self {
        let mut text = [0; 20];
        let written = URL_SAFE_NO_PAD.encode_slice(random, &mut text);
        debug_assert_eq!(written, Ok(text.len()), "15 bytes are 20 characters");
        Self(text)
    }

    /// The id that a client names; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text: [u8; 20] = text.as_bytes().try_into().ok()?;
        let read = URL_SAFE_NO_PAD.decode_slice(text, &mut [0; Self::RANDOM_BYTES]);
        read.is_ok().then_some(Self(text))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("base64 is ASCII")
    }
}

/// Only the beginning, because logs must not contain secrets.
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
