//! The people who are here, as a node reads them when it begins. There may be tens of thousands, so
//! they come in parts, while people come and go. Each part tells the last entry of the stream at
//! its moment. After the last part the node reads the stream up to there. An entry about a person
//! counts if it is later than the part that has this person. So all are as they were at one moment.

use super::EntryId;
use super::broker::Table;
use super::entry::WrittenFact;
use super::socket_name::SocketName;
use super::standing::Standing;
use crate::chat::history::Banned;
use crate::chat::order::{OutOf, PutOut};
use crate::chat::rooms::{self, LOBBY};
use crate::chat::rules::Rule;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// The people and topics that have been read so far.
#[derive(Debug, Default)]
pub(super) struct Standings {
    people: BTreeMap<SocketName, (EntryId, Standing)>,
    topics: BTreeMap<String, String>,
    /// The table that is read now.
    table: Table,
    /// The bans that have been read.
    pub(super) bans: HashSet<Banned>,
}

impl Standings {
    /// The table of which parts are read now.
    pub(super) const fn table(&self) -> Table {
        self.table
    }

    /// Adds a part that was read when `at` was the last entry of the stream. A person may be in
    /// several parts, and the last one counts.
    pub(super) fn add(&mut self, at: EntryId, part: Vec<(String, String)>) {
        match self.table {
            Table::People => self.add_people(at, part),
            Table::Topics => self.topics.extend(part),
            Table::Bans | Table::Names => (),
        }
    }

    fn add_people(&mut self, at: EntryId, part: Vec<(String, String)>) {
        for (name, standing) in part {
            if let (Ok(name), Some(standing)) = (name.parse(), Standing::read(&standing)) {
                self.people.insert(name, (at, standing));
            }
        }
    }

    /// Notes the table of the next part.
    pub(super) const fn go_on_with(&mut self, table: Table) {
        self.table = table;
    }

    /// The topics by room.
    pub(super) fn take_topics(&mut self) -> BTreeMap<String, String> {
        std::mem::take(&mut self.topics)
    }

    /// How somebody is here; `None` if they are not.
    pub(super) fn of(&self, name: &SocketName) -> Option<&Standing> {
        self.people.get(name).map(|(_, standing)| standing)
    }

    /// All who are here.
    pub(super) fn people(self) -> impl Iterator<Item = (SocketName, Standing)> {
        self.people.into_iter().map(|(name, (_, standing))| (name, standing))
    }

    /// Applies an entry of the stream about a person.
    pub(super) fn happened(&mut self, at: EntryId, entry: &WrittenFact<'_>) {
        if let WrittenFact::Entered { by, nick, rooms, way, .. } = entry {
            if self.people.get(by).is_none_or(|(read, _)| *read < at) {
                let mut standing = Standing::new(nick, rooms, &way.into());
                standing.come_to(&self.others(by, &standing));
                self.people.insert(by.clone(), (at, standing));
            }
            return;
        }
        self.close(at, entry);
        let by = entry.by();
        let Some((read, standing)) = self.people.get_mut(by) else { return };
        let is_new = *read < at;
        let id: Rc<str> = standing.id().into();
        match entry {
            WrittenFact::Departed { .. } if is_new => return self.go(at, by),
            WrittenFact::LoggedIn { id, new, record, rooms, .. }
            | WrittenFact::LoggedOut { id, new, record, rooms, .. }
                if is_new =>
            {
                standing.change(id, new, record.as_deref());
                return self.meet_devices(at, by, rooms);
            }
            _ => (),
        }
        let next = self.next_room(&id, by, entry);
        // All devices of a person change with them.
        for (name, (read, standing)) in &mut self.people {
            if *read < at && (name == by || !id.is_empty() && *standing.id() == *id) {
                change(standing, name == by, entry, &next);
            }
        }
    }

    /// Puts those out of a room whom an entry of a deed puts out.
    fn close(&mut self, at: EntryId, entry: &WrittenFact<'_>) {
        let mut is_out = |room: &Rc<str>, is_it: &dyn Fn(&SocketName, &Standing) -> bool| {
            let earlier = self.people.iter_mut().filter(|(_, (read, _))| *read < at);
            for (_, (_, standing)) in earlier.filter(|(name, (_, it))| is_it(name, it)) {
                standing.put_out(room);
            }
        };
        match entry {
            WrittenFact::Moderated { deed, .. } => match deed.puts_out() {
                Some(PutOut { room, whom: OutOf::Person { target, id }, .. }) => {
                    let is_of = |it: &Standing| id.is_some_and(|id| id == it.id());
                    is_out(room, &|name, it| name == target || is_of(it));
                }
                Some(PutOut { room, whom: OutOf::All, .. }) => is_out(room, &|_, _| true),
                None => (),
            },
            WrittenFact::RuleMade { room, rule: Rule::Private(true), members, stay, .. } => {
                let stays = |name: &SocketName, it: &Standing| {
                    members.iter().chain(stay.iter().flatten()).any(|id| is_called(name, it, id))
                };
                is_out(room, &|name, it| !stays(name, it));
            }
            WrittenFact::LetIn { room, id, is_on: false, .. } => {
                is_out(room, &|name, it| is_called(name, it, id));
            }
            _ => (),
        }
    }

    /// The other devices of a person with this standing at `by`: whether each is in one room at a
    /// time, and its rooms.
    fn others(&self, by: &SocketName, standing: &Standing) -> Vec<(bool, Vec<Rc<str>>)> {
        let Some(key) = standing.person_key() else { return Vec::new() };
        let others = self.people.iter().filter(|(name, _)| *name != by);
        let others = others.map(|(_, (_, it))| it);
        let others = others.filter(|it| it.person_key().as_ref() == Some(&key));
        others.map(|it| (it.has_one_room(), it.rooms.clone())).collect()
    }

    /// The device at `by`, which was in these rooms, has become another person's: those of their
    /// devices that are in all their rooms are in these too.
    fn meet_devices(&mut self, at: EntryId, by: &SocketName, rooms: &[Rc<str>]) {
        let Some((_, standing)) = self.people.get(by) else { return };
        let Some(key) = standing.person_key() else { return };
        let others = self.others(by, standing);
        if others.is_empty() {
            return;
        }
        let mut all: Vec<Rc<str>> = others.into_iter().flat_map(|(_, rooms)| rooms).collect();
        all.extend(rooms.iter().cloned());
        let theirs = self.people.values_mut().filter(|(read, it)| {
            *read < at && !it.has_one_room() && it.person_key().as_ref() == Some(&key)
        });
        for (_, standing) in theirs {
            all.iter().for_each(|room| standing.join(true, room));
        }
    }

    /// The room for devices that must be in one, if an entry tells that their person leaves a room.
    fn next_room(&self, id: &str, by: &SocketName, entry: &WrittenFact<'_>) -> Rc<str> {
        let lobby: Rc<str> = LOBBY.into();
        let WrittenFact::Left { room, .. } = entry else { return lobby };
        let is_theirs =
            |name: &SocketName, it: &Standing| name == by || !id.is_empty() && *it.id() == *id;
        let theirs = self.people.iter().filter(|(name, (_, it))| is_theirs(name, it));
        let rooms = theirs.flat_map(|(_, (_, it))| it.rooms.iter().cloned());
        rooms::next(rooms.collect(), room, lobby)
    }

    /// Applies an entry of the stream that tells that a node was taken out.
    pub(super) fn node_out(&mut self, at: EntryId, node: &[u8]) {
        self.people.retain(|name, (read, _)| name.node().as_bytes() != node || *read >= at);
    }

    fn go(&mut self, at: EntryId, name: &SocketName) {
        if self.people.get(name).is_some_and(|(read, _)| *read < at) {
            self.people.remove(name);
        }
    }
}

/// Whether a device is of the person with this id: those who have none are known by their device.
fn is_called(name: &SocketName, standing: &Standing, id: &str) -> bool {
    match standing.id() {
        "" => name.to_string() == id,
        own => own == id,
    }
}

/// Applies an entry about a person to how one of their devices is here; `is_own` if it is the
/// device whose entry it is.
fn change(standing: &mut Standing, is_own: bool, entry: &WrittenFact<'_>, next: &Rc<str>) {
    match entry {
        WrittenFact::Renamed { new, .. } => standing.rename(new),
        WrittenFact::Joined { room, .. } => standing.join(is_own, room),
        WrittenFact::Left { room, .. } => standing.leave(room, next),
        WrittenFact::Removed { room, to, must_go: false, .. } if is_own => {
            standing.remove(room, to.as_ref());
        }
        WrittenFact::Remembered { returns, .. } => standing.remember(*returns),
        WrittenFact::Forgotten { unknown, .. } => standing.forget(*unknown),
        WrittenFact::Registered { id, .. } => standing.register(id),
        // No other kind changes how somebody is here.
        _ => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::fact::Way;
    use crate::chat::interfaces::each::LineInterface;
    use crate::chat::shared::entry;

    fn at(part: u64) -> EntryId {
        EntryId { number: 1, part }
    }

    fn name(index: u32) -> String {
        format!("b/5f3e.{index}.1")
    }

    fn part(index: u32, nick: &str, rooms: &[&str]) -> (String, String) {
        let rooms: Vec<Rc<str>> = rooms.iter().map(|room| Rc::from(*room)).collect();
        let way = Way::unknown(&LineInterface);
        (name(index), Standing::new(&Rc::from(nick), &rooms, &way).write())
    }

    /// Applies an entry, and returns all people with their names and rooms.
    fn happen(all: &mut Standings, part: u64, fact: &str) -> Vec<String> {
        let text = format!(r#"{{"form":1,"ts":1,"fact":{fact}}}"#);
        let (_, entry) = entry::read(text.as_bytes()).expect("an entry");
        all.happened(at(part), &entry);
        let people = all.people.values();
        people.map(|(_, it)| format!("{} {}", it.nick, it.rooms.join(" "))).collect()
    }

    fn joined(index: u32, room: &str) -> String {
        format!(r#"{{"joined":{{"by":"{}","nick":"x","room":"{room}","from":null}}}}"#, name(index))
    }

    #[test]
    fn what_is_later_than_a_part_counts_and_what_is_earlier_does_not() {
        let mut all = Standings::default();
        all.add(at(2), vec![part(1, "alice", &["lobby"])]);
        all.add(at(4), vec![part(2, "bob", &["lobby"])]);
        assert_eq!(happen(&mut all, 2, &joined(1, "ops")), ["alice lobby", "bob lobby"]);
        assert_eq!(happen(&mut all, 3, &joined(1, "ops")), ["alice ops", "bob lobby"]);
        assert_eq!(happen(&mut all, 4, &joined(2, "ops")), ["alice ops", "bob lobby"]);
        let renamed = |index, new| {
            let by = name(index);
            format!(r#"{{"renamed":{{"by":"{by}","old":"x","new":"{new}","rooms":[]}}}}"#)
        };
        assert_eq!(happen(&mut all, 4, &renamed(2, "eve"))[1], "bob lobby");
        assert_eq!(happen(&mut all, 5, &renamed(2, "carol"))[1], "carol lobby");
    }

    #[test]
    fn a_deed_puts_those_out_of_a_room_who_were_read_before_it() {
        let moderated = |deed: &str| {
            let by = name(9);
            format!(r#"{{"moderated":{{"by":"{by}","nick":"mo","deed":{deed},"why":""}}}}"#)
        };
        let target = name(1);
        let kick = moderated(&format!(
            r#"{{"kick":{{"target":"{target}","nick":"alice","room":"ops"}}}}"#
        ));
        let delete = moderated(r#"{"delete-room":{"room":"ops"}}"#);
        let mut all = Standings::default();
        all.add(at(2), vec![part(1, "alice", &["ops"]), part(2, "bob", &["ops"])]);
        all.add(at(4), vec![part(3, "carol", &["ops"])]);
        assert_eq!(happen(&mut all, 2, &kick)[0], "alice ops");
        assert_eq!(happen(&mut all, 3, &kick), ["alice lobby", "bob ops", "carol ops"]);
        assert_eq!(happen(&mut all, 4, &delete), ["alice lobby", "bob lobby", "carol ops"]);
    }

    #[test]
    fn who_comes_and_goes_while_parts_are_read_is_here_or_not() {
        let entered = |index, nick| {
            let by = name(index);
            format!(
                r#"{{"entered":{{"by":"{by}","nick":"{nick}","guest":null,"rooms":["lobby"],
                "door":"lines"}}}}"#
            )
        };
        let departed = |index| {
            let by = name(index);
            format!(r#"{{"departed":{{"by":"{by}","nick":"x","rooms":[],"returns":false}}}}"#)
        };
        let mut all = Standings::default();
        all.add(at(2), vec![part(1, "alice", &["lobby"])]);
        all.add(at(4), vec![part(2, "bob", &["ops"])]);
        // Bob was read after he had come in, and has gone elsewhere since.
        assert_eq!(happen(&mut all, 3, &entered(2, "bob"))[1], "bob ops");
        // No part has carol, who came and went.
        assert_eq!(happen(&mut all, 3, &entered(3, "carol")).len(), 3);
        assert_eq!(happen(&mut all, 4, &departed(3)).len(), 2);
        assert_eq!(happen(&mut all, 5, &departed(1)), ["bob ops"]);
        assert_eq!(happen(&mut all, 5, &entered(4, "alice")), ["bob ops", "alice lobby"]);
        all.node_out(at(5), b"b");
        assert_eq!(all.people.len(), 1, "one came in after it");
        all.node_out(at(6), b"a");
        assert_eq!(all.people.len(), 1);
    }
}
