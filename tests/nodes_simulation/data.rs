//! The data of a Redis, and the commands by which they are read and changed: those that nodes and
//! their scripts use, as Redis 7 does them. Any other is a failure of the test, which has to learn
//! it.

use super::stream::{EntryId, Stream};
use super::value::{Bytes, Value};
use std::collections::BTreeMap;

/// Fields that one `HSCAN` finds.
const SCANNED_MAX: usize = 3;

/// All keys of a Redis.
#[derive(Debug, Clone, Default)]
pub struct Data {
    keys: BTreeMap<Bytes, Key>,
    /// The run of the process.
    pub run: usize,
    /// Every entry that was ever added to a stream, in order, also those that were trimmed.
    pub added: Vec<(EntryId, Vec<Bytes>)>,
}

#[derive(Debug, Clone)]
struct Key {
    kind: Kind,
    until_ms: u64,
}

#[derive(Debug, Clone)]
enum Kind {
    Text(Bytes),
    Hash(BTreeMap<Bytes, Bytes>),
    Scores(BTreeMap<Bytes, f64>),
    Stream(Stream),
}

/// The words of a command after its name.
pub struct Words<'a> {
    words: &'a [&'a [u8]],
    at: usize,
}

impl<'a> Words<'a> {
    pub const fn of(words: &'a [&'a [u8]]) -> Self {
        Self { words, at: 0 }
    }

    pub fn next(&mut self) -> &'a [u8] {
        self.at += 1;
        self.words.get(self.at - 1).copied().expect("a command has all its words")
    }

    pub fn text(&mut self) -> &'a str {
        std::str::from_utf8(self.next()).expect("a text")
    }

    pub fn number<N: std::str::FromStr>(&mut self) -> N {
        let text = self.text();
        text.parse().unwrap_or_else(|_| panic!("not a number: {text:?}"))
    }

    pub fn rest(&mut self) -> &'a [&'a [u8]] {
        let rest = &self.words[self.at..];
        self.at = self.words.len();
        rest
    }

    /// Takes an option's name, if that comes next.
    pub fn takes(&mut self, name: &str) -> bool {
        let is_next =
            self.words.get(self.at).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
        self.at += usize::from(is_next);
        is_next
    }
}

fn score(text: &str) -> f64 {
    match text {
        "-inf" => f64::NEG_INFINITY,
        "+inf" | "inf" => f64::INFINITY,
        _ => text.parse().expect("a score"),
    }
}

/// A glob with no other sign than stars, as nodes use them.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).any(|at| text.is_char_boundary(at) && fits(rest, &text[at..]))
        }),
    }
}

impl Data {
    /// Runs a command at a time in Unix milliseconds.
    pub fn run(&mut self, now_ms: u64, command: &[&[u8]]) -> Value {
        self.keys.retain(|_, key| key.until_ms > now_ms);
        let (name, rest) = command.split_first().expect("a command has a name");
        let name = String::from_utf8_lossy(name).to_ascii_uppercase();
        let mut words = Words::of(rest);
        let words = &mut words;
        let value = match &*name {
            "TIME" => {
                let parts = [now_ms / 1000, now_ms % 1000 * 1000];
                Value::Array(parts.map(Value::text).into())
            }
            "INFO" => Value::text(format_args!("run_id:{}", self.run)),
            "EXISTS" => self.keys.contains_key(words.next()).into(),
            "DEL" | "UNLINK" => {
                words.rest().iter().filter(|key| self.keys.remove(**key).is_some()).count().into()
            }
            name if name.starts_with('X') => self.stream_command(name, now_ms, words),
            name if name.starts_with('H') => self.hash_command(name, words),
            name if name.starts_with('Z') => self.scores_command(name, words),
            name => self.text_command(name, now_ms, words),
        };
        self.keys.retain(|_, key| match &key.kind {
            Kind::Hash(fields) => !fields.is_empty(),
            Kind::Scores(scores) => !scores.is_empty(),
            Kind::Text(_) | Kind::Stream(_) => true,
        });
        value
    }

    fn kind(&mut self, key: &[u8], fresh: Kind) -> &mut Kind {
        let fresh = Key { kind: fresh, until_ms: u64::MAX };
        &mut self.keys.entry(key.to_vec()).or_insert(fresh).kind
    }

    pub fn hash(&mut self, key: &[u8]) -> &mut BTreeMap<Bytes, Bytes> {
        match self.kind(key, Kind::Hash(BTreeMap::new())) {
            Kind::Hash(fields) => fields,
            other => panic!("not a hash: {other:?}"),
        }
    }

    fn scores(&mut self, key: &[u8]) -> &mut BTreeMap<Bytes, f64> {
        match self.kind(key, Kind::Scores(BTreeMap::new())) {
            Kind::Scores(scores) => scores,
            other => panic!("not a sorted set: {other:?}"),
        }
    }

    /// A stream, if it is there.
    pub fn stream(&self, key: &[u8]) -> Option<&Stream> {
        match &self.keys.get(key)?.kind {
            Kind::Stream(stream) => Some(stream),
            other => panic!("not a stream: {other:?}"),
        }
    }

    fn stream_mut(&mut self, key: &[u8]) -> &mut Stream {
        match self.kind(key, Kind::Stream(Stream::default())) {
            Kind::Stream(stream) => stream,
            other => panic!("not a stream: {other:?}"),
        }
    }

    fn text_command(&mut self, name: &str, now_ms: u64, words: &mut Words<'_>) -> Value {
        let key = words.next();
        match name {
            "GET" => match self.keys.get(key).map(|key| &key.kind) {
                None => Value::Null,
                Some(Kind::Text(text)) => Value::Bytes(text.clone()),
                Some(other) => panic!("not a text: {other:?}"),
            },
            "SET" => {
                let text = words.next().to_vec();
                let until_ms = match (words.takes("EX"), words.takes("PX")) {
                    (true, _) => now_ms + 1000 * words.number::<u64>(),
                    (_, true) => now_ms + words.number::<u64>(),
                    _ => u64::MAX,
                };
                assert!(words.rest().is_empty(), "SET has options that are not simulated");
                self.keys.insert(key.to_vec(), Key { kind: Kind::Text(text), until_ms });
                Value::Status("OK")
            }
            "EXPIRE" | "PEXPIRE" => {
                let unit = if name == "EXPIRE" { 1000 } else { 1 };
                let until_ms = now_ms + unit * words.number::<u64>();
                let found = self.keys.get_mut(key).map(|key| key.until_ms = until_ms);
                found.is_some().into()
            }
            "MEMORY" => Value::Integer(1),
            _ => panic!("the simulated Redis has no {name}"),
        }
    }

    fn hash_command(&mut self, name: &str, words: &mut Words<'_>) -> Value {
        let hash = self.hash(words.next());
        match name {
            "HGET" => hash.get(words.next()).cloned().into(),
            "HMGET" => Value::Array(
                words.rest().iter().map(|field| hash.get(*field).cloned().into()).collect(),
            ),
            "HEXISTS" => hash.contains_key(words.next()).into(),
            "HLEN" => hash.len().into(),
            "HSET" => {
                let pairs = words.rest().chunks(2);
                let new = pairs.filter(|it| hash.insert(it[0].into(), it[1].into()).is_none());
                new.count().into()
            }
            "HSETNX" => {
                let (field, value) = (words.next(), words.next());
                let is_new = !hash.contains_key(field);
                hash.entry(field.into()).or_insert_with(|| value.into());
                is_new.into()
            }
            "HINCRBY" => {
                let (field, by) = (words.next(), words.number::<i64>());
                let text = hash.get(field).map(|it| String::from_utf8_lossy(it).into_owned());
                let sum = text.map_or(0, |text| text.parse::<i64>().expect("a number")) + by;
                hash.insert(field.into(), sum.to_string().into_bytes());
                sum.into()
            }
            "HDEL" => {
                words.rest().iter().filter(|field| hash.remove(**field).is_some()).count().into()
            }
            "HKEYS" => Value::Array(hash.keys().cloned().map(Value::Bytes).collect()),
            "HVALS" => Value::Array(hash.values().cloned().map(Value::Bytes).collect()),
            "HGETALL" => {
                let pairs = hash.iter().map(|(field, value)| (field.clone(), value.clone()));
                let pair = |(field, value)| (Value::Bytes(field), Value::Bytes(value));
                Value::Map(pairs.map(pair).collect())
            }
            "HSCAN" => scan(hash, words),
            _ => panic!("the simulated Redis has no {name}"),
        }
    }

    fn scores_command(&mut self, name: &str, words: &mut Words<'_>) -> Value {
        let scores = self.scores(words.next());
        match name {
            "ZADD" => {
                let pairs = words.rest().chunks(2);
                let pair = |it: &[&[u8]]| (it[1].to_vec(), score(&String::from_utf8_lossy(it[0])));
                pairs.map(pair).filter(|it| scores.insert(it.0.clone(), it.1).is_none()).count()
            }
            .into(),
            "ZREM" => words.rest().iter().filter(|it| scores.remove(**it).is_some()).count().into(),
            "ZPOPMIN" => {
                let count = words.rest().first().map_or(1, |word| {
                    String::from_utf8_lossy(word).parse().expect("how many are wanted")
                });
                let mut all: Vec<(f64, Bytes)> =
                    scores.iter().map(|(it, at)| (*at, it.clone())).collect();
                all.sort_by(|one, other| one.0.total_cmp(&other.0));
                all.truncate(count);
                all.iter().for_each(|(_, it)| {
                    scores.remove(it);
                });
                let pair = |(at, it)| [Value::Bytes(it), Value::text(at)];
                Value::Array(all.into_iter().flat_map(pair).collect())
            }
            "ZSCORE" => scores.get(words.next()).map_or(Value::Null, Value::text),
            "ZCARD" => scores.len().into(),
            "ZRANGE" | "ZRANGEBYSCORE" => {
                let (from, to) = (score(words.text()), score(words.text()));
                let by_score = name == "ZRANGEBYSCORE" || words.takes("BYSCORE");
                let mut all: Vec<(f64, &Bytes)> = scores.iter().map(|(it, at)| (*at, it)).collect();
                all.sort_by(|one, other| one.0.total_cmp(&other.0));
                let (skip, count) = match words.takes("LIMIT") {
                    true => (words.number(), words.number::<i64>()),
                    false => (0, -1),
                };
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                assert!(by_score, "ranges by rank are not simulated");
                let fit = all.into_iter().filter(|(at, _)| (from..=to).contains(at));
                let fit = fit.skip(skip).take(count);
                Value::Array(fit.map(|(_, it)| Value::Bytes(it.clone())).collect())
            }
            _ => panic!("the simulated Redis has no {name}"),
        }
    }

    fn stream_command(&mut self, name: &str, now_ms: u64, words: &mut Words<'_>) -> Value {
        if name == "XINFO" {
            assert!(words.takes("STREAM"), "only a stream is asked for");
            let info = self.stream(words.next()).map(Stream::info);
            return info.unwrap_or_else(|| Value::Error("ERR no such key".into()));
        }
        let key = words.next();
        match name {
            "XADD" => {
                let trims = trimming(words);
                let id = words.text();
                let fields: Vec<Bytes> = words.rest().iter().map(|word| word.to_vec()).collect();
                let stream = self.stream_mut(key);
                let value = stream.add(id, now_ms, fields.clone());
                if let Some((keep, is_exact)) = trims {
                    stream.trim(keep, is_exact);
                }
                if let Value::Bytes(_) = value {
                    let last = stream.last;
                    self.added.push((last, fields));
                }
                value
            }
            "XTRIM" => {
                let (keep, is_exact) = trimming(words).expect("it is said how far");
                self.stream_mut(key).trim(keep, is_exact).into()
            }
            "XLEN" => self.stream(key).map_or(0, |stream| stream.entries.len()).into(),
            "XDEL" => {
                let ids: Vec<EntryId> = words.rest().iter().filter_map(|id| id_of(id, 0)).collect();
                let entries = &mut self.stream_mut(key).entries;
                ids.iter().filter(|id| entries.remove(*id).is_some()).count().into()
            }
            "XRANGE" | "XREVRANGE" => {
                let is_reversed = name == "XREVRANGE";
                let ends = (words.text(), words.text());
                let (from, to) = if is_reversed { (ends.1, ends.0) } else { ends };
                let count = if words.takes("COUNT") { words.number() } else { usize::MAX };
                let from = bound(from, 0);
                let to = bound(to, u64::MAX);
                let stream = self.stream(key).cloned().unwrap_or_default();
                stream.range(from, to, is_reversed, count)
            }
            _ => panic!("the simulated Redis has no {name}"),
        }
    }
}

fn id_of(id: &[u8], part: u64) -> Option<EntryId> {
    EntryId::parse(std::str::from_utf8(id).ok()?, part)
}

fn bound(text: &str, part: u64) -> EntryId {
    match (text, text.strip_prefix('(')) {
        ("-", _) => EntryId::default(),
        ("+", _) => EntryId::MAX,
        (_, Some(id)) => {
            let EntryId(number, part) = EntryId::parse(id, 0).expect("an id");
            EntryId(number, part + 1)
        }
        _ => EntryId::parse(text, part).expect("an id"),
    }
}

/// The number of entries that are kept, and whether exactly.
fn trimming(words: &mut Words<'_>) -> Option<(usize, bool)> {
    words.takes("MAXLEN").then(|| {
        let is_exact = !words.takes("~");
        words.takes("=");
        let keep = words.number();
        if words.takes("LIMIT") {
            words.number::<usize>();
        }
        (keep, is_exact)
    })
}

/// Some of the fields of a hash, never more than a few: Redis promises no number. They are gone
/// through in the order of their hash values, so that fields that come and go between two calls
/// take nobody's place, as in Redis.
fn scan(hash: &BTreeMap<Bytes, Bytes>, words: &mut Words<'_>) -> Value {
    let cursor: u32 = words.number();
    let pattern = if words.takes("MATCH") { words.text() } else { "*" };
    let count: usize = if words.takes("COUNT") { words.number() } else { 10 };
    let count = count.min(SCANNED_MAX);
    let mut all: Vec<(u32, &Bytes)> = hash.keys().map(|field| (hash_of(field), field)).collect();
    all.sort_unstable();
    let mut rest = all.into_iter().skip_while(|(at, _)| *at < cursor).peekable();
    let (mut pairs, mut taken, mut last) = (Vec::new(), 0, 0);
    while let Some((at, field)) = rest.next_if(|(at, _)| taken < count || *at == last) {
        (taken, last) = (taken + 1, at);
        if fits(pattern, &String::from_utf8_lossy(field)) {
            pairs.extend([Value::Bytes(field.clone()), Value::Bytes(hash[field].clone())]);
        }
    }
    let next = rest.peek().map_or(0, |(at, _)| *at);
    Value::Array(vec![Value::text(next), Value::Array(pairs)])
}

/// Never 0, which is the cursor of the beginning.
fn hash_of(field: &[u8]) -> u32 {
    field.iter().fold(1, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619)) | 1
}
