//! The bounds of the history, and of the people in it.

use super::*;
use crate::limits::ERASE_CLOCK_SURE_MS;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn later(days: u64) -> Now {
    Now { ms: NOW.ms + days * DAY_MS, unix_ms: NOW.unix_ms + days * DAY_MS }
}

fn tidy(history: &mut History, now: Now) {
    while history.has_work() {
        history.tidy_up(now);
    }
}

fn count(history: &History, table: &str) -> i64 {
    let store = history.store.as_ref().expect("a file");
    let sql = format!("SELECT count(*) FROM {table}");
    store.connection.query_row(&sql, [], |row| row.get(0)).expect("a count")
}

fn log_bytes(folder: &tempfile::TempDir) -> u64 {
    fs::metadata(folder.path().join("chat.db-wal")).map_or(0, |log| log.len())
}

fn say_to(history: &mut History, known_to: &str, key: &str, text: &str) {
    let (place, author) = (&Rc::from(format!("@{known_to}")), &Rc::from("alice"));
    let known_to = vec![(Rc::from(known_to), Rc::from("alice"))];
    let (is_action, payload, sender) = (false, None, None);
    let (id, ts) = (history.number(), NOW.unix_ms.cast_signed());
    history.append(Post { id, ts, place, author, is_action, text, payload, sender, known_to });
    let posted = Posted { key: Box::from(key), id, ts: 0, what: None, reader: None };
    history.posted(Rc::from("alice"), posted, None);
}

#[test]
fn the_file_stays_below_its_bound_and_the_oldest_go_first() {
    const MAX: u64 = 8 << 20;
    let folder = folder();
    let mut history = open(&folder).keeping(Keep { bytes_max: Some(MAX), days: None });
    say_to(&mut history, "bob", "first", "the firstword");
    let long = "some words ".repeat(360);
    let mut most = 0;
    for number in 0..6_000 {
        say(&mut history, "lobby", &format!("{long}{number}"));
        if number % 20 == 0 {
            history.settle(0);
            history.tidy_up(NOW);
            most = most.max(history.status().bytes);
        }
    }
    say_to(&mut history, "bob2", "last", "the lastword");
    history.settle(0);
    tidy(&mut history, NOW);
    let status = history.status();
    assert!(!status.is_failing && status.trims.is_none() && status.bytes <= MAX, "{status:?}");
    assert!(most < MAX + MAX / 2, "{most}");
    assert!(log_bytes(&folder) < 24 << 20, "{}", log_bytes(&folder));
    while !history.is_tidy() {
        history.tidy_up(later(1));
    }
    let file = fs::metadata(folder.path().join("chat.db")).expect("the file").len();
    assert!(file < 2 * MAX && log_bytes(&folder) == 0, "{file} {}", log_bytes(&folder));
    // Everything that belongs to the oldest has gone with them, including their words.
    let conversations = history.conversations("bob", 0, None, 9).len();
    assert_eq!((conversations, count(&history, "posted")), (0, 1));
    assert!(found(&mut history, &["@bob"], "firstword", 9).is_empty());
    assert_eq!(texts(&found(&mut history, &["@bob2"], "lastword", 9)), ["the lastword"]);
    let first: i64 = count(&history, "(SELECT 1 FROM message WHERE id < 3000)");
    assert_eq!((first, history.last_id()), (0, 6_002));
    assert!(count(&history, "part") <= 10, "{}", count(&history, "part"));
}

#[test]
fn what_is_older_than_it_may_be_goes_and_its_number_is_not_given_again() {
    let folder = folder();
    let keep = Keep { bytes_max: None, days: Some(2) };
    let mut history = open(&folder).keeping(keep);
    say(&mut history, "lobby", "old words");
    history.settle(0);
    tidy(&mut history, later(1));
    assert_eq!(texts(&history.last("lobby", None, 9).expect("the file")), ["old words"]);
    // Time passes without a message.
    history.look_for_old(later(3));
    assert_eq!(history.status().trims, Some(Trimming::Age));
    tidy(&mut history, later(3));
    assert_eq!(
        (history.last("lobby", None, 9).expect("the file").len(), history.status().trims),
        (0, None)
    );
    let words = "word_1('words')";
    assert_eq!(count(&history, words), 0);
    drop(history);
    assert_eq!(say(&mut open(&folder), "lobby", "new"), 2);
}

#[test]
fn a_clock_that_is_wrong_for_a_moment_erases_nothing() {
    let folder = folder();
    let mut history = open(&folder).keeping(Keep { bytes_max: None, days: Some(2) });
    say(&mut history, "lobby", "old words");
    history.settle(0);
    tidy(&mut history, NOW);
    let wrong = Now { ms: NOW.ms + 5_000, ..later(100) };
    for now in [wrong, later(1)] {
        history.look_for_old(now);
        history.tidy_up(now);
        assert_eq!(history.status().trims, None);
        assert_eq!(history.last("lobby", None, 9).expect("the file").len(), 1);
    }
    // One that goes on is right.
    let leapt = Now { ms: later(1).ms, ..later(100) };
    history.look_for_old(leapt);
    assert_eq!(history.status().trims, None);
    let (ms, unix_ms) = (leapt.ms + ERASE_CLOCK_SURE_MS, leapt.unix_ms + ERASE_CLOCK_SURE_MS);
    let lasting = Now { ms, unix_ms };
    tidy(&mut history, lasting);
    history.look_for_old(lasting);
    tidy(&mut history, lasting);
    assert_eq!(history.last("lobby", None, 9).expect("the file").len(), 0);
}

#[test]
fn the_log_is_cut_when_it_is_quiet_and_nobody_reads() {
    let folder = folder();
    let mut history = open(&folder);
    say(&mut history, "lobby", "hello");
    history.settle(0);
    tidy(&mut history, NOW);
    assert!(log_bytes(&folder) > 0 && !history.is_tidy());
    let reader = rusqlite::Connection::open(folder.path().join("chat.db")).expect("the file");
    reader.execute_batch("BEGIN; SELECT count(*) FROM message;").expect("a reader");
    say(&mut history, "lobby", "meanwhile");
    history.settle(0);
    let mut now = later(1);
    history.tidy_up(now);
    tidy(&mut history, now);
    now.ms += HISTORY_QUIET_MS;
    history.tidy_up(now);
    assert!(log_bytes(&folder) > 0 && !history.is_tidy());
    reader.execute_batch("COMMIT").expect("no reader any more");
    history.tidy_up(now);
    assert!(log_bytes(&folder) == 0 && history.is_tidy());
}

#[test]
fn the_log_stays_short_while_much_is_said() {
    let folder = folder();
    let mut history = open(&folder);
    let long = "some words ".repeat(360);
    let mut longest = 0;
    for number in 0..8_000 {
        say(&mut history, "lobby", &format!("{long}{number}"));
        if number % 20 == 0 {
            history.settle(0);
            history.tidy_up(NOW);
            longest = longest.max(log_bytes(&folder));
        }
    }
    assert!((1..16 << 20).contains(&longest), "{longest}");
}

#[test]
fn a_purged_file_becomes_small() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let mut history = open(&folder);
    let long = "some words ".repeat(360);
    for _ in 0..5_000 {
        say(&mut history, "lobby", &long);
    }
    history.settle(0);
    tidy(&mut history, NOW);
    drop(history);
    let before = fs::metadata(&path).expect("the file").len();
    let mut purge = Purge::open(&path, i64::MAX, None).expect("the file");
    let mut purged = 0;
    while let Some(count) = purge.step().expect("it is cut") {
        purged += count;
    }
    drop(purge);
    let after = fs::metadata(&path).expect("the file").len();
    assert!(purged == 5_000 && before > 20 << 20 && after < 8 << 20, "{purged} {before} {after}");
}

#[test]
fn its_files_are_its_owners_alone() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let file = |ending: &str| PathBuf::from(format!("{}{ending}", path.display()));
    let all = ["", "-wal", "-shm", "-lock"];
    let mode =
        |ending: &str| fs::metadata(file(ending)).expect("a file").permissions().mode() & 0o777;
    let mut history = open(&folder);
    say(&mut history, "lobby", "private");
    history.settle(0);
    assert_eq!(all.map(mode), [0o600; 4]);
    // Files of older versions become private too.
    for ending in all {
        let wide = fs::Permissions::from_mode(0o644);
        fs::set_permissions(file(ending), wide).expect("they are ours");
    }
    drop(history);
    let _history = open(&folder);
    assert_eq!(all.map(mode), [0o600; 4]);
}

#[test]
fn behind_a_link_its_files_are_its_owners_alone_too_and_no_links() {
    let (folder, links) = (folder(), folder());
    let real = folder.path().join("chat.db");
    drop(open(&folder));
    let link = links.path().join("link.db");
    symlink(&real, &link).expect("a link");
    let file = |ending: &str| PathBuf::from(format!("{}{ending}", real.display()));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let mut history = History::open(&link, false).expect("a history");
    say(&mut history, "lobby", "private");
    history.settle(0);
    for ending in ["", "-wal", "-shm", "-lock"] {
        let mode = fs::metadata(file(ending)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{ending}");
    }
    drop(history);
    let other = folder.path().join("other");
    fs::write(&other, "somebody's").expect("a file");
    symlink(&other, file("-wal")).expect("a link");
    for error in [
        History::open(&link, false).err(),
        Purge::open(&link, 0, None).err(),
        Bans::open(&link).err(),
    ] {
        assert!(matches!(error, Some(OpenError::Link(path)) if path == file("-wal")));
    }
    assert_eq!(fs::read_to_string(&other).expect("a text"), "somebody's");
}

#[test]
fn no_link_leads_it_into_another_file() {
    for ending in ["-lock", "-wal", "-shm"] {
        let folder = folder();
        let other = folder.path().join("other");
        fs::write(&other, "somebody's").expect("a file");
        let link = folder.path().join(format!("chat.db{ending}"));
        symlink(&other, &link).expect("a link");
        let opened = History::open(&folder.path().join("chat.db"), false);
        assert!(matches!(opened, Err(OpenError::Link(path)) if path.ends_with(link)), "{ending}");
        assert_eq!(fs::read_to_string(&other).expect("a text"), "somebody's");
    }
}

#[test]
fn a_file_in_which_something_would_run_is_refused() {
    for planted in [
        "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM message; END",
        "CREATE VIEW v AS SELECT * FROM message",
        "CREATE TABLE theirs (x)",
        "CREATE INDEX i ON message (text)",
        "CREATE VIRTUAL TABLE word_7 USING fts5vocab ('word', 'row')",
    ] {
        let folder = folder();
        drop(open(&folder));
        let path = folder.path().join("chat.db");
        let other = rusqlite::Connection::open(&path).expect("the file");
        other.execute_batch(planted).expect("it is planted");
        let is_planted = |error: Option<OpenError>| matches!(error, Some(OpenError::Planted(_)));
        assert!(is_planted(History::open(&path, false).err()), "{planted}");
        assert!(is_planted(Purge::open(&path, 0, None).err()), "{planted}");
        assert!(is_planted(Bans::open(&path).err()), "{planted}");
        let written = export(&path, None, Format::Text, &mut Vec::new());
        assert!(is_planted(written.err()), "{planted}");
    }
}

#[test]
fn what_is_written_out_moves_no_terminal_and_means_the_same() {
    let folder = folder();
    let mut history = open(&folder);
    let text = "a\u{9b}31m\u{202e}b\u{7f}\u{2028}\u{1b}[0m \u{e0041}é李👍";
    say(&mut history, "lobby", text);
    history.settle(0);
    let path = folder.path().join("chat.db");
    let written = |format| {
        let mut out = Vec::new();
        export(&path, None, format, &mut out).expect("written out");
        String::from_utf8(out).expect("text")
    };
    let json = written(Format::JsonLines);
    let is_obeyed = |char: char| char.is_control() || matches!(char, '\u{202e}' | '\u{2028}');
    for line in [&json, &written(Format::Text)] {
        assert!(!line.trim_end().contains(is_obeyed), "{line:?}");
    }
    assert!(
        json.contains("a\\u009b31m\\u202eb\\u007f\\u2028\\u001b[0m \\udb40\\udc41é李👍"),
        "{json}"
    );
    let read: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(read["text"], text);
}

#[test]
fn bans_are_heard_of_and_end() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let mut history = open(&folder);
    assert_eq!(history.changed_bans(NOW), Some(Vec::new()));
    assert_eq!(history.changed_bans(NOW), None);
    let now_ms = NOW.unix_ms.cast_signed();
    let banned = |text: &str| text.parse::<Banned>();
    let ban = |network: &str, until_ms| {
        Ban::of_operator(banned(network).expect("a network"), until_ms, "spam".to_owned())
    };
    let (one, other) = (ban("192.0.2.7", Some(now_ms + 10)), ban("2001:db8:1:2:3::4", None));
    let mut bans = Bans::open(&path).expect("the file");
    bans.add(&one, now_ms).expect("written");
    bans.add(&other, now_ms + 1).expect("written");
    assert_eq!(history.changed_bans(NOW), Some(vec![one.clone(), other.clone()]));
    assert_eq!(bans.list(now_ms).expect("read"), [one, other.clone()]);
    // The server's own writes do not count as changes from outside.
    say(&mut history, "lobby", "hello");
    history.settle(0);
    assert_eq!(history.changed_bans(NOW), None);
    assert_eq!(bans.list(now_ms + 10).expect("read"), std::slice::from_ref(&other));
    assert!(bans.remove("2001:db8:1:2:3::4", now_ms).expect("written"));
    assert!(!bans.remove("2001:db8:1:2:3::4", now_ms).expect("written"));
    assert_eq!(count(&history, "ban"), 0);
    assert_eq!(other.whom.to_string(), "2001:db8:1:2::/64");
    assert!(other.whom.has("2001:db8:1:2:ffff::1".parse().expect("an address")));
    let net = banned("198.51.100.9/24").expect("a network");
    assert_eq!(net.to_string(), "198.51.100.0/24");
    assert!(net.has("::ffff:198.51.100.77".parse().expect("an address")));
    for own in ["127.0.0.1", "::1", "127.1.2.3", "127.0.0.0/8", "0.0.0.0/0", "::/0"] {
        assert!(banned(own).expect_err("it is this machine").contains("this machine"), "{own}");
    }
    assert!(banned("example.org").is_err());
    for text in ["@someone", "muted @someone"] {
        assert_eq!(banned(text).expect("a person").to_string(), text);
    }
    let long = format!("@{}", "x".repeat(1_000));
    for bad in ["@", "muted @", "muted", "muted 192.0.2.7", &long] {
        assert!(banned(bad).is_err(), "{bad}");
    }
}

#[test]
fn hidden_messages_are_not_found_and_take_no_place_among_those_that_are() {
    let mut history = open(&folder());
    say(&mut history, "lobby", "a secret of mine");
    let upto = say(&mut history, "den", "the secret of others");
    let sought = Sought::words("secret");
    // While they wait, in the file, and in the index of words.
    for _ in 0..3 {
        let mut find = |hidden: &[(&str, i64)]| {
            let found = history.search_for(NOW, &["lobby", "den"], hidden, &sought, 1).messages;
            found.into_iter().map(|message| message.text).collect::<Vec<_>>()
        };
        assert_eq!(find(&[("den", upto - 1)]), ["the secret of others"]);
        assert_eq!(find(&[("den", upto)]), ["a secret of mine"]);
        assert_eq!(find(&[("den", upto), ("lobby", upto)]), [""; 0]);
        match history.settle(0) {
            None if history.has_work() => tidy(&mut history, NOW),
            _ => (),
        }
    }
    assert_eq!(history.store.as_ref().expect("a file").unindexed(), 0);
}
