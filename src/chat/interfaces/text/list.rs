//! Lists of names in words.

use std::fmt::Write;

/// `alice`, `alice and bob`, `alice, bob and 3 others`: the names of some of `count` people.
pub(in crate::chat::interfaces) fn list<T: AsRef<str>>(names: &[T], count: usize) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        let comma = match at {
            0 => "",
            _ if at + 1 == count => " and ",
            _ => ", ",
        };
        // A string takes every write.
        let _ = write!(text, "{comma}{}", name.as_ref());
    }
    match count - names.len() {
        0 => (),
        1 => text.push_str(" and 1 other"),
        more => {
            let _ = write!(text, " and {more} others");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_listed_in_words() {
        assert_eq!(list(&["alice"], 1), "alice");
        assert_eq!(list(&["alice", "bob"], 2), "alice and bob");
        assert_eq!(list(&["alice", "bob", "carol"], 3), "alice, bob and carol");
        assert_eq!(list(&["alice", "bob"], 3), "alice, bob and 1 other");
        assert_eq!(list(&["alice", "bob"], 5), "alice, bob and 3 others");
    }
}
