//! Conversations that the person has read at another device.

use super::Model;
use super::events::target;
use serde_json::Value;

impl Model {
    /// The person has read a conversation at another device.
    pub(super) fn read_elsewhere(&mut self, body: &Value) {
        let upto = body.get("id").and_then(Value::as_u64).unwrap_or_default();
        let Some(index) = target(body, "with").and_then(|target| self.find(&target)) else {
            return;
        };
        let conversation = &mut self.conversations[index];
        let last = conversation.messages().next_back().map(|message| message.id.number);
        if last.is_some_and(|last| last <= upto) {
            (conversation.unread, conversation.mentions, conversation.read) = (0, 0, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::model::Mode;
    use serde_json::json;

    #[test]
    fn what_is_read_at_another_device_is_not_new() {
        let mut model = Model::new(Mode::Screen, Some("alice".to_owned()), None, "run".to_owned());
        let lobby = json!({"room": "lobby", "members": [], "messages": []});
        let welcome = json!({"nick": "alice", "token": "t", "rooms": [lobby], "history": "h"});
        model.event("welcome", &welcome);
        let message =
            |id: i64| json!({"id": id, "from": "bob", "to": "alice", "text": "psst", "ts": 1});
        for id in [101, 102] {
            model.event("message", &message(id));
        }
        let unread = |model: &Model| model.conversations.iter().map(|it| it.unread).sum::<usize>();
        assert_eq!(unread(&model), 2);
        model.event("read", &json!({"with": "bob", "id": 101}));
        assert_eq!(unread(&model), 2, "there is a newer one");
        model.event("read", &json!({"with": "bob", "id": 102}));
        assert_eq!(unread(&model), 0);
        model.event("read", &json!({"with": "carol", "id": 102}));
        model.event("read", &json!({"room": "tea"}));
    }
}
