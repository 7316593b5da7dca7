//! Purged messages are gone from everywhere.

use super::*;
use std::fs;

/// A word that occurs nowhere else, by its number.
fn word(number: usize) -> String {
    format!("zq{number:05}yxwv")
}

fn purge(folder: &tempfile::TempDir, before_ms: i64, room: Option<&str>) -> usize {
    let path = folder.path().join("chat.db");
    let mut purge = Purge::open(&path, before_ms, room).expect("the file");
    let mut count = 0;
    while let Some(some) = purge.step().expect("it is cut") {
        count += some;
    }
    count
}

fn tidy(history: &mut History) {
    history.settle(0);
    while history.has_work() {
        history.tidy_up(NOW);
    }
}

/// The number of times that some bytes occur in the history's files.
fn times(folder: &tempfile::TempDir, needle: &str) -> usize {
    let files = fs::read_dir(folder.path()).expect("a folder");
    let times = files.map(|file| {
        let bytes = fs::read(file.expect("a file").path()).expect("a file");
        memchr::memmem::find_iter(&bytes, needle).count()
    });
    times.sum()
}

fn say_at(history: &mut History, unix_ms: u64, place: &str, text: &str) {
    let (place, author) = (&Rc::from(place), &Rc::from("alice"));
    let (is_action, payload, sender, known_to) = (false, None, None, Vec::new());
    let (id, ts) = (history.number(), unix_ms.cast_signed());
    history.append(Post { id, ts, place, author, is_action, text, payload, sender, known_to });
}

/// Texts of all lengths, so that pages of the file are rearranged again and again.
fn text(number: usize) -> String {
    format!("{} {}", word(number), "some more words ".repeat(number * 7919 % 61))
}

/// The file and its index are sound when they are opened now.
fn whole(folder: &tempfile::TempDir) {
    let connection = &rusqlite::Connection::open(folder.path().join("chat.db")).expect("the file");
    let check = "SELECT group_concat(integrity_check) FROM pragma_integrity_check";
    let found: String = connection.query_row(check, [], |row| row.get(0)).expect("a check");
    assert_eq!(found, "ok");
    for part in index::parts(connection).expect("parts") {
        let part = format!("word_{}", part.number);
        let check = format!("INSERT INTO {part} ({part}, rank) VALUES ('integrity-check', 0)");
        connection.execute(&check, []).expect("the index is whole");
    }
}

#[test]
fn of_a_purged_room_no_word_is_left_in_any_file_and_others_keep_theirs() {
    let folder = folder();
    let mut history = open(&folder);
    let rooms = ["lobby", "ops", "tea"];
    for number in 0..6_000 {
        say(&mut history, rooms[number % 3], &text(number));
        if number % 50 == 0 {
            tidy(&mut history);
        }
    }
    tidy(&mut history);
    // The second time, the first purge has rearranged pages.
    for (gone, room) in [(1, "ops"), (2, "tea")] {
        assert_eq!(purge(&folder, i64::MAX, Some(room)), 2_000, "{room}");
        let left = (0..6_000).filter(|number| number % 3 == gone);
        let left: Vec<usize> = left.filter(|number| times(&folder, &word(*number)) > 0).collect();
        assert!(left.is_empty(), "{room}: {} are left: {left:?}", left.len());
        whole(&folder);
        assert_eq!(texts(&history.last("lobby", None, 1).expect("the file")), [text(5_997)]);
        assert!(history.last(room, None, 1).expect("the file").is_empty());
        for number in [0, 3_000, 5_997] {
            assert_eq!(found(&mut history, &["lobby"], &word(number), 9).len(), 1, "{number}");
        }
        assert!(found(&mut history, &[room], &word(gone), 9).is_empty());
    }
    assert_eq!(say(&mut history, "tea", "after"), 6_001);
}

#[test]
fn all_that_is_older_goes_the_newest_message_too_and_the_size_comes_back() {
    let folder = folder();
    let mut history = open(&folder);
    for number in 0..8_000 {
        let place = if number % 5 == 0 { "@bob carol" } else { "lobby" };
        say_at(&mut history, 1_000 + number as u64, place, &text(number));
        if number % 100 == 0 {
            tidy(&mut history);
        }
    }
    tidy(&mut history);
    assert_eq!(purge(&folder, 6_000, None), 5_000);
    let left: Vec<usize> = (0..5_000).filter(|number| times(&folder, &word(*number)) > 0).collect();
    assert!(left.is_empty(), "{} are left: {left:?}", left.len());
    whole(&folder);
    assert_eq!(found(&mut history, &["lobby"], &word(6_001), 9).len(), 1);
    // The rest, and messages that are not indexed yet.
    say(&mut history, "lobby", &text(9_000));
    history.settle(0);
    assert_eq!(purge(&folder, i64::MAX, None), 3_001);
    let left: Vec<usize> =
        (5_000..9_001).filter(|number| times(&folder, &word(*number)) > 0).collect();
    assert!(left.is_empty(), "{} are left: {left:?}", left.len());
    let size = |name: &str| fs::metadata(folder.path().join(name)).map_or(0, |file| file.len());
    assert!(size("chat.db") < 256 << 10, "{}", size("chat.db"));
    assert_eq!(size("chat.db-wal"), 0);
    whole(&folder);
    // The history goes on: with its numbers, and with an index.
    assert_eq!(say(&mut history, "lobby", "something afterwards"), 8_002);
    tidy(&mut history);
    assert_eq!(found(&mut history, &["lobby"], "afterwards", 9).len(), 1);
    whole(&folder);
}

#[test]
fn what_is_older_than_it_may_be_is_overwritten_where_it_stood() {
    let folder = folder();
    let mut history = open(&folder).keeping(Keep { bytes_max: None, days: Some(1) });
    for number in 0..300 {
        say(&mut history, "lobby", &text(number));
        tidy(&mut history);
    }
    let day = 25 * 60 * 60 * 1000;
    let mut later = Now { ms: NOW.ms + day, unix_ms: NOW.unix_ms + day };
    say_at(&mut history, later.unix_ms, "lobby", &text(300));
    history.settle(later.ms);
    history.look_for_old(later);
    while !history.is_tidy() {
        later.ms += HISTORY_QUIET_MS;
        history.tidy_up(later);
    }
    let left: Vec<usize> = (0..301).filter(|number| times(&folder, &word(*number)) > 0).collect();
    assert_eq!(left, [300]);
    assert_eq!(found(&mut history, &["lobby"], &word(300), 9).len(), 1);
    whole(&folder);
}

#[test]
fn who_spoke_with_whom_and_what_they_sent_again_go_with_the_messages() {
    let folder = folder();
    let mut history = open(&folder);
    let place = &Rc::from("@idofann idofbob");
    let (author, nick): (&Rc<str>, _) = (&Rc::from("ann"), Rc::from("nickofbob"));
    let (is_action, payload, sender) = (false, None, Some(Rc::from("idofann")));
    let known_to = vec![(Rc::from("idofann"), nick)];
    let (id, ts, text) = (history.number(), NOW.unix_ms.cast_signed(), "psst");
    history.append(Post { id, ts, place, author, is_action, text, payload, sender, known_to });
    let key = Box::from("keyofann");
    let posted = Posted { key, id, ts: 0, what: None, reader: None };
    history.posted(Rc::from("idofann"), posted, None);
    let mut record =
        KeptPerson::new(NOW, Rc::from("idofann"), "secret", Rc::from("ann"), "l".into());
    (record.is_here, record.is_known, record.spoke) = (false, true, true);
    history.keep_person(record);
    say(&mut history, "lobby", "and another");
    tidy(&mut history);
    for told in ["idofann", "nickofbob", "keyofann", "psst"] {
        assert!(times(&folder, told) > 0, "{told}");
    }
    assert_eq!(purge(&folder, i64::MAX, Some("lobby")), 1);
    assert_eq!(history.conversations("idofann", 0, None, 9).len(), 1);
    assert_eq!(purge(&folder, i64::MAX, None), 1);
    for told in ["idofann", "nickofbob", "keyofann", "psst"] {
        assert_eq!(times(&folder, told), 0, "{told}");
    }
    assert!(history.conversations("idofann", 0, None, 9).is_empty());
    assert!(history.person(NOW, &Token::of("secret")).is_none());
}

#[test]
fn a_room_that_is_not_there_is_told() {
    let folder = folder();
    let mut history = open(&folder);
    say(&mut history, "lobby", "hello");
    history.settle(0);
    let path = folder.path().join("chat.db");
    for room in ["nosuch", "#nosuch", "@a b", ""] {
        let refused = Purge::open(&path, i64::MAX, Some(room)).err();
        assert!(matches!(refused, Some(OpenError::NoRoom(_))), "{room}");
    }
    assert_eq!(purge(&folder, i64::MAX, Some("#Lobby")), 1);
}

/// Purges like a process that is killed when the last message is deleted: all later steps are
/// missing.
fn purge_until_deleted(folder: &tempfile::TempDir, room: Option<&str>, count: usize) {
    let path = folder.path().join("chat.db");
    let mut purge = Purge::open(&path, i64::MAX, room).expect("the file");
    let mut left = count;
    while left > 0 {
        left -= purge.step().expect("it is cut").expect("there is more to do");
    }
}

#[test]
fn a_purge_that_was_stopped_is_finished_by_the_next_though_its_room_is_empty() {
    for (stopped, next) in [
        (Some("ops"), Some("ops")),
        (Some("ops"), Some("lobby")),
        (Some("ops"), None),
        (None, Some("ops")),
        (None, None),
    ] {
        let folder = folder();
        let mut history = open(&folder);
        for number in 0..400 {
            say_at(&mut history, 1_000, "ops", &text(number));
            tidy(&mut history);
        }
        let count = if stopped.is_some() { 400 } else { 401 };
        say_at(&mut history, 1_000, "lobby", "hello");
        tidy(&mut history);
        let left = || (0..400).filter(|number| times(&folder, &word(*number)) > 0).count();
        purge_until_deleted(&folder, stopped, count);
        assert!(left() > 0, "{stopped:?}");
        let open = |room| Purge::open(&folder.path().join("chat.db"), 0, Some(room)).err();
        if stopped.is_some() {
            // A room that nobody has purged is still unknown.
            assert!(matches!(open("nosuch"), Some(OpenError::NoRoom(_))));
        }
        // No message is that old.
        assert_eq!(purge(&folder, 0, next), 0, "{stopped:?} {next:?}");
        assert_eq!(left(), 0, "{stopped:?} {next:?}");
        let log = fs::metadata(folder.path().join("chat.db-wal")).map_or(0, |log| log.len());
        assert_eq!(log, 0, "{stopped:?} {next:?}");
        whole(&folder);
        // Now there is nothing left to finish.
        assert!(matches!(open("ops"), Some(OpenError::NoRoom(_))), "{stopped:?} {next:?}");
    }
}

#[test]
fn a_text_that_is_deleted_while_others_are_erased_is_erased_by_the_next_purge() {
    let folder = folder();
    let mut history = open(&folder);
    for number in 0..2 {
        say_at(&mut history, 1_000, "lobby", &text(number));
        tidy(&mut history);
    }
    let mut ids = history.last("lobby", None, 2).expect("it is read").into_iter().map(|it| it.id);
    let mut delete = |history: &mut History| {
        let (id, place, after) = (ids.next().expect("a message"), Rc::from("lobby"), 0);
        history.amend(Amendment { id, place, after, change: Amending::Gone });
        history.settle(0);
    };
    delete(&mut history);
    let path = folder.path().join("chat.db");
    let mut traces = Purge::open(&path, i64::MIN, None).expect("the file");
    traces.step().expect("it goes on");
    delete(&mut history);
    // The server stops before it sees the end of the purge.
    drop(history);
    while traces.step().expect("it goes on").is_some() {}
    drop(traces);
    assert_eq!(times(&folder, &word(0)), 0);
    assert!(open(&folder).has_traces(), "it is not known what was merged in time");
    purge(&folder, i64::MIN, None);
    assert_eq!(times(&folder, &word(1)), 0);
    assert!(!open(&folder).has_traces());
    whole(&folder);
}

#[test]
fn who_remembers_pages_of_the_file_reads_them_again_when_bytes_were_erased() {
    let folder = folder();
    let mut history = open(&folder);
    say(&mut history, "lobby", "hello");
    tidy(&mut history);
    let path = folder.path().join("chat.db");
    let seen = fs::metadata(&path).as_ref().map(files::node).ok();
    let mut connection = rusqlite::Connection::open(&path).expect("the file");
    let version = || -> i64 {
        let other = &history.store.as_ref().expect("a file").connection;
        other.query_row("PRAGMA data_version", [], |row| row.get(0)).expect("a version")
    };
    // The first time, the row may be rewritten only because of its format.
    for _ in 0..3 {
        let before = version();
        let mut eraser = erase::Eraser::open(&path, seen).expect("the file");
        while eraser.erase(&mut connection, 1.0).expect("it is erased") {}
        assert_ne!(version(), before);
    }
}

#[test]
fn nothing_is_erased_in_a_file_that_has_taken_the_place_of_the_purged_one() {
    let (folder, other) = (folder(), folder());
    drop((open(&folder), open(&other)));
    let path = folder.path().join("chat.db");
    let seen = fs::metadata(&path).as_ref().map(files::node).ok();
    assert!(erase::Eraser::open(&path, seen).is_ok());
    // Kept, so that its number is not given to another file.
    fs::rename(&path, folder.path().join("before.db")).expect("it is moved");
    fs::rename(other.path().join("chat.db"), &path).expect("another takes its place");
    let opened = erase::Eraser::open(&path, seen);
    assert!(matches!(opened, Err(OpenError::Replaced)));
}

#[test]
fn what_an_old_file_keeps_while_a_server_runs_is_erased_by_the_same_command_afterwards() {
    let folder = folder();
    let path = folder.path().join("chat.db");
    let old = rusqlite::Connection::open(&path).expect("a file");
    // It gives nothing back.
    old.execute_batch(schema::MIGRATIONS[0]).expect("the first form");
    old.pragma_update(None, "user_version", 1).expect("a version");
    drop(old);
    let mut history = open(&folder);
    for number in 0..400 {
        say(&mut history, "ops", &text(number));
    }
    tidy(&mut history);
    assert_eq!(purge(&folder, i64::MAX, Some("ops")), 400);
    assert!(matches!(Purge::open(&path, 0, Some("tea")), Err(OpenError::NoRoom(_))));
    drop(history);
    assert_eq!(purge(&folder, i64::MAX, Some("ops")), 0);
    assert_eq!((0..400).filter(|number| times(&folder, &word(*number)) > 0).count(), 0);
    whole(&folder);
    assert!(matches!(Purge::open(&path, 0, Some("ops")), Err(OpenError::NoRoom(_))));
}

#[test]
fn one_purge_erases_the_messages_of_several_rooms() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = open(&folder);
    for (number, room) in ["one", "two", "three", "one"].into_iter().enumerate() {
        say_at(&mut history, NOW.unix_ms, room, &text(number));
    }
    tidy(&mut history);
    let of = |room: &str| PurgeOrder::before(i64::MAX, Some(room.to_owned()));
    let orders = ["one", "none", "three"].map(of).to_vec();
    let line = PurgeOrder::line(&orders);
    let orders = PurgeOrder::of_line(&format!("{line}\n")).expect("the orders");
    let mut purge = Purge::all(&folder.path().join("chat.db"), orders).expect("the file");
    let steps = std::iter::from_fn(|| purge.step().expect("a step"));
    assert_eq!(steps.sum::<usize>(), 3);
    drop(history);
    let left = [0, 1, 2, 3].map(|number| times(&folder, &word(number)) > 0);
    assert_eq!(left, [false, true, false, false]);
    let all = Purge::all(&folder.path().join("chat.db"), vec![of("none")]);
    assert!(matches!(all.err(), Some(OpenError::NoRoom(_))));
}

#[test]
fn a_purge_up_to_a_number_leaves_later_messages_whatever_their_times_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut history = open(&folder);
    // The clock of one server of the chat is an hour ahead.
    let ahead_ms = NOW.unix_ms + 3_600_000;
    let times_ms = [ahead_ms, NOW.unix_ms, NOW.unix_ms, ahead_ms];
    for (number, ms) in times_ms.into_iter().enumerate() {
        say_at(&mut history, ms, "one", &text(number));
    }
    tidy(&mut history);
    let (first, _) = history.first_in("one").expect("a message");
    let line = PurgeOrder::line(&[PurgeOrder::upto(first + 1, "one".to_owned())]);
    let orders = PurgeOrder::of_line(&line).expect("the order");
    let mut purge = Purge::all(&folder.path().join("chat.db"), orders).expect("the file");
    let steps = std::iter::from_fn(|| purge.step().expect("a step"));
    assert_eq!(steps.sum::<usize>(), 2);
    assert_eq!(history.first_in("one"), Some((first + 2, NOW.unix_ms.cast_signed())));
}
