//! The person meant by a name in private. Somebody else may take the name later, and a private
//! conversation must not go on with them unnoticed.

use super::conversation::Item;
use super::events::{list, text};
use super::message::Target;
use super::{Model, News};
use serde_json::{Value, json};

/// The server's code if the name belongs to somebody else now.
const ANOTHER: &str = "another-person";

impl Model {
    /// The fields of a request that name a target: its room, or else the nick, in the field of that
    /// name, and the person meant if that is known.
    pub(super) fn named(&self, target: &Target, person: &'static str) -> Value {
        let (field, name) = target.field(person);
        let mut body = json!({field: name});
        if let Some(meant) = self.meant(target) {
            body["person"] = json!(meant);
        }
        body
    }

    /// The person meant in a private conversation, by the server's id.
    pub(super) fn meant(&self, target: &Target) -> Option<&str> {
        self.conversations.get(self.find(target)?)?.person.as_deref()
    }

    /// Somebody wrote in private. Tells the reader if it is a different person than before.
    pub(super) fn heard_from(&mut self, index: usize, message: &Value) {
        let person = text(message, "person");
        let ts = self.now().unix_ms;
        let Some(conversation) = self.conversations.get_mut(index) else { return };
        if person.is_empty() || conversation.heard.as_deref() == Some(person) {
            return;
        }
        conversation.heard = Some(person.to_owned());
        let meant = conversation.person.get_or_insert_with(|| person.to_owned());
        if meant != person {
            let nick = text(message, "from");
            let text = format!("this {nick} is another person than before");
            self.news.push(News::Notice(text.clone()));
            conversation.push(Item::Notice { ts, text });
        }
    }

    /// Earlier messages of a conversation are shown: they tell the person meant, if that was not
    /// known.
    pub(super) fn showed(&mut self, index: usize, answer: &Value) {
        if let Some(last) = list(answer, "messages").last() {
            self.shows_whom(index, last);
        }
    }

    /// A message of a conversation shows the person meant, if that was not known. For one's own
    /// message, the answer may have been lost.
    pub(super) fn shows_whom(&mut self, index: usize, message: &Value) {
        let person = text(message, "person");
        let Some(conversation) = self.conversations.get_mut(index) else { return };
        if conversation.person.is_none() && !person.is_empty() {
            conversation.person = Some(person.to_owned());
        }
    }

    /// The next message of a private conversation is for the person who wrote there last.
    pub(super) fn mean_who_wrote(&mut self, index: usize) {
        let Some(conversation) = self.conversations.get_mut(index) else { return };
        if conversation.heard.is_some() {
            conversation.person.clone_from(&conversation.heard);
        }
    }

    /// The answer to a post: the person who got it, or the different person who would have. The
    /// next message is for that person, and the error says so.
    pub(super) fn reached<'b>(
        &mut self,
        key: &str,
        body: &'b Value,
        answer: Result<&'b Value, String>,
    ) -> Result<&'b Value, String> {
        let target = self.posts().find(|post| post.key == key).map(|post| post.target.clone());
        let conversation = target.and_then(|target| self.find(&target));
        let conversation = conversation.and_then(|index| self.conversations.get_mut(index));
        let Some(conversation) = conversation else { return answer };
        if !text(body, "person").is_empty() {
            conversation.person = Some(text(body, "person").to_owned());
        }
        if text(body, "code") != ANOTHER {
            return answer;
        }
        conversation.person = None;
        answer.map_err(|error| format!("{error}; say it again if it is for them"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Effect, Mode};
    use super::*;

    fn model() -> Model {
        let mut model = Model::new(Mode::Screen, Some("alice".to_owned()), None, "run".to_owned());
        model.event("welcome", &json!({"nick": "alice", "token": "t", "rooms": []}));
        model.take_effects();
        model
    }

    /// The last request of this name, with its id.
    fn asked(model: &mut Model, wanted: &str) -> (u64, Value) {
        let all = model.take_effects().into_iter();
        let mut all = all.filter_map(|effect| match effect {
            Effect::Emit { id, name, body } if name == wanted => Some((id.unwrap_or(0), body)),
            _ => None,
        });
        all.next_back().expect("a request")
    }

    fn said(model: &mut Model, id: u64, person: &str) {
        let message = json!({"id": id, "ts": id, "from": "bob", "to": "alice", "text": "hi",
            "person": person});
        model.event("message", &message);
    }

    fn notices(model: &Model, target: usize) -> Vec<&str> {
        let entries = model.conversations[target].entries.iter();
        let texts = entries.filter_map(|entry| match &entry.item {
            Item::Notice { text, .. } => Some(&**text),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn another_who_takes_the_name_gets_nothing_without_a_word() {
        let mut model = model();
        model.submit("/msg bob one").expect("sent");
        let (id, body) = asked(&mut model, "dm");
        assert_eq!(body.get("person"), None);
        model.ack(id, &json!({"ok": true, "id": 1, "ts": 1, "to": "bob", "person": "p1"}));
        model.submit("two").expect("sent");
        model.submit("three").expect("sent");
        model.typed("four");
        assert_eq!(asked(&mut model, "typing").1["person"], "p1");
        let error = "bob is another person now, not the one you talked with";
        let refused = json!({"ok": false, "code": ANOTHER, "error": error});
        let ids: Vec<u64> = model.posts().filter_map(|post| post.asked).collect();
        for id in ids {
            model.ack(id, &refused);
        }
        let expected = format!("not sent: {error}; say it again if it is for them (two)");
        assert_eq!(notices(&model, 1)[0], expected);
        assert_eq!(notices(&model, 1).len(), 2);
        model.submit("two").expect("sent");
        let (id, body) = asked(&mut model, "dm");
        assert_eq!(body.get("person"), None);
        model.ack(id, &json!({"ok": true, "id": 2, "ts": 2, "to": "bob", "person": "p2"}));
        model.submit("three").expect("sent");
        assert_eq!(asked(&mut model, "dm").1["person"], "p2");
    }

    #[test]
    fn another_who_writes_is_told_apart_once_and_can_be_answered() {
        let mut model = model();
        said(&mut model, 1, "p1");
        said(&mut model, 2, "p1");
        assert!(notices(&model, 1).is_empty());
        said(&mut model, 3, "p2");
        said(&mut model, 4, "p2");
        assert_eq!(notices(&model, 1), ["this bob is another person than before"]);
        model.submit("/msg bob for the first").expect("sent");
        assert_eq!(asked(&mut model, "dm").1["person"], "p1");
        model.submit("/reply for the second").expect("sent");
        assert_eq!(asked(&mut model, "dm").1["person"], "p2");
    }

    #[test]
    fn ones_own_words_tell_who_is_meant_if_their_answer_was_lost() {
        let mut model = model();
        model.submit("/msg bob psst").expect("sent");
        let mine = json!({"id": 1, "ts": 1, "from": "alice", "to": "bob", "text": "psst",
            "person": "p1"});
        model.event("message", &mine);
        model.submit("more").expect("sent");
        assert_eq!(asked(&mut model, "dm").1["person"], "p1");
        // A person who is known stays the one meant.
        let mine = json!({"id": 2, "ts": 2, "from": "alice", "to": "bob", "text": "more",
            "person": "p2"});
        model.event("message", &mine);
        model.submit("and more").expect("sent");
        assert_eq!(asked(&mut model, "dm").1["person"], "p1");
    }

    #[test]
    fn who_is_read_of_is_meant() {
        let mut model = model();
        model.submit("/msg bob").expect("shown");
        let hole = model.active().entries[0].serial;
        model.load(hole);
        let (id, _) = asked(&mut model, "history");
        let message = json!({"id": 1, "ts": 1, "from": "bob", "to": "alice", "text": "hi",
            "person": "p1"});
        model.ack(id, &json!({"ok": true, "messages": [message], "more": true}));
        model.submit("hello").expect("sent");
        assert_eq!(asked(&mut model, "dm").1["person"], "p1");
    }
}
