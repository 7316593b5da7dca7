//! Questions about earlier messages.

use crate::chat::Cx;
use crate::chat::history::Sought;
use crate::chat::questions::{Last, Question, Scope, Source, question};
use crate::chat::refusal::Refusal;
use crate::chat::request::Asker;
use crate::chat::tell;
use crate::limits::{ENTRY_MESSAGES, HISTORY_MESSAGES_MAX, POSTS_PER_LOOKUP, SEARCH_MESSAGES_MAX};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct HistoryArgs {
    room: Option<String>,
    with: Option<String>,
    /// The person meant by `with`, if no other bearer of the name will do.
    person: Option<Box<str>>,
    before: Option<i64>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct SearchArgs {
    text: String,
    room: Option<String>,
    with: Option<String>,
    /// The person meant by `with`, if no other bearer of the name will do.
    person: Option<Box<str>>,
    /// The author's name.
    from: Option<String>,
    /// The first time, in Unix milliseconds.
    after: Option<i64>,
    /// The time after the last, in Unix milliseconds.
    until: Option<i64>,
    limit: Option<usize>,
}

/// The messages of a room, or those with one person, before a number.
pub(super) fn history(cx: &mut Cx<'_>, asker: Asker, args: HistoryArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let HistoryArgs { room, with, person, before, limit } = &args;
    let of = match (room, with) {
        (Some(room), _) => Source::Room(Some(room)),
        (None, Some(name)) => Source::Private { name, meant: person.as_deref() },
        (None, None) => return tell::refused(cx, asker, &Refusal::NoPlace),
    };
    // One more than a page has, which shows whether there are older messages.
    let count = limit.unwrap_or(ENTRY_MESSAGES).clamp(1, HISTORY_MESSAGES_MAX) + 1;
    question(cx, asker, Question::Last(Last { of, before: *before, count }));
}

/// The last messages that have all of some words: in a room, in a private conversation, or in all
/// of the asker's rooms and private conversations; of one author and of some days, if wanted.
pub(super) fn search(cx: &mut Cx<'_>, asker: Asker, args: SearchArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let SearchArgs { text: words, room, with, person, from: author, after, until, limit } = &args;
    let scope = match (room, with) {
        (Some(room), _) => Scope::Room(Some(room)),
        (None, Some(name)) => Scope::Private { name, meant: person.as_deref() },
        (None, None) => Scope::Everywhere,
    };
    let (author, from_ms, until_ms) = (author.as_deref(), *after, *until);
    let sought = Sought { words, author, from_ms, until_ms };
    let count = limit.unwrap_or(SEARCH_MESSAGES_MAX).clamp(1, SEARCH_MESSAGES_MAX);
    question(cx, asker, Question::Search { scope, sought, count });
}
