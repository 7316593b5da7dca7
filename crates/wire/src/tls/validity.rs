//! When a certificate is valid (RFC 5280, 4.1): the one field of it that `rustls` does not tell.

use crate::limits::DER_LENGTH_BYTES_MAX;

/// The tags of DER that come before the field, and in it (X.690).
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// When a certificate is valid, in seconds since 1970, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) begins_unix_s: i64,
    pub(super) ends_unix_s: i64,
}

impl Validity {
    /// That of a certificate in DER; `None` if it cannot be read.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let mut certificate = certificate;
        let mut outer = item(&mut certificate, SEQUENCE)?;
        let mut fields = item(&mut outer, SEQUENCE)?;
        if fields.first() == Some(&VERSION) {
            item(&mut fields, VERSION)?;
        }
        // The serial number, the algorithm of the signature, and the issuer.
        for _ in 0..3 {
            let tag = *fields.first()?;
            item(&mut fields, tag)?;
        }
        let mut times = item(&mut fields, SEQUENCE)?;
        let mut next = || {
            let tag = *times.first()?;
            time(tag, item(&mut times, tag)?)
        };
        Some(Self { begins_unix_s: next()?, ends_unix_s: next()? })
    }
}

/// Takes an item with this tag off the front of `input`; its content.
fn item<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (first, rest) = input.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short if short < 0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            if digits.len() > DER_LENGTH_BYTES_MAX {
                return None;
            }
            (digits.iter().fold(0, |all, digit| all << 8 | usize::from(*digit)), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    *input = rest;
    (*first == tag).then_some(content)
}

/// A time, `YYMMDDHHMMSSZ` until 2049 and `YYYYMMDDHHMMSSZ` (RFC 5280, 4.1.2.5).
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |all, it| all * 10 + i64::from(it - b'0'));
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year = number(year);
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (number(year), rest)
        }
        _ => return None,
    };
    if rest.len() != 10 {
        return None;
    }
    let mut parts = rest.chunks(2).map(number);
    let (month, day, hour) = (parts.next()?, parts.next()?, parts.next()?);
    let (minute, second) = (parts.next()?, parts.next()?);
    let is_sound = (1..=12).contains(&month) && (1..=31).contains(&day);
    is_sound.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. A year is counted from its March, so
/// that the day that some years have is its last one.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // The months from March on have 153 days in five.
    year * 365 + leap + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (tag, text, unix_s) in [
            (UTC_TIME, "700101000000Z", Some(0)),
            (UTC_TIME, "000229235959Z", Some(951_868_799)),
            (UTC_TIME, "491231235959Z", Some(2_524_607_999)),
            (UTC_TIME, "500101000000Z", Some(-631_152_000)),
            (GENERALIZED_TIME, "20500101000000Z", Some(2_524_608_000)),
            (GENERALIZED_TIME, "99991231235959Z", Some(253_402_300_799)),
            (UTC_TIME, "7001010000Z", None),
            (UTC_TIME, "701301000000Z", None),
            (UTC_TIME, "70010100000xZ", None),
            (UTC_TIME, "700101000000", None),
            (0x13, "700101000000Z", None),
        ] {
            assert_eq!(time(tag, text.as_bytes()), unix_s, "{text}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_validity() {
        for bytes in
            [&b""[..], b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x02\x30\x00"]
        {
            assert_eq!(Validity::of(bytes), None);
        }
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..10_000 {
            let bytes: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(..)).collect();
            // It may find one, and it does not panic.
            let _ = Validity::of(&[&[0x30, 0x26, 0x30, 0x24], &bytes[..]].concat());
        }
    }
}
