use super::*;
use crate::limits::*;
use std::fmt::Write as _;

const BODY_BYTES_MAX: usize = 64;

/// A server's reading of `input` when it arrives in pieces, cut at `cuts`: a line for each request,
/// and one for the rest.
pub(super) fn read(input: &[u8], cuts: &[usize]) -> String {
    let mut kept = Vec::new();
    let mut scanned = 0;
    let mut content = Vec::new();
    let mut body: Option<Body> = None;
    let mut log = String::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([input.len()]) {
        kept.extend_from_slice(&input[from..to]);
        from = to;
        loop {
            match step(&mut kept, &mut scanned, &mut body, &mut content, &mut log) {
                Ok(true) => (),
                Ok(false) => break,
                Err(refusal) => {
                    writeln!(log, "{content:?} {refusal}").expect("a string takes all");
                    return log;
                }
            }
        }
    }
    let kept = String::from_utf8_lossy(&kept);
    writeln!(log, "{content:?} {kept:?}").expect("a string takes all");
    log
}

/// The last line of what [`read`] returns.
pub(super) fn last(log: &str) -> &str {
    log.lines().next_back().expect("there is a last line")
}

/// One step of a server; false if it needs more bytes.
fn step(
    kept: &mut Vec<u8>,
    scanned: &mut usize,
    body: &mut Option<Body>,
    content: &mut Vec<u8>,
    log: &mut String,
) -> Result<bool, Refusal> {
    if let Some(decoder) = body {
        let mut rest = kept.as_slice();
        let whole = decoder.decode(&mut rest, content)?;
        assert!(whole || rest.is_empty(), "an incomplete body leaves nothing");
        *kept = rest.to_vec();
        if whole {
            writeln!(log, "= {}", String::from_utf8_lossy(content)).expect("a string takes all");
            content.clear();
            *body = None;
        }
        return Ok(whole);
    }
    let Some(end) = head_end(kept, scanned)? else { return Ok(false) };
    assert_eq!(*scanned, 0);
    let head = parse(&kept[..end])?;
    assert!(is_strict(&kept[..end]), "{head:?}");
    writeln!(
        log,
        "{:?} {} {} {:?} host={:?} keep={} expect={}",
        head.method,
        head.path,
        head.query,
        head.framing,
        head.header("HOST"),
        head.keep_alive,
        head.expect_continue
    )
    .expect("a string takes all");
    *body = Some(Body::new(head.framing, BODY_BYTES_MAX)?);
    kept.drain(..end);
    Ok(true)
}

/// Signs that no accepted head has, searched for in another way than the parser does.
fn is_strict(head: &[u8]) -> bool {
    let lower = head.to_ascii_lowercase();
    let lines = || lower.split(|byte| *byte == b'\n').skip(1);
    let count = |name: &[u8]| lines().filter(|line| line.starts_with(name)).count();
    let cr = |at: usize| head.get(at.wrapping_sub(1)) == Some(&b'\r');
    count(b"content-length:") + count(b"transfer-encoding:") <= 1
        && count(b"host:") <= 1
        && lines().all(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"))
        && (0..head.len()).all(|at| (head[at] == b'\n') == (cr(at) && head[at] != b'\r'))
        && !head.contains(&0)
}

/// Whole, at every split, and byte by byte.
fn read_at_every_split(input: &[u8]) -> String {
    let whole = read(input, &[]);
    for cut in 0..=input.len() {
        assert_eq!(read(input, &[cut]), whole, "{cut}");
    }
    let each: Vec<usize> = (0..input.len()).collect();
    assert_eq!(read(input, &each), whole);
    whole
}

/// The status with which `input` is refused; 0 if it is not.
fn status(input: &[u8]) -> u16 {
    let log = read_at_every_split(input);
    let refusal = log.lines().next_back().expect("there is a last line");
    let refusal = refusal.rsplit_once("] ").map_or("", |(_, refusal)| refusal);
    refusal.split(' ').next().and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn with_fields(fields: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes()
}

#[test]
fn requests_are_read_alike_at_every_split() {
    let input = b"GET /a%20b?x=1&y=%C3%BC+z?? HTTP/1.1\r\nhOST: \t a:80 \r\nAccept:*/*\r\n\r\n\
        \r\nPOST http://a HTTP/1.1\r\nHost: A\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n\
        helloOPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\
        PUT / HTTP/1.1\r\nHost: [::1]:5000\r\nTransfer-Encoding: Chunked\r\n\r\n\
        5;a=\"b c\"\r\nhello\r\n0A\r\n, world\r\n!\r\n000\r\nX-Trailer: 1\r\nY:\r\n\r\n\
        get / HTTP/1.1\r\nHost: a\r\nConnection: x , CLOSE\r\n\r\nHEAD / H";
    let expected = "\
        Get /a%20b x=1&y=%C3%BC+z?? None host=Some(\"a:80\") keep=true expect=false\n= \n\
        Post /  Length(5) host=Some(\"a\") keep=true expect=true\n= hello\n\
        Options *  None host=None keep=false expect=false\n= \n\
        Put /  Chunked host=Some(\"[::1]:5000\") keep=true expect=false\n= hello, world\r\n!\n\
        Other /  None host=Some(\"a\") keep=false expect=false\n= \n\
        [] \"HEAD / H\"\n";
    assert_eq!(read_at_every_split(input), expected);
}

#[test]
fn a_second_request_hides_in_no_first() {
    let second = "GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
    for (fields, expected) in [
        ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 400),
        ("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400),
        ("Transfer-Encoding: chunked, chunked\r\n", 400),
        ("Transfer-Encoding: chunked, gzip\r\n", 400),
        ("Transfer-Encoding: chunked,\r\n", 400),
        ("Transfer-Encoding:\r\n", 400),
        ("Transfer-Encoding: \x0bchunked\r\n", 400),
        ("Transfer-Encoding : chunked\r\n", 400),
        ("Transfer-Encoding\t: chunked\r\n", 400),
        (" Transfer-Encoding: chunked\r\n", 400),
        ("X: y\r\n Transfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding:\r\n chunked\r\n", 400),
        ("X: y\nTransfer-Encoding: chunked\r\n", 400),
        ("X: y\rTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: xchunked\r\n", 501),
        ("Transfer-Encoding: chunked;q=1\r\n", 501),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: gzip\r\n", 501),
        ("Transfer-Encoding: \"chunked\"\r\n", 501),
        ("Content-Length: 4\r\nContent-Length: 4\r\n", 400),
        ("Content-Length: 4\r\nContent-Length: 5\r\n", 400),
        ("Content-Length : 4\r\n", 400),
    ] {
        let mut input = with_fields(fields);
        input.extend_from_slice(second.as_bytes());
        assert_eq!(status(&input), expected, "{fields:?}");
        assert!(!read(&input, &[]).contains("evil"), "{fields:?}");
    }
    assert_eq!(status(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    let inside = format!("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", second.len());
    let log = read_at_every_split(&[inside.as_bytes(), second.as_bytes()].concat());
    assert_eq!(log.matches("Get /").count(), 1, "{log}");
}

#[test]
fn a_length_is_digits() {
    for value in ["+5", "-1", "0x5", "5.0", "\"5\"", "1_0", "5,6", "5, 5", "", "5 5", "٥", "5;"] {
        let input = with_fields(&format!("Content-Length: {value}\r\n"));
        assert_eq!(status(&input), 400, "{value}");
    }
    let lengths = ["65", "4294967296", "9223372036854775807", "18446744073709551615"];
    for value in lengths.into_iter().chain(["18446744073709551616", &*"9".repeat(100)]) {
        let input = with_fields(&format!("Content-Length: {value}\r\n"));
        assert_eq!(status(&input), 413, "{value}");
    }
    assert_eq!(status(&with_fields("Content-Length: 00000000000000000000000064\r\n")), 0);
    assert_eq!(Body::new(Framing::Length(9), 8).err().map(|refusal| refusal.status), Some(413));
}

#[test]
fn chunks_are_hexadecimal_and_bounded() {
    for (chunks, expected) in [
        ("FFFFFFFFFFFFFFFFF\r\n", 400),
        ("FFFFFFFFFFFFFFFF\r\n", 413),
        ("00000000000000001\r\n", 400),
        ("-1\r\n", 400),
        ("0x5\r\n", 400),
        ("5g\r\n", 400),
        ("+5\r\n", 400),
        ("\r\n", 400),
        (";a\r\n", 400),
        (" 5\r\n", 400),
        ("5 \r\n", 400),
        ("5\nhello\r\n", 400),
        ("5\r\r\nhello\r\n", 400),
        ("5;a\nhello\r\n", 400),
        ("5;a\rb\r\nhello\r\n", 400),
        ("5;\0\r\nhello\r\n", 400),
        ("5\r\nhello\n", 400),
        ("5\r\nhello!\r\n", 400),
        ("41\r\n", 413),
        ("40;a\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n1\r\n", 413),
        ("0\r\n\n", 400),
        ("0\r\nX\r\n\r\n", 400),
        ("0\r\n: x\r\n\r\n", 400),
        ("0\r\nX : y\r\n\r\n", 400),
        ("0\r\nX: y\n\r\n", 400),
        ("0\r\n X: y\r\n\r\n", 400),
        ("0\r\nX: \0\r\n\r\n", 400),
        ("0\r\nX: y\r\n\r\n", 0),
        ("0000000000000001\r\nx\r\n0\r\n\r\n", 0),
    ] {
        let mut input = with_fields("Transfer-Encoding: chunked\r\n");
        input.extend_from_slice(chunks.as_bytes());
        assert_eq!(status(&input), expected, "{chunks:?}");
    }
    let chunked = with_fields("Transfer-Encoding: chunked\r\n");
    let last_status = |chunks: String| {
        let log = read(&[&*chunked, chunks.as_bytes()].concat(), &[]);
        log.lines().next_back().map(|line| line.get(3..6).unwrap_or("").to_owned())
    };
    let extensions = |bytes: u32| format!("0;{}\r\n\r\n", "x".repeat(bytes as usize));
    assert_eq!(last_status(extensions(HTTP_CHUNK_EXTENSIONS_BYTES_MAX)).as_deref(), Some(""));
    let beyond = extensions(HTTP_CHUNK_EXTENSIONS_BYTES_MAX + 1);
    assert_eq!(last_status(beyond).as_deref(), Some("400"));
    let trailers = format!("0\r\n{}\r\n", "a: b\r\n".repeat(1000));
    assert_eq!(last_status(trailers).as_deref(), Some("431"));
}

#[test]
fn a_head_is_well_formed() {
    for fields in [
        "Host: a\r\n",
        "Host: b\r\n",
        "X\r\n",
        "X y\r\n",
        ": x\r\n",
        "X : y\r\n",
        "X: \0\r\n",
        "X: a\x01b\r\n",
        "X: \x7f\r\n",
        "X\0: y\r\n",
        "X: a\r\n b\r\n",
        "\tX: y\r\n",
        "X(: y\r\n",
        "X: y\n",
        "X: y\rZ: z\r\n",
        "Ü: y\r\n",
    ] {
        assert_eq!(status(&with_fields(fields)), 400, "{fields:?}");
    }
    for host in [
        "a b", "a/b", "", "a@b", "a:b", "a:1:2", "[::1", "[]", "[::g]", "[::1]x", "ü", "%", "%4g",
        ":80", "a\\b", "a?b", "a#b", "<a>",
    ] {
        let input = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(status(input.as_bytes()), 400, "{host:?}");
    }
    for host in ["a", "a:", "a.b-c_d:65535", "127.0.0.1:5000", "[fe80::1]:80", "%41"] {
        let input = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(status(input.as_bytes()), 0, "{host:?}");
    }
    assert_eq!(status(b"GET / HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(status(b"GET / HTTP/1.0\r\n\r\n"), 0);
    assert_eq!(status(b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), 400);
    assert_eq!(status(&with_fields("Expect: 200-ok\r\n")), 417);
    assert_eq!(parse(b"").err().map(|refusal| refusal.status), Some(400));
    assert_eq!(parse(b"GET / HTTP/1.0\r\n\r\nX").err().map(|refusal| refusal.status), Some(400));
}

#[test]
fn a_refusal_waits_for_no_blank_line() {
    for (line, expected) in [
        (&b"\n"[..], 400),
        (b"\r\n\r", 400),
        (b"\rG", 400),
        (b" ", 400),
        (b"G\xc3", 400),
        (b"SSH-2.0-OpenSSH\r", 400),
        (b"hello\n", 400),
        (b"\0", 400),
        (b"GET  ", 400),
        (b"GET \r", 400),
        (b"GET /\r", 400),
        (b"GET / \r", 400),
        (b"GET /\xc3", 400),
        (b"GET /\0", 400),
        (b"GET /#", 400),
        (b"GET /  ", 400),
        (b"GET / HTTP/1.1 ", 400),
        (b"GET / HTTP/1.1\n", 400),
        (b"GET / HTTP/11", 400),
        (b"GET / h", 400),
        (b"GET / HTTP/1.x", 400),
        (b"GET a HTTP/1.1\r\n", 400),
        (b"GET * HTTP/1.1\r\n", 400),
        (b"GET a:80 HTTP/1.1\r\n", 400),
        (b"GET ftp://a/ HTTP/1.1\r\n", 400),
        (b"GET http:// HTTP/1.1\r\n", 400),
        (b"GET http://u@a/ HTTP/1.1\r\n", 400),
        (b"CONNECT a/b HTTP/1.1\r\n", 400),
        (b"GET / HTTP/9.9", 505),
        (b"GET / HTTP/2.0", 505),
        (b"PRI * HTTP/2.0", 505),
        (b"GET / HTTP/0.9", 505),
        (b"012345678901234567890123456789012", 501),
        (b"\x16\x03", 400),
        (b"\x16G", 400),
        (b"\x16 ", 400),
    ] {
        let line_text = String::from_utf8_lossy(line).into_owned();
        assert_eq!(status(line), expected, "{line_text:?}");
        let shorter = &line[..line.len() - 1];
        assert_eq!(status(shorter), 0, "{line_text:?} is refused at its last byte");
    }
    assert!(read(b"\x16\x03\x01\x02\0\x01", &[1]).contains("TLS at a door that speaks plain HTTP"));
    assert!(!read(b"\x16GET", &[1]).contains("TLS"));
}

#[test]
fn targets_have_many_forms() {
    for (line, host, expected) in [
        ("GET http://a:1/b?c", "a:1", "Get /b c"),
        ("GET HTTPS://A?c", "a", "Get / c"),
        ("GET //b/../c", "a", "Get //b/../c "),
        ("CONNECT b:443", "b:443", "Other / "),
        ("CONNECT /", "a", "Other / "),
        ("TRACE /?", "a", "Other / "),
        ("GET /?http://x/", "a", "Get / http://x/"),
    ] {
        let input = format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let log = read_at_every_split(input.as_bytes());
        assert!(log.starts_with(&format!("{expected} None")), "{log}");
    }
    // The target's host is the one that counts.
    for host in ["a", "b"] {
        let input = format!("GET http://b/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let log = read_at_every_split(input.as_bytes());
        assert!(log.contains("host=Some(\"b\")"), "{log}");
    }
    assert_eq!(status(b"GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    assert_eq!(status(b"GET http://b/ HTTP/1.1\r\n\r\n"), 400);
}

#[test]
fn every_refusal_has_a_name() {
    for status in [400, 413, 414, 417, 431, 501, 505] {
        assert_ne!(reason(status), "");
    }
    let refusal = Refusal { status: 413, why: "too much" };
    assert_eq!(refusal.to_string(), "413 Content Too Large: too much");
}
