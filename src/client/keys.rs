//! Keys: from a terminal's bytes to actions.

use super::editor::Edit;
use super::fd::{Read, is_readable, read_once};
use crate::client::time::NEVER_MS;
use crate::limits::{
    CLIENT_ESCAPE_MS, CLIENT_PASTE_MS, CLIENT_READ_BYTES, CLIENT_READ_BYTES_PER_TURN_MAX,
};
use rustix::fd::AsFd;
use std::io;
use termina::event::{KeyCode, KeyEvent, KeyEventKind, Modifiers};
use termina::{Event, Parser};

/// The marks around a paste, and their length.
const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";
const PASTE_LENGTH: usize = PASTE_BEGIN.len();

/// The action of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    Edit(Edit),
    Send,
    Complete,
    /// Clears the line, or quits.
    Interrupt,
    /// Deletes a character, or quits.
    EndOfInput,
    Suspend,
    Redraw,
    PageUp,
    PageDown,
    /// Scrolls down to the latest messages.
    Bottom,
    /// Goes to the conversation with this number.
    Go(usize),
    Next,
    Previous,
    /// Opens the menu on messages and people, or closes it.
    Menu,
    /// The window has the keys from now on, or not.
    Focus(bool),
}

/// The decoder of a terminal's keys, with an incomplete sequence if there is one.
#[derive(Debug, Default)]
pub(super) struct Keys {
    parser: Parser,
    /// When a lone ESC counts as the key, and a paste as complete.
    escape_ms: Option<u64>,
    /// A paste has begun and not ended.
    is_pasting: bool,
    /// The last bytes, too few for one of the marks around a paste.
    tail: Vec<u8>,
    /// Whether there may be more to read without a new event.
    pub(super) is_unfinished: bool,
}

impl Keys {
    pub(super) fn deadline_ms(&self) -> u64 {
        self.escape_ms.unwrap_or(NEVER_MS)
    }

    /// Reads the available keys, without waiting; `None` if the terminal is gone.
    ///
    /// # Errors
    /// If reading fails.
    pub(super) fn read(
        &mut self,
        input: impl AsFd,
        now_ms: u64,
    ) -> io::Result<Option<Vec<Action>>> {
        let mut buffer = [0; CLIENT_READ_BYTES];
        let mut total = 0;
        self.is_unfinished = true;
        // The shell shares the terminal, so it is not made nonblocking.
        while total < CLIENT_READ_BYTES_PER_TURN_MAX {
            if !is_readable(&input)? {
                self.is_unfinished = false;
                break;
            }
            match read_once(&input, &mut buffer)? {
                Read::End => return Ok(None),
                Read::Nothing => (),
                Read::Bytes(count) => {
                    self.take(buffer.get(..count).unwrap_or_default(), now_ms);
                    total += count;
                }
            }
        }
        self.give_up_waiting(now_ms);
        let mut actions = Vec::new();
        while let Some(event) = self.parser.pop() {
            actions.extend(action(event));
        }
        Ok(Some(actions))
    }

    fn take(&mut self, bytes: &[u8], now_ms: u64) {
        self.parser.parse(bytes, true);
        self.tail.extend_from_slice(bytes);
        for window in self.tail.windows(PASTE_LENGTH) {
            let is_end = self.is_pasting && window == PASTE_END;
            self.is_pasting = !is_end && (self.is_pasting || window == PASTE_BEGIN);
        }
        let done = (self.tail.len() + 1).saturating_sub(PASTE_LENGTH);
        self.tail.drain(..done);
        let is_escape = bytes.last() == Some(&b'\x1b');
        self.escape_ms = match (self.is_pasting, is_escape) {
            (true, _) => Some(now_ms.saturating_add(CLIENT_PASTE_MS)),
            (false, true) => Some(now_ms.saturating_add(CLIENT_ESCAPE_MS)),
            (false, false) => None,
        };
    }

    /// An incomplete sequence that nothing followed in time counts as complete.
    fn give_up_waiting(&mut self, now_ms: u64) {
        if self.escape_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            self.escape_ms = None;
            self.tail.clear();
            let end = if std::mem::take(&mut self.is_pasting) { PASTE_END } else { &[] };
            self.parser.parse(end, false);
        }
    }
}

fn action(event: Event) -> Option<Action> {
    match event {
        Event::FocusIn => Some(Action::Focus(true)),
        Event::FocusOut => Some(Action::Focus(false)),
        Event::Paste(text) => Some(Action::Edit(Edit::Paste(text))),
        Event::Key(KeyEvent { code, modifiers, kind, .. }) if kind != KeyEventKind::Release => {
            let is_control = modifiers.contains(Modifiers::CONTROL);
            let is_alt = modifiers.intersects(Modifiers::ALT | Modifiers::META);
            match code {
                KeyCode::Char(char) if is_control && is_alt => {
                    // Some terminals send Ctrl-Alt-H for Alt-Backspace.
                    (char == 'h').then_some(Action::Edit(Edit::KillWordLeft))
                }
                KeyCode::Char(char) if is_control => control(char),
                KeyCode::Char(char) if is_alt => alt(char),
                KeyCode::Char(char) => Some(Action::Edit(Edit::Insert(char))),
                code => other(code, is_control, is_alt),
            }
        }
        _ => None,
    }
}

fn control(char: char) -> Option<Action> {
    Some(match char {
        'a' => Action::Edit(Edit::Home),
        'b' => Action::Edit(Edit::Left),
        'c' => Action::Interrupt,
        'd' => Action::EndOfInput,
        'e' => Action::Edit(Edit::End),
        'f' => Action::Edit(Edit::Right),
        'h' => Action::Edit(Edit::Backspace),
        'i' => Action::Complete,
        'j' | 'm' => Action::Send,
        'k' => Action::Edit(Edit::KillToEnd),
        'l' => Action::Redraw,
        'n' => Action::Next,
        'o' => Action::Menu,
        'p' => Action::Previous,
        't' => Action::Edit(Edit::Transpose),
        'u' => Action::Edit(Edit::KillToStart),
        'w' => Action::Edit(Edit::KillWordLeft),
        'y' => Action::Edit(Edit::Yank),
        'z' => Action::Suspend,
        _ => return None,
    })
}

fn alt(char: char) -> Option<Action> {
    Some(match char {
        'b' => Action::Edit(Edit::WordLeft),
        'f' => Action::Edit(Edit::WordRight),
        'd' => Action::Edit(Edit::KillWordRight),
        '1'..='9' => Action::Go(char as usize - '1' as usize),
        '>' => Action::Bottom,
        _ => return None,
    })
}

fn other(code: KeyCode, is_control: bool, is_alt: bool) -> Option<Action> {
    let is_word = is_control || is_alt;
    Some(match code {
        KeyCode::Enter if is_alt => Action::Edit(Edit::Insert('\n')),
        KeyCode::Enter => Action::Send,
        KeyCode::Backspace if is_word => Action::Edit(Edit::KillWordLeft),
        KeyCode::Backspace => Action::Edit(Edit::Backspace),
        KeyCode::Tab => Action::Complete,
        KeyCode::Escape => Action::Bottom,
        KeyCode::Left if is_word => Action::Edit(Edit::WordLeft),
        KeyCode::Right if is_word => Action::Edit(Edit::WordRight),
        KeyCode::Left => Action::Edit(Edit::Left),
        KeyCode::Right => Action::Edit(Edit::Right),
        KeyCode::Up if is_alt => Action::Previous,
        KeyCode::Down if is_alt => Action::Next,
        KeyCode::Up => Action::Edit(Edit::Older),
        KeyCode::Down => Action::Edit(Edit::Newer),
        KeyCode::Home => Action::Edit(Edit::Home),
        KeyCode::End => Action::Edit(Edit::End),
        KeyCode::PageUp => Action::PageUp,
        KeyCode::PageDown => Action::PageDown,
        KeyCode::Delete if is_word => Action::Edit(Edit::KillWordRight),
        KeyCode::Delete => Action::Edit(Edit::Delete),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The actions of some bytes, which are the same for all cuts.
    fn actions(bytes: &[u8]) -> Vec<Action> {
        let all = |cut: usize| {
            let mut keys = Keys::default();
            let (first, second) = bytes.split_at(cut);
            keys.take(first, 0);
            keys.take(second, 0);
            std::iter::from_fn(|| keys.parser.pop()).filter_map(action).collect::<Vec<_>>()
        };
        let whole = all(0);
        for cut in 1..bytes.len() {
            assert_eq!(all(cut), whole, "{bytes:?} cut at {cut}");
        }
        whole
    }

    #[test]
    fn keys_are_known() {
        let edit = Action::Edit;
        for (bytes, expected) in [
            (&b"a"[..], edit(Edit::Insert('a'))),
            ("é".as_bytes(), edit(Edit::Insert('é'))),
            ("🦀".as_bytes(), edit(Edit::Insert('🦀'))),
            (b"\r", Action::Send),
            (b"\n", Action::Send),
            (b"\x1b\r", edit(Edit::Insert('\n'))),
            (b"\t", Action::Complete),
            (b"\x03", Action::Interrupt),
            (b"\x04", Action::EndOfInput),
            (b"\x1a", Action::Suspend),
            (b"\x0c", Action::Redraw),
            (b"\x7f", edit(Edit::Backspace)),
            (b"\x08", edit(Edit::Backspace)),
            (b"\x1b\x7f", edit(Edit::KillWordLeft)),
            (b"\x17", edit(Edit::KillWordLeft)),
            (b"\x1bb", edit(Edit::WordLeft)),
            (b"\x1b[1;5C", edit(Edit::WordRight)),
            (b"\x1b[A", edit(Edit::Older)),
            (b"\x1bOB", edit(Edit::Newer)),
            (b"\x1b[5~", Action::PageUp),
            (b"\x1b[6~", Action::PageDown),
            (b"\x1b[3~", edit(Edit::Delete)),
            (b"\x1b[3;5~", edit(Edit::KillWordRight)),
            (b"\x1b[H", edit(Edit::Home)),
            (b"\x1b[4~", edit(Edit::End)),
            (b"\x1b3", Action::Go(2)),
            (b"\x0e", Action::Next),
            (b"\x10", Action::Previous),
            (b"\x0f", Action::Menu),
            (b"\x1b[I", Action::Focus(true)),
            (b"\x1b[O", Action::Focus(false)),
            (b"\x1b[200~a\r\nb\x1b[201~", edit(Edit::Paste("a\r\nb".to_owned()))),
        ] {
            assert_eq!(actions(bytes), [expected], "{bytes:?}");
        }
    }

    #[test]
    fn a_paste_without_an_end_is_left() {
        let bytes = b"\x1b[200~half a paste";
        for cut in 0..bytes.len() {
            let mut keys = Keys::default();
            let (first, second) = bytes.split_at(cut);
            keys.take(first, 0);
            keys.take(second, 5);
            assert_eq!(keys.deadline_ms(), 5 + CLIENT_PASTE_MS, "cut at {cut}");
            keys.give_up_waiting(4 + CLIENT_PASTE_MS);
            assert!(keys.parser.pop().is_none());
            keys.give_up_waiting(5 + CLIENT_PASTE_MS);
            keys.take(b"x\x1b[200~y\x1b[201~z", 0);
            assert_eq!(keys.deadline_ms(), NEVER_MS);
            let actions = std::iter::from_fn(|| keys.parser.pop()).filter_map(action);
            let paste = |text: &str| Action::Edit(Edit::Paste(text.to_owned()));
            let key = |char| Action::Edit(Edit::Insert(char));
            let expected = [paste("half a paste"), key('x'), paste("y"), key('z')];
            assert_eq!(actions.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_is_no_key_does_nothing() {
        assert_eq!(actions(b"\x1b[<0;1;1M\x1b[?1;2c"), []);
        assert_eq!(actions(b"\xff\xfe\xc3("), []);
    }
}
