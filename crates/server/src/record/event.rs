//! The events of a record: everything that the loop learns from its world, and the bytes it sends.
//!
//! An event is a tag byte and its fields. Numbers are LEB128: seven bits in each byte, the lowest
//! first, and the high bit set in all bytes but the last.

use crate::base::{CloseReason, Now, PeerAddress, User};
use crate::limits::RECORD_PIECE_BYTES;
use crate::net::Edge;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv6Addr};

/// One event; a record has them in the order of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event<'a> {
    /// The poll has returned: a turn begins.
    Turn,
    /// The poll found this.
    Edge(Edge),
    /// The clock.
    Now(Now),
    /// A reading of the meter of work, in microseconds.
    Work(u64),
    /// The signals that have come: signal N is bit N - 1.
    Signals(u64),
    /// A connection was accepted by a listener, or none was there.
    Accepted(Result<PeerAddress, Failed>),
    /// The last accepted stream is registered, or cannot be.
    Registered(bool),
    /// A connection was read: bytes, at its end none.
    Read(u64, Result<&'a [u8], Failed>),
    /// A connection was offered this many bytes, and took this many. They follow in pieces.
    Write(u64, u64, Result<u64, Failed>),
    /// A piece of these bytes.
    Sent(&'a [u8]),
    /// Our side of a connection was ended; false if that failed.
    Ended(u64, bool),
    /// A connection has gone.
    Closed(u64, CloseReason),
    /// Random bytes.
    Random(&'a [u8]),
    /// A value that the application read outside the server.
    Outside(&'a [u8]),
    /// The server has ended as asked.
    Finish,
    /// An outgoing connection was begun, or that failed.
    Connecting(Result<PeerAddress, Failed>),
    /// A connection's stream made progress with its own work, or must wait, or is broken.
    Advanced(u64, Result<(), Failed>),
}

/// The reason why a call failed, as far as it matters to the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    /// Nothing is there at the moment.
    Blocked,
    /// It can be tried again at once.
    Passing,
    /// Something else.
    Broken,
}

impl Failed {
    /// The meaning of an error of a stream or a listener for the loop.
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock => Self::Blocked,
            ErrorKind::Interrupted => Self::Passing,
            _ => Self::Broken,
        }
    }

    /// An error with the same meaning for the loop.
    pub(super) fn error(self) -> io::Error {
        match self {
            Self::Blocked => ErrorKind::WouldBlock,
            Self::Passing => ErrorKind::Interrupted,
            Self::Broken => ErrorKind::Other,
        }
        .into()
    }
}

/// Longest event: a piece, and the numbers before it.
pub(super) const EVENT_BYTES_MAX: usize = RECORD_PIECE_BYTES + 64;

impl<'a> Event<'a> {
    /// A word for the event, to report a difference.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Edge(_) => "edge",
            Self::Now(_) => "clock",
            Self::Work(_) => "meter",
            Self::Signals(_) => "signals",
            Self::Accepted(_) => "accept",
            Self::Registered(_) => "register",
            Self::Read(..) => "read",
            Self::Write(..) => "write",
            Self::Sent(_) => "sent",
            Self::Ended(..) => "end",
            Self::Closed(..) => "close",
            Self::Random(_) => "random",
            Self::Outside(_) => "outside",
            Self::Finish => "finish",
            Self::Connecting(_) => "connect",
            Self::Advanced(..) => "advance",
        }
    }

    /// The connection of the event.
    pub(super) const fn connection(&self) -> Option<u64> {
        match self {
            Self::Read(connection, _)
            | Self::Write(connection, ..)
            | Self::Ended(connection, _)
            | Self::Advanced(connection, _)
            | Self::Closed(connection, _) => Some(*connection),
            _ => None,
        }
    }

    /// Appends the event to `out`.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Turn => out.push(0),
            Self::Edge(Edge::Signal) => out.push(1),
            Self::Edge(Edge::Called) => out.push(19),
            Self::Edge(Edge::Stop) => out.push(20),
            Self::Edge(Edge::Listener(listener)) => numbers(out, 2, &[listener as u64]),
            Self::Edge(Edge::Connection { index, readable, writable, read_to_block }) => {
                let flags = [readable, writable, read_to_block];
                let flags = flags.iter().rev().fold(0, |all, flag| all << 1 | u64::from(*flag));
                numbers(out, 3, &[index as u64, flags]);
            }
            Self::Now(Now { ms, unix_ms }) => numbers(out, 4, &[ms, unix_ms]),
            Self::Work(us) => numbers(out, 5, &[us]),
            Self::Signals(signals) => numbers(out, 6, &[signals]),
            Self::Accepted(accepted) => write_found(out, 7, accepted),
            Self::Registered(done) => numbers(out, 8, &[u64::from(done)]),
            Self::Read(connection, read) => {
                numbers(out, 9, &[connection, outcome(read.map(|_| ()))]);
                if let Ok(read) = read {
                    bytes(out, read);
                }
            }
            Self::Write(connection, offered, taken) => {
                let code = outcome(taken.map(|_| ()));
                numbers(out, 10, &[connection, offered, code, taken.unwrap_or_default()]);
            }
            Self::Sent(piece) => {
                out.push(11);
                bytes(out, piece);
            }
            Self::Ended(connection, done) => numbers(out, 12, &[connection, u64::from(done)]),
            Self::Closed(connection, reason) => {
                let at = CloseReason::ALL.iter().position(|known| *known == reason);
                numbers(out, 13, &[connection, at.unwrap_or_default() as u64]);
            }
            Self::Random(random) => {
                out.push(14);
                bytes(out, random);
            }
            Self::Outside(text) => {
                out.push(15);
                bytes(out, text);
            }
            Self::Finish => out.push(16),
            Self::Connecting(begun) => write_found(out, 17, begun),
            Self::Advanced(connection, done) => numbers(out, 18, &[connection, outcome(done)]),
        }
    }

    /// Takes the event at the beginning of `input`; `None` if there is no complete one.
    pub(super) fn read(input: &mut &'a [u8]) -> Option<Self> {
        let (tag, rest) = input.split_first()?;
        *input = rest;
        Some(match tag {
            0 => Self::Turn,
            1 => Self::Edge(Edge::Signal),
            2 => Self::Edge(Edge::Listener(size(input)?)),
            3 => {
                let (index, flags) = (size(input)?, number(input)?);
                let flag = |bit: u8| flags >> bit & 1 == 1;
                let (readable, writable, read_to_block) = (flag(0), flag(1), flag(2));
                Self::Edge(Edge::Connection { index, readable, writable, read_to_block })
            }
            4 => Self::Now(Now { ms: number(input)?, unix_ms: number(input)? }),
            5 => Self::Work(number(input)?),
            6 => Self::Signals(number(input)?),
            7 => Self::Accepted(read_found(input)?),
            8 => Self::Registered(number(input)? == 1),
            9 => {
                let connection = number(input)?;
                Self::Read(
                    connection,
                    match came(number(input)?)? {
                        Ok(()) => Ok(read_bytes(input)?),
                        Err(failed) => Err(failed),
                    },
                )
            }
            10 => {
                let (connection, offered) = (number(input)?, number(input)?);
                let (came, taken) = (came(number(input)?)?, number(input)?);
                Self::Write(connection, offered, came.map(|()| taken))
            }
            11 => Self::Sent(read_bytes(input)?),
            12 => Self::Ended(number(input)?, number(input)? == 1),
            13 => {
                let connection = number(input)?;
                Self::Closed(connection, *CloseReason::ALL.get(size(input)?)?)
            }
            14 => Self::Random(read_bytes(input)?),
            15 => Self::Outside(read_bytes(input)?),
            16 => Self::Finish,
            17 => Self::Connecting(read_found(input)?),
            18 => Self::Advanced(number(input)?, came(number(input)?)?),
            19 => Self::Edge(Edge::Called),
            20 => Self::Edge(Edge::Stop),
            _ => return None,
        })
    }
}

const fn outcome(result: Result<(), Failed>) -> u64 {
    match result {
        Ok(()) => 0,
        Err(Failed::Blocked) => 1,
        Err(Failed::Passing) => 2,
        Err(Failed::Broken) => 3,
    }
}

const fn came(code: u64) -> Option<Result<(), Failed>> {
    Some(match code {
        0 => Ok(()),
        1 => Err(Failed::Blocked),
        2 => Err(Failed::Passing),
        3 => Err(Failed::Broken),
        _ => return None,
    })
}

fn numbers(out: &mut Vec<u8>, tag: u8, all: &[u64]) {
    out.push(tag);
    for number in all {
        let mut rest = *number;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
}

fn number(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn size(input: &mut &[u8]) -> Option<usize> {
    usize::try_from(number(input)?).ok()
}

/// Two bytes hold the length: a piece is never longer.
fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(RECORD_PIECE_BYTES)];
    out.extend((bytes.len() as u16).to_le_bytes());
    out.extend(bytes);
}

fn read_bytes<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = input.split_first_chunk()?;
    let (bytes, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    *input = rest;
    Some(bytes)
}

/// The peer of a new connection, if there is one.
fn write_found(out: &mut Vec<u8>, tag: u8, found: Result<PeerAddress, Failed>) {
    numbers(out, tag, &[outcome(found.map(|_| ()))]);
    if let Ok(peer) = found {
        write_peer(out, peer);
    }
}

fn read_found(input: &mut &[u8]) -> Option<Result<PeerAddress, Failed>> {
    Some(match came(number(input)?)? {
        Ok(()) => Ok(read_peer(input)?),
        Err(failed) => Err(failed),
    })
}

/// A flag tells the kind of address: IPv4, IPv6, or a user at a Unix socket.
fn write_peer(out: &mut Vec<u8>, peer: PeerAddress) {
    match peer {
        PeerAddress::Ip(IpAddr::V4(ip)) => numbers(out, 4, &[u64::from(ip.to_bits())]),
        PeerAddress::Ip(IpAddr::V6(ip)) => {
            out.push(6);
            out.extend(ip.octets());
        }
        PeerAddress::Unix(user) => {
            numbers(out, 1, &[u64::from(user.number().unwrap_or(u32::MAX))]);
        }
    }
}

fn read_peer(input: &mut &[u8]) -> Option<PeerAddress> {
    let (flag, rest) = input.split_first()?;
    *input = rest;
    let word = |input: &mut &[u8]| u32::try_from(number(input)?).ok();
    match flag {
        1 => Some(PeerAddress::Unix(User::new(Some(word(input)?)))),
        4 => Some(PeerAddress::Ip(word(input)?.to_be_bytes().into())),
        6 => {
            let (octets, rest) = input.split_first_chunk::<16>()?;
            *input = rest;
            Some(PeerAddress::Ip(Ipv6Addr::from(*octets).into()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Event<'static>> {
        let edge =
            Edge::Connection { index: 300, readable: true, writable: false, read_to_block: true };
        let peer = |text: &str| PeerAddress::Ip(text.parse().expect("an address"));
        vec![
            Event::Turn,
            Event::Edge(Edge::Signal),
            Event::Edge(Edge::Called),
            Event::Edge(Edge::Stop),
            Event::Edge(Edge::Listener(1)),
            Event::Edge(edge),
            Event::Now(Now { ms: 127, unix_ms: u64::MAX }),
            Event::Work(128),
            Event::Signals(1 << 14 | 2),
            Event::Accepted(Ok(peer("192.0.2.1"))),
            Event::Accepted(Ok(peer("fe80::1"))),
            Event::Accepted(Ok(peer("::ffff:192.0.2.1"))),
            Event::Accepted(Ok(PeerAddress::Unix(User::new(Some(1000))))),
            Event::Accepted(Ok(PeerAddress::Unix(User::new(None)))),
            Event::Accepted(Err(Failed::Blocked)),
            Event::Registered(true),
            Event::Read(1, Ok(b"hi\n")),
            Event::Read(1, Ok(b"")),
            Event::Read(2, Err(Failed::Broken)),
            Event::Write(2, 70_000, Ok(3)),
            Event::Sent(b"abc"),
            Event::Write(2, 4, Err(Failed::Passing)),
            Event::Ended(3, false),
            Event::Closed(3, CloseReason::Forgotten),
            Event::Random(&[0; 15]),
            Event::Outside(b"1 2"),
            Event::Finish,
            Event::Connecting(Ok(peer("192.0.2.1"))),
            Event::Connecting(Err(Failed::Broken)),
            Event::Advanced(4, Ok(())),
            Event::Advanced(4, Err(Failed::Blocked)),
        ]
    }

    #[test]
    fn events_are_read_back_and_a_part_of_one_is_none() {
        for event in all() {
            let mut written = Vec::new();
            event.write(&mut written);
            assert!(written.len() <= EVENT_BYTES_MAX);
            for end in 0..written.len() {
                assert_eq!(Event::read(&mut &written[..end]), None, "{event:?} up to {end}");
            }
            written.push(0);
            let mut rest = &written[..];
            assert_eq!((Event::read(&mut rest), rest), (Some(event), &[0][..]));
        }
        assert_eq!(Event::read(&mut &[99, 0, 0][..]), None);
    }
}
