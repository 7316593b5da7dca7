//! The input line: readline's keys, by grapheme cluster. Pure.

use super::secret;
use crate::limits::{CLIENT_INPUT_HISTORY_MAX, CLIENT_LINE_BYTES_MAX};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// The effect of a key on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    Insert(char),
    /// Pasted text; its line ends stay in it and do not send it.
    Paste(String),
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Backspace,
    Delete,
    KillWordLeft,
    KillWordRight,
    KillToStart,
    KillToEnd,
    Yank,
    Transpose,
    Older,
    Newer,
}

/// The input line, earlier lines, and the text that was cut out last.
#[derive(Debug, Default)]
pub(super) struct Editor {
    text: String,
    /// Between grapheme clusters, in bytes.
    cursor: usize,
    killed: String,
    /// Whether the last key cut something out, so that the next one adds to it.
    was_kill: bool,
    typed: Vec<String>,
    browsing: Option<Browsing>,
}

/// An older line is in the editor.
#[derive(Debug)]
struct Browsing {
    at: usize,
    /// The unfinished line from before.
    draft: String,
}

impl Editor {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn cursor(&self) -> usize {
        self.cursor
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Replaces the line with `text`.
    pub(super) fn set(&mut self, text: String) {
        self.cursor = text.len();
        self.text = text;
        self.was_kill = false;
        self.browsing = None;
    }

    /// Forgets the text that was cut out.
    pub(super) fn forget_cut(&mut self) {
        self.killed.clear();
    }

    /// Takes the line out, to be sent, and adds it to the earlier lines.
    pub(super) fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.set(String::new());
        if !text.trim().is_empty() && self.typed.last() != Some(&text) {
            if self.typed.len() == CLIENT_INPUT_HISTORY_MAX {
                self.typed.remove(0);
            }
            self.typed.push(text.clone());
        }
        text
    }

    /// The beginning of the word before the cursor, and the word.
    pub(super) fn word(&self) -> (usize, &str) {
        let before = self.before();
        let start = before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        (start, &before[start..])
    }

    /// Replaces the text between `start` and the cursor with `text`.
    pub(super) fn replace_from(&mut self, start: usize, text: &str) {
        self.text.replace_range(start..self.cursor, text);
        self.cursor = start + text.len();
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        let was_kill = std::mem::take(&mut self.was_kill);
        match edit {
            Edit::Insert(char) => self.insert(char.encode_utf8(&mut [0; 4])),
            Edit::Paste(text) => self.paste(&text),
            Edit::Left => self.cursor = self.left(),
            Edit::Right => self.cursor = self.right(),
            Edit::WordLeft => self.cursor = self.word_left(),
            Edit::WordRight => self.cursor = self.word_right(),
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::Backspace => self.cut(self.left()..self.cursor),
            Edit::Delete => self.cut(self.cursor..self.right()),
            Edit::KillWordLeft => self.kill(self.word_left()..self.cursor, was_kill),
            Edit::KillWordRight => self.kill(self.cursor..self.word_right(), was_kill),
            Edit::KillToStart => self.kill(0..self.cursor, was_kill),
            Edit::KillToEnd => self.kill(self.cursor..self.text.len(), was_kill),
            Edit::Yank => self.insert(&self.killed.clone()),
            Edit::Transpose => self.transpose(),
            Edit::Older => self.older(),
            Edit::Newer => self.newer(),
        }
    }

    fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    fn after(&self) -> &str {
        &self.text[self.cursor..]
    }

    fn insert(&mut self, text: &str) {
        // No message is longer, and drawing a pasted film would take too long.
        let room = CLIENT_LINE_BYTES_MAX.saturating_sub(self.text.len());
        let text = &text[..text.floor_char_boundary(room)];
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
        // The typed character may have merged with the next one, as an accent or a part of an emoji
        // does.
        if !self.text.is_char_boundary(self.cursor) || !self.is_boundary() {
            self.cursor = self.right();
        }
    }

    fn is_boundary(&self) -> bool {
        let mut starts = self.text.grapheme_indices(true).map(|(at, _)| at);
        self.cursor == self.text.len() || starts.any(|at| at == self.cursor)
    }

    fn paste(&mut self, text: &str) {
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        let is_kept = |char: &char| !char.is_control() || matches!(char, '\n' | '\t');
        let kept: String = lines.trim_end_matches('\n').chars().filter(is_kept).collect();
        self.insert(&kept);
    }

    fn left(&self) -> usize {
        let last = self.before().grapheme_indices(true).next_back();
        last.map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        let starts = self.text.grapheme_indices(true).map(|(at, _)| at);
        starts.into_iter().find(|at| *at > self.cursor).unwrap_or(self.text.len())
    }

    fn word_left(&self) -> usize {
        let before = self.before();
        let word = before.trim_end_matches(|char: char| !char.is_alphanumeric());
        word.trim_end_matches(char::is_alphanumeric).len()
    }

    fn word_right(&self) -> usize {
        let after = self.after();
        let word = after.trim_start_matches(|char: char| !char.is_alphanumeric());
        self.text.len() - word.trim_start_matches(char::is_alphanumeric).len()
    }

    fn cut(&mut self, range: Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    fn kill(&mut self, range: Range<usize>, was_kill: bool) {
        // A password that came back in another line would be seen there.
        let is_secret = secret::begins(&self.text).is_some_and(|begin| begin < range.end);
        let cut = if is_secret { "" } else { &self.text[range.clone()] }.to_owned();
        self.killed = match (was_kill, range.start < self.cursor) {
            (false, _) => cut,
            (true, true) => cut + &self.killed,
            (true, false) => std::mem::take(&mut self.killed) + &cut,
        };
        self.cut(range);
        self.was_kill = true;
    }

    /// Swaps the two clusters around the cursor; at the end of the line, the two before it.
    fn transpose(&mut self) {
        if self.cursor == self.text.len() {
            self.cursor = self.left();
        }
        let start = self.left();
        let middle = self.cursor;
        let end = self.right();
        if start == middle || middle == end {
            return;
        }
        let swapped = format!("{}{}", &self.text[middle..end], &self.text[start..middle]);
        self.text.replace_range(start..end, &swapped);
        self.cursor = end;
    }

    fn older(&mut self) {
        let at = self.browsing.as_ref().map_or(self.typed.len(), |browsing| browsing.at);
        let Some(text) = at.checked_sub(1).and_then(|at| self.typed.get(at)).cloned() else {
            return;
        };
        let draft = match self.browsing.take() {
            Some(browsing) => browsing.draft,
            None => std::mem::take(&mut self.text),
        };
        self.set(text);
        self.browsing = Some(Browsing { at: at - 1, draft });
    }

    fn newer(&mut self) {
        let Some(Browsing { at, draft }) = self.browsing.take() else { return };
        match self.typed.get(at + 1).cloned() {
            Some(text) => {
                self.set(text);
                self.browsing = Some(Browsing { at: at + 1, draft });
            }
            None => self.set(draft),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editor(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.edit(Edit::Paste(text.to_owned()));
        editor
    }

    /// The line with a bar for the cursor.
    fn shown(editor: &Editor) -> String {
        format!("{}|{}", editor.before(), editor.after())
    }

    fn after(text: &str, edits: &[Edit]) -> String {
        let mut editor = editor(text);
        for edit in edits {
            editor.edit(edit.clone());
        }
        shown(&editor)
    }

    #[test]
    fn the_cursor_goes_by_what_is_seen() {
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(after(&format!("a{family}b"), &[Edit::Left]), format!("a{family}|b"));
        assert_eq!(
            after(&format!("a{family}b"), &[Edit::Left, Edit::Left]),
            format!("a|{family}b")
        );
        assert_eq!(after(&format!("a{family}"), &[Edit::Backspace]), "a|");
        assert_eq!(after("e\u{301}", &[Edit::Home, Edit::Delete]), "|");
        assert_eq!(after("日本", &[Edit::Left, Edit::Backspace]), "|本");
        assert_eq!(after("ab", &[Edit::Home, Edit::Right, Edit::Right, Edit::Right]), "ab|");
        assert_eq!(after("", &[Edit::Left, Edit::Backspace, Edit::Delete, Edit::Right]), "|");
    }

    #[test]
    fn what_joins_its_neighbour_is_not_cut() {
        let edits = [Edit::Home, Edit::Insert('👩'), Edit::Insert('\u{200d}')];
        assert_eq!(after("👧", &edits), "👩\u{200d}👧|");
        assert_eq!(after("e", &[Edit::Insert('\u{301}'), Edit::Backspace]), "|");
    }

    #[test]
    fn words_and_ends() {
        assert_eq!(after("one two-three", &[Edit::WordLeft]), "one two-|three");
        assert_eq!(after("one two", &[Edit::WordLeft, Edit::WordLeft]), "|one two");
        assert_eq!(after("one  two", &[Edit::Home, Edit::WordRight]), "one|  two");
        assert_eq!(after("one two", &[Edit::Home, Edit::End]), "one two|");
        assert_eq!(after("one two", &[Edit::Home, Edit::KillWordRight]), "| two");
    }

    #[test]
    fn what_is_cut_comes_back() {
        let word = Edit::KillWordLeft;
        let yank = Edit::Yank;
        assert_eq!(after("one two", &[word.clone(), Edit::Home, yank.clone()]), "two|one ");
        // Two in a row are one.
        assert_eq!(after("one two", &[word.clone(), word.clone(), yank.clone()]), "one two|");
        // With something in between, only the last one is kept.
        let edits = [word.clone(), Edit::Home, Edit::End, word, Edit::Home, yank.clone()];
        assert_eq!(after("one two", &edits), "one |");
        let edits = [Edit::WordLeft, Edit::KillToStart, Edit::KillToEnd, yank];
        assert_eq!(after("one two", &edits), "one two|");
    }

    #[test]
    fn a_password_that_is_cut_does_not_come_back() {
        let cuts = [
            vec![Edit::KillWordLeft],
            vec![Edit::KillToStart],
            vec![Edit::Home, Edit::KillToEnd],
            vec![Edit::KillWordLeft; 3],
        ];
        for cuts in cuts {
            let mut editor = editor("/login alice hunter2");
            cuts.into_iter().for_each(|cut| editor.edit(cut));
            editor.set(String::new());
            editor.edit(Edit::Yank);
            assert!(!editor.text().contains("hunter"), "{}", editor.text());
        }
        let edits = [Edit::KillWordLeft, Edit::KillWordLeft, Edit::Yank];
        assert_eq!(after("/login alice hunter2", &edits), "/login alice |");
    }

    #[test]
    fn two_change_places() {
        assert_eq!(after("teh", &[Edit::Transpose]), "the|");
        assert_eq!(after("ab", &[Edit::Left, Edit::Transpose]), "ba|");
        assert_eq!(after("a", &[Edit::Transpose]), "|a");
        assert_eq!(after("", &[Edit::Transpose]), "|");
    }

    #[test]
    fn older_lines_come_back_and_the_draft_stays() {
        let mut editor = Editor::default();
        for line in ["one", "two", "two", "  "] {
            editor.set(line.to_owned());
            assert_eq!(editor.take(), line);
        }
        editor.set("draft".to_owned());
        for (edit, expected) in [
            (Edit::Older, "two|"),
            (Edit::Older, "one|"),
            (Edit::Older, "one|"),
            (Edit::Newer, "two|"),
            (Edit::Newer, "draft|"),
            (Edit::Newer, "draft|"),
        ] {
            editor.edit(edit);
            assert_eq!(shown(&editor), expected);
        }
    }

    #[test]
    fn a_paste_keeps_its_lines_and_no_controls() {
        assert_eq!(after("one\r\ntwo\rthree\n\n\x1b[31m\0", &[]), "one\ntwo\nthree\n\n[31m|");
        assert_eq!(after("one\r\n", &[]), "one|");
        let long = editor(&"ä".repeat(CLIENT_LINE_BYTES_MAX));
        assert_eq!(long.text().len(), CLIENT_LINE_BYTES_MAX);
    }

    #[test]
    fn the_word_in_front_of_the_cursor() {
        assert_eq!(editor("/join #lo").word(), (6, "#lo"));
        assert_eq!(editor("hi ").word(), (3, ""));
        let mut editor = editor("hi\u{3000}al, more");
        for _ in 0..6 {
            editor.edit(Edit::Left);
        }
        assert_eq!(editor.word(), (5, "al"));
        editor.replace_from(5, "alice");
        assert_eq!(shown(&editor), "hi\u{3000}alice|, more");
    }
}
