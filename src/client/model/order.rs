//! Keeping order: what people who do are told, and everybody else.

use super::asked::Asked;
use super::conversation::Item;
use super::events::{list, text};
use super::message::{Target, same};
use super::{Model, News};
use mio_wire::text::tight;
use serde_json::Value;
use time::OffsetDateTime;

/// `2026-11-20 09:12 UTC`, if an event or a list tells this time.
pub(super) fn minute(body: &Value, name: &str) -> Option<String> {
    let ms = body.get(name).and_then(Value::as_i64)?;
    let at = OffsetDateTime::from_unix_timestamp(ms / 1000).ok()?;
    Some(format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute()))
}

/// ` until 2026-11-20 09:12 UTC: spam`, as far as an event or a list tells it.
fn ending(body: &Value) -> String {
    let until = minute(body, "until").map_or_else(String::new, |it| format!(" until {it}"));
    match text(body, "reason") {
        "" => until,
        reason => format!("{until}: {}", tight(reason)),
    }
}

impl Model {
    /// A request about order or quiet is done.
    pub(super) fn ordered(&mut self, asked: &Asked, body: &Value) {
        match asked {
            Asked::Quiet => self.quieted(body),
            Asked::Barred { nick, verb } => self.notice(format!("{nick} is {verb}")),
            Asked::Bans => self.bans(body),
            _ => (),
        }
    }

    /// Somebody was removed from a room; perhaps this person.
    pub(super) fn removed(&mut self, body: &Value) {
        let (room, nick, by) = (text(body, "room"), text(body, "nick"), text(body, "by"));
        let ending = ending(body);
        let index = self.find(&Target::Room(room.to_owned()));
        if same(nick, &self.nick) {
            // The last conversation stays, so that there is one.
            if let Some(index) = index.filter(|_| self.conversations.len() > 1) {
                self.remove(index);
            }
            return self.notice(format!("{by} removed you from #{room}{ending}; /join #{room}"));
        }
        self.told_in(room, format!("{nick} was removed by {by}{ending}"));
    }

    /// Somebody was banned or muted; perhaps this person.
    pub(super) fn barred(&mut self, verb: &str, body: &Value) {
        let (room, nick, by) = (text(body, "room"), text(body, "nick"), text(body, "by"));
        let ending = ending(body);
        match room {
            "" if same(nick, &self.nick) => self.notice(format!("{by} {verb} you{ending}")),
            "" => self.notice(format!("{nick} was {verb} by {by}{ending}")),
            room => {
                let told = format!("{nick} was {verb} by {by}{ending}");
                // One who has done it in another room sees that it is done.
                if same(by, &self.nick) {
                    self.push_once(self.active, told.clone());
                }
                self.told_in(room, told);
            }
        }
    }

    /// This person may speak again; or another device of theirs has ended a mute or a ban.
    pub(super) fn lifted(&mut self, name: &str, body: &Value) {
        let (nick, by) = (text(body, "nick"), text(body, "by"));
        match name.strip_prefix("un") {
            Some("muted") if same(nick, &self.nick) => {
                self.notice(format!("{by} lets you speak again"));
            }
            what => self.notice(format!("{nick} is no longer {}", what.unwrap_or_default())),
        }
    }

    /// The server hides who joins and leaves, or does not.
    fn quieted(&mut self, body: &Value) {
        self.is_quiet = body.get("quiet").and_then(Value::as_bool).unwrap_or(false);
        match self.is_quiet {
            true => self.notice("you are not told who joins and leaves; /quiet off ends it"),
            false => self.notice("you are told who joins and leaves; /quiet on hides it"),
        }
    }

    /// Somebody owns a room from now on, or no longer.
    pub(super) fn owner_set(&mut self, body: &Value) {
        let (room, nick, by) = (text(body, "room"), text(body, "nick"), text(body, "by"));
        let told = match body.get("on").and_then(Value::as_bool) {
            Some(true) => format!("{nick} owns #{room} from now on, by {by}"),
            _ => format!("{nick} no longer owns #{room}, by {by}"),
        };
        self.told_in(room, told);
    }

    /// A line of the server's in a room.
    fn told_in(&mut self, room: &str, text: String) {
        let Some(index) = self.find(&Target::Room(room.to_owned())) else { return };
        self.push_once(index, text.clone());
        self.news.push(News::Notice(text));
    }

    /// Adds a line of the server's to a conversation, unless it is the last one there already.
    fn push_once(&mut self, index: usize, text: String) {
        let Some(conversation) = self.conversations.get_mut(index) else { return };
        let last = conversation.entries.back().map(|entry| &entry.item);
        if matches!(last, Some(Item::Notice { text: last, .. }) if *last == text) {
            return;
        }
        conversation.push(Item::Notice { ts: self.now.unix_ms, text });
    }

    /// Lists bans.
    fn bans(&mut self, body: &Value) {
        let bans = list(body, "bans");
        if bans.is_empty() {
            return self.notice("nobody is banned or muted");
        }
        for ban in bans {
            let is_muted = ban.get("muted").and_then(Value::as_bool).unwrap_or(false);
            let (nick, address) = (text(ban, "nick"), text(ban, "address"));
            let who = [nick, address].into_iter().filter(|it| !it.is_empty());
            let who = tight(&who.collect::<Vec<_>>().join(" ")).into_owned();
            let by = match text(ban, "by") {
                "" => "an operator",
                by => by,
            };
            let (verb, ending) = (if is_muted { "muted" } else { "banned" }, ending(ban));
            self.notice(format!("{who} is {verb} by {by}{ending}"));
        }
        let count = body.get("count").and_then(Value::as_u64).unwrap_or_default();
        let more = count.saturating_sub(bans.len() as u64);
        if more > 0 {
            self.notice(format!("and {more} more"));
        }
    }
}
