//! A connection at a door without HTTP before its first bytes, which may be a proxy's header.

use super::Caller;
use crate::base::{NEVER_MS, PeerAddress, SessionId};
use crate::limits::{PROXY_HEADER_MS, PROXY_WAIT_MS};
use mio_wire::proxy::{self, Header, SIGNATURE, Start};

/// Number of bytes at the beginning of a header that no typed line begins with.
const CERTAIN_BYTES: usize = 6;

/// The bytes of a new connection so far.
#[derive(Debug)]
pub struct Arrival {
    /// The peer's address.
    pub address: PeerAddress,
    /// The number of its door, if the protocol there is the application's own.
    pub own_door: Option<usize>,
    /// Its session; `None` while a header may still name its client.
    pub session: Option<SessionId>,
    /// The deadline set for it.
    pub wakes_at_ms: u64,
    is_believed: bool,
    /// Whether a proxy said that the connection is its own. It has no client, unless it sends
    /// something.
    is_own: bool,
    input: Vec<u8>,
    since_ms: u64,
    /// How long bytes are kept that may be the beginning of a header.
    patience_ms: u64,
}

/// The meaning of the first bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It is not known yet.
    Unknown,
    /// Nothing has come in time, so it seems to be a person.
    Silent,
    /// It is this client's connection, with the bytes that it has sent.
    Lines(Caller, Vec<u8>),
    /// It is a proxy's own connection, and nothing was sent over it.
    Own,
    /// A header that cannot be read.
    Malformed,
}

impl Arrival {
    /// A connection from `address`, accepted at `now_ms`; `is_believed` says whether headers from
    /// there are trusted. If a tail counts as a line after `idle_flush_ms` (unless that is 0), a
    /// possible beginning of a header is kept no longer than that either.
    pub const fn new(
        address: PeerAddress,
        is_believed: bool,
        idle_flush_ms: u64,
        now_ms: u64,
    ) -> Self {
        let patience_ms = match idle_flush_ms {
            1..PROXY_HEADER_MS => idle_flush_ms,
            _ => PROXY_HEADER_MS,
        };
        Self {
            address,
            own_door: None,
            session: None,
            wakes_at_ms: NEVER_MS,
            is_believed,
            is_own: false,
            input: Vec::new(),
            since_ms: now_ms,
            patience_ms,
        }
    }

    /// Takes bytes in.
    pub fn receive(&mut self, bytes: &[u8], now_ms: u64) -> Arrived {
        if self.input.is_empty() {
            self.since_ms = now_ms;
        }
        self.input.extend_from_slice(bytes);
        if self.is_own {
            return self.lines();
        }
        match proxy::start(&self.input) {
            Start::More => Arrived::Unknown,
            Start::Nothing => self.lines(),
            Start::Header(header) => self.header(header),
            // From a peer that is not trusted a line may say anything, but this is not a line.
            Start::Malformed if self.is_believed || self.input.starts_with(&SIGNATURE) => {
                Arrived::Malformed
            }
            Start::Malformed => self.lines(),
        }
    }

    /// No more bytes come, or the wait for them is over.
    pub fn finish(&mut self) -> Arrived {
        match self.input.len() {
            0 if self.is_own => Arrived::Own,
            0 => Arrived::Silent,
            CERTAIN_BYTES.. if self.is_believed => Arrived::Malformed,
            _ => self.lines(),
        }
    }

    /// Bytes of memory that it holds.
    pub const fn held_bytes(&self) -> usize {
        self.input.capacity()
    }

    /// The end of the wait for the first bytes; `None` if their client waits for nothing meanwhile.
    pub fn due_ms(&self) -> Option<u64> {
        match (self.input.is_empty(), self.session) {
            (true, Some(_)) => None,
            (true, None) if !self.is_own => Some(self.since_ms + PROXY_WAIT_MS),
            (false, _) | (true, None) => Some(self.since_ms + self.patience_ms),
        }
    }

    fn header(&mut self, Header { bytes, source, is_own }: Header) -> Arrived {
        let mut caller = Caller::direct(self.address);
        caller.by_proxy = self.is_believed;
        caller.ignored = !self.is_believed;
        if let Some(ip) = source.filter(|_| self.is_believed) {
            caller.address = ip.into();
        }
        let rest = self.input.get(bytes..).unwrap_or_default().to_vec();
        if is_own && self.session.is_none() && rest.is_empty() {
            self.is_own = true;
            self.input = rest;
            return Arrived::Unknown;
        }
        Arrived::Lines(caller, rest)
    }

    fn lines(&mut self) -> Arrived {
        Arrived::Lines(Caller::direct(self.address), std::mem::take(&mut self.input))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const V1: &[u8] = b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2\r\n";
    const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\0\x01\0\x02";

    fn arrived(is_believed: bool, pieces: &[&[u8]]) -> Arrived {
        let ip = IpAddr::from([10, 0, 0, 1]).into();
        let mut arrival = Arrival::new(ip, is_believed, 0, 0);
        let mut last = Arrived::Unknown;
        for piece in pieces {
            assert_eq!(last, Arrived::Unknown);
            last = arrival.receive(piece, 0);
        }
        if last == Arrived::Unknown { arrival.finish() } else { last }
    }

    fn lines(ip: [u8; 4], (by_proxy, ignored): (bool, bool), rest: &[u8]) -> Arrived {
        let caller = Caller { by_proxy, ignored, ..Caller::direct(IpAddr::from(ip).into()) };
        Arrived::Lines(caller, rest.to_vec())
    }

    #[test]
    fn a_header_is_taken_off_at_every_cut() {
        for header in [V1, V2] {
            let input = [header, b"hi\n"].concat();
            for at in 0..header.len() {
                let (first, second) = input.split_at(at);
                let told = lines([203, 0, 113, 9], (true, false), b"hi\n");
                assert_eq!(arrived(true, &[first, second]), told, "at {at}");
                let swallowed = lines([10, 0, 0, 1], (false, true), b"hi\n");
                assert_eq!(arrived(false, &[first, second]), swallowed, "at {at}");
            }
        }
        let told = lines([10, 0, 0, 1], (true, false), b"");
        assert_eq!(arrived(true, &[b"PROXY UNKNOWN\r\n"]), told);
        // A proxy that only checks whether the server is alive is not a client.
        let own = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
        assert_eq!(arrived(true, &[own]), Arrived::Own);
        let said = lines([10, 0, 0, 1], (false, false), b"hi\n");
        assert_eq!(arrived(true, &[own, b"hi\n"]), said);
    }

    #[test]
    fn what_is_no_header_is_said() {
        let said = |text: &[u8]| lines([10, 0, 0, 1], (false, false), text);
        for text in [&b"hello\n"[..], b"PROXY servers\n", b"\r\n", b"P", b"\xff\xfb\x01"] {
            assert_eq!(arrived(true, &[text]), said(text), "{text:?}");
            assert_eq!(arrived(false, &[text]), said(text), "{text:?}");
        }
        assert_eq!(arrived(true, &[b""]), Arrived::Silent);
        // Half a header, and a header with a mistake.
        for text in [&b"PROXY TCP4 1.2"[..], b"PROXY TCP4 x\r\n"] {
            assert_eq!(arrived(true, &[text]), Arrived::Malformed, "{text:?}");
            assert_eq!(arrived(false, &[text]), said(text), "{text:?}");
        }
        for is_believed in [true, false] {
            let other = b"\r\n\r\n\0\r\nQUIT\n\x11";
            assert_eq!(arrived(is_believed, &[other]), Arrived::Malformed);
        }
    }

    #[test]
    fn nobody_waits_for_long() {
        let mut arrival = Arrival::new(IpAddr::from([10, 0, 0, 1]).into(), true, 0, 100);
        assert_eq!(arrival.due_ms(), Some(100 + PROXY_WAIT_MS));
        assert_eq!(arrival.receive(b"PROXY", 110), Arrived::Unknown);
        assert_eq!(arrival.receive(b" T", 120), Arrived::Unknown);
        assert_eq!(arrival.due_ms(), Some(110 + PROXY_HEADER_MS));
        let arrival = Arrival::new(IpAddr::from([10, 0, 0, 1]).into(), true, 50, 100);
        assert_eq!(arrival.patience_ms, 50);
    }
}
