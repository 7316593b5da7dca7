//! One fact of each kind about earlier messages, for tests of their entries.

use super::{About, Deleted, Edited, Reacted, WordsFact};
use crate::chat::fact::Fact;
use mio_socketio::SocketId;
use std::rc::Rc;

fn about(place: &str) -> About {
    let (place, author, sender) = (rc(place), rc("bob"), Some(rc("other")));
    About { id: 7, ts: 8, place, author, sender, is_action: true, is_own: false }
}

/// The facts, of the person at `by`.
pub(in crate::chat) fn samples(by: SocketId) -> Vec<Fact<'static>> {
    let nick = rc("alice");
    let edited = Edited { by, nick: nick.clone(), about: about("lobby"), text: "hello" };
    let deleted = Deleted { by, nick: nick.clone(), about: about("@a b") };
    let (person, emoji) = (rc("id"), rc("\u{1f44d}"));
    let reacted = Reacted { by, person, nick, about: about("lobby"), emoji, is_on: true };
    let all = [WordsFact::Edited(edited), WordsFact::Deleted(deleted), WordsFact::Reacted(reacted)];
    all.map(Fact::Words).into()
}

fn rc(text: &str) -> Rc<str> {
    text.into()
}
