//! A conversation in rows: messages with their time, days, a line for new ones, gaps.

use super::menu::marked;
use super::rows::{Row, Style, colour, lines, width, wrap};
use crate::client::menu::{Menu, Purpose};
use crate::client::model::{Conversation, IncomingMessage, Item, Model, PendingPost, Target};
use crate::client::zone::Zone;
use crate::limits::CLIENT_TIME_COLUMNS_MIN;
use mio_wire::text::visible;
use std::borrow::Cow;

/// Colours for names.
pub(super) const COLOURS: u8 = 12;
/// Columns of a time and the space after it.
const TIME_COLUMNS: usize = 6;
/// Indentation of the further rows of a message without a time.
const INDENT_COLUMNS: usize = 2;

/// A row: its number in the entry with this serial. Unsent messages have the highest serials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) struct Spot {
    pub(in crate::client) serial: u64,
    pub(in crate::client) row: usize,
}

/// The settings for making rows.
#[derive(Clone, Copy)]
pub(super) struct Pen<'a> {
    pub(super) model: &'a Model,
    pub(super) zone: &'a Zone,
    pub(super) menu: Option<&'a Menu>,
    pub(super) purpose: Option<&'a Purpose>,
    /// Columns of the whole screen, which the bars have.
    pub(super) screen_columns: usize,
    /// Columns of the messages.
    pub(super) columns: usize,
}

impl Pen<'_> {
    fn conversation(&self) -> &Conversation {
        self.model.active()
    }

    /// The unsent messages of this conversation.
    fn waiting(&self) -> impl DoubleEndedIterator<Item = &PendingPost> {
        let target = &self.conversation().target;
        let posts: Vec<&PendingPost> =
            self.model.posts().filter(|post| post.target.is(target)).collect();
        posts.into_iter()
    }

    /// The number of entries, including unsent ones.
    pub(super) fn count(&self) -> usize {
        self.conversation().entries.len() + self.waiting().count()
    }

    /// The position of the entry with this serial.
    pub(super) fn position(&self, serial: u64) -> Option<usize> {
        self.conversation().position(serial)
    }

    /// The rows of the entry at a position, with their spots.
    pub(super) fn rows(&self, at: usize) -> Vec<(Spot, Row)> {
        let entries = &self.conversation().entries;
        let (serial, rows) = match entries.get(at) {
            Some(entry) => {
                let mut rows = self.above(at);
                let above = rows.len();
                self.item(&entry.item, &mut rows);
                if self.menu.and_then(Menu::serial) == Some(entry.serial) {
                    for row in rows.iter_mut().skip(above) {
                        *row = marked(std::mem::take(row), self.columns);
                    }
                }
                (entry.serial, rows)
            }
            None => {
                let number = at - entries.len();
                let rows = self.waiting().nth(number).map_or_else(Vec::new, |post| self.post(post));
                (u64::MAX - number as u64, rows)
            }
        };
        let spots = rows.into_iter().enumerate();
        spots.map(|(row, text)| (Spot { serial, row }, text)).collect()
    }

    /// The lines above an entry: for a new day, and for the first unread message.
    fn above(&self, at: usize) -> Vec<Row> {
        let entries = &self.conversation().entries;
        let mut rows = Vec::new();
        let Some(entry) = entries.get(at) else { return rows };
        let mut before = entries.iter().take(at).rev();
        if let Some(ts) = entry.item.ts() {
            let last = before.clone().find_map(|entry| entry.item.ts());
            if last.is_none_or(|last| !self.zone.is_same_day(last, ts)) {
                rows.push(self.rule(&self.zone.day(ts)));
            }
        }
        let last = before.find_map(crate::client::model::Entry::id);
        let read = self.conversation().read;
        if read.is_some() && entry.id() > read && last <= read {
            rows.push(self.rule("new messages"));
        }
        rows
    }

    fn item(&self, item: &Item, rows: &mut Vec<Row>) {
        match item {
            Item::Message(message) => self.message(message, rows),
            Item::Notice { ts, text } => self.faint(*ts, text, rows),
            Item::Presence { ts, presence } => self.faint(*ts, &presence.words(), rows),
            Item::Quote { message, .. } => {
                let said = if message.action {
                    format!("*{} {}*", message.from, message.text)
                } else {
                    format!("<{}> {}", message.from, message.text)
                };
                // A message found elsewhere shows its place.
                let target = message.target(&self.model.nick);
                let target = if target.is(&self.conversation().target) {
                    String::new()
                } else {
                    format!("{target} ")
                };
                let time = self.zone.full(message.ts);
                let row = Row::of(Style::Faint, format!("[{time}] {target}"));
                self.flow(row, Style::Plain, &said, rows);
            }
            Item::Hole { is_loading: true, .. } => rows.push(self.rule("loading older messages")),
            Item::Hole { missed: Some(missed), .. } => {
                rows.push(self.rule(&format!("{missed} messages not loaded")));
            }
            Item::Hole { missed: None, .. } => rows.push(self.rule("older messages")),
            Item::Start => rows.push(self.rule("the beginning")),
        }
    }

    /// A line across the screen with a few words.
    pub(super) fn rule(&self, words: &str) -> Row {
        let words = if words.is_empty() { String::new() } else { format!(" {words} ") };
        let dashes = self.columns.saturating_sub(width(&words));
        let left = dashes.min(2);
        let right = dashes.saturating_sub(2);
        let text = format!("{}{words}{}", "─".repeat(left), "─".repeat(right));
        Row::of(Style::Faint, text).cut(self.columns)
    }

    /// A row that begins with a time, if there is room for it.
    fn timed(&self, ts: Option<u64>) -> Row {
        match ts {
            _ if self.columns < CLIENT_TIME_COLUMNS_MIN => Row::default(),
            Some(ts) => Row::of(Style::Faint, format!("{} ", self.zone.clock(ts))),
            None => Row::of(Style::Faint, "  …   "),
        }
    }

    fn message(&self, message: &IncomingMessage, rows: &mut Vec<Row>) {
        let is_own = message.from == self.model.nick;
        let in_room = matches!(message.to, Target::Room(_));
        let is_for_me = !is_own && in_room && message.is_for(&self.model.nick);
        let style = if is_for_me { Style::Bold } else { Style::Plain };
        let row = self.said(Some(message.ts), &message.from, message.action);
        let text = ended(&message.text, message.action);
        self.flow(row, style, &format!("{text}{}", message.later.words()), rows);
    }

    fn post(&self, post: &PendingPost) -> Vec<Row> {
        let mut rows = Vec::new();
        let row = self.said(None, &self.model.nick, post.action);
        self.flow(row, Style::Faint, &ended(&post.text, post.action), &mut rows);
        rows
    }

    /// The row up to the text. An action stands between stars, as at the line door.
    fn said(&self, ts: Option<u64>, from: &str, action: bool) -> Row {
        let mut row = self.timed(ts);
        let nick = visible(from);
        let style = Style::Nick(colour(from, COLOURS));
        if action {
            row.push(Style::Plain, "*");
            row.push(style, nick.into_owned());
            row.push(Style::Plain, " ");
        } else {
            row.push(Style::Faint, "<");
            row.push(style, nick.into_owned());
            row.push(Style::Faint, "> ");
        }
        row
    }

    fn faint(&self, ts: u64, text: &str, rows: &mut Vec<Row>) {
        self.flow(self.timed(Some(ts)), Style::Faint, text, rows);
    }

    /// Appends `row` and then `text`, in as many rows as they need.
    fn flow(&self, row: Row, style: Style, text: &str, rows: &mut Vec<Row>) {
        let has_time = self.columns >= CLIENT_TIME_COLUMNS_MIN;
        let indent = if has_time { TIME_COLUMNS } else { INDENT_COLUMNS };
        let rest = self.columns.saturating_sub(indent);
        let mut row = row.cut(self.columns);
        let mut used = row.width();
        // A name that leaves no space stands alone.
        if used + 4 > self.columns {
            rows.push(std::mem::take(&mut row));
            row.push(style, " ".repeat(indent));
            used = indent;
        }
        for line in lines(text) {
            for piece in wrap(&line, self.columns.saturating_sub(used), rest) {
                row.push(style, piece);
                rows.push(std::mem::take(&mut row));
                row.push(style, " ".repeat(indent));
                used = indent;
            }
        }
    }
}

/// The text, with the star after an action.
fn ended(text: &str, action: bool) -> Cow<'_, str> {
    if action { Cow::Owned(format!("{text}*")) } else { Cow::Borrowed(text) }
}
