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

/// A stretch of the stream in which a name has one bearer at most.
#[derive(Default)]
struct Bearers {
    nicks: HashMap<String, String>,
    keys: HashMap<Box<str>, String>,
    /// The visit of each person with a token.
    people: HashMap<String, String>,
}

impl Bearers {
    fn rename(&mut self, visit: &str, nick: &str, id: EntryId) {
        let person = self.people.iter().find(|(_, bearer)| *bearer == visit);
        let person = person.map(|(person, _)| person.clone());
        self.bear(visit, nick, id);
        self.people.extend(person.map(|person| (person, visit.to_owned())));
    }

    fn bear(&mut self, visit: &str, nick: &str, id: EntryId) {
        self.drop(visit);
        for key in nick_keys(nick) {
            let other = self.keys.insert(key, visit.to_owned());
            assert_eq!(other, None, "{nick} is borne by two at {id}: {visit}");
        }
        self.nicks.insert(visit.to_owned(), nick.to_owned());
    }

    fn drop(&mut self, visit: &str) {
        if self.nicks.remove(visit).is_some() {
            self.keys.retain(|_, bearer| bearer != visit);
            self.people.retain(|_, bearer| bearer != visit);
        }
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
            let all: Vec<String> = bearers.nicks.keys().cloned().collect();
            all.iter().filter(|visit| visit.starts_with(&mark)).for_each(|it| bearers.drop(it));
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
                if let Some(older) = fact["replaces"][0].as_str() {
                    bearers.drop(older);
                }
                bearers.bear(by, word("nick"), *id);
                if let Some(person) = fact["door"]["chat"]["record"]["id"].as_str() {
                    let other = bearers.people.insert(person.to_owned(), by.to_owned());
                    assert_eq!(other, None, "{person} is here twice at {id}: {by}");
                }
            }
            "renamed" => bearers.rename(by, word("new"), *id),
            "departed" => bearers.drop(by),
            "said" | "topic-set" | "joined" | "left" => {
                let (nick, here) = (word("nick"), bearers.nicks.get(by).map(String::as_str));
                assert_eq!(
                    here,
                    Some(nick),
                    "it is done under the name of its author: {kind} {id}"
                );
            }
            _ => (),
        }
    }
}
