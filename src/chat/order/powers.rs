//! The deeds that somebody may do now, for the menus of clients.

use super::roles::Power;
use crate::chat::decide::{Me, Sockets};
use crate::chat::refusal::Refusal;

impl<S: Sockets> Me<'_, S> {
    /// The acts by which they may keep order in a room, or in the whole chat; with a name, those
    /// upon that person. Each is one that would be granted now.
    pub(in crate::chat) fn powers(
        &self,
        name: Option<&str>,
        room: Option<&str>,
    ) -> Result<Vec<Power>, Refusal> {
        let room = room.map(|room| self.own_room(Some(room))).transpose()?;
        let rank = match &room {
            Some(room) => self.keeps_order_in(room),
            None => self.keeps_order(),
        };
        if rank.is_err() || self.not_muted().is_err() {
            return Ok(Vec::new());
        }
        let in_room = |may: &dyn Fn(Option<&str>) -> bool| {
            room.as_deref().is_some_and(|room| may(Some(room)))
        };
        let Some(name) = name else {
            let rules = room.as_deref().filter(|room| self.ruled_room(Some(room), false).is_ok());
            let delete = room.as_ref().map(|_| Power::Delete);
            return Ok(delete.into_iter().chain(rules.map(|_| Power::Rule)).collect());
        };
        // A name may look like an address.
        let person = &format!("@{name}");
        let all = [
            (Power::Kick, in_room(&|room| self.kick(name, room, "").is_ok())),
            (Power::Mute, self.ban(person, None, "", true).is_ok()),
            (Power::Unmute, self.unban(person, true).is_ok()),
            (Power::Ban, self.ban(person, None, "", false).is_ok()),
            (Power::MakeOwner, in_room(&|room| self.set_owner(name, room, true).is_ok())),
            (Power::EndOwner, in_room(&|room| self.set_owner(name, room, false).is_ok())),
        ];
        Ok(all.into_iter().filter_map(|(power, may)| may.then_some(power)).collect())
    }
}
