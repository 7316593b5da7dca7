//! People who came and went.

use super::Model;
use super::events::{list, nicks, target, text};
use super::message::{Target, same};
use crate::limits::CLIENT_NAMES_SHOWN_MAX;
use serde_json::Value;

/// People who came, went and changed names since the last other entry.
#[derive(Debug, Default, PartialEq)]
pub(in crate::client) struct PresenceSummary {
    pub(in crate::client) joined: Vec<String>,
    pub(in crate::client) left: Vec<String>,
    pub(in crate::client) renamed: Vec<(String, String)>,
}

impl PresenceSummary {
    /// Adds later changes; a person who came and went again is left out.
    pub(super) fn add(&mut self, later: Self) {
        for nick in later.joined {
            match self.left.iter().position(|left| *left == nick) {
                Some(at) => drop(self.left.remove(at)),
                None => self.joined.push(nick),
            }
        }
        for nick in later.left {
            match self.joined.iter().position(|joined| *joined == nick) {
                Some(at) => drop(self.joined.remove(at)),
                None => self.left.push(nick),
            }
        }
        self.renamed.extend(later.renamed);
    }

    /// The number of names in it.
    pub(super) const fn count(&self) -> usize {
        self.joined.len() + self.left.len() + self.renamed.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// In words: `carol joined, bob left`.
    pub(in crate::client) fn words(&self) -> String {
        let mut parts = Vec::new();
        for (names, verb) in [(&self.joined, "joined"), (&self.left, "left")] {
            if !names.is_empty() {
                parts.push(format!("{} {verb}", names_in_words(names)));
            }
        }
        let renamed = self.renamed.iter().map(|(from, to)| format!("{from} is now {to}"));
        if self.renamed.len() > CLIENT_NAMES_SHOWN_MAX {
            parts.push(format!("{} took another name", self.renamed.len()));
        } else {
            parts.extend(renamed);
        }
        parts.join(", ")
    }
}

/// `alice`, `alice and bob`, or a number if there are many.
pub(in crate::client) fn names_in_words(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        _ if names.len() > CLIENT_NAMES_SHOWN_MAX => {
            let shown = &names[..CLIENT_NAMES_SHOWN_MAX - 1];
            format!("{} and {} others", shown.join(", "), names.len() - shown.len())
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Whether a `presence` has only the number of members.
fn is_count_only(body: &Value) -> bool {
    ["joined", "left", "renamed"].iter().all(|name| body.get(name).is_none())
}

impl Model {
    /// People have come or gone, or have other names.
    pub(super) fn presence(&mut self, body: &Value) {
        let Some(index) = target(body, "").and_then(|target| self.find(&target)) else { return };
        let renamed = list(body, "renamed").iter();
        let renamed = renamed.map(|one| (text(one, "from").to_owned(), text(one, "to").to_owned()));
        let is_me = |nick: &str| same(nick, &self.nick);
        let presence = PresenceSummary {
            // A person who comes is not told of it.
            joined: nicks(body, "joined").into_iter().filter(|nick| !is_me(nick)).collect(),
            left: nicks(body, "left"),
            renamed: renamed.collect(),
        };
        for (from, to) in &presence.renamed {
            self.renamed(from, to);
        }
        let ts = self.now().unix_ms;
        let conversation = &mut self.conversations[index];
        if let Some(count) = body.get("count").and_then(Value::as_u64) {
            conversation.count = count;
        }
        match body.get("members") {
            // It is not a crowd any more.
            Some(_) => conversation.members = nicks(body, "members"),
            // The names in a crowd are not known, only their number.
            None if is_count_only(body) => conversation.members.clear(),
            None => conversation.change_members(&presence),
        }
        if presence.is_empty() {
            return;
        }
        let gone = |nick: &str| presence.left.iter().any(|left| same(left, nick));
        conversation.typing.retain(|(nick, _)| !gone(nick));
        if !self.is_quiet || !presence.renamed.is_empty() {
            conversation.push_presence(ts, presence);
        }
    }

    /// A person has a new name: the private conversation goes on under it.
    fn renamed(&mut self, from: &str, to: &str) {
        let old = Target::With(from.to_owned());
        let new = Target::With(to.to_owned());
        if self.find(&new).is_none()
            && let Some(index) = self.find(&old)
        {
            self.conversations[index].target = new.clone();
            self.replace_target(&old, &new);
        }
        if self.wrote_last.as_deref().is_some_and(|nick| same(nick, from)) {
            self.wrote_last = Some(to.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coming_and_going_is_gathered() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let joined =
            |who: &[&str]| PresenceSummary { joined: names(who), ..PresenceSummary::default() };
        let left =
            |who: &[&str]| PresenceSummary { left: names(who), ..PresenceSummary::default() };
        let mut gathered = joined(&["carol"]);
        gathered.add(left(&["bob"]));
        assert_eq!(gathered.words(), "carol joined, bob left");
        gathered.add(left(&["carol"]));
        gathered.add(joined(&["bob"]));
        assert!(gathered.is_empty());
        gathered.add(joined(&["a", "b", "c", "d", "e", "f"]));
        assert_eq!(gathered.words(), "a, b, c, d and 2 others joined");
        let renamed = vec![("a".to_owned(), "z".to_owned())];
        let renamed = PresenceSummary { renamed, ..PresenceSummary::default() };
        assert_eq!(renamed.words(), "a is now z");
    }
}
