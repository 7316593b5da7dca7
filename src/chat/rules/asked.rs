//! Requests about the rules of rooms.

use super::Rule;

/// A request about a room; `None` is the asker's current one.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum AskedRule<'a> {
    /// To make a rule of it.
    Make { room: Option<&'a str>, rule: Rule },
    /// To invite a person to it, if it is private, or to take that back.
    LetIn { room: Option<&'a str>, name: &'a str, is_on: bool },
}
