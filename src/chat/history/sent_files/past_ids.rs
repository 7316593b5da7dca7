//! The ids that people had before they signed in or out: what they sent shortly before is theirs.

use crate::limits::{FILE_UNSENT_MS, PAST_IDS_MAX, PAST_IDS_OF_PERSON_MAX};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Changes of people's ids within the time after which a file is deleted that no message tells of.
/// They come from facts, so every server of the chat has the same, except for those from before its
/// start.
#[derive(Debug, Default)]
pub(super) struct PastIds {
    /// The ids that people had after each change, from the oldest change to the newest.
    order: VecDeque<Rc<str>>,
    /// The changes by the ids after them, each in that order.
    by_after: HashMap<Rc<str>, VecDeque<Change>>,
}

/// A person had another id until a time, in Unix milliseconds.
#[derive(Debug)]
struct Change {
    ms: i64,
    before: Rc<str>,
}

impl PastIds {
    /// The person with the id `before` has the id `after` since `ms`.
    pub(super) fn add(&mut self, ms: i64, before: Rc<str>, after: Rc<str>) {
        while self.order.len() >= PAST_IDS_MAX || self.oldest().is_some_and(|it| is_old(it, ms)) {
            self.forget_oldest();
        }
        self.order.push_back(after.clone());
        self.by_after.entry(after).or_default().push_back(Change { ms, before });
    }

    fn oldest(&self) -> Option<&Change> {
        self.by_after.get(self.order.front()?)?.front()
    }

    fn forget_oldest(&mut self) {
        let Some(after) = self.order.pop_front() else { return };
        let Some(changes) = self.by_after.get_mut(&after) else { return };
        changes.pop_front();
        if changes.is_empty() {
            self.by_after.remove(&after);
        }
    }

    /// The ids of the person who has the id `now`, from the newest to the oldest, each with the
    /// time at which it ended, in Unix milliseconds. There are at most [`PAST_IDS_OF_PERSON_MAX`],
    /// because somebody may sign in and out thousands of times.
    pub(super) fn of<'a>(&'a self, now: &'a str) -> Vec<(&'a str, i64)> {
        let mut all = vec![(now, i64::MAX)];
        while all.len() < PAST_IDS_OF_PERSON_MAX {
            // Changes into an id that ended before them are those of others.
            let before = all.iter().flat_map(|(id, end_ms)| {
                let changes = self.by_after.get(*id).into_iter().flatten().rev();
                changes.filter(|it| it.ms <= *end_ms).take(PAST_IDS_OF_PERSON_MAX)
            });
            let is_new = |it: &&Change| all.iter().all(|(id, _)| **id != *it.before);
            let newest = before.filter(is_new).max_by_key(|it| it.ms);
            let Some(Change { ms, before }) = newest else { break };
            all.push((before, *ms));
        }
        all
    }
}

/// Whether the files from before a change are deleted or told of by `ms`, in Unix milliseconds.
const fn is_old(change: &Change, ms: i64) -> bool {
    change.ms + FILE_UNSENT_MS < ms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(ids: &PastIds, now: &str, id: &str) -> bool {
        ids.of(now).iter().any(|(one, _)| *one == id)
    }

    #[test]
    fn people_are_also_those_that_they_were_a_short_time_ago() {
        let mut ids = PastIds::default();
        assert!(has(&ids, "alice", "alice") && !has(&ids, "alice", "guest"));
        ids.add(0, "guest".into(), "alice".into());
        ids.add(1, "alice".into(), "guest-2".into());
        assert!(has(&ids, "guest-2", "guest") && has(&ids, "guest-2", "alice"));
        assert!(!has(&ids, "guest", "alice"), "others who come later are not those before them");
        assert!(!has(&ids, "mallory", "guest"));
        ids.add(2, "bob".into(), "alice".into());
        assert!(has(&ids, "alice", "bob") && !has(&ids, "guest-2", "bob"), "came after them");
        ids.add(FILE_UNSENT_MS + 1, "mallory".into(), "mallory-2".into());
        assert!(!has(&ids, "alice", "guest") && has(&ids, "guest-2", "alice"), "an hour later");
        for number in 0..PAST_IDS_MAX {
            ids.add(FILE_UNSENT_MS + 1, format!("a{number}").into(), format!("b{number}").into());
        }
        assert!(!has(&ids, "mallory-2", "mallory") && has(&ids, "b0", "a0"));
        assert_eq!(ids.by_after.len(), PAST_IDS_MAX);
    }

    #[test]
    fn of_people_who_sign_in_and_out_again_and_again_the_newest_ids_count() {
        let mut ids = PastIds::default();
        ids.add(0, "other".into(), "bob".into());
        for number in 0..500 {
            let guest = |number: i64| Rc::from(format!("guest-{number}"));
            ids.add(2 * number, guest(number), "alice".into());
            ids.add(2 * number + 1, "alice".into(), guest(number + 1));
        }
        let all = ids.of("guest-500");
        assert_eq!(all.len(), PAST_IDS_OF_PERSON_MAX);
        assert_eq!(all[..3], [("guest-500", i64::MAX), ("alice", 999), ("guest-499", 998)]);
        assert!(has(&ids, "bob", "other"), "ids of others stay");
    }
}
