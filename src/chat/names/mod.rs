//! Rules for the names of people and rooms.

mod look;

use crate::limits::{NICK_CHARS_MAX, NICK_NUMBER_CHARS_MAX, ROOM_CHARS_MAX};
use look::Brief;
use std::fmt;

/// The beginning of the names that the server gives to newcomers.
pub(super) const GUEST_PREFIX: &str = "guest-";

/// Names that could be taken for the server's own, for a person who speaks for it, or for everyone.
const RESERVED: [&str; 16] = [
    "admin",
    "administrator",
    "all",
    "everyone",
    "here",
    "me",
    "mio-chat",
    "moderator",
    "nobody",
    "operator",
    "owner",
    "root",
    "server",
    "support",
    "system",
    "you",
];

/// The reason why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadName {
    /// It is empty, or has more characters than this.
    Length(usize),
    /// It has characters that are not allowed in names.
    Characters,
    /// It has letters of scripts that do not go together.
    Scripts,
    /// It is reserved for the server.
    Reserved,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(max) => write!(f, "a name has 1 to {max} characters"),
            Self::Characters => f.write_str("a name is made of letters, digits and - _ ."),
            Self::Scripts => f.write_str("a name must use the letters of one alphabet"),
            Self::Reserved => f.write_str("that name is kept for the server"),
        }
    }
}

impl std::error::Error for BadName {}

/// Whether two nicks are compared as the same one.
pub(super) fn are_alike(one: &str, other: &str) -> bool {
    let keys: Vec<Box<str>> = nick_keys(one).collect();
    nick_keys(other).any(|key| keys.contains(&key))
}

/// The keys by which nicks are compared. Two nicks with a key in common differ only in case, or
/// look alike. A text too long for a nick has none, because nobody has such a nick.
pub fn nick_keys(nick: &str) -> impl Iterator<Item = Box<str>> + use<> {
    let brief = Brief::of(nick, NICK_CHARS_MAX + NICK_NUMBER_CHARS_MAX);
    brief.map(Brief::keys).into_iter().flatten()
}

/// The nick of a person who asks for `name`: the same in normal form C.
///
/// # Errors
/// The reason why it is refused.
pub fn nick(name: &str) -> Result<String, BadName> {
    let brief = Brief::of(name, NICK_CHARS_MAX).ok_or(BadName::Length(NICK_CHARS_MAX))?;
    let nick = brief.nick(NICK_CHARS_MAX)?;
    if is_reserved(&nick) {
        return Err(BadName::Reserved);
    }
    if brief.is_of_one_script() { Ok(nick) } else { Err(BadName::Scripts) }
}

/// The key of a room: its name without `#`, and without case.
///
/// # Errors
/// The reason why it is refused.
pub fn room_key(name: &str) -> Result<String, BadName> {
    let name = name.strip_prefix('#').unwrap_or(name);
    let brief = Brief::of(name, ROOM_CHARS_MAX).ok_or(BadName::Length(ROOM_CHARS_MAX))?;
    let key = brief.room(ROOM_CHARS_MAX)?;
    if brief.is_of_one_script() { Ok(key) } else { Err(BadName::Scripts) }
}

/// Whether a text is the key of a room. Unicode need not be asked about small letters from a to z.
pub(super) fn is_room_key(text: &str) -> bool {
    let is_plain = (1..=ROOM_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase());
    is_plain || room_key(text).as_deref() == Ok(text)
}

/// The look of a room's name; `None` if no room can have this name.
pub(super) fn room_look(key: &str) -> Option<Box<str>> {
    Brief::of(key, ROOM_CHARS_MAX).map(Brief::skeleton)
}

/// Whether somebody may go on under an earlier nick. The rules may have changed since, or somebody
/// else may have written the file.
pub(super) fn is_still_good(given: &str) -> bool {
    let is_number = |text: &str| {
        (1..=NICK_CHARS_MAX).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
    };
    let bare = given.rsplit_once('~').filter(|(_, number)| is_number(number));
    let bare = bare.map_or(given, |(bare, _)| bare);
    bare.strip_prefix(GUEST_PREFIX).is_some_and(is_number) || nick(bare).is_ok()
}

/// The beginning of an intended name, for a sentence about it.
pub(super) fn head(name: &str) -> &str {
    name.char_indices().nth(NICK_CHARS_MAX).map_or(name, |(end, _)| &name[..end])
}

/// Whether a nick is one of the server's, or looks like one: with digits for letters, accents, or
/// marks between them.
fn is_reserved(nick: &str) -> bool {
    nick_keys(nick).any(|key| {
        let bare = bare(&key);
        is_guest(&key) || RESERVED.iter().any(|name| reads_as(&bare, name))
    })
}

/// Whether a key reads as that of a guest. The sign in place of the hyphen may look like one.
fn is_guest(key: &str) -> bool {
    let guest = GUEST_PREFIX.trim_end_matches('-');
    let (word, rest) = key.split_at_checked(guest.len()).unwrap_or_default();
    let mark = rest.chars().next();
    mark.is_some_and(|mark| !mark.is_ascii_alphanumeric()) && reads_as(word, guest)
}

/// A key without accents and marks.
fn bare(key: &str) -> String {
    key.chars().filter(|char| char.is_alphanumeric()).collect()
}

/// Whether a key without marks reads as `name`.
fn reads_as(key: &str, name: &str) -> bool {
    let Some(name) = Brief::of(name, NICK_CHARS_MAX).map(Brief::skeleton) else { return false };
    let name = bare(&name);
    let is_read = |(written, meant): (char, char)| {
        written == meant
            || matches!(
                (written, meant),
                ('l' | '1', 'i') | ('3', 'e') | ('4', 'a') | ('5', 's') | ('7', 't')
            )
    };
    key.chars().count() == name.chars().count() && key.chars().zip(name.chars()).all(is_read)
}

#[cfg(test)]
mod tests;
