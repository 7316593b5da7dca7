//! JSON to MessagePack.

use super::{Malformed, mark};
use crate::limits::JSON_DEPTH_MAX;
use crate::sio::{names_each_once, string_end, unquote};

/// Longest string, list or map whose length is in its first byte.
const FIX_STR_MAX: usize = 31;
const FIX_ITEMS_MAX: usize = 15;
/// The keys of a placeholder.
const MARK_KEY: &[u8] = b"_placeholder";
const NUMBER_KEY: &[u8] = b"num";

/// Appends a value, which is JSON with placeholders for `attachments`, to `out` in the shortest
/// form. Half of a surrogate pair becomes U+FFFD.
///
/// # Errors
/// If it is not one value of JSON, is deeper than [`JSON_DEPTH_MAX`], or names an attachment twice
/// or one that is not there. Then `out` is as before.
///
/// # Examples
/// ```
/// use mio_wire::msgpack;
///
/// let mut bytes = Vec::new();
/// let json = r#"{"png":{"_placeholder":true,"num":0}}"#;
/// msgpack::encode(json, &[vec![1, 2]], &mut bytes).expect("it is JSON");
/// assert_eq!(bytes, b"\x81\xa3png\xc4\x02\x01\x02");
/// ```
pub fn encode(json: &str, attachments: &[Vec<u8>], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let from = out.len();
    let is_named_well = attachments.is_empty() || names_each_once(json, attachments.len());
    let mut writer = Writer { json, at: 0, attachments, out, long: Vec::new() };
    let written = writer.value(JSON_DEPTH_MAX).and_then(|()| writer.end());
    if !is_named_well || written.is_err() {
        out.truncate(from);
        return Err(Malformed);
    }
    let long = writer.long;
    set_heads(out, long);
    Ok(())
}

/// Puts the heads of long lists and maps into their places, all in one go: one inside the other,
/// each may be as long as the message.
fn set_heads(out: &mut Vec<u8>, mut long: Vec<Head>) {
    long.sort_unstable_by_key(|head| head.at);
    let Some(first) = long.first() else { return };
    let rest = out.split_off(first.at);
    let offset = first.at;
    let mut from = 0;
    for Head { at, bytes } in long {
        out.extend_from_slice(&rest[from..at - offset]);
        out.extend_from_slice(&bytes);
        // After the byte that kept its place.
        from = at - offset + 1;
    }
    out.extend_from_slice(&rest[from..]);
}

/// The mark and the length of a list or map that has many items.
struct Head {
    /// The place of the one byte that it replaces.
    at: usize,
    bytes: Vec<u8>,
}

/// Walks over JSON from its beginning to its end.
struct Writer<'a> {
    json: &'a str,
    at: usize,
    attachments: &'a [Vec<u8>],
    out: &'a mut Vec<u8>,
    long: Vec<Head>,
}

impl Writer<'_> {
    /// The next byte after white space, which stays.
    fn peek(&mut self) -> Result<u8, Malformed> {
        let rest = self.json.as_bytes().get(self.at..).ok_or(Malformed)?;
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.json.as_bytes().get(self.at).copied().ok_or(Malformed)
    }

    /// Takes the next byte after white space if it is this one.
    fn takes(&mut self, byte: u8) -> Result<bool, Malformed> {
        let is_next = self.peek()? == byte;
        self.at += usize::from(is_next);
        Ok(is_next)
    }

    fn end(&mut self) -> Result<(), Malformed> {
        self.peek().map_or(Ok(()), |_| Err(Malformed))
    }

    fn value(&mut self, levels: usize) -> Result<(), Malformed> {
        match self.peek()? {
            b'{' => self.object(levels.checked_sub(1).ok_or(Malformed)?),
            b'[' => self.array(levels.checked_sub(1).ok_or(Malformed)?),
            b'"' => self.string().map(drop),
            b't' => self.word("true", mark::TRUE),
            b'f' => self.word("false", mark::FALSE),
            b'n' => self.word("null", mark::NIL),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str, mark: u8) -> Result<(), Malformed> {
        if !self.json[self.at..].starts_with(word) {
            return Err(Malformed);
        }
        self.at += word.len();
        self.out.push(mark);
        Ok(())
    }

    /// Writes a string, and returns where its text begins.
    fn string(&mut self) -> Result<usize, Malformed> {
        if self.peek()? != b'"' {
            return Err(Malformed);
        }
        let end = string_end(self.json.as_bytes(), self.at + 1);
        let quoted = self.json.get(self.at..end).ok_or(Malformed)?;
        let text = unquote(quoted).ok_or(Malformed)?;
        self.at = end;
        let length = text.len();
        match length <= FIX_STR_MAX {
            true => self.out.push(mark::FIX_STR | u8::try_from(length).unwrap_or_default()),
            false => self.length(length, [Some(mark::STR_8), Some(mark::STR_16)], mark::STR_32)?,
        }
        let from = self.out.len();
        self.out.extend_from_slice(text.as_bytes());
        Ok(from)
    }

    /// Writes the mark and the length of something, in the shortest of these forms.
    fn length(
        &mut self,
        length: usize,
        [short, middle]: [Option<u8>; 2],
        long: u8,
    ) -> Result<(), Malformed> {
        match (short, u8::try_from(length), middle, u16::try_from(length)) {
            (Some(mark), Ok(length), _, _) => self.out.extend([mark, length]),
            (_, _, Some(mark), Ok(length)) => {
                self.out.push(mark);
                self.out.extend(length.to_be_bytes());
            }
            _ => {
                self.out.push(long);
                self.out.extend(u32::try_from(length).map_err(|_| Malformed)?.to_be_bytes());
            }
        }
        Ok(())
    }

    fn array(&mut self, levels: usize) -> Result<(), Malformed> {
        let start = self.open();
        let mut count = 0;
        if !self.takes(b']')? {
            loop {
                self.value(levels)?;
                count += 1;
                if self.takes(b']')? {
                    break;
                }
                self.comma()?;
            }
        }
        self.close(start, count, mark::FIX_ARRAY, [mark::ARRAY_16, mark::ARRAY_32])
    }

    fn object(&mut self, levels: usize) -> Result<(), Malformed> {
        let start = self.open();
        let (mut count, mut is_placeholder, mut number) = (0, false, None);
        if !self.takes(b'}')? {
            loop {
                let key = self.string()?;
                let key = (&self.out[key..] == MARK_KEY, &self.out[key..] == NUMBER_KEY);
                if !self.takes(b':')? {
                    return Err(Malformed);
                }
                self.peek()?;
                let from = self.at;
                self.value(levels)?;
                // If a key comes twice, the last value counts, as in JavaScript.
                match (key, &self.json[from..self.at]) {
                    ((true, _), value) => is_placeholder = value == "true",
                    ((_, true), value) => number = value.parse().ok(),
                    _ => (),
                }
                count += 1;
                if self.takes(b'}')? {
                    break;
                }
                self.comma()?;
            }
        }
        if is_placeholder && !self.attachments.is_empty() {
            return self.bytes(start, number.ok_or(Malformed)?);
        }
        self.close(start, count, mark::FIX_MAP, [mark::MAP_16, mark::MAP_32])
    }

    /// Writes an attachment in the place of its placeholder, which begins at `start`.
    fn bytes(&mut self, start: usize, number: usize) -> Result<(), Malformed> {
        let bytes = self.attachments.get(number).ok_or(Malformed)?;
        self.out.truncate(start);
        self.long.retain(|head| head.at < start);
        self.length(bytes.len(), [Some(mark::BIN_8), Some(mark::BIN_16)], mark::BIN_32)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Begins a list or a map, with a place for its shortest mark.
    fn open(&mut self) -> usize {
        self.at += 1;
        self.out.push(0);
        self.out.len() - 1
    }

    fn comma(&mut self) -> Result<(), Malformed> {
        if self.takes(b',')? { Ok(()) } else { Err(Malformed) }
    }

    /// Ends the list or map that began at `start`, now that its number of items is known.
    fn close(
        &mut self,
        start: usize,
        count: usize,
        fix: u8,
        [middle, long]: [u8; 2],
    ) -> Result<(), Malformed> {
        if count <= FIX_ITEMS_MAX {
            self.out[start] = fix | u8::try_from(count).unwrap_or_default();
            return Ok(());
        }
        let end = self.out.len();
        self.length(count, [None, Some(middle)], long)?;
        let bytes = self.out.split_off(end);
        self.long.push(Head { at: start, bytes });
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        let rest = &self.json[self.at..];
        let is_part = |char: char| matches!(char, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        let text = &rest[..rest.find(|char| !is_part(char)).unwrap_or(rest.len())];
        self.at += text.len();
        if let Ok(number) = text.parse() {
            self.unsigned(number);
        } else if let Ok(number) = text.parse::<i64>() {
            // Minus zero is the one number with a sign that is not negative.
            match u64::try_from(number) {
                Ok(number) => self.unsigned(number),
                Err(_) => self.signed(number),
            }
        } else {
            self.out.push(mark::FLOAT_64);
            self.out.extend(text.parse::<f64>().map_err(|_| Malformed)?.to_be_bytes());
        }
        Ok(())
    }

    fn unsigned(&mut self, number: u64) {
        if number < u64::from(mark::FIX_MAP) {
            self.out.extend(u8::try_from(number));
            return;
        }
        self.in_bytes(mark::UINT_8, 64 - number.leading_zeros(), number);
    }

    /// A number below zero.
    fn signed(&mut self, number: i64) {
        match i8::try_from(number) {
            Ok(small) if small.cast_unsigned() >= mark::NEGATIVE_FIX_INT => {
                self.out.push(small.cast_unsigned());
            }
            _ => {
                let bits = 65 - (!number).leading_zeros();
                self.in_bytes(mark::INT_8, bits, number.cast_unsigned());
            }
        }
    }

    /// Writes the lowest 1, 2, 4 or 8 bytes of a number that needs this many bits, after the mark
    /// of that length. The marks of the four lengths follow each other.
    fn in_bytes(&mut self, first: u8, bits: u32, number: u64) {
        let bytes = bits.div_ceil(u8::BITS).next_power_of_two();
        self.out.push(first + u8::try_from(bytes.ilog2()).unwrap_or_default());
        let all = number.to_be_bytes();
        self.out.extend_from_slice(&all[all.len() - usize::try_from(bytes).unwrap_or(all.len())..]);
    }
}
