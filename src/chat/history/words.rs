//! Words: those of a search, and those of a message in the index.

use crate::limits::{SEARCH_PHRASES_MAX, SEARCH_WORDS_MAX, TEXT_BYTES_MAX};
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// The phrases of a search, each of some words in a row, as they were typed without a blank. The
/// last one may be the beginning of a word.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Phrases(Vec<Vec<String>>);

impl Phrases {
    pub(super) fn of(words: &str) -> Self {
        // No message is longer than this.
        let words: String = words[..words.floor_char_boundary(TEXT_BYTES_MAX)].nfc().collect();
        let mut left = SEARCH_WORDS_MAX;
        let phrases = words.split_whitespace().map(|typed| {
            let phrase: Vec<String> = split(&spaced(typed)).take(left).map(str::to_owned).collect();
            left -= phrase.len();
            phrase
        });
        Self(phrases.filter(|phrase| !phrase.is_empty()).take(SEARCH_PHRASES_MAX).collect())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The index's query for messages of some places that have all of them.
    pub(super) fn query(&self, places: &[&str]) -> String {
        let places: Vec<String> = places.iter().map(|place| place_word(place)).collect();
        let all = self.0.iter().map(|phrase| {
            let begins = if begins_others(phrase) { "*" } else { "" };
            format!("\"{}\"{begins}", phrase.join(" "))
        });
        let all: Vec<String> =
            std::iter::once(format!("({})", places.join(" OR "))).chain(all).collect();
        all.join(" AND ")
    }

    /// Whether a text has all of them.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = plain(text);
        let spaced = spaced(&text);
        let words: Vec<&str> = split(&spaced).collect();
        let is_there = |phrase: &Vec<String>, some: &[&str]| match (phrase.split_last(), some) {
            (Some((last, before)), [words @ .., word]) if begins_others(phrase) => {
                words == before && word.starts_with(&**last)
            }
            _ => some == phrase,
        };
        self.0.iter().all(|phrase| words.windows(phrase.len()).any(|some| is_there(phrase, some)))
    }
}

/// Whether a phrase also finds words that its last one begins. One sign begins too many.
fn begins_others(phrase: &[String]) -> bool {
    phrase.last().is_some_and(|word| word.chars().nth(1).is_some())
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A text in small letters and without accents, about as in the index.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let is_accent = |char: &char| ('\u{300}'..='\u{36f}').contains(char);
    text.to_lowercase().nfd().filter(|char| !is_accent(char)).nfc().collect()
}

/// A text in normal form C, with a space around each sign of scripts that have no spaces between
/// words, or that join particles to words, so that any signs in a row can be searched for; and with
/// one between letters and digits, so that `1.2` is found in `v1.2rc3`.
fn spaced(text: &str) -> Cow<'_, str> {
    if text.is_ascii()
        && !text.as_bytes().windows(2).any(|two| is_edge(two[0].into(), two[1].into()))
    {
        return Cow::Borrowed(text);
    }
    let mut spaced = String::with_capacity(text.len() * 2);
    let mut before = ' ';
    for char in text.nfc() {
        if is_edge(before, char) {
            spaced.push(' ');
        }
        match is_joined(char) {
            true => spaced.extend([' ', char, ' ']),
            false => spaced.push(char),
        }
        before = char;
    }
    Cow::Owned(spaced)
}

/// Whether one of two signs in a row is a letter, and the other a digit.
fn is_edge(one: char, other: char) -> bool {
    one.is_alphabetic() && other.is_ascii_digit() || one.is_ascii_digit() && other.is_alphabetic()
}

/// Whether a sign belongs to such a script, by Unicode's blocks: Thai and Lao, Burmese, Khmer,
/// Japanese, Chinese, Korean.
const fn is_joined(char: char) -> bool {
    matches!(
        char,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// The word that stands for a place in the index. Its first sign occurs in no search, and counts as
/// a letter for the index.
fn place_word(place: &str) -> String {
    let digest: [u8; 20] = Sha1::digest(place).into();
    let start = digest.iter().take(size_of::<u64>());
    let place = start.fold(0_u64, |word, byte| word << u8::BITS | u64::from(*byte));
    format!("\u{e000}{place:x}")
}

/// The text for the index of a message.
pub(super) fn indexed(place: &str, text: &str) -> String {
    format!("{} {}", place_word(place), spaced(text))
}

/// Whether there is a word to search for.
pub(crate) fn has_word(words: &str) -> bool {
    split(words).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_syntax::hir::{Class, HirKind};

    /// Letters and digits, as far as the table knows them.
    const WORDS: &str = r"[\p{Alphabetic}\p{N}]";
    /// Characters used in the scripts of [`is_joined`].
    const WRITTEN: &str = concat!(
        r"[\p{scx=Thai}\p{scx=Lao}\p{scx=Myanmar}\p{scx=Khmer}",
        r"\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]"
    );
    /// Characters that only these scripts use.
    const OWN: &str = concat!(
        r"[\p{sc=Thai}\p{sc=Lao}\p{sc=Myanmar}\p{sc=Khmer}",
        r"\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]"
    );
    /// Characters that are not searched for alone: jamo, which normal form C combines into
    /// syllables, numerals, historic kana, and the letters that Shan and other languages add to
    /// Burmese.
    const RARE: &str = concat!(
        r"[\u1100-\u11FF\u3021-\u3029\u3038-\u303B\u3131-\u318E\uA960-\uA97C\uA9E0-\uA9FE",
        r"\uAA60-\uAA7F\uD7B0-\uD7FB\uFFA0-\uFFDC\U000116D0-\U000116E3",
        r"\U00016FE2-\U00016FF6\U0001AFF0-\U0001B167]"
    );

    fn class(pattern: &str) -> impl Fn(char) -> bool {
        let HirKind::Class(Class::Unicode(class)) =
            regex_syntax::parse(pattern).expect("a class").into_kind()
        else {
            panic!("{pattern} is no class");
        };
        move |char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&char))
    }

    #[test]
    fn parts_of_words_are_found() {
        let finds = |words: &str, text: &str| Phrases::of(&plain(words)).are_in(text);
        for (words, text) in [
            ("run", "Running late"),
            ("1.2.3", "released v1.2.3-rc4"),
            ("v1.2", "released v1.2.3-rc4"),
            ("rc4", "released v1.2.3-rc4"),
            ("bob@exam", "write to Bob@example.com"),
            ("late run", "Running late"),
            ("日本", "今日本屋"),
        ] {
            assert!(finds(words, text), "{words} in {text}");
        }
        for (words, text) in [
            ("unning", "Running late"),
            ("1.2.3", "1.2 and 3"),
            ("r", "Running late"),
            ("late.run", "Running late"),
            ("runs", "Running late"),
        ] {
            assert!(!finds(words, text), "{words} in {text}");
        }
    }

    #[test]
    fn signs_that_stand_alone_are_those_of_scripts_without_spaces() {
        let word = class(WORDS);
        let written = class(WRITTEN);
        let own = class(OWN);
        let rare = class(RARE);
        for char in ('\0'..=char::MAX).filter(|char| word(*char)) {
            assert!(written(char) || !is_joined(char), "{char:?} is of another script");
            assert_eq!(own(char) && !is_joined(char), own(char) && rare(char), "{char:?}");
        }
    }
}
