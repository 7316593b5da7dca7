//! What people search for.

use crate::limits::SEARCH_WORDS_MAX;

/// The query of the index for messages with all of these words; `None` if there is no word.
pub(super) fn query(words: &str) -> Option<String> {
    let words: Vec<String> =
        split(words).take(SEARCH_WORDS_MAX).map(|word| format!("\"{word}\"")).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Whether a text has all of these words.
pub(super) fn has_words(text: &str, words: &str) -> bool {
    let all: Vec<String> = split(text).collect();
    split(words).take(SEARCH_WORDS_MAX).all(|word| all.contains(&word))
}

fn split(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|char: char| !char.is_alphanumeric());
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase)
}
