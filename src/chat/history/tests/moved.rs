//! The file goes away, and the file in its place cannot be used.

use super::*;
use crate::limits::{EXPORT_BUSY_MS, HISTORY_AGAIN_MS_MAX, HISTORY_LOOK_MS};
use mio_socketio::Stopwatch;
use rusqlite::Connection;
use std::fs;

/// Makes `count` checks, after `from` others.
fn look(history: &mut History, from: u64, count: u64) -> Vec<Change> {
    let looks = (from..from + count).map(|look| Now { ms: look * HISTORY_LOOK_MS, ..NOW });
    looks.filter_map(|now| history.look(now)).collect()
}

#[test]
fn a_file_that_another_program_holds_does_not_keep_the_loop_and_is_used_when_it_is_let_go() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let mut history = open(&folder);
    fs::rename(&path, folder.path().join("moved")).expect("it is moved");
    // An empty file that not even a reader may open.
    let other = Connection::open(&path).expect("another file");
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let watch = Stopwatch::start();
    assert_eq!(look(&mut history, 1, 3), [Change::Failing]);
    // Far less than one attempt at the start would wait.
    let most = EXPORT_BUSY_MS as f64 / 1000.0 / 2.0;
    assert!(watch.seconds() < most, "{}", watch.seconds());
    other.execute_batch("ROLLBACK").expect("no lock any more");
    assert_eq!(look(&mut history, 4, 1), [Change::Renewed]);
}

#[test]
fn what_is_no_history_is_left_alone_and_tried_at_once_when_it_changes() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let mut history = open(&folder);
    let text = "a text of somebody's, which is no database at all";
    fs::remove_file(&path).expect("it is deleted");
    fs::write(&path, text).expect("a file");
    let many = 3 * HISTORY_AGAIN_MS_MAX / HISTORY_LOOK_MS;
    assert_eq!(look(&mut history, 1, many), [Change::Failing]);
    assert_eq!(fs::read_to_string(&path).expect("a text"), text);
    // Then the file is emptied.
    fs::write(&path, "").expect("it is emptied");
    assert_eq!(look(&mut history, 1 + many, 1), [Change::Renewed]);
    say(&mut history, "lobby", "kept");
    history.settle(u64::MAX);
    assert_eq!(texts(&history.last("lobby", None, 9).expect("the file")), ["kept"]);
    assert!(!history.status().is_failing);
}
