//! Entries of a stream of Redis, and what they say.

use super::message::{ClusterKind, ClusterMessage, Said};
use crate::server::Context;
use crate::server::redis::{Items, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mio_wire::msgpack;
use std::fmt;
use std::str;

/// The id of an entry, which is its place in the order of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EntryId {
    ms: u64,
    number: u64,
}

impl EntryId {
    /// Reads an id as Redis writes it; `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (ms, number) = text.split_once('-')?;
        let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_id = is_plain(ms) && is_plain(number);
        Some(Self { ms: ms.parse().ok()?, number: number.parse().ok()? }).filter(|_| is_id)
    }

    /// The first id after it.
    pub(super) const fn next(self) -> Self {
        match self.number.checked_add(1) {
            Some(number) => Self { number, ..self },
            None => Self { ms: self.ms.saturating_add(1), number: 0 },
        }
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.number)
    }
}

/// An entry: a message, written out in fields.
pub(super) struct Entry<'r> {
    pub(super) id: EntryId,
    uid: &'r str,
    pub(super) namespace: &'r str,
    kind: &'r str,
    data: &'r str,
}

impl<'r> Entry<'r> {
    /// Reads an entry as Redis tells it: its id, and a list of fields. `None` if it has another
    /// form.
    pub(super) fn read(reply: &Reply<'r>) -> Option<Self> {
        let mut parts = reply.items()?;
        let id = EntryId::parse(text(&parts.next()?)?)?;
        let mut entry = Self { id, uid: "", namespace: "", kind: "", data: "" };
        // An entry of others may have anything in its fields, and is an entry all the same.
        parts.next().and_then(|fields| entry.set(fields.items()?));
        Some(entry)
    }

    fn set(&mut self, mut fields: Items<'r>) -> Option<()> {
        while let Some(name) = fields.next() {
            let value = text(&fields.next()?)?;
            match name.as_bytes()? {
                b"uid" => self.uid = value,
                b"nsp" => self.namespace = value,
                b"type" => self.kind = value,
                b"data" => self.data = value,
                _ => (),
            }
        }
        Some(())
    }

    /// Calls `then` with the entry's message; does nothing if it is none.
    pub(super) fn with_message<T>(&self, then: impl FnOnce(&ClusterMessage<'_>) -> T) -> Option<T> {
        let number = self.kind.parse().ok()?;
        let (mut json, mut attachments) = (Vec::new(), Vec::new());
        let data = match self.data.starts_with('{') {
            true => self.data,
            false => {
                let bytes = BASE64.decode(self.data).ok()?;
                msgpack::decode(&bytes, &mut json, &mut attachments).ok()?;
                str::from_utf8(&json).ok()?
            }
        };
        let kind = kind(number, data)?;
        let message = ClusterMessage::new(self.uid, self.namespace, kind, data, &attachments);
        let offset = self.id.to_string();
        Some(then(&message.with_offset(&offset)))
    }

    /// Does what it says.
    pub(super) fn hear<S>(&self, cx: &mut Context<'_, S>) {
        self.with_message(|message| cx.hear_cluster(message));
    }
}

/// The kind of a message of this number; `None` if it is unknown.
pub(super) fn kind(number: u8, data: &str) -> Option<ClusterKind> {
    let request = serde_json::from_str::<Said<'_>>(data).ok().and_then(|said| said.request);
    ClusterKind::of(number, request.is_some())
}

/// The text of a reply.
pub(super) fn text<'r>(reply: &Reply<'r>) -> Option<&'r str> {
    str::from_utf8(reply.as_bytes()?).ok()
}

#[cfg(test)]
mod tests {
    use super::EntryId;

    #[test]
    fn ids_are_in_the_order_of_their_numbers() {
        let id = |text| EntryId::parse(text).expect("an id");
        assert!(id("9-0") < id("10-0") && id("10-2") < id("10-10"));
        assert_eq!(id("7-1").next().to_string(), "7-2");
        assert_eq!(id("7-18446744073709551615").next(), id("8-0"));
        for wrong in ["", "7", "7-", "-1", "7-1-1", "+7-1", "7-+1", " 7-1", "x-1", "7-1x"] {
            assert_eq!(EntryId::parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(EntryId::parse("99999999999999999999-0"), None);
    }
}
