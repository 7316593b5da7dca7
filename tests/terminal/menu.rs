//! The menu on a message and on a person, by its keys alone.

use super::login::{self, PASSWORD};
use super::pty::Terminal;
use super::server::Server;

/// Ctrl-O, and the keys up and down.
const MENU: &str = "\x0f";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
/// The hint while messages are chosen.
const CHOOSING: &str = "Enter what to do, Tab people";

/// Presses keys and waits for their effect.
fn then(terminal: &mut Terminal, keys: &str, shown: &str) {
    terminal.press(keys);
    terminal.wait(shown);
}

/// Whether the row with this text is marked as chosen.
fn is_marked(terminal: &Terminal, text: &str) -> bool {
    let is_it = |row: &String| row.contains(text);
    let row = terminal.rows().iter().position(is_it).and_then(|row| u16::try_from(row).ok());
    let cell = row.and_then(|row| terminal.screen().cell(row, 0));
    cell.is_some_and(vt100::Cell::inverse)
}

fn wait_marked(terminal: &mut Terminal, text: &str) {
    terminal.wait_until(&format!("{text} marked"), |terminal| is_marked(terminal, text));
}

#[test]
fn a_message_is_answered_reacted_to_corrected_and_taken_back_by_keys() {
    let server = Server::start();
    let mut alice = Terminal::client(&server, "alice", 80, 24);
    let mut bob = server.person("bob");
    bob.say("tea is ready");
    bob.say("and cake");
    alice.wait("<bob> and cake");
    alice.press("a draft");
    then(&mut alice, MENU, CHOOSING);
    wait_marked(&mut alice, "<bob> and cake");
    alice.press(UP);
    wait_marked(&mut alice, "<bob> tea is ready");
    // The choice stays where it is while others talk.
    bob.say("and more");
    alice.wait("1 new");
    assert!(is_marked(&alice, "<bob> tea is ready"));
    then(&mut alice, "\r", "── bob's message ──");
    then(&mut alice, "r", "── react to bob's message ──");
    then(&mut alice, "1", "tea is ready \u{1f44d} 1");
    alice.wait_gone(CHOOSING);
    assert_eq!(alice.line(), "> a draft");
    then(&mut alice, "\x0f\rq", "> > bob: and more⏎a draft");
    alice.press("\x15mine\r");
    alice.wait_until("the receipt", |alice| alice.shows("<alice> mine") && !alice.shows("  …  "));
    // A correction, and the draft that waits meanwhile.
    alice.press("draft");
    alice.wait("> draft");
    then(&mut alice, "\x0f\re", "edit> mine");
    then(&mut alice, " own\r", "<alice> mine own (edited)");
    alice.wait_until("the draft again", |alice| alice.line() == "> draft");
    bob.wait("* alice corrected ");
    then(&mut alice, "\x0f\re", "edit> mine own");
    alice.press("\x1b");
    alice.wait_until("the draft again", |alice| alice.line() == "> draft");
    // It asks before it takes something back, and No comes first.
    then(&mut alice, "\x0f\rd", "── delete your message? ──");
    then(&mut alice, "\r", "── your message ──");
    then(&mut alice, "d", "── delete your message? ──");
    alice.press(&format!("{DOWN}\r"));
    alice.wait_gone("mine own");
    bob.wait("* alice took back what was said at ");
    then(&mut alice, "\x0f\rc", "link: http://");
    alice.wait_until("the link in the clipboard", |alice| {
        String::from_utf8_lossy(&alice.raw).contains("\x1b]52;c;")
    });
    // The message chosen goes while its list is open.
    then(&mut alice, "\x0f\r", "── bob's message ──");
    bob.say("/delete");
    alice.wait("that message is gone");
    wait_marked(&mut alice, "<bob> and cake");
    then(&mut alice, "\rw", " @bob · private");
    alice.press("psst\r");
    bob.wait("<alice -> you> psst");
}

#[test]
fn a_moderator_keeps_order_by_keys() {
    let mut server = login::server();
    server.kill();
    server.grant("alice", "moderator");
    server.start_again();
    let mut bob = server.person("bob");
    bob.say("/join #tea");
    let mut alice = Terminal::client(&server, "al", 80, 24);
    then(&mut alice, &format!("/login alice {PASSWORD}\r"), "welcome back, alice");
    then(&mut alice, "/join #tea\r", "#tea · 2 here");
    bob.say("first wording");
    alice.wait("<bob> first wording");
    bob.say("/edit second wording");
    alice.wait("second wording (edited)");
    then(&mut alice, "\x0f\r", "f  Former texts");
    then(&mut alice, "f", "bob said before: first wording");
    // By the list of people.
    then(&mut alice, "\x0f\t", "── people ──");
    then(&mut alice, "b\r", "b  Ban them…");
    then(&mut alice, "s", "in #tea: bob (netcat)");
    // The list begins with bob, and each step waits for the one before.
    let person = "\x0f\t\r";
    then(&mut alice, person, "m  Mute them…");
    then(&mut alice, "m", "── mute bob everywhere? ──");
    then(&mut alice, "1", "bob was muted by alice until ");
    then(&mut alice, person, "u  Unmute them");
    then(&mut alice, "u", "bob is no longer muted");
    then(&mut alice, person, "i  Ignore them");
    then(&mut alice, "i", "you ignore bob");
    then(&mut alice, person, "i  Ignore them no longer");
    then(&mut alice, "i", "you ignore nobody");
    then(&mut alice, person, "k  Kick from #tea…");
    then(&mut alice, "k", "── remove bob from #tea? ──");
    then(&mut alice, "r", "> /kick bob");
    // A message has no place in it: by the time of Enter, another room may be on its way.
    then(&mut alice, "\x15noise\r", "this line is for a command; Esc leaves it");
    then(&mut alice, "\x15/kick bob noise\r", "bob was removed by alice: noise");
    bob.wait("* alice removed you from #tea: noise");
    alice.wait("#tea · 1 here");
    bob.say("/join #tea");
    alice.wait("#tea · 2 here");
    then(&mut alice, person, "b  Ban them…");
    then(&mut alice, "b", "── ban bob from this chat? ──");
    then(&mut alice, "2", "bob was banned by alice until ");
    // Messages of people who are gone can still be deleted.
    then(&mut alice, "\x0f\r", "d  Delete it…");
    then(&mut alice, "d", "── delete bob's message? ──");
    alice.press("y");
    alice.wait_gone("second wording");
}

#[test]
fn a_menu_fits_a_small_screen_and_outlives_the_connection() {
    let mut server = Server::start();
    let mut bob = server.person("bob");
    (0..120).for_each(|number| bob.say(&format!("message {number}.")));
    bob.say("/history 1");
    bob.wait("message 119.");
    let mut alice = Terminal::client(&server, "alice", 40, 15);
    alice.wait("message 119.");
    then(&mut alice, MENU, "Enter menu, Tab people, Esc back");
    // Older messages come as the choice moves up.
    alice.press_until("\x1b[5~", "the beginning");
    wait_marked(&mut alice, "<bob> message 0.");
    assert!(!alice.shows(" new"), "older messages are not new: {}", alice.rows().join("\n"));
    then(&mut alice, "\r", "q  Quote it in an answer");
    assert!(is_marked(&alice, "<bob> message 0."));
    server.kill();
    alice.wait("reconnecting");
    then(&mut alice, "r1", "not connected; try again");
    alice.wait("react to bob's message");
    alice.press("\x1b");
    alice.wait_gone("react to");
    server.start_again();
    alice.wait("a letter, or Enter; Esc back");
    then(&mut alice, "r1", "\u{1f44d} 1");
    assert_eq!(alice.line(), ">");
}
