//! Copies of the file: made while it is used, restored, and read where nothing can be written.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn at(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn exported(path: &Path) -> Result<usize, OpenError> {
    let mut out = Vec::new();
    export(path, None, Format::Text, &mut out)?;
    Ok(String::from_utf8(out).expect("text").lines().count())
}

fn quiet(history: &mut History) {
    history.settle(0);
    let mut now = NOW;
    while !history.is_tidy() {
        now.ms += HISTORY_QUIET_MS;
        history.tidy_up(now);
    }
}

/// The file and its log as a killed server leaves them.
fn killed(folder: &tempfile::TempDir, to: &tempfile::TempDir) {
    for name in ["chat.db", "chat.db-wal"] {
        fs::copy(at(folder, name), at(to, name)).expect("a copy");
    }
}

#[test]
fn a_copy_of_the_one_file_is_whole_when_it_has_been_quiet() {
    let (folder, other) = (folder(), folder());
    let mut history = open(&folder);
    for number in 0..100 {
        say(&mut history, "lobby", &format!("text {number}"));
    }
    quiet(&mut history);
    fs::copy(at(&folder, "chat.db"), at(&other, "chat.db")).expect("a copy");
    assert_eq!(exported(&at(&other, "chat.db")).expect("a history"), 100);
}

#[test]
fn a_log_of_another_time_is_refused_and_one_of_its_own_is_brought_in() {
    let (folder, other) = (folder(), folder());
    let mut history = open(&folder);
    say(&mut history, "lobby", "first");
    quiet(&mut history);
    backup(&at(&folder, "chat.db"), &at(&folder, "backup"), false).expect("a backup");
    fs::copy(at(&folder, "chat.db"), at(&folder, "old")).expect("a copy");
    for number in 0..3 {
        say(&mut history, "lobby", &format!("later {number}"));
        quiet(&mut history);
    }
    say(&mut history, "lobby", "last");
    history.settle(0);
    killed(&folder, &other);
    assert_eq!(exported(&at(&other, "chat.db")).expect("its own log"), 5);
    assert_eq!(open(&other).last("lobby", None, 9).expect("a history").len(), 5);
    for old in ["old", "backup"] {
        killed(&folder, &other);
        let path = at(&other, "chat.db");
        fs::copy(at(&folder, old), &path).expect("put back");
        let (file, log) = (fs::read(&path), fs::read(at(&other, "chat.db-wal")));
        let is_foreign = |error: Option<OpenError>| {
            let wal = at(&other, "chat.db-wal");
            matches!(error, Some(OpenError::ForeignLog(log)) if log == wal)
        };
        assert!(is_foreign(History::open(&path, false).err()), "{old}");
        assert!(is_foreign(exported(&path).err()), "{old}");
        assert!(is_foreign(Purge::open(&path, 0, None).err()), "{old}");
        assert!(is_foreign(Bans::open(&path).err()), "{old}");
        // None of it has got into the file.
        assert_eq!(fs::read(&path).ok(), file.ok());
        assert_eq!(fs::read(at(&other, "chat.db-wal")).ok(), log.ok());
        fs::remove_file(at(&other, "chat.db-wal")).expect("moved away");
        assert_eq!(open(&other).last("lobby", None, 9).expect("a history").len(), 1);
    }
}

#[test]
fn a_file_of_which_a_part_is_lost_is_not_begun_with() {
    let folder = folder();
    let mut history = open(&folder);
    for number in 0..500 {
        say(&mut history, "lobby", &format!("text {number}"));
    }
    quiet(&mut history);
    drop(history);
    let path = at(&folder, "chat.db");
    let mut bytes = fs::read(&path).expect("the file");
    let middle = bytes.len() / 4096 / 2 * 4096;
    bytes[middle..middle + 8192].fill(0xa5);
    fs::write(&path, bytes).expect("damaged");
    let damaged = History::open(&path, false).err().map(|error| error.to_string());
    let told = damaged.clone().unwrap_or_default();
    let is_told = told.contains("damaged") || told.contains("malformed");
    assert!(is_told, "{damaged:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_not_called_empty() {
    let folder = folder();
    let mut history = open(&folder);
    say(&mut history, "lobby", "some words");
    history.settle(0);
    assert_eq!(texts(&history.last("lobby", None, 9).expect("the file")), ["some words"]);
    let store = history.store.as_ref().expect("a file");
    store.connection.execute_batch("ALTER TABLE message RENAME TO gone").expect("it is hidden");
    assert!(history.last("lobby", None, 9).is_none());
    let found = history.search(NOW, &["lobby"], "words", 9);
    assert!(found.is_unread && found.messages.is_empty());
}

#[test]
fn a_backup_is_made_while_it_is_used_is_its_owners_alone_and_replaces_nothing() {
    let folder = folder();
    let (path, to) = (at(&folder, "chat.db"), at(&folder, "backup"));
    let mut history = open(&folder);
    say(&mut history, "lobby", "in the log");
    say(&mut history, "@a b", "private");
    history.settle(0);
    backup(&path, &to, false).expect("a backup");
    let mode = fs::metadata(&to).expect("the backup").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(exported(&to).expect("a history"), 1);
    say(&mut history, "lobby", "later");
    history.settle(0);
    let is_there = |done| {
        let there = std::io::ErrorKind::AlreadyExists;
        matches!(done, Err(OpenError::Io(error)) if error.kind() == there)
    };
    assert!(is_there(backup(&path, &to, false)));
    assert_eq!(exported(&to).expect("a history"), 1);
    backup(&path, &to, true).expect("another");
    assert_eq!(exported(&to).expect("a history"), 2);
    // Never the file itself, under any of its names.
    let link = at(&folder, "link");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    assert!(is_there(backup(&path, &path, true)) && is_there(backup(&path, &link, true)));
    // The remains of an interrupted backup are no obstacle.
    fs::write(at(&folder, "another-part"), "rest").expect("a rest");
    let wide = fs::Permissions::from_mode(0o644);
    fs::set_permissions(at(&folder, "another-part"), wide).expect("it is ours");
    backup(&path, &at(&folder, "another"), false).expect("a backup");
    let mode = fs::metadata(at(&folder, "another")).expect("a backup").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .filter(|name| !name.starts_with("chat.db"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["another", "backup", "link"]);
    // A server starts with it.
    let mut restored = History::open(&to, false).expect("a history");
    assert_eq!(restored.last("lobby", None, 9).expect("the file").len(), 2);
}

#[test]
fn it_is_written_out_where_nothing_can_be_written_beside_it() {
    let folder = folder();
    let mut history = open(&folder);
    say(&mut history, "lobby", "in the file");
    quiet(&mut history);
    let read_only = |folder: &tempfile::TempDir, mode| {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).expect("permissions");
    };
    for (text, count) in [(None, 1), (Some("in the log"), 2)] {
        if let Some(text) = text {
            say(&mut history, "lobby", text);
            history.settle(0);
        }
        let other = super::folder();
        killed(&folder, &other);
        read_only(&other, 0o500);
        let reader = reader::Reader::open_without_index(&at(&other, "chat.db"));
        let is_read = reader.map(|reader| {
            let sql = "SELECT count(*) FROM message";
            reader.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count")
        });
        let exported = exported(&at(&other, "chat.db"));
        read_only(&other, 0o700);
        assert_eq!(usize::try_from(is_read.expect("a history")), Ok(count));
        assert_eq!(exported.expect("a history"), count);
    }
}
