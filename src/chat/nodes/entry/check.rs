//! Entries that no server of a chat writes.

use super::{WrittenAbout, WrittenFact};
use crate::chat::decide::is_emoji;
use crate::chat::{archive, names};
use crate::limits::{
    INVITATION_USES_MAX, LINE_BYTES_MAX_HIGHEST, PASSWORD_HASH_BYTES_MAX, PERSON_ID_BYTES_MAX,
    ROOMS_PER_CLIENT_MAX, TOPIC_CHARS_MAX, WHY_BYTES_MAX,
};
use std::rc::Rc;

impl WrittenFact<'_> {
    /// Whether a server of this chat can have written it: names that nobody may bear and texts that
    /// nobody may send are a stranger's.
    pub(super) fn is_possible(&self) -> bool {
        let is_nick = |nick: &Rc<str>| names::is_still_good(nick);
        let is_room = |room: &Rc<str>| names::is_room_key(room);
        let are_rooms =
            |rooms: &[Rc<str>]| rooms.len() <= ROOMS_PER_CLIENT_MAX && rooms.iter().all(is_room);
        match self {
            Self::Entered { nick, rooms, .. } => is_nick(nick) && are_rooms(rooms),
            Self::Said { nick, room, .. } => is_nick(nick) && is_room(room),
            Self::Whispered { author, reader, .. } => {
                is_nick(&author.nick) && is_nick(&reader.nick)
            }
            Self::Edited { nick, about, text, .. } => {
                is_nick(nick) && about.is_possible() && text.len() <= LINE_BYTES_MAX_HIGHEST
            }
            Self::Deleted { nick, about, .. } => is_nick(nick) && about.is_possible(),
            Self::Reacted { nick, about, emoji, .. } => {
                is_nick(nick) && about.is_possible() && is_emoji(emoji)
            }
            Self::TopicSet { nick, room, topic, .. } => {
                let topic = topic.as_deref().unwrap_or_default();
                is_nick(nick) && is_room(room) && topic.chars().count() <= TOPIC_CHARS_MAX
            }
            Self::Renamed { old, new, rooms, .. } => {
                is_nick(old) && is_nick(new) && are_rooms(rooms)
            }
            Self::Joined { nick, room, from, .. } => {
                is_nick(nick) && is_room(room) && from.as_ref().is_none_or(is_room)
            }
            Self::Left { nick, room, .. } => is_nick(nick) && is_room(room),
            Self::Departed { nick, rooms, .. } => is_nick(nick) && are_rooms(rooms),
            Self::Registered { nick, hash, .. } => {
                names::nick(nick).is_ok() && hash.len() <= PASSWORD_HASH_BYTES_MAX
            }
            Self::LoggedIn { old, new, rooms, .. } | Self::LoggedOut { old, new, rooms, .. } => {
                is_nick(old) && is_nick(new) && are_rooms(rooms)
            }
            Self::HookMade { hook, .. } | Self::HookRemoved { hook, .. } => {
                is_nick(&hook.name) && is_room(&hook.room)
            }
            Self::InvitationMade { uses, author, .. } => {
                (1..=INVITATION_USES_MAX).contains(uses) && (author.is_empty() || is_nick(author))
            }
            Self::Quieted { id, .. } => (1..=PERSON_ID_BYTES_MAX).contains(&id.len()),
            Self::Moderated { nick, deed, why, .. } => {
                is_nick(nick) && deed.is_possible() && why.len() <= WHY_BYTES_MAX
            }
            Self::Removed { nick, room, to, moderator, why, .. } => {
                let are_people = is_nick(nick) && is_nick(moderator);
                let are_rooms = is_room(room) && to.as_ref().is_none_or(is_room);
                are_people && are_rooms && why.len() <= WHY_BYTES_MAX
            }
            Self::Ordered { order, .. } => order.order().is_some(),
            Self::DeviceEnded { .. }
            | Self::Invited { .. }
            | Self::Remembered { .. }
            | Self::Forgotten { .. }
            | Self::Ignored { .. }
            | Self::Unignored { .. } => true,
        }
    }
}

impl WrittenAbout {
    /// Whether there can be such a message.
    fn is_possible(&self) -> bool {
        let is_place = archive::parties(&self.place).is_some() || names::is_room_key(&self.place);
        is_place && names::is_still_good(&self.author)
    }
}
