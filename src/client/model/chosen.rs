//! Deeds upon a message or a person that was chosen in a menu, except those of people
//! who keep order (`deeds`). Each is refused with a sentence if
//! it cannot be asked for now; the server's refusal comes later, as a notice.

use super::Model;
use super::asked::Asked;
use super::commands::write_to;
use super::events::{list, text, with_doors};
use super::message::{Id, IncomingMessage, same};
use serde_json::{Value, json};

type Done = Result<(), String>;

impl Model {
    /// The server's number of a message, as long as it has the same history.
    fn number(&self, id: Id) -> Result<u64, String> {
        self.need_server()?;
        if id.era == self.era {
            Ok(id.number)
        } else {
            Err("the server has another history now, without this message".to_owned())
        }
    }

    /// Asks for a message to have another text.
    pub(in crate::client) fn edit_message(&mut self, id: Id, text: &str) -> Done {
        let id = self.number(id)?;
        self.ask("edit", json!({"id": id, "text": text}), Asked::Edit(text.to_owned()));
        Ok(())
    }

    /// Asks for a message to be deleted.
    pub(in crate::client) fn delete_message(&mut self, id: Id) -> Done {
        let id = self.number(id)?;
        self.ask("delete", json!({"id": id}), Asked::Delete);
        Ok(())
    }

    /// Reacts to a message. A reaction of the person's own is taken back.
    pub(in crate::client) fn react_to(&mut self, id: Id, emoji: &str) -> Done {
        let number = self.number(id)?;
        let mut body = json!({"id": number, "emoji": emoji});
        if self.has_reacted(id, emoji) {
            body["on"] = json!(false);
        }
        self.ask("react", body, Asked::React);
        Ok(())
    }

    /// Whether the person reacts to a message with this emoji.
    pub(in crate::client) fn has_reacted(&self, id: Id, emoji: &str) -> bool {
        let is_it = |message: &&IncomingMessage| message.id == id;
        let message = self.active().messages().rev().find(is_it);
        message.is_some_and(|message| message.later.is_by(emoji, &self.nick))
    }

    /// Asks for the former texts of a message of this author.
    pub(in crate::client) fn ask_former(&mut self, id: Id, from: &str) -> Done {
        let id = self.number(id)?;
        self.ask("former", json!({"id": id}), Asked::Former(from.to_owned()));
        Ok(())
    }

    /// Shows the private conversation with a person.
    pub(in crate::client) fn write_in_private(&mut self, nick: &str) -> Done {
        write_to(self, nick, "")
    }

    /// Asks by which programs somebody is in the room shown.
    pub(in crate::client) fn ask_who_is(&mut self, nick: &str) -> Done {
        self.need_server()?;
        let room = self.this_room()?;
        self.ask("who", json!({"room": room}), Asked::WhoIs(nick.to_owned()));
        Ok(())
    }

    /// Tells who somebody is, by the list of a room.
    pub(super) fn tell_who_is(&mut self, nick: &str, body: &Value) {
        let room = text(body, "room");
        let is_it = |member: &&Value| same(text(member, "nick"), nick);
        match list(body, "members").iter().find(is_it) {
            Some(member) => self.notice(format!("in #{room}: {}", with_doors(member))),
            None => self.notice(format!("{nick} is not in the list of #{room}")),
        }
    }

    pub(in crate::client) fn ignore(&mut self, nick: &str, is_on: bool) -> Done {
        self.need_server()?;
        self.ask("ignore", json!({"nick": nick, "on": is_on}), Asked::Ignore);
        Ok(())
    }

    pub(in crate::client) fn invite_to(&mut self, room: &str, nick: &str) -> Done {
        self.need_server()?;
        self.ask("room", json!({"room": room, "invite": nick}), Asked::Rules);
        Ok(())
    }
}
