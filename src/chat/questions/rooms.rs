//! Questions about rooms: which there are, who is in one, and what its rules are.

use super::Answer;
use crate::chat::decide::own_room;
use crate::chat::refusal::Refusal;
use crate::chat::rules::RoomRules;
use crate::chat::{Cx, names, rooms};
use crate::limits::NAMES_LISTED_MAX;
use mio_socketio::SocketId;
use std::rc::Rc;

/// A room in a list.
#[derive(Debug)]
pub(in crate::chat) struct RoomSize {
    pub(in crate::chat) room: Rc<str>,
    pub(in crate::chat) topic: Option<String>,
    pub(in crate::chat) members: usize,
}

/// A room with its rules.
#[derive(Debug)]
pub(in crate::chat) struct RuledRoom {
    pub(in crate::chat) room: Rc<str>,
    pub(in crate::chat) rules: RoomRules,
    /// Whether the asker may make others.
    pub(in crate::chat) may_rule: bool,
}

/// The rules of a room that the asker is in.
pub(super) fn ruled(
    cx: &Cx<'_>,
    socket: SocketId,
    room: Option<&str>,
) -> Result<RuledRoom, Refusal> {
    let room = own_room(cx.state, cx, socket, room)?;
    let person = cx.state.people.get(socket).ok_or(Refusal::Gone)?;
    let may_rule = cx.state.may_rule(&room, person);
    let rules = cx.state.rooms.rules(&room).cloned().unwrap_or_default();
    Ok(RuledRoom { room, rules, may_rule })
}

pub(super) fn members(
    cx: &Cx<'_>,
    socket: SocketId,
    room: Option<&str>,
    named_max: usize,
) -> Result<Answer, Refusal> {
    let room = match room {
        Some(name) => names::room_key(name).map_err(Refusal::BadRoom)?.into(),
        None => own_room(cx.state, cx, socket, None)?,
    };
    // Others learn as little of a private room as of one that is not there.
    if cx.state.rooms.is_private(&room) && !cx.rooms(socket).any(|own| *own == *room) {
        return Ok(Answer::Members { room, members: Vec::new(), count: 0 });
    }
    let (members, count) = (rooms::members(cx, &room, named_max), rooms::count(cx, &room));
    Ok(Answer::Members { room, members, count })
}

/// The largest rooms, after the asker's own private ones, and before those that are empty.
pub(super) fn all(cx: &mut Cx<'_>, socket: SocketId) -> Answer {
    let rooms::Listed { rooms, count, .. } = rooms::largest(cx);
    let lasting = rooms::lasting(cx);
    let private = cx.rooms(socket).filter(|room| cx.state.rooms.is_private(room));
    let private = private.map(|room| (cx.members(room).len(), cx.state.rooms.shared(room)));
    let mut all: Vec<(usize, Rc<str>)> = private.collect();
    all.sort_unstable();
    let count = count + all.len() + lasting.len();
    all.extend(rooms);
    all.extend(lasting.into_iter().take(NAMES_LISTED_MAX).map(|room| (0, room)));
    let rooms = all.into_iter().map(|(members, room)| {
        let topic = cx.state.rooms.topic(&room).map(str::to_owned);
        RoomSize { room, topic, members }
    });
    Answer::Rooms { rooms: rooms.collect(), count }
}
