use super::*;

fn events(settings: &LineSettings, pieces: &[&[u8]]) -> Vec<String> {
    let mut session = LineSession::new(settings);
    let mut seen = Vec::new();
    let mut replies = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let input = session.input(settings, &mut piece, &mut replies);
        let mut rest = &*input;
        loop {
            match session.next(settings, &mut rest, 0) {
                Ok(Some(event)) => seen.push(format!("{event:?}")),
                Ok(None) => break,
                Err(reason) => {
                    seen.push(reason.to_string());
                    return seen;
                }
            }
        }
        let left = rest.len();
        session.keep(settings, input, left, false, 0);
    }
    seen
}

fn every_split(settings: &LineSettings, input: &[u8], expected: &[&str]) {
    for cut in 0..=input.len() {
        assert_eq!(events(settings, &[&input[..cut], &input[cut..]]), expected, "{cut}");
    }
}

fn text(text: &str) -> String {
    format!("Text(Text {{ text: {text:?}, first_bad_utf8: false }})")
}

#[test]
fn foreign_protocols_are_told_apart_at_every_split() {
    let settings = LineSettings::default();
    every_split(&settings, b"\x16\x03\x01\x02\x00", &["Foreign(Tls)"; 1]);
    let http = b"GET /chat HTTP/1.1\r\n";
    every_split(&settings, http, &["Foreign(Http)"]);
    every_split(&settings, b"\x16x\n", &[&text("\u{16}x")]);
    every_split(&settings, b"VERSION-CONTROL / HTTP/1.1\n", &["Foreign(Http)"]);
    every_split(&settings, b"GET a life\n", &[&text("GET a life")]);
    let second = [b"hi\n".as_slice(), http].concat();
    every_split(&settings, &second, &[&text("hi"), &text("GET /chat HTTP/1.1")]);
    let short = LineSettings { line_bytes_max: 2, ..LineSettings::default() };
    every_split(&short, b"abc\x16\x03\n", &["TooLong"]);
    every_split(&short, b"abc\n\x16\x03\n", &["TooLong", &text("\u{16}\u{3}")]);
}

#[test]
fn interrupts_and_blank_lines() {
    let settings = LineSettings::default();
    every_split(&settings, b"\n \t\r\n\x03\n", &["Interrupt"]);
    every_split(&settings, b"\x04\r\n", &["Interrupt"]);
    every_split(&settings, b"half\xff\xf4\n", &["Interrupt"]);
    every_split(&settings, b"half\xff\xf4\xff\xfd\x06", &["Interrupt"]);
    every_split(&settings, b"a\x03\n", &[&text("a\u{3}")]);
}

#[test]
fn bad_utf8_is_replaced_and_reported_once() {
    let settings = LineSettings::default();
    let expected = [
        "Text(Text { text: \"a\u{fffd}\", first_bad_utf8: true })",
        "Text(Text { text: \"b\u{fffd}\", first_bad_utf8: false })",
    ];
    every_split(&settings, b"a\xc3\nb\x80\n", &expected);
}

#[test]
fn three_long_lines_in_a_row_end_the_session() {
    let settings = LineSettings { line_bytes_max: 4, ..LineSettings::default() };
    let input = b"12345\n12345\nok\n12345\n12345\n12345\nnever\n";
    let ok = text("ok");
    let expected = ["TooLong", "TooLong", &ok, "TooLong", "TooLong", "line-too-long"];
    every_split(&settings, input, &expected);
}

#[test]
fn a_long_line_without_end_ends_when_idle() {
    let settings = LineSettings { line_bytes_max: 4, idle_flush_ms: 50, ..LineSettings::default() };
    let mut session = LineSession::new(&settings);
    let mut rest: &[u8] = b"12345";
    assert_eq!(session.next(&settings, &mut rest, 0), Ok(Some(LineInput::TooLong)));
    session.keep(&settings, Cow::Borrowed(b"12345"), 0, false, 0);
    assert_eq!(session.tail_due_ms(), Some(50));
    assert_eq!(session.finish(&settings, &mut &b""[..], 50), Ok(None));
    session.keep(&settings, Cow::Borrowed(b""), 0, false, 50);
    assert_eq!(session.tail_due_ms(), None);
    let mut rest: &[u8] = b"ok\n";
    assert_eq!(
        format!("{:?}", session.next(&settings, &mut rest, 60)),
        format!("Ok(Some({}))", text("ok"))
    );
}

#[test]
fn a_raw_door_looks_into_nothing() {
    let settings = LineSettings { raw: true, ..LineSettings::default() };
    every_split(
        &settings,
        b"\x16\x03\xff\xfd\x01\r\n\n\x03\nGET / HTTP/1.1\n",
        &[
            "Raw([22, 3, 255, 253, 1, 13, 10])",
            "Raw([10])",
            "Raw([3, 10])",
            &format!("Raw({:?})", b"GET / HTTP/1.1\n"),
        ],
    );
}
