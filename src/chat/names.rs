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

/// The keys by which nicks are compared; two nicks with a key in common differ only in case or look
/// alike. One key is the skeleton (UTS 39) of the nick without case, the other that of the nick as
/// written, where a capital I looks like a small l. Mostly they are the same, and then one is
/// given.
pub fn nick_keys(nick: &str) -> impl Iterator<Item = Box<str>> + use<> {
    let written: String = nick.nfkc().collect();
    let folded = skeleton(&written.to_lowercase());
    let written = Some(skeleton(&written)).filter(|written| *written != folded);
    std::iter::once(folded).chain(written)
}

fn skeleton(nick: &str) -> Box<str> {
    unicode_security::skeleton(nick).collect::<String>().to_lowercase().into_boxed_str()
}

/// Checks what a person wants to be called.
///
/// # Errors
/// Why it is refused.
pub fn check_nick(nick: &str) -> Result<(), Refused> {
    check(nick, NICK_CHARS_MAX)?;
    let guest = skeleton(GUEST_PREFIX);
    let reserved = |key: Box<str>| {
        key.starts_with(&*guest) || RESERVED.iter().any(|name| skeleton(name) == key)
    };
    if nick_keys(nick).any(reserved) { Err(Refused::Reserved) } else { Ok(()) }
}

/// The key by which a room is known: its name without `#`, without regard to case.
///
/// # Errors
/// Why it is refused.
pub fn room_key(name: &str) -> Result<String, Refused> {
    let name = name.strip_prefix('#').unwrap_or(name);
    // Only İ becomes more than one character, and the second, a mark, is in no name.
    let key: String = name.nfkc().filter_map(|char| char.to_lowercase().next()).collect();
    check(&key, ROOM_CHARS_MAX)?;
    Ok(key)
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
        let alike =
            |one: &str, other: &str| nick_keys(one).any(|key| nick_keys(other).any(|k| k == key));
        let same = [
            ("alice", "ALICE"),
            ("alice", "Alice"),
            ("alice", "aIice"), // a capital I
            ("admin", "аdmin"), // Cyrillic а
            ("paypal", "раураl"),
            ("l0l", "lOl"),
            ("e\u{301}ric", "éric"),
            ("bob", "ｂｏｂ"),
        ];
        for (one, other) in same {
            assert!(alike(one, other), "{one} {other}");
        }
        assert!(!alike("alice", "bob"));
        let guests: Vec<_> = (1..2000).flat_map(|n| nick_keys(&format!("guest-{n}"))).collect();
        let distinct: std::collections::HashSet<_> = guests.iter().collect();
        assert_eq!((guests.len(), distinct.len()), (1999, 1999));
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
        assert_eq!(room_key("#İzmir").as_deref(), Ok("izmir"));
        assert_eq!(room_key("#"), Err(Refused::Length(32)));
        assert_eq!(room_key("##x"), Err(Refused::Characters));
        assert_eq!(room_key(&"x".repeat(33)), Err(Refused::Length(32)));
    }
}
