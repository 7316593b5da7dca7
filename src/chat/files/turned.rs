//! The way up of a photograph, in the notes of its camera (Exif 2.32, which are in TIFF 6.0).

/// The tag of the way up, a number from 1 to 8.
const WAY_UP: u16 = 0x0112;
/// Bytes of an entry in a list of tags.
const ENTRY_BYTES: usize = 12;

/// Whether browsers show a picture on its side, so that its width is its height.
pub(super) fn is_turned(tiff: &[u8]) -> bool {
    way_up(tiff).is_some_and(|way| (5..=8).contains(&way))
}

fn way_up(tiff: &[u8]) -> Option<u16> {
    let is_little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| -> Option<u32> {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let list = usize::try_from(long(4)?).ok()?;
    let mut entries = 0..usize::from(short(list)?);
    // The bytes end before a list that is longer than they are, and the search with them.
    let entry = entries.find_map(|at| {
        let entry = list.saturating_add(2 + at * ENTRY_BYTES);
        match short(entry) {
            Some(WAY_UP) => Some(Some(entry)),
            Some(_) => None,
            None => Some(None),
        }
    })??;
    short(entry.saturating_add(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_up_is_read_in_both_orders_of_bytes() {
        let big = b"MM\0\x2a\0\0\0\x08\0\x02\
            \x01\x0f\0\x02\0\0\0\x04abc\0\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        let little = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
        assert!(is_turned(big));
        assert!(is_turned(little));
        let upright = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0";
        assert!(!is_turned(upright));
    }

    #[test]
    fn lies_and_scraps_are_not_turned() {
        let whole = b"MM\0\x2a\0\0\0\x08\xff\xff\x01\x0f\0\x02\0\0\0\x04abc\0";
        for length in 0..=whole.len() {
            assert!(!is_turned(&whole[..length]), "{length}");
        }
        assert!(!is_turned(b"MM\0\x2a\xff\xff\xff\xff\0\x01"));
        assert!(!is_turned(b"XX\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"));
    }
}
