//! Saying something.

use super::{Refusal, meant, other, own_room};
use crate::chat::ask::{self, ask};
use crate::chat::fact::Key;
use crate::chat::history::What;
use crate::chat::people::{Addressee, Place};
use crate::chat::request::{Asker, Recipient, Request, Say, Where, Whisper};
use crate::chat::{Cx, names, text, typing};
use mio_socketio::SocketId;
use serde::Deserialize;
use sha1::{Digest, Sha1};

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

/// Says something in a room.
pub(super) fn post(cx: &mut Cx<'_>, asker: Asker, asked: Post) {
    let Post { room, text, key, action: is_action } = asked;
    let key = key.as_deref().map(|key| {
        let place = names::room_key(&room).unwrap_or_default();
        Key { key, what: what(["room", &place], &text, is_action) }
    });
    let text = &*text::taken(text.trim_end());
    let place = Where::Own { room: &room, key };
    ask(cx, asker, Request::Say(Say { place, is_action, text, relayed: None }));
}

/// Says something to one person, who may be away for a moment.
pub(super) fn dm(cx: &mut Cx<'_>, asker: Asker, asked: Dm) {
    let Dm { to: name, person, text, key, action: is_action } = asked;
    let key = key.as_deref().map(|key| {
        let place = ["to", &name.to_lowercase()];
        Key { key, what: what(place, &text, is_action) }
    });
    let text = &*text::taken(text.trim_end());
    let found = ask::called(cx, &name);
    let to = Recipient::Named { name: &name, found, meant: person.as_deref() };
    ask(cx, asker, Request::Whisper(Whisper { to, is_action, text, key }));
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
