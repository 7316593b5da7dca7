//! The ids that people had before they signed in or out: what they sent shortly before is theirs.

use crate::limits::{FILE_UNSENT_MS, PAST_IDS_MAX};
use std::collections::VecDeque;
use std::rc::Rc;

/// Changes of people's ids within the time after which a file is deleted that no message tells of.
/// They come from facts, so every server of the chat has the same, except for those from before its
/// start.
#[derive(Debug, Default)]
pub(super) struct PastIds(VecDeque<Change>);

/// A person has another id since a time, in Unix milliseconds.
#[derive(Debug)]
struct Change {
    ms: i64,
    before: Rc<str>,
    after: Rc<str>,
}

impl PastIds {
    /// The person with the id `before` has the id `after` since `ms`.
    pub(super) fn add(&mut self, ms: i64, before: Rc<str>, after: Rc<str>) {
        let is_old = |change: &Change| change.ms + FILE_UNSENT_MS < ms;
        while self.0.len() >= PAST_IDS_MAX || self.0.front().is_some_and(is_old) {
            self.0.pop_front();
        }
        self.0.push_back(Change { ms, before, after });
    }

    /// Whether one of the ids of the person who has the id `now`, or had it, makes this true.
    pub(super) fn any(&self, now: &str, is_it: impl Fn(&str) -> bool) -> bool {
        let mut all = vec![now];
        for Change { before, after, .. } in self.0.iter().rev() {
            if all.contains(&&**after) && !all.contains(&&**before) {
                all.push(before);
            }
        }
        all.into_iter().any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_also_those_that_they_were_a_short_time_ago() {
        let mut ids = PastIds::default();
        let has = |ids: &PastIds, now: &str, id: &str| ids.any(now, |one| one == id);
        assert!(has(&ids, "alice", "alice") && !has(&ids, "alice", "guest"));
        ids.add(0, "guest".into(), "alice".into());
        ids.add(1, "alice".into(), "guest-2".into());
        assert!(has(&ids, "guest-2", "guest") && has(&ids, "guest-2", "alice"));
        assert!(!has(&ids, "guest", "alice"), "others who come later are not those before them");
        assert!(!has(&ids, "mallory", "guest"));
        ids.add(FILE_UNSENT_MS + 1, "mallory".into(), "mallory-2".into());
        assert!(!has(&ids, "alice", "guest") && has(&ids, "guest-2", "alice"), "an hour later");
        for number in 0..PAST_IDS_MAX {
            ids.add(FILE_UNSENT_MS + 1, format!("a{number}").into(), format!("b{number}").into());
        }
        assert!(!has(&ids, "mallory-2", "mallory") && has(&ids, "b0", "a0"));
    }
}
