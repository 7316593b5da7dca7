//! What was said before.

use super::{Refusal, meant, own_room, people, person};
use crate::chat::history::{self, Conversation, has_word};
use crate::chat::names::nick_keys;
use crate::chat::people::Addressee;
use crate::chat::tell::chat::wire::{self, Shown};
use crate::chat::{Cx, archive};
use crate::limits::{
    CONVERSATIONS_MAX, ENTRY_MESSAGES, HISTORY_MESSAGES_MAX, POSTS_PER_LOOKUP, SEARCH_MESSAGES_MAX,
};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct History {
    room: Option<String>,
    with: Option<String>,
    /// Who is meant by `with`, if it must be nobody else who is or was called so.
    person: Option<Box<str>>,
    before: Option<i64>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Page {
    messages: Vec<Shown>,
    /// There are older ones.
    more: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Search {
    text: String,
    room: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(super) struct Found {
    messages: Vec<Shown>,
    /// There was no time to look at all that is older.
    #[serde(rename = "cut", skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
}

/// The messages of a room, or those with one person, before a number.
pub(super) fn history(cx: &mut Cx<'_>, socket: SocketId, asked: History) -> Result<Page, Refusal> {
    cx.charge(socket, POSTS_PER_LOOKUP);
    let History { room, with, person, before, limit } = asked;
    let limit = limit.unwrap_or(ENTRY_MESSAGES).clamp(1, HISTORY_MESSAGES_MAX);
    let mut is_cut = false;
    let mut messages: Vec<Shown> = match (room, with) {
        (Some(room), _) => {
            let room = own_room(cx, socket, &room)?;
            kept(cx)?;
            let last = cx.state.history.last(&room, before, limit + 1);
            let mut messages = last.ok_or(Refusal::HistoryUnread)?;
            is_cut = messages.len() > limit;
            let oldest = messages.get(usize::from(is_cut)).cloned();
            archive::hide(cx, socket, &mut messages);
            // Whoever asks for what is older than this page names one of it.
            if messages.is_empty() && is_cut {
                messages.extend(oldest);
            }
            messages.into_iter().map(Shown::in_room).collect()
        }
        (None, Some(with)) => {
            kept(cx)?;
            private(cx, socket, (&with, person.as_deref()), before, limit + 1)?
        }
        (None, None) => {
            return Err(Refusal::NoPlace);
        }
    };
    let mut budget = wire::budget(cx);
    let mut more = is_cut || messages.len() > limit;
    messages.drain(..messages.len().saturating_sub(limit));
    more |= wire::fit(&mut messages, &mut budget) > 0;
    Ok(Page { messages, more })
}

/// What was said in private with somebody who is or was called `with`; with the one who is meant,
/// if one is.
fn private(
    cx: &mut Cx<'_>,
    socket: SocketId,
    (with, is_with): (&str, Option<&str>),
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<Shown>, Refusal> {
    let me = person(cx, socket)?;
    let (id, nick) = (me.id.clone().unwrap_or_default(), me.nick.clone());
    let now_ms = cx.now().ms;
    let bearer = cx.state.people.addressee(now_ms, with);
    let bearer = bearer.filter(|it| !matches!(it, Addressee::Here(other) if *other == socket));
    let bearer = bearer.filter(|it| meant(cx, it, with, is_with).is_ok());
    // Somebody who is here, or away for a moment, is nobody else who was called so.
    let places = match bearer {
        Some(other) => {
            let nick = match &other {
                Addressee::Here(other) => person(cx, *other)?.nick.clone(),
                Addressee::Away(away) => away.nick.clone(),
            };
            let other = archive::id_of(cx, &other);
            let me = archive::person_id(cx, socket);
            vec![Conversation { place: archive::private_place(&me, &other), nick }]
        }
        _ if nick_keys(with).next().is_none() => Vec::new(),
        _ => cx.state.history.conversations(&id, 0, Some(with), CONVERSATIONS_MAX),
    };
    let is_meant = |place: &str| {
        is_with.is_none_or(|meant| {
            archive::other_of(place, &id).is_some_and(|other| *wire::person(other) == *meant)
        })
    };
    let places = places.into_iter().filter(|it| is_meant(&it.place));
    let mut messages = Vec::new();
    for Conversation { place, nick: other } in places {
        let said = cx.state.history.last(&place, before, limit).ok_or(Refusal::HistoryUnread)?;
        let said = said.into_iter();
        messages.extend(said.map(|message| Shown::in_private(message, &id, &nick, &other)));
    }
    messages.sort_unstable_by_key(|message| message.id);
    messages.drain(..messages.len().saturating_sub(limit));
    Ok(messages)
}

/// The last messages with all of some words, of a room, or of all rooms that one is in and of one's
/// private conversations.
pub(super) fn search(cx: &mut Cx<'_>, socket: SocketId, asked: Search) -> Result<Found, Refusal> {
    cx.charge(socket, POSTS_PER_LOOKUP);
    let Search { text, room, limit } = asked;
    let is_everywhere = room.is_none();
    let rooms = match room {
        Some(room) => vec![own_room(cx, socket, &room)?],
        None => people::rooms_of(cx, socket),
    };
    kept(cx)?;
    if text.trim().is_empty() {
        return Err(Refusal::NothingToFind);
    }
    if !has_word(&text) {
        return Err(Refusal::NoWord);
    }
    let me = person(cx, socket)?;
    let (id, nick) = (me.id.clone().unwrap_or_default(), me.nick.clone());
    let private = match is_everywhere {
        true => cx.state.history.conversations(&id, 0, None, CONVERSATIONS_MAX),
        false => Vec::new(),
    };
    let places = rooms.iter().chain(private.iter().map(|it| &it.place));
    let places: Vec<&str> = places.map(Rc::as_ref).collect();
    let limit = limit.unwrap_or(SEARCH_MESSAGES_MAX).clamp(1, SEARCH_MESSAGES_MAX);
    let now = cx.now();
    let found = cx.state.history.search(now, &places, &text, limit);
    let history::Found { mut messages, is_cut, is_unread } = found;
    if is_unread {
        return Err(Refusal::HistoryUnread);
    }
    archive::hide(cx, socket, &mut messages);
    let shown =
        |message: history::Message| match private.iter().find(|it| it.place == message.place) {
            Some(other) => Shown::in_private(message, &id, &nick, &other.nick),
            None => Shown::in_room(message),
        };
    let mut messages: Vec<Shown> = messages.into_iter().map(shown).collect();
    let mut budget = wire::budget(cx);
    wire::fit(&mut messages, &mut budget);
    Ok(Found { messages, is_cut })
}

fn kept(cx: &Cx<'_>) -> Result<(), Refusal> {
    match cx.state.history.is_kept() {
        true => Ok(()),
        false => Err(Refusal::NoHistory),
    }
}
