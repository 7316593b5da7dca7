//! A client comes back: its session, and the entries of the stream that it has missed.

use super::entries::{Entry, EntryId};
use super::message::{Broadcast, ClusterKind, quoted};
use crate::limits::{SAVED_BYTES_MAX, STREAM_RESTORE_READS_MAX};
use crate::server::redis::Items;
use crate::server::{Missed, Restored, Saved, SavedRoom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mio_wire::msgpack;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::str;

/// A session that Redis is asked for.
pub(super) enum Restoring {
    /// The session itself is to come.
    Session { namespace: String, pid: String, offset: Option<EntryId> },
    /// It is there, and entries are read; `is_asked` while Redis is to answer.
    Entries { found: Box<Found>, is_asked: bool },
}

/// A session, and what its client has missed as far as it has been read.
pub(super) struct Found {
    saved: Saved,
    /// The last entry that the client has seen.
    seen: EntryId,
    /// The last entry that has been read; `None` until the one that the client has seen is known to
    /// be there.
    read: Option<EntryId>,
    reads: usize,
    bytes: usize,
    missed: Vec<(EntryId, Missed)>,
}

/// The next thing to do for a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To read the entries from this one on.
    Read(EntryId),
    /// To wait until this server itself has read the entry that the client has seen.
    Wait,
    /// To let it in.
    Done(Restored),
}

/// A client cannot come back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lost;

impl Found {
    /// A session that was found, of a client that has seen the entry `offset`, or none.
    pub(super) fn new(saved: Saved, offset: Option<EntryId>) -> Result<Self, Lost> {
        let seen = offset.or_else(|| EntryId::parse(&saved.since)).ok_or(Lost)?;
        Ok(Self { saved, seen, read: None, reads: 0, bytes: 0, missed: Vec::new() })
    }

    /// Takes entries that Redis has told, which are all of those that were asked for by
    /// [`Step::Read`] or the first of them. They may have `bytes_max` bytes together.
    pub(super) fn take(&mut self, entries: Items<'_>, bytes_max: usize) -> Result<(), Lost> {
        self.reads += 1;
        for entry in entries.filter_map(|reply| Entry::read(&reply)) {
            match self.read {
                // An entry that is not there any more may not have been the only one.
                None if entry.id != self.seen => return Err(Lost),
                Some(read) if entry.id > read => self.miss(&entry),
                _ => (),
            }
            self.read = Some(entry.id);
        }
        let is_fit = self.bytes <= bytes_max && self.reads <= STREAM_RESTORE_READS_MAX;
        if self.read.is_some() && is_fit { Ok(()) } else { Err(Lost) }
    }

    /// Keeps an entry's event if it was for the client.
    fn miss(&mut self, entry: &Entry<'_>) {
        if entry.namespace != self.saved.namespace {
            return;
        }
        let missed = entry.with_message(|message| {
            if message.kind != ClusterKind::Event {
                return None;
            }
            let broadcast: Broadcast<'_> = serde_json::from_str(message.data).ok()?;
            let since = |room: &SavedRoom| EntryId::parse(&room.since);
            let was_in = |name: &str| {
                let mut rooms = self.saved.rooms.iter().filter(|room| room.name == name);
                name == self.saved.sid
                    || rooms.any(|room| since(room).is_none_or(|since| since < entry.id))
            };
            let is_volatile = broadcast.opts.flags.volatile == Some(true);
            if is_volatile || !broadcast.opts.includes(was_in) {
                return None;
            }
            let mut text = String::new();
            let (name, args) = broadcast.event(&mut text, message.attachments).ok()?;
            Some(Missed {
                name: name.into_owned(),
                args: args.json().to_owned(),
                attachments: message.attachments.to_vec(),
                offset: entry.id.to_string(),
            })
        });
        if let Some(missed) = missed.flatten() {
            self.bytes += missed.bytes();
            self.missed.push((entry.id, missed));
        }
    }

    /// The next thing to do, if this server has read the stream up to `live`. What comes after that
    /// the client gets as everybody does, so nothing is told twice and nothing is left out.
    pub(super) fn next(&mut self, live: Option<EntryId>) -> Step {
        let Some(live) = live.filter(|live| *live >= self.seen) else { return Step::Wait };
        match self.read {
            None => Step::Read(self.seen),
            Some(read) if read < live => Step::Read(read.next()),
            Some(_) => {
                let missed = std::mem::take(&mut self.missed).into_iter();
                let missed = missed.filter(|(id, _)| *id <= live).map(|(_, missed)| missed);
                Step::Done(Restored { saved: self.saved.clone(), missed: missed.collect() })
            }
        }
    }
}

/// A session as servers write it into Redis. Those in JavaScript have the first four parts.
#[derive(Deserialize)]
struct Written<'m> {
    #[serde(borrow)]
    sid: Cow<'m, str>,
    #[serde(borrow)]
    pid: Cow<'m, str>,
    rooms: Vec<String>,
    #[serde(default, borrow)]
    data: Option<&'m RawValue>,
    #[serde(default)]
    nsp: Option<String>,
    #[serde(default)]
    since: String,
    /// For each of the rooms the offset when the client joined it.
    #[serde(default)]
    joined: Vec<String>,
}

/// Writes a session for Redis; `None` if it is too large.
pub(super) fn write(saved: &Saved) -> Option<String> {
    let Saved { pid, sid, namespace, rooms, data, since } = saved;
    let list = |all: Vec<&str>| serde_json::to_string(&all).ok();
    let names = list(std::iter::once(&**sid).chain(rooms.iter().map(|room| &*room.name)).collect());
    let joined = list(std::iter::once("").chain(rooms.iter().map(|room| &*room.since)).collect());
    let is_json = data.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(data).is_ok();
    let data = match (is_json, data.is_empty()) {
        (true, _) => Cow::Borrowed(&**data),
        (_, true) => Cow::Borrowed("{}"),
        (_, false) => Cow::Owned(quoted(data)),
    };
    let [sid, pid, namespace, since] = [sid, pid, namespace, since].map(|text| quoted(text));
    let (names, joined) = (names?, joined?);
    let json =
        format!(r#"{{"sid":{sid},"pid":{pid},"rooms":{names},"data":{data},"nsp":{namespace}"#)
            + &format!(r#","since":{since},"joined":{joined}}}"#);
    let mut bytes = Vec::new();
    msgpack::encode(&json, &[], &mut bytes).ok()?;
    let text = BASE64.encode(bytes);
    (text.len() <= SAVED_BYTES_MAX).then_some(text)
}

/// Reads a session of the namespace; `None` if it is none, or one of another client.
pub(super) fn read(text: &str, namespace: &str, pid: &str) -> Option<Saved> {
    let bytes = Some(text).filter(|text| text.len() <= SAVED_BYTES_MAX)?;
    let bytes = BASE64.decode(bytes).ok()?;
    let (mut json, mut attachments) = (Vec::new(), Vec::new());
    msgpack::decode(&bytes, &mut json, &mut attachments).ok()?;
    let written: Written<'_> = serde_json::from_slice(&json).ok()?;
    let Written { sid, rooms, data, nsp, since, joined, .. } = written;
    if written.pid != pid || nsp.is_some_and(|nsp| nsp != namespace) {
        return None;
    }
    let joined = joined.into_iter().chain(std::iter::repeat_with(String::new));
    let rooms = rooms.into_iter().zip(joined).filter(|(name, _)| *name != sid);
    let mut all: Vec<SavedRoom> = rooms.map(|(name, since)| SavedRoom { name, since }).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all.dedup_by(|one, other| one.name == other.name);
    let data = data.map_or("null", |data| data.get());
    let data = match data {
        "null" | "{}" => String::new(),
        _ => serde_json::from_str(data).unwrap_or_else(|_| data.to_owned()),
    };
    let (pid, sid, namespace) = (pid.to_owned(), sid.into_owned(), namespace.to_owned());
    Some(Saved { pid, sid, namespace, rooms: all, data, since })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio_wire::resp::{Decoder, Reply};

    const PID: &str = "AAEC-v8JCAcGBQQDAgH_";

    fn saved(data: &str) -> Saved {
        let room = |name: &str, since: &str| SavedRoom { name: name.into(), since: since.into() };
        Saved {
            pid: PID.to_owned(),
            sid: "BAEC-v8JCAcGBQQDAgH_".to_owned(),
            namespace: "/".to_owned(),
            rooms: vec![room("a", "1-0"), room("b", "5-1")],
            data: data.to_owned(),
            since: "1-0".to_owned(),
        }
    }

    fn id(text: &str) -> EntryId {
        EntryId::parse(text).expect("an id")
    }

    /// Takes entries, each an id, a namespace and an audience, whose events have their ids as
    /// arguments.
    fn take(found: &mut Found, entries: &[(&str, &str, &str)]) -> Result<(), Lost> {
        let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        let mut bytes = format!("*{}\r\n", entries.len());
        for (id, namespace, opts) in entries {
            let data = format!(r#"{{"packet":{{"type":2,"data":["e","{id}"]}},"opts":{opts}}}"#);
            let fields = ["uid", "x", "nsp", namespace, "type", "3", "data", &data];
            let fields: String = fields.map(bulk).concat();
            bytes.push_str(&format!("*2\r\n{}*8\r\n{fields}", bulk(id)));
        }
        let mut decoder = Decoder::default();
        let mut input = bytes.as_bytes();
        let reply: Reply<'_> = decoder.next(&mut input).expect("replies").expect("a whole one");
        found.take(reply.items().expect("a list"), 100_000)
    }

    fn opts(rooms: &str, except: &str) -> String {
        let list = |names: &str| -> Vec<String> {
            names.split_terminator(' ').map(str::to_owned).collect()
        };
        serde_json::json!({"rooms": list(rooms), "except": list(except)}).to_string()
    }

    #[test]
    fn a_session_comes_back_as_it_was_saved() {
        for (data, value) in [
            ("", "{}"),
            ("cake", r#""cake""#),
            (r#"{"n":[1,"ü"]}"#, r#"{"n":[1,"ü"]}"#),
            ("[1", r#""[1""#),
            (r#""quoted""#, r#""\"quoted\"""#),
            ("7", r#""7""#),
        ] {
            let text = write(&saved(data)).expect("it is small");
            assert_eq!(read(&text, "/", PID), Some(saved(data)), "{data}");
            let (mut json, bytes) = (Vec::new(), BASE64.decode(&text).expect("base64"));
            msgpack::decode(&bytes, &mut json, &mut Vec::new()).expect("MessagePack");
            let json = String::from_utf8(json).expect("JSON");
            assert!(json.contains(&format!(r#""data":{value},"#)), "{json}");
        }
        let text = write(&saved("")).expect("it is small");
        assert_eq!(read(&text, "/other", PID), None);
        assert_eq!(read(&text, "/", "BAEC-v8JCAcGBQQDAgH_"), None);
        assert_eq!(read(&text[1..], "/", PID), None);
        assert_eq!(write(&saved(&"x".repeat(SAVED_BYTES_MAX))), None);
    }

    #[test]
    fn a_session_of_a_server_in_javascript_is_read() {
        let json =
            format!(r#"{{"sid":"s","pid":"{PID}","rooms":["s","b","a","b"],"data":{{"n":1}}}}"#);
        let mut bytes = Vec::new();
        msgpack::encode(&json, &[], &mut bytes).expect("JSON");
        let read = read(&BASE64.encode(&bytes), "/x", PID).expect("a session");
        let rooms: Vec<&str> = read.rooms.iter().map(|room| &*room.name).collect();
        assert_eq!((rooms, &*read.data, &*read.namespace), (vec!["a", "b"], r#"{"n":1}"#, "/x"));
        assert_eq!(Found::new(read, None).err(), Some(Lost), "it does not tell since when");
    }

    #[test]
    fn entries_are_read_up_to_the_place_where_this_server_is() {
        let mut found = Found::new(saved(""), Some(id("3-0"))).expect("it may come back");
        assert_eq!(found.next(None), Step::Wait);
        assert_eq!(found.next(Some(id("2-9"))), Step::Wait);
        assert_eq!(found.next(Some(id("3-0"))), Step::Read(id("3-0")));
        let all = opts("", "");
        assert_eq!(take(&mut found, &[("3-0", "/", &all), ("4-0", "/", &opts("a x", ""))]), Ok(()));
        assert_eq!(found.next(Some(id("9-0"))), Step::Read(id("4-1")));
        let sid = saved("").sid;
        let entries = [
            ("4-1", "/other", &all),
            ("4-2", "/", &opts("b", "")),
            ("5-1", "/", &opts("x", "")),
            ("5-2", "/", &opts("b", "")),
            ("5-3", "/", &opts("a", "b")),
            ("5-4", "/", &opts("", &sid)),
            ("5-5", "/", &opts(&sid, "")),
            ("9-0", "/", &all),
            ("9-1", "/", &all),
        ];
        let entries = entries.map(|(id, namespace, opts)| (id, namespace, &**opts));
        assert_eq!(take(&mut found, &entries), Ok(()));
        let Step::Done(restored) = found.next(Some(id("9-0"))) else { panic!("all is read") };
        let missed: Vec<&str> = restored.missed.iter().map(|missed| &*missed.offset).collect();
        // It was not in the room b before 5-1.
        assert_eq!(missed, ["4-0", "5-2", "5-5", "9-0"]);
        assert_eq!(restored.missed[0].args, r#""4-0""#);
    }

    #[test]
    fn a_client_that_cannot_be_told_all_is_lost() {
        let new = || Found::new(saved(""), Some(id("3-0"))).expect("it may come back");
        let all = opts("", "");
        assert_eq!(take(&mut new(), &[("3-1", "/", &all)]), Err(Lost), "its entry is gone");
        assert_eq!(take(&mut new(), &[]), Err(Lost));
        let mut found = new();
        assert_eq!(take(&mut found, &[("3-0", "/", &all)]), Ok(()));
        for _ in 1..STREAM_RESTORE_READS_MAX {
            assert_eq!(take(&mut found, &[]), Ok(()));
        }
        assert_eq!(take(&mut found, &[]), Err(Lost), "it never ends");
        let mut found = new();
        let many: Vec<_> = (0..2_000).map(|number| format!("3-{number}")).collect();
        let many: Vec<_> = many.iter().map(|id| (&**id, "/", &*all)).collect();
        assert_eq!(take(&mut found, &many), Err(Lost), "it has missed too much");
    }
}
