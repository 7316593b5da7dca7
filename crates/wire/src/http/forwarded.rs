//! The origin of a request according to proxies: `X-Forwarded-For`, to which each proxy adds an
//! address, and the standard field, `Forwarded` (RFC 7239).
//!
//! Both are lists. Each proxy adds an entry on the right, and a client may have written anything
//! before. So they are read from the right: text on the left of an entry cannot change how it is
//! read, not even half a quoted string.

use super::Head;
use std::net::{IpAddr, Ipv6Addr};

/// An entry: the address of the client of the proxy that wrote it, if it names one.
pub type Hop = Option<IpAddr>;

/// The entries of a request, the last one first: those of all its `X-Forwarded-For` fields, or,
/// without any of these, of its `Forwarded` fields.
///
/// `None` stands for an entry without an address: `unknown`, an obfuscated name (RFC 7239, 6.3), or
/// one that cannot be read. Ports are ignored, and so are empty entries (RFC 9110, 5.6.1). An IPv4
/// address mapped into IPv6 becomes an IPv4 address.
pub fn hops<'b>(head: &Head<'b>) -> impl Iterator<Item = Hop> + use<'b> {
    let is_standard = !head.has("x-forwarded-for");
    let name = if is_standard { "forwarded" } else { "x-forwarded-for" };
    entries(head, name, is_standard).map(move |entry| {
        let entry = str::from_utf8(entry).ok()?;
        if is_standard { node(&parameter(entry, "for")?) } else { node(entry) }
    })
}

/// The hosts that browsers have asked for, according to the `Forwarded` fields of a request (RFC
/// 7239, 5.3), the last one first. Entries without a host, or that cannot be read, are skipped.
pub fn told_hosts<'b>(head: &Head<'b>) -> impl Iterator<Item = String> + use<'b> {
    parameters(head, "host")
}

/// Whether browsers have asked by TLS, according to the `X-Forwarded-Proto` and `Forwarded` fields
/// of a request (RFC 7239, 5.4): they name at least one scheme, and none but `https` and `wss`.
pub fn is_told_secure(head: &Head<'_>) -> bool {
    let listed = entries(head, "x-forwarded-proto", false);
    let listed = listed.map(|scheme| String::from_utf8_lossy(scheme).into_owned());
    let mut schemes = listed.chain(parameters(head, "proto")).peekable();
    schemes.peek().is_some()
        && schemes.all(|scheme| matches!(&*scheme.to_ascii_lowercase(), "https" | "wss"))
}

/// The non-empty values of a parameter in the `Forwarded` fields of a request, the last one first.
fn parameters<'b>(head: &Head<'b>, name: &'static str) -> impl Iterator<Item = String> + use<'b> {
    let values = entries(head, "forwarded", true).filter_map(move |entry| {
        let entry = str::from_utf8(entry).ok()?;
        parameter(entry, name)
    });
    values.filter(|value| !value.is_empty())
}

/// The non-empty entries of all fields of that name, the last one first.
fn entries<'b>(
    head: &Head<'b>,
    name: &str,
    is_standard: bool,
) -> impl Iterator<Item = &'b [u8]> + use<'b> {
    let mut fields: Vec<&[u8]> = head.values(name).collect();
    let entries = std::iter::from_fn(move || {
        loop {
            let field = fields.last_mut()?;
            let entry = if is_standard { last_quoted(field) } else { last(field) };
            match entry {
                None => drop(fields.pop()),
                Some(entry) => return Some(entry),
            }
        }
    });
    entries.filter(|entry: &&[u8]| !entry.is_empty())
}

/// Whether a request has come through a proxy, as far as it shows: in a field that proxies write,
/// or in HTTP/1.0, which only nginx still speaks, by default.
pub fn is_proxied(head: &Head<'_>) -> bool {
    let is_proxys = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-forwarded-") || matches!(&*name, "forwarded" | "via" | "x-real-ip")
    };
    head.http10 || head.names().any(is_proxys)
}

/// Takes the last entry off a list separated by commas; `None` if nothing is left of it.
fn last<'b>(list: &mut &'b [u8]) -> Option<&'b [u8]> {
    take_from(list, memchr::memrchr(b',', list))
}

/// Takes the last entry off a list in which a comma may stand in a quoted string. A string without
/// a beginning takes in everything that is left.
fn last_quoted<'b>(list: &mut &'b [u8]) -> Option<&'b [u8]> {
    let mut is_quoted = false;
    let mut at = list.len();
    let comma = loop {
        let before = list.get(..at).unwrap_or_default();
        let Some(found) = memchr::memrchr2(b',', b'"', before) else { break None };
        let escapes = before.get(..found).unwrap_or_default().iter().rev();
        let is_escaped = escapes.take_while(|byte| **byte == b'\\').count() % 2 == 1;
        match before.get(found) {
            Some(b',') if !is_quoted => break Some(found),
            Some(b'"') if !is_quoted || !is_escaped => is_quoted = !is_quoted,
            _ => (),
        }
        at = found;
    };
    take_from(list, comma)
}

/// Takes everything after `comma`, or all, off a list.
fn take_from<'b>(list: &mut &'b [u8], comma: Option<usize>) -> Option<&'b [u8]> {
    if list.is_empty() {
        return None;
    }
    let whole = std::mem::take(list);
    let Some(comma) = comma else { return Some(whole.trim_ascii()) };
    let (rest, entry) = whole.split_at_checked(comma)?;
    *list = rest;
    Some(entry.get(1..).unwrap_or_default().trim_ascii())
}

/// A parameter of an element of `Forwarded`: `for=192.0.2.60;proto=http;host=chat.example`. `None`
/// if there is none, or two, or the element cannot be read.
fn parameter(element: &str, wanted: &str) -> Option<String> {
    let mut rest = element;
    let mut found = None;
    loop {
        let (name, value) = rest.split_once('=')?;
        let (value, behind) = value_of(value)?;
        if name.trim_ascii().eq_ignore_ascii_case(wanted) && found.replace(value).is_some() {
            return None;
        }
        rest = match behind.trim_ascii().strip_prefix(';') {
            Some(next) if !next.trim_ascii().is_empty() => next,
            Some(_) => break,
            None if behind.trim_ascii().is_empty() => break,
            None => return None,
        };
    }
    found
}

/// The value of a parameter, a token or a quoted string (RFC 9110, 5.6.4), and the text after it.
/// Addresses with a colon should be quoted, but not everybody does that.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.trim_ascii_start().strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        return Some((value.trim_ascii().to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            char => value.push(char),
        }
    }
}

/// The address of a node (RFC 7239, 6): `192.0.2.43`, `192.0.2.43:47011`, `[2001:db8::17]:47011`,
/// and, in `X-Forwarded-For` only, `2001:db8::17`.
fn node(text: &str) -> Hop {
    let (address, port) = match text.strip_prefix('[') {
        Some(literal) => {
            let (address, port) = literal.split_once(']')?;
            (IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), port)
        }
        None => match text.parse::<IpAddr>() {
            Ok(address) => (address, ""),
            Err(_) => {
                let (address, port) = text.split_at(text.find(':')?);
                (IpAddr::V4(address.parse().ok()?), port)
            }
        },
    };
    is_port(port).then(|| address.to_canonical())
}

/// Whether `text` is nothing, or a colon and a port, obfuscated or not (RFC 7239, 6).
fn is_port(text: &str) -> bool {
    let Some(port) = text.strip_prefix(':') else { return text.is_empty() };
    match port.strip_prefix('_') {
        Some(name) => {
            let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !name.is_empty() && name.bytes().all(is_sound)
        }
        None => port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http;

    fn read(headers: &str) -> Vec<String> {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n");
        let head = http::parse(head.as_bytes()).expect("a good head");
        hops(&head).map(|hop| hop.map_or("-".to_owned(), |ip| ip.to_string())).collect()
    }

    #[test]
    fn addresses_are_read_from_the_right() {
        for (value, expected) in [
            ("192.0.2.1", &["192.0.2.1"][..]),
            ("192.0.2.1, 192.0.2.2,192.0.2.3", &["192.0.2.3", "192.0.2.2", "192.0.2.1"]),
            ("192.0.2.1:80", &["192.0.2.1"]),
            (
                "2001:db8::1, [2001:db8::2], [2001:db8::3]:80",
                &["2001:db8::3", "2001:db8::2", "2001:db8::1"],
            ),
            ("::ffff:192.0.2.1", &["192.0.2.1"]),
            (",, 192.0.2.1 ,\t,192.0.2.2,", &["192.0.2.2", "192.0.2.1"]),
            ("unknown, 192.0.2.1, _hidden", &["-", "192.0.2.1", "-"]),
            ("192.0.2.1:, 192.0.2.1:x, 192.0.2.1:65536, 192.0.2.1:+1", &["-", "-", "-", "-"]),
            ("010.0.0.1, 256.0.0.1, 1.2.3, 0x7f.1, 1", &["-", "-", "-", "-", "-"]),
            ("fe80::1%eth0, [192.0.2.1], [::1, ::1]", &["-", "-", "-", "-"]),
            ("\"192.0.2.1\", 192.0.2.1 192.0.2.2, for=192.0.2.1", &["-", "-", "-"]),
            ("", &[]),
            (" , ", &[]),
        ] {
            let headers = format!("X-Forwarded-For: {value}\r\n");
            assert_eq!(read(&headers), expected, "{value}");
        }
        let two =
            "X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\nFoo: x\r\nx-forwarded-for: 192.0.2.3\r\n";
        assert_eq!(read(two), ["192.0.2.3", "192.0.2.2", "192.0.2.1"]);
        assert_eq!(read("X-Forwarded-For: \r\nForwarded: for=192.0.2.1\r\n"), [""; 0]);
    }

    #[test]
    fn elements_of_the_standard_are_read_from_the_right() {
        for (value, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", &["192.0.2.60"][..]),
            ("For=\"[2001:db8:cafe::17]:4711\"", &["2001:db8:cafe::17"]),
            ("for=192.0.2.43, for=198.51.100.17", &["198.51.100.17", "192.0.2.43"]),
            ("by=203.0.113.43;FOR=192.0.2.1:80", &["192.0.2.1"]),
            ("for=\"192.0.2.1:_port\"; proto=http;", &["192.0.2.1"]),
            ("for=\"192\\.0.2.1\"", &["192.0.2.1"]),
            ("for=unknown, for=_SEVKISEK, for=\"_gazonk\", for=", &["-", "-", "-", "-"]),
            ("proto=http, for=192.0.2.1;for=192.0.2.2", &["-", "-"]),
            ("host=\"a, for=192.0.2.9\";for=192.0.2.1", &["192.0.2.1"]),
            ("host=\"a\\\", for=192.0.2.9\";for=192.0.2.1", &["192.0.2.1"]),
            ("for=192.0.2.1;host=\"a, for=192.0.2.9", &["192.0.2.9", "-"]),
            ("for=\"192.0.2.9, for=192.0.2.1", &["192.0.2.1", "-"]),
            ("for=192.0.2.9\", for=192.0.2.1", &["192.0.2.1", "-"]),
            ("for=\"192.0.2.1\"x, for, for=192.0.2.1;", &["192.0.2.1", "-", "-"]),
            ("for=192.0.2.2, for=192.0.2.1\"", &["-"]),
            ("for=2001:db8::1", &["2001:db8::1"]),
        ] {
            assert_eq!(read(&format!("Forwarded: {value}\r\n")), expected, "{value}");
        }
        let both = "Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n";
        assert_eq!(read(both), ["192.0.2.2"]);
    }

    #[test]
    fn tls_is_told_if_no_entry_tells_of_anything_else() {
        for (fields, expected) in [
            ("", false),
            ("X-Forwarded-Proto: https\r\n", true),
            ("x-forwarded-proto: HTTPS\r\n", true),
            ("X-Forwarded-Proto: wss\r\n", true),
            ("X-Forwarded-Proto: https, https\r\n", true),
            ("X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n", false),
            ("X-Forwarded-Proto: https, http\r\n", false),
            ("X-Forwarded-Proto: http\r\n", false),
            ("X-Forwarded-Proto: \r\n", false),
            ("X-Forwarded-Proto: httpsx\r\n", false),
            ("X-Forwarded-For: 192.0.2.1\r\n", false),
            ("Forwarded: for=192.0.2.1;proto=https\r\n", true),
            ("Forwarded: for=192.0.2.1;proto=\"https\", for=192.0.2.2\r\n", true),
            ("Forwarded: proto=http, for=192.0.2.2;proto=https\r\n", false),
            ("X-Forwarded-Proto: https\r\nForwarded: proto=http\r\n", false),
        ] {
            let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
            let head = http::parse(head.as_bytes()).expect("a good head");
            assert_eq!(is_told_secure(&head), expected, "{fields}");
        }
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: \xff\r\n\r\n";
        assert!(!is_told_secure(&http::parse(head).expect("a good head")));
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing_on_their_right() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: \xff, 192.0.2.1\r\n\r\n";
        let head = http::parse(head).expect("a good head");
        let hops: Vec<Hop> = hops(&head).collect();
        assert_eq!(hops, ["192.0.2.1".parse().ok(), None]);
    }
}
