//! Roles: who may keep order, and over whom.

use crate::chat::history::{ChatRole, RegistrationChange, RoomOwner};
use crate::chat::people::Person;
use crate::chat::{Cx, tell};
use crate::limits::{ROOM_OWNERS_MAX, ROOMS_OWNED_MAX};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// The people who have a role, by their ids, as they were last read from the file.
#[derive(Debug, Default)]
pub(in crate::chat) struct Roles {
    in_chat: HashMap<Rc<str>, ChatRole>,
    /// Their roles by the nicks that they have registered.
    by_nick: HashMap<Rc<str>, ChatRole>,
    /// The ids of the people who own a room, by its key.
    in_rooms: HashMap<Rc<str>, Vec<Rc<str>>>,
    /// The number of rooms that a person owns, by their id.
    owned: HashMap<Rc<str>, usize>,
    /// The owners of rooms have been read. Only this server changes them.
    has_rooms: bool,
}

/// A person's place among those who keep order. Nobody acts on their equals, or on anybody higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::chat) enum Rank {
    Nobody,
    RoomOwner,
    Moderator,
    Owner,
}

impl From<ChatRole> for Rank {
    fn from(role: ChatRole) -> Self {
        match role {
            ChatRole::Owner => Self::Owner,
            ChatRole::Moderator => Self::Moderator,
        }
    }
}

/// An act of keeping order. Clients offer a person those that they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum Power {
    /// To delete what others have said in a room.
    Delete,
    /// To make the rules of a room, and to invite people to it.
    Rule,
    Kick,
    Mute,
    Unmute,
    Ban,
    MakeOwner,
    EndOwner,
}

impl Power {
    /// The name in answers, which is that of the request. It does not change, because programs
    /// match on it.
    pub(in crate::chat) fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Rule => "room",
            Self::Kick => "kick",
            Self::Mute => "mute",
            Self::Unmute => "unmute",
            Self::Ban => "ban",
            Self::MakeOwner => "op",
            Self::EndOwner => "deop",
        }
    }
}

impl Roles {
    /// The rank of a person.
    pub(in crate::chat) fn rank(&self, person: &Person) -> Rank {
        // Only a registered person's id is theirs for good.
        let id = person.id.as_deref().filter(|_| person.is_registered);
        id.map_or(Rank::Nobody, |id| self.rank_of(id))
    }

    /// The rank of the registered person with this id.
    pub(in crate::chat) fn rank_of(&self, id: &str) -> Rank {
        self.in_chat.get(id).map_or(Rank::Nobody, |role| (*role).into())
    }

    /// The rank of the person who has registered this nick.
    pub(super) fn rank_of_nick(&self, nick: &str) -> Rank {
        self.by_nick.get(nick).map_or(Rank::Nobody, |role| (*role).into())
    }

    /// The rank of a person in a room.
    pub(in crate::chat) fn rank_in(&self, person: &Person, room: &str) -> Rank {
        let id = person.id.as_deref().filter(|_| person.is_registered);
        let owns = id.is_some_and(|id| self.owns(id, room));
        self.rank(person).max(if owns { Rank::RoomOwner } else { Rank::Nobody })
    }

    /// Whether the registered person with this id owns a room.
    pub(in crate::chat) fn owns(&self, id: &str, room: &str) -> bool {
        self.in_rooms.get(room).is_some_and(|owners| owners.iter().any(|own| **own == *id))
    }

    /// The ids of the people who own a room.
    pub(in crate::chat) fn owners_of(&self, room: &str) -> impl Iterator<Item = &Rc<str>> {
        self.in_rooms.get(room).into_iter().flatten()
    }

    /// The number of people who own a room.
    pub(in crate::chat) fn owners(&self, room: &str) -> usize {
        self.in_rooms.get(room).map_or(0, Vec::len)
    }

    /// The number of rooms that have an owner.
    pub(in crate::chat) fn owned_rooms(&self) -> usize {
        self.in_rooms.len()
    }

    /// The number of rooms that the registered person with this id owns.
    pub(in crate::chat) fn owned_by(&self, id: &str) -> usize {
        self.owned.get(id).copied().unwrap_or_default()
    }

    /// Makes a person an owner of a room, or takes that away. False if it was so, or if there are
    /// too many. How many one person owns is decided before.
    pub(in crate::chat) fn set_owner(&mut self, id: &Rc<str>, room: &Rc<str>, is_on: bool) -> bool {
        if self.owns(id, room) == is_on {
            return false;
        }
        if !is_on {
            let owners = self.in_rooms.entry(room.clone()).or_default();
            owners.retain(|own| own != id);
            if owners.is_empty() {
                self.in_rooms.remove(room);
            }
            let owned = self.owned_by(id).saturating_sub(1);
            match owned {
                0 => drop(self.owned.remove(id)),
                _ => drop(self.owned.insert(id.clone(), owned)),
            }
            return true;
        }
        let is_full = match self.in_rooms.get(room) {
            Some(owners) => owners.len() >= ROOM_OWNERS_MAX,
            None => self.in_rooms.len() >= ROOMS_OWNED_MAX,
        };
        if !is_full {
            self.in_rooms.entry(room.clone()).or_default().push(id.clone());
            *self.owned.entry(id.clone()).or_default() += 1;
        }
        !is_full
    }

    /// Gives a person a role, as an operator does at the file.
    #[cfg(test)]
    pub(in crate::chat) fn grant(&mut self, id: &str, role: ChatRole) {
        self.in_chat.insert(id.into(), role);
    }

    fn has_owner(&self) -> bool {
        self.in_chat.values().any(|role| *role == ChatRole::Owner)
    }
}

/// Reads the roles from the file. People at this server are told if theirs has changed.
pub(in crate::chat) fn read(cx: &mut Cx<'_>) {
    let all = cx.state.history.roles();
    let by_nick = all.iter().map(|(_, nick, role)| (nick.clone(), *role)).collect();
    let now = all.into_iter().map(|(id, _, role)| (id, role)).collect();
    cx.state.roles.by_nick = by_nick;
    let before = std::mem::replace(&mut cx.state.roles.in_chat, now);
    if std::mem::replace(&mut cx.state.roles.has_rooms, true) {
        return tell_changed(cx, &before);
    }
    for (room, id) in cx.state.history.room_owners() {
        cx.state.roles.set_owner(&id, &room, true);
    }
}

/// Tells people whose role in the whole chat is not what it was before.
fn tell_changed(cx: &mut Cx<'_>, before: &HashMap<Rc<str>, ChatRole>) {
    let now = &cx.state.roles.in_chat;
    let ids: BTreeSet<Rc<str>> = before.keys().chain(now.keys()).cloned().collect();
    let people = &cx.state.people;
    let changed = ids.iter().filter(|id| before.get(*id) != now.get(*id));
    let here = changed.filter_map(|id| Some((now.get(id).copied(), people.with_id(id)?)));
    let devices = here.flat_map(|(role, here)| people.devices(here).map(move |it| (it, role)));
    // Their other devices are told by their servers.
    let here: Vec<_> = devices.filter(|(device, _)| cx.address(*device).is_some()).collect();
    for (device, role) in here {
        tell::role(cx, device, role);
    }
}

/// Makes a person an owner of a room, or takes that away, here and in the file.
pub(in crate::chat) fn set_owner(cx: &mut Cx<'_>, id: &Rc<str>, room: &Rc<str>, is_on: bool) {
    if cx.state.roles.set_owner(id, room, is_on) {
        let owner = RoomOwner { room: room.clone(), id: id.clone(), is_on };
        cx.state.history.change_registration(RegistrationChange::Owner(owner));
    }
}

/// The sentence for the first person who registers in a chat that nobody owns: they may be the one
/// who runs it. They get no role by it.
pub(in crate::chat) fn hint(cx: &Cx<'_>, id: &str, nick: &str) -> Option<String> {
    let is_first = !cx.state.roles.has_owner() && cx.state.history.is_only_registered(id);
    is_first.then(|| {
        format!(
            "nobody owns this chat yet; if it is yours, run on its machine: \
             mio-chat admin grant {nick} owner"
        )
    })
}
