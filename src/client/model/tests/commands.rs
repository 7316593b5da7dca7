//! Commands and their answers.

use super::*;

#[test]
fn rules_of_a_room_are_told_with_the_number_of_invited_people() {
    let mut model = online();
    model.submit("/room").expect("sent");
    let [(Some(id), "room", _)] = &sent(&mut model)[..] else { panic!("one question") };
    let rules = json!({
        "ok": true, "room": "lobby", "private": false, "readonly": true, "past": true, "keep": 1,
        "invited": 2, "may": false,
    });
    model.ack(*id, &rules);
    let told = shown(&model).pop().expect("an answer");
    assert_eq!(told, "#lobby is public, only its owners say something, erased after a day");
    model.submit("/room invite carol").expect("sent");
    let [(Some(id), "room", _)] = &sent(&mut model)[..] else { panic!("one request") };
    model.ack(*id, &json!({"ok": true, "room": "lobby", "invited": "carol"}));
    assert_eq!(shown(&model).pop().as_deref(), Some("carol is invited"));
}

#[test]
fn commands_say_what_is_wrong() {
    let mut model = online();
    for (line, why) in [
        ("/jion #x", "did you mean /join?"),
        ("/xyzzy", "try /help"),
        ("/msg", "usage: /msg NAME [TEXT]"),
        ("/msg alice hi", "that is you"),
        ("/reply hi", "nobody has written"),
        ("/leave", "the last room"),
        ("/history 999", "1 to 100"),
        ("/connect", "already"),
    ] {
        let error = model.submit(line).expect_err(line);
        assert!(error.contains(why), "{line}: {error}");
    }
    assert_eq!(sent(&mut model), []);
    model.submit("//x").expect("said");
    assert_eq!(sent(&mut model)[0].2["text"], "/x");
    model.lost("gone");
    model.connection = LinkStatus::Waiting { attempt: 1, until_ms: 1 };
    for line in ["/join #x", "/nick x", "/who", "/rooms", "/topic x", "/history", "/search x"] {
        assert!(model.submit(line).expect_err(line).contains("not connected"), "{line}");
    }
    model.submit("/help").expect("works anywhere");
    model.submit("/quit").expect("works anywhere");
    assert_eq!(model.take_effects(), [Effect::Quit]);
}

#[test]
fn devices_are_told_with_the_time_since_which_they_are_logged_in() {
    let mut model = online();
    model.submit("/devices").expect("sent");
    let [(Some(id), "devices", _)] = &sent(&mut model)[..] else { panic!("one question") };
    let (since, seen) = (1_767_225_600_000_u64, 1_767_229_260_000_u64);
    let devices = json!([
        {"number": 1, "kind": "web", "since": since, "seen": seen, "here": false},
        {"number": 2, "kind": "web", "here": true},
        {"number": 3, "kind": "terminal", "since": seen, "seen": seen, "here": true, "own": true},
    ]);
    model.ack(*id, &json!({"ok": true, "devices": devices}));
    let told = shown(&model);
    assert_eq!(
        told[told.len() - 3..],
        [
            "1 web, since 2026-01-01 00:00 UTC, last used 2026-01-01 01:01 UTC; /devices 1 ends it",
            "2 web, here now; /devices 2 ends it",
            "3 terminal, since 2026-01-01 01:01 UTC, this one",
        ]
    );
}
