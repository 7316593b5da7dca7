//! Facts that are in the file before their changes.

use super::*;
use crate::limits::{PROMISES_AT_ONCE_MAX, REGISTRATIONS_WAITING_MAX};
use rusqlite::Connection;

/// A history of which no earlier server has promised anything.
fn open_new(folder: &tempfile::TempDir) -> History {
    let mut history = open(folder);
    assert!(history.take_promises().is_empty());
    history
}

#[test]
fn a_promise_stays_until_its_changes_are_written() {
    let folder = folder();
    let mut history = open_new(&folder);
    assert!(history.promise("one") && history.promise("two"));
    drop(history);
    let mut history = open(&folder);
    // It does not end with the changes of others, before its own are made.
    say(&mut history, "lobby", "hello");
    assert_eq!(history.settle(0), None);
    assert_eq!(history.take_promises(), ["one", "two"]);
    assert!(history.take_promises().is_empty() && history.has_work());
    assert!(history.promise("three"));
    assert_eq!(history.settle(1), None);
    drop(history);
    assert!(open(&folder).take_promises().is_empty());
}

#[test]
fn nothing_is_promised_that_cannot_be_written() {
    assert!(!History::default().promise("nowhere"));
    let folder = folder();
    let mut history = open_new(&folder);
    let other = Connection::open(folder.path().join("chat.db")).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    assert!(!history.promise("one"));
    // While others wait to be written, nothing is tried.
    say(&mut history, "lobby", "hello");
    assert_eq!(history.settle(0), None);
    other.execute_batch("COMMIT").expect("it is free");
    assert!(!history.promise("two"));
    assert_eq!(history.settle(HISTORY_BUSY_RETRY_MS), None);
    assert!(history.promise("three"));
    drop(history);
    assert_eq!(open(&folder).take_promises(), ["three"]);
}

#[test]
fn a_promised_registration_outlasts_any_number_of_changes_while_the_file_is_held() {
    let folder = folder();
    let mut history = open_new(&folder);
    assert!(history.promise("alice is registered"));
    let (id, now_ms): (Rc<str>, i64) = ("a".into(), NOW.unix_ms.cast_signed());
    let (nick, hash) = ("alice".into(), "$".into());
    let made = Registration { id: id.clone(), nick, hash, made_ms: now_ms, seen_ms: now_ms };
    history.change_registration(RegistrationChange::Registered(made));
    let other = Connection::open(folder.path().join("chat.db")).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    assert_eq!(history.settle(0), None);
    // All that a person can do for nothing, and then what nobody may lose.
    for number in 0..REGISTRATIONS_WAITING_MAX {
        let entry = (number % 2 == 0).then(|| "{}".to_owned());
        let (id, whom) = (id.clone(), "@bob".into());
        history.change_registration(RegistrationChange::Ignored { id, whom, entry });
    }
    history.change_registration(RegistrationChange::Waits { id, message: 1 });
    assert!(history.waiting_for("a").is_empty(), "mail matters less");
    for number in 0..REGISTRATIONS_WAITING_MAX {
        let ended = Token::of(&number.to_string());
        history.change_registration(RegistrationChange::Ended(ended));
    }
    assert!(history.ignored("a").is_empty());
    other.execute_batch("COMMIT").expect("it is free");
    assert_eq!(history.settle(HISTORY_BUSY_RETRY_MS), None);
    drop(history);
    let mut history = open(&folder);
    assert!(history.claim(NOW, "alice").is_some() && history.take_promises().is_empty());
}

#[test]
fn a_promised_choice_outlasts_any_number_of_later_choices_while_the_file_is_held() {
    let folder = folder();
    let mut history = open_new(&folder);
    let ignore = |history: &mut History, id: &str, entry: &str| {
        let (id, whom, entry) = (id.into(), "@bob".into(), Some(entry.to_owned()));
        history.change_registration(RegistrationChange::Ignored { id, whom, entry });
    };
    assert!(history.promise("alice ignores bob"));
    ignore(&mut history, "a", "promised");
    let other = Connection::open(folder.path().join("chat.db")).expect("the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("it is held");
    assert_eq!(history.settle(0), None);
    assert!(!history.promise("carol ignores bob"));
    for number in 0..=REGISTRATIONS_WAITING_MAX {
        ignore(&mut history, "c", &number.to_string());
    }
    assert_eq!(history.ignored("a"), ["promised"]);
    assert_eq!(history.ignored("c"), [(REGISTRATIONS_WAITING_MAX - 2).to_string()]);
}

#[test]
fn promises_that_could_not_be_read_are_read_later_and_outlast_new_changes() {
    let folder = folder();
    assert!(open_new(&folder).promise("one"));
    let mut history = open(&folder);
    let other = Connection::open(folder.path().join("chat.db")).expect("the file");
    other.execute_batch("ALTER TABLE promise RENAME TO aside").expect("it cannot be read");
    assert!(history.take_promises().is_empty());
    other.execute_batch("ALTER TABLE aside RENAME TO promise").expect("it can be read");
    assert!(!history.promise("two"), "its end would be that of the first");
    say(&mut history, "lobby", "hello");
    assert_eq!(history.settle(0), None);
    assert_eq!(history.take_promises(), ["one"]);
    assert!(history.promise("two"));
}

#[test]
fn any_number_of_promises_is_taken_in_parts() {
    let folder = folder();
    let mut history = open_new(&folder);
    for number in 0..=PROMISES_AT_ONCE_MAX {
        assert!(history.promise(&number.to_string()));
    }
    drop(history);
    let mut history = open(&folder);
    assert_eq!(history.take_promises().len(), PROMISES_AT_ONCE_MAX);
    // The changes of these come first.
    assert!(history.take_promises().is_empty() && !history.promise("new"));
    assert_eq!(history.settle(0), None);
    assert_eq!(history.take_promises(), [PROMISES_AT_ONCE_MAX.to_string()]);
    assert!(history.promise("new"));
}
