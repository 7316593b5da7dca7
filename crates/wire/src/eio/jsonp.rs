//! JSONP: payloads for pages that load them as scripts and post them as forms.

use serde::Serialize as _;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io;

/// Appends the script that hands `payload` (UTF-8, the text form) to a page:
/// `___eio[<index>]("…");`. Only the digits of `index`, the value of the `j` parameter, are used.
pub fn wrap(out: &mut Vec<u8>, index: &str, payload: &[u8]) {
    out.extend_from_slice(b"___eio[");
    out.extend(index.bytes().filter(u8::is_ascii_digit));
    out.extend_from_slice(b"](");
    let text = String::from_utf8_lossy(payload);
    // A string always becomes JSON, and a vector takes every write.
    let _ = text.serialize(&mut Serializer::with_formatter(&mut *out, Script));
    out.extend_from_slice(b");");
}

/// JSON that is also a script: older scripts end a line at U+2028 and U+2029, even in a string.
struct Script;

impl Formatter for Script {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let mut rest = fragment;
        while let Some((before, behind)) = rest.split_once(['\u{2028}', '\u{2029}']) {
            writer.write_all(before.as_bytes())?;
            let is_line = rest.get(before.len()..).is_some_and(|at| at.starts_with('\u{2028}'));
            writer.write_all(if is_line { br"\u2028" } else { br"\u2029" })?;
            rest = behind;
        }
        writer.write_all(rest.as_bytes())
    }
}

/// The payload in the body of a POST: field `d` of a form. `None` without that field.
///
/// A form changes line ends. So a page sends a newline as `\n`, and a backslash before an `n` as
/// two backslashes; both are reversed here.
pub fn unwrap(body: &[u8]) -> Option<Vec<u8>> {
    let (_, field) = form_urlencoded::parse(body).find(|(name, _)| name == "d")?;
    let mut payload = Vec::with_capacity(field.len());
    let mut backslashes = 0_usize;
    for byte in field.bytes() {
        if byte == b'n' && backslashes > 0 {
            payload.pop();
            payload.push(if backslashes == 1 { b'\n' } else { b'n' });
        } else {
            payload.push(byte);
        }
        backslashes = if byte == b'\\' { backslashes + 1 } else { 0 };
    }
    Some(payload)
}
