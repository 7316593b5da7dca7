//! Commands about order, one's own words and one's devices, in a terminal.

use super::login::{self, PASSWORD};
use super::pty::Terminal;

/// Types a command, and waits for the words that tell its outcome.
fn does(terminal: &mut Terminal, line: &str, outcome: &str) {
    terminal.press(&format!("{line}\r"));
    terminal.wait(outcome);
}

#[test]
fn a_moderators_commands_are_done_and_their_outcome_is_shown() {
    let mut server = login::server();
    server.kill();
    server.grant("alice", "moderator");
    server.start_again();
    let mut bob = server.person("bob");
    bob.say("/register correct-horse");
    bob.wait("bob is yours now");
    let mut alice = Terminal::client(&server, "al", 80, 50);
    does(&mut alice, &format!("/login alice {PASSWORD}"), "welcome back, alice");
    // Words: those of others, and one's own.
    bob.say("buy this");
    alice.wait("<bob> buy this");
    does(&mut alice, "/react \u{1f44d}", "buy this \u{1f44d}");
    bob.wait("* alice reacted to what you said");
    alice.press("/delete bob\r");
    alice.wait_gone("buy this");
    bob.wait("* alice took back what bob said at ");
    alice.press("first wording\r");
    bob.wait("<alice> first wording");
    // The answer to this comes after the receipt of the message.
    does(&mut alice, "/quiet on", "you are not told who joins and leaves");
    does(&mut alice, "/edit second wording", "<alice> second wording (edited)");
    does(&mut alice, "/former alice", "alice said before: first wording");
    alice.press("/delete\r");
    alice.wait_gone("<alice> second wording");
    bob.wait("* alice took back what was said at ");
    // One's devices, and an invitation to a chat that is open to everybody.
    does(&mut alice, "/quiet off", "you are told who joins and leaves");
    does(&mut alice, "/devices", ", this one");
    does(&mut alice, "/invite 2 1d", "nobody needs an invitation here");
    // Order in a room.
    bob.say("/join #tea");
    bob.wait("#tea is yours");
    does(&mut alice, "/join #tea", "#tea · ");
    does(&mut alice, "/room keep 30d", "#tea is public, erased after 30 days");
    does(&mut alice, "/deop bob", "bob no longer owns #tea, by alice");
    does(&mut alice, "/op bob", "bob owns #tea from now on, by alice");
    alice.press("/deop bob\r");
    does(&mut alice, "/mute bob for 10m loud", "bob was muted by alice until ");
    does(&mut alice, "/unmute bob", "bob is no longer muted");
    does(&mut alice, "/kick bob noise", "bob was removed by alice: noise");
    bob.wait("* alice removed you from #tea: noise");
    does(&mut alice, "/ban bob spam", "bob was banned by alice: spam");
    does(&mut alice, "/unban bob", "bob is no longer banned");
}
