//! A history other than before, whose numbers mean other messages.

use super::Model;
use super::conversation::Conversation;
use super::events::{list, text};
use super::message::IncomingMessage;
use serde_json::Value;

impl Model {
    /// Whether the server's history is not the one from before, or lacks the last messages seen.
    pub(super) fn begins_anew(&mut self, welcome: &Value, is_stranger: bool) -> bool {
        let name = Some(text(welcome, "history").to_owned()).filter(|name| !name.is_empty());
        let before = std::mem::replace(&mut self.history, name);
        if before.is_some() && before != self.history {
            return true;
        }
        let rooms = list(welcome, "rooms").iter();
        let messages = rooms.flat_map(|room| IncomingMessage::read_all(room, self.era));
        let last = messages.map(|message| message.id.number).max();
        let is_new = welcome.get("recovered").and_then(Value::as_bool) != Some(true);
        last < self.since && (is_stranger || is_new && last.is_some())
    }

    /// Keeps the messages so far, before all later ones.
    pub(super) fn begin_anew(&mut self) {
        self.era += 1;
        self.since = None;
        self.give_up_missing();
        self.conversations.iter_mut().for_each(Conversation::forget_holes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::model::{LinkStatus, Mode, News};
    use serde_json::json;

    fn message(id: u64, text: &str) -> Value {
        json!({"id": id, "ts": id, "room": "lobby", "from": "bob", "text": text})
    }

    fn welcome(token: &str, history: &str, recovered: bool, messages: &[Value]) -> Value {
        let rooms = json!([{"room": "lobby", "messages": messages}]);
        json!({"nick": "alice", "token": token, "rooms": rooms, "recovered": recovered,
               "history": history})
    }

    /// A client that has seen two messages of a history, and comes back.
    fn seen_two(mode: Mode) -> Model {
        let mut model = Model::new(mode, None, None, "run".to_owned());
        let last = [message(1000, "one"), message(1001, "two")];
        model.event("welcome", &welcome("t", "a", false, &last));
        model.take_news();
        let auth = model.auth();
        assert_eq!((&auth["since"], &auth["history"]), (&json!(1001), &json!("a")));
        // The server gave the name, and may not let anybody ask for it.
        assert!(auth["nick"].is_null());
        model.lost("gone");
        model.connection = LinkStatus::Connecting { attempt: 1 };
        model
    }

    fn told(model: &mut Model) -> Vec<String> {
        let news = model.take_news().into_iter();
        let told = news.filter_map(|news| match news {
            News::Message { message, .. } => Some(message.text),
            _ => None,
        });
        told.collect()
    }

    #[test]
    fn all_of_another_history_is_told_whatever_its_numbers_are() {
        for token in ["t", "other"] {
            let mut model = seen_two(Mode::Lines);
            // One of its numbers is another message in the first.
            let mut four = message(1001, "four");
            four["ts"] = json!(9);
            let last = [message(7, "three"), four];
            model.event("welcome", &welcome(token, "b", false, &last));
            model.event("message", &message(1002, "five"));
            model.event("message", &message(1002, "five"));
            assert_eq!(told(&mut model), ["three", "four", "five"]);
            assert_eq!(model.auth()["history"], "b");
            assert_eq!(model.auth()["since"], 1002);
        }
    }

    #[test]
    fn what_an_older_copy_of_the_history_has_is_not_told_again_and_what_is_new_is() {
        for mode in [Mode::Lines, Mode::Screen] {
            let mut model = seen_two(mode);
            model.event("welcome", &welcome("t", "a", false, &[message(1000, "one")]));
            for number in [500, 5000] {
                model.event("message", &message(number, &number.to_string()));
            }
            assert_eq!(told(&mut model), ["500", "5000"], "{mode:?}");
            let texts: Vec<_> = model.active().messages().map(|it| &*it.text).collect();
            assert_eq!(texts, ["one", "two", "500", "5000"], "{mode:?}");
        }
    }

    #[test]
    fn what_was_missed_of_the_same_history_does_not_begin_it_anew() {
        let mut model = seen_two(Mode::Lines);
        model.event("welcome", &welcome("t", "a", false, &[]));
        model.event("gap", &json!({"room": "lobby", "missed": 7}));
        assert_eq!(model.auth()["since"], 1001);
        assert_eq!(model.era, 0);
    }
}
