//! The menu's keys, without a screen.

use super::*;
use crate::client::model::{DEEDS, LinkStatus, Mode};
use serde_json::{Value, json};

/// A day and an hour after the messages that are old.
const NOW_MS: u64 = 90_000_000;

fn said(id: u64, from: &str) -> Value {
    json!({"id": id, "ts": NOW_MS, "room": "tea", "from": from, "text": format!("text {id}")})
}

/// Alice's model of a room with three messages of Bob's and hers, in turn.
fn model() -> Model {
    let mut model = Model::new(Mode::Screen, Some("alice".to_owned()), None, "run".to_owned());
    model.tick(crate::client::time::Now { ms: 0, unix_ms: NOW_MS });
    let members = json!([{"nick": "alice"}, {"nick": "bob"}, {"nick": "zoe"}]);
    let messages = json!([said(1, "bob"), said(2, "alice"), said(3, "bob")]);
    let room = json!({"room": "tea", "members": members, "count": 3, "messages": messages});
    model.event("welcome", &json!({"nick": "alice", "token": "t", "rooms": [room]}));
    model.submit("/join #tea").expect("it is open");
    model.take_effects();
    model
}

/// Answers the questions about what is allowed: in the room, and upon everybody.
fn allow(model: &mut Model, in_room: &[&str], upon: &[&str]) {
    let effects = model.take_effects();
    for effect in effects {
        let crate::client::model::Effect::Emit { id: Some(id), name: "may", body } = effect else {
            continue;
        };
        let may = if body["nick"].is_null() { in_room } else { upon };
        model.ack(id, &json!({"ok": true, "may": may}));
    }
}

fn open(model: &Model) -> Menu {
    Menu::open(model).expect("there is a message")
}

/// The text of the message chosen.
fn chosen(menu: &Menu, model: &Model) -> String {
    menu.message(model).map_or_else(String::new, |message| message.text.clone())
}

fn letters(menu: &Menu, model: &Model) -> String {
    menu.items(model).iter().filter_map(|item| item.letter).collect()
}

/// The deed that this letter chooses.
fn deed(letter: char) -> &'static MenuDeed {
    DEEDS.iter().find(|deed| deed.letter == letter).expect("there is one")
}

fn press(menu: &mut Menu, model: &Model, keys: &[Key]) -> Outcome {
    let outcomes = keys.iter().map(|key| menu.key(*key, model));
    outcomes.last().unwrap_or(Outcome::Stays)
}

#[test]
fn keys_move_over_the_messages() {
    let model = model();
    let mut menu = open(&model);
    assert_eq!(chosen(&menu, &model), "text 3");
    for (key, text) in [
        (Key::Up, "text 2"),
        (Key::Char('k'), "text 1"),
        (Key::Up, "text 1"),
        (Key::Char('j'), "text 2"),
        (Key::Last, "text 3"),
        (Key::Down, "text 3"),
        (Key::PageUp, "text 1"),
    ] {
        assert_eq!(menu.key(key, &model), Outcome::Stays);
        assert_eq!(chosen(&menu, &model), text, "{key:?}");
    }
    menu.key(Key::Char('x'), &model);
    assert_eq!(menu.note.as_deref(), Some("Esc goes back to your line"));
    assert_eq!(menu.key(Key::Back, &model), Outcome::Closes);
}

#[test]
fn only_what_is_allowed_is_offered() {
    let mut model = model();
    let mut menu = open(&model);
    press(&mut menu, &model, &[Key::Enter]);
    assert_eq!(letters(&menu, &model), "qrcwm");
    assert_eq!(menu.title(&model), "bob's message");
    press(&mut menu, &model, &[Key::Back, Key::Up, Key::Enter]);
    assert_eq!((letters(&menu, &model), menu.about(&model)), ("qrecd".to_owned(), None));
    press(&mut menu, &model, &[Key::Back, Key::Down, Key::Enter, Key::Char('m')]);
    assert_eq!(menu.about(&model).as_deref(), Some("bob"));
    assert_eq!(letters(&menu, &model), "wasi");
    model.learn_powers(None);
    model.learn_powers(Some("bob"));
    let edited = json!({"id": 3, "room": "tea", "text": "new", "edited": 5, "nick": "bob"});
    model.event("edited", &edited);
    allow(&mut model, &["delete"], &["kick", "mute", "unmute", "ban", "op"]);
    assert_eq!(letters(&menu, &model), "wasiokub", "a mute is only ended");
    press(&mut menu, &model, &[Key::Back]);
    assert_eq!(letters(&menu, &model), "qrcfdwm");
    // A day later nobody corrects anything.
    model.tick(crate::client::time::Now { ms: 0, unix_ms: 2 * NOW_MS });
    press(&mut menu, &model, &[Key::Back, Key::Up, Key::Enter]);
    assert_eq!(letters(&menu, &model), "qrcd");
}

#[test]
fn order_is_kept_in_the_room_shown_alone() {
    let mut model = model();
    model.submit("/search text").expect("asked");
    for effect in model.take_effects() {
        if let crate::client::model::Effect::Emit { id: Some(id), name: "search", .. } = effect {
            let found = json!({"id": 9, "ts": 1, "room": "hall", "from": "bob", "text": "text"});
            model.ack(id, &json!({"ok": true, "messages": [found]}));
        }
    }
    model.learn_powers(None);
    allow(&mut model, &["delete"], &[]);
    let mut menu = open(&model);
    press(&mut menu, &model, &[Key::Enter]);
    assert_eq!((chosen(&menu, &model), letters(&menu, &model)), ("text".into(), "qrcwm".into()));
    press(&mut menu, &model, &[Key::Back, Key::Up, Key::Enter]);
    assert_eq!(letters(&menu, &model), "qrcdwm");
}

#[test]
fn harm_is_asked_about_and_the_first_answer_is_no() {
    let mut model = model();
    model.learn_powers(Some("bob"));
    allow(&mut model, &[], &["kick", "ban"]);
    let mut menu = open(&model);
    press(&mut menu, &model, &[Key::Up, Key::Enter, Key::Char('d')]);
    assert_eq!(menu.title(&model), "delete your message?");
    assert_eq!(menu.key(Key::Enter, &model), Outcome::Stays);
    assert_eq!(menu.title(&model), "your message");
    let outcome = press(&mut menu, &model, &[Key::Char('d'), Key::Down, Key::Enter]);
    assert_eq!(outcome, Outcome::Chosen(Choice::DeleteNow));
    press(&mut menu, &model, &[Key::Back, Key::Back, Key::Down, Key::Enter, Key::Char('m')]);
    let bob = || "bob".to_owned();
    let outcome = press(&mut menu, &model, &[Key::Char('k'), Key::Char('Y')]);
    assert_eq!(outcome, Outcome::Chosen(Choice::Do(deed('k'), bob(), None)));
    let outcome = press(&mut menu, &model, &[Key::Back, Key::Char('b'), Key::Char('3')]);
    assert_eq!(outcome, Outcome::Chosen(Choice::Do(deed('b'), bob(), Some(86_400))));
    let outcome = menu.key(Key::Char('r'), &model);
    assert_eq!(outcome, Outcome::Chosen(Choice::WithReason(deed('b'), bob())));
    assert_eq!(menu.key(Key::Char('n'), &model), Outcome::Stays);
    assert_eq!(menu.title(&model), "bob");
}

#[test]
fn the_choice_stays_when_the_list_grows() {
    let mut model = model();
    let mut menu = open(&model);
    press(&mut menu, &model, &[Key::Up, Key::Enter, Key::Last]);
    model.learn_powers(None);
    let edited = json!({"id": 2, "room": "tea", "text": "new", "edited": 5, "nick": "alice"});
    model.event("edited", &edited);
    allow(&mut model, &["delete"], &[]);
    assert_eq!(letters(&menu, &model), "qrecfd");
    press(&mut menu, &model, &[Key::Enter]);
    assert_eq!(menu.title(&model), "delete your message?");
}

#[test]
fn a_message_that_goes_gives_its_place_to_its_neighbour() {
    let mut model = model();
    let mut menu = open(&model);
    press(&mut menu, &model, &[Key::Up, Key::Enter, Key::Char('d')]);
    model.event("message", &said(4, "zoe"));
    assert!(menu.settle(&model));
    assert_eq!(chosen(&menu, &model), "text 2", "it stays when others come");
    model.event("deleted", &json!({"id": 2, "room": "tea", "nick": "alice"}));
    assert!(menu.settle(&model));
    assert_eq!((chosen(&menu, &model), menu.has_list()), ("text 3".to_owned(), false));
    assert_eq!(menu.note.as_deref(), Some("that message is gone"));
    press(&mut menu, &model, &[Key::Last]);
    for id in [4, 3, 1] {
        model.event("deleted", &json!({"id": id, "room": "tea", "nick": "bob"}));
        assert_eq!(menu.settle(&model), id != 1);
    }
    // Somebody can still be chosen.
    let mut menu = open(&model);
    assert_eq!((menu.title(&model), menu.serial()), ("people".to_owned(), None));
    assert_eq!(menu.key(Key::Back, &model), Outcome::Closes);
}

#[test]
fn people_are_chosen_by_a_letter() {
    let model = model();
    let mut menu = open(&model);
    press(&mut menu, &model, &[Key::People]);
    assert_eq!(menu.serial(), None);
    let names: Vec<String> = menu.items(&model).into_iter().map(|item| item.text).collect();
    assert_eq!(names, ["bob", "zoe"]);
    press(&mut menu, &model, &[Key::Char('z'), Key::Enter]);
    assert_eq!(menu.about(&model).as_deref(), Some("zoe"));
    let outcome = menu.key(Key::Char('w'), &model);
    assert_eq!(outcome, Outcome::Chosen(Choice::Write("zoe".to_owned())));
    press(&mut menu, &model, &[Key::Back, Key::People]);
    assert!(menu.serial().is_some() && !menu.has_list());
}

#[test]
fn another_conversation_closes_it_and_an_outage_does_not() {
    let mut model = model();
    let mut menu = open(&model);
    model.lost("gone");
    model.connection = LinkStatus::Waiting { attempt: 1, until_ms: 1 };
    assert!(menu.settle(&model));
    let id = menu.message(&model).expect("it is here").id;
    assert!(model.delete_message(id).expect_err("no server").contains("not connected"));
    assert!(
        model.do_deed(deed('k'), "bob", None).expect_err("no server").contains("not connected")
    );
    model.submit("/msg bob").expect("shown");
    assert!(!menu.settle(&model));
}

#[test]
fn a_message_of_another_history_is_left_alone() {
    let mut model = model();
    let menu = open(&model);
    let id = menu.message(&model).expect("it is here").id;
    model.lost("gone");
    let again = json!({"nick": "alice", "token": "u", "history": "another", "rooms": []});
    model.event("welcome", &again);
    assert!(model.delete_message(id).expect_err("not that one").contains("another history"));
}

#[test]
fn a_reaction_of_ones_own_is_taken_back() {
    let mut model = model();
    let mut menu = open(&model);
    let reacted = json!({"id": 3, "room": "tea", "emoji": "🎉", "on": true, "nick": "Alice",
        "count": 1});
    model.event("reacted", &reacted);
    press(&mut menu, &model, &[Key::Enter, Key::Char('r')]);
    let texts: Vec<String> = menu.items(&model).into_iter().map(|item| item.text).collect();
    assert!(texts.contains(&"🎉  take it back".to_owned()), "{texts:?}");
    model.take_effects();
    let id = menu.message(&model).expect("it is here").id;
    for (emoji, body) in [
        ("🎉", json!({"id": 3, "emoji": "🎉", "on": false})),
        ("👍", json!({"id": 3, "emoji": "👍"})),
    ] {
        model.react_to(id, emoji).expect("sent");
        let sent = model.take_effects();
        let [crate::client::model::Effect::Emit { name: "react", body: sent, .. }] = &sent[..]
        else {
            panic!("{sent:?}")
        };
        assert_eq!(*sent, body);
    }
}

#[test]
fn people_are_invited_to_private_rooms_of_ones_own() {
    let mut model = model();
    let room = |name: &str, is_private: bool| {
        json!({"room": name, "members": [{"nick": "alice"}], "count": 1, "messages": [],
            "rules": {"private": is_private, "readonly": false, "past": false}})
    };
    for (name, is_private) in [("den", true), ("hall", false)] {
        model.submit(&format!("/join #{name}")).expect("asked");
        for effect in model.take_effects() {
            if let crate::client::model::Effect::Emit { id: Some(id), name: "join", .. } = effect {
                let mut answer = room(name, is_private);
                answer["ok"] = json!(true);
                model.ack(id, &answer);
            }
        }
    }
    model.submit("/join #tea").expect("it is open");
    let mut menu = open(&model);
    press(&mut menu, &model, &[Key::Enter, Key::Char('m')]);
    assert!(!letters(&menu, &model).contains('v'));
    model.learn_powers(None);
    allow(&mut model, &["room"], &[]);
    let outcome = press(&mut menu, &model, &[Key::Char('v'), Key::Enter]);
    let to_den = Choice::InviteTo("bob".to_owned(), "den".to_owned());
    assert_eq!(outcome, Outcome::Chosen(to_den));
}

#[test]
fn a_quote_has_the_first_lines_of_its_message() {
    let quoted = |text: &str| {
        let value = json!({"messages": [{"id": 1, "ts": 1, "room": "tea", "from": "bob",
            "text": text}]});
        quote(&IncomingMessage::read_all(&value, 0)[0])
    };
    assert_eq!(quoted("one\n\ntwo\nthree"), "> bob: one\n> two\n");
    assert_eq!(quoted("> zoe: hi\nhello"), "> bob: hello\n");
    assert_eq!(quoted("> zoe: hi"), "> bob: > zoe: hi\n");
    let long = "é".repeat(500);
    let short = quoted(&long);
    assert!(short.ends_with("é…\n") && short.chars().count() < 200, "{short}");
}

#[test]
fn the_blanks_around_a_password_are_a_part_of_it() {
    let (alice, first) = ("alice".to_owned(), Some(" one ".to_owned()));
    for purpose in [Purpose::Name, Purpose::Command] {
        assert_eq!(purpose.words(" one "), "one", "{purpose:?}");
    }
    for purpose in
        [Purpose::Password(alice), Purpose::NewPassword(None), Purpose::NewPassword(first)]
    {
        assert_eq!(purpose.words(" one "), " one ", "{purpose:?}");
    }
}
