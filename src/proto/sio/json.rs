//! JSON text without a tree: how deep it is, where its elements end, what its placeholders name.

use super::Malformed;
use crate::limits::JSON_DEPTH_MAX;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// The whitespace of JSON (RFC 8259, section 2).
pub(super) const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Checks that `text` is one JSON value of at most [`JSON_DEPTH_MAX`] levels. Strings may hold
/// escapes of lone surrogates, and numbers may be of any size.
pub(super) fn validate(text: &str) -> Result<(), Malformed> {
    if is_too_deep(text.as_bytes()) {
        return Err(Malformed);
    }
    serde_json::from_str::<IgnoredAny>(text).map(drop).map_err(|_| Malformed)
}

fn is_too_deep(json: &[u8]) -> bool {
    // Opening brackets differ in one bit. So few of them, even those in strings, cannot be deep.
    let opening = json.iter().filter(|byte| **byte | 0x20 == b'{').count();
    if opening <= JSON_DEPTH_MAX {
        return false;
    }
    let (mut at, mut depth) = (0, 0_usize);
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

/// Where the bytes behind a string's closing quote begin; `from` is behind its opening quote.
pub(super) fn string_end(json: &[u8], from: usize) -> usize {
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

/// Where the first comma outside of strings, arrays and objects stands.
fn comma(json: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
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

/// Checks that every placeholder in `json` names one of so many attachments. If `json` itself is a
/// placeholder, the number it names is returned.
///
/// It recurses, so `json` must have passed [`validate`]. Unlike that it refuses lone surrogates and
/// numbers beyond the range of a double.
pub(super) fn placeholders(json: &str, attachments: usize) -> Result<Option<usize>, Malformed> {
    let mut reader = serde_json::Deserializer::from_str(json);
    match (Walk { attachments }).deserialize(&mut reader) {
        Ok(Seen::Placeholder(number)) => Ok(Some(number)),
        Ok(_) => Ok(None),
        Err(_) => Err(Malformed),
    }
}

#[derive(Clone, Copy)]
struct Walk {
    attachments: usize,
}

/// What matters of a value.
#[derive(Clone, Copy)]
enum Seen {
    True,
    Number(u64),
    Placeholder(usize),
    Other,
}

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = Seen;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Seen, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Seen, E> {
        Ok(if value { Seen::True } else { Seen::Other })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Seen, E> {
        Ok(Seen::Number(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Seen, A::Error> {
        while elements.next_element_seed(self)?.is_some() {}
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Seen, A::Error> {
        // Of a key that comes twice the last value counts, as in JavaScript.
        let (mut mark, mut number) = (Seen::Other, Seen::Other);
        while let Some(key) = entries.next_key_seed(Key)? {
            let value = entries.next_value_seed(self)?;
            match &*key {
                "_placeholder" => mark = value,
                "num" => number = value,
                _ => (),
            }
        }
        if !matches!(mark, Seen::True) {
            return Ok(Seen::Other);
        }
        let Seen::Number(number) = number else {
            return Err(A::Error::custom("a placeholder without a number"));
        };
        let number = usize::try_from(number).ok().filter(|number| *number < self.attachments);
        number.map(Seen::Placeholder).ok_or_else(|| A::Error::custom("no such attachment"))
    }
}

/// A key, not copied unless it holds escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
