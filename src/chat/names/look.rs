//! The look of names: all uses of Unicode's tables.

use super::BadName;
use crate::limits::{NAME_CHAR_BYTES_MAX, NAME_MARKS_MAX};
use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::general_security_profile::IdentifierType;
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::{GeneralSecurityProfile, MixedScript};

/// Marks that a name may have, besides letters and digits.
const MARKS: [char; 3] = ['-', '_', '.'];
/// The first ideographic sign. From here on no letter is taken for punctuation, and no punctuation
/// for a letter.
const IDEOGRAPHS: char = '\u{3000}';

/// A text short enough to be a name. Normalising and comparing examine each character several
/// times, and one character can become eighteen; longer texts are not worth that. So this type is
/// the only way to do either.
#[derive(Debug, Clone, Copy)]
pub(super) struct Brief<'a>(&'a str);

impl<'a> Brief<'a> {
    /// The text, if it could be a name of `chars_max` characters, in any spelling.
    pub(super) fn of(text: &'a str, chars_max: usize) -> Option<Self> {
        (text.len() <= chars_max * NAME_CHAR_BYTES_MAX).then_some(Self(text))
    }

    /// The text in normal form C, if it is a name.
    pub(super) fn nick(self, chars_max: usize) -> Result<String, BadName> {
        let nick: String = self.0.nfc().collect();
        check(&nick, chars_max).map(|()| nick)
    }

    /// The text in normal form KC and without case, if it is a name.
    pub(super) fn room(self, chars_max: usize) -> Result<String, BadName> {
        // Only İ becomes more than one character; without the second one, a dot, it is an i.
        let key: String = self.0.nfkc().filter_map(|char| char.to_lowercase().next()).collect();
        check(&key, chars_max).map(|()| key)
    }

    /// Its look without case, and its look as written, in which a capital I looks like a small l;
    /// and with other letters than ASCII's the look in which it is an I, because a name of
    /// Cyrillic capitals imitates a Latin one of small letters. Mostly all are equal, and then only
    /// one is returned.
    pub(super) fn keys(self) -> impl Iterator<Item = Box<str>> + use<> {
        let written: Cow<'_, str> = match self.0.is_ascii() {
            true => Cow::Borrowed(self.0),
            false => Cow::Owned(self.0.nfkc().collect()),
        };
        let folded = skeleton(&written.to_lowercase());
        let as_capitals = (!written.is_ascii()).then(|| skeleton(&with_small_i(&written)));
        let written = Some(skeleton(&written)).filter(|written| *written != folded);
        let as_capitals =
            as_capitals.filter(|it| *it != folded && written.as_ref().is_none_or(|own| own != it));
        std::iter::once(folded).chain(written).chain(as_capitals)
    }

    /// Its look as written.
    pub(super) fn skeleton(self) -> Box<str> {
        skeleton(self.0)
    }

    /// Whether its scripts go together: only one, or Latin with Chinese, Japanese or Korean (UTS
    /// 39, Highly Restrictive).
    pub(super) fn is_of_one_script(self) -> bool {
        if self.0.is_single_script() {
            return true;
        }
        let mut rest = AugmentedScriptSet::default();
        for char in self.0.chars().filter(|char| !share_a_script(*char, 'a')) {
            rest.intersect_with(char.into());
        }
        rest.kore || rest.hanb || rest.jpan
    }
}

/// The look of each ASCII character. Newcomers are called `guest-1` and so on; asking Unicode about
/// each letter of that would take longer than all other work for them.
static LOOKS: LazyLock<[Box<str>; 128]> = LazyLock::new(|| {
    let looks = |at| {
        u8::try_from(at).map_or_else(|_| Box::default(), |it| look_up(&char::from(it).to_string()))
    };
    std::array::from_fn(looks)
});

/// The skeleton (UTS 39) of a text, without case.
fn skeleton(text: &str) -> Box<str> {
    if !text.is_ascii() {
        return look_up(text);
    }
    let looks = text.bytes().filter_map(|byte| LOOKS.get(usize::from(byte)));
    looks.map(|look| &**look).collect::<String>().into_boxed_str()
}

/// The skeleton of any text, computed from Unicode's tables. It is done twice, because a capital
/// may look like a letter whose small form looks like others: a Cyrillic М like M, and m like rn.
fn look_up(text: &str) -> Box<str> {
    let once = unicode_security::skeleton(text).collect::<String>().to_lowercase();
    unicode_security::skeleton(&once).collect::<String>().into_boxed_str()
}

/// A text with an i for each capital letter that looks like a capital I, and so like a small l, but
/// whose small form looks like an i: the Cyrillic and the Greek one.
fn with_small_i(text: &str) -> String {
    let looks = |char: char, as_what: &str| {
        unicode_security::skeleton(char.encode_utf8(&mut [0; 4])).eq(as_what.chars())
    };
    let is_i = |char: char| {
        char.is_uppercase() && looks(char, "l") && char.to_lowercase().all(|it| looks(it, "i"))
    };
    text.chars().map(|char| if is_i(char) { 'i' } else { char }).collect()
}

fn check(name: &str, chars_max: usize) -> Result<(), BadName> {
    if name.is_empty() || name.chars().count() > chars_max {
        return Err(BadName::Length(chars_max));
    }
    let allowed = |char| MARKS.contains(&char) || is_letter(char) || is_mark(char);
    let is_fine = name.chars().all(allowed)
        && name.contains(is_letter)
        && has_sound_marks(name)
        && shows_letters(name);
    if is_fine { Ok(()) } else { Err(BadName::Characters) }
}

/// Whether `char` is a letter or a digit in use in names today.
fn is_letter(char: char) -> bool {
    char.is_alphanumeric() && !is_combining_mark(char) && is_in_use(char)
}

/// Whether `char` is a sign that belongs to the letter before it, as most scripts need: accents,
/// vowels, tones. The less common ones are the points of some scripts; on Latin letters they are
/// lines and rings.
fn is_mark(char: char) -> bool {
    let is_uncommon = char.identifier_type() == Some(IdentifierType::Uncommon_Use);
    is_combining_mark(char) && (is_in_use(char) || is_uncommon && !share_a_script(char, 'a'))
}

/// Whether Unicode lists `char` as in use in names today (UAX 31, UTS 39).
fn is_in_use(char: char) -> bool {
    match char.identifier_type() {
        Some(IdentifierType::Recommended | IdentifierType::Limited_Use) => true,
        // A vowel of Thai and of Lao, which is one letter to its writers.
        Some(IdentifierType::Not_NFKC) => matches!(char, '\u{e33}' | '\u{eb3}'),
        // Mongolian, which Unicode counts as a historic script.
        Some(IdentifierType::Exclusion) => matches!(char, '\u{1820}'..='\u{1842}'),
        _ => false,
    }
}

/// Whether marks stand after letters, not too many, and none that would be invisible: the same one
/// twice in a row, or a dot on a letter that has one.
fn has_sound_marks(name: &str) -> bool {
    let mut marks = 0;
    let few = name.chars().all(|char| {
        marks = if is_combining_mark(char) { marks + 1 } else { 0 };
        marks <= NAME_MARKS_MAX
    });
    let unseen = name.nfd().zip(name.nfd().skip(1)).any(|(one, next)| {
        let is_dotted = matches!(one, 'i' | 'j' | 'l' | 'ı') && next == '\u{307}';
        is_dotted || one == next && is_combining_mark(next)
    });
    few && !unseen && !name.starts_with(is_combining_mark)
}

/// Whether a name looks like what it is made of. A letter that looks like a bracket, a quote or a
/// stroke may stand only in a word of its own script, and not at all if that script is little used.
/// Nor may a little-used script imitate plain Latin.
fn shows_letters(name: &str) -> bool {
    let chars: Vec<char> = name.chars().collect();
    let mut has_letter = false;
    for (at, char) in chars.iter().copied().enumerate() {
        if !looks_like_punctuation(char) {
            has_letter |= is_letter(char);
            continue;
        }
        let beside = [at.wrapping_sub(1), at + 1].into_iter().filter_map(|at| chars.get(at));
        let is_at_home = beside.copied().any(|other| {
            other != char
                && other.is_alphanumeric()
                && !AugmentedScriptSet::for_char(other).is_all()
                && share_a_script(other, char)
        });
        if char.identifier_type() != Some(IdentifierType::Recommended) || !is_at_home {
            return false;
        }
    }
    let is_rare = |char: &char| char.identifier_type() == Some(IdentifierType::Limited_Use);
    has_letter && !(chars.iter().any(is_rare) && skeleton(name).is_ascii())
}

/// Whether `char` is a letter that looks like punctuation.
fn looks_like_punctuation(char: char) -> bool {
    if char.is_ascii() {
        return false;
    }
    let is_other = |char: char| {
        let is_named = char.is_alphanumeric() || is_combining_mark(char) || MARKS.contains(&char);
        !is_named && char < IDEOGRAPHS
    };
    // In letters with two cases only a part looks like a stroke: in Ґ, ð, Ɓ.
    let is_cased = char.is_lowercase() || char.is_uppercase();
    let is_common = char.identifier_type() == Some(IdentifierType::Recommended);
    !(is_cased && is_common)
        && unicode_security::skeleton(char.encode_utf8(&mut [0; 4])).any(is_other)
}

fn share_a_script(one: char, other: char) -> bool {
    let mut both = AugmentedScriptSet::for_char(one);
    both.intersect_with(AugmentedScriptSet::for_char(other));
    !both.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_looks_as_unicode_says() {
        for (one, two) in (0..128).flat_map(|one| (0..128).map(move |two| (one, two))) {
            let text: String = [char::from(one), char::from(two)].iter().collect();
            assert_eq!(skeleton(&text), look_up(&text), "{text:?}");
        }
        assert_eq!(&*skeleton("Guest-1m"), "guest-lrn");
    }
}
