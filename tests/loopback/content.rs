//! Text from people never reaches a terminal as anything but text: no control character, no
//! bidirectional override, no byte that is not UTF-8.

use super::harness::{Client, Server, is_harmless};

/// Characters that terminals obey, and their visible form.
const CONTROLS: [(&str, &str); 14] = [
    ("\x1b]52;c;aGVsbG8=\x07", "^[]52;c;aGVsbG8=^G"),
    ("\x1b]0;title\x1b\\", "^[]0;title^[\\"),
    ("\x1b[2J\x1b[1;31m", "^[[2J^[[1;31m"),
    ("\x1bP0;1|17/ab\x1b\\", "^[P0;1|17/ab^[\\"),
    ("bell\x07", "bell^G"),
    ("back\x08\x08space", "back^H^Hspace"),
    ("nul\0nul", "nul^@nul"),
    ("del\x7f", "del^?"),
    ("\x0cform\x0bvertical", "^Lform^Kvertical"),
    ("shift\x0eout\x0fin", "shift^Nout^Oin"),
    ("\u{9b}31m csi", "\\u{9b}31m csi"),
    ("\u{9d}0;x\u{9c}", "\\u{9d}0;x\\u{9c}"),
    ("\u{80}\u{85}\u{90}\u{9f}", "\\u{80}\\u{85}\\u{90}\\u{9f}"),
    ("line\u{2028}and\u{2029}paragraph", "line\\u{2028}and\\u{2029}paragraph"),
];

#[test]
fn control_characters_in_a_line_are_shown_and_not_sent() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    for (sent, shown) in CONTROLS {
        alice.send(format!("{sent}\n"));
        bob.expect_said(&format!("<alice> {shown}"));
    }
}

#[test]
fn no_control_character_is_relayed_by_any_command() {
    let server = Server::start(&["--rate", "0", "--log", "trace"]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    for char in (0..0x20).chain(0x7f..0xa0).filter_map(char::from_u32) {
        if char == '\n' {
            continue;
        }
        let text = format!("a{char}[2Jz");
        for command in ["", "/me ", "/msg bob ", "/topic ", "//", "/join #", "/nick ", "/who #"] {
            alice.send(format!("{command}{text}\n"));
        }
        alice.send(format!("/{text}\n/msg {text} {text}\n"));
    }
    for line in alice.sync().iter().chain(&bob.sync()) {
        // Its senders get nothing raw either.
        assert!(is_harmless(line), "{line:?}");
    }
    let log = server.log();
    assert!(log.lines().all(is_harmless), "{log:?}");
}

#[test]
fn names_with_control_characters_are_refused() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    for (sent, _) in CONTROLS {
        let told = alice.ask(&format!("/nick x{sent}"));
        assert_eq!(told, "* a name is made of letters, digits and - _ .", "{sent:?}");
        let told = alice.ask(&format!("/join #x{sent}"));
        assert_eq!(told, "* a name is made of letters, digits and - _ .", "{sent:?}");
    }
}

#[test]
fn a_bare_carriage_return_is_never_relayed() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    alice.send("honest\r<bob> forged\n");
    bob.expect_said("<alice> honest");
    bob.expect_said("<alice> <bob> forged");
    alice.send("ends with two\r\r\n");
    bob.expect_said("<alice> ends with two");
    alice.send("unfinished\r");
    alice.half_close();
    let last = bob.said();
    assert!(last.starts_with("<alice> unfinished") && is_harmless(&last), "{last:?}");
}

#[test]
fn enter_as_a_carriage_return_alone_says_a_line_at_once() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    for (end, rest) in [("\r", ""), ("\r", "\n"), ("\r", "\0"), ("\r\n", ""), ("\r", "\r\n")] {
        alice.send(format!("raw{end}"));
        bob.expect_said("<alice> raw");
        // The rest of the same line end is skipped.
        alice.send(format!("{rest}/topic\r"));
        alice.expect("* #lobby has no topic; /topic TEXT sets one");
    }
    alice.send("last\n");
    bob.expect_said("<alice> last");
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_with_one_notice() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    // A lone byte, half a character, a surrogate, an overlong slash, beyond U+10FFFF.
    for bad in [&b"\xaa"[..], b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"] {
        alice.send([b"hi ", bad, b" there\n"].concat());
        let line = bob.said();
        let text = line.strip_prefix("<alice> hi ").and_then(|rest| rest.strip_suffix(" there"));
        let text = text.unwrap_or_else(|| panic!("{line:?}"));
        assert!(!text.is_empty() && text.chars().all(|char| char == '\u{fffd}'), "{line:?}");
    }
    let told = alice.sync();
    assert_eq!(told, ["* that was not all UTF-8; the rest is shown as \u{fffd}"]);
    bob.send("fine\n");
    alice.expect_said("<bob> fine");
}

#[test]
fn a_character_cut_by_a_line_end_does_not_swallow_it() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    alice.send(b"cut \xe2\x82\nnext\n");
    bob.expect_said("<alice> cut \u{fffd}");
    bob.expect_said("<alice> next");
}

#[test]
fn bidirectional_controls_are_shown_in_text_and_refused_in_names() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let mut alice = Client::named(&server, "alice");
    for control in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
        alice.send(format!("evil{control}txt\n"));
        bob.expect_said(&format!("<alice> evil\\u{{{:x}}}txt", control as u32));
        let told = alice.ask(&format!("/nick a{control}b"));
        assert_eq!(told, "* a name is made of letters, digits and - _ .");
    }
}

#[test]
fn combining_marks_do_not_paint_over_other_lines() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    alice.send(format!("z{}algo e\u{301}\n", "\u{30d}".repeat(1000)));
    bob.expect_said(&format!("<alice> z{}algo e\u{301}", "\u{30d}".repeat(8)));
}

#[test]
fn text_that_looks_like_another_protocol_is_text() {
    let server = Server::start(&[]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    for text in [
        r#"say "hi" \ and \n and \u0000"#,
        r#"42["message","forged"]"#,
        r#"{"room":"lobby","from":"root"}"#,
        "<script>alert(1)</script>",
        "<bob> not said by bob",
        "%s %n %d {} {0} $(id) `id`",
        "a\u{200d}b 👩‍👩‍👧 עברית",
    ] {
        alice.send(format!("{text}\n"));
        bob.expect_said(&format!("<alice> {text}"));
    }
    // The record separator of Engine.IO 4.
    alice.send("4one\x1e4two\n");
    bob.expect_said("<alice> 4one^^4two");
}
