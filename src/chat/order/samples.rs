//! One fact of each kind about keeping order, for tests of their entries.

use super::{Barred, Deed, Moderated, OrderFact, Removal, Removed};
use crate::chat::fact::Fact;
use mio_socketio::SocketId;
use std::rc::Rc;

/// The facts, of the person at `by`; deeds are done to the one at `other`.
pub(in crate::chat) fn samples(by: SocketId, other: SocketId) -> Vec<Fact<'static>> {
    let (nick, moderator, room) = (rc("bob"), rc("alice"), rc("ops"));
    let barred = |whom: &str, is_guest: bool| {
        let (whom, until_ms) = (whom.parse().expect("somebody"), is_guest.then_some(7));
        let (target, who, made_ms) = (other, rc("bob"), 5);
        Deed::Ban(Barred { target, who, whom, is_guest, until_ms, made_ms })
    };
    let some = ["@id", "muted @id", "198.51.100.0/24"].map(|whom| whom.parse().expect("somebody"));
    let deeds = [
        Deed::Kick { target: other, nick: nick.clone(), id: Some(rc("id")), room: room.clone() },
        Deed::DeleteRoom { room: room.clone() },
        barred("@id", true),
        barred("muted @id", false),
        Deed::SetOwner {
            target: other,
            nick: nick.clone(),
            id: rc("id"),
            room: room.clone(),
            is_on: true,
        },
        Deed::Unban { who: rc("bob"), whom: some.into(), are_muted: false },
    ];
    let deeds = deeds
        .into_iter()
        .map(|deed| {
            let (nick, maker) = (moderator.clone(), Some(rc("owner")));
            Moderated { by, nick, maker, deed, why: "spam" }
        })
        .map(|moderated| Fact::Order(OrderFact::Moderated(moderated)));
    let removed = |to: Option<&str>, must_go| {
        let (nick, room, moderator) = (nick.clone(), room.clone(), moderator.clone());
        let to = to.map(rc);
        let removal = Removal::Deleted;
        let removed = Removed { by, nick, room, to, must_go, moderator, why: "", removal };
        Fact::Order(OrderFact::Removed(removed))
    };
    let removed = [removed(Some("lobby"), false), removed(None, true)];
    deeds.chain(removed).collect()
}

fn rc(text: &str) -> Rc<str> {
    text.into()
}
