//! People rely on a name of their own, on a ban and on a rule of a room: each is in the file before
//! they are told of it, or it is refused.

use super::world::World;
use mio_socketio::testing::LineClient;
use rusqlite::Connection;

const NOT_KEPT: &str = "* that cannot be kept now, because the file cannot be written";

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
