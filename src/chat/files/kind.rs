//! The kind of a file, by its content alone: an image that browsers show, or anything else.

use super::turned::is_turned;
use crate::limits::{IMAGE_NOTES_BYTES, IMAGE_PIXELS_MAX, IMAGE_SEGMENTS_MAX, IMAGE_SIDE_MAX};
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes at the beginning that tell the kind: those of WebP's header are the most.
const HEAD_BYTES: usize = 32;

/// A kind of image that browsers show in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) content_type: &'static str,
    /// The usual extensions of its files.
    pub(super) extensions: &'static [&'static str],
    pub(super) width: u32,
    pub(super) height: u32,
}

const PNG: (&str, &[&str]) = ("image/png", &["png"]);
const JPEG: (&str, &[&str]) = ("image/jpeg", &["jpg", "jpeg"]);
const GIF: (&str, &[&str]) = ("image/gif", &["gif"]);
const WEBP: (&str, &[&str]) = ("image/webp", &["webp"]);

/// The image that a file is; `None` if it is none, or one too large to be shown.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn image(mut file: impl Read + Seek) -> io::Result<Option<Image>> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let (kind, size) = match &*head {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => (PNG, png(&head)),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => (GIF, gif(&head)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => (WEBP, webp(&head)),
        [0xff, 0xd8, 0xff, ..] => (JPEG, jpeg(&mut file)?),
        _ => return Ok(None),
    };
    let (content_type, extensions) = kind;
    let can_be_shown = |(width, height): &(u32, u32)| {
        let sides = 1..=IMAGE_SIDE_MAX;
        let pixels = u64::from(*width) * u64::from(*height);
        sides.contains(width) && sides.contains(height) && pixels <= IMAGE_PIXELS_MAX
    };
    let size = size.filter(can_be_shown);
    Ok(size.map(|(width, height)| Image { content_type, extensions, width, height }))
}

/// A number of some bytes at a place, the most significant first.
fn big(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let number = bytes.get(at..at + count)?.iter();
    Some(number.fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// A number of some bytes at a place, the least significant first.
fn little(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let number = bytes.get(at..at + count)?.iter().rev();
    Some(number.fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn png(head: &[u8]) -> Option<(u32, u32)> {
    let is_header = head.get(12..16) == Some(b"IHDR");
    is_header.then_some((big(head, 16, 4)?, big(head, 20, 4)?))
}

fn gif(head: &[u8]) -> Option<(u32, u32)> {
    Some((little(head, 6, 2)?, little(head, 8, 2)?))
}

/// The three forms of WebP (RFC 9649, 2.5 to 2.7).
fn webp(head: &[u8]) -> Option<(u32, u32)> {
    const SIDE: u32 = 0x3fff;
    match head.get(12..16)? {
        b"VP8 " => {
            let is_key = head.get(23..26) == Some(&[0x9d, 0x01, 0x2a]);
            is_key.then_some((little(head, 26, 2)? & SIDE, little(head, 28, 2)? & SIDE))
        }
        b"VP8L" if head.get(20) == Some(&0x2f) => {
            let sides = little(head, 21, 4)?;
            Some(((sides & SIDE) + 1, (sides >> 14 & SIDE) + 1))
        }
        b"VP8X" => Some((little(head, 24, 3)? + 1, little(head, 27, 3)? + 1)),
        _ => None,
    }
}

/// The size in the first frame header (ITU T.81, B.2.2), which comes after other segments. A camera
/// that was held on its side notes that in one of these, and browsers turn the picture.
fn jpeg(file: &mut (impl Read + Seek)) -> io::Result<Option<(u32, u32)>> {
    let mut at = 2;
    let mut turned = None;
    for _ in 0..IMAGE_SEGMENTS_MAX {
        file.seek(SeekFrom::Start(at))?;
        let mut segment = Vec::with_capacity(9);
        file.by_ref().take(9).read_to_end(&mut segment)?;
        let [0xff, marker, ..] = *segment else { return Ok(None) };
        match marker {
            // A fill byte before the marker.
            0xff => at += 1,
            // All kinds of frames; C4, C8 and CC are none.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let (width, height) = (big(&segment, 7, 2), big(&segment, 5, 2));
                return Ok(match turned {
                    Some(true) => height.zip(width),
                    _ => width.zip(height),
                });
            }
            // The image's data begins or ends, and no frame has come.
            0xd8..=0xda | 0x00 => return Ok(None),
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => {
                let length = big(&segment, 2, 2).filter(|length| *length >= 2);
                let Some(length) = length.map(u64::from) else { return Ok(None) };
                // The first notes count.
                if marker == 0xe1 && turned.is_none() {
                    turned = notes(file, at + 4, length - 2)?.map(|tiff| is_turned(&tiff));
                }
                at += 2 + length;
            }
        }
    }
    Ok(None)
}

/// The beginning of a camera's notes, if these bytes of the file are such.
fn notes(file: &mut (impl Read + Seek), at: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
    const EXIF: &[u8] = b"Exif\0\0";
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.by_ref().take(length.min(IMAGE_NOTES_BYTES)).read_to_end(&mut bytes)?;
    Ok(bytes.strip_prefix(EXIF).map(<[u8]>::to_vec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn of(bytes: impl Into<Vec<u8>>) -> Option<(&'static str, u32, u32)> {
        let image = image(Cursor::new(bytes.into())).expect("memory can be read")?;
        Some((image.content_type, image.width, image.height))
    }

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &sides, b"\x08\x06\0\0\0"].concat()
    }

    #[test]
    fn the_content_tells_kind_and_size() {
        assert_eq!(of(png_of(800, 600)), Some(("image/png", 800, 600)));
        assert_eq!(of(*b"GIF89a\x20\x03\x58\x02rest"), Some(("image/gif", 800, 600)));
        let frame = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x02\0\0\x01\0\x01\0\0\
            \xff\xc0\0\x11\x08\x02\x58\x03\x20\x03";
        assert_eq!(of(*frame), Some(("image/jpeg", 800, 600)));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02  ";
        assert_eq!(of(*lossy), Some(("image/webp", 800, 600)));
        let lossless = [b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".as_slice(), &{
            (799_u32 | 599 << 14).to_le_bytes()
        }];
        assert_eq!(of(lossless.concat()), Some(("image/webp", 800, 600)));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x1f\x03\0\x57\x02\0";
        assert_eq!(of(*extended), Some(("image/webp", 800, 600)));
    }

    #[test]
    fn a_photograph_that_is_shown_on_its_side_has_the_size_that_is_shown() {
        let photograph = |way_up: u8| {
            let head = b"\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\
                \x01\x12\0\x03\0\0\0\x01\0";
            let frame = b"\0\0\0\0\0\0\xff\xc0\0\x11\x08\x02\x58\x03\x20\x03";
            [head.as_slice(), &[way_up], frame].concat()
        };
        assert_eq!(of(photograph(6)), Some(("image/jpeg", 600, 800)));
        assert_eq!(of(photograph(1)), Some(("image/jpeg", 800, 600)));
    }

    #[test]
    fn lies_and_scraps_are_no_images() {
        for bytes in [
            &b""[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<html><script>alert(1)</script>",
            b"%PDF-1.7",
            b"\x89PNG\r\n\x1a\n",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIDATxxxxxxxx",
            b"GIF89",
            b"GIF89a\0\0\0\0",
            b"RIFF\0\0\0\0WAVEfmt ",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"\xff\xd8\xff",
            b"\xff\xd8\xff\xe0\0\0",
            b"\xff\xd8\xff\xe0\0\x01",
            b"\xff\xd8\xff\xda\0\x08",
            b"\xff\xd8\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(of(bytes), None, "{bytes:?}");
        }
        for (width, height) in [(0, 1), (1, 0), (u32::MAX, 1), (16_000, 16_000), (16_385, 1)] {
            assert_eq!(of(png_of(width, height)), None, "{width} x {height}");
        }
        // Segments without end are not followed for ever.
        let segments = b"\xff\xe0\0\x02".repeat(100_000);
        assert_eq!(of([b"\xff\xd8".as_slice(), &segments].concat()), None);
    }
}
