//! Files of private rooms and private conversations are for those who may read the message that
//! tells of them. For everybody else there is no such file.

use super::client::{Response, Server, Wire};
use super::files::{Person, Place};
use serde_json::{Value, json};

const OK: u16 = 200;
const MISSING: u16 = 404;

fn named(server: &Server, nick: &str) -> Person {
    Person::come_with(server, &json!({"client": "web", "nick": nick}))
}

/// A registered person with a room of their own.
fn owner(server: &Server) -> Person {
    let mut owner = named(server, "alice");
    let args = json!({"password": "correct-horse"});
    assert_eq!(owner.ask("register", &args)["ok"], true);
    done(&mut owner, "join", &json!({"room": "den"}));
    owner
}

fn done(person: &mut Person, request: &str, args: &Value) {
    let answer = person.ask(request, args);
    assert_eq!(answer["ok"], true, "{request} {args}: {answer}");
}

fn rule(owner: &mut Person, name: &str, value: impl Into<Value>) {
    done(owner, "room", &json!({"room": "den", name: value.into()}));
}

fn get(server: &Server, path: &str, headers: &str) -> Response {
    Wire::connect(server).get_with(&format!("/{path}"), headers)
}

/// A whole answer, without its date.
fn whole(mut response: Response) -> Response {
    response.headers.retain(|(name, _)| name != "date");
    response
}

/// Sends a file to a room, and tells of it there.
fn file(person: &mut Person, server: &Server, room: &str) -> String {
    let path = person.send(server, "plan.txt", b"the plan");
    person.say_in(room, &format!("http://chat.example/{path}"));
    path
}

#[test]
fn a_private_rooms_file_is_for_its_members_alone() {
    let place = Place::start(&[]);
    let server = &place.server;
    let mut alice = owner(server);
    let (mut bob, mallory) = (named(server, "bob"), named(server, "mallory"));
    let (hers, his, theirs) = (alice.pass(server), bob.pass(server), mallory.pass(server));
    // A room that is open to all: so are its files, and a browser keeps them.
    let open = file(&mut alice, server, "den");
    let response = get(server, &open, "");
    assert_eq!((response.status, &*response.body), (OK, b"the plan".as_slice()));
    assert_eq!(response.header("cache-control"), Some("private, max-age=3600"));
    rule(&mut alice, "private", true);
    assert_eq!(get(server, &open, "").status, MISSING, "it is private now");
    rule(&mut alice, "invite", "bob");
    let path = file(&mut alice, server, "den");
    let status = |path: &str, pass: &str| get(server, path, pass).status;
    assert_eq!(status(&path, &his), MISSING, "he has not come in");
    done(&mut bob, "join", &json!({"room": "den"}));
    let response = get(server, &path, &his);
    assert_eq!((response.status, &*response.body), (OK, b"the plan".as_slice()));
    assert_eq!(response.header("cache-control"), Some("private, no-store"));
    assert_eq!(status(&path, &hers), OK);
    assert_eq!(status(&open, &his), MISSING, "it was said before his invitation");
    // To others it is not there, byte for byte.
    let absent = format!("files/{}/plan.txt", "0".repeat(32));
    let missing = whole(get(server, &absent, ""));
    assert_eq!((missing.status, missing.header("cache-control")), (MISSING, Some("no-store")));
    let forged = his.replace("files-", "files-0").replace('.', ".0");
    let tag = get(server, &path, &his).header("etag").expect("a tag").to_owned();
    let known = format!("{theirs}If-None-Match: {tag}\r\n");
    for pass in ["", &theirs, &forged, "Cookie: files-\r\n", "Range: bytes=0-1\r\n", &known] {
        assert_eq!(whole(get(server, &path, pass)), missing, "{pass}");
    }
    // A link in another room opens it to nobody.
    bob.say_in("lobby", &format!("http://chat.example/{path}"));
    assert_eq!(status(&path, &theirs), MISSING);
    // A member who is removed, comes back, and is no longer invited.
    done(&mut alice, "kick", &json!({"room": "den", "nick": "bob"}));
    assert_eq!(status(&path, &his), MISSING, "he is removed");
    rule(&mut alice, "invite", "bob");
    assert_eq!(status(&path, &his), MISSING, "he has not come back");
    let path = file(&mut alice, server, "den");
    done(&mut bob, "join", &json!({"room": "den"}));
    assert_eq!(status(&path, &his), OK);
    rule(&mut alice, "uninvite", "bob");
    assert_eq!(status(&path, &his), MISSING, "he is not invited");
    assert_eq!(status(&path, &hers), OK);
}

#[test]
fn a_private_messages_file_is_for_the_two_and_an_unsent_one_for_its_sender() {
    let place = Place::start(&[]);
    let server = &place.server;
    let (mut alice, bob, mallory) =
        (named(server, "alice"), named(server, "bob"), named(server, "mallory"));
    let passes = [&alice, &bob, &mallory].map(|person| person.pass(server));
    let statuses = |path: &str| passes.each_ref().map(|pass| get(server, path, pass).status);
    let path = alice.send(server, "plan.txt", b"the plan");
    assert_eq!(statuses(&path), [OK, MISSING, MISSING], "nobody was told of it");
    done(&mut alice, "dm", &json!({"to": "bob", "text": format!("http://chat.example/{path}")}));
    assert_eq!(statuses(&path), [OK, OK, MISSING]);
    // A pass ends with its token.
    drop(alice.ask("forget", &json!({})));
    assert_eq!(statuses(&path), [MISSING, OK, MISSING]);
    let unknown = Wire::connect(server).post("/files/pass", "no token");
    assert_eq!((unknown.status, unknown.header("set-cookie")), (403, None));
}

#[test]
fn a_pass_is_for_https_alone_where_the_page_is() {
    let place = Place::start(&[]);
    let person = named(&place.server, "alice");
    let token = person.welcome["token"].as_str().expect("a token");
    let post = super::client::post("/files/pass", "Origin: https://a\r\n", token.as_bytes());
    let response = Wire::connect(&place.server).ask(post);
    let cookie = response.header("set-cookie").expect("a pass");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
}

#[test]
fn where_not_everybody_comes_in_all_files_are_for_those_who_do() {
    let place = Place::start(&["--access", "open"]);
    let mut alice = owner(&place.server);
    let path = file(&mut alice, &place.server, "lobby");
    let closed = place.again(&["--access", "invite"]);
    let pass = alice.pass(&closed.server);
    assert_eq!(get(&closed.server, &path, "").status, MISSING);
    assert_eq!(get(&closed.server, &path, &pass).status, OK, "she has not come back yet");
}
