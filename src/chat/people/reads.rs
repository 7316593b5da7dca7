//! The last messages that people have read, in rooms and in private conversations, for the devices
//! with which they come later. A position goes only forward. The file has those of registered
//! people; a guest's end with their visit.

use super::Person;
use crate::chat::archive::{other_of, private_place};
use crate::chat::fact::{Party, ReadTarget};
use crate::chat::request::Request;
use crate::chat::{Cx, rooms};
use crate::limits::{READ_PLACES_MAX, READS_WRITTEN_AT_ONCE};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

/// The positions of the people who are here.
#[derive(Debug, Default)]
pub(in crate::chat) struct Reads {
    /// By the ids of people.
    here: HashMap<Rc<str>, Positions>,
    /// The registered people whose positions the file does not have, each once.
    unwritten: VecDeque<Rc<str>>,
    /// The place of the message that the request at hand is about.
    meant: Option<Rc<str>>,
}

/// The last message that a person has read, by place. The file has them as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Positions {
    upto: BTreeMap<Rc<str>, i64>,
    #[serde(skip)]
    waits: bool,
}

impl Reads {
    /// Whether the message that the request at hand is about is in this place.
    pub(in crate::chat) fn is_in(&self, place: &str) -> bool {
        self.meant.as_deref() == Some(place)
    }

    /// The last message of a place that the person with this id has read; 0 if there is none.
    pub(in crate::chat) fn upto(&self, id: &str, place: &str) -> i64 {
        let positions = self.here.get(id);
        positions.and_then(|it| it.upto.get(place)).copied().unwrap_or_default()
    }

    /// A person has read a place up to a message.
    fn advance(&mut self, id: &Rc<str>, is_registered: bool, place: Rc<str>, message: i64) {
        let positions = self.here.entry(id.clone()).or_default();
        let before = positions.upto.entry(place).or_default();
        *before = message.max(*before);
        if positions.upto.len() > READ_PLACES_MAX {
            let oldest = positions.upto.iter().min_by_key(|(_, message)| **message);
            let oldest = oldest.map(|(place, _)| place.clone());
            oldest.and_then(|place| positions.upto.remove(&place));
        }
        if is_registered && !std::mem::replace(&mut positions.waits, true) {
            self.unwritten.push_back(id.clone());
        }
    }
}

/// The name of a place in the history, for the person with the id `me`.
pub(in crate::chat) fn place(me: &str, target: &ReadTarget) -> Rc<str> {
    match target {
        ReadTarget::Room(room) => room.clone(),
        ReadTarget::With(party) => private_place(me, &party.id),
    }
}

/// Looks up where the message is up to which somebody has read.
pub(in crate::chat) fn look_up(cx: &mut Cx<'_>, request: &Request<'_>) {
    if let Request::Read { id, .. } = request {
        cx.state.reads.meant = cx.state.history.place_of(*id);
    }
}

/// A person has read a room or a conversation up to the message with this number.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, by: SocketId, target: &ReadTarget, message: i64) {
    let Some(person) = cx.state.people.get(by) else { return };
    let (Some(id), is_registered) = (person.id.clone(), person.is_registered) else { return };
    cx.state.reads.advance(&id, is_registered, place(&id, target), message);
}

/// Reads the positions of a registered person who has come in, or who has logged in.
pub(in crate::chat) fn restore(cx: &mut Cx<'_>, socket: SocketId) {
    let person = cx.state.people.get(socket).filter(|person| person.is_registered);
    let Some(id) = person.and_then(|person| person.id.clone()) else { return };
    if cx.state.reads.here.contains_key(&id) {
        return;
    }
    let kept = cx.state.history.reads(&id);
    if let Some(positions) = kept.and_then(|json| serde_json::from_str(&json).ok()) {
        cx.state.reads.here.insert(id, positions);
    }
}

/// A person has gone.
pub(in crate::chat) fn leave(cx: &mut Cx<'_>, person: &Person) {
    if let Some(id) = &person.id {
        forget(cx, id);
    }
}

/// The person with this id is no longer here.
pub(in crate::chat) fn forget(cx: &mut Cx<'_>, id: &Rc<str>) {
    write(cx, id);
    cx.state.reads.here.remove(id);
}

/// Gives the history some positions that it does not have.
pub(in crate::chat) fn write_some(cx: &mut Cx<'_>) {
    for _ in 0..READS_WRITTEN_AT_ONCE {
        let Some(id) = cx.state.reads.unwritten.pop_front() else { return };
        write(cx, &id);
    }
}

/// Gives the history all of them, because the server ends.
pub(in crate::chat) fn write_all(cx: &mut Cx<'_>) {
    while let Some(id) = cx.state.reads.unwritten.pop_front() {
        write(cx, &id);
    }
}

fn write(cx: &mut Cx<'_>, id: &Rc<str>) {
    let positions = cx.state.reads.here.get_mut(id);
    let Some(positions) = positions.filter(|positions| positions.waits) else { return };
    positions.waits = false;
    if let Ok(json) = serde_json::to_string(positions) {
        cx.state.history.keep_reads(id.clone(), json);
    }
}

/// The places that a device may show, each with the last message that its person has read there.
pub(in crate::chat) fn of(cx: &mut Cx<'_>, socket: SocketId) -> Vec<(ReadTarget, i64)> {
    let Some(me) = cx.state.people.get(socket).and_then(|person| person.id.clone()) else {
        return Vec::new();
    };
    let rooms = rooms::of(cx, socket);
    let upto = cx.state.reads.here.get(&me).map(|positions| positions.upto.clone());
    let all = upto.unwrap_or_default().into_iter();
    let shown = all.filter_map(|(place, message)| {
        let target = match other_of(&place, &me) {
            Some(other) => ReadTarget::With(party(cx, other)?),
            None if rooms.contains(&place) => ReadTarget::Room(place),
            None => return None,
        };
        Some((target, message))
    });
    shown.collect()
}

/// The other person of a conversation, by the last nick that is known.
fn party(cx: &mut Cx<'_>, id: &str) -> Option<Party> {
    let people = &cx.state.people;
    let here = people.with_id(id).and_then(|other| people.get(other));
    let here = here.map(|person| person.nick.clone());
    let nick = here.or_else(|| Some(cx.state.history.person_by_id(id)?.nick))?;
    Some(Party { id: id.into(), nick, returns: true })
}
