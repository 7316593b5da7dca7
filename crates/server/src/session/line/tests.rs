use super::*;

fn events(door: &LineDoor, pieces: &[&[u8]]) -> Vec<String> {
    let mut session = LineSession::new(door);
    let mut seen = Vec::new();
    let mut replies = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let input = session.input(door, &mut piece, &mut replies);
        let mut rest = &*input;
        loop {
            match session.next(door, &mut rest, 0) {
                Ok(Some(event)) => seen.push(format!("{event:?}")),
                Ok(None) => break,
                Err(reason) => {
                    seen.push(reason.to_string());
                    return seen;
                }
            }
        }
        let left = rest.len();
        session.keep(door, input, left, false, 0);
    }
    seen
}

fn every_split(door: &LineDoor, input: &[u8], expected: &[&str]) {
    for cut in 0..=input.len() {
        assert_eq!(events(door, &[&input[..cut], &input[cut..]]), expected, "{cut}");
    }
}

fn text(text: &str) -> String {
    format!("Text(Text {{ text: {text:?}, first_bad_utf8: false }})")
}

#[test]
fn foreign_protocols_are_told_apart_at_every_split() {
    let door = LineDoor::default();
    every_split(&door, b"\x16\x03\x01\x02\x00", &["Foreign(Tls)"; 1]);
    let http = b"GET /chat HTTP/1.1\r\n";
    every_split(&door, http, &["Foreign(Http)"]);
    every_split(&door, b"\x16x\n", &[&text("\u{16}x")]);
    every_split(&door, b"VERSION-CONTROL / HTTP/1.1\n", &["Foreign(Http)"]);
    every_split(&door, b"GET a life\n", &[&text("GET a life")]);
    let second = [b"hi\n".as_slice(), http].concat();
    every_split(&door, &second, &[&text("hi"), &text("GET /chat HTTP/1.1")]);
    let short = LineDoor { line_bytes_max: 2, ..LineDoor::default() };
    every_split(&short, b"abc\x16\x03\n", &["TooLong"]);
    every_split(&short, b"abc\n\x16\x03\n", &["TooLong", &text("\u{16}\u{3}")]);
}

#[test]
fn interrupts_and_blank_lines() {
    let door = LineDoor::default();
    every_split(&door, b"\n \t\r\n\x03\n", &["Interrupt"]);
    every_split(&door, b"\x04\r\n", &["Interrupt"]);
    every_split(&door, b"half\xff\xf4\n", &["Interrupt"]);
    every_split(&door, b"half\xff\xf4\xff\xfd\x06", &["Interrupt"]);
    every_split(&door, b"a\x03\n", &[&text("a\u{3}")]);
}

#[test]
fn bad_utf8_is_replaced_and_reported_once() {
    let door = LineDoor::default();
    let expected = [
        "Text(Text { text: \"a\u{fffd}\", first_bad_utf8: true })",
        "Text(Text { text: \"b\u{fffd}\", first_bad_utf8: false })",
    ];
    every_split(&door, b"a\xc3\nb\x80\n", &expected);
}

#[test]
fn three_long_lines_in_a_row_end_the_session() {
    let door = LineDoor { line_bytes_max: 4, ..LineDoor::default() };
    let input = b"12345\n12345\nok\n12345\n12345\n12345\nnever\n";
    let ok = text("ok");
    let expected = ["TooLong", "TooLong", &ok, "TooLong", "TooLong", "line-too-long"];
    every_split(&door, input, &expected);
}

#[test]
fn a_long_line_without_end_ends_when_idle() {
    let door = LineDoor { line_bytes_max: 4, idle_flush_ms: 50, ..LineDoor::default() };
    let mut session = LineSession::new(&door);
    let mut rest: &[u8] = b"12345";
    assert_eq!(session.next(&door, &mut rest, 0), Ok(Some(LineInput::TooLong)));
    session.keep(&door, Cow::Borrowed(b"12345"), 0, false, 0);
    assert_eq!(session.tail_due_ms(), Some(50));
    assert_eq!(session.finish(&door, &mut &b""[..], 50), Ok(None));
    session.keep(&door, Cow::Borrowed(b""), 0, false, 50);
    assert_eq!(session.tail_due_ms(), None);
    let mut rest: &[u8] = b"ok\n";
    assert_eq!(
        format!("{:?}", session.next(&door, &mut rest, 60)),
        format!("Ok(Some({}))", text("ok"))
    );
}

#[test]
fn a_raw_door_looks_into_nothing() {
    let door = LineDoor { raw: true, ..LineDoor::default() };
    every_split(
        &door,
        b"\x16\x03\xff\xfd\x01\r\n\n\x03\nGET / HTTP/1.1\n",
        &[
            "Raw([22, 3, 255, 253, 1, 13, 10])",
            "Raw([10])",
            "Raw([3, 10])",
            &format!("Raw({:?})", b"GET / HTTP/1.1\n"),
        ],
    );
}
