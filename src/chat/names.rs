//! What nicks and rooms may be called.

use crate::limits::{NAME_MARKS_MAX, NICK_CHARS_MAX, ROOM_CHARS_MAX};
use std::fmt;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::GeneralSecurityProfile;

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

/// What a person who wants to be called `name` is called: the same in normal form C.
///
/// # Errors
/// Why it is refused.
pub fn nick(name: &str) -> Result<String, Refused> {
    let nick: String = name.nfc().collect();
    check(&nick, NICK_CHARS_MAX)?;
    let guest = skeleton(GUEST_PREFIX);
    let reserved = |key: Box<str>| {
        key.starts_with(&*guest) || RESERVED.iter().any(|name| skeleton(name) == key)
    };
    if nick_keys(&nick).any(reserved) { Err(Refused::Reserved) } else { Ok(nick) }
}

/// The key by which a room is known: its name without `#`, without regard to case.
///
/// # Errors
/// Why it is refused.
pub fn room_key(name: &str) -> Result<String, Refused> {
    let name = name.strip_prefix('#').unwrap_or(name);
    // Only İ becomes more than one character; without the second, a dot, it is an i.
    let key: String = name.nfkc().filter_map(|char| char.to_lowercase().next()).collect();
    check(&key, ROOM_CHARS_MAX)?;
    Ok(key)
}

fn check(name: &str, chars_max: usize) -> Result<(), Refused> {
    if name.is_empty() || name.chars().count() > chars_max {
        return Err(Refused::Length(chars_max));
    }
    let allowed = |char: char| is_letter(char) || is_mark(char) || matches!(char, '-' | '_' | '.');
    if !name.chars().all(allowed) || !name.contains(is_letter) || !has_sound_marks(name) {
        return Err(Refused::Characters);
    }
    Ok(())
}

/// Whether `char` is a letter or a digit that one can see: the fillers for syllables without a
/// sound (Hangul) and for empty squares (hieroglyphs) are blank.
fn is_letter(char: char) -> bool {
    let blank = matches!(
        char,
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{13441}' | '\u{13442}'
    );
    char.is_alphanumeric() && !blank && !is_combining_mark(char)
}

/// Whether `char` is a sign that belongs to the letter before it, as most writing needs: accents,
/// vowels, tones. Those without a look of their own are not allowed in identifiers (UTS 39), but
/// neither are some vowels of less common scripts.
fn is_mark(char: char) -> bool {
    is_combining_mark(char) && (char.is_alphanumeric() || char.identifier_allowed())
}

/// Whether marks stand behind letters, not too many, and none twice in a row: what is painted over
/// is not seen.
fn has_sound_marks(name: &str) -> bool {
    let mut marks = 0;
    let few = name.chars().all(|char| {
        marks = if is_combining_mark(char) { marks + 1 } else { 0 };
        marks <= NAME_MARKS_MAX
    });
    let twice = name
        .nfd()
        .zip(name.nfd().skip(1))
        .any(|(one, next)| one == next && is_combining_mark(next));
    few && !twice && !name.starts_with(is_combining_mark)
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
            assert_eq!(nick(good).as_deref(), Ok(good));
        }
        assert_eq!(nick("e\u{301}ric").as_deref(), Ok("éric"));
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
            ("\u{3164}", Refused::Characters), // Hangul fillers
            ("a\u{ffa0}", Refused::Characters),
            ("\u{115f}\u{1160}", Refused::Characters),
            ("\u{13441}", Refused::Characters),
            ("\u{2800}", Refused::Characters),
            ("a\u{fe0f}", Refused::Characters), // a variation selector
            ("a\u{34f}", Refused::Characters),
            ("a\u{e0061}", Refused::Characters),
            ("\u{301}", Refused::Characters),
            ("\u{301}a", Refused::Characters),
            ("-\u{93e}", Refused::Characters),
            ("á\u{301}", Refused::Characters),
            ("x\u{301}\u{301}", Refused::Characters),
            ("x\u{300}\u{301}\u{302}\u{303}\u{304}", Refused::Characters),
            ("server", Refused::Reserved),
            ("AdMiN", Refused::Reserved),
            ("sеrver", Refused::Reserved), // Cyrillic е
            ("guest-7", Refused::Reserved),
            ("GUEST-x", Refused::Reserved),
        ];
        for (nick, refused) in bad {
            assert_eq!(super::nick(nick), Err(refused), "{nick:?}");
        }
    }

    #[test]
    fn every_living_script_has_its_names() {
        for name in [
            "Łukasz",
            "Nguyễn",
            "Ελένη",
            "дмитрий",
            "Արամ",
            "דוד",
            "שָׁלוֹם",
            "محمد",
            "مُحَمَّد",
            "فرهاد",
            "कृष्ण",
            "ज़ीनत",
            "ख़ाँ",
            "রবীন্দ্র",
            "ਗੁਰਪ੍ਰੀਤ",
            "મહેન્દ્ર",
            "தமிழ்",
            "శ్రీను",
            "ಕೃಷ್ಣ",
            "മാധവൻ",
            "සිංහල",
            "น้ำผึ้ง",
            "ສຸລິຍາ",
            "မြို့",
            "សុភ័ក្ត្រ",
            "བོད་ཡིག",
            "გიორგი",
            "አበበ",
            "李雷",
            "さくら",
            "ガンダム",
            "김철수",
            "ᏣᎳᎩ",
            "ߒߞߏ",
            "ᠮᠣᠩᠭᠣᠯ",
        ] {
            let name = &name.replace('་', "."); // Tibetan's dot between syllables is no letter
            let composed: String = name.nfc().collect();
            assert_eq!(nick(name).as_deref(), Ok(&*composed), "{name}");
            let decomposed: String = name.nfd().collect();
            assert_eq!(nick(&decomposed).as_deref(), Ok(&*composed), "{name}");
            assert!(room_key(name).is_ok(), "{name}");
        }
        assert_eq!(room_key("\u{3164}"), Err(Refused::Characters));
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
