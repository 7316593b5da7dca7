//! Words: what is looked for, and what the index knows of a message.

use crate::limits::{SEARCH_PHRASES_MAX, SEARCH_WORDS_MAX, TEXT_BYTES_MAX};
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// What is looked for: phrases, each of some words in a row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Phrases(Vec<Vec<String>>);

impl Phrases {
    pub(super) fn of(words: &str) -> Self {
        // Nothing that is longer has been said.
        let words: String = words[..words.floor_char_boundary(TEXT_BYTES_MAX)].nfc().collect();
        let mut left = SEARCH_WORDS_MAX;
        let phrases = split(&words).take(SEARCH_PHRASES_MAX).map(|word| {
            let phrase: Vec<String> =
                spaced(word).split_whitespace().take(left).map(str::to_owned).collect();
            left -= phrase.len();
            phrase
        });
        Self(phrases.filter(|phrase| !phrase.is_empty()).collect())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The query of the index for messages of some places that have all of them.
    pub(super) fn query(&self, places: &[&str]) -> String {
        let places: Vec<String> = places.iter().map(|place| place_word(place)).collect();
        let all = self.0.iter().map(|phrase| format!("\"{}\"", phrase.join(" ")));
        let all: Vec<String> =
            std::iter::once(format!("({})", places.join(" OR "))).chain(all).collect();
        all.join(" AND ")
    }

    /// Whether a text has all of them.
    pub(super) fn are_in(&self, text: &str) -> bool {
        let text = plain(text);
        let spaced = spaced(&text);
        let words: Vec<&str> = split(&spaced).collect();
        self.0.iter().all(|phrase| words.windows(phrase.len()).any(|some| some == phrase))
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// A text in small letters and without accents, as the index knows it, about.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let is_accent = |char: &char| ('\u{300}'..='\u{36f}').contains(char);
    text.to_lowercase().nfd().filter(|char| !is_accent(char)).nfc().collect()
}

/// A text in normal form C, in which signs of writings that have no spaces between words, or join
/// to words what belongs to them, stand alone: any of them in a row can be looked for.
fn spaced(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut spaced = String::with_capacity(text.len() * 2);
    for char in text.nfc() {
        match is_joined(char) {
            true => spaced.extend([' ', char, ' ']),
            false => spaced.push(char),
        }
    }
    Cow::Owned(spaced)
}

/// Whether a sign is one of such a writing, by Unicode's blocks: Thai and Lao, Burmese, Khmer,
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

/// The word that stands for a place in the index. It begins with a sign that is in no word that is
/// looked for, and that the index takes for a letter.
fn place_word(place: &str) -> String {
    let digest: [u8; 20] = Sha1::digest(place).into();
    let start = digest.iter().take(size_of::<u64>());
    let place = start.fold(0_u64, |word, byte| word << u8::BITS | u64::from(*byte));
    format!("\u{e000}{place:x}")
}

/// What the index is told of a message.
pub(super) fn indexed(place: &str, text: &str) -> String {
    format!("{} {}", place_word(place), spaced(text))
}

/// Whether there is a word to look for.
pub(crate) fn has_word(words: &str) -> bool {
    split(words).next().is_some()
}
