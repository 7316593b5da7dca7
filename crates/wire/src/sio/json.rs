//! JSON text without a tree: its depth, the ends of its elements, the numbers of its placeholders.
//!
//! Nothing here recurses, and only keys and the numbers of placeholders are read. Values that some
//! readers cannot take, half of a surrogate pair or a number beyond a double, are passed on to the
//! others unchanged.

use super::Malformed;
use crate::limits::JSON_DEPTH_MAX;
use serde::de::{Deserializer, Error, IgnoredAny, Visitor};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// The whitespace of JSON (RFC 8259, section 2).
pub(super) const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Checks that `text` is one JSON value, of any depth. Strings may hold escapes of lone surrogates,
/// and numbers may be of any size.
pub(super) fn validate(text: &str) -> Result<(), Malformed> {
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|_| Malformed)
}

/// Whether `json`, which is valid, has more than [`JSON_DEPTH_MAX`] levels.
pub(super) fn is_too_deep(json: &str) -> bool {
    let json = json.as_bytes();
    // Each level has two brackets, so a text this short cannot be too deep, even if all its
    // characters are brackets.
    if json.len() <= 2 * JSON_DEPTH_MAX {
        return false;
    }
    if memchr::memchr2_iter(b'[', b'{', json).nth(JSON_DEPTH_MAX).is_none() {
        return false;
    }
    let mut at = 0;
    let mut depth = 0_usize;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => at = string_end(json, at),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => (),
        }
        if depth > JSON_DEPTH_MAX {
            return true;
        }
    }
    false
}

/// The index after a string's closing quote; `from` is the index after its opening quote.
pub(crate) fn string_end(json: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(rest) = json.get(at..) {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(found) if rest.get(found) == Some(&b'"') => return at + found + 1,
            Some(found) => at += found + 2,
            None => break,
        }
    }
    json.len()
}

/// The elements of an array, without its brackets.
#[derive(Clone, Debug)]
pub(super) struct Elements<'b> {
    rest: Option<&'b str>,
}

impl<'b> Elements<'b> {
    pub(super) fn new(json: &'b str) -> Self {
        Self { rest: (!json.is_empty()).then_some(json) }
    }
}

impl<'b> Iterator for Elements<'b> {
    type Item = &'b str;

    fn next(&mut self) -> Option<&'b str> {
        let rest = self.rest?;
        let comma = comma(rest.as_bytes());
        let element = comma.map_or(Some(rest), |at| rest.get(..at));
        self.rest = comma.and_then(|at| rest.get(at + 1..));
        element.map(|element| element.trim_matches(WHITESPACE))
    }
}

/// The index of the first comma outside strings, arrays and objects.
fn comma(json: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut depth = 0_usize;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at = string_end(json, at + 1);
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return Some(at),
            _ => (),
        }
        at += 1;
    }
    None
}

/// Checks that every placeholder in `json`, which is valid, names one of `attachments` attachments.
/// If `json` itself is a placeholder, its number is returned.
pub(crate) fn placeholders(json: &str, attachments: usize) -> Result<Option<usize>, Malformed> {
    walk(json, attachments, None)
}

/// Whether each placeholder in `json` names another attachment, as clients write them. A short
/// packet that names one thousands of times could ask for thousands of copies of its bytes.
pub(crate) fn names_each_once(json: &str, attachments: usize) -> bool {
    walk(json, attachments, Some(BTreeSet::new())).is_ok()
}

fn walk(
    json: &str,
    attachments: usize,
    named: Option<BTreeSet<usize>>,
) -> Result<Option<usize>, Malformed> {
    let mut walk = Walk { attachments, named, open: Vec::new(), outermost: Seen::Other };
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let from = at;
        at += 1;
        match byte {
            b'[' | b'{' => walk.open.push(Open::new(*byte == b'{')),
            b']' | b'}' => walk.close()?,
            b'"' => {
                at = string_end(bytes, at);
                walk.string(json.get(from..at).unwrap_or_default());
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => (),
            _ => {
                let is_more = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                at +=
                    bytes.get(at..).unwrap_or_default().iter().take_while(|it| is_more(it)).count();
                walk.value(Seen::scalar(json.get(from..at).unwrap_or_default()));
            }
        }
    }
    match walk.outermost {
        Seen::Placeholder(number) => Ok(Some(number)),
        Seen::True | Seen::Number(_) | Seen::Other => Ok(None),
    }
}

/// The open arrays and objects during a walk over JSON.
struct Walk {
    attachments: usize,
    /// The attachments that placeholders have named so far, if each may be named once only.
    named: Option<BTreeSet<usize>>,
    open: Vec<Open>,
    outermost: Seen,
}

/// An array or an object that has not ended.
struct Open {
    is_object: bool,
    /// The key of the next value. In an object without one, a key comes next.
    key: Option<Key>,
    mark: Seen,
    number: Seen,
}

#[derive(Clone, Copy)]
enum Key {
    Mark,
    Number,
    Other,
}

/// The part of a value that matters here.
#[derive(Clone, Copy)]
enum Seen {
    True,
    Number(u64),
    Placeholder(usize),
    Other,
}

impl Seen {
    fn scalar(text: &str) -> Self {
        match text.parse() {
            _ if text == "true" => Self::True,
            Ok(number) => Self::Number(number),
            Err(_) => Self::Other,
        }
    }
}

impl Open {
    const fn new(is_object: bool) -> Self {
        Self { is_object, key: None, mark: Seen::Other, number: Seen::Other }
    }
}

impl Key {
    fn of(quoted: &str) -> Self {
        // Most keys are neither, so they are compared without a copy.
        let is_plain = !quoted.contains('\\');
        let key =
            if is_plain { Some(Cow::Borrowed(quoted.trim_matches('"'))) } else { unquote(quoted) };
        match key.as_deref().unwrap_or_default() {
            "_placeholder" => Self::Mark,
            "num" => Self::Number,
            _ => Self::Other,
        }
    }
}

impl Walk {
    fn string(&mut self, quoted: &str) {
        match self.open.last_mut() {
            Some(Open { is_object: true, key: key @ None, .. }) => *key = Some(Key::of(quoted)),
            _ => self.value(Seen::Other),
        }
    }

    /// A value has ended. If a key comes twice, the last value counts, as in JavaScript.
    fn value(&mut self, seen: Seen) {
        match self.open.last_mut() {
            None => self.outermost = seen,
            Some(open) => match open.key.take() {
                Some(Key::Mark) => open.mark = seen,
                Some(Key::Number) => open.number = seen,
                Some(Key::Other) | None => (),
            },
        }
    }

    fn close(&mut self) -> Result<(), Malformed> {
        let Some(Open { mark, number, .. }) = self.open.pop() else { return Err(Malformed) };
        let seen = match (mark, number) {
            (Seen::True, Seen::Number(number)) => {
                let number = usize::try_from(number).ok().filter(|it| *it < self.attachments);
                let is_new = |number: &usize| match &mut self.named {
                    Some(named) => named.insert(*number),
                    None => true,
                };
                let number = number.filter(is_new);
                Seen::Placeholder(number.ok_or(Malformed)?)
            }
            // A placeholder without a number.
            (Seen::True, _) => return Err(Malformed),
            _ => Seen::Other,
        };
        self.value(seen);
        Ok(())
    }
}

/// The text of a quoted string; `None` if it is not a string. Halves of surrogate pairs, which
/// cannot be text, become U+FFFD.
pub(crate) fn unquote(quoted: &str) -> Option<Cow<'_, str>> {
    let mut reader = serde_json::Deserializer::from_str(quoted);
    reader.deserialize_bytes(Text).ok()
}

/// A string as bytes: UTF-8, except for halves of surrogate pairs.
struct Text;

/// The first byte of half of a surrogate pair, written as if it were a character.
const HALF_BYTE: u8 = 0xed;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) => self.visit_bytes(bytes),
        }
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // One half has three bytes that are not valid. This one is the first of them.
            if chunk.invalid().first() == Some(&HALF_BYTE) {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(Cow::Owned(text))
    }
}
