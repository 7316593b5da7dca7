use super::*;
use crate::limits::{
    RESP_ITEM_BYTES_MIN, RESP_KEPT_BYTES_MAX, RESP_LINE_BYTES_MAX, RESP_REPLY_BYTES_MAX,
};
use fastrand::Rng;

/// The findings of a decoder in these pieces: each reply in the form for debugging, and the error.
fn found<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut decoder = Decoder::default();
    let mut all = Vec::new();
    for mut piece in pieces {
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(reply)) => all.push(format!("{reply:?}")),
                Ok(None) => break,
                Err(error) => {
                    all.push(format!("{error:?}"));
                    return all;
                }
            }
        }
        assert!(piece.is_empty(), "incomplete input is kept");
    }
    all
}

/// The replies in `bytes`, which are the same whole and cut at every byte.
fn found_anyhow(bytes: &[u8]) -> Vec<String> {
    let whole = found([bytes]);
    assert_eq!(found(bytes.chunks(1)), whole, "{}", bytes.escape_ascii());
    for cut in 0..bytes.len() {
        let (one, other) = bytes.split_at(cut);
        assert_eq!(found([one, other]), whole, "{} at {cut}", bytes.escape_ascii());
    }
    whole
}

#[test]
fn replies_are_found_however_they_are_cut() {
    let golden: &[(&[u8], &str)] = &[
        (b"+OK\r\n", "Status([79, 75])"),
        (b"+\r\n", "Status([])"),
        (b":-42\r\n", "Integer(-42)"),
        (b":9223372036854775807\r\n", "Integer(9223372036854775807)"),
        (b",1.5\r\n", "Double(1.5)"),
        (b",-inf\r\n", "Double(-inf)"),
        (
            b"(-12345678901234567890123\r\n",
            "BigNumber([45, 49, 50, 51, 52, 53, 54, 55, 56, 57, 48, \
          49, 50, 51, 52, 53, 54, 55, 56, 57, 48, 49, 50, 51])",
        ),
        (b"#t\r\n", "Boolean(true)"),
        (b"_\r\n", "Null"),
        (b"$-1\r\n", "Null"),
        (b"*-1\r\n", "Null"),
        (b"$0\r\n\r\n", "Bytes([])"),
        (b"$4\r\na\r\nb\r\n", "Bytes([97, 13, 10, 98])"),
        (b"=6\r\ntxt:ab\r\n", "Bytes([97, 98])"),
        (b"-NOSCRIPT No such script\r\n", "Error(\"NOSCRIPT No such script\")"),
        (b"!5\r\nOOM x\r\n", "Error(\"OOM x\")"),
        (b"*0\r\n", "Array([])"),
        (b"*2\r\n*1\r\n:1\r\n_\r\n", "Array([Array([Integer(1)]), Null])"),
        (b"%1\r\n+a\r\n~1\r\n#f\r\n", "Map([Status([97]), Set([Boolean(false)])])"),
        (b">2\r\n+a\r\n:1\r\n", "Push([Status([97]), Integer(1)])"),
        (b"|1\r\n+ttl\r\n:9\r\n+OK\r\n", "Status([79, 75])"),
        (b"*2\r\n|1\r\n+ttl\r\n*1\r\n:9\r\n+a\r\n+b\r\n", "Array([Status([97]), Status([98])])"),
    ];
    for (bytes, reply) in golden {
        assert_eq!(found_anyhow(bytes), [*reply], "{}", bytes.escape_ascii());
        for end in 0..bytes.len() {
            assert!(found([&bytes[..end]]).is_empty(), "{}", bytes[..end].escape_ascii());
        }
    }
    let stream: Vec<u8> = golden.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
    let all: Vec<&str> = golden.iter().map(|(_, reply)| *reply).collect();
    assert_eq!(found_anyhow(&stream), all);
}

#[test]
fn what_is_no_reply_is_refused_however_it_is_cut() {
    let too_long = format!("${}\r\n", RESP_REPLY_BYTES_MAX + 1);
    let too_many = format!("*{RESP_REPLY_BYTES_MAX}\r\n");
    let golden: &[(&[u8], Error)] = &[
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Error::NotResp),
        (b"\0", Error::NotResp),
        (b"\r\n", Error::NotResp),
        (b"+OK\rx", Error::Malformed),
        (b":\r\n", Error::Malformed),
        (b":12a\r\n", Error::Malformed),
        (b":9223372036854775808\r\n", Error::Malformed),
        (b",one\r\n", Error::Malformed),
        (b"(1.5\r\n", Error::Malformed),
        (b"#x\r\n", Error::Malformed),
        (b"_x\r\n", Error::Malformed),
        (b"$-2\r\n", Error::Malformed),
        (b"$+1\r\n", Error::Malformed),
        (b"$?\r\n", Error::Malformed),
        (b"$1\r\nabc", Error::Malformed),
        (b"=3\r\nabc\r\n", Error::Malformed),
        (b"*1\r\n>0\r\n", Error::Malformed),
        (b"*11111111111111111111111111111111111", Error::Malformed),
        (b"$99999999999999999999\r\n", Error::TooLong),
        (b"*99999999999999999999\r\n", Error::TooLong),
        (b"%4611686018427387904\r\n", Error::TooLong),
        (too_long.as_bytes(), Error::TooLong),
        (too_many.as_bytes(), Error::TooLong),
    ];
    for (bytes, error) in golden {
        assert_eq!(found_anyhow(bytes), [format!("{error:?}")], "{}", bytes.escape_ascii());
    }
    assert_eq!(found([&*b"*1\r\n".repeat(100_000)]), ["TooDeep"]);
    assert_eq!(found([&*b"|1\r\n".repeat(100_000)]), ["TooDeep"]);
    let line = [b"+".as_slice(), &[b'x'; RESP_LINE_BYTES_MAX + 1]].concat();
    assert_eq!(found([&*line]), ["TooLong"]);
    assert_eq!(found(line.chunks(1_000)), ["TooLong"]);
}

#[test]
fn what_is_kept_of_a_reply_has_a_bound() {
    let mut decoder = Decoder::default();
    let mut said = 0;
    // Many strings, none of which is long.
    let mut piece =
        &format!("*{}\r\n", RESP_REPLY_BYTES_MAX / RESP_ITEM_BYTES_MIN).into_bytes()[..];
    let string = [b"$1000\r\n".as_slice(), &[b'x'; 1_000], b"\r\n"].concat();
    while let Ok(found) = decoder.next(&mut piece) {
        assert_eq!(found, None);
        assert!(decoder.kept_bytes() <= RESP_REPLY_BYTES_MAX + string.len());
        said += string.len();
        assert!(said < 2 * RESP_REPLY_BYTES_MAX, "it is found too long");
        piece = &string;
    }
    assert!(said > RESP_REPLY_BYTES_MAX - 2 * string.len());
}

#[test]
fn a_long_reply_is_given_and_then_forgotten() {
    let string = vec![b'x'; 2 * RESP_KEPT_BYTES_MAX];
    let mut bytes = format!("${}\r\n", string.len()).into_bytes();
    bytes.extend_from_slice(&string);
    bytes.extend_from_slice(b"\r\n+OK\r\n");
    let mut decoder = Decoder::default();
    let (mut one, mut other) = bytes.split_at(100);
    assert_eq!(decoder.next(&mut one), Ok(None));
    assert_eq!(decoder.next(&mut other), Ok(Some(Reply::Bytes(&string))));
    assert_eq!(decoder.next(&mut other), Ok(Some(Reply::Status(b"OK"))));
    assert!(other.is_empty() && decoder.kept_bytes() == 0);
}

#[test]
fn a_reply_is_looked_at_as_what_it_is() {
    let bytes = b"*3\r\n$1\r\na\r\n:2\r\n-OOM full\r\n";
    let mut decoder = Decoder::default();
    let reply = decoder.next(&mut &bytes[..]).expect("it is one").expect("it is whole");
    let mut items = reply.items().expect("it is an array");
    assert_eq!(items.len(), 3);
    assert_eq!(items.next().and_then(|item| item.as_bytes()), Some(&b"a"[..]));
    assert_eq!(items.next().and_then(|item| item.as_integer()), Some(2));
    let Some(Reply::Error(error)) = items.next() else { panic!("not an error") };
    assert_eq!((error.code(), error.to_string()), (ErrorCode::OutOfMemory, "OOM full".to_owned()));
    assert_eq!((items.next(), items.len()), (None, 0));
    assert_eq!((reply.as_bytes(), reply.as_integer(), Reply::Null.items()), (None, None, None));
    let code = |text: &'static [u8]| ErrorReply::new(text).code();
    assert_eq!(code(b"READONLY You can't write"), ErrorCode::ReadOnly);
    assert_eq!(code(b"LOADINGS"), ErrorCode::Other);
    assert_eq!(code(b""), ErrorCode::Other);
}

#[test]
fn commands_are_arrays_of_strings() {
    let long = [b'x'; 1_234];
    let golden: &[(&[&[u8]], &[u8])] = &[
        (&[b"PING"], b"*1\r\n$4\r\nPING\r\n"),
        (&[b"SET", b"", b"a\r\n"], b"*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\na\r\n\r\n"),
        (&[b"0123456789"], b"*1\r\n$10\r\n0123456789\r\n"),
    ];
    for (parts, bytes) in golden {
        let mut out = b"before ".to_vec();
        encode_command(&mut out, parts);
        assert_eq!(out, [b"before ", *bytes].concat());
        assert_eq!(command_bytes(parts), bytes.len());
    }
    let parts: Vec<&[u8]> = (0..=100).map(|_| &long[..]).collect();
    let mut out = Vec::new();
    encode_command(&mut out, &parts);
    assert_eq!(command_bytes(&parts), out.len());
    assert!(out.starts_with(b"*101\r\n$1234\r\nx"));
    // A command reads like a reply.
    assert_eq!(found([&*out]).len(), 1);
}

/// A reply, and nothing but replies.
fn write(out: &mut Vec<u8>, random: &mut Rng, depth: usize) {
    let string: Vec<u8> = (0..random.usize(..40)).map(|_| random.u8(..)).collect();
    match random.usize(..if depth > 4 { 7 } else { 12 }) {
        0 => out.extend(b"+some status\r\n"),
        1 => out.extend(b"-ERR no\r\n"),
        2 => out.extend(format!(":{}\r\n", random.i64(..)).bytes()),
        3 => out.extend(format!(",{}\r\n", random.f64()).bytes()),
        4 => out.extend(b"_\r\n"),
        5 | 6 => {
            out.extend(format!("${}\r\n", string.len()).bytes());
            out.extend(string);
            out.extend(b"\r\n");
        }
        at => {
            let count = random.usize(..5);
            let kind = ['*', '*', '~', '%', '|'][at - 7];
            out.extend(format!("{kind}{count}\r\n").bytes());
            let each = if matches!(kind, '%' | '|') { 2 } else { 1 };
            (0..count * each).for_each(|_| write(out, random, depth + 1));
            if kind == '|' {
                write(out, random, depth + 1);
            }
        }
    }
}

#[test]
fn streams_made_and_damaged_by_seed_are_found_alike_in_any_pieces() {
    let mut random = Rng::with_seed(7);
    for _ in 0..3_000 {
        let mut stream = Vec::new();
        let count = 1 + random.usize(..4);
        (0..count).for_each(|_| write(&mut stream, &mut random, 0));
        let whole = found([&*stream]);
        assert_eq!(whole.len(), count, "{}", stream.escape_ascii());
        if random.bool() {
            let at = random.usize(..stream.len());
            stream[at] ^= 1 << random.usize(..8);
        }
        let whole = found([&*stream]);
        let size = 1 + random.usize(..20);
        assert_eq!(found(stream.chunks(size)), whole, "{}", stream.escape_ascii());
    }
}
