//! A stream as Redis keeps one.

use super::value::{Bytes, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

/// Entries that Redis keeps together: a stream is trimmed only by whole groups.
const GROUP: usize = 100;

/// The id of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(pub u64, pub u64);

#[derive(Debug, Clone, Default)]
pub struct Stream {
    pub entries: BTreeMap<EntryId, Vec<Bytes>>,
    pub last: EntryId,
}

impl EntryId {
    pub const MAX: Self = Self(u64::MAX, u64::MAX);

    /// An id, or the beginning of one, whose second part is `part` then.
    pub fn parse(text: &str, part: u64) -> Option<Self> {
        match text.split_once('-') {
            Some((number, part)) => Some(Self(number.parse().ok()?, part.parse().ok()?)),
            None => Some(Self(text.parse().ok()?, part)),
        }
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl Stream {
    /// Appends an entry under an id of the form `5-1`, `5-*` or `*`.
    pub fn add(&mut self, wanted: &str, now_ms: u64, fields: Vec<Bytes>) -> Value {
        if self.last == EntryId::MAX {
            let why = "ERR The stream has exhausted the last possible ID, unable to add more items";
            return Value::Error(why.into());
        }
        if wanted == format!("{}-*", self.last.0) && self.last.1 == u64::MAX {
            return Value::Error("ERR Elements are too large to be stored".into());
        }
        let next = |number| match number == self.last.0 {
            true => EntryId(number, self.last.1 + 1),
            false => EntryId(number, 0),
        };
        let id = match wanted.strip_suffix("-*") {
            _ if wanted == "*" => Some(next(now_ms.max(self.last.0))),
            // `0-0` is no id.
            Some("0") if self.last == EntryId::default() => Some(EntryId(0, 1)),
            Some(number) => number.parse().ok().map(next),
            None => EntryId::parse(wanted, 0),
        };
        let Some(id) = id else {
            return Value::Error(
                "ERR Invalid stream ID specified as stream command argument".into(),
            );
        };
        if id <= self.last {
            let why =
                "ERR The ID specified in XADD is equal or smaller than the target stream top item";
            return Value::Error(why.into());
        }
        self.last = id;
        self.entries.insert(id, fields);
        Value::text(id)
    }

    /// Trims it to `keep` entries, or to a few more if that need not be exact.
    pub fn trim(&mut self, keep: usize, is_exact: bool) -> usize {
        let before = self.entries.len();
        let group = if is_exact { 1 } else { GROUP };
        while self.entries.len() >= keep + group {
            for _ in 0..group {
                self.entries.pop_first();
            }
        }
        before - self.entries.len()
    }

    /// Entries after an id.
    pub fn after(&self, id: EntryId, count: usize) -> Vec<Value> {
        let range = (Bound::Excluded(id), Bound::Unbounded);
        self.entries.range(range).take(count).map(entry).collect()
    }

    /// Entries from one id to another, both included.
    pub fn range(&self, from: EntryId, to: EntryId, is_reversed: bool, count: usize) -> Value {
        if from > to {
            return Value::Array(Vec::new());
        }
        let range = self.entries.range(from..=to);
        Value::Array(match is_reversed {
            true => range.rev().take(count).map(entry).collect(),
            false => range.take(count).map(entry).collect(),
        })
    }

    pub fn info(&self) -> Value {
        let ends = [self.entries.first_key_value(), self.entries.last_key_value()];
        let [first, last] = ends.map(|end| end.map_or(Value::Null, entry));
        let facts: [(&str, Value); 4] = [
            ("length", self.entries.len().into()),
            ("last-generated-id", Value::text(self.last)),
            ("first-entry", first),
            ("last-entry", last),
        ];
        Value::Map(facts.into_iter().map(|(name, value)| (Value::text(name), value)).collect())
    }
}

fn entry((id, fields): (&EntryId, &Vec<Bytes>)) -> Value {
    let fields = fields.iter().cloned().map(Value::Bytes).collect();
    Value::Array(vec![Value::text(id), Value::Array(fields)])
}
