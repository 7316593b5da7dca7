mod crowded;
mod forms;
mod kept;
mod moved;
mod ordered;
mod promised;
mod purged;
mod registered;
mod restored;

use super::*;
use crate::limits::{HISTORY_BUSY_RETRY_MS, HISTORY_GRACE_MS, PEOPLE_REMEMBERED_MAX};
use crate::limits::{HISTORY_RETRY_MS, HISTORY_WAITING_BYTES_MAX};

const NOW: Now = Now { ms: 0, unix_ms: 1_763_629_920_000 };

fn open(folder: &tempfile::TempDir) -> History {
    History::open(&folder.path().join("chat.db"), false).expect("a history")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn say(history: &mut History, place: &str, text: &str) -> i64 {
    let (place, author) = (&Rc::from(place), &Rc::from("alice"));
    let (is_action, payload, sender, known_to) = (false, None, None, Vec::new());
    let (id, ts) = (history.number(), NOW.unix_ms.cast_signed());
    history.append(Post { id, ts, place, author, is_action, text, payload, sender, known_to });
    id
}

/// The result of a search with enough time for everything, which a busy machine may not have.
fn found(history: &mut History, places: &[&str], words: &str, count: usize) -> Vec<Message> {
    // Each search has a second of its own: many at the same moment look less far.
    let seconds = (0..1000).map(|second| Now { ms: second * 1000, ..NOW });
    let mut tries = seconds.map(|now| history.search(now, places, words, count));
    tries.find(|found| !found.is_cut).expect("there is time for so few").messages
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| &*message.text).collect()
}

#[test]
fn what_was_said_is_there_after_a_restart_and_numbers_go_on() {
    let folder = folder();
    let mut history = open(&folder);
    for number in 1..=5 {
        assert_eq!(say(&mut history, "lobby", &format!("text {number}")), number);
    }
    assert_eq!(say(&mut history, "tea", "elsewhere"), 6);
    // Messages that are not in the file yet are shown too.
    assert_eq!(texts(&history.last("lobby", None, 2).expect("the file")), ["text 4", "text 5"]);
    assert_eq!(history.settle(0), None);
    drop(history);
    let mut history = open(&folder);
    assert_eq!(texts(&history.last("lobby", None, 2).expect("the file")), ["text 4", "text 5"]);
    assert_eq!(texts(&history.last("lobby", Some(3), 10).expect("the file")), ["text 1", "text 2"]);
    assert_eq!(say(&mut history, "lobby", "new"), 7);
    assert_eq!(texts(&history.last("lobby", None, 2).expect("the file")), ["text 5", "new"]);
    let line = history.last("tea", None, 1).expect("the file")[0].as_line();
    assert_eq!(line, "[2025-11-20 09:12] <alice> elsewhere");
}

#[test]
fn words_are_found_whether_they_are_indexed_yet_or_not() {
    let mut history = open(&folder());
    say(&mut history, "lobby", "The Quick brown fox");
    say(&mut history, "tea", "quick, elsewhere");
    history.settle(0);
    for _ in 0..2 {
        assert_eq!(
            texts(&found(&mut history, &["lobby"], "quick FOX", 9)),
            ["The Quick brown fox"]
        );
        assert!(found(&mut history, &["lobby"], "quick cat", 9).is_empty());
        assert!(found(&mut history, &["lobby"], "\" OR *", 9).is_empty());
        assert!(history.has_work() || history.store.as_ref().is_some_and(|it| it.unindexed() == 0));
        history.tidy_up(NOW);
    }
    say(&mut history, "lobby", "another quick one");
    history.settle(0);
    let both = found(&mut history, &["lobby"], "quick", 9);
    assert_eq!(texts(&both), ["The Quick brown fox", "another quick one"]);
    assert_eq!(found(&mut history, &["lobby"], "quick", 1).len(), 1);
}

#[test]
fn words_are_found_in_every_writing() {
    let mut history = open(&folder());
    let texts_ = [
        "café noir",
        "cafe\u{301} au lait",
        "e\u{301}le\u{301}phant",
        "李雷说你好，世界",
        "你们好",
        "東京タワーへ",
        "김철수가 왔다",
        "ประเทศไทย",
        "हिन्दी",
        "Straße",
        "İzmir",
        "e-mail",
    ];
    for text in texts_ {
        say(&mut history, "lobby", text);
    }
    history.settle(0);
    let expected_ = [
        ("CAFÉ", &[0, 1][..]),
        ("cafe\u{301}", &[0, 1]),
        ("cafe", &[0, 1]),
        ("éléphant", &[2]),
        ("e\u{301}le\u{301}phant", &[2]),
        ("你好", &[3]),
        ("世界 你好", &[3]),
        ("好", &[3, 4]),
        ("タワー", &[5]),
        ("철수", &[6]),
        ("ไทย", &[7]),
        ("हिन्दी", &[8]),
        ("straße", &[9]),
        ("izmir", &[10]),
        ("mail e", &[11]),
        ("👍", &[]),
        ("!!!", &[]),
    ];
    for is_indexed in [false, true] {
        for (words, expected) in expected_ {
            let expected: Vec<&str> = expected.iter().map(|at| texts_[*at]).collect();
            let all = found(&mut history, &["tea", "lobby"], words, 9);
            assert_eq!(texts(&all), expected, "{words} {is_indexed}");
            assert!(found(&mut history, &["tea"], words, 9).is_empty());
        }
        while history.has_work() {
            history.tidy_up(NOW);
        }
    }
}

#[test]
fn what_waits_is_not_found_by_punctuation() {
    let folder = folder();
    let mut history = open(&folder);
    say(&mut history, "lobby", "waiting");
    assert!(found(&mut history, &["lobby"], "!!!", 9).is_empty());
    assert_eq!(texts(&found(&mut history, &["lobby"], "Waiting!", 9)), ["waiting"]);
}

#[test]
fn a_room_is_found_in_however_much_others_say() {
    let mut history = open(&folder());
    say(&mut history, "tea", "the kettle");
    for _ in 0..30_000 {
        say(&mut history, "lobby", "the word that all say");
    }
    history.settle(0);
    while history.has_work() {
        history.tidy_up(NOW);
    }
    assert_eq!(texts(&found(&mut history, &["tea"], "the", 9)), ["the kettle"]);
}

#[test]
fn a_second_server_does_not_get_the_file() {
    let folder = folder();
    let _history = open(&folder);
    let path = folder.path().join("chat.db");
    assert!(matches!(History::open(&path, false), Err(OpenError::InUse)));
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("other.db");
    let other = rusqlite::Connection::open(&path).expect("a file");
    other.execute_batch("CREATE TABLE theirs (x)").expect("a table");
    assert!(matches!(History::open(&path, false), Err(OpenError::Foreign)));
    other.pragma_update(None, "user_version", 99).expect("a version");
    assert!(matches!(History::open(&path, false), Err(OpenError::Newer(99))));
    assert!(matches!(Purge::open(&path, 0, None), Err(OpenError::Newer(99))));
    let written = export(&path, None, Format::Text, &mut Vec::new());
    assert!(matches!(written, Err(OpenError::Newer(99))));
    drop(other);
    let path = folder.path().join("text.db");
    std::fs::write(&path, "this is no database, it is a text of some length").expect("a file");
    assert!(matches!(History::open(&path, false), Err(OpenError::Sqlite(_))));
    let read = std::fs::read_to_string(&path).expect("a text");
    assert!(read.starts_with("this is no database"));
}

#[test]
fn the_chat_goes_on_while_the_file_cannot_be_written() {
    let folder = folder();
    let mut history = open(&folder);
    let path = folder.path().join("chat.db");
    let other = rusqlite::Connection::open(&path).expect("a second hand on the file");
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    say(&mut history, "lobby", "while locked");
    // The server waits and tries again before it tells anybody.
    assert_eq!(history.settle(1000), None);
    assert!(!history.is_due(1001) && history.is_due(1000 + HISTORY_BUSY_RETRY_MS));
    assert_eq!(history.settle(1000 + HISTORY_BUSY_RETRY_MS), None);
    assert!(!history.status().is_failing);
    let late_ms = 1000 + HISTORY_GRACE_MS;
    assert_eq!(history.settle(late_ms), Some(Change::Failing));
    say(&mut history, "lobby", "still locked");
    assert_eq!(history.settle(late_ms + 1), None);
    assert_eq!(history.settle(late_ms + HISTORY_RETRY_MS), None);
    assert!(history.status().is_failing);
    assert_eq!(history.unsaved(), 2);
    let long = "x".repeat(1000);
    for _ in 0..2000 {
        say(&mut history, "lobby", &long);
    }
    assert!(history.waiting_bytes <= HISTORY_WAITING_BYTES_MAX && history.health.lost > 0);
    other.execute_batch("ROLLBACK").expect("no lock any more");
    assert_eq!(history.settle(late_ms + 2 * HISTORY_RETRY_MS), Some(Change::Recovered));
    assert_eq!(history.unsaved(), 0);
    assert_eq!(history.last("lobby", None, 3).expect("the file").len(), 3);
    assert_eq!((history.waiting.len(), history.health.lost), (0, 0));
}

#[test]
fn it_is_written_out_and_cut_while_it_is_used() {
    let folder = folder();
    let mut history = open(&folder);
    let path = folder.path().join("chat.db");
    say(&mut history, "lobby", "old words");
    say(&mut history, "@a b", "private");
    history.settle(0);
    history.tidy_up(NOW);
    say(&mut history, "tea", "newest");
    history.settle(0);
    let mut out = Vec::new();
    export(&path, None, Format::Text, &mut out).expect("written out");
    let text = String::from_utf8(out).expect("text");
    assert_eq!(
        text,
        "#lobby [2025-11-20 09:12] <alice> old words\n#tea [2025-11-20 09:12] <alice> newest\n"
    );
    let mut out = Vec::new();
    for none in ["@a b", "nosuch"] {
        let refused = export(&path, Some(none), Format::Text, &mut out);
        assert!(matches!(refused, Err(OpenError::NoRoom(_))), "{none}");
    }
    export(&path, Some("#TEA"), Format::JsonLines, &mut out).expect("written out");
    let json = r#"{"from":"alice","id":3,"room":"tea","text":"newest","ts":1763629920000}"#;
    assert_eq!(String::from_utf8(out).expect("text"), format!("{json}\n"));
    for left in [3, 0] {
        let mut purge = Purge::open(&path, i64::MAX, None).expect("the file");
        let steps = std::iter::from_fn(|| purge.step().expect("cut"));
        assert_eq!(steps.sum::<usize>(), left);
    }
    assert!(found(&mut history, &["tea"], "newest", 9).is_empty());
    assert!(found(&mut history, &["lobby"], "old", 9).is_empty());
    assert!(history.last("lobby", None, 9).expect("the file").is_empty());
    assert_eq!(say(&mut history, "lobby", "after"), 4);
}

#[test]
fn a_file_of_the_first_form_becomes_one_of_the_present() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let old = rusqlite::Connection::open(&path).expect("a file");
    old.execute_batch(schema::MIGRATIONS[0]).expect("the first form");
    old.pragma_update(None, "user_version", 1).expect("a version");
    let sql = "INSERT INTO message VALUES (7, 1763629920000, 'lobby', 'bob', 0, 'from before')";
    old.execute(sql, []).expect("a message");
    drop(old);
    let mut purge = Purge::open(&path, 0, None).expect("it becomes one of the present");
    assert_eq!(purge.step().expect("nothing is old"), Some(0));
    drop(purge);
    let mut history = open(&folder);
    assert_eq!(texts(&history.last("lobby", None, 9).expect("the file")), ["from before"]);
    assert_eq!(say(&mut history, "lobby", "from now"), 8);
    assert_eq!(history.settle(0), None);
    assert_eq!(texts(&found(&mut history, &["lobby"], "from", 9)), ["from before", "from now"]);
    drop(history);
    assert_eq!(
        texts(&open(&folder).last("lobby", None, 9).expect("the file")),
        ["from before", "from now"]
    );
}

#[test]
fn people_who_are_long_gone_are_forgotten_with_all_that_was_theirs() {
    let folder = folder();
    let mut history = open(&folder);
    let person = |id: &str, is_here, seen_ms| KeptPerson {
        id: Rc::from(id),
        token: Token::of(id),
        given_ms: NOW.unix_ms.cast_signed(),
        next: None,
        nick: Rc::from(id),
        rooms: Vec::new(),
        is_here,
        returns: true,
        is_known: true,
        spoke: true,
        is_registered: false,
        seen_ms,
        posted: VecDeque::new(),
    };
    let now_ms = NOW.unix_ms.cast_signed();
    for number in 0..120 {
        history.keep_person(person(&format!("old {number}"), false, 0));
    }
    history.keep_person(person("here", true, 0));
    history.keep_person(person("lately", false, now_ms));
    let (place, author, text) = (&Rc::from("@a b"), &Rc::from("x"), "psst");
    let known_to = vec![(Rc::from("old 7"), Rc::from("x")), (Rc::from("lately"), Rc::from("x"))];
    let (is_action, payload, sender) = (false, None, None);
    let (id, ts) = (history.number(), now_ms);
    history.append(Post { id, ts, place, author, is_action, text, payload, sender, known_to });
    let posted = Posted { key: Box::from("k"), id: 1, ts: 0, what: None, reader: None };
    history.posted(Rc::from("old 7"), posted, None);
    assert_eq!(history.settle(0), None);
    while history.has_work() {
        history.tidy_up(NOW);
    }
    let other = rusqlite::Connection::open(folder.path().join("chat.db")).expect("the file");
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        other.query_row(&sql, [], |row| row.get(0)).expect("a count")
    };
    assert_eq!((count("person"), count("conversation"), count("posted")), (2, 1, 0));
}

#[test]
fn of_too_many_people_those_without_a_word_are_forgotten_first() {
    let mut history = open(&folder());
    let connection = &history.store.as_ref().expect("a file").connection;
    // The allowed number of people have spoken long ago; some more have come lately and not spoken.
    let insert = |from: i64, upto: i64, spoke: i64, seen: i64| {
        let sql = format!(
            "WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {upto})
             INSERT INTO person (id, token, nick, rooms, here, seen, returns, spoke)
             SELECT i, CAST(i AS BLOB), i, '', 0, {seen} + i, 0, {spoke} FROM n"
        );
        connection.execute(&sql, []).expect("people");
    };
    let now_ms = NOW.unix_ms.cast_signed();
    insert(1, PEOPLE_REMEMBERED_MAX, 1, now_ms - 1_000_000);
    insert(PEOPLE_REMEMBERED_MAX + 1, PEOPLE_REMEMBERED_MAX + 60, 0, now_ms);
    while history.has_work() {
        history.tidy_up(NOW);
    }
    let connection = &history.store.as_ref().expect("a file").connection;
    let sql = "SELECT count(*), min(spoke) FROM person";
    let left = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(left.expect("a count"), (PEOPLE_REMEMBERED_MAX, 1));
}

#[test]
fn what_waits_for_the_file_counts_as_what_is_in_it() {
    let folder = folder();
    let mut history = open(&folder);
    let other = rusqlite::Connection::open(folder.path().join("chat.db")).expect("the file");
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    say(&mut history, "lobby", "waiting words");
    assert_eq!(history.settle(0), None);
    other.execute_batch("COMMIT; BEGIN IMMEDIATE").expect("another");
    assert_eq!(texts(&found(&mut history, &["lobby"], "words", 9)), ["waiting words"]);
    assert_eq!(history.count_since("lobby", 0, 9), Some(1));
    for _ in 0..200_000 {
        say(&mut history, "lobby", "");
    }
    assert!(history.waiting.len() < 20_000, "{} wait", history.waiting.len());
}

#[test]
fn a_search_looks_at_what_is_not_indexed() {
    let mut history = open(&folder());
    for number in 1..=200 {
        say(&mut history, "lobby", &format!("text {number}"));
        if number == 100 {
            history.settle(0);
            history.tidy_up(NOW);
        }
    }
    history.settle(0);
    let store = history.store.as_ref().expect("a file");
    let indexed = store.indexed;
    assert!((1..=100).contains(&indexed), "{indexed}");
    // Each message is found once, in every part.
    let found = found(&mut history, &["lobby"], "text", 500);
    let numbers: Vec<i64> = found.iter().map(|message| message.id).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
}
