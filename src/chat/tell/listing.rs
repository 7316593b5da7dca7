//! Rooms that others list otherwise than before, told together: one that is empty now, and one that
//! became private or public, or came back without a join.

use crate::chat::questions::RoomSize;
use crate::chat::tell::Change;
use crate::chat::{Cx, interfaces, rooms};
use crate::limits::{NAMES_LISTED_MAX, ROOMS_LASTING_MS, ROOMS_RELISTED_MAX};
use std::rc::Rc;

/// Rooms as they are now in the list of somebody who is in none of them.
#[derive(Debug, Default)]
pub(in crate::chat) struct Relisted {
    pub(in crate::chat) rooms: Vec<RoomSize>,
    /// The keys of rooms that are no longer in it.
    pub(in crate::chat) gone: Vec<Rc<str>>,
}

/// Notes a room of which everybody is told in a moment, unless others must not learn of it. Beyond
/// [`ROOMS_RELISTED_MAX`] of them the lists stay as they are until they are asked for.
pub(in crate::chat) fn note(cx: &mut Cx<'_>, room: &str) {
    if !cx.state.rooms.is_private(room) {
        note_hidden(cx, room);
    }
}

/// Notes a room that has just become private, or was deleted: others have it in their lists.
pub(in crate::chat) fn note_hidden(cx: &mut Cx<'_>, room: &str) {
    if cx.state.stopping || *room == *cx.state.rooms.lobby() {
        return;
    }
    let noted = cx.state.rooms.relisted_mut();
    let is_first = noted.is_empty();
    if noted.len() < ROOMS_RELISTED_MAX {
        noted.insert(Rc::from(room));
    }
    if is_first {
        cx.after(ROOMS_LASTING_MS, take);
    }
}

/// Notes the rooms that have their first member by these news.
pub(in crate::chat) fn note_first(cx: &mut Cx<'_>, news: &[(Rc<str>, Change)]) {
    for (room, change) in news {
        if matches!(change, Change::Joined(_)) && cx.members(room).nth(1).is_none() {
            note(cx, room);
        }
    }
}

/// Takes some of the rooms that were noted, and the others later.
fn take(cx: &mut Cx<'_>) {
    let noted = cx.state.rooms.relisted_mut();
    let some: Vec<Rc<str>> =
        std::iter::from_fn(|| noted.pop_first()).take(NAMES_LISTED_MAX).collect();
    if !noted.is_empty() {
        cx.after(ROOMS_LASTING_MS, take);
    }
    // A message of this turn is in the history in the next one.
    cx.after(1, move |cx| tell(cx, some));
}

fn tell(cx: &mut Cx<'_>, some: Vec<Rc<str>>) {
    let lasting = rooms::lasting_anew(cx);
    let mut relisted = Relisted::default();
    for room in some {
        let members = rooms::count(cx, &room);
        let is_hidden = cx.state.rooms.is_private(&room);
        if is_hidden || (members == 0 && !lasting.contains(&room)) {
            relisted.gone.push(room);
        } else {
            let topic = cx.state.rooms.topic(&room).map(str::to_owned);
            relisted.rooms.push(RoomSize { room, topic, members });
        }
    }
    for interface in interfaces::all() {
        interface.tell_relisted(cx, &relisted);
    }
}
