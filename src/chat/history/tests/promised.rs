//! Facts that are in the file before their changes.

use super::*;
use rusqlite::Connection;

#[test]
fn a_promise_stays_until_its_changes_are_written() {
    let folder = folder();
    let mut history = open(&folder);
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
    let mut history = open(&folder);
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
