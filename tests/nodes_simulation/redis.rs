//! A simulated Redis: it speaks RESP3, runs the nodes' own scripts, and can be killed, paused and
//! restarted with its data, with older data, or without any.

use super::data::{Data, Words};
use super::lua::Scripts;
use super::stream::EntryId;
use super::value::{Bytes, Value};
use fastrand::Rng;
use mio_wire::resp::Decoder;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::rc::Rc;

pub struct Redis {
    scripts: Scripts,
    /// Scripts that this run of it knows by their names.
    known: HashSet<String>,
    clients: BTreeMap<usize, Client>,
    is_paused: bool,
    /// It answers every script with this error.
    refusal: Option<&'static str>,
    /// The time in Unix milliseconds.
    now_ms: u64,
    /// The data of a while ago.
    earlier: Data,
    /// The data each time before it lost some.
    pub lost: Vec<Data>,
}

#[derive(Default)]
struct Client {
    decoder: Decoder,
    commands: VecDeque<Vec<Bytes>>,
    blocked: Option<Blocked>,
    output: Vec<u8>,
    channels: HashSet<Bytes>,
}

/// A client that waits for entries of a stream.
struct Blocked {
    key: Bytes,
    after: EntryId,
    count: usize,
    until_ms: u64,
}

/// The data that a Redis has after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comeback {
    Whole,
    Older,
    Empty,
}

impl Redis {
    pub fn new() -> Self {
        Self {
            scripts: Scripts::on(Rc::new(RefCell::new(Data::default()))),
            known: HashSet::new(),
            clients: BTreeMap::new(),
            is_paused: false,
            refusal: None,
            now_ms: 0,
            earlier: Data::default(),
            lost: Vec::new(),
        }
    }

    pub fn data(&self) -> &Rc<RefCell<Data>> {
        self.scripts.data()
    }

    /// Notes what it holds, which is what an older comeback brings.
    pub fn save(&mut self) {
        let data = self.data().borrow().clone();
        self.earlier = data;
    }

    /// It is killed: nobody is connected any more.
    pub fn hang_up(&mut self) {
        self.clients.clear();
        self.known.clear();
    }

    /// It is started again: with its data, with those that were last saved, or empty.
    pub fn restart(&mut self, comeback: Comeback) {
        let run = self.data().borrow().run + 1;
        let lost = match comeback {
            Comeback::Whole => {
                self.data().borrow_mut().run = run;
                return;
            }
            Comeback::Older => self.data().replace(self.earlier.clone()),
            Comeback::Empty => self.data().take(),
        };
        self.lost.push(lost);
        self.data().borrow_mut().run = run;
        self.save();
    }

    pub fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    pub fn refuse(&mut self, refusal: Option<&'static str>) {
        self.refusal = refusal;
    }

    /// A stranger appends something that no node understands, at or above the newest entry.
    pub fn intrude(&mut self, key: &str, random: &mut Rng) {
        let mut data = self.data().borrow_mut();
        let Some(last) = data.stream(key.as_bytes()).map(|stream| stream.last) else { return };
        let EntryId(number, part) = last;
        let id = match random.usize(..4) {
            0 => EntryId(number, part.saturating_add(random.u64(1..100))),
            1 => EntryId(number, u64::MAX),
            2 => EntryId(number + 1, random.u64(..100)),
            _ => EntryId(number + random.u64(1..1_000_000), random.u64(..3)),
        };
        let id = id.to_string();
        let command = [b"XADD", key.as_bytes(), id.as_bytes(), b"what", b"is this"];
        // It is nobody's fact.
        if let Value::Bytes(_) = data.run(self.now_ms, &command) {
            data.added.pop();
        }
    }

    pub fn accept(&mut self, client: usize) {
        self.clients.insert(client, Client::default());
    }

    pub fn close(&mut self, client: usize) {
        self.clients.remove(&client);
    }

    pub fn has(&self, client: usize) -> bool {
        self.clients.contains_key(&client)
    }

    /// Bytes have come from a client.
    pub fn receive(&mut self, client: usize, mut bytes: &[u8]) {
        let Some(client) = self.clients.get_mut(&client) else { return };
        while let Some(command) = client.decoder.next(&mut bytes).expect("nodes speak RESP") {
            let words = command.items().expect("a command is an array");
            let words = words.map(|word| word.as_bytes().expect("of words").to_vec());
            client.commands.push_back(words.collect());
        }
        self.run(self.now_ms);
    }

    /// Does everything that can be done at a time in Unix milliseconds.
    pub fn run(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        if self.is_paused {
            return;
        }
        loop {
            self.unblock();
            let ready = |client: &Client| client.blocked.is_none() && !client.commands.is_empty();
            let next = self.clients.iter().find(|(_, client)| ready(client)).map(|(id, _)| *id);
            let Some(id) = next else { return };
            let Some(client) = self.clients.get_mut(&id) else { return };
            let Some(command) = client.commands.pop_front() else { return };
            if let Some(value) = self.answer(id, &command)
                && let Some(client) = self.clients.get_mut(&id)
            {
                value.encode(&mut client.output);
            }
        }
    }

    pub fn take_output(&mut self, client: usize) -> Vec<u8> {
        let client = self.clients.get_mut(&client);
        client.map(|client| std::mem::take(&mut client.output)).unwrap_or_default()
    }

    /// When a client that waits has waited for long enough.
    pub fn next_ms(&self) -> Option<u64> {
        let blocked = self.clients.values().filter_map(|client| client.blocked.as_ref());
        blocked.map(|blocked| blocked.until_ms).min()
    }

    /// Answers clients that wait for entries, if there are some or they have waited for long.
    fn unblock(&mut self) {
        let data = self.scripts.data().borrow();
        for client in self.clients.values_mut() {
            let Some(blocked) = &client.blocked else { continue };
            let entries = entries(&data, &blocked.key, blocked.after, blocked.count);
            if let Some(value) = entries {
                value.encode(&mut client.output);
            } else if self.now_ms >= blocked.until_ms {
                Value::Null.encode(&mut client.output);
            } else {
                continue;
            }
            client.blocked = None;
        }
    }

    /// The answer to a command; `None` if it waits, or has been given.
    fn answer(&mut self, client: usize, command: &[Bytes]) -> Option<Value> {
        let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
        let name = String::from_utf8_lossy(words[0]).to_ascii_uppercase();
        if self.refusal.is_some_and(|why| why.starts_with("LOADING") && name != "HELLO") {
            return self.refusal.map(|why| Value::Error(why.into()));
        }
        Some(match &*name {
            "HELLO" => {
                let server = (Value::text("server"), Value::text("redis"));
                Value::Map(vec![server, (Value::text("proto"), Value::Integer(3))])
            }
            "PING" => Value::Status("PONG"),
            "SELECT" | "CLIENT" => Value::Status("OK"),
            "SCRIPT" => {
                let name = self.scripts.learn(words[2]);
                self.known.insert(name.clone());
                Value::text(name)
            }
            "EVAL" | "EVALSHA" => self.script(&name, &command[1..]),
            "XREAD" => return self.read(client, &words[1..]),
            "SUBSCRIBE" | "PUBLISH" => return self.channel(client, &name, &words[1..]),
            _ => self.data().borrow_mut().run(self.now_ms, &words),
        })
    }

    fn script(&mut self, how: &str, words: &[Bytes]) -> Value {
        if let Some(why) = self.refusal {
            return Value::Error(why.into());
        }
        let name = match how {
            "EVAL" => {
                let name = self.scripts.learn(&words[0]);
                self.known.insert(name.clone());
                name
            }
            _ => String::from_utf8_lossy(&words[0]).into_owned(),
        };
        if !self.known.contains(&name) {
            return Value::Error("NOSCRIPT No matching script. Please use EVAL.".into());
        }
        let keys: usize = String::from_utf8_lossy(&words[1]).parse().expect("how many keys");
        let (keys, words) = words[2..].split_at(keys);
        self.scripts.run(self.now_ms, &name, keys, words)
    }

    fn read(&mut self, client: usize, words: &[&[u8]]) -> Option<Value> {
        let mut words = Words::of(words);
        let count = if words.takes("COUNT") { words.number() } else { usize::MAX };
        let wait_ms: Option<u64> = words.takes("BLOCK").then(|| words.number());
        assert!(words.takes("STREAMS"), "streams are named");
        let (key, after) = (words.next().to_vec(), words.text());
        let data = self.data().borrow();
        let after = match after {
            "$" => data.stream(&key).map(|stream| stream.last).unwrap_or_default(),
            id => EntryId::parse(id, 0).expect("an id"),
        };
        let entries = entries(&data, &key, after, count);
        drop(data);
        let Some(wait_ms) = wait_ms.filter(|_| entries.is_none()) else {
            return Some(entries.unwrap_or(Value::Null));
        };
        let until_ms = if wait_ms == 0 { u64::MAX } else { self.now_ms + wait_ms };
        let client = self.clients.get_mut(&client)?;
        client.blocked = Some(Blocked { key, after, count, until_ms });
        None
    }

    fn channel(&mut self, client: usize, name: &str, words: &[&[u8]]) -> Option<Value> {
        if name == "PUBLISH" {
            let mut heard = 0_usize;
            let all = self.clients.values_mut();
            for client in all.filter(|client| client.channels.contains(words[0])) {
                let parts = [b"message", words[0], words[1]].map(|it| Value::Bytes(it.to_vec()));
                Value::Push(parts.into()).encode(&mut client.output);
                heard += 1;
            }
            return Some(heard.into());
        }
        let client = self.clients.get_mut(&client)?;
        for channel in words {
            client.channels.insert(channel.to_vec());
            let count = client.channels.len().into();
            let channel = Value::Bytes(channel.to_vec());
            Value::Push(vec![Value::text("subscribe"), channel, count]).encode(&mut client.output);
        }
        None
    }
}

/// The entries of a stream after one, as `XREAD` answers them.
fn entries(data: &Data, key: &[u8], after: EntryId, count: usize) -> Option<Value> {
    let entries = data.stream(key)?.after(after, count);
    let key = Value::Bytes(key.to_vec());
    (!entries.is_empty()).then(|| Value::Map(vec![(key, Value::Array(entries))]))
}
