//! Rooms that a registered person begins, and does not own.

use super::{Deed, Moderated, OrderFact};
use crate::chat::budgets::{self, Budget};
use crate::chat::decide::{Me, Sockets};
use crate::chat::fact::{Fact, Joined};
use crate::chat::{Cx, journal, tell};
use crate::limits::{ROOMS_OWNED_MAX, ROOMS_OWNED_OF_ONE_MAX};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// The reason why a registered person does not own the room that they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::chat) enum Unowned {
    /// They own as many rooms as one person may.
    TooManyOfOne,
    /// As many rooms have an owner as may have one.
    TooMany,
    /// Too many rooms with an owner were begun at their address.
    TooManyOfAddress,
    /// The file cannot be written now.
    NotKept,
    /// A reason that only servers of a newer version know.
    #[serde(other)]
    Unknown,
}

impl Unowned {
    /// The sentence for the person.
    fn sentence(self, room: &str) -> String {
        match self {
            Self::TooManyOfOne => {
                format!("nobody owns #{room}: you own {ROOMS_OWNED_OF_ONE_MAX} rooms already")
            }
            Self::TooMany => {
                format!("nobody owns #{room}: {ROOMS_OWNED_MAX} rooms have an owner already")
            }
            Self::TooManyOfAddress => {
                format!(
                    "nobody owns #{room}: you and others at your address own too many new rooms"
                )
            }
            Self::NotKept => format!("nobody owns #{room}: the file cannot be written now"),
            Self::Unknown => format!("nobody owns #{room}"),
        }
    }
}

impl<S: Sockets> Me<'_, S> {
    /// Whether they own a room by being the first in it, if there is a place for one: they are
    /// registered, nothing was ever said there, and nobody owns it.
    pub(in crate::chat) fn begins(&self, room: &Rc<str>) -> bool {
        let (rooms, roles) = (&self.chat.rooms, &self.chat.roles);
        let is_new = !rooms.is_there(room) && rooms.is_silent(room) && *room != rooms.lobby();
        self.person.is_registered && is_new && roles.owners(room) == 0
    }

    /// The reason why they own no more rooms, if they own too many or all people do.
    pub(in crate::chat) fn has_no_place_for_a_room(&self) -> Option<Unowned> {
        let (roles, id) = (&self.chat.roles, self.person.id.as_deref());
        match id.map_or(0, |id| roles.owned_by(id)) >= ROOMS_OWNED_OF_ONE_MAX {
            true => Some(Unowned::TooManyOfOne),
            false => (roles.owned_rooms() >= ROOMS_OWNED_MAX).then_some(Unowned::TooMany),
        }
    }
}

/// Charges for the ownership of a room that somebody begins, and has it kept. If either fails, the
/// room is nobody's, and they can use it all the same.
pub(in crate::chat) fn pay(cx: &mut Cx<'_>, joined: &mut Joined) {
    if !joined.owns {
        return;
    }
    joined.unowned = if budgets::take(cx, joined.by, Budget::OwnedRooms).is_err() {
        Some(Unowned::TooManyOfAddress)
    } else if !journal::is_shared(cx.state) && !is_kept(cx, joined) {
        Some(Unowned::NotKept)
    } else {
        None
    };
    joined.owns = joined.unowned.is_none();
}

/// Has the file say that a room is theirs, before they are told.
fn is_kept(cx: &mut Cx<'_>, joined: &Joined) -> bool {
    let Joined { by, nick, room, .. } = joined;
    let person = cx.state.people.get(*by);
    let Some(id) = person.and_then(|person| person.id.clone()) else { return false };
    let (nick, room) = (nick.clone(), room.clone());
    let maker = Some(id.clone());
    let deed = Deed::SetOwner { target: *by, nick: nick.clone(), id, room, is_on: true };
    let moderated = Moderated { by: *by, nick, maker, deed, why: "" };
    journal::promise(cx, &Fact::Order(OrderFact::Moderated(moderated)))
}

/// Tells somebody why a room is not theirs.
pub(in crate::chat) fn tell(cx: &mut Cx<'_>, joined: &Joined) {
    if let Some(unowned) = joined.unowned
        && cx.address(joined.by).is_some()
    {
        tell::sentence(cx, joined.by, &unowned.sentence(&joined.room));
    }
}
