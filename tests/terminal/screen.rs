//! The screen at 80x24 and at other sizes.

use super::pty::Terminal;
use super::server::Server;

#[test]
fn lines_that_arrive_leave_the_line_being_typed_whole() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    alice.wait("you are alice; /help lists commands and keys");
    alice.press("half a tho");
    alice.wait("> half a tho");
    for number in 0..30 {
        bob.say(&format!("line {number}"));
    }
    alice.wait("<bob> line 29");
    assert_eq!(alice.line(), "> half a tho");
    assert_eq!(alice.screen().cursor_position(), (23, 12));
    alice.press("ught\r");
    bob.wait("<alice> half a thought");
    alice.wait("<alice> half a thought");
    assert_eq!(alice.line(), ">");
}

#[test]
fn keys_edit_the_line() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    alice.wait("2 here");
    // To the start, a word, to the end, one away, the word back.
    alice.press("three two\x01one \x05\x17\x7f\x01\x19\x1b[C");
    alice.wait("> twoone three");
    alice.press("\x15\x0b");
    alice.wait_until("an empty line", |terminal| terminal.line() == ">");
    alice.press("bo\t");
    alice.wait("> bob:");
    alice.press("/wh\r");
    alice.wait("> bob: /wh");
    alice.press("hi\r");
    bob.wait("<alice> bob: /wh");
    alice.press("\x1b[A\x1b[A");
    alice.wait("> bob: /wh");
}

#[test]
fn wide_characters_take_their_room() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 40, 10);
    let mut bob = server.person("bob");
    alice.press("日本語👩\u{200d}👩\u{200d}👧x");
    alice.wait("> 日本語");
    alice.wait_until("the cursor", |terminal| terminal.screen().cursor_position().0 == 9);
    alice.press("\x7f\x7f");
    alice.wait_until("the emoji gone", |terminal| terminal.line() == "> 日本語");
    assert_eq!(alice.screen().cursor_position(), (9, 8));
    bob.say(&"語".repeat(40));
    alice.wait(&"語".repeat(17));
    for row in alice.rows() {
        assert!(row.chars().count() <= 40, "{row:?}");
    }
    assert_eq!(alice.line(), "> 日本語");
}

#[test]
fn a_small_screen_shows_what_matters_and_grows() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 40, 10);
    let mut bob = server.person("bob");
    bob.say("a message that is longer than forty columns are");
    alice.wait("columns are");
    alice.wait("2 here");
    let rows = alice.rows();
    assert!(rows[0].starts_with(" #lobby · 2 here") && rows[0].ends_with("alice"), "{rows:?}");
    assert!(rows[8].contains("1:#lobby") && rows[8].ends_with("online"), "{rows:?}");
    alice.press("typing");
    alice.wait("> typing");
    for (columns, rows) in [(80, 24), (20, 5), (7, 2), (3, 1), (120, 40)] {
        alice.resize(columns, rows);
        if columns > 10 {
            alice.wait_until("the line at its place", |terminal| terminal.line() == "> typing");
        }
    }
    alice.wait("a message that is longer than forty columns are");
    alice.press("\x0c!");
    alice.wait("> typing!");
}

#[test]
fn rooms_and_private_conversations() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    alice.press("/join #ops\r");
    alice.wait(" #ops · 1 here");
    bob.say("hi all");
    bob.say("alice: are you there?");
    alice.wait("1:#lobby(1 @1)");
    bob.say("/msg alice psst");
    alice.wait("3:@bob(@1)");
    alice.press("draft\x1b1");
    alice.wait("── new messages ──");
    alice.wait("<bob> alice: are you there?");
    assert_eq!(alice.line(), ">");
    alice.press("\x0e");
    alice.wait("> draft");
    alice.press("\x10\x1b3\r/r yes\r");
    bob.wait("<alice -> you> yes");
    alice.press("/leave\r");
    alice.wait_gone("@bob");
    alice.wait("> draft");
    alice.press("\x15/jion #x\r");
    alice.wait("unknown command /jion, did you mean /join?");
    assert_eq!(alice.line(), "> /jion #x");
    alice.press("\x15//slash\r");
    alice.wait("<alice> /slash");
}

#[test]
fn a_line_goes_where_the_one_before_leads() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    bob.say("/join #ops");
    bob.wait("#ops");
    alice.press("/join #ops\rhello ops\rhalf a li");
    bob.wait("<alice> hello ops");
    alice.wait(" #ops · 2 here");
    alice.wait("> half a li");
    alice.press("\x15/leave\rback again\rne");
    alice.wait("<alice> back again");
    alice.wait(" #lobby · 1 here");
    alice.wait_until("the line", |terminal| terminal.line() == "> ne");
    // Lines for a room that does not exist stay.
    alice.press("\x15/join #bad!\rfor the bad\rmore");
    alice.wait_until("the line kept", |terminal| terminal.line() == "> for the bad⏎more");
    alice.press("\x15the end\r");
    alice.wait("<alice> the end");
    assert_eq!((alice.count("hello ops"), alice.count("for the bad")), (0, 0));
}

#[test]
fn what_is_said_last_is_sent() {
    let server = Server::start();
    let mut bob = server.person("bob");
    for (nick, end) in [("alice", "/quit\r"), ("carol", "\x04"), ("dave", "\x03")] {
        let mut alice = Terminal::client(&server, nick, 80, 24);
        alice.press(&format!("bye\r{end}"));
        assert_eq!(alice.exit().code(), Some(0));
        bob.wait(&format!("<{nick}> bye\n"));
        let raw = String::from_utf8_lossy(&alice.raw).into_owned();
        let after = raw.rsplit("\x1b[?1049l").next().expect("it is given back");
        assert_eq!(after.trim(), "", "{nick}");
    }
}

#[test]
fn a_private_conversation_follows_the_name() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    alice.wait("2 here");
    alice.press("/msg BOB hello\r");
    bob.wait("<alice -> you> hello");
    alice.wait(" @bob · private");
    alice.press("half a line");
    alice.wait("> half a line");
    bob.say("/nick robert");
    alice.wait(" @robert · private");
    assert_eq!(alice.line(), "> half a line");
    alice.press("\r");
    bob.wait("<alice -> you> half a line");
}

#[test]
fn older_messages_come_by_scrolling() {
    let server = Server::start();
    let mut bob = server.person("bob");
    for number in 0..120 {
        bob.say(&format!("message {number}."));
    }
    bob.say("/history 1");
    bob.wait("message 119.");
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    alice.wait("message 119.");
    alice.press_until("\x1b[5~", "the beginning");
    alice.wait("message 0.");
    bob.say("something new");
    alice.wait("1 new, PgDn");
    assert!(alice.shows("message 0.") && !alice.shows("something new"));
    alice.press("\x1b>");
    alice.wait("something new");
}

#[test]
fn others_cannot_reach_the_terminal() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let hostile =
        "\x1b]0;title\x07\x1b[2J\x1b[?1049l\u{9b}31m \u{202e}rtl \u{200b}\x08\r\x7f end\n";
    server.post("mallory", hostile.as_bytes());
    server.post("mallory2", b"/topic \x1b]2;evil\x07 topic \xe2\x80\xae\n");
    alice.wait("^[]0;title^G^[[2J^[[?1049l\\u{9b}31m \\u{202e}rtl ^H^M^? end");
    alice.wait("^[]2;evil^G topic \\u{202e}");
    let raw = String::from_utf8_lossy(&alice.raw).into_owned();
    for sequence in ["\x1b]", "\u{9b}", "\u{202e}", "\x07", "\x08", "\x7f", "\u{200b}"] {
        assert!(!raw.contains(sequence), "{sequence:?} in {raw:?}");
    }
    assert!(alice.is_taken());
}

#[test]
fn a_paste_is_one_message() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    alice.press("\x1b[200~one\r\ntwo\n\x1b[201~");
    alice.wait("> one⏎two");
    alice.press("\r");
    bob.wait("<alice> one");
    alice.wait("<alice> one");
    alice.wait_until("the second line below", |terminal| {
        let rows = terminal.rows();
        rows.windows(2).any(|rows| rows[0].ends_with("<alice> one") && rows[1] == "      two")
    });
}

#[test]
fn those_who_type_are_named() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = Terminal::client(&server, "bob", 80, 24);
    bob.press("h");
    alice.wait("bob is typing");
    bob.press("i\r");
    alice.wait("<bob> hi");
    alice.wait_gone("bob is typing");
    bob.press("/help");
    bob.wait("> /help");
    bob.press("\x15x");
    alice.wait("bob is typing");
    bob.press("\x7f");
    alice.wait_gone("bob is typing");
}

#[test]
fn colours_are_as_asked_for() {
    let server = Server::start();
    let with = |name: &str, value: &str| {
        let mut command = server.client();
        command.env("TERM", "xterm-256color").env(name, value);
        let mut terminal = Terminal::run(&command, 80, 24);
        terminal.wait("online");
        terminal.press("hi\r");
        terminal.wait("> hi");
        String::from_utf8_lossy(&terminal.raw).into_owned()
    };
    assert!(with("COLORTERM", "").contains("\x1b[38;5;"));
    let none = with("NO_COLOR", "1");
    assert!(!none.contains("38;5;") && !none.contains("\x1b[3") && none.contains("\x1b[7m"));
}

#[test]
fn a_wide_screen_has_the_conversations_and_the_people_beside_the_messages() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 120, 24);
    let mut bob = server.person("bob");
    alice.wait_until("both people at the right", |alice| {
        let rows = alice.rows();
        let people: Vec<&str> = rows.iter().filter_map(|row| row.rsplit('│').next()).collect();
        people.windows(3).any(|rows| rows == [" 2 here", " alice", " bob"])
    });
    alice.press("/join #ops\r");
    alice.wait(" #ops · 1 here");
    bob.say("hi all");
    bob.say("alice: are you there?");
    alice.wait_until("what is new at the left", |alice| {
        let row = |text: &str| alice.rows().iter().any(|row| row.starts_with(text));
        row(" 1 #lobby        1 @1 │") && row(">2 #ops")
    });
    bob.say("/msg alice psst");
    alice.wait(" 3 @bob");
    alice.press("\x1b3");
    alice.wait("<bob> psst");
    // Two people need no list of who is there.
    let is_line = |row: &String| row.matches('│').count() == 1;
    alice.wait_until("no people at the right", |alice| {
        alice.rows().get(1..22).is_some_and(|rows| rows.iter().all(is_line))
    });
    alice.resize(80, 24);
    alice.wait("3:@bob");
    assert!(!alice.shows("│"), "{}", alice.rows().join("\n"));
}

#[test]
fn a_message_on_a_full_screen_costs_little_more_than_its_line() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    (0..30).for_each(|number| bob.say(&format!("line {number} of many, and all are this long")));
    alice.wait("line 29 of many");
    let before = alice.raw.len();
    bob.say("one more of many, and all are this long");
    alice.wait("<bob> one more of many");
    let bytes = alice.raw.len() - before;
    assert!(bytes < 250, "{bytes}: {:?}", String::from_utf8_lossy(&alice.raw[before..]));
    alice.wait_until("no row is lost", |alice| alice.count("of many, and all are") == 21);
}

#[test]
fn whoever_looks_elsewhere_is_told_of_messages_to_them() {
    const TOLD: &str = "\x07\x1b]9;bob in #lobby: alice: look\x1b\\";
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    bob.say("not to anybody");
    bob.say("alice: look");
    let told = |alice: &Terminal| String::from_utf8_lossy(&alice.raw).matches(TOLD).count();
    alice.wait_until("a notification", |alice| told(alice) == 1);
    // The window has the keys now.
    alice.press("\x1b[I");
    alice.press("seen");
    alice.wait("> seen");
    bob.say("alice: look");
    alice.wait_until("the second message", |alice| alice.count("alice: look") == 2);
    alice.press("\x1b[O!");
    alice.wait("> seen!");
    bob.say("alice: look");
    alice.wait_until("a second notification", |alice| told(alice) == 2);
    assert_eq!(String::from_utf8_lossy(&alice.raw).matches('\x07').count(), 2);
}

#[test]
fn private_messages_ring_and_silent_rooms_do_not_and_that_is_kept() {
    let (server, folder) = (Server::start(), tempfile::tempdir().expect("a folder"));
    let client = || {
        let mut command = server.client();
        command.args(["--nick", "alice"]).env("TERM", "xterm-256color");
        command.env("XDG_CONFIG_HOME", folder.path());
        let mut alice = Terminal::run(&command, 100, 24);
        alice.wait("online");
        alice
    };
    let raw = |alice: &Terminal| String::from_utf8_lossy(&alice.raw).into_owned();
    let bells = |alice: &Terminal| raw(alice).matches('\x07').count();
    let mut alice = client();
    let mut bob = server.person("bob");
    bob.say("/msg alice psst");
    alice.wait_until("a notification", |alice| raw(alice).contains("\x07\x1b]9;bob: psst\x1b\\"));
    alice.press("/notify all\r");
    alice.wait("you are told of all messages in #lobby; the bell rings");
    bob.say("to anybody");
    alice.wait_until("a bell", |alice| bells(alice) == 2);
    alice.press("/notify some\r");
    alice.wait("usage: /notify");
    alice.press("\x03/notify nothing\r");
    alice.wait("you are told of nothing in #lobby");
    bob.say("alice: nothing");
    alice.wait("<bob> alice: nothing");
    // The next message to ring is the only one.
    bob.say("/msg alice again");
    alice.wait_until("a bell", |alice| raw(alice).contains("bob: again\x1b\\"));
    assert_eq!(bells(&alice), 3);
    alice.press("/notify bell off\r");
    alice.wait("the bell is off");
    alice.press("/quit\r");
    assert_eq!(alice.exit().code(), Some(0));
    let mut alice = client();
    bob.say("alice: still nothing");
    alice.wait("<bob> alice: still nothing");
    // For Bob she is another Alice than before, and he would be asked whether he means her.
    server.person("carol").say("/msg alice quietly");
    let told = "\x1b]9;carol: quietly\x1b\\";
    alice.wait_until("a notification", |alice| raw(alice).contains(told));
    assert!(bells(&alice) == 0 && !raw(&alice).contains("]9;bob in"), "{:?}", raw(&alice));
}

#[test]
fn what_is_found_has_a_heading() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    bob.say("green tea");
    bob.say("green beans");
    alice.wait("green beans");
    alice.press("/search  green\r");
    alice.wait(" 2 messages with \"green\":");
}
