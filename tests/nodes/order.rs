//! People who keep order at one node do so at all.

use super::harness::{Client, DEADLINE, Server, poll_until};
use super::orders::{BANNED, has_bans, order, stranger};
use super::redis::{Redis, hears};
use rusqlite::Connection;
use rustix::process::Signal;

/// Registers somebody, and makes them an owner by a command at the file of a node.
pub(crate) fn owner(redis: &Redis, node: &str, server: &Server, nick: &str) -> Client {
    let mut client = Client::named(server, nick);
    client.send("/register correct-horse\n");
    hears(&mut client, &format!("* {nick} is yours now"));
    order(redis, node, "admin", &["grant", nick, "owner"]);
    hears(&mut client, "* you are an owner of this chat now, and keep order in all rooms");
    client
}

/// Waits until the server of a person knows that they keep order.
fn keeps_order(client: &mut Client) {
    let knows = || {
        client.send("/kick nobody-here\n");
        loop {
            match &*client.line() {
                "* only people who keep order here may do that" => break false,
                "* nobody here is called nobody-here" => break true,
                _ => (),
            }
        }
    };
    assert!(poll_until(DEADLINE, knows), "the node knows the role");
}

/// The roles in a node's file.
fn rights(redis: &Redis, node: &str) -> Vec<String> {
    let file = Connection::open(redis.db(node)).expect("a file");
    let sql = "SELECT person || ' is ' || roles || ' ' || quiet FROM registration WHERE roles <> ''
               UNION ALL SELECT person || ' owns ' || room FROM room_owner
               UNION ALL SELECT person || ' shuns ' || entry FROM ignored ORDER BY 1";
    let mut select = file.prepare(sql).expect("it has them");
    let rows = select.query_map([], |row| row.get(0)).expect("they can be read");
    rows.collect::<Result<_, _>>().expect("each can be read")
}

#[test]
fn a_role_holds_at_all_nodes_and_people_at_others_are_removed() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = owner(&redis, "a", &one, "alice");
    let mut bob = Client::named(&other, "bob");
    alice.send("/join #dev\n");
    hears(&mut alice, "* you are in #dev");
    bob.send("/join #dev\n");
    hears(&mut bob, "* you are in #dev with alice");
    hears(&mut alice, "* bob joined");
    alice.send("/kick bob spam\n");
    hears(&mut alice, "* bob was removed from #dev by alice: spam");
    hears(&mut bob, "* alice removed you from #dev: spam. You may come back.");
    hears(&mut bob, "* you are in #lobby");
    bob.send("in the lobby\n");
    // A node that begins later knows where he is.
    let late = redis.node("c");
    let mut carol = Client::connect(&late);
    hears(&mut carol, "in #lobby with bob");
    carol.send("/who #dev\n");
    hears(&mut carol, "* in #dev: alice");
    // And who keeps order, who owns a room, and who wants to hear of no comings and goings.
    alice.send("/quiet on\n");
    hears(&mut alice, "* you are not told who joins and leaves");
    alice.send("/ignore bob\n/unignore bob\n/ignore bob\n");
    hears(&mut alice, "* you no longer ignore bob");
    hears(&mut alice, "* bob is ignored");
    let _latest = redis.node("d");
    let own = rights(&redis, "a");
    assert!(own[0].ends_with(" is owner 1") && own[1].ends_with(" owns dev"), "{own:?}");
    assert!(own.len() == 3 && own[2].contains("bob"), "{own:?}");
    assert!(poll_until(DEADLINE, || rights(&redis, "d") == own), "{own:?}");
    // And the role holds where she comes next.
    let mut again = Client::guest(&other);
    again.send("/login alice correct-horse\n");
    hears(&mut again, "* welcome back, alice");
    keeps_order(&mut again);
    again.send("/ignore\n");
    hears(&mut again, "* you ignore bob; /unignore NAME ends it");
    again.send("/kick bob\n");
    hears(&mut bob, "* alice removed you from #lobby. You may come back.");
    assert!(bob.rest().is_empty(), "his connection ends");
}

/// Registers somebody who has come in.
pub(crate) fn register(client: &mut Client, nick: &str) {
    client.send("/register correct-horse\n");
    hears(client, &format!("* {nick} is yours now"));
}

/// Bans a guest who has left another node, by the address that only that node remembers.
fn bans_one_who_has_left(alice: &mut Client, server: &Server) {
    let (mut mallory, _) = stranger(server);
    mallory.send("/nick mallory\n/quit\n");
    mallory.rest();
    let bans = || {
        alice.send("/ban mallory\n");
        loop {
            match &*alice.line() {
                "* nobody here is called mallory" => break false,
                "* mallory is banned" => break true,
                _ => (),
            }
        }
    };
    assert!(poll_until(DEADLINE, bans), "the node has heard of her");
}

#[test]
fn a_ban_and_a_mute_at_one_node_hold_at_all_also_at_one_that_was_away() {
    let Some(redis) = Redis::start() else { return };
    let (one, mut other) = (redis.node("a"), redis.node("b"));
    let mut alice = owner(&redis, "a", &one, "alice");
    let mut bob = Client::named(&other, "bob");
    register(&mut bob, "bob");
    let mut dan = Client::named(&other, "dan");
    register(&mut dan, "dan");
    alice.send("/mute dan loud\n");
    hears(&mut dan, "* alice muted you: loud");
    dan.send("hi\n");
    hears(&mut dan, "* you are muted: loud");
    alice.send("/ban bob for 1d spam\n");
    hears(&mut bob, "* you are banned until ");
    assert!(bob.rest().is_empty(), "his connection ends");
    // The node of a guest bans their address, which no other one knows, at all nodes.
    let (mut eve, _) = stranger(&other);
    eve.send("/nick eve\n");
    hears(&mut eve, "* you are now eve");
    alice.send("/ban eve\n");
    hears(&mut eve, "* you are banned");
    for node in ["a", "b"] {
        has_bans(&redis, node, 4);
    }
    assert!(stranger(&one).1.starts_with(BANNED));
    // One that was away reads of what was lifted and done meanwhile, though the stream has lost it.
    other.signal(Signal::TERM);
    other.exit_code();
    for line in ["/unban eve\n", "/unmute dan\n", "/mute bob\n", "/unban bob\n"] {
        alice.send(line);
        alice.sync();
    }
    has_bans(&redis, "a", 1);
    redis.ask(&["XTRIM", "{mio-chat}:facts", "MAXLEN", "0"]);
    let other = redis.node("b");
    has_bans(&redis, "b", 1);
    assert!(!stranger(&other).1.starts_with(BANNED), "it is lifted");
    for nick in ["bob", "dan"] {
        let mut client = Client::guest(&other);
        client.send(format!("/login {nick} correct-horse\n"));
        hears(&mut client, &format!("* welcome back, {nick}"));
        client.send("hello\n");
        match nick {
            "bob" => hears(&mut client, "* you are muted"),
            _ => hears(&mut alice, "<dan> hello"),
        }
    }
    // Every node's file has the log of what it has read.
    let acts = |node| {
        let log = order(&redis, node, "admin", &["log"]);
        log.lines().filter(|line| line.contains("alice: ")).count()
    };
    assert_eq!(acts("a"), 7);
    assert_eq!(acts("b"), 3, "what was done while it was away is in the stream no longer");
    bans_one_who_has_left(&mut alice, &other);
    assert!(poll_until(DEADLINE, || stranger(&one).1.starts_with(BANNED)));
}

#[test]
fn an_owner_of_a_room_at_one_node_is_one_at_all() {
    let Some(redis) = Redis::start() else { return };
    let (one, other) = (redis.node("a"), redis.node("b"));
    let mut alice = Client::named(&one, "alice");
    register(&mut alice, "alice");
    alice.send("/join #tea\n");
    hears(&mut alice, "* #tea is yours; /op NAME shares it");
    let mut bob = Client::named(&other, "bob");
    register(&mut bob, "bob");
    let mut eve = Client::named(&one, "eve");
    for guest in [&mut bob, &mut eve] {
        guest.send("/join #tea\n");
        hears(guest, "* you are in #tea with alice");
    }
    hears(&mut bob, "* eve joined");
    alice.send("/op bob\n");
    hears(&mut bob, "* bob owns #tea from now on, by alice");
    bob.send("/kick eve\n");
    hears(&mut eve, "* bob removed you from #tea. You may come back.");
    // The wish for quiet holds at each node.
    bob.send("/quiet on\n");
    hears(&mut bob, "* you are not told who joins and leaves");
    let mut again = Client::guest(&one);
    again.send("/login bob correct-horse\n");
    hears(&mut again, "* welcome back, bob");
    again.send("/quiet\n");
    hears(&mut again, "* you are not told who joins and leaves");
}
