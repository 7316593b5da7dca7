//! People rely on a name of their own, on a ban and on a rule of a room: each is in the file before
//! they are told of it, or it is refused.

use super::world::World;
use mio_chat::chat::history::{ChatRole, Registrations};
use mio_chat::limits::{OWNED_ROOMS_PER_H, ROOMS_OWNED_OF_ONE_MAX};
use mio_socketio::testing::LineClient;
use rusqlite::Connection;

const NOT_KEPT: &str = "* that cannot be kept now, because the file cannot be written";

/// Milliseconds after which one more room may belong to the person who begins it.
const OWNED_ROOM_MS: u64 = 60 * 60 * 1_000 / OWNED_ROOMS_PER_H;

const HIDDEN: &str = "* there is no room #den that you can enter";

fn file(world: &World) -> Connection {
    Connection::open(world.file()).expect("the file")
}

/// A registered person at the line door who is in a room of their own.
fn owner(world: &mut World) -> LineClient {
    let alice = world.connect_line();
    world.say(alice, "/nick alice");
    world.told_later(alice, "/register correct-horse");
    world.say(alice, "/join den");
    assert!(world.lines(alice).contains(&"* #den is yours; /op NAME shares it".to_owned()));
    alice
}

fn told(world: &mut World, who: LineClient, line: &str) -> String {
    world.say(who, line);
    world.lines(who).pop().unwrap_or_default()
}

#[test]
fn what_cannot_be_kept_is_refused_and_does_not_hold() {
    let mut world = World::new();
    let alice = owner(&mut world);
    let bob = world.connect_line();
    world.say(bob, "/nick bob");
    let other = file(&world);
    other.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    assert_eq!(told(&mut world, alice, "/room private"), NOT_KEPT);
    assert_eq!(
        told(&mut world, alice, "/ban bob"),
        "* only people who keep order here may do that"
    );
    world.lines(bob);
    let refused = world.told_later(bob, "/register correct-horse");
    assert_eq!(refused.last().map(String::as_str), Some(NOT_KEPT));
    // The room is as open as before.
    assert_eq!(told(&mut world, bob, "/join den"), "* you are in #den with alice.");
    other.execute_batch("COMMIT").expect("it is free");
    world.advance(3_000);
    assert!(told(&mut world, alice, "/room private").contains("private now"));
    let mut world = world.restart();
    let eve = world.connect_line();
    assert_eq!(told(&mut world, eve, "/nick bob"), "* you are now bob");
    assert_eq!(told(&mut world, eve, "/join den"), HIDDEN);
}

#[test]
fn what_protects_people_now_holds_though_it_cannot_be_kept() {
    const NOW: &str = "* this holds now, but the file cannot be written: if the server ends before \
                       it can, it is lost";
    let mut world = World::new();
    let alice = owner(&mut world);
    let mut people = Registrations::open(&world.file()).expect("the file");
    people.grant("alice", ChatRole::Moderator, 0).expect("it is written").expect("registered");
    // The server reads the file every second.
    world.advance(1_100);
    let [bob, eve] = ["bob", "eve"].map(|nick| {
        let client = world.connect_line();
        world.say(client, &format!("/nick {nick}"));
        client
    });
    world.lines(alice);
    let other = file(&world);
    other.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    for (line, done) in [
        ("/ignore eve", "* eve is ignored: nobody else is told; /unignore eve ends it"),
        ("/quiet on", "* you are not told who joins and leaves; /quiet off ends it"),
        ("/mute eve", "* eve is muted"),
        ("/unmute eve", "* eve is no longer muted"),
        ("/ban 198.51.100.7", "* 198.51.100.7 is banned"),
        ("/ban bob spam", "* bob is banned"),
    ] {
        world.say(alice, line);
        let told = world.lines(alice);
        assert!(told.contains(&done.to_owned()), "{line}: {told:?}");
        assert_eq!(told.iter().filter(|line| **line == *NOW).count(), 1, "{line}: {told:?}");
    }
    world.advance(100);
    assert!(!world.is_open(bob));
    // A guest's wish ends with the visit, and nothing is said about it.
    let quiet = "* you are not told who joins and leaves; /quiet off ends it";
    assert_eq!(told(&mut world, eve, "/quiet on"), quiet);
    // A new room can be used, and is nobody's.
    world.say(alice, "/join tea");
    let told_of_tea = world.lines(alice);
    let unowned = "* nobody owns #tea: the file cannot be written now";
    assert!(told_of_tea.contains(&unowned.to_owned()), "{told_of_tea:?}");
    // All of it is kept as soon as that is possible.
    other.execute_batch("COMMIT").expect("it is free");
    world.advance(3_000);
    let mut world = world.restart();
    let alice = world.connect_line();
    world.told_later(alice, "/login alice correct-horse");
    assert_eq!(told(&mut world, alice, "/ignore"), "* you ignore eve; /unignore NAME ends it");
    assert_eq!(told(&mut world, alice, "/quiet"), quiet);
    world.say(alice, "/ban");
    let bans = world.lines(alice);
    assert_eq!(bans.len(), 2, "{bans:?}");
}

#[test]
fn one_person_owns_so_many_rooms_and_is_told_when_they_own_no_more() {
    let mut world = World::new();
    let alice = owner(&mut world);
    for number in 1..ROOMS_OWNED_OF_ONE_MAX {
        world.say(alice, &format!("/join room-{number}"));
        let told = world.lines(alice);
        assert!(
            told.iter().any(|line| line.ends_with(" is yours; /op NAME shares it")),
            "{told:?}"
        );
        world.advance(OWNED_ROOM_MS);
    }
    world.say(alice, "/join one-more");
    let told_of_it = world.lines(alice);
    let refused =
        format!("* nobody owns #one-more: you own {ROOMS_OWNED_OF_ONE_MAX} rooms already");
    assert!(told_of_it.contains(&refused), "{told_of_it:?}");
    // Nor is one given to her, until she gives up another.
    let bob = world.connect_line();
    world.say(bob, "/nick bob");
    world.told_later(bob, "/register correct-horse");
    world.say(bob, "/join his");
    let refused = format!("* alice owns {ROOMS_OWNED_OF_ONE_MAX} rooms already, and no more");
    assert_eq!(told(&mut world, bob, "/op alice"), refused);
    world.say(alice, "/join den");
    world.say(alice, "/deop alice");
    assert_eq!(told(&mut world, bob, "/op alice"), "* alice owns #his from now on, by bob");
}

#[test]
fn the_next_server_does_what_one_has_promised_that_was_killed() {
    let mut world = World::new();
    let alice = owner(&mut world);
    world.say(alice, "/quit");
    let path = world.file();
    let by = "\"by\":\"-/0.4294967295.4294967295\"";
    let facts = [
        format!(
            "{{\"registered\":{{{by},\"id\":\"idofbob\",\"nick\":\"bob\",\
                 \"hash\":\"$correct-horse$\",\"device\":null}}}}"
        ),
        format!(
            "{{\"rule-made\":{{{by},\"nick\":\"alice\",\"room\":\"den\",\
                 \"rule\":{{\"private\":true}},\"members\":[]}}}}"
        ),
        format!("{{\"of-no-kind\":{{{by}}}}}"),
    ];
    let mut world = world.restart_after(|| {
        let file = Connection::open(path).expect("the file");
        for fact in facts {
            let text = format!("{{\"form\":2,\"ts\":1,\"fact\":{fact}}}");
            file.execute("INSERT INTO promise (text) VALUES (?)", [text]).expect("a row");
        }
    });
    let bob = world.connect_line();
    let taken = "* bob is registered; choose another name, or /login bob PASSWORD";
    assert_eq!(told(&mut world, bob, "/nick bob"), taken);
    assert_eq!(told(&mut world, bob, "/join den"), HIDDEN);
    let left = |world: &World| -> i64 {
        let sql = "SELECT count(*) FROM promise";
        file(world).query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    assert_eq!(left(&world), 0);
    let mut world = world.restart();
    let bob = world.connect_line();
    assert_eq!(
        world.told_later(bob, "/login bob correct-horse").last().map(|it| &it[..]),
        Some("* welcome back, bob")
    );
    assert_eq!(told(&mut world, bob, "/join den"), HIDDEN);
}

#[test]
fn a_file_that_could_not_be_read_at_first_is_read_though_nobody_else_comes() {
    let mut world = World::new();
    let alice = owner(&mut world);
    assert!(told(&mut world, alice, "/room private").contains("private now"));
    world.say(alice, "/quit");
    let other = file(&world);
    other.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    let mut world = world.restart();
    let bob = world.connect_line();
    world.say(bob, "/nick bob");
    other.execute_batch("COMMIT").expect("it is free");
    world.advance(3_000);
    world.lines(bob);
    assert_eq!(told(&mut world, bob, "/join den"), HIDDEN);
}
