//! The parts of entries that are structs of their own, and how they are made of those of facts, and
//! back.

use super::{WrittenAdmitted, WrittenKey, WrittenRelayed};
use crate::chat::fact::{Admitted, Key, Relayed};
use crate::chat::refusal::Refusal;
use mio_socketio::Args;
use std::borrow::Cow;

impl From<&Admitted> for WrittenAdmitted {
    fn from(admitted: &Admitted) -> Self {
        let passing = admitted.passing.as_ref().map(Refusal::to_string);
        Self {
            record: admitted.record.clone(),
            client: admitted.client,
            back: admitted.is_back,
            new_token: admitted.has_new_token,
            first: admitted.is_first,
            passing,
            renamed: admitted.is_renamed,
            ended: admitted.ended.clone(),
            left: admitted.left.clone(),
            known: admitted.known.clone(),
            since: admitted.since,
            recovered: admitted.recovered,
        }
    }
}

impl From<&WrittenAdmitted> for Admitted {
    fn from(entry: &WrittenAdmitted) -> Self {
        Self {
            record: entry.record.clone(),
            client: entry.client,
            is_back: entry.back,
            has_new_token: entry.new_token,
            is_first: entry.first,
            passing: entry.passing.clone().map(Refusal::TooMany),
            is_renamed: entry.renamed,
            ended: entry.ended.clone(),
            left: entry.left.clone(),
            known: entry.known.clone(),
            since: entry.since,
            recovered: entry.recovered,
        }
    }
}

impl<'a> From<Key<'a>> for WrittenKey<'a> {
    fn from(Key { key, what }: Key<'a>) -> Self {
        Self { key: Cow::Borrowed(key), what }
    }
}

impl WrittenKey<'_> {
    pub(super) fn key(&self) -> Key<'_> {
        Key { key: &self.key, what: self.what }
    }
}

impl<'a> From<&'a Relayed<'_>> for WrittenRelayed<'a> {
    fn from(relayed: &'a Relayed<'_>) -> Self {
        match relayed {
            Relayed::Args(args) => Self::Args(Cow::Borrowed(args.json())),
            Relayed::Words { words, is_long, is_for_all } => {
                Self::Words { words: Cow::Borrowed(words), long: *is_long, all: *is_for_all }
            }
        }
    }
}

impl WrittenRelayed<'_> {
    pub(super) fn relayed<'f>(&'f self, attachments: &'f [Vec<u8>]) -> Option<Relayed<'f>> {
        match self {
            Self::Args(json) => Args::new(json, attachments).ok().map(Relayed::Args),
            Self::Words { words, long, all } => {
                let words = words.to_string();
                Some(Relayed::Words { words, is_long: *long, is_for_all: *all })
            }
        }
    }
}
