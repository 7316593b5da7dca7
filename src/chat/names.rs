//! What nicks and rooms may be called.

use crate::limits::{NICK_CHARS_MAX, ROOM_CHARS_MAX};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// What the server calls those who have not said their name.
pub(super) const GUEST_PREFIX: &str = "guest-";

/// Names that could be taken for the server's own voice, or for a person who speaks for it.
const RESERVED: [&str; 8] =
    ["admin", "administrator", "mio-chat", "moderator", "root", "server", "system", "you"];

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is empty, or has more characters than this.
    Length(usize),
    /// It has characters that names do not have.
    Characters,
    /// It is kept for the server.
    Reserved,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(max) => write!(f, "a name has 1 to {max} characters"),
            Self::Characters => f.write_str("a name is made of letters, digits and - _ ."),
            Self::Reserved => f.write_str("that name is kept for the server"),
        }
    }
}

impl std::error::Error for Refused {}

/// The key by which nicks are compared: equal for names that differ only in case or that look alike
/// (the skeleton of UTS 39, folded before and after).
pub fn nick_key(nick: &str) -> Box<str> {
    let folded: String = nick.nfkc().flat_map(char::to_lowercase).collect();
    let skeleton: String = unicode_security::skeleton(&folded).collect();
    skeleton.to_lowercase().into_boxed_str()
}

/// Checks what a person wants to be called.
///
/// # Errors
/// Why it is refused.
pub fn check_nick(nick: &str) -> Result<(), Refused> {
    check(nick, NICK_CHARS_MAX)?;
    let key = nick_key(nick);
    if RESERVED.iter().any(|name| nick_key(name) == key) || key.starts_with(&*guest_key()) {
        return Err(Refused::Reserved);
    }
    Ok(())
}

/// The key by which a room is known: its name without `#`, without regard to case.
///
/// # Errors
/// Why it is refused.
pub fn room_key(name: &str) -> Result<String, Refused> {
    let name = name.strip_prefix('#').unwrap_or(name);
    let key: String = name.nfkc().flat_map(char::to_lowercase).collect();
    check(&key, ROOM_CHARS_MAX)?;
    Ok(key)
}

fn guest_key() -> Box<str> {
    nick_key(GUEST_PREFIX)
}

fn check(name: &str, chars_max: usize) -> Result<(), Refused> {
    if name.is_empty() || name.chars().count() > chars_max {
        return Err(Refused::Length(chars_max));
    }
    let allowed = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.');
    if !name.chars().all(allowed) || !name.contains(char::is_alphanumeric) {
        return Err(Refused::Characters);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_the_same() {
        let same = [
            ("alice", "ALICE"),
            ("alice", "Alice"),
            ("admin", "аdmin"), // Cyrillic а
            ("paypal", "раураl"),
            ("l0l", "I0I"),
            ("e\u{301}ric", "éric"),
            ("bob", "ｂｏｂ"),
        ];
        for (one, other) in same {
            assert_eq!(nick_key(one), nick_key(other), "{one} {other}");
        }
        assert_ne!(nick_key("alice"), nick_key("bob"));
        let guests: Vec<_> = (1..2000).map(|n| nick_key(&format!("guest-{n}"))).collect();
        let distinct: std::collections::HashSet<_> = guests.iter().collect();
        assert_eq!(distinct.len(), guests.len());
    }

    #[test]
    fn nicks_are_checked() {
        for good in ["a", "Żółw", "李雷", "mary-jane_2.0", &"x".repeat(24)] {
            assert_eq!(check_nick(good), Ok(()), "{good}");
        }
        let long = "x".repeat(25);
        let bad = [
            ("", Refused::Length(24)),
            (&long, Refused::Length(24)),
            ("two words", Refused::Characters),
            ("alice ", Refused::Characters),
            ("a\u{200b}b", Refused::Characters),
            ("a\u{202e}b", Refused::Characters),
            ("\u{1b}[31m", Refused::Characters),
            ("a:b", Refused::Characters),
            ("<b>", Refused::Characters),
            ("...", Refused::Characters),
            ("server", Refused::Reserved),
            ("AdMiN", Refused::Reserved),
            ("sеrver", Refused::Reserved), // Cyrillic е
            ("guest-7", Refused::Reserved),
            ("GUEST-x", Refused::Reserved),
        ];
        for (nick, refused) in bad {
            assert_eq!(check_nick(nick), Err(refused), "{nick:?}");
        }
    }

    #[test]
    fn rooms_are_known_without_case_and_mark() {
        assert_eq!(room_key("#Dev").as_deref(), Ok("dev"));
        assert_eq!(room_key("DEV").as_deref(), Ok("dev"));
        assert_eq!(room_key("#"), Err(Refused::Length(32)));
        assert_eq!(room_key("##x"), Err(Refused::Characters));
        assert_eq!(room_key(&"x".repeat(33)), Err(Refused::Length(32)));
    }
}
