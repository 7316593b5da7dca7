//! Checks of what must be so once all is whole again.

use super::person::{Hearing, Person};
use super::stream::EntryId;
use super::value::Bytes;
use mio_chat::chat::names::nick_keys;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// A message in a node's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub room: String,
    pub author: String,
    pub text: String,
}

/// The messages in a node's file, by their numbers.
pub type File = BTreeMap<i64, Row>;

pub fn read(path: &Path) -> File {
    let connection = Connection::open(path).expect("a file");
    let sql = "SELECT id, place, author, text FROM message ORDER BY id";
    let mut select = connection.prepare(sql).expect("it has messages");
    let row = |row: &rusqlite::Row<'_>| {
        let (room, author, text) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, Row { room, author, text }))
    };
    let rows = select.query_map([], row).expect("they can be read");
    rows.collect::<Result<_, _>>().expect("each can be read")
}

/// Checks what the files have: the same, each text once, and each acknowledged post under its
/// number. If Redis has lost data, some nodes may not have got what was said just before.
pub fn files(files: &[File], people: &[Person], has_lost: bool) {
    for file in files {
        let mut texts = HashMap::new();
        for (id, row) in file {
            let other = texts.insert(&*row.text, id);
            assert!(has_lost || other.is_none(), "{row:?} is said twice: {other:?} and {id}");
        }
        for other in files {
            if !has_lost {
                assert_eq!(file.len(), other.len(), "all files have the same");
            }
            for (id, row) in file {
                assert!(
                    other.get(id).is_none_or(|same| same == row),
                    "number {id} is {row:?} and {:?}",
                    other.get(id)
                );
            }
        }
    }
    for person in people {
        for (id, text, node) in &person.acked {
            for file in files.iter().enumerate().filter(|(at, _)| !has_lost || at == node) {
                let row = file.1.get(id).map(|row| &*row.text);
                assert_eq!(row, Some(&**text), "what was acknowledged is there: {id}");
            }
        }
    }
}

/// Checks that everybody has heard their rooms in the order of the files, nothing twice, without
/// a gap.
pub fn hearings(files: &[File], people: &[Person], has_lost: bool) {
    let mut all = File::new();
    files.iter().for_each(|file| all.extend(file.clone()));
    let mut numbers: HashMap<&str, Vec<i64>> = HashMap::new();
    for (id, row) in &all {
        numbers.entry(&row.text).or_default().push(*id);
    }
    for person in people {
        for (at, hearing) in person.hearings.iter().enumerate() {
            let is_last = at + 1 == person.hearings.len() && person.is_in();
            let mut heard: Vec<i64> = Vec::new();
            for (told, text) in &hearing.heard {
                // Where Redis has lost that something was said, it may be said again.
                let after = heard.last().copied().unwrap_or_default();
                let is_it = |id: &&i64| **id > after && told.is_none_or(|told| told == **id);
                let id = numbers.get(&**text).and_then(|all| all.iter().find(is_it));
                let name = &person.name;
                heard.push(
                    *id.unwrap_or_else(|| panic!("{name} hears {text} {told:?} after {after}")),
                );
            }
            if !has_lost {
                whole(&all, person, hearing, &heard, is_last);
            }
        }
    }
}

/// Checks that somebody has heard all that others said in a room, from their first message on.
fn whole(all: &File, person: &Person, hearing: &Hearing, heard: &[i64], is_last: bool) {
    let Some(first) = heard.first() else { return };
    let own = format!("{}.", person.name);
    let end = if is_last { i64::MAX } else { *heard.last().unwrap_or(first) };
    // One's own messages come again only to those who come back.
    let is_heard = |id: &i64, row: &Row| !row.text.starts_with(&own) || heard.contains(id);
    let expected: Vec<i64> = all
        .range(first..=&end)
        .filter(|(id, row)| row.room == hearing.room && is_heard(id, row))
        .map(|(id, _)| *id)
        .collect();
    let missed: Vec<&Row> =
        expected.iter().filter(|id| !heard.contains(id)).map(|id| &all[id]).collect();
    assert!(missed.is_empty(), "{} has not heard {missed:?}, but {:?}", person.name, hearing.heard);
    assert_eq!(heard, expected, "{} has heard what was said elsewhere", person.name);
}

/// A stretch of the stream in which a name has one bearer at most. A person without a token has one
/// device, and is named as it is.
#[derive(Default)]
struct Bearers {
    /// The person whose device it is.
    devices: HashMap<String, String>,
    nicks: HashMap<String, String>,
    keys: HashMap<Box<str>, String>,
    /// The names that people have had. What one of their devices says may be older than a new name
    /// that another has taken.
    former: HashSet<(String, String)>,
}

impl Bearers {
    /// A person comes, with their first device or with one more.
    fn come(&mut self, device: &str, person: &str, nick: &str, id: EntryId) {
        self.go(device);
        let is_here = self.devices.values().any(|it| it == person);
        self.devices.insert(device.to_owned(), person.to_owned());
        match is_here {
            true => assert_eq!(self.nicks[person], nick, "all devices have one name at {id}"),
            false => self.bear(person, nick, id),
        }
    }

    fn rename(&mut self, device: &str, nick: &str, id: EntryId) {
        let person = self.devices.get(device).expect("who takes a name is here").clone();
        self.drop(&person);
        self.bear(&person, nick, id);
    }

    fn bear(&mut self, person: &str, nick: &str, id: EntryId) {
        for key in nick_keys(nick) {
            let other = self.keys.insert(key, person.to_owned());
            assert_eq!(other, None, "{nick} is borne by two at {id}: {person}");
        }
        self.nicks.insert(person.to_owned(), nick.to_owned());
        self.former.insert((person.to_owned(), nick.to_owned()));
    }

    fn drop(&mut self, person: &str) {
        if self.nicks.remove(person).is_some() {
            self.keys.retain(|_, bearer| bearer != person);
        }
    }

    /// A device goes, and its person if it was the last one.
    fn go(&mut self, device: &str) {
        if let Some(person) = self.devices.remove(device)
            && !self.devices.values().any(|it| *it == person)
        {
            self.drop(&person);
        }
    }

    /// Whether the person of this device has this name, or has had it.
    fn has(&self, device: &str, nick: &str) -> bool {
        let person = self.devices.get(device);
        person.is_some_and(|person| self.former.contains(&(person.clone(), nick.to_owned())))
    }
}

/// Checks that no name ever had two bearers, that nobody spoke under the name of another, and
/// that no fact was appended twice. `added` is what was added to the stream.
pub fn names(added: &[(EntryId, Vec<Bytes>)]) {
    let mut bearers = Bearers::default();
    let mut sent = HashSet::new();
    for (id, fields) in added {
        let text = |name: &str| {
            let mut pairs = fields.chunks(2);
            let pair = pairs.find(|pair| pair[0] == name.as_bytes());
            pair.map(|pair| String::from_utf8_lossy(&pair[1]).into_owned()).unwrap_or_default()
        };
        let node = text("n");
        if !text("o").is_empty() {
            let mark = format!("{node}/");
            let all: Vec<String> = bearers.devices.keys().cloned().collect();
            all.iter().filter(|device| device.starts_with(&mark)).for_each(|it| bearers.go(it));
            continue;
        }
        // A number that is used up, or a node that says that it ends.
        if text("f").is_empty() {
            continue;
        }
        assert!(sent.insert((node, text("e"), text("s"))), "a fact is appended once: {id}");
        let written: Value = serde_json::from_str(&text("f")).expect("JSON");
        let (kind, fact) = written["fact"].as_object().expect("a fact").iter().next().expect("one");
        let word = |name: &str| fact[name].as_str().unwrap_or_default();
        let by = word("by");
        match &**kind {
            "entered" => {
                let person = fact["door"]["chat"]["record"]["id"].as_str().unwrap_or(by);
                bearers.come(by, person, word("nick"), *id);
            }
            "renamed" => bearers.rename(by, word("new"), *id),
            "departed" => bearers.go(by),
            "said" | "topic-set" | "joined" | "left" => {
                let nick = word("nick");
                assert!(bearers.has(by, nick), "{nick} is the name of its author: {kind} {id}");
            }
            _ => (),
        }
    }
}
