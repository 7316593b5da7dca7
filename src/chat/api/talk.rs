//! Saying something.

use super::{Refusal, meant, other, own_room, people, person};
use crate::chat::history::{Posted, What};
use crate::chat::people::{Addressee, Place};
use crate::chat::speech;
use crate::chat::tell::Said;
use crate::chat::tell::chat::wire;
use crate::chat::{Cx, archive, names, text, typing};
use crate::limits::{POST_KEY_BYTES_MAX, TEXT_BYTES_MAX};
use mio_socketio::SocketId;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use std::rc::Rc;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Post {
    room: String,
    text: String,
    key: Option<Box<str>>,
    #[serde(default)]
    action: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Dm {
    to: String,
    /// Who is meant, if it must be nobody else who is called so.
    person: Option<Box<str>>,
    text: String,
    key: Option<Box<str>>,
    #[serde(default)]
    action: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct Typing {
    room: Option<String>,
    to: Option<String>,
    person: Option<Box<str>>,
    on: bool,
}

/// What was said has this number, whether it was said now or before.
#[derive(Serialize)]
pub(super) struct Sent {
    id: i64,
    ts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<Rc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Rc<str>>,
    /// Who has got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Box<str>>,
    /// They get it when they come back.
    #[serde(rename = "away", skip_serializing_if = "std::ops::Not::not")]
    is_away: bool,
}

/// Says something in a room.
pub(super) fn post(cx: &mut Cx<'_>, socket: SocketId, asked: Post) -> Result<Sent, Refusal> {
    let Post { room, text, key, action } = asked;
    let place = names::room_key(&room).unwrap_or_default();
    let what = what(["room", &place], &text, action);
    if let Some(Posted { id, ts, .. }) = sent_before(cx, socket, key.as_deref(), what)? {
        let room = Some(Rc::from(place));
        return Ok(Sent { id, ts, room, to: None, person: None, is_away: false });
    }
    let room = own_room(cx, socket, &room)?;
    let text = &checked(&text)?;
    let nick = &person(cx, socket)?.nick.clone();
    let id =
        speech::say(cx, socket, Said { room: &room, nick, is_action: action, text, payload: None });
    let ts = remember(cx, socket, id, key, what, None);
    Ok(Sent { id, ts, room: Some(room), to: None, person: None, is_away: false })
}

/// Says something to one person, who may be away for a moment.
pub(super) fn dm(cx: &mut Cx<'_>, socket: SocketId, asked: Dm) -> Result<Sent, Refusal> {
    let Dm { to, person: is_for, text, key, action } = asked;
    let what = what(["to", &to.to_lowercase()], &text, action);
    if let Some(posted) = sent_before(cx, socket, key.as_deref(), what)? {
        let person = archive::reader_of(cx, socket, &posted).map(|id| wire::person(&id));
        let (Posted { id, ts, .. }, to) = (posted, &*to);
        let is_away = matches!(speech::addressee(cx, to), Some(Addressee::Away(_)));
        let to = Some(Rc::from(names::head(to)));
        return Ok(Sent { id, ts, room: None, to, person, is_away });
    }
    let (other, nick, is_away) = match speech::addressee(cx, &to) {
        Some(Addressee::Away(away)) => {
            let nick = away.nick.clone();
            (Addressee::Away(away), nick, true)
        }
        Some(Addressee::Here(_)) | None => {
            let other = other(cx, socket, &to)?;
            (Addressee::Here(other), person(cx, other)?.nick.clone(), false)
        }
    };
    meant(cx, &other, &nick, is_for.as_deref())?;
    let text = &checked(&text)?;
    let id = speech::whisper(cx, socket, &other, action, text)?;
    let reader = archive::id_of(cx, &other);
    let person = Some(wire::person(&reader));
    let ts = remember(cx, socket, id, key, what, Some(reader));
    Ok(Sent { id, ts, room: None, to: Some(nick), person, is_away })
}

/// Says whether one is typing. One types in one place at a time.
pub(super) fn typing(cx: &mut Cx<'_>, socket: SocketId, asked: Typing) -> Result<(), Refusal> {
    let place = match asked {
        Typing { room: Some(room), .. } => Place::Room(own_room(cx, socket, &room)?),
        Typing { to: Some(to), person: is_for, .. } => {
            let other = other(cx, socket, &to)?;
            meant(cx, &Addressee::Here(other), &to, is_for.as_deref())?;
            Place::Private(other)
        }
        Typing { .. } => return Err(Refusal::NoPlace),
    };
    match asked.on {
        true => typing::start(cx, socket, place),
        false => typing::stop(cx, socket),
    }
    Ok(())
}

/// What was sent with this key before, if it is remembered.
fn sent_before(
    cx: &Cx<'_>,
    socket: SocketId,
    key: Option<&str>,
    what: What,
) -> Result<Option<Posted>, Refusal> {
    let Some(key) = key else { return Ok(None) };
    if key.is_empty() || key.len() > POST_KEY_BYTES_MAX {
        return Err(Refusal::BadKey);
    }
    let seat = person(cx, socket)?.seat();
    let Some(posted) = seat.and_then(|seat| seat.record.posted(key)) else { return Ok(None) };
    if posted.what.is_some_and(|posted| posted != what) {
        return Err(Refusal::KeyUsed);
    }
    Ok(Some(posted.clone()))
}

/// What stands for a text, whether it is what its author does, and the place where it is said.
fn what(place: [&str; 2], text: &str, is_action: bool) -> What {
    let mut hash = Sha1::new();
    for part in [place[0], place[1], if is_action { "action" } else { "" }, text.trim_end()] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let hash: [u8; 20] = hash.finalize().into();
    let mut what = What::default();
    what.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    what
}

/// Remembers by its key what was said just now; when that was.
fn remember(
    cx: &mut Cx<'_>,
    socket: SocketId,
    id: i64,
    key: Option<Box<str>>,
    what: What,
    reader: Option<Rc<str>>,
) -> i64 {
    people::spoke(cx, socket);
    let ts = cx.now().unix_ms.cast_signed();
    let seat = cx.state.people.get_mut(socket).and_then(|person| person.seat_mut());
    if let (Some(key), Some(seat)) = (key, seat) {
        let posted = Posted { key, id, ts, what: Some(what), reader };
        let forgotten = seat.record.remember(posted.clone());
        cx.state.history.posted(seat.record.id.clone(), posted, forgotten);
    }
    ts
}

/// A text without white space behind it, if there is one and it is not too long.
fn checked(text: &str) -> Result<Cow<'_, str>, Refusal> {
    let text = text::taken(text.trim_end());
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(Refusal::TooLong(text.len()));
    }
    Ok(text)
}
