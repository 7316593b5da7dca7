//! The PROXY protocol, versions 1 and 2 (HAProxy's `proxy-protocol.txt`, 2020-03-05): the header in
//! which a proxy that relays a TCP connection names its client.
//!
//! The specification wants a port that takes only such connections. Here a port takes both kinds,
//! so the definition of a header is narrow (a person may begin a line with `PROXY`), and the caller
//! decides whether to believe one.

use crate::limits::{PROXY_V1_BYTES_MAX, PROXY_V2_BYTES_MAX};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The first bytes of version 2 (2.2).
pub const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// Bytes of version 2 before the addresses: the signature, version and command, family, length.
const V2_HEAD_BYTES: usize = 16;
/// Version 2, and the proxy's own connection.
const LOCAL: u8 = 0x20;
/// Version 2, and a client's connection.
const PROXY: u8 = 0x21;

/// The beginnings of a line of version 1 (2.1), and whether addresses follow.
const V1: [(&[u8], Kind); 3] =
    [(b"PROXY TCP4 ", Kind::V4), (b"PROXY TCP6 ", Kind::V6), (b"PROXY UNKNOWN", Kind::Unknown)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    V4,
    V6,
    Unknown,
}

/// The meaning of a connection's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// There may be a header; more bytes will show it.
    More,
    /// There is no header.
    Nothing,
    /// There is a header.
    Header(Header),
    /// There is a header that cannot be read, which no proxy should send.
    Malformed,
}

/// A header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Its length in bytes; the client's own bytes follow it.
    pub bytes: usize,
    /// The client's address. `None` if the proxy does not name one: for `UNKNOWN`, a Unix socket,
    /// datagrams, or because there is no client.
    pub source: Option<IpAddr>,
    /// Whether it is the proxy's own connection, `LOCAL`, to check that the server is well.
    pub is_own: bool,
}

/// Examines the first bytes of a connection. With more bytes of the same connection the answer is
/// the same, except that [`Start::More`] changes into another.
///
/// A line of version 1 has at most [`PROXY_V1_BYTES_MAX`] bytes and ends in CR LF. The addresses of
/// version 2 and the TLVs after them, which are skipped, have at most [`PROXY_V2_BYTES_MAX`] bytes.
pub fn start(input: &[u8]) -> Start {
    let is_begun = |whole: &[u8]| whole.starts_with(input);
    if let Some(rest) = input.strip_prefix(&SIGNATURE) {
        return v2(rest);
    }
    for (prefix, kind) in V1 {
        if let Some(rest) = input.strip_prefix(prefix) {
            return v1(kind, prefix.len(), rest);
        }
    }
    if is_begun(&SIGNATURE) || V1.iter().any(|(prefix, _)| is_begun(prefix)) {
        Start::More
    } else {
        Start::Nothing
    }
}

/// Reads the rest of a line of version 1, after its beginning.
fn v1(kind: Kind, prefix_bytes: usize, rest: &[u8]) -> Start {
    if kind == Kind::Unknown && !matches!(rest.first(), None | Some(b' ' | b'\r' | b'\n')) {
        return Start::Nothing;
    }
    let rest_bytes_max = PROXY_V1_BYTES_MAX - prefix_bytes;
    let seen = rest.get(..rest_bytes_max).unwrap_or(rest);
    let Some(end) = memchr::memchr2(b'\r', b'\n', seen) else {
        return if rest.len() < rest_bytes_max { Start::More } else { Start::Malformed };
    };
    let (line, end_of_line) = seen.split_at(end);
    match end_of_line {
        [b'\r', b'\n', ..] => (),
        b"\r" if rest.len() < rest_bytes_max => return Start::More,
        _ => return Start::Malformed,
    }
    let bytes = prefix_bytes + line.len() + 2;
    let source = match kind {
        Kind::V4 => source::<Ipv4Addr>(line).map(IpAddr::V4),
        Kind::V6 => source::<Ipv6Addr>(line).map(IpAddr::V6),
        Kind::Unknown => return Start::Header(Header { bytes, source: None, is_own: false }),
    };
    let header = |ip: IpAddr| {
        let source = Some(ip.to_canonical());
        Start::Header(Header { bytes, source, is_own: false })
    };
    source.map_or(Start::Malformed, header)
}

/// The first of two addresses with their ports: `192.0.2.1 192.0.2.2 56324 443`.
fn source<Ip: FromStr>(line: &[u8]) -> Option<Ip> {
    let mut words = str::from_utf8(line).ok()?.split(' ');
    let source = words.next()?.parse().ok()?;
    words.next()?.parse::<Ip>().ok()?;
    let are_ports = [words.next()?, words.next()?].into_iter().all(is_port);
    (are_ports && words.next().is_none()).then_some(source)
}

/// Whether `text` is a port: a number without a sign or leading zeros.
fn is_port(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && (text == "0" || !text.starts_with('0')) && text.parse::<u16>().is_ok()
}

/// Reads the bytes after the signature of version 2.
fn v2(rest: &[u8]) -> Start {
    // Each byte is judged as soon as it is here, so that cuts make no difference.
    let Some(command) = rest.first().copied() else { return Start::More };
    if command != LOCAL && command != PROXY {
        return Start::Malformed;
    }
    let Some(byte) = rest.get(1) else { return Start::More };
    let family = byte >> 4;
    let transport = byte & 0xf;
    // The addresses of a proxy's own connection are ignored (2.2).
    if command == PROXY && (family > 3 || transport > 2) {
        return Start::Malformed;
    }
    let Some((length, behind)) = rest.get(2..).and_then(<[u8]>::split_first_chunk) else {
        return Start::More;
    };
    let length = usize::from(u16::from_be_bytes(*length));
    let source_bytes = match (command, family, transport) {
        (PROXY, 1, 1) => 4,
        (PROXY, 2, 1) => 16,
        _ => 0,
    };
    // Two addresses and two ports.
    let addresses_bytes = if source_bytes == 0 { 0 } else { 2 * (source_bytes + 2) };
    if length < addresses_bytes || length > PROXY_V2_BYTES_MAX {
        return Start::Malformed;
    }
    let Some(block) = behind.get(..length) else { return Start::More };
    let v4 = || block.first_chunk::<4>().map(|octets| IpAddr::from(*octets));
    let v6 = || block.first_chunk::<16>().map(|octets| IpAddr::from(*octets).to_canonical());
    let source = match source_bytes {
        4 => v4(),
        16 => v6(),
        _ => None,
    };
    let is_own = command == LOCAL;
    Start::Header(Header { bytes: V2_HEAD_BYTES + length, source, is_own })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer, which is the same for every beginning that is long enough, with any bytes after
    /// it.
    fn read(input: &[u8]) -> Start {
        let whole = start(input);
        for end in 0..input.len() {
            let part = start(&input[..end]);
            assert!(part == Start::More || part == whole, "{end} bytes of {input:?}: {part:?}");
        }
        if whole != Start::More {
            for more in [&b"x"[..], b"\r\n", b"PROXY ", &SIGNATURE] {
                assert_eq!(start(&[input, more].concat()), whole, "{input:?} and {more:?}");
            }
        }
        whole
    }

    fn header(bytes: usize, source: &str) -> Start {
        Start::Header(Header { bytes, source: source.parse().ok(), is_own: false })
    }

    #[test]
    fn lines_of_version_1_are_read() {
        for (line, source) in [
            ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443", "192.168.0.1"),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535", "255.255.255.255"),
            ("PROXY TCP4 192.0.2.1 192.0.2.2 0 0", "192.0.2.1"),
            ("PROXY TCP6 2001:db8::1 2001:DB8::2 1 2", "2001:db8::1"),
            ("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2", "192.0.2.1"),
            ("PROXY UNKNOWN", ""),
            ("PROXY UNKNOWN ffff::1 ffff::2 65535 65535", ""),
            ("PROXY UNKNOWN whatever it is", ""),
        ] {
            let bytes = line.len() + 2;
            let line = format!("{line}\r\n");
            assert_eq!(read(line.as_bytes()), header(bytes, source), "{line}");
            let more = [line.as_bytes(), b"GET / HTTP/1.1\r\n"].concat();
            assert_eq!(read(&more), header(bytes, source));
        }
        let address = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        let longest = format!("PROXY UNKNOWN {address} {address} 65535 65535\r\n");
        assert_eq!(longest.len(), PROXY_V1_BYTES_MAX);
        assert_eq!(read(longest.as_bytes()), header(PROXY_V1_BYTES_MAX, ""));
        let longer = longest.replace("\r\n", " \r\n");
        assert_eq!(read(longer.as_bytes()), Start::Malformed);
    }

    #[test]
    fn what_is_wrong_in_a_line_of_version_1_is_found() {
        for line in [
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rx",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
            "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
            "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
            "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
            "PROXY TCP4 \r\n",
            "PROXY UNKNOWN\n",
            "PROXY UNKNOWN \rx",
        ] {
            assert_eq!(read(line.as_bytes()), Start::Malformed, "{line:?}");
        }
        let endless = ["PROXY TCP4 ", &"1".repeat(PROXY_V1_BYTES_MAX)].concat();
        assert_eq!(read(endless.as_bytes()), Start::Malformed);
        assert_eq!(start(&endless.as_bytes()[..PROXY_V1_BYTES_MAX - 1]), Start::More);
    }

    #[test]
    fn talk_and_requests_are_no_headers() {
        for other in [
            "hello",
            "\n",
            "\r\n\r\nGET",
            "\r\n\r\n\0\r\nQUIT\r",
            "P\n",
            "PROXY\r\n",
            "PROXY servers are fun\r\n",
            "PROXY TCP5 192.0.2.1",
            "PROXY UNKNOWNS",
            "proxy tcp4 192.0.2.1",
            " PROXY TCP4 ",
            "GET / HTTP/1.1\r\n",
            "\u{16}\u{3}\u{1}",
        ] {
            assert_eq!(read(other.as_bytes()), Start::Nothing, "{other:?}");
        }
        for begun in
            ["", "P", "PROXY ", "PROXY TCP", "PROXY UNKNOW", "\r", "\r\n\r\n", "\r\n\r\n\0"]
        {
            assert_eq!(read(begun.as_bytes()), Start::More, "{begun:?}");
        }
    }

    fn v2_of(command: u8, family: u8, length: u16, block: &[u8]) -> Vec<u8> {
        [&SIGNATURE[..], &[command, family], &length.to_be_bytes(), block].concat()
    }

    #[test]
    fn headers_of_version_2_are_read() {
        let v4 = [192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 0xbb];
        assert_eq!(read(&v2_of(0x21, 0x11, 12, &v4)), header(28, "192.0.2.1"));
        let mut v6 = [0; 36];
        v6[..16].copy_from_slice(&Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9).octets());
        assert_eq!(read(&v2_of(0x21, 0x21, 36, &v6)), header(52, "2001:db8::9"));
        v6[..16].copy_from_slice(&Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().octets());
        assert_eq!(read(&v2_of(0x21, 0x21, 36, &v6)), header(52, "192.0.2.1"));
        // TLVs after the addresses are skipped.
        let tlv = [&v4[..], &[4, 0, 2, 9, 9]].concat();
        assert_eq!(read(&v2_of(0x21, 0x11, 17, &tlv)), header(33, "192.0.2.1"));
        let longest = vec![7; PROXY_V2_BYTES_MAX];
        let length = PROXY_V2_BYTES_MAX as u16;
        let whole = header(V2_HEAD_BYTES + PROXY_V2_BYTES_MAX, "7.7.7.7");
        assert_eq!(read(&v2_of(0x21, 0x11, length, &longest)), whole);
        // Without an address: the proxy's own connection, unknown, Unix sockets, datagrams.
        for (command, family, length) in [
            (0x20, 0x00, 0_usize),
            (0x20, 0x11, 0),
            (0x20, 0x11, 12),
            (0x20, 0xff, 3),
            (0x21, 0x00, 0),
            (0x21, 0x00, 12),
            (0x21, 0x10, 12),
            (0x21, 0x01, 12),
            (0x21, 0x12, 12),
            (0x21, 0x22, 36),
            (0x21, 0x31, 216),
            (0x21, 0x32, 216),
        ] {
            let input = v2_of(command, family, length as u16, &vec![1; length]);
            let expected = Header { bytes: 16 + length, source: None, is_own: command == LOCAL };
            assert_eq!(read(&input), Start::Header(expected), "{command:x} {family:x}");
        }
    }

    #[test]
    fn what_is_wrong_in_a_header_of_version_2_is_found() {
        for (command, family, length) in [
            (0x11, 0x11, 12),
            (0x31, 0x11, 12),
            (0x22, 0x11, 12),
            (0x2f, 0x00, 0),
            (0x00, 0x00, 0),
            (0x21, 0x41, 12),
            (0x21, 0x13, 12),
            (0x21, 0x11, 11),
            (0x21, 0x21, 35),
            (0x21, 0x11, PROXY_V2_BYTES_MAX as u16 + 1),
            (0x20, 0x00, u16::MAX),
        ] {
            let input = v2_of(command, family, length, &[]);
            assert_eq!(read(&input), Start::Malformed, "{command:x} {family:x} {length}");
        }
    }
}
