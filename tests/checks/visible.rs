//! Text as shown on a terminal.

use super::cost::bounded;
use mio_socketio::session::dialect;
use mio_wire::limits::COMBINING_MARKS_MAX;
use mio_wire::text::visible;

/// A visible text has nothing that a terminal obeys, and is otherwise unchanged.
pub(crate) fn visible_text(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let shown = &*bounded(|| visible(text));
    assert!(!shown.contains(is_obeyed) && !shown.contains(is_unseen), "{shown:?}");
    assert_eq!(visible(shown), shown, "a visible text is visible");
    assert!(shown.len() <= 4 * text.len());
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        assert_eq!(shown, text);
    }
    check_kept(text, shown);
    let takes_no_place =
        |char: &char| matches!(char, '\u{300}'..='\u{36f}' | '\u{200c}'..='\u{200d}');
    let piled = |run: &[char]| run.iter().all(takes_no_place);
    let chars: Vec<char> = shown.chars().collect();
    assert!(!chars.windows(COMBINING_MARKS_MAX + 1).any(piled), "marks pile up: {shown:?}");

    let mut line = b"before".to_vec();
    dialect::line(&mut line, format_args!("{text}"));
    assert_eq!(line, shown.as_bytes());
}

fn is_obeyed(char: char) -> bool {
    matches!(
        char,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Whether this is an invisible character, other than joiners and variation selectors.
fn is_unseen(char: char) -> bool {
    let kept = matches!(char, '\u{200c}' | '\u{200d}' | '\u{e0100}'..='\u{e01ef}');
    let format = matches!(
        char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    );
    let filler = matches!(char, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    (format || filler) && !kept && !is_obeyed(char)
}

/// Every character is shown unchanged or as documented, unless it is invisible or an excess mark.
fn check_kept(text: &str, shown: &str) {
    let mut rest = shown;
    // Characters beyond ASCII shown in a row: no fewer than the marks.
    let mut beyond_ascii = 0;
    for char in text.chars().filter(|char| !is_unseen(*char)) {
        let escape = match char {
            '\n' => "\\n".to_owned(),
            '\t' => "    ".to_owned(),
            '\x7f' => "^?".to_owned(),
            '\0'..='\x1f' => format!("^{}", (char as u8 + b'@') as char),
            _ if is_obeyed(char) => format!("\\u{{{:x}}}", u32::from(char)),
            _ => String::from(char),
        };
        if let Some(after) = rest.strip_prefix(&*escape) {
            rest = after;
            beyond_ascii = if char.is_ascii() || is_obeyed(char) { 0 } else { beyond_ascii + 1 };
        } else {
            let may_go = !char.is_ascii() && !is_obeyed(char);
            assert!(may_go && beyond_ascii >= COMBINING_MARKS_MAX, "{char:?} of {text:?} is lost");
        }
    }
    assert_eq!(rest, "", "{text:?} gets longer");
}
