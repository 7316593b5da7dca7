//! How a door renders what an application sends.

use crate::proto::text;
use std::borrow::Cow;
use std::fmt;
use std::io::Write;

/// Appends `line` as the line door sends it: made visible (see [`text::visible`]), ended by LF.
/// Whatever an application puts into a line, it stays one line and moves no cursor.
pub fn line(bytes: &mut Vec<u8>, line: fmt::Arguments<'_>) {
    let start = bytes.len();
    // Writing to a vector fails only if a `Display` of the arguments does; what it wrote stays.
    let _ = bytes.write_fmt(line);
    let rendered = String::from_utf8_lossy(&bytes[start..]);
    if let Cow::Owned(shown) = text::visible(&rendered) {
        bytes.truncate(start);
        bytes.extend_from_slice(shown.as_bytes());
    }
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line() {
        let mut bytes = b"before\n".to_vec();
        line(&mut bytes, format_args!("<{}> {}", "al\nice", "a\u{1b}[2J"));
        assert_eq!(bytes, b"before\n<al\\nice> a^[[2J\n");
        line(&mut bytes, format_args!("{}", "ünï"));
        assert!(bytes.ends_with("\nünï\n".as_bytes()));
    }
}
