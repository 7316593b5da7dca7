//! The model as a server and a reader see it.

mod commands;

use super::conversation::Item;
use super::*;
use crate::limits::{CLIENT_POST_BYTES_MAX, CLIENT_TYPERS_MAX, CLIENT_UNSENT_MAX};

/// A request as it was sent: its id, its name, and its body.
type Sent = (Option<u64>, &'static str, Value);

fn sent(model: &mut Model) -> Vec<Sent> {
    let effects = model.take_effects().into_iter();
    let emitted = effects.filter_map(|effect| match effect {
        Effect::Emit { id, name, body } => Some((id, name, body)),
        _ => None,
    });
    emitted.filter(|(_, name, _)| *name != "rooms").collect()
}

fn message(id: u64, from: &str, text: &str) -> Value {
    json!({"id": id, "ts": id, "room": "lobby", "from": from, "text": text})
}

fn welcome(nick: &str, rooms: &[&str], messages: &[Value]) -> Value {
    let rooms: Vec<Value> = rooms
        .iter()
        .map(|room| {
            let members = json!([{"nick": nick}, {"nick": "bob"}]);
            json!({"room": room, "members": members, "count": 2, "messages": messages})
        })
        .collect();
    json!({"nick": nick, "token": "secret", "rooms": rooms})
}

fn online() -> Model {
    let mut model = Model::new(Mode::Screen, Some("alice".to_owned()), None, "run".to_owned());
    model.event("welcome", &welcome("alice", &["lobby"], &[message(5, "bob", "hi")]));
    sent(&mut model);
    model
}

/// The messages and notices of the conversation shown.
fn shown(model: &Model) -> Vec<String> {
    let texts = model.active().entries.iter().filter_map(|entry| match &entry.item {
        Item::Message(message) => Some(format!("{}: {}", message.from, message.text)),
        Item::Notice { text, .. } => Some(text.clone()),
        Item::Presence { presence, .. } => Some(presence.words()),
        Item::Hole { .. } => Some("?".to_owned()),
        Item::Quote { .. } | Item::Start => None,
    });
    texts.collect()
}

#[test]
fn posts_are_sent_in_order_and_once() {
    let mut model = online();
    model.submit("one").expect("sent");
    model.submit("/me two").expect("sent");
    model.submit("/msg bob three").expect("sent");
    let [(first, "post", one), (second, "post", two), (third, "dm", three)] = &sent(&mut model)[..]
    else {
        panic!("three requests");
    };
    assert_eq!(one, &json!({"room": "lobby", "text": "one", "key": "run-0"}));
    assert_eq!(two["action"], true);
    assert_eq!(three, &json!({"to": "bob", "text": "three", "key": "run-2"}));
    model.ack(first.expect("an id"), &json!({"ok": true, "id": 6, "ts": 6}));
    model.lost("gone");
    model.connection = LinkStatus::Connecting { attempt: 1 };
    model.submit("/w bob four").expect("kept");
    assert_eq!((sent(&mut model), model.unsent()), (vec![], 3));
    assert_eq!(model.auth()["since"], 6);
    assert_eq!(model.auth()["token"], "secret");
    // An answer to a request of the old connection does not count.
    model.ack(second.expect("an id"), &json!({"ok": true, "id": 7, "ts": 7}));
    model.ack(third.expect("an id"), &json!({"ok": true, "id": 8, "ts": 8}));
    model.event("welcome", &welcome("alice", &["lobby"], &[]));
    model.event("message", &message(7, "alice", "two"));
    let keys: Vec<Value> = sent(&mut model).iter().map(|(.., body)| body["key"].clone()).collect();
    assert_eq!(keys, ["run-1", "run-2", "run-3"]);
}

#[test]
fn what_is_recovered_and_acknowledged_is_there_once() {
    let mut model = online();
    model.submit("one").expect("sent");
    model.lost("gone");
    model.event("welcome", &welcome("alice", &["lobby"], &[]));
    model.event("message", &message(6, "bob", "missed"));
    model.event("message", &message(7, "alice", "one"));
    let (id, ..) = sent(&mut model).pop().expect("a request");
    model.ack(id.expect("an id"), &json!({"ok": true, "id": 7, "ts": 7}));
    model.event("message", &message(6, "bob", "missed"));
    let said: Vec<String> = shown(&model).into_iter().filter(|text| text.contains(": ")).collect();
    assert_eq!(said, ["bob: hi", "connection lost: gone", "bob: missed", "alice: one"]);
    let own = |news: &&News| matches!(news, News::Message { is_own: true, .. });
    assert_eq!(model.take_news().iter().filter(own).count(), 1);
    assert_eq!((model.unsent(), model.active().unread), (0, 0));
}

#[test]
fn only_so_much_waits_and_what_does_not_fit_is_refused() {
    let mut model = Model::new(Mode::Screen, None, None, "run".to_owned());
    for number in 0..CLIENT_UNSENT_MAX {
        model.submit(&number.to_string()).expect("kept");
    }
    assert!(model.submit("one more").expect_err("too many").contains("50 messages"));
    assert!(online().submit(&"x".repeat(CLIENT_POST_BYTES_MAX + 1)).is_err());
    assert!(online().submit(&"x".repeat(CLIENT_POST_BYTES_MAX)).is_ok());
    let mut model = online();
    model.submit("one").expect("sent");
    let id = sent(&mut model)[0].0.expect("an id");
    model.ack(id, &json!({"ok": false, "code": "not-in-room", "error": "you are not in #x"}));
    assert_eq!(shown(&model).last().map(String::as_str), Some("not sent: you are not in #x (one)"));
    assert_eq!(model.unsent(), 0);
}

#[test]
fn what_is_not_seen_is_counted() {
    let mut model = online();
    model.submit("/join #ops").expect("asked");
    let id = sent(&mut model)[0].0.expect("an id");
    model.ack(id, &json!({"ok": true, "room": "ops", "members": [{"nick": "alice"}], "count": 1}));
    assert_eq!(model.active().target, Target::Room("ops".to_owned()));
    model.event("message", &message(6, "bob", "hi all"));
    model.event("message", &message(7, "bob", "alice: look"));
    model.event("message", &message(8, "alice", "mine, from elsewhere"));
    let lobby = &model.conversations[0];
    assert_eq!((lobby.unread, lobby.mentions, lobby.read), (2, 1, Some(Id { era: 0, number: 5 })));
    model.take_news();
    model
        .event("message", &json!({"id": 9, "ts": 9, "to": "alice", "from": "bob", "text": "psst"}));
    assert!(model.take_news().iter().any(|news| matches!(news, News::Alert(_))));
    assert_eq!(model.conversations[2].target, Target::With("bob".to_owned()));
    model.event("presence", &json!({"room": "ops", "renamed": [{"from": "bob", "to": "rob"}]}));
    assert_eq!(model.conversations[2].target, Target::With("rob".to_owned()));
    model.submit("/r yes").expect("sent");
    assert_eq!(sent(&mut model).last().expect("a request").2["to"], "rob");
    model.submit("/msg ROB and more").expect("sent");
    let (id, ..) = sent(&mut model).pop().expect("a request");
    model.ack(id.expect("an id"), &json!({"ok": true, "id": 10, "ts": 10, "to": "Rob"}));
    assert_eq!(model.conversations[2].target, Target::With("Rob".to_owned()));
    assert_eq!(model.conversations.len(), 3);
    assert_eq!(model.active_index(), 2);
    model.step(true);
    assert_eq!((model.active_index(), model.active().unread), (0, 0));
    model.activate(99);
    model.step(false);
    assert_eq!(model.active_index(), 2);
    model.submit("/leave").expect("left");
    assert_eq!(model.conversations.len(), 2);
}

#[test]
fn rooms_are_entered_again_where_nobody_remembers() {
    let mut model = Model::new(Mode::Lines, None, Some("#Ops"), "run".to_owned());
    model.submit("hello").expect("kept");
    model.event("welcome", &welcome("guest-1", &["lobby"], &[]));
    let [(join, "join", room), (_, "post", post)] = &sent(&mut model)[..] else {
        panic!("two requests");
    };
    assert_eq!((&room["room"], &post["room"]), (&json!("Ops"), &json!("Ops")));
    assert!(model.is_moving() && !model.is_settled());
    model.ack(join.expect("an id"), &json!({"ok": true, "room": "ops", "count": 1}));
    assert_eq!(model.active().target, Target::Room("ops".to_owned()));
    model.lost("gone");
    model.event("welcome", &welcome("guest-9", &["lobby"], &[]));
    assert_eq!(sent(&mut model)[0].2["room"], "ops");
    let notices = model.take_news();
    assert!(notices.contains(&News::Notice("connected again; you are now guest-9".to_owned())));
}

#[test]
fn a_server_that_has_forgotten_everything_is_heard() {
    let mut model = online();
    model.event("message", &message(6, "bob", "before"));
    model.lost("gone");
    let mut stranger = welcome("alice", &["lobby"], &[]);
    stranger["token"] = json!("another");
    model.event("welcome", &stranger);
    // It counts from 1 again, and a known number is another message.
    for (number, text) in [(1, "anew"), (6, "more")] {
        let mut body = message(number, "bob", text);
        body["ts"] = json!(100 + number);
        model.event("message", &body);
        model.event("message", &body);
    }
    let said: Vec<String> =
        shown(&model).into_iter().filter(|text| text.starts_with("bob:")).collect();
    assert_eq!(said, ["bob: hi", "bob: before", "bob: anew", "bob: more"]);
    assert_eq!(model.auth()["since"], 6);
    // A server that has only forgotten us shows seen messages again.
    model.lost("gone");
    let mut body = message(6, "bob", "more");
    body["ts"] = json!(106);
    let mut stranger = welcome("alice", &["lobby"], &[body, message(7, "bob", "last")]);
    stranger["token"] = json!("a third");
    model.event("welcome", &stranger);
    let said: Vec<String> =
        shown(&model).into_iter().filter(|text| text.starts_with("bob:")).collect();
    assert_eq!(said, ["bob: hi", "bob: before", "bob: anew", "bob: more", "bob: last"]);
}

#[test]
fn nobody_fills_the_memory() {
    let mut model = online();
    for number in 0..3 * CLIENT_CONVERSATIONS_MAX as u64 {
        let from = format!("somebody-{number}");
        let body = json!({"id": 10 + number, "ts": 1, "to": "alice", "from": from, "text": "x"});
        model.event("message", &body);
        let renamed = json!([{"from": "x", "to": "y"}, {"from": "y", "to": "x"}]);
        model.event("presence", &json!({"room": "lobby", "renamed": renamed}));
    }
    assert_eq!(model.conversations.len(), CLIENT_CONVERSATIONS_MAX);
    assert_eq!((model.active_index(), model.active().key), (0, 0));
    let last = model.conversations.last().expect("conversations");
    assert_eq!(last.target, Target::With("somebody-599".to_owned()));
    let lines = shown(&model).into_iter().filter(|text| text.contains("another name"));
    assert_eq!(lines.count(), 2);
    for number in 0..3 * CLIENT_CONVERSATIONS_MAX {
        let (room, nick) = (format!("room-{number}"), format!("nick-{number}"));
        model.event("gap", &json!({"room": room, "missed": 1}));
        model.event("typing", &json!({"room": "lobby", "nick": nick, "on": true}));
    }
    assert_eq!(model.conversations.len(), CLIENT_CONVERSATIONS_MAX);
    assert_eq!(model.conversations[0].typing.len(), CLIENT_TYPERS_MAX);
    for batch in ["a", "b"] {
        let rooms = (0..3 * CLIENT_CONVERSATIONS_MAX).map(|number| format!("{batch}-{number}"));
        let rooms: Vec<String> = rooms.collect();
        let rooms: Vec<&str> = rooms.iter().map(String::as_str).collect();
        model.event("welcome", &welcome("alice", &rooms, &[]));
        assert_eq!(model.conversations.len(), CLIENT_CONVERSATIONS_MAX);
    }
}

#[test]
fn an_answer_without_news_is_the_last() {
    let mut model = online();
    for _ in 0..2 {
        let entries = &model.active().entries;
        let hole = entries.iter().find(|entry| matches!(entry.item, Item::Hole { .. }));
        let Some(serial) = hole.map(|entry| entry.serial) else { return };
        model.load(serial);
        let (id, ..) = sent(&mut model).pop().expect("a request");
        let again = json!({"ok": true, "messages": [message(5, "bob", "hi")], "more": true});
        model.ack(id.expect("an id"), &again);
    }
    panic!("it is asked for again");
}

#[test]
fn what_is_asked_for_comes_under_another_name_too() {
    let mut model = online();
    model.submit("/msg bob").expect("shown");
    let hole = model.active().entries.front().expect("a hole").serial;
    model.load(hole);
    let (id, ..) = sent(&mut model).pop().expect("a request");
    let renamed = json!({"room": "lobby", "renamed": [{"from": "bob", "to": "robert"}]});
    model.event("presence", &renamed);
    let old = json!({"id": 3, "ts": 3, "to": "alice", "from": "bob", "text": "old"});
    model.ack(id.expect("an id"), &json!({"ok": true, "messages": [old], "more": false}));
    assert_eq!(model.active().target, Target::With("robert".to_owned()));
    assert_eq!(shown(&model), ["bob: old"]);
}

#[test]
fn a_gap_is_a_hole_that_is_loaded() {
    let mut model = online();
    model.event("gap", &json!({"room": "lobby", "missed": 300}));
    model.event("message", &message(400, "bob", "new"));
    assert!(shown(&model).ends_with(&["?".to_owned(), "bob: new".to_owned()]));
    let is_hole = |entry: &&Entry| matches!(entry.item, Item::Hole { .. });
    let hole = model.active().entries.iter().rfind(is_hole).expect("a hole").serial;
    model.load(hole);
    model.load(hole);
    let [(id, "history", body)] = &sent(&mut model)[..] else { panic!("one request") };
    assert_eq!(body, &json!({"room": "lobby", "before": 400, "limit": 100}));
    let found = json!({"ok": true, "messages": [message(399, "bob", "older")], "more": true});
    model.ack(id.expect("an id"), &found);
    model.load(hole);
    let [(id, "history", _)] = &sent(&mut model)[..] else { panic!("one request") };
    model.ack(id.expect("an id"), &json!({"ok": false, "code": "no-history", "error": "none"}));
    assert!(shown(&model).ends_with(&["bob: older".to_owned(), "bob: new".to_owned()]));
}

#[test]
fn typing_is_told_now_and_then() {
    let mut model = online();
    let mut typed = |ms: u64, text: &str| {
        model.tick(Now { ms, unix_ms: 0 });
        model.typed(text);
        sent(&mut model).into_iter().map(|(.., body)| body["on"] == true).collect::<Vec<_>>()
    };
    assert_eq!(typed(0, "h"), [true]);
    assert!(typed(10, "hi").is_empty());
    assert_eq!(typed(CLIENT_TYPING_MS, "hi "), [true]);
    assert_eq!(typed(CLIENT_TYPING_MS, ""), [false]);
    assert!(typed(CLIENT_TYPING_MS, "/help").is_empty());
    assert_eq!(typed(CLIENT_TYPING_MS, "//x"), [true]);
    model.event("typing", &json!({"room": "lobby", "nick": "bob", "on": true}));
    assert_eq!(model.typing_words(), "bob is typing");
    model.tick(Now { ms: model.deadline_ms(), unix_ms: 0 });
    assert_eq!((model.typing_words(), model.deadline_ms()), (String::new(), NEVER_MS));
}

#[test]
fn a_device_that_was_ended_stays_away_until_asked() {
    let mut model = online();
    model.event("bye", &json!({"reason": "forgotten", "error": "you ended this device"}));
    assert_eq!(model.connection, LinkStatus::Ended);
    assert_eq!(model.take_effects().last(), Some(&Effect::HangUp));
    model.submit("").expect("comes back");
    assert_eq!(model.take_effects(), [Effect::Connect]);
    let mut model = online();
    model.event("bye", &json!({"reason": "server-shutdown", "error": "the server ends"}));
    assert!(model.is_online());
}

#[test]
fn a_nick_that_is_refused_is_given_up() {
    let mut model = Model::new(Mode::Screen, Some("bob".to_owned()), None, String::new());
    assert_eq!(model.auth(), json!({"client": "terminal", "nick": "bob"}));
    assert!(model.refused("nick-taken", "bob is taken"));
    assert_eq!(model.auth(), json!({"client": "terminal"}));
    assert!(!model.refused("nick-taken", "again"));
    model.event("welcome", &welcome("guest-1", &["lobby"], &[message(5, "bob", "hi")]));
    assert!(shown(&model)[2].starts_with("bob is taken; /nick"), "{:?}", shown(&model));
    assert!(!online().refused("other", "no"));
    // A script must be told, and not speak under another name.
    let mut model = Model::new(Mode::Lines, Some("bob".to_owned()), None, String::new());
    assert!(!model.refused("nick-taken", "bob is taken"));
}

#[test]
fn what_is_not_whole_yet_is_told() {
    let mut model = online();
    model.submit("/msg bob psst").expect("sent");
    let dm = sent(&mut model)[0].0.expect("an id");
    model.ack(dm, &json!({"ok": true, "id": 6, "ts": 6, "to": "Bob", "away": true}));
    model.submit("/search x").expect("asked");
    let search = sent(&mut model)[0].0.expect("an id");
    model.ack(search, &json!({"ok": true, "messages": [], "cut": true}));
    assert!(shown(&model)[2].starts_with("Bob is away"), "{:?}", shown(&model));
    assert!(shown(&model)[4].starts_with("the search ran out of time"), "{:?}", shown(&model));
}

#[test]
fn no_answer_and_no_event_is_too_odd() {
    let odd = [
        json!(null),
        json!([]),
        json!(7),
        json!({"rooms": 7, "messages": [7], "room": 7}),
        json!({"ok": true, "room": "", "messages": {}, "count": -1, "joined": [7, null, {}]}),
    ];
    let names = "welcome message gap presence typing topic notice bye late read x";
    for body in &odd {
        for name in names.split(' ') {
            let mut model = online();
            model.event(name, body);
            for line in ["x", "/nick x", "/join x", "/who", "/rooms", "/topic x", "/history"] {
                // Without a connection most of these are refused.
                let _ = model.submit(line);
            }
            for id in 0..20 {
                model.ack(id, body);
            }
            assert!(!model.conversations.is_empty() && !shown(&model).contains(&"-".to_owned()));
            model.active();
        }
    }
}
