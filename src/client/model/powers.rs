//! The deeds that the server allows the person. They are asked for when a menu opens, so that it
//! offers nothing else.

use super::Model;
use super::asked::Asked;
use super::events::{list, nicks};
use super::message::{Target, same};
use crate::limits::CLIENT_CONVERSATIONS_MAX;
use serde_json::{Value, json};

/// The server's answers about what is allowed, as long as a menu is open, and the private rooms.
#[derive(Debug, Default)]
pub(super) struct Powers {
    known: Vec<Known>,
    ignored: Vec<String>,
    private: Vec<String>,
}

/// Deeds allowed in a room, or in the whole chat; with a nick, those upon that person.
#[derive(Debug)]
struct Known {
    room: Option<String>,
    nick: Option<String>,
    may: Vec<String>,
}

/// Whether two optional names are equal, apart from case.
fn is(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same(one, other),
        (None, None) => true,
        _ => false,
    }
}

impl Model {
    /// Asks which deeds are allowed here: upon a person, or else, when a menu opens, in the room,
    /// and in private rooms to which people can be invited.
    pub(in crate::client) fn learn_powers(&mut self, nick: Option<&str>) {
        let here = self.room_here().map(str::to_owned);
        let Some(nick) = nick else {
            self.powers.known.clear();
            let private = self.powers.private.iter();
            let other = private.filter(|room| !is(Some(room), here.as_deref()));
            let rooms: Vec<String> = here.clone().into_iter().chain(other.cloned()).collect();
            for room in rooms.into_iter().filter(|room| self.is_open(room)).collect::<Vec<_>>() {
                self.ask_powers(Some(room), None);
            }
            return;
        };
        self.ask_powers(here, Some(nick.to_owned()));
        self.ask("ignore", json!({}), Asked::Ignored);
    }

    fn ask_powers(&mut self, room: Option<String>, nick: Option<String>) {
        let mut body = json!({});
        if let Some(room) = &room {
            body["room"] = json!(room);
        }
        if let Some(nick) = &nick {
            body["nick"] = json!(nick);
        }
        self.ask("may", body, Asked::Powers { room, nick });
    }

    /// The server has told what is allowed.
    pub(super) fn powers_are(&mut self, asked: Asked, body: &Value) {
        match asked {
            Asked::Powers { room, nick } => {
                let may = nicks(body, "may");
                let known = &mut self.powers.known;
                let is_it = |it: &Known| {
                    is(it.room.as_deref(), room.as_deref())
                        && is(it.nick.as_deref(), nick.as_deref())
                };
                known.retain(|it| !is_it(it));
                if known.len() < CLIENT_CONVERSATIONS_MAX {
                    known.push(Known { room, nick, may });
                }
            }
            _ => {
                let names = list(body, "ignored").iter().filter_map(Value::as_str);
                self.powers.ignored = names.map(str::to_owned).collect();
            }
        }
    }

    /// Notes whether a room is private, by its rules.
    pub(super) fn note_rules(&mut self, room: &str, rules: &Value) {
        let private = &mut self.powers.private;
        private.retain(|known| !same(known, room));
        let is_private = rules.get("private").and_then(Value::as_bool).unwrap_or(false);
        if is_private && private.len() < CLIENT_CONVERSATIONS_MAX {
            private.push(room.to_owned());
        }
    }

    /// Whether the person may do this in the room shown: `delete` what others have said, for one.
    pub(in crate::client) fn may(&self, what: &str) -> bool {
        self.is_known(self.room_here(), None, what)
    }

    /// Whether the person may do this upon somebody here, by the name of the request.
    pub(in crate::client) fn may_upon(&self, nick: &str, what: &str) -> bool {
        self.is_known(self.room_here(), Some(nick), what)
    }

    pub(in crate::client) fn is_ignored(&self, nick: &str) -> bool {
        self.powers.ignored.iter().any(|other| same(other, nick))
    }

    /// The private rooms of this person's to which somebody can be invited who is not there.
    pub(in crate::client) fn invites_to(&self, nick: &str) -> Vec<String> {
        let rooms = self.conversations.iter().filter_map(|it| match &it.target {
            Target::Room(room) if !it.members.iter().any(|member| same(member, nick)) => Some(room),
            _ => None,
        });
        let is_private = |room: &str| self.powers.private.iter().any(|other| same(other, room));
        let own = rooms.filter(|room| is_private(room) && self.is_known(Some(room), None, "room"));
        own.cloned().collect()
    }

    fn is_known(&self, room: Option<&str>, nick: Option<&str>, what: &str) -> bool {
        let is_it = |it: &&Known| is(it.room.as_deref(), room) && is(it.nick.as_deref(), nick);
        let known = self.powers.known.iter().find(is_it);
        known.is_some_and(|known| known.may.iter().any(|may| may == what))
    }

    /// The room shown, if it is one.
    pub(in crate::client) fn room_here(&self) -> Option<&str> {
        match &self.active().target {
            Target::Room(room) => Some(room),
            Target::With(_) => None,
        }
    }

    fn is_open(&self, room: &str) -> bool {
        self.find(&Target::Room(room.to_owned())).is_some()
    }
}
