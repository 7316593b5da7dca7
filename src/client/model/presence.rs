//! People who came and went.

use crate::limits::CLIENT_NAMES_SHOWN_MAX;

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
