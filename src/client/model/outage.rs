//! Requests and commands that a lost connection or a refusal leaves undone.

use super::asked::Asked;
use super::{Mode, Model};

/// Commands that change the speaker's room or name.
const MOVES: &[&str] = &["nick", "join", "leave"];

impl Model {
    /// Whether an open request may change the speaker's room or name.
    pub(in crate::client) fn is_moving(&self) -> bool {
        let is_move =
            |asked: &Asked| matches!(asked, Asked::Join { .. } | Asked::Leave { .. } | Asked::Nick);
        !self.again.is_empty() || self.asked.values().any(is_move)
    }

    /// Whether an answer may switch the conversation shown at any moment.
    pub(in crate::client) fn is_switching(&self) -> bool {
        let is_switch =
            |asked: &Asked| matches!(asked, Asked::Join { select: true, .. } | Asked::Leave { .. });
        self.is_online() && self.asked.values().any(is_switch)
    }

    /// Notes that something was not done. In line mode, people do not see in which room or under
    /// which name they go on.
    pub(super) fn undone(&mut self, asked: &Asked, why: String) {
        let is_move = matches!(asked, Asked::Join { .. } | Asked::Leave { .. } | Asked::Nick);
        if is_move && self.mode == Mode::Lines {
            self.fatal = Some(why);
        } else if let Asked::Edit(text) = asked {
            // The text is in no line any more.
            self.failed(format!("not corrected: {why} ({text})"));
        } else {
            self.failed(why);
        }
    }

    /// Notes whether a command succeeded. A failure to change the room or the name is fatal, like a
    /// refusal.
    pub(super) fn moved(&mut self, name: &str, done: Result<(), String>) -> Result<(), String> {
        match done {
            Err(why) if self.mode == Mode::Lines && MOVES.contains(&name) => {
                self.fatal = Some(why);
                Ok(())
            }
            done => done,
        }
    }

    /// Notes that the connection is lost.
    pub(in crate::client) fn lost(&mut self, why: &str) {
        if self.is_online() {
            self.notice(format!("connection lost: {why}"));
        }
        for (_, asked) in std::mem::take(&mut self.asked) {
            match asked {
                Asked::Join { room, select: true } => self.again.push(room),
                // These are requested again when needed.
                Asked::Join { .. }
                | Asked::Post { .. }
                | Asked::Older { .. }
                | Asked::Missed
                | Asked::Powers { .. }
                | Asked::Ignored
                | Asked::Rooms { is_shown: false } => (),
                asked => self.undone(&asked, "not done: the connection was lost".to_owned()),
            }
        }
        self.typing = None;
        for post in &mut self.posts {
            post.asked = None;
        }
        for conversation in &mut self.conversations {
            conversation.forget_asking();
            conversation.typing.clear();
        }
    }

    /// The namespace refuses the client. Returns whether it can try again at once.
    pub(in crate::client) fn refused(&mut self, code: &str, error: &str) -> bool {
        let is_about_nick = matches!(code, "bad-nick" | "nick-taken");
        if is_about_nick && self.mode == Mode::Screen && self.wanted_nick.take().is_some() {
            self.refusal = Some(format!("{error}; /nick NAME takes another"));
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::model::{Effect, LinkStatus, News, Target};
    use serde_json::{Value, json};

    fn welcome(rooms: &[&str]) -> Value {
        let rooms: Vec<Value> = rooms.iter().map(|room| json!({"room": room})).collect();
        json!({"nick": "alice", "token": "secret", "rooms": rooms})
    }

    fn model(room: Option<&str>) -> Model {
        let mut model = Model::new(Mode::Lines, None, room, "run".to_owned());
        model.event("welcome", &welcome(&["lobby"]));
        model
    }

    /// The requests made since the last call.
    fn asked(model: &mut Model) -> Vec<(u64, &'static str)> {
        let effects = model.take_effects().into_iter();
        let asked = effects.filter_map(|effect| match effect {
            Effect::Emit { id, name, .. } => Some((id?, name)),
            _ => None,
        });
        asked.collect()
    }

    fn again(model: &mut Model, rooms: &[&str]) {
        model.lost("gone");
        model.connection = LinkStatus::Connecting { attempt: 1 };
        model.event("welcome", &welcome(rooms));
    }

    #[test]
    fn a_move_that_is_refused_is_fatal_line_by_line() {
        let refusal = json!({"ok": false, "code": "bad-room", "error": "no such name"});
        let mut by_option = model(Some("bad room"));
        let mut by_line = [model(None), model(Some("x")), model(None)];
        let joined = asked(&mut by_line[1])[0].0;
        by_line[1].ack(joined, &json!({"ok": true, "room": "x"}));
        for (model, line) in by_line.iter_mut().zip(["/join #bad!", "/leave", "/nick bad!"]) {
            model.submit(line).expect("asked");
        }
        for model in by_line.iter_mut().chain([&mut by_option]) {
            assert!(model.is_moving() && model.fatal.is_none());
            let id = asked(model).last().expect("a request").0;
            model.ack(id, &refusal);
            assert_eq!(model.fatal.as_deref(), Some("no such name"));
        }
        for line in ["/join", "/leave", "/name"] {
            let mut model = model(None);
            model.submit(line).expect("told otherwise");
            assert!(model.fatal.is_some(), "{line}");
        }
        let mut model = model(None);
        model.submit("/topic x").expect("asked");
        let id = asked(&mut model)[0].0;
        model.ack(id, &refusal);
        assert_eq!(model.fatal, None);
    }

    #[test]
    fn a_room_whose_answer_is_lost_is_gone_to_later() {
        for known in [&["lobby"][..], &["lobby", "ops"]] {
            let mut model = model(None);
            model.submit("/join #ops").expect("asked");
            asked(&mut model);
            again(&mut model, known);
            let [(id, "join")] = asked(&mut model)[..] else { panic!("one request") };
            assert!(model.is_moving() && model.is_switching());
            model.ack(id, &json!({"ok": true, "room": "ops"}));
            assert!(!model.is_moving() && !model.is_switching() && model.fatal.is_none());
            assert_eq!(model.active().target, Target::Room("ops".to_owned()));
            again(&mut model, &["lobby", "ops"]);
            assert_eq!(asked(&mut model), []);
        }
    }

    #[test]
    fn what_is_lost_with_the_connection_is_told() {
        for (line, is_fatal) in [("/who", false), ("/topic x", false), ("/nick bob", true)] {
            let mut model = model(None);
            model.submit(line).expect("asked");
            model.take_news();
            again(&mut model, &["lobby"]);
            let is_failure = |news: &News| matches!(news, News::Failed(_));
            let is_told = model.take_news().iter().any(is_failure);
            assert_eq!((is_told, model.fatal.is_some()), (!is_fatal, is_fatal), "{line}");
        }
        let mut model = model(None);
        model.submit("kept").expect("sent");
        model.take_news();
        again(&mut model, &["lobby"]);
        assert!(!model.take_news().iter().any(|news| matches!(news, News::Failed(_))));
        assert_eq!(model.unsent(), 1);
    }
}
