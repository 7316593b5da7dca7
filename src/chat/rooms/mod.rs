//! The rooms, and coming and going.

mod devices;

use super::interfaces::RoomNotes;
use super::refusal::Refusal;
use super::rules::{RoomRules, RulesByRoom};
use super::tell::listing;
use super::{Cx, names};
use crate::limits::{
    NAMES_LISTED_MAX, ROOMS_COUNTED_EACH_TIME_MAX, ROOMS_COUNTED_MS, ROOMS_LASTING_MAX,
    ROOMS_LASTING_MS, TOPICS_MAX,
};
pub(super) use devices::{
    all_of, both, end, end_in, entered, entered_again, has, has_other, instead_of, join_all,
    move_device, next, nick_of, of_device, set, with_others,
};
use mio_socketio::SocketId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::rc::Rc;

/// The room in which everyone starts.
pub(super) const LOBBY: &str = "lobby";

/// All rooms by their keys.
#[derive(Debug)]
pub(super) struct Rooms {
    /// The server has their members.
    rooms: HashMap<Rc<str>, RoomNotes>,
    /// Topics, also of rooms without members.
    topics: BTreeMap<Rc<str>, String>,
    /// The rules of rooms that have any, also of rooms without members.
    rules: RulesByRoom,
    /// The rooms by the look of their names.
    by_look: HashMap<Box<str>, Rc<str>>,
    /// The largest rooms, as counted last.
    listed: Listed,
    /// The rooms with a history, and the time until which that is so.
    lasting: (Vec<Rc<str>>, u64),
    /// Rooms that others list otherwise than before, of which they have yet to be told.
    relisted: BTreeSet<Rc<str>>,
    lobby: Rc<str>,
    /// The room that the request at hand is about, if nothing was ever said in it.
    silent: Option<Box<str>>,
}

impl Default for Rooms {
    fn default() -> Self {
        let lobby: Rc<str> = Rc::from(LOBBY);
        let (rooms, topics, by_look) = (HashMap::new(), BTreeMap::new(), HashMap::new());
        let (listed, lasting) = (Listed::default(), (Vec::new(), 0));
        let rules = RulesByRoom::default();
        let (relisted, silent) = (BTreeSet::new(), None);
        let mut all =
            Self { rooms, topics, rules, by_look, listed, lasting, relisted, lobby, silent };
        all.open(LOBBY);
        all
    }
}

impl Rooms {
    pub(super) fn lobby(&self) -> Rc<str> {
        self.lobby.clone()
    }

    /// The shared key of the room, which exists from now on.
    pub(super) fn open(&mut self, key: &str) -> Rc<str> {
        if let Some((key, _)) = self.rooms.get_key_value(key) {
            return key.clone();
        }
        let key = if *key == *self.lobby { self.lobby() } else { Rc::from(key) };
        self.rooms.insert(key.clone(), RoomNotes::default());
        self.keep_look(&key);
        key
    }

    /// Nobody begins a room whose name looks like this one from here on.
    fn keep_look(&mut self, key: &Rc<str>) {
        if let Some(look) = names::room_look(key) {
            self.by_look.entry(look).or_insert_with(|| key.clone());
        }
    }

    /// The look of a room's name is free again, unless the room is there or has rules: its members
    /// come back.
    fn free_look(&mut self, key: &str) {
        if self.is_there(key) || self.rules.get(key).is_some() {
            return;
        }
        let Some(look) = names::room_look(key) else { return };
        if self.by_look.get(&look).is_some_and(|it| **it == *key) {
            self.by_look.remove(&look);
        }
    }

    /// The shared key of a room.
    pub(super) fn shared(&self, key: &str) -> Rc<str> {
        self.rooms.get_key_value(key).map_or_else(|| Rc::from(key), |(key, _)| key.clone())
    }

    /// Whether nothing was ever said in a room, if the request at hand is about it.
    pub(super) fn is_silent(&self, key: &str) -> bool {
        self.silent.as_deref() == Some(key)
    }

    /// Notes the room of a request, if nothing was ever said in it.
    pub(super) fn note_silent(&mut self, key: Option<Box<str>>) {
        self.silent = key;
    }

    /// Whether there is such a room.
    pub(super) fn is_there(&self, key: &str) -> bool {
        self.rooms.contains_key(key)
    }

    /// The key of the room to which somebody wants to go: a room that is there or has rules, or a
    /// new one whose name does not look like that of another.
    pub(super) fn find(&self, name: &str) -> Result<String, Refusal> {
        let key = names::room_key(name).map_err(Refusal::BadRoom)?;
        if self.is_there(&key) || self.rules.get(&key).is_some() {
            return Ok(key);
        }
        match names::room_look(&key).and_then(|look| self.by_look.get(&look)) {
            Some(other) => Err(Refusal::LooksLike(other.clone())),
            None => Ok(key),
        }
    }

    /// The notes of the interfaces about a room; `None` if there is no such room.
    pub(super) fn notes(&self, key: &str) -> Option<&RoomNotes> {
        self.rooms.get(key)
    }

    pub(super) fn notes_mut(&mut self, key: &str) -> Option<&mut RoomNotes> {
        self.rooms.get_mut(key)
    }

    /// The rooms of which others have yet to be told that they list them otherwise.
    pub(super) const fn relisted_mut(&mut self) -> &mut BTreeSet<Rc<str>> {
        &mut self.relisted
    }

    pub(super) const fn rules_by_room(&self) -> &RulesByRoom {
        &self.rules
    }

    /// Gives a room other rules, or none. The rooms have to be counted anew.
    pub(super) fn change_rules(&mut self, room: &Rc<str>, rules: Option<RoomRules>) {
        let has_some = rules.is_some();
        self.rules.set(room, rules);
        match has_some {
            true => self.keep_look(room),
            false => self.free_look(room),
        }
        self.listed.is_old = true;
    }

    /// Takes the rules of all rooms. Rules that were made already are newer.
    pub(super) fn set_rules(&mut self, rules: impl Iterator<Item = (Rc<str>, RoomRules)>) {
        for (room, rules) in rules {
            self.keep_look(&room);
            if self.rules.get(&room).is_none() {
                self.rules.set(&room, Some(rules));
            }
        }
    }

    pub(super) fn topic(&self, key: &str) -> Option<&str> {
        self.topics.get(key).map(String::as_str)
    }

    /// Sets a room's topic or takes it away. If there are [`TOPICS_MAX`] already, the topic of a
    /// room without members goes; returns the key of that room.
    pub(super) fn set_topic(&mut self, key: Rc<str>, topic: Option<String>) -> Option<Rc<str>> {
        let Some(topic) = topic else {
            self.topics.remove(&key);
            return None;
        };
        let evicted = self.evicted_by(&key);
        if let Some(evicted) = &evicted {
            self.topics.remove(evicted);
        }
        self.topics.insert(key, topic);
        evicted
    }

    /// The room whose topic goes if this one gets a topic: there are [`TOPICS_MAX`] already.
    pub(super) fn evicted_by(&self, key: &str) -> Option<Rc<str>> {
        if self.topics.len() < TOPICS_MAX || self.topics.contains_key(key) {
            return None;
        }
        self.topics.keys().find(|key| !self.rooms.contains_key(*key)).cloned()
    }

    /// The keys of the rooms that have a topic.
    pub(super) fn with_topics(&self) -> Vec<Rc<str>> {
        self.topics.keys().cloned().collect()
    }

    /// The topics of the next rooms after this one, at most so many, and whether they are the last.
    pub(super) fn topics_after(&self, key: &str, max: usize) -> (Vec<(Rc<str>, String)>, bool) {
        let after = (Bound::Excluded(key), Bound::Unbounded);
        let mut topics = self.topics.range::<str, _>(after);
        let some = topics.by_ref().take(max).map(|(key, topic)| (key.clone(), topic.clone()));
        let some = some.collect();
        (some, topics.next().is_none())
    }

    /// The keys of all rooms, sorted, so that whatever goes to all of them goes out in the same
    /// order in each run.
    pub(super) fn keys(&self) -> Vec<Rc<str>> {
        let mut keys: Vec<Rc<str>> = self.rooms.keys().cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// Forgets a room without members. The lobby stays.
    fn close(&mut self, key: &str) {
        if *key == *self.lobby || self.rooms.remove(key).is_none() {
            return;
        }
        self.free_look(key);
    }
}

/// Takes a person out of a room without a notice.
pub(super) fn slip_out(cx: &mut Cx<'_>, key: &str, socket: SocketId) {
    cx.leave(socket, key);
    if let Some(last) = cx.state.people.device_mut(socket).and_then(|it| it.last_rooms_mut()) {
        last.retain(|room| **room != *key);
    }
    if cx.members(key).len() == 0 {
        cx.state.rooms.close(key);
        listing::note(cx, key);
    }
}

/// The rooms that somebody is in.
pub(super) fn of(cx: &mut Cx<'_>, socket: SocketId) -> Vec<Rc<str>> {
    let keys: Vec<String> = of_device(cx, socket).map(str::to_owned).collect();
    keys.iter().map(|key| cx.state.rooms.open(key)).collect()
}

/// A member of a room, as others see them.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) nick: Rc<str>,
    /// The programs that they use in the room, each once, the first to come first.
    pub(super) doors: Vec<&'static str>,
}

/// The members of a room, the first `max` of them.
pub(super) fn members(cx: &Cx<'_>, key: &str, max: usize) -> Vec<Member> {
    persons(cx, key).filter_map(|socket| member(cx, key, socket)).take(max).collect()
}

/// The people in a room, each by the first device with which they are there.
pub(super) fn persons<'c>(cx: &'c Cx<'_>, key: &'c str) -> impl Iterator<Item = SocketId> {
    cx.members(key).filter(move |socket| {
        let mut devices = cx.state.people.devices(*socket);
        devices.next() == Some(*socket) || {
            let is_there = |other: &SocketId| cx.rooms(*other).any(|own| *own == *key);
            cx.state.people.devices(*socket).find(is_there) == Some(*socket)
        }
    })
}

/// The number of people in a room.
pub(super) fn count(cx: &Cx<'_>, key: &str) -> usize {
    let sockets = cx.members(key).len();
    let several = cx.state.people.several();
    // Either the room or the list of people with several devices is short.
    if several.len() >= sockets {
        return persons(cx, key).count();
    }
    let surplus = several.flatten().map(|socket| {
        let is_there = |other: &SocketId| cx.rooms(*other).any(|own| *own == *key);
        cx.state.people.devices(socket).filter(is_there).count().saturating_sub(1)
    });
    sockets.saturating_sub(surplus.sum())
}

/// The person at `socket` as a member of a room.
pub(super) fn member(cx: &Cx<'_>, key: &str, socket: SocketId) -> Option<Member> {
    let nick = cx.state.people.get(socket)?.nick.clone();
    let mut doors = Vec::with_capacity(1);
    for other in cx.state.people.devices(socket) {
        let is_there = other == socket || cx.rooms(other).any(|own| *own == *key);
        let program = cx.state.people.device(other).map(|device| device.program());
        if let Some(program) = program.filter(|program| is_there && !doors.contains(program)) {
            doors.push(program);
        }
    }
    Some(Member { nick, doors })
}

/// Some of the rooms, by the number of their members, the largest first.
#[derive(Debug, Default, Clone)]
pub(super) struct Listed {
    pub(super) rooms: Vec<(usize, Rc<str>)>,
    /// The number of all rooms.
    pub(super) count: usize,
    /// The time at which they were counted.
    counted_ms: u64,
    /// A room has become private, or public, since then.
    is_old: bool,
}

/// The [`NAMES_LISTED_MAX`] largest rooms that are not private. If there are many rooms, they are
/// counted once a second and not for each question.
pub(super) fn largest(cx: &mut Cx<'_>) -> Listed {
    let now_ms = cx.now().ms;
    let listed = &cx.state.rooms.listed;
    let is_new = !listed.is_old && now_ms < listed.counted_ms + ROOMS_COUNTED_MS;
    if !is_new || cx.state.rooms.rooms.len() <= ROOMS_COUNTED_EACH_TIME_MAX {
        let (rooms, count) = count_largest(cx, NAMES_LISTED_MAX);
        cx.state.rooms.listed = Listed { rooms, count, counted_ms: now_ms, is_old: false };
    }
    cx.state.rooms.listed.clone()
}

/// The rooms without members in which something was said that is kept, the last one to be spoken in
/// first.
pub(super) fn lasting(cx: &mut Cx<'_>) -> Vec<Rc<str>> {
    let now_ms = cx.now().ms;
    if now_ms >= cx.state.rooms.lasting.1 {
        let lasting = cx.state.history.lasting_rooms(ROOMS_LASTING_MAX);
        cx.state.rooms.lasting = (lasting, now_ms + ROOMS_LASTING_MS);
    }
    let rooms = &cx.state.rooms;
    let is_listed = |room: &&Rc<str>| !rooms.is_there(room) && !rooms.is_private(room);
    rooms.lasting.0.iter().filter(is_listed).cloned().collect()
}

/// These rooms, without any that were looked up earlier: something may have been said since.
pub(super) fn lasting_anew(cx: &mut Cx<'_>) -> Vec<Rc<str>> {
    cx.state.rooms.lasting.1 = 0;
    lasting(cx)
}

fn count_largest(cx: &Cx<'_>, max: usize) -> (Vec<(usize, Rc<str>)>, usize) {
    let keys = cx.state.rooms.keys().into_iter();
    let keys = keys.filter(|key| !cx.state.rooms.is_private(key));
    let sized = keys.map(|key| {
        let members = cx.members(&key).len();
        (Reverse(members), key)
    });
    let mut rooms: Vec<_> = sized.collect();
    let count = rooms.len();
    // Only the rooms that are shown need to be sorted.
    if count > max {
        rooms.select_nth_unstable(max);
        rooms.truncate(max);
    }
    rooms.sort_unstable();
    let people = rooms.into_iter().map(|(_, key)| (self::count(cx, &key), key));
    (people.collect(), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_too_many_takes_the_place_of_that_of_an_empty_room() {
        let mut rooms = Rooms::default();
        rooms.open("r0");
        for number in 0..TOPICS_MAX {
            let key = format!("r{number}");
            assert_eq!(rooms.evicted_by(&key), None);
            rooms.set_topic(key.into(), Some("a topic".to_owned()));
        }
        assert_eq!(rooms.evicted_by("r0"), None, "it has one");
        let evicted = rooms.evicted_by("new");
        assert_eq!(evicted.as_deref(), Some("r1"), "nobody is there");
        assert_eq!(rooms.set_topic("new".into(), Some("a topic".to_owned())), evicted);
        let (mut upto, mut count) = (String::new(), 0);
        loop {
            let (some, is_last) = rooms.topics_after(&upto, 300);
            count += some.len();
            if is_last {
                break;
            }
            upto = some.last().expect("more follow").0.to_string();
        }
        assert_eq!(count, TOPICS_MAX);
    }
}
