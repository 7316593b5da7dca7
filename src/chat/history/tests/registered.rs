//! Registered people, and files from before there were any.

use super::*;
use crate::limits::DEVICES_MAX;

#[test]
fn a_file_from_before_registrations_loses_nothing_and_can_have_them() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let old = rusqlite::Connection::open(&path).expect("a file");
    for step in &schema::MIGRATIONS[..9] {
        old.execute_batch(step).expect("the form before");
    }
    old.pragma_update(None, "user_version", 9).expect("a version");
    let token = Token::of("secret");
    let sql = "INSERT INTO person (id, token, nick, rooms, here, seen, returns, spoke, given)
               VALUES ('a', ?1, 'alice', 'lobby tea', 0, ?2, 1, 1, ?2)";
    let now_ms = NOW.unix_ms.cast_signed();
    old.execute(sql, rusqlite::params![token.0, now_ms]).expect("a person");
    old.execute("INSERT INTO message VALUES (7, 1, 'lobby', 'alice', 0, 'hi', NULL, NULL)", [])
        .expect("a message");
    drop(old);
    let mut history = open(&folder);
    assert_eq!(texts(&history.last("lobby", None, 9).expect("the file")), ["hi"]);
    let record = history.person(NOW, &token).expect("alice");
    assert_eq!((&*record.nick, record.rooms.len(), record.is_registered), ("alice", 2, false));
    let (id, nick) = (record.id.clone(), record.nick);
    let registration =
        Registration { id, nick, hash: "$".into(), made_ms: now_ms, seen_ms: now_ms };
    history.change_registration(RegistrationChange::Registered(registration));
    // A registration that waits to be written counts.
    assert!(history.claim(NOW, "alice").is_some() && history.claim(NOW, "bob").is_none());
    assert_eq!(history.settle(0), None);
    drop(history);
    let mut history = open(&folder);
    assert_eq!(history.claim(NOW, "alice").map(|claim| claim.is_former), Some(false));
    // Now a token is good only as that of a device.
    assert!(history.person(NOW, &token).is_none());
}

#[test]
fn former_names_and_devices_are_bounded_and_the_oldest_go() {
    let folder = folder();
    let mut history = open(&folder);
    let (id, now_ms): (Rc<str>, i64) = ("a".into(), NOW.unix_ms.cast_signed());
    let (nick, hash) = ("alice".into(), "$".into());
    let registration =
        Registration { id: id.clone(), nick, hash, made_ms: now_ms, seen_ms: now_ms };
    history.change_registration(RegistrationChange::Registered(registration));
    for number in 1..=5 {
        let nick = format!("alice{number}").into();
        let renamed = RegistrationChange::Renamed { id: id.clone(), nick, ms: now_ms + number };
        history.change_registration(renamed);
    }
    for number in 0..2 * DEVICES_MAX {
        let (token, kind) = (Token::of(&number.to_string()), "web".into());
        let device = Device { token, id: id.clone(), number: 0, kind, seen_ms: now_ms + number };
        history.change_registration(RegistrationChange::Added(device));
    }
    assert_eq!(history.settle(0), None);
    let mut claimed = |name: &str| history.claim(NOW, name).map(|claim| claim.is_former);
    let free = [claimed("alice"), claimed("alicel")];
    assert_eq!(free, [None, None], "of former names the last three are kept");
    let former = ["alice2", "alice3", "alice4"].map(&mut claimed);
    assert_eq!((former, claimed("alice5")), ([Some(true); 3], Some(false)));
    let devices = history.devices(NOW, "a");
    let numbers: Vec<i64> = devices.iter().map(|(device, _)| device.number).collect();
    assert_eq!(numbers, (DEVICES_MAX + 1..=2 * DEVICES_MAX).collect::<Vec<_>>());
    assert!(history.person(NOW, &Token::of("0")).is_none());
    assert!(history.person(NOW, &Token::of(&DEVICES_MAX.to_string())).is_some());
}
