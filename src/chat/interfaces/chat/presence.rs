//! Changes among the members of a room, gathered for a moment. A crowd is only told the number of
//! its members: the larger it is, the less often.

use super::CHAT;
use super::wire::{self, Member};
use crate::chat::tell::Change;
use crate::chat::{Cx, rooms};
use crate::limits::{
    PRESENCE_MEMBERS_AGAIN, PRESENCE_MEMBERS_MAX, PRESENCE_MS, PRESENCE_NAMES_MAX, told_after_ms,
};
use mio_socketio::SocketId;
use serde::Serialize;
use std::rc::Rc;

/// The notes about one room.
#[derive(Debug, Default)]
pub(in crate::chat::interfaces) struct Gathering {
    /// Changes that the members have yet to be told.
    presence: Option<Presence>,
    /// The members have been told that it is a crowd.
    is_crowd: bool,
}

/// The changes in a room since its members were told.
#[derive(Debug, Default, Serialize)]
struct Presence {
    joined: Vec<Member>,
    left: Vec<Rc<str>>,
    renamed: Vec<Renamed>,
    /// The person whom all changes are about, if it is one: they need not be told.
    #[serde(skip)]
    only: Option<SocketId>,
}

#[derive(Debug, Serialize)]
struct Renamed {
    from: Rc<str>,
    to: Rc<str>,
}

#[derive(Serialize)]
struct Told<'a> {
    room: &'a str,
    #[serde(flatten)]
    form: Form,
    /// The members now.
    count: usize,
}

/// The news beside the count.
#[derive(Serialize)]
#[serde(untagged)]
enum Form {
    Changes(Presence),
    /// A crowd is told no names.
    Crowd {},
    /// All names, to a room that is no longer a crowd.
    Whole {
        members: Vec<Member>,
    },
}

/// Whether the members of a room have been told that it has too many people to name them.
pub(super) fn is_crowd(cx: &Cx<'_>, key: &str) -> bool {
    cx.state.rooms.notes(key).is_some_and(|notes| notes.chat.is_crowd)
}

/// Notes a change in the room `key`, if anybody there must be told.
pub(super) fn note(cx: &mut Cx<'_>, key: &str, about: SocketId, change: &Change) {
    if cx.state.stopping || !cx.of(CHAT).to(key).has_anyone() {
        return;
    }
    let (member, sockets) = (wire::member(cx, key, about), cx.members(key).len());
    let Some(notes) = cx.state.rooms.notes_mut(key) else { return };
    let Gathering { presence, is_crowd } = &mut notes.chat;
    if *is_crowd && matches!(change, Change::Renamed { .. }) {
        return;
    }
    let is_first = presence.is_none();
    let presence = presence.get_or_insert_default();
    if !*is_crowd {
        presence.add(about, member, change);
    }
    if is_first {
        let key: Rc<str> = Rc::from(key);
        cx.after(told_after_ms(sockets, PRESENCE_MS), move |cx| tell(cx, &key));
    }
}

fn tell(cx: &mut Cx<'_>, key: &str) {
    let count = rooms::count(cx, key);
    let Some(notes) = cx.state.rooms.notes_mut(key) else { return };
    let gathering = &mut notes.chat;
    let Some(presence) = gathering.presence.take() else { return };
    let was_crowd = gathering.is_crowd;
    let members_max = if was_crowd { PRESENCE_MEMBERS_AGAIN } else { PRESENCE_MEMBERS_MAX };
    gathering.is_crowd = count > members_max;
    let (form, only) = match (was_crowd, gathering.is_crowd) {
        (_, true) => (Form::Crowd {}, None),
        (true, false) => (Form::Whole { members: wire::members(cx, key, count) }, None),
        (false, false) if presence.is_empty() => return,
        (false, false) => {
            let only = presence.only;
            (Form::Changes(presence), only)
        }
    };
    let only: Vec<SocketId> = match only {
        Some(only) => cx.state.people.devices(only).collect(),
        None => Vec::new(),
    };
    let to = cx.of(CHAT).to(key).except_all(&only);
    to.emit("presence", (Told { room: key, form, count },));
}

impl Presence {
    fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty() && self.renamed.is_empty()
    }

    fn add(&mut self, about: SocketId, member: Option<Member>, change: &Change) {
        self.only = (self.is_empty() || self.only == Some(about)).then_some(about);
        match change {
            Change::Joined(nick) => match self.left.iter().position(|left| left == nick) {
                // They were back at once: nothing has changed.
                Some(at) => drop(self.left.remove(at)),
                None => push(&mut self.joined, member),
            },
            Change::Left(nick) => {
                let renamed = self.renamed.iter().position(|renamed| renamed.to == *nick);
                match self.joined.iter().position(|it| it.nick == *nick) {
                    Some(at) => drop(self.joined.remove(at)),
                    None => {
                        // Others know them by their former name.
                        let from = renamed.map(|at| self.renamed.remove(at).from);
                        push(&mut self.left, Some(from.unwrap_or_else(|| nick.clone())));
                    }
                }
            }
            Change::Renamed { old, new } => {
                match self.joined.iter_mut().find(|member| member.nick == *old) {
                    Some(member) => member.nick = new.clone(),
                    None => {
                        let renamed = Renamed { from: old.clone(), to: new.clone() };
                        push(&mut self.renamed, Some(renamed));
                    }
                }
            }
        }
    }
}

/// Adds a name, unless there are too many: the count includes the rest.
fn push<T>(list: &mut Vec<T>, one: Option<T>) {
    if list.len() < PRESENCE_NAMES_MAX {
        list.extend(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(presence: &mut Presence, about: u32, nick: &str) {
        let nick: Rc<str> = Rc::from(nick);
        let member = Member { nick: nick.clone(), door: "app", doors: Vec::new() };
        presence.add(SocketId::new(about, 1), Some(member), &Change::Joined(nick));
    }

    #[test]
    fn what_cancels_out_is_not_told() {
        let mut presence = Presence::default();
        let who = SocketId::new(1, 1);
        presence.add(who, None, &Change::Left(Rc::from("bob")));
        joined(&mut presence, 1, "bob");
        assert!(presence.is_empty() && presence.only == Some(who));
        joined(&mut presence, 2, "guest-2");
        let (old, new) = (Rc::from("guest-2"), Rc::from("carol"));
        presence.add(SocketId::new(2, 1), None, &Change::Renamed { old, new });
        let json = serde_json::to_string(&presence).expect("a presence has a JSON form");
        let carol = r#"{"nick":"carol","door":"app"}"#;
        assert_eq!(json, format!(r#"{{"joined":[{carol}],"left":[],"renamed":[]}}"#));
        presence.add(SocketId::new(2, 1), None, &Change::Left(Rc::from("carol")));
        assert!(presence.is_empty());
    }

    #[test]
    fn a_crowd_is_not_named_whole() {
        let mut presence = Presence::default();
        for index in 0..1000 {
            joined(&mut presence, index, &format!("guest-{index}"));
        }
        assert_eq!((presence.joined.len(), presence.only), (PRESENCE_NAMES_MAX, None));
    }
}
