//! The stream as the truth: who was in which room when something was said, by the rules of
//! `docs/cluster.md` alone, without a node or a script.

use super::stream::EntryId;
use super::value::Bytes;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A message, and the people who were in its room.
#[derive(Debug)]
pub struct Moment {
    pub room: String,
    pub text: String,
    is_private: bool,
    members: BTreeSet<String>,
    /// The people who may see it later too.
    invited: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Room {
    is_private: bool,
    invited: BTreeSet<String>,
    owners: BTreeSet<String>,
    /// All who ever owned it.
    ever_owned: BTreeSet<String>,
    /// The number of the last message before it was last open to everybody.
    open_upto: i64,
}

#[derive(Debug, Default)]
pub struct Ledger {
    /// The person of each device, and the rooms of each person.
    devices: BTreeMap<String, String>,
    members: BTreeMap<String, BTreeSet<String>>,
    rooms: HashMap<String, Room>,
    pub banned: BTreeSet<String>,
    muted: BTreeSet<String>,
    pub moments: BTreeMap<i64, Moment>,
    newest: i64,
    /// The reasons of deeds.
    pub reasons: HashSet<String>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> impl Iterator<Item = String> {
    value.as_array().into_iter().flatten().map(text)
}

impl Ledger {
    /// Reads all that was ever added to the stream.
    pub fn of(added: &[(EntryId, Vec<Bytes>)]) -> Self {
        let mut ledger = Self::default();
        for (id, fields) in added {
            let field = |name: &str| {
                let mut pairs = fields.chunks(2);
                let pair = pairs.find(|pair| pair[0] == name.as_bytes());
                pair.map(|pair| String::from_utf8_lossy(&pair[1]).into_owned()).unwrap_or_default()
            };
            if !field("o").is_empty() {
                let mark = format!("{}/", field("n"));
                let all: Vec<String> = ledger.devices.keys().cloned().collect();
                all.iter().filter(|it| it.starts_with(&mark)).for_each(|it| ledger.go(it));
            }
            if let Ok(entry) = serde_json::from_str::<Value>(&field("f")) {
                let (kind, fact) =
                    entry["fact"].as_object().and_then(|it| it.iter().next()).expect("a fact");
                ledger.happen(*id, kind, fact);
            }
        }
        ledger
    }

    fn happen(&mut self, id: EntryId, kind: &str, fact: &Value) {
        let (by, room) = (text(&fact["by"]), text(&fact["room"]));
        let person = self.devices.get(&by).cloned().unwrap_or_else(|| by.clone());
        match kind {
            "entered" => {
                let id = fact["door"]["chat"]["record"]["id"].as_str().unwrap_or(&by).to_owned();
                self.come(&by, id, texts(&fact["rooms"]).collect());
            }
            "logged-in" | "logged-out" => {
                let rooms = self.members.get(&person).cloned().unwrap_or_default();
                self.go(&by);
                let id = text(&fact["id"]);
                self.come(&by, id.clone(), rooms.clone());
                self.members.entry(id).or_default().extend(rooms);
            }
            "departed" => self.go(&by),
            "joined" => {
                if fact["owns"] == true {
                    self.own(&room, person.clone());
                }
                self.members.entry(person).or_default().insert(room);
            }
            "left" | "removed" => self.out(&person, &room),
            "said" => self.say(id, &person, &room, fact),
            "rule-made" => self.rule(&room, fact),
            "let-in" => {
                let (id, is_on) = (text(&fact["id"]), fact["on"] != false);
                let rules = self.rooms.entry(room.clone()).or_default();
                if !is_on {
                    rules.invited.remove(&id);
                    self.out(&id, &room);
                } else if rules.is_private {
                    rules.invited.insert(id);
                }
            }
            "moderated" => self.deed(fact),
            "ordered" => self.order(&fact["order"]),
            _ => (),
        }
    }

    fn come(&mut self, device: &str, person: String, rooms: BTreeSet<String>) {
        self.go(device);
        if !self.devices.values().any(|it| *it == person) {
            self.members.insert(person.clone(), rooms);
        }
        self.devices.insert(device.to_owned(), person);
    }

    fn go(&mut self, device: &str) {
        if let Some(person) = self.devices.remove(device)
            && !self.devices.values().any(|it| *it == person)
        {
            self.members.remove(&person);
        }
    }

    fn out(&mut self, person: &str, room: &str) {
        if let Some(rooms) = self.members.get_mut(person) {
            rooms.remove(room);
        }
    }

    fn say(&mut self, EntryId(number, _): EntryId, author: &str, room: &str, fact: &Value) {
        let is_in = |(person, rooms): (&String, &BTreeSet<String>)| {
            rooms.contains(room).then(|| person.clone())
        };
        let members: BTreeSet<String> = self.members.iter().filter_map(is_in).collect();
        let said = text(&fact["text"]);
        assert!(members.contains(author), "{author} is in {room}, where they say {said}");
        let is_barred = self.banned.contains(author) || self.muted.contains(author);
        assert!(!is_barred, "{author} may say {said} in {room}");
        let rules = self.rooms.entry(room.to_owned()).or_default();
        let invited = rules.invited.union(&rules.owners).cloned().collect();
        let (is_private, room) = (rules.is_private, room.to_owned());
        let moment = Moment { room, text: said, is_private, members, invited };
        self.newest = i64::try_from(number).expect("a number");
        self.moments.insert(self.newest, moment);
    }

    fn rule(&mut self, room: &str, fact: &Value) {
        let rules = self.rooms.entry(room.to_owned()).or_default();
        if let Some(is_private) = fact["rule"]["private"].as_bool() {
            if is_private {
                let members: BTreeSet<String> = texts(&fact["members"]).collect();
                if !rules.is_private {
                    rules.invited.retain(|id| members.contains(id));
                }
                rules.invited.extend(members);
                let stay: BTreeSet<&String> = rules.invited.union(&rules.owners).collect();
                for (person, rooms) in &mut self.members {
                    if !stay.contains(person) {
                        rooms.remove(room);
                    }
                }
            }
            if !is_private {
                rules.open_upto = self.newest;
            }
            rules.is_private = is_private;
        }
    }

    fn deed(&mut self, fact: &Value) {
        self.reasons.insert(text(&fact["why"]));
        let (kind, deed) =
            fact["deed"].as_object().and_then(|it| it.iter().next()).expect("a deed");
        let (room, id) = (text(&deed["room"]), text(&deed["id"]));
        match &**kind {
            "kick" => {
                let target = text(&deed["target"]);
                let person = self.devices.get(&target).cloned().unwrap_or(target);
                if let Some(rules) = self.rooms.get_mut(&room) {
                    rules.invited.remove(&id);
                }
                self.out(&person, &room);
                self.out(&id, &room);
            }
            "delete-room" => {
                let rules = self.rooms.entry(room.clone()).or_default();
                (rules.is_private, rules.invited) = (false, BTreeSet::new());
                self.members.values_mut().for_each(|rooms| {
                    rooms.remove(&room);
                });
            }
            "set-owner" => {
                let rules = self.rooms.entry(room.clone()).or_default();
                match deed["on"] == true {
                    true => self.own(&room, id),
                    false => {
                        rules.owners.remove(&id);
                        if rules.is_private {
                            rules.invited.insert(id);
                        }
                    }
                }
            }
            "ban" => self.bar(&text(&deed["whom"]), true),
            "unban" => texts(&deed["whom"]).for_each(|whom| self.bar(&whom, false)),
            other => panic!("what is {other}?"),
        }
    }

    fn order(&mut self, order: &Value) {
        for (word, is_on) in [("ban", true), ("unban", false)] {
            self.bar(&text(&order[word]["network"]), is_on);
        }
    }

    fn bar(&mut self, whom: &str, is_on: bool) {
        let (all, id) = match (whom.strip_prefix("muted @"), whom.strip_prefix('@')) {
            (Some(id), _) => (&mut self.muted, id),
            (None, Some(id)) => (&mut self.banned, id),
            (None, None) => return,
        };
        match is_on {
            true => drop(all.insert(id.to_owned())),
            false => drop(all.remove(id)),
        }
    }

    fn own(&mut self, room: &str, person: String) {
        let rules = self.rooms.entry(room.to_owned()).or_default();
        rules.ever_owned.insert(person.clone());
        rules.owners.insert(person);
    }

    /// Whether a person may have been told of a message as it was said, or later. Owners see all
    /// that was ever said, and everybody sees what was said before the room was open.
    pub fn is_for(&self, id: i64, person: &str, is_live: bool) -> bool {
        let Moment { room, is_private, members, invited, .. } = &self.moments[&id];
        let is_open = || {
            let rules = &self.rooms[room];
            rules.open_upto >= id || rules.ever_owned.contains(person)
        };
        let may_look_back = || !is_private || invited.contains(person) || is_open();
        members.contains(person) || (!is_live && may_look_back())
    }

    /// The ids of the people who are in a room.
    pub fn members(&self, room: &str) -> BTreeSet<String> {
        let is_in = |(person, rooms): (&String, &BTreeSet<String>)| {
            rooms.contains(room).then(|| person.clone())
        };
        self.members.iter().filter_map(is_in).collect()
    }

    /// The people who may be in a room; `None` if everybody may.
    pub fn may_enter(&self, room: &str) -> Option<BTreeSet<String>> {
        let rules = self.rooms.get(room).filter(|rules| rules.is_private)?;
        Some(rules.invited.union(&rules.owners).cloned().collect())
    }
}
