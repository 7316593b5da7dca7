//! Posts that wait to be sent or acknowledged: sent in order, each once.

use super::{Id, IncomingMessage, Model, Target};
use crate::client::model::asked::Asked;
use crate::client::model::message::Later;
use crate::limits::{CLIENT_POST_BYTES_MAX, CLIENT_UNSENT_MAX};
use crate::words::waits;
use serde_json::{Value, json};

/// A post that the server has not acknowledged.
#[derive(Debug)]
pub(in crate::client) struct PendingPost {
    /// The server accepts only one post with this key.
    pub(super) key: String,
    pub(in crate::client) target: Target,
    /// The person meant, in private.
    person: Option<String>,
    pub(in crate::client) text: String,
    pub(in crate::client) action: bool,
    /// The request that carried it on this connection.
    pub(super) asked: Option<u64>,
}

impl Model {
    /// The posts that have not been acknowledged, oldest first.
    pub(in crate::client) fn posts(&self) -> impl Iterator<Item = &PendingPost> {
        self.posts.iter()
    }

    pub(in crate::client) fn unsent(&self) -> usize {
        self.posts.len()
    }

    /// Posts a text, now or when there is a connection.
    pub(super) fn say(&mut self, target: Target, text: &str, action: bool) -> Result<(), String> {
        let text = text.trim_end();
        if text.len() > CLIENT_POST_BYTES_MAX {
            let length = text.len();
            return Err(format!(
                "not sent: {length} bytes is too long; the limit is {CLIENT_POST_BYTES_MAX}"
            ));
        }
        if self.posts.len() >= CLIENT_UNSENT_MAX {
            return Err(format!("not sent: {CLIENT_UNSENT_MAX} messages are waiting already"));
        }
        let key = format!("{}-{}", self.run, self.next_key);
        self.next_key += 1;
        let person = self.meant(&target).map(str::to_owned);
        let text = text.to_owned();
        self.posts.push_back(PendingPost { key, target, person, text, action, asked: None });
        self.typing = None;
        if self.is_online() {
            self.send_posts();
        }
        Ok(())
    }

    /// Sends the posts that were not sent on this connection, in order.
    pub(super) fn send_posts(&mut self) {
        for at in 0..self.posts.len() {
            let Some(post) = self.posts.get(at).filter(|post| post.asked.is_none()) else {
                continue;
            };
            let (field, name) = post.target.field("to");
            let mut body = json!({field: name, "text": post.text, "key": post.key});
            if let Some(person) = &post.person {
                body["person"] = json!(person);
            }
            if post.action {
                body["action"] = json!(true);
            }
            let request = if field == "to" { "dm" } else { "post" };
            let asked = Asked::Post { key: post.key.clone() };
            let id = self.ask(request, body, asked);
            if let Some(post) = self.posts.get_mut(at) {
                post.asked = Some(id);
            }
        }
    }

    /// The answer to a post has come.
    pub(super) fn posted(&mut self, key: &str, answer: Result<&Value, String>) {
        let Some(at) = self.posts.iter().position(|post| post.key == key) else { return };
        let Some(post) = self.posts.remove(at) else { return };
        let number = |name| answer.as_ref().ok().and_then(|body| body.get(name)?.as_u64());
        let id = number("id");
        let ts = number("ts");
        let (id, ts) = match (&answer, id, ts) {
            (Ok(_), Some(id), Some(ts)) => (id, ts),
            (Err(error), ..) => return self.failed(format!("not sent: {error} ({})", post.text)),
            _ => return self.failed("the server's answer is not a receipt"),
        };
        self.since = self.since.max(Some(id));
        let id = Id { era: self.era, number: id };
        let PendingPost { target, text, action, .. } = post;
        let (from, later) = (self.nick.clone(), Later::default());
        let message = IncomingMessage { id, ts, from, to: target.clone(), text, action, later };
        let Some(index) = self.find(&target) else { return };
        // A person's name is spelt as they spell it, however it was typed.
        let body = answer.unwrap_or(&Value::Null);
        let to = body.get("to").and_then(Value::as_str);
        if let Some(to) = to.filter(|to| target.is(&Target::With((*to).to_owned()))) {
            self.conversations[index].target = Target::With(to.to_owned());
        }
        if self.conversations[index].insert(message.clone()) {
            self.heard(message, true);
        }
        let is_so = |name| body.get(name).and_then(Value::as_bool).unwrap_or(false);
        if let Some(to) = to.filter(|_| is_so("away")) {
            self.notice(format!("{to} {}", waits(!is_so("guest"))));
        }
    }
}
