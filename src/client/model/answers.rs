//! The server's answers to requests.

use super::asked::Asked;
use super::conversation::Item;
use super::events::{list, nicks, text, with_doors};
use super::message::{IncomingMessage, Target};
use super::{Model, News, names_in_words};
use mio_wire::text::tight;
use serde_json::Value;

impl Model {
    /// Takes the answer to the request with this id.
    pub(in crate::client) fn ack(&mut self, id: u64, body: &Value) {
        let Some(asked) = self.asked.remove(&id) else { return };
        self.answers += 1;
        self.answered(asked, body);
    }

    /// A request was done after all, though the server had answered that it may not have been; or
    /// the server has given the person another name.
    pub(super) fn late(&mut self, body: &Value) {
        let room = || text(body, "room").to_owned();
        let asked = match text(body, "request") {
            "nick" => Asked::Nick,
            "join" => Asked::Join { room: room(), select: false },
            "leave" => Asked::Leave { target: Target::Room(room()) },
            "topic" => Asked::Topic { target: Target::Room(room()) },
            "ignore" => Asked::Ignore,
            "edit" => Asked::Edit(text(body, "text").to_owned()),
            "delete" => Asked::Delete,
            "react" => Asked::React,
            "post" | "dm" => {
                return self.notice("a message that was reported as not sent has been sent");
            }
            // A newer server may send more.
            _ => return,
        };
        let mut body = body.clone();
        body["ok"] = Value::Bool(true);
        self.answered(asked, &body);
    }

    fn answered(&mut self, asked: Asked, body: &Value) {
        let answer = match body.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(body),
            _ => Err(match text(body, "error") {
                "" => "the server refuses, and gives no reason".to_owned(),
                error => error.to_owned(),
            }),
        };
        match (asked, answer) {
            (Asked::Post { key }, answer) => {
                let answer = self.reached(&key, body, answer);
                self.posted(&key, answer);
            }
            (Asked::Join { room, select }, Ok(body)) => self.joined(&room, select, body),
            (asked @ Asked::Join { .. }, Err(error)) => self.not_joined(&asked, error),
            (Asked::Older { target, serial }, Ok(body)) => self.older(&target, serial, body),
            (Asked::Older { target, serial }, Err(_)) => {
                // Without a history, there are no missed messages to fetch.
                if let Some(index) = self.find(&target) {
                    self.conversations[index].close_hole(serial);
                }
            }
            (Asked::Missed, answer) => self.page(&answer),
            (asked @ (Asked::Powers { .. } | Asked::Ignored), Ok(body)) => {
                self.powers_are(asked, body);
            }
            // Nothing is allowed then, or nothing is known.
            (Asked::Powers { .. } | Asked::Ignored, Err(_)) => (),
            (asked, Err(error)) => self.undone(&asked, error),
            (Asked::Nick, Ok(body)) => {
                self.nick = text(body, "nick").to_owned();
                self.wanted_nick = Some(self.nick.clone());
                self.notice(format!("you are now {}", self.nick));
            }
            (Asked::Leave { target }, Ok(_)) => {
                if let Some(index) = self.find(&target) {
                    self.remove(index);
                    self.notice(format!("you have left {target}"));
                }
            }
            (Asked::Topic { target }, Ok(body)) => self.topic_set(&target, body),
            (Asked::Quotes { target, words }, Ok(body)) => {
                let messages = IncomingMessage::read_all(body, self.era);
                self.quotes(&target, words.as_deref(), messages);
                if body.get("cut").and_then(Value::as_bool) == Some(true) {
                    self.notice("the search ran out of time; older messages may be missing");
                }
            }
            (Asked::Rules, Ok(body)) => self.rules_changed(body),
            (Asked::Edit(_), Ok(body)) if body.get("text").is_some() => self.edited(body),
            (Asked::Delete, Ok(body)) => self.deleted(body),
            (Asked::Former(from), Ok(body)) => self.former_texts(&from, body),
            (Asked::React, Ok(body)) if body.get("emoji").is_some() => self.reacted(body),
            (Asked::Edit(_) | Asked::React, Ok(_)) => self.notice("it is so already"),
            (Asked::Who, Ok(body)) => self.who(body),
            (Asked::WhoIs(nick), Ok(body)) => self.tell_who_is(&nick, body),
            (Asked::Ignore, Ok(body)) => self.ignored(body),
            (Asked::Rooms { is_shown }, Ok(body)) => self.listed(is_shown, body),
            (asked, Ok(body)) => self.account(&asked, body),
        }
    }

    /// A request about one's account is done.
    fn account(&mut self, asked: &Asked, body: &Value) {
        let (nick, code) = (text(body, "nick"), text(body, "code"));
        match asked {
            Asked::Register => {
                self.notice(format!("{nick} is yours now; from elsewhere: /login {nick} PASSWORD"));
            }
            Asked::Login => {
                self.known_as(body);
                self.notice(format!("welcome back, {}", self.nick));
            }
            Asked::Logout => {
                self.known_as(body);
                self.forget_login();
                self.notice(format!("you are {} now", self.nick));
            }
            Asked::Devices => self.devices(body),
            Asked::DeviceEnd(number) => self.notice(format!("device {number} has ended")),
            Asked::Invite => self.notice(format!("an invitation: /invite {code}")),
            _ => self.ordered(asked, body),
        }
    }

    fn joined(&mut self, room: &str, select: bool, body: &Value) {
        let asked = Target::Room(room.to_owned());
        let key = text(body, "room");
        let target = Target::Room(if key.is_empty() { room } else { key }.to_owned());
        if let (Some(index), None) = (self.find(&asked), self.find(&target)) {
            self.conversations[index].target = target.clone();
            self.replace_target(&asked, &target);
        }
        let index = self.target(target.clone());
        // The server's spelling.
        self.conversations[index].target = target;
        if select {
            self.activate(index);
        }
        self.enter(index, body);
    }

    fn not_joined(&mut self, asked: &Asked, error: String) {
        if let Asked::Join { room, select: false } = asked
            && let Some(index) = self.find(&Target::Room(room.clone()))
        {
            self.remove(index);
        }
        self.undone(asked, error);
    }

    fn older(&mut self, target: &Target, serial: u64, body: &Value) {
        let Some(index) = self.find(target) else { return };
        self.showed(index, body);
        let has_more = body.get("more").and_then(Value::as_bool).unwrap_or(false);
        let messages = IncomingMessage::read_all(body, self.era);
        let has_more = has_more && !messages.is_empty();
        self.conversations[index].fill(serial, messages, has_more);
    }

    fn topic_set(&mut self, target: &Target, body: &Value) {
        let Some(index) = self.find(target) else { return };
        let topic = text(body, "topic").to_owned();
        self.conversations[index].topic = Some(topic).filter(|topic| !topic.is_empty());
        self.notice("topic set");
    }

    fn quotes(&mut self, target: &Target, words: Option<&str>, messages: Vec<IncomingMessage>) {
        if messages.is_empty() {
            return match target {
                Target::Room(_) => self.notice(format!("nothing was found in {target}")),
                Target::With(_) => self.notice("nothing was found"),
            };
        }
        let Some(index) = self.find(target) else { return };
        let ts = self.now().unix_ms;
        if let Some(words) = words {
            let count = match messages.len() {
                1 => "1 message".to_owned(),
                count => format!("{count} messages"),
            };
            let text = format!("{count} with \"{}\":", tight(words));
            self.conversations[index].push(Item::Notice { ts, text });
        }
        for message in messages {
            self.news.push(News::Quote(message.clone()));
            self.conversations[index].push(Item::Quote { ts, message });
        }
    }

    fn who(&mut self, body: &Value) {
        let members = list(body, "members");
        let named: Vec<String> = if nicks(body, "members").is_empty() {
            Vec::new()
        } else {
            members.iter().map(with_doors).collect()
        };
        let count = body.get("count").and_then(Value::as_u64).unwrap_or_default();
        let more = count.saturating_sub(named.len() as u64);
        let room = text(body, "room");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        if named.is_empty() && more.is_empty() {
            self.notice(format!("nobody is in #{room}"))
        } else {
            self.notice(format!("in #{room}: {}{more}", named.join(", ")))
        }
    }

    /// The server knows this client by another name and another token from now on.
    fn known_as(&mut self, body: &Value) {
        self.nick = text(body, "nick").to_owned();
        self.wanted_nick = Some(self.nick.clone());
        let token = text(body, "token");
        if !token.is_empty() {
            self.token = Some(token.to_owned());
        }
    }

    fn ignored(&mut self, body: &Value) {
        let names = list(body, "ignored").iter().filter_map(Value::as_str);
        let names: Vec<String> = names.map(str::to_owned).collect();
        if names.is_empty() {
            self.notice("you ignore nobody")
        } else {
            self.notice(format!("you ignore {}", names_in_words(&names)))
        }
    }

    fn listed(&mut self, is_shown: bool, body: &Value) {
        let rooms = list(body, "rooms");
        self.rooms = rooms.iter().map(|room| text(room, "room").to_owned()).collect();
        if !is_shown {
            return;
        }
        for room in rooms {
            let people = room.get("count").and_then(Value::as_u64).unwrap_or_default();
            let name = text(room, "room");
            let topic = text(room, "topic");
            self.notice(format!("#{name} {people}  {topic}").trim_end());
        }
        let count = body.get("count").and_then(Value::as_u64).unwrap_or_default();
        let more = count.saturating_sub(rooms.len() as u64);
        if more > 0 {
            self.notice(format!("and {more} more"));
        }
    }

    /// The people who are typing in the conversation shown, in words; empty if nobody is.
    pub(in crate::client) fn typing_words(&self) -> String {
        let typing = &self.active().typing;
        let names: Vec<String> = typing.iter().map(|(nick, _)| nick.clone()).collect();
        match names.len() {
            0 => String::new(),
            1 => format!("{} is typing", names_in_words(&names)),
            2 | 3 => format!("{} are typing", names_in_words(&names)),
            _ => "several people are typing".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mode;
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_done_after_all_counts() {
        let mut model = Model::new(Mode::Screen, Some("alice".to_owned()), None, "run".to_owned());
        let members = json!([{"nick": "alice"}]);
        let entry = |room| json!({"room": room, "members": members, "count": 1, "messages": []});
        let rooms = [entry("lobby")];
        model.event("welcome", &json!({"nick": "alice", "token": "secret", "rooms": rooms}));
        let late = |request: &str, mut answer: Value| {
            answer["request"] = json!(request);
            answer
        };
        model.event("late", &late("nick", json!({"nick": "alicia"})));
        assert_eq!((&*model.nick, model.wanted_nick.as_deref()), ("alicia", Some("alicia")));
        model.event("late", &late("join", entry("ops")));
        let ops = Target::Room("ops".to_owned());
        assert!(model.find(&ops).is_some());
        model.event("late", &late("leave", json!({"room": "ops"})));
        assert!(model.find(&ops).is_none());
        model.event("late", &late("what", json!({})));
    }
}
