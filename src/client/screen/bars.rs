//! The upper bar with room, members and topic. The lower bar with the conversations, their unread
//! messages, who is typing, and the state of the connection.

use super::lines::Pen;
use super::rows::{Row, Style, cut, width};
use super::scroll::View;
use crate::client::menu::{Menu, Purpose};
use crate::client::model::{Conversation, LinkStatus, Target};
use mio_wire::text::visible;

/// Columns of the lower bar reserved for the conversations.
const TABS_COLUMNS_MIN: usize = 6;

/// The numbers of a conversation's unread messages, in a few letters: `3`, `@1` for those to the
/// reader, or `3 @1`.
pub(super) fn marks(conversation: &Conversation) -> String {
    match (conversation.unread.saturating_sub(conversation.mentions), conversation.mentions) {
        (others, 0) => others.to_string(),
        (0, mentions) => format!("@{mentions}"),
        (others, mentions) => format!("{others} @{mentions}"),
    }
}

impl Pen<'_> {
    /// `#lobby · 5 here · topic`, and one's own name at the other end.
    pub(super) fn top(&self) -> Row {
        let conversation = self.model.active();
        let mut row = Row::of(Style::BarBold, format!(" {}", conversation.target));
        match (&conversation.target, conversation.count) {
            (Target::With(_), _) => row.push(Style::Bar, " · private"),
            (Target::Room(_), 0) => (),
            (Target::Room(_), count) => row.push(Style::Bar, format!(" · {count} here")),
        }
        if let Some(topic) = &conversation.topic {
            row.push(Style::Bar, format!(" · {}", visible(topic)));
        }
        let nick = format!(" {} ", visible(&self.model.nick));
        self.bar(row, nick, Style::Bar)
    }

    /// The conversations, unless they are `listed` elsewhere, and the state at the other end.
    pub(super) fn status(&self, view: View, why: &str, listed: bool) -> Row {
        let (choices, style) = self.menu_words(view).unwrap_or_else(|| self.right(view));
        let most = self.screen_columns.saturating_sub(TABS_COLUMNS_MIN + 2);
        let choice = choices.iter().find(|words| width(words) <= most).or(choices.last());
        let words = choice.map_or("", String::as_str);
        let tabs = if listed { Vec::new() } else { self.all_tabs() };
        let all: usize = tabs.iter().map(Row::width).sum();
        let why = match &self.model.connection {
            LinkStatus::Waiting { .. } if !why.is_empty() => format!(" ({})", visible(why)),
            _ => String::new(),
        };
        // The reason comes last: it is shown only if all of it fits.
        let has_room = all + width(words) + width(&why) + 2 <= self.screen_columns;
        let why = if has_room { why } else { String::new() };
        let words = cut(&format!("{words}{why}"), most);
        let right = format!(" {words} ");
        let room = self.screen_columns.saturating_sub(width(&right));
        self.bar(self.tabs(tabs, room), right, style)
    }

    /// A bar of all columns, with `right` at its end.
    fn bar(&self, left: Row, right: String, style: Style) -> Row {
        let right = cut(&right, self.screen_columns);
        let room = self.screen_columns.saturating_sub(width(&right));
        let mut row = left.cut(room);
        row.push(Style::Bar, " ".repeat(room.saturating_sub(row.width())));
        row.push(style, right);
        row
    }

    /// The conversations that fit, first the current one and those with something new, and the
    /// number of the others.
    fn tabs(&self, tabs: Vec<Row>, room: usize) -> Row {
        let others = |count: usize| format!("+{count} ");
        let has_room = tabs.iter().map(Row::width).sum::<usize>() <= room;
        let reserved = if has_room { 0 } else { width(&others(tabs.len())) };
        let mut left = room.saturating_sub(reserved);
        let mut order: Vec<usize> = (0..tabs.len()).collect();
        order.sort_by_key(|&index| {
            let conversation = self.model.conversations.get(index);
            let (unread, mentions) = conversation.map_or((0, 0), |one| (one.unread, one.mentions));
            (index != self.model.active_index(), mentions == 0, unread == 0, index)
        });
        let mut shown = Vec::new();
        for index in order {
            let columns = tabs.get(index).map_or(0, Row::width);
            if columns > left && !shown.is_empty() {
                break;
            }
            left = left.saturating_sub(columns);
            shown.push(index);
        }
        let mut row = Row::default();
        let mut hidden = 0;
        let mut style = Style::Bar;
        for (index, tab) in tabs.into_iter().enumerate() {
            if shown.contains(&index) {
                row.spans.extend(tab.spans);
            } else {
                hidden += 1;
                let is_new = self.model.conversations.get(index).is_some_and(|one| one.unread > 0);
                style = if is_new { Style::BarBold } else { style };
            }
        }
        if hidden > 0 {
            row.push(style, others(hidden));
        }
        row
    }

    fn all_tabs(&self) -> Vec<Row> {
        self.model.conversations.iter().enumerate().map(|tab| self.tab(tab)).collect()
    }

    /// ` 2:#ops(3 @1)`: three messages, and one to the reader.
    fn tab(&self, (index, conversation): (usize, &Conversation)) -> Row {
        let is_active = index == self.model.active_index();
        let name = format!(" {}:{}", index + 1, conversation.target);
        if is_active {
            return Row::of(Style::BarBold, format!("{name} "));
        }
        match conversation.unread {
            0 => Row::of(Style::Bar, format!("{name} ")),
            _ => Row::of(Style::BarBold, format!("{name}({}) ", marks(conversation))),
        }
    }

    /// The keys of an open menu, or of a line that it has put into the input, in words, and in
    /// fewer words. The state of the connection goes before them.
    fn menu_words(&self, view: View) -> Option<(Vec<String>, Style)> {
        if let Some(note) = self.menu.and_then(|menu| menu.note.as_deref()) {
            return Some((vec![visible(note).into_owned()], Style::Alert));
        }
        if self.model.connection != LinkStatus::Online {
            return None;
        }
        let hints = self.menu.map(Menu::hints).or_else(|| self.purpose.map(Purpose::hints))?;
        let mut words = Vec::new();
        if let new @ 1.. = self.below(view) {
            words.extend(hints.iter().map(|hint| format!("↓ {new} new · {hint}")));
        }
        words.extend(hints);
        Some((words, Style::BarBold))
    }

    /// The state of the connection and of others, in words, and in fewer words.
    fn right(&self, view: View) -> (Vec<String>, Style) {
        let words = match &self.model.connection {
            LinkStatus::Online => return self.right_online(view),
            LinkStatus::Connecting { attempt: 0 } => vec!["connecting".to_owned()],
            LinkStatus::Connecting { attempt } => {
                let words = "reconnecting now";
                vec![format!("{words}, attempt {attempt}"), words.to_owned()]
            }
            LinkStatus::Waiting { attempt, until_ms } => {
                let left = until_ms.saturating_sub(self.model.now().ms).div_ceil(1000);
                let words = format!("reconnecting in {left} s");
                vec![format!("{words}, attempt {attempt}"), words]
            }
            LinkStatus::Ended => {
                let words = "ended, Enter comes back";
                vec![format!("this device was {words}"), words.to_owned()]
            }
        };
        let unsent = match self.model.unsent() {
            0 => String::new(),
            count => format!(", {count} unsent"),
        };
        (words.into_iter().map(|words| words + &unsent).collect(), Style::Alert)
    }

    fn right_online(&self, view: View) -> (Vec<String>, Style) {
        let one = |words: &str| vec![words.to_owned()];
        match (view, self.below(view), self.model.active().typing.len()) {
            (View::At { .. }, 0, _) => (one("↓ PgDn"), Style::BarBold),
            (View::At { .. }, below, _) => (vec![format!("↓ {below} new, PgDn")], Style::BarBold),
            (View::Bottom, _, 0) => (one("online"), Style::Bar),
            (View::Bottom, _, count) => {
                let words = visible(&self.model.typing_words()).into_owned();
                let fewer = if count == 1 { "someone is typing" } else { "several are typing" };
                (vec![words, fewer.to_owned()], Style::Bar)
            }
        }
    }
}
