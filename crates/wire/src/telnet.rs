//! Takes telnet's commands (RFC 854) out of a stream, across reads.
//!
//! The server wants no option: it answers every DO with WONT and every WILL with DONT, so that the
//! client keeps its own line editor. It never asks, so it never has to answer an answer. A
//! subnegotiation that does not end within [`SUBNEGOTIATION_BYTES_MAX`] is abandoned, and the rest
//! is text again.

use crate::limits::SUBNEGOTIATION_BYTES_MAX;

/// Stands in the filtered bytes for an interrupt by the peer (IAC IP). It cannot occur in UTF-8.
pub const INTERRUPT: u8 = 0xff;
/// Stands in the filtered bytes for an escaped 0xff. It cannot occur in UTF-8 either.
pub const ESCAPED: u8 = 0xfe;

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const IP: u8 = 244;
const SE: u8 = 240;

/// Takes telnet's commands out of a stream.
#[derive(Debug, Default)]
pub struct Filter {
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Data,
    Command,
    /// The option of this command comes next.
    Option(u8),
    /// This many bytes have come since IAC SB.
    Subnegotiation(u16),
    SubnegotiationCommand(u16),
}

impl Filter {
    /// Filters `bytes` in place and returns how many are left at their front. Answers to the peer
    /// are appended to `replies`, never more bytes than came in.
    pub fn filter(&mut self, bytes: &mut [u8], replies: &mut Vec<u8>) -> usize {
        if self.state == State::Data && memchr::memchr(IAC, bytes).is_none() {
            return bytes.len();
        }
        let mut kept = 0;
        for at in 0..bytes.len() {
            if let Some(byte) = self.byte(bytes[at], replies) {
                bytes[kept] = byte;
                kept += 1;
            }
        }
        kept
    }

    fn byte(&mut self, byte: u8, replies: &mut Vec<u8>) -> Option<u8> {
        if let State::Subnegotiation(taken) | State::SubnegotiationCommand(taken) = self.state
            && usize::from(taken) >= SUBNEGOTIATION_BYTES_MAX
        {
            self.state = State::Data;
        }
        let (state, kept) = match (self.state, byte) {
            (State::Data, IAC) => (State::Command, None),
            (State::Data, _) => (State::Data, Some(byte)),
            (State::Command, IAC) => (State::Data, Some(ESCAPED)),
            (State::Command, IP) => (State::Data, Some(INTERRUPT)),
            (State::Command, SB) => (State::Subnegotiation(0), None),
            (State::Command, WILL..=DONT) => (State::Option(byte), None),
            (State::Command, _) => (State::Data, None),
            (State::Option(command), option) => {
                match command {
                    DO => replies.extend([IAC, WONT, option]),
                    WILL => replies.extend([IAC, DONT, option]),
                    _ => (),
                }
                (State::Data, None)
            }
            (State::Subnegotiation(taken), IAC) => (State::SubnegotiationCommand(taken + 1), None),
            (State::SubnegotiationCommand(_), SE) => (State::Data, None),
            (State::Subnegotiation(taken) | State::SubnegotiationCommand(taken), _) => {
                (State::Subnegotiation(taken + 1), None)
            }
        };
        self.state = state;
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(input: &[u8], cut: usize) -> (Vec<u8>, Vec<u8>) {
        let mut filter = Filter::default();
        let mut kept = Vec::new();
        let mut replies = Vec::new();
        for part in [&input[..cut], &input[cut..]] {
            let mut part = part.to_vec();
            let length = filter.filter(&mut part, &mut replies);
            kept.extend_from_slice(&part[..length]);
        }
        (kept, replies)
    }

    #[test]
    fn commands_vanish_at_every_split() {
        let mut input = b"he".to_vec();
        input.extend([IAC, DO, 1, IAC, WILL, 31, IAC, WONT, 3, IAC, DONT, 3]);
        input.extend([IAC, SB, 31, 0, IAC, IAC, 80, IAC, SE, IAC, 241]);
        input.extend(b"llo");
        input.extend([IAC, IAC, b'!', IAC, IP]);
        for cut in 0..=input.len() {
            let (kept, replies) = filter(&input, cut);
            assert_eq!(kept, [b"hello".as_slice(), &[ESCAPED, b'!', INTERRUPT]].concat(), "{cut}");
            assert_eq!(replies, [IAC, WONT, 1, IAC, DONT, 31], "{cut}");
        }
    }

    #[test]
    fn a_subnegotiation_without_end_is_given_up() {
        for inside in [&b"x"[..], &[IAC, IAC]] {
            let inside = inside.repeat(SUBNEGOTIATION_BYTES_MAX / inside.len());
            let input = [&[IAC, SB], &*inside, b"hello", &[IAC, SE, IAC, DO, 1]].concat();
            for cut in 0..=input.len() {
                let (kept, replies) = filter(&input, cut);
                assert_eq!((&*kept, &*replies), (&b"hello"[..], &[IAC, WONT, 1][..]), "{cut}");
            }
            let ended = [&[IAC, SB], &inside[2..], &[IAC, SE], b"hello"].concat();
            assert_eq!(filter(&ended, 100).0, b"hello");
        }
    }

    #[test]
    fn plain_bytes_pass_untouched() {
        let (kept, replies) = filter("grüße\r\n\0".as_bytes(), 3);
        assert_eq!(kept, "grüße\r\n\0".as_bytes());
        assert!(replies.is_empty());
    }
}
