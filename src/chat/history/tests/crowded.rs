//! With any number and kind of messages, nothing holds up the loop.

use super::*;
use crate::limits::{
    INDEX_PART_BYTES, SEARCH_LOOKS_MIN, SEARCH_SECONDS_MAX, SEARCH_SECONDS_WHEN_BUSY,
    SEARCH_US_BURST,
};

/// Seconds that slices do not exceed by much.
const SLICE_SECONDS: f64 = 0.01;

/// Factor by which anything may take longer than allowed on a busy or slow machine, or without
/// optimisation. Unbounded work would take a hundred times as long.
const GENEROUS: f64 = 6.0;

/// Seconds of processor time of this thread; `None` if the system does not tell it (proc(5),
/// `schedstat`).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = stat.split(' ').next().and_then(|ns| ns.parse::<u32>().ok().map(f64::from));
    let ns = ns.or_else(|| stat.split(' ').next()?.parse().ok());
    ns.unwrap_or_default() / 1e9
}

/// Signs of a script without spaces, each of them a word, in an order that differs between
/// messages.
fn signs(from: usize, count: usize) -> String {
    let signs = (0..count).map(|at| char::from_u32(0x4e00 + ((from + at * 7) % 40) as u32));
    signs.flatten().collect()
}

/// The longest slice of processor time that tidying takes until there is nothing left to do.
fn longest_slice(history: &mut History) -> f64 {
    let mut longest: f64 = 0.0;
    while history.has_work() {
        let start = cpu_seconds();
        history.tidy_up(NOW);
        longest = longest.max(cpu_seconds() - start);
    }
    longest
}

#[test]
fn the_largest_search_of_a_crowded_script_is_cut_in_time_and_keeps_what_it_has_found() {
    let mut history = open(&folder());
    for number in 0..32_000 {
        say(&mut history, "lobby", &signs(number, 500));
        if number % 100 == 0 {
            history.settle(0);
        }
    }
    history.settle(0);
    // All messages have each of its signs, but none has them in this order.
    let nowhere: String = signs(3, 20).chars().rev().collect();
    let everywhere: Vec<String> = signs(3, 10).chars().map(String::from).collect();
    let look = |history: &mut History| {
        for words in [&nowhere, &everywhere.join(" ")] {
            let start = cpu_seconds();
            let found = history.search(NOW, &["lobby"], words, 50);
            let seconds = cpu_seconds() - start;
            assert!(seconds < SEARCH_SECONDS_MAX * GENEROUS, "{seconds} s for {words}");
            assert!(found.is_cut || !found.messages.is_empty(), "{words}");
        }
    };
    // With nothing indexed yet, and with everything.
    look(&mut history);
    let longest = longest_slice(&mut history);
    assert!(longest < SLICE_SECONDS * GENEROUS, "a slice takes {longest} s");
    look(&mut history);
    // Many at the same moment take no longer than a few, and a little each.
    let mut all = |count: u32, now: Now| {
        let start = cpu_seconds();
        for _ in 0..count {
            let found = history.search(now, &["lobby"], &nowhere, 50);
            assert!(found.is_cut || found.messages.is_empty());
        }
        cpu_seconds() - start
    };
    let (now, count) = (Now { ms: 60_000, ..NOW }, 200);
    let few = SEARCH_US_BURST as f64 / 1e6 + SEARCH_SECONDS_MAX;
    let seconds = all(count, now);
    let allowed = few + f64::from(count) * SEARCH_SECONDS_WHEN_BUSY;
    assert!(seconds < allowed * 3.0, "{seconds} s for {count} searches");
    // Afterwards there is time again. A search ends by the clock on the wall, so beside other
    // programs one may be cut before it has had that much of the processor.
    let mut later = (1..=20).map(|minutes| Now { ms: now.ms + minutes * 60_000, ..now });
    assert!(later.any(|then| all(1, then) > SEARCH_SECONDS_WHEN_BUSY));
}

#[test]
fn the_beginnings_of_very_many_words_are_looked_for_in_time() {
    let mut history = open(&folder());
    for number in 0..6_000 {
        // Thousands of words begin in each of these ways, and most occur once.
        let words = (0..60).map(|at| format!("ab{} cd{at}x{number} ", number * 60 + at));
        say(&mut history, "lobby", &words.collect::<String>());
        if number % 100 == 0 {
            history.settle(0);
        }
    }
    history.settle(0);
    longest_slice(&mut history);
    let words = "ab cd x ab cd ab cd ab cd ab";
    for (second, words) in [(60, "ab"), (120, "ab cd"), (180, words), (240, "ab nowhere")] {
        let now = Now { ms: second * 1_000, ..NOW };
        let start = cpu_seconds();
        let found = history.search(now, &["lobby"], words, 50);
        let seconds = cpu_seconds() - start;
        assert!(seconds < SEARCH_SECONDS_MAX * GENEROUS, "{seconds} s for {words}");
        assert!(found.is_cut || found.messages.is_empty() == words.contains("nowhere"), "{words}");
    }
}

#[test]
fn many_rooms_do_not_crowd_out_the_one_that_was_spoken_in_last() {
    let mut history = open(&folder());
    for number in 0..2_100 {
        say(&mut history, &format!("0{number:04}"), "first come");
    }
    for number in 0..600 {
        say(&mut history, &format!("1{number:04}"), "then these");
    }
    say(&mut history, "zoo", "last");
    say(&mut history, "@a b", "nobody else's");
    history.settle(0);
    let rooms = history.lasting_rooms(500);
    assert_eq!((&*rooms[0], &*rooms[1], rooms.len()), ("zoo", "10599", 500));
    assert!(rooms.iter().all(|room| !room.starts_with('@')));
}

#[test]
fn long_texts_that_wait_are_not_all_looked_through() {
    let folder = folder();
    let mut history = open(&folder);
    let other = rusqlite::Connection::open(folder.path().join("chat.db")).expect("the file");
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    say(&mut history, "lobby", "first");
    history.settle(0);
    while history.health.lost == 0 {
        say(&mut history, "lobby", &signs(0, 1300));
    }
    other.execute_batch("COMMIT").expect("no lock any more");
    let start = cpu_seconds();
    let found = history.search(NOW, &["lobby"], "nowhere", 50);
    let seconds = cpu_seconds() - start;
    assert!(seconds < SEARCH_SECONDS_MAX * GENEROUS && found.messages.is_empty(), "{seconds} s");
}

#[test]
fn no_slice_is_long_whatever_was_said() {
    let mut history = open(&folder());
    // One word again and again, many words that occur nowhere else, and many rooms.
    let random = |from: u64| {
        let mixed = |at: u64| (from * 370 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        (0..370).map(|at| format!("{:x} ", mixed(at))).collect::<String>()
    };
    for number in 0..600 {
        say(&mut history, "lobby", &"a ".repeat(2048));
        say(&mut history, &format!("room{number}"), &random(number));
        history.settle(0);
    }
    let longest = longest_slice(&mut history);
    assert!(longest < SLICE_SECONDS * GENEROUS, "a slice takes {longest} s");
    let store = history.store.as_ref().expect("a file");
    let parts = index::parts(&store.connection).expect("parts");
    assert!(parts.len() >= 2, "{parts:?}");
    let sql = format!("SELECT sum(length(block)) FROM word_{}_data", parts[1].number);
    let bytes: i64 = store.connection.query_row(&sql, [], |row| row.get(0)).expect("its size");
    assert!(bytes < 2 * INDEX_PART_BYTES, "{bytes}");
    assert_eq!(found(&mut history, &["lobby"], "a", 9).len(), 9);
}

#[test]
fn what_takes_too_long_is_cut_inside_sqlite() {
    let history = open(&folder());
    let store = history.store.as_ref().expect("a file");
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                   SELECT count(*) FROM n";
    let ask = |sql: &str| store.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let time = store.budget.start(SEARCH_SECONDS_MAX, SEARCH_LOOKS_MIN);
    assert!(budget::is_cut(&ask(endless).expect_err("it has no end")) && time.is_over());
    drop(time);
    assert!(budget::is_cut(&store.budget.look_up(|| ask(endless)).expect_err("it has no end")));
    // Queries that are not for clients are not cut.
    let bounded = endless.replace("FROM n)", "FROM n WHERE i < 1000000)");
    assert_eq!(ask(&bounded).expect("it has an end"), 1_000_000);
}
