//! The offers of `Sec-WebSocket-Extensions`, and the answer (RFC 6455 9.1, RFC 7692 5 and 7.1).

use crate::http::is_token;
use std::num::NonZeroU8;

/// The extension's name (RFC 7692 7).
const NAME: &str = "permessage-deflate";
/// The name of the parameter that bounds what a server may refer to.
const SERVER_WINDOW: &str = "server_max_window_bits";
const WINDOW_BITS_MIN: u8 = 8;
const WINDOW_BITS_MAX: u8 = 15;

/// The number of bytes that a receiver of compressed messages keeps, to which later bytes may
/// refer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window(NonZeroU8);

impl Window {
    /// A window of 32 KiB, the largest.
    pub const LARGEST: Self = Self(NonZeroU8::new(WINDOW_BITS_MAX).expect("is not zero"));

    /// A window of 2 to the power of `bits` bytes; `None` unless `bits` is 8 to 15 (RFC 7692
    /// 7.1.2).
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match NonZeroU8::new(bits) {
            Some(bits) if bits.get() >= WINDOW_BITS_MIN && bits.get() <= WINDOW_BITS_MAX => {
                Some(Self(bits))
            }
            _ => None,
        }
    }

    /// Its bits, 8 to 15.
    pub const fn bits(self) -> NonZeroU8 {
        self.0
    }

    /// The length in bytes within which all references of a message lie. There is no bound with the
    /// largest window: a compressor never refers further.
    pub const fn bytes(self) -> usize {
        match self.0.get() {
            WINDOW_BITS_MAX => usize::MAX,
            bits => 1 << bits,
        }
    }
}

/// The first offer of a client that a server can accept without context takeover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeflateOffer {
    /// The window that the client keeps for this server.
    pub window: Window,
    /// Whether the client has asked for a window, so that the answer must name it (RFC 7692
    /// 7.1.2.1).
    is_window_asked: bool,
}

impl DeflateOffer {
    /// The first acceptable offer in the values of a client's `Sec-WebSocket-Extensions` fields.
    /// An offer with an unknown, repeated or wrong parameter is passed over (RFC 7692 7.1).
    pub fn find<'b>(values: impl Iterator<Item = &'b str>) -> Option<Self> {
        let offers = values.flat_map(|value| split(value, ','));
        offers.filter_map(Self::parse).next()
    }

    /// The value of `Sec-WebSocket-Extensions` that accepts the offer: neither side keeps anything
    /// from one message to the next (RFC 7692 7.1.1).
    pub fn answer(self) -> String {
        let mut answer = format!("{NAME}; server_no_context_takeover; client_no_context_takeover");
        if self.is_window_asked {
            answer.push_str(&format!("; {SERVER_WINDOW}={}", self.window.0));
        }
        answer
    }

    fn parse(offer: &str) -> Option<Self> {
        let mut parts = split(offer, ';');
        if !parts.next()?.eq_ignore_ascii_case(NAME) {
            return None;
        }
        let mut found = Self { window: Window::LARGEST, is_window_asked: false };
        let mut seen: Vec<&str> = Vec::new();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim_ascii(), Some(unquoted(value.trim_ascii())?)),
                None => (part, None),
            };
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            match (name, value) {
                ("server_no_context_takeover" | "client_no_context_takeover", None)
                | ("client_max_window_bits", None) => (),
                // The client's own choice does not matter: our window is the largest.
                ("client_max_window_bits", Some(bits)) => drop(window(bits)?),
                (SERVER_WINDOW, Some(bits)) => {
                    found = Self { window: window(bits)?, is_window_asked: true };
                }
                _ => return None,
            }
        }
        Some(found)
    }
}

/// The window that a parameter's value names (RFC 7692 7.1.2: without zeros in front).
fn window(bits: &str) -> Option<Window> {
    if bits.starts_with('0') || !bits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Window::from_bits(bits.parse().ok()?)
}

/// A value, which may be a token in quotes (RFC 6455 9.1).
fn unquoted(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let value = inner.unwrap_or(value);
    (!value.is_empty() && value.bytes().all(is_token)).then_some(value)
}

/// The parts between separators. A token in quotes has none in it.
fn split(list: &str, by: char) -> impl Iterator<Item = &str> {
    list.split(by).map(str::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(values: &[&str]) -> Option<String> {
        DeflateOffer::find(values.iter().copied()).map(DeflateOffer::answer)
    }

    const PLAIN: &str =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    #[test]
    fn the_first_sound_offer_is_accepted() {
        for sound in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "Permessage-Deflate;client_max_window_bits=8",
            "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
            "x-webkit-deflate-frame, permessage-deflate; client_max_window_bits=\"10\"",
            "permessage-deflate; server_max_window_bits=99, permessage-deflate",
            "permessage-deflate; =; \"; ,,, ;;;, permessage-deflate",
            "foo; bar=\"1\", permessage-deflate; server_max_window_bits, permessage-deflate",
        ] {
            assert_eq!(answer(&[sound]).as_deref(), Some(PLAIN), "{sound}");
        }
        assert_eq!(answer(&["foo", "permessage-deflate"]).as_deref(), Some(PLAIN));
        let windows = "permessage-deflate; server_max_window_bits = 9 ,permessage-deflate";
        let told = answer(&[windows]).expect("it is accepted");
        assert_eq!(told, format!("{PLAIN}; server_max_window_bits=9"));
    }

    #[test]
    fn a_wrong_offer_is_passed_over() {
        for wrong in [
            "",
            "deflate",
            "permessage-deflate; foo",
            "permessage-deflate;",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=08",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; server_max_window_bits=\"9",
            "permessage-deflate; server_max_window_bits=271",
            "permessage-deflate; client_max_window_bits=3",
            "permessage-deflate; client_max_window_bits=",
        ] {
            assert_eq!(answer(&[wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn a_window_has_its_length() {
        assert_eq!(Window::from_bits(9).map(Window::bytes), Some(512));
        assert_eq!(Window::LARGEST.bytes(), usize::MAX);
        assert_eq!((Window::from_bits(7), Window::from_bits(16)), (None, None));
        assert_eq!(size_of::<Option<Window>>(), 1);
    }
}
