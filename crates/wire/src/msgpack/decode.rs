//! MessagePack to JSON.

use super::{Malformed, mark};
use crate::limits::JSON_DEPTH_MAX;
use std::io::Write as _;

/// The type of an extension that is a time, by the specification.
const TIMESTAMP: u8 = 0xff;
/// The type by which notepack.io, the codec of `socket.io-msgpack-parser`, writes undefined and
/// dates.
const NOTEPACK: u8 = 0;
/// The low bits of a 64-bit timestamp, which are seconds; nanoseconds are above them.
const TIMESTAMP_SECONDS_BITS: u32 = 34;
const MS_PER_S: i64 = 1_000;
const NS_PER_MS: i64 = 1_000_000;
const S_PER_DAY: i64 = 86_400;

/// Appends the one value that `bytes` are, as JSON, to `json`, and the bytes in it to
/// `attachments`.
///
/// # Errors
/// If it is not one value of MessagePack, is deeper than [`JSON_DEPTH_MAX`], has text that is not
/// UTF-8, a key that is neither text nor a whole number, or an extension that is no date.
///
/// # Examples
/// ```
/// use mio_wire::msgpack;
///
/// let (mut json, mut attachments) = (Vec::new(), Vec::new());
/// msgpack::decode(b"\x92\xa2hi\xc4\x01\x07", &mut json, &mut attachments).expect("a list");
/// assert_eq!(json, br#"["hi",{"_placeholder":true,"num":0}]"#);
/// assert_eq!(attachments, [[7]]);
/// ```
pub fn decode(
    bytes: &[u8],
    json: &mut Vec<u8>,
    attachments: &mut Vec<Vec<u8>>,
) -> Result<(), Malformed> {
    let mut reader = Reader { rest: bytes, json, attachments };
    reader.value(JSON_DEPTH_MAX)?;
    if reader.rest.is_empty() { Ok(()) } else { Err(Malformed) }
}

struct Reader<'a> {
    rest: &'a [u8],
    json: &'a mut Vec<u8>,
    attachments: &'a mut Vec<Vec<u8>>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        self.take(1)?.first().copied().ok_or(Malformed)
    }

    /// A number of 1, 2, 4 or 8 bytes, by the place of its mark among those four.
    fn unsigned(&mut self, place: u8) -> Result<u64, Malformed> {
        let bytes = self.take(1 << place)?;
        Ok(bytes.iter().fold(0, |number, byte| number << u8::BITS | u64::from(*byte)))
    }

    fn signed(&mut self, place: u8) -> Result<i64, Malformed> {
        let unused = u64::BITS - (u8::BITS << place);
        Ok((self.unsigned(place)? << unused).cast_signed() >> unused)
    }

    fn length(&mut self, place: u8) -> Result<usize, Malformed> {
        usize::try_from(self.unsigned(place)?).map_err(|_| Malformed)
    }

    fn value(&mut self, levels: usize) -> Result<(), Malformed> {
        let first = self.byte()?;
        match first {
            0..mark::FIX_MAP => self.whole(i128::from(first)),
            mark::FIX_MAP..mark::FIX_ARRAY => {
                self.map(usize::from(first - mark::FIX_MAP), levels)?;
            }
            mark::FIX_ARRAY..mark::FIX_STR => {
                self.array(usize::from(first - mark::FIX_ARRAY), levels)?;
            }
            mark::FIX_STR..mark::NIL => self.string(usize::from(first - mark::FIX_STR))?,
            mark::NIL => self.json.extend_from_slice(b"null"),
            mark::FALSE => self.json.extend_from_slice(b"false"),
            mark::TRUE => self.json.extend_from_slice(b"true"),
            mark::BIN_8..=mark::BIN_32 => {
                let length = self.length(first - mark::BIN_8)?;
                let bytes = self.take(length)?.to_vec();
                let number = self.attachments.len();
                self.attachments.push(bytes);
                // Writing into memory does not fail.
                _ = write!(self.json, r#"{{"_placeholder":true,"num":{number}}}"#);
            }
            mark::EXT_8 => {
                let length = self.length(0)?;
                self.extension(length)?;
            }
            mark::FIX_EXT_1..=mark::FIX_EXT_8 => self.extension(1 << (first - mark::FIX_EXT_1))?,
            mark::FLOAT_32 => {
                let bits = u32::try_from(self.unsigned(2)?).map_err(|_| Malformed)?;
                self.float(f64::from(f32::from_bits(bits)));
            }
            mark::FLOAT_64 => {
                let number = f64::from_bits(self.unsigned(3)?);
                self.float(number);
            }
            mark::UINT_8..=mark::INT_64 => {
                let number = self.integer(first)?;
                self.whole(number);
            }
            mark::STR_8..=mark::STR_32 => {
                let length = self.length(first - mark::STR_8)?;
                self.string(length)?;
            }
            mark::ARRAY_16 | mark::ARRAY_32 => {
                let count = self.length(1 + first - mark::ARRAY_16)?;
                self.array(count, levels)?;
            }
            mark::MAP_16 | mark::MAP_32 => {
                let count = self.length(1 + first - mark::MAP_16)?;
                self.map(count, levels)?;
            }
            mark::NEGATIVE_FIX_INT.. => self.whole(i128::from(first.cast_signed())),
            _ => return Err(Malformed),
        }
        Ok(())
    }

    /// A whole number after its mark.
    fn integer(&mut self, first: u8) -> Result<i128, Malformed> {
        Ok(match first {
            mark::UINT_8..=mark::UINT_64 => i128::from(self.unsigned(first - mark::UINT_8)?),
            mark::INT_8..=mark::INT_64 => i128::from(self.signed(first - mark::INT_8)?),
            mark::NEGATIVE_FIX_INT.. => i128::from(first.cast_signed()),
            0..mark::FIX_MAP => i128::from(first),
            _ => return Err(Malformed),
        })
    }

    fn whole(&mut self, number: i128) {
        _ = write!(self.json, "{number}");
    }

    fn float(&mut self, number: f64) {
        match number.is_finite() {
            true => _ = serde_json::to_writer(&mut *self.json, &number),
            false => self.json.extend_from_slice(b"null"),
        }
    }

    fn string(&mut self, length: usize) -> Result<(), Malformed> {
        let text = simdutf8::basic::from_utf8(self.take(length)?).map_err(|_| Malformed)?;
        serde_json::to_writer(&mut *self.json, text).map_err(|_| Malformed)
    }

    fn array(&mut self, count: usize, levels: usize) -> Result<(), Malformed> {
        let levels = levels.checked_sub(1).ok_or(Malformed)?;
        self.json.push(b'[');
        for at in 0..count {
            if at > 0 {
                self.json.push(b',');
            }
            self.value(levels)?;
        }
        self.json.push(b']');
        Ok(())
    }

    fn map(&mut self, count: usize, levels: usize) -> Result<(), Malformed> {
        let levels = levels.checked_sub(1).ok_or(Malformed)?;
        self.json.push(b'{');
        for at in 0..count {
            if at > 0 {
                self.json.push(b',');
            }
            self.key()?;
            self.json.push(b':');
            self.value(levels)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    fn key(&mut self) -> Result<(), Malformed> {
        let first = self.byte()?;
        let length = match first {
            mark::FIX_STR..mark::NIL => usize::from(first - mark::FIX_STR),
            mark::STR_8..=mark::STR_32 => self.length(first - mark::STR_8)?,
            _ => {
                let number = self.integer(first)?;
                _ = write!(self.json, "\"{number}\"");
                return Ok(());
            }
        };
        self.string(length)
    }

    fn extension(&mut self, length: usize) -> Result<(), Malformed> {
        let kind = self.byte()?;
        match (kind, length) {
            (NOTEPACK, 1) => {
                self.byte()?;
                self.json.extend_from_slice(b"null");
            }
            (NOTEPACK, 8) => {
                let ms = self.signed(3)?;
                self.date(ms);
            }
            (TIMESTAMP, 4) => {
                let seconds = self.signed(2)? & i64::from(u32::MAX);
                self.date(seconds * MS_PER_S);
            }
            (TIMESTAMP, 8) => {
                let both = self.unsigned(3)?;
                let seconds = both & ((1 << TIMESTAMP_SECONDS_BITS) - 1);
                let ns = both >> TIMESTAMP_SECONDS_BITS;
                self.date(seconds.cast_signed() * MS_PER_S + ns.cast_signed() / NS_PER_MS);
            }
            (TIMESTAMP, 12) => {
                let ns = self.unsigned(2)?.cast_signed();
                let seconds = self.signed(3)?;
                self.date(seconds.saturating_mul(MS_PER_S).saturating_add(ns / NS_PER_MS));
            }
            _ => return Err(Malformed),
        }
        Ok(())
    }

    /// A time in milliseconds since 1970, as JavaScript writes it in JSON. Before the year 0 and
    /// after the year 9999 it is null.
    fn date(&mut self, ms: i64) {
        let (seconds, ms) = (ms.div_euclid(MS_PER_S), ms.rem_euclid(MS_PER_S));
        let (days, second) = (seconds.div_euclid(S_PER_DAY), seconds.rem_euclid(S_PER_DAY));
        let Some((year, month, day)) = civil(days) else {
            return self.json.extend_from_slice(b"null");
        };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        _ = write!(
            self.json,
            r#""{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z""#
        );
    }
}

/// The year, month and day of a day that is counted from the first of January 1970; `None` before
/// the year 0 and after the year 9999.
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    const YEAR_0: i64 = -719_528;
    const YEAR_10000: i64 = 2_932_897;
    if !(YEAR_0..YEAR_10000).contains(&days) {
        return None;
    }
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    // Days from the first of January of the year 0, which was a leap year, to that of `year`.
    let before = |year: i64| match year {
        0 => 0,
        _ => year * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1,
    };
    let days = days - YEAR_0;
    // Never too late by more than one year.
    let late = days / 365;
    let year = (late.saturating_sub(late / 1400 + 1).max(0)..=late)
        .rev()
        .find(|year| before(*year) <= days)?;
    let mut day = days - before(year);
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (month, length) in (1..).zip(lengths) {
        if day < length {
            return Some((year, month, day + 1));
        }
        day -= length;
    }
    None
}
