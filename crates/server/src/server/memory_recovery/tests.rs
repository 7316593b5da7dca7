use super::*;
use crate::limits::RECOVERY_OFFSET_BYTES_MAX;

const BASE: Kept<'static> = Kept {
    namespace: "/",
    audience: Audience::Everyone,
    except: &[],
    except_rooms: &[],
    name: "said",
    args: "",
    attachments: &[],
};

fn at(ms: u64) -> Now {
    Now { ms, unix_ms: 1_800_000_000_000 + ms }
}

/// A store, and what it does for one client after the other.
struct Store(MemoryRecovery);

impl Store {
    fn new(memory: MemoryRecovery) -> Self {
        Self(memory)
    }

    /// A client comes, as `pid`. Its public id is the same in capitals.
    fn come(&mut self, ms: u64, pid: &str, rooms: &[&str]) -> Saved {
        let since = self.0.newest(&mut (), at(ms));
        let room = |name: &&str| SavedRoom { name: (*name).to_owned(), since: since.clone() };
        let saved = Saved {
            pid: pid.to_owned(),
            sid: pid.to_uppercase(),
            namespace: "/".to_owned(),
            rooms: rooms.iter().map(room).collect(),
            data: format!("data of {pid}"),
            since,
        };
        self.0.save(&mut (), at(ms), &saved);
        saved
    }

    fn say(&mut self, ms: u64, args: &str, event: Kept<'_>) -> String {
        let offset = self.0.keep(&mut (), at(ms), &Kept { args, ..event });
        assert!(offset.len() + 2 <= RECOVERY_OFFSET_BYTES_MAX, "{offset}");
        let bytes: usize = self.0.events.iter().map(|entry| entry.bytes).sum();
        assert_eq!(self.0.bytes(), bytes);
        assert!(bytes <= self.0.bytes_max);
        offset
    }

    fn gone(&mut self, ms: u64, pid: &str) {
        self.0.gone(&mut (), at(ms), pid, false);
    }

    /// The events that a client has missed, if it may come back.
    fn back(&mut self, ms: u64, pid: &str, offset: Option<&str>) -> Option<Vec<String>> {
        let Restored { saved, missed } = self.0.restore(&mut (), at(ms), pid, offset)?;
        assert_eq!((saved.pid, saved.data), (pid.to_owned(), format!("data of {pid}")));
        let offsets: Vec<_> = missed.iter().map(|event| event.offset.clone()).collect();
        assert!(offsets.windows(2).all(|two| two[0] != two[1]), "{offsets:?}");
        Some(missed.into_iter().map(|event| event.args).collect())
    }
}

#[test]
fn what_was_missed_is_what_one_would_have_heard() {
    let mut store = Store::new(MemoryRecovery::new());
    store.come(0, "a", &["red", "blue"]);
    let offset = store.say(1, "0", BASE);
    store.gone(2, "a");
    store.say(3, "1", BASE);
    store.say(3, "2", Kept { audience: Audience::Rooms(&["green", "blue"]), ..BASE });
    store.say(3, "-", Kept { audience: Audience::Rooms(&["green"]), ..BASE });
    store.say(3, "-", Kept { audience: Audience::Rooms(&[]), ..BASE });
    store.say(3, "3", Kept { audience: Audience::Socket("A"), ..BASE });
    store.say(3, "-", Kept { audience: Audience::Socket("B"), ..BASE });
    store.say(3, "-", Kept { namespace: "/other", ..BASE });
    store.say(3, "-", Kept { except: &["B", "A"], ..BASE });
    store.say(3, "4", Kept { except: &["a", "B"], ..BASE });
    store.say(3, "-", Kept { except_rooms: &["green", "red"], ..BASE });
    let last = store.say(3, "5", Kept { except_rooms: &["green"], ..BASE });
    let missed = ["1", "2", "3", "4", "5"].map(str::to_owned).to_vec();
    assert_eq!(store.back(4, "a", Some(&offset)), Some(missed.clone()));
    // As often as it likes, and from where it is.
    assert_eq!(store.back(4, "a", Some(&offset)), Some(missed.clone()));
    assert_eq!(store.back(4, "a", Some(&last)), Some(Vec::new()));
    let all = [vec!["0".to_owned()], missed].concat();
    assert_eq!(store.back(4, "a", None), Some(all));
}

#[test]
fn a_room_counts_from_when_it_was_joined() {
    let mut store = Store::new(MemoryRecovery::new());
    let mut saved = store.come(0, "a", &["old"]);
    let old = Kept { audience: Audience::Rooms(&["old"]), ..BASE };
    let new = Kept { audience: Audience::Rooms(&["new"]), ..BASE };
    store.say(0, "1", old);
    store.say(0, "-", new);
    store.say(0, "2", Kept { except_rooms: &["new"], ..BASE });
    let since = store.0.newest(&mut (), at(0));
    saved.rooms.push(SavedRoom { name: "new".to_owned(), since });
    store.0.save(&mut (), at(0), &saved);
    store.say(0, "3", old);
    store.say(0, "4", new);
    store.say(0, "-", Kept { except_rooms: &["new"], ..BASE });
    let missed = ["1", "2", "3", "4"].map(str::to_owned).to_vec();
    assert_eq!(store.back(0, "a", None), Some(missed));
}

#[test]
fn an_event_comes_back_whole() {
    let mut store = Store::new(MemoryRecovery::new());
    store.come(0, "a", &[]);
    let attachments = [vec![1, 2, 3], Vec::new()];
    let offset = store.say(0, "1,\"ü\"", Kept { attachments: &attachments, ..BASE });
    let restored = store.0.restore(&mut (), at(0), "a", None).expect("it is known");
    let (name, args) = ("said".to_owned(), "1,\"ü\"".to_owned());
    let attachments = attachments.to_vec();
    assert_eq!(restored.missed, [Missed { name, args, attachments, offset }]);
}

#[test]
fn what_one_got_as_another_is_not_missed() {
    let mut store = Store::new(MemoryRecovery::new());
    store.come(0, "a", &[]);
    let old = store.say(0, "before", BASE);
    store.say(0, "between", BASE);
    store.come(1, "b", &[]);
    store.say(2, "after", BASE);
    assert_eq!(store.back(3, "b", Some(&old)), Some(vec!["after".to_owned()]));
    assert_eq!(store.back(3, "b", None), Some(vec!["after".to_owned()]));
}

#[test]
fn nothing_is_kept_while_nobody_could_come_back() {
    let mut store = Store::new(MemoryRecovery::new());
    store.say(0, "unheard", BASE);
    assert_eq!(store.0.bytes(), 0);
    store.come(0, "a", &[]);
    store.say(0, "heard", BASE);
    assert!(store.0.bytes() > 0);
    assert_eq!(store.back(0, "a", None), Some(vec!["heard".to_owned()]));
}

#[test]
fn events_end_with_their_time_but_the_last_is_known() {
    let mut store = Store::new(MemoryRecovery::new().window_ms(100));
    store.come(0, "a", &[]);
    let first = store.say(0, "1", BASE);
    let last = store.say(50, "2", BASE);
    assert_eq!(store.back(99, "a", None), Some(vec!["1".to_owned(), "2".to_owned()]));
    // The first is too old, but a client that has it has missed no dropped event.
    assert_eq!(store.back(100, "a", None), None);
    assert_eq!(store.back(100, "a", Some(&first)), Some(vec!["2".to_owned()]));
    assert_eq!(store.back(150, "a", Some(&first)), None);
    assert_eq!((store.back(1_000_000, "a", Some(&last)), store.0.bytes()), (Some(Vec::new()), 0));
}

#[test]
fn events_end_when_there_are_too_many() {
    let mut store = Store::new(MemoryRecovery::new().bytes_max(10_000));
    store.come(0, "a", &[]);
    let offsets: Vec<String> = (0..1000).map(|at| store.say(0, &at.to_string(), BASE)).collect();
    let kept = store.0.events.len();
    assert!((10..1000).contains(&kept), "{kept}");
    assert_eq!(store.back(0, "a", Some(&offsets[999 - kept])).map(|all| all.len()), Some(kept));
    assert_eq!(store.back(0, "a", Some(&offsets[998 - kept])), None);
    // An event larger than the whole store leaves it empty.
    let huge = store.say(0, &"x".repeat(20_000), BASE);
    assert_eq!(store.0.bytes(), 0);
    assert_eq!(store.back(0, "a", Some(&offsets[999])), None);
    assert_eq!(store.back(0, "a", Some(&huge)), Some(Vec::new()));
}

#[test]
fn a_client_has_its_time_from_when_it_goes() {
    let mut store = Store::new(MemoryRecovery::new().window_ms(100));
    let saved = store.come(0, "a", &[]);
    // A client that is here does not expire.
    assert!(store.back(10_000, "a", None).is_some());
    store.gone(10_000, "a");
    assert!(store.back(10_099, "a", None).is_some());
    // It is back, and gone again.
    store.0.save(&mut (), at(10_099), &saved);
    assert!(store.back(20_000, "a", None).is_some());
    store.gone(20_000, "a");
    store.gone(20_050, "a");
    assert!(store.back(20_149, "a", None).is_some());
    assert_eq!((store.back(20_150, "a", None), store.0.sessions()), (None, 0));
    store.come(30_000, "b", &[]);
    store.0.gone(&mut (), at(30_000), "b", true);
    assert_eq!((store.back(30_000, "b", None), store.0.sessions()), (None, 0));
    store.gone(30_000, "nobody");
    assert!(store.0.gone.is_empty());
}

#[test]
fn of_too_many_that_are_gone_the_first_is_forgotten() {
    let mut store = Store::new(MemoryRecovery::new().sessions_max(3));
    for pid in ["a", "b", "c", "d", "here"] {
        store.come(0, pid, &[]);
    }
    // A client that comes and goes counts once, from its last departure.
    for pid in ["a", "b", "a", "b", "c", "a"] {
        store.gone(0, pid);
    }
    assert_eq!(store.0.sessions(), 5);
    store.gone(0, "d");
    assert_eq!(store.0.sessions(), 4);
    assert_eq!(store.back(0, "b", None), None);
    for pid in ["a", "c", "d", "here"] {
        assert!(store.back(0, pid, None).is_some(), "{pid}");
    }
}

#[test]
fn an_offset_of_another_server_or_of_no_event_is_unknown() {
    let mut store = Store::new(MemoryRecovery::new());
    store.come(0, "a", &[]);
    let offset = store.say(0, "1", BASE);
    let mut other = Store::new(MemoryRecovery::new());
    other.come(1, "a", &[]);
    let foreign = other.say(1, "1", BASE);
    let (epoch, _) = offset.split_once('-').expect("two parts");
    let beyond = format!("{epoch}-2");
    for wrong in [&*foreign, &beyond, epoch, "", "-", "-1", "x-1", &format!("{epoch}-")] {
        assert_eq!(store.back(0, "a", Some(wrong)), None, "{wrong}");
    }
    assert_eq!(store.back(0, "A", Some(&offset)), None);
    assert_eq!(store.back(0, "a", Some(&offset)), Some(Vec::new()));
}
