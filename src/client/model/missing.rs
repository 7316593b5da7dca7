//! Missed messages beyond those that the server sends at once. On a screen, scrolling loads them.
//! In line mode the client requests them, and holds later messages back, so that all come once and
//! in order.

use super::asked::Asked;
use super::message::{Id, IncomingMessage, Target, same};
use super::{Model, News};
use crate::limits::{
    CLIENT_CONVERSATIONS_MAX, CLIENT_HELD_MAX, CLIENT_MISSED_PAGES_MAX, CLIENT_OLDER,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// The gaps to be filled, and the messages that wait for them.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// The first gap is being filled.
    gaps: VecDeque<Gap>,
    /// Messages that come after the gaps, and whether they are the reader's own.
    held: BTreeMap<Id, (IncomingMessage, bool)>,
}

/// Messages of one target that are missing.
#[derive(Debug)]
struct Gap {
    target: Target,
    /// The last known message before them.
    after: Id,
    /// The missing messages are older than this, if some of the gap has been filled already.
    before: Option<u64>,
    /// Their number, if it is known.
    missed: Option<u64>,
    pages: u32,
}

impl Missing {
    /// The targets with gaps.
    pub(super) fn targets_mut(&mut self) -> impl Iterator<Item = &mut Target> {
        self.gaps.iter_mut().map(|gap| &mut gap.target)
    }
}

impl Model {
    /// Notes that messages of `target` are missing after the one with the id `after`; `missed` is
    /// their number, if it is known.
    pub(super) fn ask_for_missing(&mut self, target: Target, after: Id, missed: Option<u64>) {
        let gap = Gap { target, after, before: None, missed, pages: 0 };
        if self.missing.gaps.len() >= CLIENT_CONVERSATIONS_MAX {
            return self.tell_missing(&gap);
        }
        self.missing.gaps.push_back(gap);
        if self.missing.gaps.len() == 1 {
            self.ask_for_page();
        }
    }

    /// Requests the latest missing messages, if there are any and there is a connection.
    pub(super) fn ask_for_page(&mut self) {
        let Some(gap) = self.missing.gaps.front().filter(|_| self.is_online()) else { return };
        let mut body = self.named(&gap.target, "with");
        body["limit"] = json!(CLIENT_OLDER);
        if let Some(before) = gap.before {
            body["before"] = json!(before);
        }
        self.ask("history", body, Asked::Missed);
    }

    /// Takes a page of missing messages, or the answer that there are none.
    pub(super) fn page(&mut self, answer: &Result<&Value, String>) {
        let Some(mut gap) = self.missing.gaps.pop_front() else { return };
        let body = answer.as_ref().ok();
        let messages = body.map_or_else(Vec::new, |body| IncomingMessage::read_all(body, self.era));
        let first = messages.first().map(|message| message.id);
        let mut found = 0;
        for message in messages.into_iter().filter(|message| message.id > gap.after) {
            found += u64::from(self.hold_missing(&gap.target, message));
        }
        gap.missed = gap.missed.map(|missed| missed.saturating_sub(found));
        gap.pages += 1;
        let has_more =
            body.is_some_and(|body| body.get("more").and_then(Value::as_bool) == Some(true));
        let is_whole =
            body.is_some() && (!has_more || first.is_some_and(|first| first <= gap.after));
        // An answer without progress would be requested again and again.
        let next = first.map(|first| first.number);
        let next = next.filter(|next| gap.before.is_none_or(|before| *next < before));
        let may_ask = has_more && gap.pages < CLIENT_MISSED_PAGES_MAX;
        match next.filter(|_| may_ask) {
            _ if is_whole => (),
            None => self.tell_missing(&gap),
            Some(next) => {
                gap.before = Some(next);
                self.missing.gaps.push_front(gap);
            }
        }
        self.ask_for_page();
        self.let_go_of_held();
    }

    /// Takes a message that is new.
    pub(super) fn heard(&mut self, message: IncomingMessage, is_own: bool) {
        if self.missing.gaps.is_empty() {
            return self.news.push(News::Message { message, is_own });
        }
        self.missing.held.insert(message.id, (message, is_own));
        if self.missing.held.len() >= CLIENT_HELD_MAX {
            self.give_up_missing();
        }
    }

    /// Stops waiting for missing messages.
    pub(in crate::client) fn give_up_missing(&mut self) {
        for gap in std::mem::take(&mut self.missing.gaps) {
            self.tell_missing(&gap);
        }
        self.let_go_of_held();
    }

    /// Whether the message of a page is new.
    fn hold_missing(&mut self, target: &Target, message: IncomingMessage) -> bool {
        let Some(index) = self.find(target) else { return false };
        if !self.conversations[index].insert(message.clone()) {
            return false;
        }
        let is_own = same(&message.from, &self.nick);
        self.missing.held.insert(message.id, (message, is_own)).is_none()
    }

    /// Reports the waiting messages, unless more are missing.
    fn let_go_of_held(&mut self) {
        if self.missing.gaps.is_empty() {
            let held = std::mem::take(&mut self.missing.held).into_values();
            self.news.extend(held.map(|(message, is_own)| News::Message { message, is_own }));
        }
    }

    fn tell_missing(&mut self, gap: &Gap) {
        let count = gap.missed.map_or_else(String::new, |missed| format!("{missed} "));
        if gap.missed != Some(0) {
            self.notice(format!("{count}messages in {} are missing here", gap.target));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::model::{Effect, LinkStatus, Mode};

    fn message(id: u64) -> Value {
        json!({"id": id, "ts": id, "room": "lobby", "from": "bob", "text": "x"})
    }

    fn messages(ids: std::ops::RangeInclusive<u64>) -> Vec<Value> {
        ids.map(message).collect()
    }

    fn welcome(model: &mut Model, messages: &[Value]) {
        let room = json!({"room": "lobby", "messages": messages});
        model.event("welcome", &json!({"nick": "alice", "token": "t", "rooms": [room]}));
    }

    /// A client that has seen message 1 and comes back.
    fn back() -> Model {
        let mut model = Model::new(Mode::Lines, None, None, "run".to_owned());
        welcome(&mut model, &[message(1)]);
        come_back(&mut model);
        model
    }

    fn come_back(model: &mut Model) {
        model.lost("gone");
        model.connection = LinkStatus::Connecting { attempt: 1 };
        model.take_effects();
        welcome(model, &[]);
    }

    /// The requested page: its request, and the number before which it ends.
    fn asked(model: &mut Model) -> Option<(u64, Option<u64>)> {
        let effects = model.take_effects().into_iter();
        let mut asked = effects.filter_map(|effect| match effect {
            Effect::Emit { id, name: "history", body } => Some((id?, body["before"].as_u64())),
            _ => None,
        });
        let first = asked.next();
        assert_eq!(asked.next(), None, "one at a time");
        first
    }

    fn answer(model: &mut Model, id: u64, messages: &[Value], more: bool) {
        model.ack(id, &json!({"ok": true, "messages": messages, "more": more}));
    }

    /// The numbers of the reported messages, and the notices about those that are missing.
    fn told(model: &mut Model) -> (Vec<u64>, Vec<String>) {
        let mut numbers = Vec::new();
        let mut missing = Vec::new();
        for news in model.take_news() {
            match news {
                News::Message { message, .. } => numbers.push(message.id.number),
                News::Notice(text) if text.contains("missing") => missing.push(text),
                _ => (),
            }
        }
        (numbers, missing)
    }

    #[test]
    fn what_was_missed_is_told_in_order_and_once() {
        let mut model = back();
        model.event("gap", &json!({"room": "lobby", "missed": 200}));
        messages(202..=251).iter().for_each(|message| model.event("message", message));
        assert_eq!(told(&mut model), (vec![], vec![]));
        let (id, None) = asked(&mut model).expect("a page") else { panic!("the last") };
        // Meanwhile there are new messages.
        model.event("message", &message(252));
        answer(&mut model, id, &messages(152..=251), true);
        let (id, Some(152)) = asked(&mut model).expect("a page") else { panic!("the one before") };
        answer(&mut model, id, &messages(52..=151), true);
        assert_eq!(told(&mut model), (vec![], vec![]));
        let (id, Some(52)) = asked(&mut model).expect("a page") else { panic!("the one before") };
        answer(&mut model, id, &messages(1..=51), false);
        assert_eq!(told(&mut model), ((2..=252).collect(), vec![]));
        model.event("message", &message(252));
        model.event("message", &message(253));
        assert_eq!((told(&mut model), asked(&mut model)), ((vec![253], vec![]), None));
    }

    #[test]
    fn an_outage_in_between_loses_nothing() {
        let mut model = back();
        model.event("gap", &json!({"room": "lobby", "missed": 100}));
        messages(102..=151).iter().for_each(|message| model.event("message", message));
        let (id, _) = asked(&mut model).expect("a page");
        answer(&mut model, id, &messages(52..=151), true);
        asked(&mut model).expect("a page");
        come_back(&mut model);
        let (id, Some(52)) = asked(&mut model).expect("a page") else { panic!("the same") };
        model.event("gap", &json!({"room": "lobby", "missed": 50}));
        model.event("message", &message(300));
        answer(&mut model, id, &messages(1..=51), false);
        let (id, None) = asked(&mut model).expect("a page") else { panic!("the other gap") };
        answer(&mut model, id, &messages(201..=300), true);
        let (id, Some(201)) = asked(&mut model).expect("a page") else { panic!("the rest") };
        answer(&mut model, id, &messages(101..=200), true);
        assert_eq!(told(&mut model), ((2..=300).collect(), vec![]));
    }

    #[test]
    fn what_cannot_be_had_is_told() {
        for (body, left) in [
            (json!({"ok": false, "error": "no"}), "7 "),
            (json!({"ok": true, "messages": [message(8)], "more": false}), ""),
            (json!({"ok": true, "messages": [], "more": true}), "7 "),
            (json!({"ok": true, "messages": "none"}), ""),
        ] {
            let mut model = back();
            model.event("gap", &json!({"room": "lobby", "missed": 7}));
            model.event("message", &message(9));
            let (id, _) = asked(&mut model).expect("a page");
            model.ack(id, &body);
            let (numbers, missing) = told(&mut model);
            assert_eq!(numbers.last(), Some(&9), "{body}");
            let said = format!("{left}messages in #lobby are missing here");
            assert_eq!(missing, if left.is_empty() { vec![] } else { vec![said] }, "{body}");
        }
    }

    #[test]
    fn it_is_not_asked_for_without_end() {
        let mut model = back();
        model.event("gap", &json!({"room": "lobby", "missed": 4_999}));
        model.event("message", &message(5_001));
        let mut last = 5_001;
        while let Some((id, _)) = asked(&mut model) {
            let first = last - u64::from(CLIENT_OLDER) + 1;
            answer(&mut model, id, &messages(first..=last), true);
            last = first - 1;
        }
        let (numbers, missing) = told(&mut model);
        let pages = u64::from(CLIENT_MISSED_PAGES_MAX * CLIENT_OLDER);
        assert_eq!(numbers, (5_002 - pages..=5_001).collect::<Vec<_>>());
        assert_eq!(missing, [format!("{} messages in #lobby are missing here", 5_000 - pages)]);
        // Nor is ever more held.
        model.event("gap", &json!({"room": "lobby", "missed": 7}));
        for number in 6_000..6_000 + CLIENT_HELD_MAX as u64 {
            assert_eq!(told(&mut model), (vec![], vec![]));
            model.event("message", &message(number));
        }
        let (numbers, missing) = told(&mut model);
        assert_eq!((numbers.len(), missing.len()), (CLIENT_HELD_MAX, 1));
    }

    #[test]
    fn a_server_that_does_not_know_one_any_more_is_asked_too() {
        let mut model = back();
        model.lost("gone");
        let last = json!({"room": "lobby", "messages": messages(60..=109)});
        model.event("welcome", &json!({"nick": "alice", "token": "other", "rooms": [last]}));
        let (id, None) = asked(&mut model).expect("a page") else { panic!("the last") };
        answer(&mut model, id, &messages(10..=109), true);
        let (id, Some(10)) = asked(&mut model).expect("a page") else { panic!("the rest") };
        answer(&mut model, id, &messages(1..=9), false);
        assert_eq!(told(&mut model), ((2..=109).collect(), vec![]));
        // Without a message before there is nothing to request.
        model.lost("gone");
        model.event("welcome", &json!({"nick": "alice", "token": "third", "rooms": [last]}));
        assert_eq!((told(&mut model), asked(&mut model)), ((vec![], vec![]), None));
    }

    #[test]
    fn only_what_would_be_told_is_asked_for() {
        let mut model = back();
        model.event("gap", &json!({"room": "elsewhere", "missed": 7}));
        assert_eq!((told(&mut model), asked(&mut model)), ((vec![], vec![]), None));
        model.event("gap", &json!({"with": "bob", "missed": 7}));
        assert!(asked(&mut model).is_some());
        model.event("message", &message(9));
        model.give_up_missing();
        let said = "7 messages in @bob are missing here".to_owned();
        assert_eq!(told(&mut model), (vec![9], vec![said]));
    }
}
