//! Names of files, as people have given them. A name says nothing about the content.

use crate::limits::FILE_NAME_BYTES_MAX;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All signs that RFC 3986 (2.3) does not let stand in an address.
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The name of a file without one.
const NAMELESS: &str = "file";

/// Whether a sign may stand in a name: no control, no mark that changes the direction of text, and
/// no sign that some system does not allow.
fn is_shown(char: char) -> bool {
    let turns = matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !char.is_control() && !turns && !r#"/\:*?"<>|"#.contains(char)
}

/// A name that any system can keep.
pub(super) fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|char| is_shown(*char)).collect();
    let name = shown.trim_matches(|char: char| char == '.' || char.is_whitespace());
    if name.is_empty() { NAMELESS.to_owned() } else { cut(name) }
}

/// A name that is not too long; its extension stays.
fn cut(name: &str) -> String {
    if name.len() <= FILE_NAME_BYTES_MAX {
        return name.to_owned();
    }
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let end = if end.len() < FILE_NAME_BYTES_MAX / 4 { end } else { "" };
    let most = FILE_NAME_BYTES_MAX - end.len() - 1;
    let begin = &name[..name.floor_char_boundary(most)];
    match end {
        "" => begin.to_owned(),
        end => format!("{begin}.{end}"),
    }
}

/// A name with the extension of its content.
pub(super) fn with_extension(name: &str, extensions: &[&str]) -> String {
    let has = |extension: &&str| {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        end.eq_ignore_ascii_case(extension)
    };
    match extensions.first() {
        Some(extension) if !extensions.iter().any(has) => format!("{name}.{extension}"),
        _ => name.to_owned(),
    }
}

/// A name as a part of an address, or of a header (RFC 8187).
pub(super) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, &ENCODED).to_string()
}

/// The name in a part of an address.
pub(super) fn decoded(part: &str) -> String {
    plain(&percent_decode_str(part).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_any_system_can_keep() {
        for (name, kept) in [
            ("cat.png", "cat.png"),
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\a\cat.png", "cat.png"),
            ("a\0b\r\n.txt", "ab.txt"),
            (".htaccess", "htaccess"),
            ("...", "file"),
            ("", "file"),
            ("a/", "file"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            ("a\"b;c", "ab;c"),
            ("bücher.pdf. ", "bücher.pdf"),
        ] {
            assert_eq!(plain(name), kept, "{name:?}");
        }
        let long = plain(&format!("{}.jpeg", "é".repeat(200)));
        assert!(long.len() <= FILE_NAME_BYTES_MAX && long.ends_with("é.jpeg"), "{long}");
        assert!(plain(&"x".repeat(500)).len() <= FILE_NAME_BYTES_MAX);
        assert!(plain(&format!("x.{}", "y".repeat(500))).len() <= FILE_NAME_BYTES_MAX);
    }

    #[test]
    fn the_content_decides_on_the_extension() {
        assert_eq!(with_extension("cat.JPG", &["jpg", "jpeg"]), "cat.JPG");
        assert_eq!(with_extension("cat.jpeg", &["jpg", "jpeg"]), "cat.jpeg");
        assert_eq!(with_extension("cat.html", &["png"]), "cat.html.png");
        assert_eq!(with_extension("cat", &["png"]), "cat.png");
        assert_eq!(with_extension("cat.html", &[]), "cat.html");
    }

    #[test]
    fn a_name_comes_back_from_its_address() {
        for name in ["ü b%20.png", "a'b(1).txt", "日本.gif"] {
            assert_eq!(decoded(&encoded(name)), name);
            assert!(encoded(name).is_ascii());
        }
        assert_eq!(decoded("%2e%2e%2fsecret"), "secret");
        assert_eq!(decoded("%FF"), "\u{fffd}");
    }
}
