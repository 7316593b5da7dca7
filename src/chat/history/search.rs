//! What people search for, and the index of words.

use super::people::read;
use super::store::{COLUMNS, Store, message};
use super::{History, Message};
use crate::limits::{
    SEARCH_BLOCK_BITS, SEARCH_PHRASES_MAX, SEARCH_SECONDS_MAX, SEARCH_SLICE_BITS, SEARCH_STEPS,
    SEARCH_WORDS_MAX, TEXT_BYTES_MAX,
};
use crate::server::Stopwatch;
use rusqlite::{Transaction, params};
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The last messages, oldest first.
    pub(crate) messages: Vec<Message>,
    /// There was no time to look at all.
    pub(crate) is_cut: bool,
}

/// What is looked for: phrases, each of some words in a row.
#[derive(Debug, PartialEq, Eq)]
struct Phrases(Vec<Vec<String>>);

impl Phrases {
    fn of(words: &str) -> Self {
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

    /// The query of the index for messages that have all of them, and one of some words more.
    fn query(&self, one_of: &[String]) -> String {
        let all = self.0.iter().map(|phrase| format!("\"{}\"", phrase.join(" ")));
        let one_of = Some(one_of.join(" OR ")).filter(|one_of| !one_of.is_empty());
        let all: Vec<String> =
            one_of.map(|one_of| format!("({one_of})")).into_iter().chain(all).collect();
        all.join(" AND ")
    }

    /// Whether a text has all of them.
    fn are_in(&self, text: &str) -> bool {
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
fn plain(text: &str) -> String {
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

/// The word that stands for a place in the index, all of it or one block of its messages. It begins
/// with a sign that is in no word that is looked for, and that the index takes for a letter.
fn place_word(place: &str, block: Option<i64>) -> String {
    let digest: [u8; 20] = Sha1::digest(place).into();
    let start = digest.iter().take(size_of::<u64>());
    let place = start.fold(0_u64, |word, byte| word << u8::BITS | u64::from(*byte));
    match block {
        Some(block) => format!("\u{e001}{place:x}\u{e001}{block:x}"),
        None => format!("\u{e000}{place:x}"),
    }
}

/// What the index is told of a message.
fn indexed(id: i64, place: &str, text: &str) -> String {
    let (block, place) =
        (place_word(place, Some(id >> SEARCH_BLOCK_BITS)), place_word(place, None));
    format!("{place} {block} {}", spaced(text))
}

/// Whether there is a word to look for.
pub(crate) fn has_word(words: &str) -> bool {
    split(words).next().is_some()
}

/// Adds the words of the messages after one, up to another, to the index.
pub(super) fn index(transaction: &Transaction<'_>, after: i64, upto: i64) -> rusqlite::Result<()> {
    let sql = "SELECT id, place, text FROM message WHERE id > ? AND id <= ? ORDER BY id";
    let mut select = transaction.prepare_cached(sql)?;
    let sql = "INSERT INTO word (rowid, text) VALUES (?, ?)";
    let mut insert = transaction.prepare_cached(sql)?;
    let mut rows = select.query([after, upto])?;
    while let Some(row) = rows.next()? {
        let (id, place, text): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        insert.execute(params![id, indexed(id, &place, &text)])?;
    }
    Ok(())
}

/// Takes the words of a message that is indexed out of the index.
pub(super) fn forget(
    transaction: &Transaction<'_>,
    id: i64,
    place: &str,
    text: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO word (word, rowid, text) VALUES ('delete', ?, ?)";
    let mut delete = transaction.prepare_cached(sql)?;
    delete.execute(params![id, indexed(id, place, text)])?;
    Ok(())
}

impl History {
    /// The last messages of some places with all of these words.
    pub(crate) fn search(&mut self, places: &[&str], words: &str, count: usize) -> Found {
        let plain = Phrases::of(&plain(words));
        if plain.0.is_empty() {
            return Found::default();
        }
        let waiting = self.waiting.iter().rev().map(|waiting| &waiting.message);
        let messages = waiting
            .filter(|message| places.contains(&&*message.place) && plain.are_in(&message.text))
            .take(count)
            .cloned()
            .collect();
        let mut found = Found { messages, is_cut: false };
        if let Some(store) = &self.store {
            read(Some(store.search(places, words, &plain, count, &mut found)));
        }
        found.messages.reverse();
        found
    }
}

impl Store {
    /// Adds the messages of some places with all of these words, newest first, for as long as there
    /// is time.
    fn search(
        &self,
        places: &[&str],
        words: &str,
        plain: &Phrases,
        count: usize,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        let phrases = Phrases::of(words);
        if phrases.0.is_empty() || places.is_empty() {
            return Ok(());
        }
        let json = serde_json::json!(places).to_string();
        let slices = (self.indexed + 1, self.last_id, SEARCH_SLICE_BITS);
        look_back(slices, count, found, |slice, found| {
            self.search_slice(&json, plain, slice, count, found)
        })?;
        let place = places.iter().map(|place| place_word(place, None));
        let place: Vec<String> = place.take_while(|_| places.len() == 1).collect();
        if self.has_rare(&phrases, &place)? {
            return self.search_indexed(&json, &phrases.query(&place), count, found);
        }
        let sql = "SELECT coalesce(min(id), 0) FROM message";
        let first = self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let blocks = (first, self.indexed, SEARCH_BLOCK_BITS);
        look_back(blocks, count, found, |block, found| {
            let places = places.iter().map(|place| place_word(place, Some(block)));
            let places: Vec<String> = places.collect();
            self.search_indexed(&json, &phrases.query(&places), count, found)
        })
    }

    /// Whether one of the words is in so few messages that the index finds those with all of them
    /// at once. Nothing stops it in the middle.
    fn has_rare(&self, phrases: &Phrases, place: &[String]) -> rusqlite::Result<bool> {
        let words: Vec<&String> = place.iter().chain(phrases.0.iter().flatten()).collect();
        let few = SEARCH_STEPS / i64::try_from(words.len()).unwrap_or(SEARCH_STEPS);
        let sql = "SELECT count(*) FROM (SELECT 1 FROM word WHERE word MATCH ? LIMIT ?)";
        let mut select = self.connection.prepare_cached(sql)?;
        for word in words {
            let word = format!("\"{word}\"");
            let count: i64 = select.query_row(params![word, few], |row| row.get(0))?;
            if count < few {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn search_indexed(
        &self,
        places: &str,
        query: &str,
        count: usize,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        let sql = "SELECT m.id, m.ts, m.place, m.author, m.action, m.text, m.sender,
                   m.payload
                   FROM word JOIN message AS m ON m.id = word.rowid
                   WHERE word MATCH ? AND m.place IN (SELECT value FROM json_each(?))
                   ORDER BY word.rowid DESC LIMIT ?";
        let mut select = self.connection.prepare_cached(sql)?;
        let count = i64::try_from(count - found.messages.len()).unwrap_or(i64::MAX);
        let mut rows = select.query(params![query, places, count])?;
        while let Some(row) = rows.next()? {
            found.messages.push(message(row)?);
        }
        Ok(())
    }

    /// Searches some of what is not indexed yet.
    fn search_slice(
        &self,
        places: &str,
        phrases: &Phrases,
        slice: i64,
        count: usize,
        found: &mut Found,
    ) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT {COLUMNS} FROM message WHERE id >= ? AND id < ?
             AND +place IN (SELECT value FROM json_each(?)) ORDER BY id DESC"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let (from, to) = (slice << SEARCH_SLICE_BITS, (slice + 1) << SEARCH_SLICE_BITS);
        let mut rows = select.query(params![from.max(self.indexed + 1), to, places])?;
        while found.messages.len() < count
            && let Some(row) = rows.next()?
        {
            let message = message(row)?;
            if phrases.are_in(&message.text) {
                found.messages.push(message);
            }
        }
        Ok(())
    }
}

/// Looks through messages from the last to the first, as many at once as have numbers that differ
/// in these bits, until enough are found or there is no more time.
fn look_back(
    (first, last, bits): (i64, i64, u32),
    count: usize,
    found: &mut Found,
    mut look: impl FnMut(i64, &mut Found) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let watch = Stopwatch::start();
    for part in ((first >> bits)..=(last >> bits)).rev().take_while(|_| first <= last) {
        look(part, found)?;
        if found.messages.len() >= count {
            break;
        }
        if part > first >> bits && watch.seconds() > SEARCH_SECONDS_MAX {
            found.is_cut = true;
            break;
        }
    }
    Ok(())
}
