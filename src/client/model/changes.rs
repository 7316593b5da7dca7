//! Corrections, deletions and reactions, of this person and of others.

use super::asked::Asked;
use super::conversation::{Conversation, Item};
use super::events::{list, text};
use super::message::{Id, IncomingMessage, Later, cut, same};
use super::{Mode, Model, News};
use mio_wire::text::tight;
use serde_json::{Value, json};

impl Model {
    /// Asks for the last own message shown to have another text.
    pub(super) fn edit_last(&mut self, text: &str) -> Result<(), String> {
        let id = self.last_own()?.number;
        self.ask("edit", json!({"id": id, "text": text}), Asked::Edit(text.to_owned()));
        Ok(())
    }

    /// Asks for the last own message shown to be deleted.
    pub(super) fn delete_last(&mut self) -> Result<(), String> {
        let id = self.last_own()?.number;
        self.ask("delete", json!({"id": id}), Asked::Delete);
        Ok(())
    }

    /// Asks for the last message shown of the person with this name to be deleted.
    pub(super) fn delete_last_of(&mut self, nick: &str) -> Result<(), String> {
        let id =
            self.last_of(nick, |_| true).ok_or("nobody of this name has said anything here")?;
        self.ask("delete", json!({"id": id.number}), Asked::Delete);
        Ok(())
    }

    /// Asks for the former texts of the last message shown that the person with this name has
    /// corrected.
    pub(super) fn former_of(&mut self, nick: &str) -> Result<(), String> {
        let id = self.last_of(nick, |message| message.later.is_edited);
        let id = id.ok_or("nobody of this name has corrected anything here")?;
        self.ask("former", json!({"id": id.number}), Asked::Former(nick.to_owned()));
        Ok(())
    }

    fn last_of(&self, nick: &str, is_wanted: impl Fn(&IncomingMessage) -> bool) -> Option<Id> {
        let is_it = |it: &&IncomingMessage| same(&it.from, nick) && is_wanted(it);
        self.active().messages().rev().find(is_it).map(|message| message.id)
    }

    /// Shows the former texts of a message, the earliest first.
    pub(super) fn former_texts(&mut self, from: &str, body: &Value) {
        let texts = list(body, "former").iter().map(|it| tight(cut(text(it, "text"))).into_owned());
        let texts: Vec<String> = texts.collect();
        if texts.is_empty() {
            self.notice("this was never corrected");
        }
        for text in texts {
            self.notice(format!("{from} said before: {text}"));
        }
    }

    /// Reacts to the last message of somebody else.
    pub(super) fn react_to_last(&mut self, emoji: &str) -> Result<(), String> {
        let heard = |it: &&IncomingMessage| it.from != self.nick;
        let last = self.active().messages().rev().find(heard).map(|message| message.id);
        let id = last.ok_or("nobody else has said anything here lately")?.number;
        self.ask("react", json!({"id": id, "emoji": emoji}), Asked::React);
        Ok(())
    }

    fn last_own(&self) -> Result<Id, String> {
        let own = |it: &&IncomingMessage| it.from == self.nick;
        let last = self.active().messages().rev().find(own).map(|message| message.id);
        last.ok_or_else(|| "you have said nothing here that could be changed".to_owned())
    }

    /// A message has another text, or is told of anew after an absence.
    pub(super) fn edited(&mut self, body: &Value) {
        let nick = text(body, "nick").to_owned();
        let said = cut(body.get("text").and_then(Value::as_str).unwrap_or_default()).to_owned();
        let Some(message) = self.changed(body) else { return };
        let is_news = message.text != said;
        message.text.clone_from(&said);
        message.later.is_edited |= body.get("edited").is_some();
        if body.get("reactions").is_some() {
            let is_edited = message.later.is_edited;
            message.later = Later::read(body);
            message.later.is_edited |= is_edited;
        }
        let nick = if nick.is_empty() { message.from.clone() } else { nick };
        if is_news {
            self.tell_change(format!("{nick} corrected: {}", tight(&said)));
        }
    }

    /// A message is deleted.
    pub(super) fn deleted(&mut self, body: &Value) {
        let Some(id) = self.id_of(body) else { return };
        let is_it = |item: &Item| match item {
            Item::Message(message) | Item::Quote { message, .. } => message.id == id,
            _ => false,
        };
        let mut is_gone = false;
        for Conversation { entries, .. } in &mut self.conversations {
            let before = entries.len();
            entries.retain(|entry| !is_it(&entry.item));
            is_gone |= entries.len() < before;
        }
        let nick = text(body, "nick");
        if is_gone && !nick.is_empty() {
            self.tell_change(format!("{nick} took back what was said"));
        }
    }

    /// A room has other rules, or somebody is invited to it.
    pub(super) fn rules_changed(&mut self, body: &Value) {
        // The rules of a room have the number of invited people, under the same name.
        if body.get("invited").is_some_and(Value::is_string) {
            return self.notice(format!("{} is invited", text(body, "invited")));
        }
        if body.get("uninvited").is_some() {
            return self.notice(format!("{} is no longer invited", text(body, "uninvited")));
        }
        // The deletion of a room: `removed` tells of it.
        if body.get("private").is_none() {
            return;
        }
        self.note_rules(text(body, "room"), body);
        let is_on = |name: &str| body.get(name).and_then(Value::as_bool) == Some(true);
        let private = if is_on("private") { "private" } else { "public" };
        let readonly = if is_on("readonly") { ", only its owners say something" } else { "" };
        let kept = body.get("keep").and_then(Value::as_u64);
        let days = |days: u64| if days == 1 { "a day".to_owned() } else { format!("{days} days") };
        let kept = kept.map_or_else(String::new, |kept| format!(", erased after {}", days(kept)));
        self.notice(format!("#{} is {private}{readonly}{kept}", text(body, "room")));
    }

    /// Somebody reacts to a message, or no longer does.
    pub(super) fn reacted(&mut self, body: &Value) {
        let emoji = text(body, "emoji").to_owned();
        let count = body.get("count").and_then(Value::as_u64).unwrap_or_default();
        let is_on = body.get("on").and_then(Value::as_bool).unwrap_or(true);
        let Some(message) = self.changed(body) else { return };
        message.later.count(&emoji, count);
        message.later.by(&emoji, text(body, "nick"), is_on);
    }

    /// The message of an event.
    fn changed(&mut self, body: &Value) -> Option<&mut IncomingMessage> {
        let id = self.id_of(body)?;
        let mut entries = self.conversations.iter_mut().flat_map(|it| &mut it.entries);
        entries.find_map(|entry| match &mut entry.item {
            Item::Message(message) if message.id == id => Some(message),
            _ => None,
        })
    }

    fn id_of(&self, body: &Value) -> Option<Id> {
        let number = body.get("id").and_then(Value::as_u64)?;
        Some(Id { era: self.era, number })
    }

    /// A screen shows the message as it is now; a stream of lines has to tell it.
    fn tell_change(&mut self, text: String) {
        if self.mode == Mode::Lines {
            self.news.push(News::Notice(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        let mut model = Model::new(Mode::Screen, Some("alice".to_owned()), None, "run".to_owned());
        let said = |id: u64, from: &str| {
            let text = format!("text {id}");
            json!({"id": id, "ts": 1, "room": "lobby", "from": from, "text": text})
        };
        let messages = [said(1, "bob"), said(2, "alice"), said(3, "bob")];
        let room = json!({"room": "lobby", "members": [], "count": 1, "messages": messages});
        let welcome = json!({"nick": "alice", "token": "secret", "rooms": [room]});
        model.event("welcome", &welcome);
        model.take_effects();
        model
    }

    fn shown(model: &Model) -> Vec<String> {
        model.active().messages().map(|it| format!("{}{}", it.text, it.later.words())).collect()
    }

    #[test]
    fn changes_of_others_are_shown_at_their_messages() {
        let mut model = model();
        let edited = json!({"id": 1, "room": "lobby", "text": "new", "edited": 5, "nick": "bob"});
        model.event("edited", &edited);
        let reacted = |count| {
            json!({"id": 2, "room": "lobby", "emoji": "\u{1f44d}", "on": true,
            "nick": "bob", "count": count})
        };
        model.event("reacted", &reacted(2));
        model.event("deleted", &json!({"id": 3, "room": "lobby", "nick": "bob"}));
        model.event("deleted", &json!({"id": 99, "room": "lobby", "nick": "bob"}));
        assert_eq!(shown(&model), ["new (edited)", "text 2 \u{1f44d} 2"]);
        model.event("reacted", &reacted(0));
        assert_eq!(shown(&model), ["new (edited)", "text 2"]);
        let reactions = json!([{"emoji": "\u{1f600}", "count": 1, "nicks": ["bob"]}]);
        let later = json!({"id": 2, "room": "lobby", "text": "text 2", "reactions": reactions});
        model.event("edited", &later);
        assert_eq!(shown(&model), ["new (edited)", "text 2 \u{1f600} 1"]);
    }

    #[test]
    fn commands_mean_the_last_message() {
        let mut model = model();
        for (line, name, body) in [
            ("/edit better", "edit", json!({"id": 2, "text": "better"})),
            ("/react \u{1f44d}", "react", json!({"id": 3, "emoji": "\u{1f44d}"})),
            ("/delete", "delete", json!({"id": 2})),
            ("/delete BOB", "delete", json!({"id": 3})),
        ] {
            assert_eq!(model.submit(line), Ok(()));
            let is_it = |effect: &super::super::Effect| match effect {
                super::super::Effect::Emit { name: sent, body: with, .. } => {
                    *sent == name && *with == body
                }
                _ => false,
            };
            assert!(model.take_effects().iter().any(is_it), "{line}");
        }
        model.event("deleted", &json!({"id": 2, "room": "lobby", "nick": "alice"}));
        let nothing = "you have said nothing here that could be changed";
        assert_eq!(model.submit("/delete"), Err(nothing.to_owned()));
        let nothing = "nobody of this name has said anything here";
        assert_eq!(model.submit("/delete carol"), Err(nothing.to_owned()));
    }

    #[test]
    fn a_correction_that_is_refused_is_not_lost() {
        let mut model = model();
        model.submit("/edit a better text").expect("asked");
        let [super::super::Effect::Emit { id: Some(id), .. }] = &model.take_effects()[..] else {
            panic!("one request")
        };
        model.ack(*id, &json!({"ok": false, "code": "too-late", "error": "it is too late"}));
        let told = model.active().entries.back().map(|entry| &entry.item);
        let Some(Item::Notice { text, .. }) = told else { panic!("{told:?}") };
        assert_eq!(text, "not corrected: it is too late (a better text)");
    }

    #[test]
    fn former_texts_are_those_of_the_last_corrected_message() {
        let mut model = model();
        let nothing = "nobody of this name has corrected anything here";
        assert_eq!(model.submit("/former bob"), Err(nothing.to_owned()));
        let edited = json!({"id": 1, "room": "lobby", "text": "new", "edited": 5, "nick": "bob"});
        model.event("edited", &edited);
        assert_eq!(model.submit("/former bob"), Ok(()));
        let asked = model.take_effects();
        let [super::super::Effect::Emit { name, body, id: Some(id) }] = &asked[..] else {
            panic!("{asked:?}")
        };
        assert_eq!((*name, body), ("former", &json!({"id": 1})));
        let texts = json!([{"text": "old", "until": 4}]);
        model.ack(*id, &json!({"ok": true, "former": texts}));
        let told = model.active().entries.back().map(|entry| &entry.item);
        let Some(Item::Notice { text, .. }) = told else { panic!("{told:?}") };
        assert!(text.starts_with("bob said before: old"), "{text}");
    }
}
