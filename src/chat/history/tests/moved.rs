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

#[test]
fn an_index_of_an_older_form_is_built_again() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let old = Connection::open(&path).expect("a file");
    let is_it = |step: &&str| step.contains("letters and digits apart");
    let steps = schema::MIGRATIONS.iter().take_while(|step| !is_it(step));
    let version = steps.clone().count();
    for step in steps {
        old.execute_batch(step).expect("the form before");
    }
    old.pragma_update(None, "user_version", version as i64).expect("a version");
    old.execute_batch(
        "INSERT INTO message (id, ts, place, author, action, text)
             VALUES (7, 1, 'lobby', 'bob', 0, 'version2 works');
         CREATE VIRTUAL TABLE word_3 USING fts5 (text, content = 'message',
             content_rowid = 'id', tokenize = 'unicode61', columnsize = 0);
         INSERT INTO word_3 (rowid, text) VALUES (7, 'version2 works');
         INSERT INTO part VALUES (3, 7, 7, 1, 14);
         UPDATE indexed SET upto = 7;",
    )
    .expect("a message, and a part of the index");
    drop(old);
    let mut history = open(&folder);
    for now_s in 0..100 {
        history.tidy_up(Now { ms: now_s * 10_000, ..NOW });
    }
    assert_eq!(texts(&found(&mut history, &["lobby"], "sion 2 2", 9)), [""; 0]);
    assert_eq!(texts(&found(&mut history, &["lobby"], "version 2", 9)), ["version2 works"]);
    let store = history.store.as_ref().expect("a file");
    let parts: Vec<i64> =
        index::parts(&store.connection).expect("parts").iter().map(|it| it.number).collect();
    assert_eq!(parts, [4]);
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'word_3'";
    assert_eq!(store.connection.query_row(sql, [], |row| row.get::<_, i64>(0)), Ok(0));
}
