//! Private messages to a person who is away for a moment.

use super::world::{World, nth, text, texts};
use serde_json::{Value, json};

/// Alice comes in with a page, which knows its token.
fn alice(world: &mut World) -> (mio_socketio::testing::Client, Value) {
    let (alice, welcome) = world.enter(json!({"nick": "alice", "client": "web"}));
    (alice, json!({"token": welcome["token"], "since": 0, "client": "web"}))
}

#[test]
fn it_waits_for_their_coming_back() {
    let mut world = World::new();
    let (alice_, back) = alice(&mut world);
    let (bob, _) = world.arrive("bob");
    world.cut(alice_);
    let dm = json!({"to": "ALICE", "text": "psst", "key": "k"});
    let sent = world.ask(bob, "dm", dm.clone());
    let ts = world.now().unix_ms;
    let person = &sent["person"];
    assert!(person.is_string());
    let told = json!({"ok": true, "id": nth(1), "ts": ts, "to": "alice", "person": person,
        "away": true, "guest": true});
    assert_eq!(sent, told);
    let page = world.ask(bob, "history", json!({"with": "alice"}));
    assert_eq!(texts(&page["messages"]), ["psst"]);
    let (alice, welcome) = world.enter(back);
    assert_eq!(welcome["recovered"], true);
    let heard = world.expect(alice, "message").args.remove(0);
    let person = &heard["person"];
    assert!(person.is_string() && *person != sent["person"]);
    let message = json!({"id": nth(1), "from": "bob", "to": "alice", "person": person,
        "text": "psst", "ts": ts});
    assert_eq!(heard, message);
    // A message sent again because its answer was lost is not repeated. Now she is here.
    let again = world.ask(bob, "dm", dm);
    assert_eq!((&again["id"], &again["away"]), (&json!(nth(1)), &Value::Null));
    world.ask(bob, "dm", json!({"to": "alice", "text": "more"}));
    assert_eq!(world.texts(alice), ["more"]);
    let page = world.ask(alice, "history", json!({"with": "bob"}));
    assert_eq!(texts(&page["messages"]), ["psst", "more"]);
}

#[test]
fn nobody_else_gets_it_who_takes_the_name() {
    let mut world = World::new();
    let (alice_, back) = alice(&mut world);
    let (bob, _) = world.arrive("bob");
    world.cut(alice_);
    world.ask(bob, "dm", json!({"to": "alice", "text": "for the first"}));
    world.advance(120_000);
    let refusal = "no-such-person: alice has left and has no account, so nothing is kept for them";
    assert_eq!(world.refused(bob, "dm", json!({"to": "alice", "text": "x"})), refusal);
    let (other, _) = world.arrive("alice");
    assert!(world.texts(other).is_empty());
    let page = world.ask(other, "history", json!({"with": "bob"}));
    assert_eq!(page["messages"], json!([]));
    let (alice, welcome) = world.enter(back);
    assert_eq!(welcome["nick"], "alice~2");
    assert_eq!(world.texts(alice), ["for the first"]);
    let page = world.ask(bob, "history", json!({"with": "alice~2"}));
    assert_eq!(texts(&page["messages"]), ["for the first"]);
}

#[test]
fn it_waits_over_a_restart() {
    let mut world = World::new();
    let (_, back) = alice(&mut world);
    let mut world = world.restart();
    let (bob, _) = world.arrive("bob");
    assert_eq!(world.ask(bob, "dm", json!({"to": "alice", "text": "psst"}))["away"], true);
    let mut world = world.restart();
    let (alice, _) = world.enter(back);
    assert_eq!(world.texts(alice), ["psst"]);
}

#[test]
fn at_netcat_one_is_told_so() {
    let mut world = World::new();
    let (alice_, back) = alice(&mut world);
    let line = world.connect_line();
    world.lines(line);
    world.ask(alice_, "dm", json!({"to": "guest-1", "text": "are you there?"}));
    world.cut(alice_);
    world.lines(line);
    world.say(line, "/msg alice yes");
    world.say(line, "/r and you?");
    let kept = "* alice has left and has no account; they get it only if they come back in the \
                same browser or program";
    assert_eq!(world.lines(line), ["* -> alice: yes", kept, "* -> alice: and you?", kept]);
    let (alice, _) = world.enter(back);
    let heard = world.events(alice);
    let said: Vec<_> = heard.iter().filter(|heard| heard.name == "message").collect();
    assert_eq!(
        said.iter().map(|it| text(&it.args[0])).collect::<Vec<_>>()[1..],
        ["yes", "and you?"]
    );
    assert_eq!(
        (&said[1].args[0]["from"], &said[1].args[0]["to"]),
        (&json!("guest-1"), &json!("alice"))
    );
    // She is the person meant, at any interface.
    world.lines(line);
    world.say(line, "/r welcome back");
    assert_eq!(world.lines(line), ["* -> alice: welcome back"]);
    assert_eq!(world.texts(alice), ["welcome back"]);
    world.cut(alice);
    world.advance(120_000);
    world.lines(line);
    world.say(line, "/r still there?");
    assert_eq!(world.lines(line), ["* the person who wrote to you has left"]);
}

#[test]
fn a_name_that_was_changed_is_kept_and_leads_to_who_bore_it() {
    let mut world = World::new();
    let (alice_, back) = alice(&mut world);
    let (bob, _) = world.arrive("bob");
    world.cut(alice_);
    let (alice, _) = world.enter(back);
    world.ask(alice, "nick", json!({"nick": "alicia"}));
    let sent = world.ask(bob, "dm", json!({"to": "alice", "text": "for you"}));
    assert_eq!((&sent["to"], &sent["away"]), (&json!("alicia"), &Value::Null));
    assert_eq!(world.texts(alice), ["for you"]);
    let held = "alice was here a moment ago and may come back, choose another name";
    assert_eq!(world.refused(bob, "nick", json!({"nick": "Alice"})), format!("nick-taken: {held}"));
    let line = world.connect_line();
    world.lines(line);
    world.say(line, "/nick alice");
    world.say(line, "/msg alice it is me");
    assert_eq!(world.lines(line), [format!("* {held}"), "* -> alicia: it is me".to_owned()]);
    assert_eq!(world.texts(alice), ["it is me"]);
    assert_eq!(
        world.refused(alice, "dm", json!({"to": "alice", "text": "x"})),
        "yourself: that is you"
    );
    // She may have it back, and then the other name is held.
    assert_eq!(world.ask(alice, "nick", json!({"nick": "alice"}))["nick"], "alice");
    world.refused(bob, "nick", json!({"nick": "alicia"}));
    world.ask(alice, "nick", json!({"nick": "alicia"}));
    world.advance(120_000);
    assert_eq!(world.ask(bob, "nick", json!({"nick": "alice"}))["nick"], "alice");
}

#[test]
fn an_old_name_leads_to_where_its_bearer_is_away() {
    let mut world = World::new();
    let (alice_, back) = alice(&mut world);
    let (bob, _) = world.arrive("bob");
    world.ask(alice_, "nick", json!({"nick": "alicia"}));
    world.cut(alice_);
    assert_eq!(world.ask(bob, "dm", json!({"to": "alice", "text": "one"}))["away"], true);
    let (alice, _) = world.enter(back);
    assert_eq!(world.texts(alice), ["one"]);
    world.ask(bob, "dm", json!({"to": "alice", "text": "two"}));
    assert_eq!(world.texts(alice), ["two"]);
}

#[test]
fn a_token_that_was_made_up_keeps_no_name() {
    let mut world = World::new();
    for number in 0..10 {
        let auth = json!({"nick": "mallory", "token": format!("made up {number}")});
        let (mallory, welcome) = world.enter(auth);
        assert_eq!(welcome["nick"], "mallory");
        world.cut(mallory);
    }
    // A name that was given does.
    let (mallory, welcome) = world.arrive("mallory");
    world.cut(mallory);
    let (mallory, _) = world.enter(json!({"token": welcome["token"]}));
    world.cut(mallory);
    world.connect("/chat", json!({"nick": "mallory"})).expect_err("it is kept");
}

#[test]
fn without_a_history_nothing_can_be_left() {
    let mut world = World::without_history();
    let (alice_, _) = alice(&mut world);
    let (bob, _) = world.arrive("bob");
    let line = world.connect_line();
    world.cut(alice_);
    let refusal = "no-such-person: alice has left and has no account, so nothing is kept for them";
    assert_eq!(world.refused(bob, "dm", json!({"to": "alice", "text": "x"})), refusal);
    world.lines(line);
    world.say(line, "/msg alice x");
    assert_eq!(
        world.lines(line),
        ["* alice has left and has no account, so nothing is kept for them"]
    );
}
