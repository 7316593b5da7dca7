//! Requests to say something.

use crate::chat::ask::ask;
use crate::chat::fact::Key;
use crate::chat::history::What;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Recipient, Request, Say, TypingTarget, Where, Whisper};
use crate::chat::{Cx, intake, names, tell};
use serde::Deserialize;
use sha1::{Digest, Sha1};

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct PostArgs {
    room: String,
    text: String,
    key: Option<Box<str>>,
    #[serde(default)]
    action: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct DmArgs {
    to: String,
    /// The person meant, if no other bearer of the name will do.
    person: Option<Box<str>>,
    text: String,
    key: Option<Box<str>>,
    #[serde(default)]
    action: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct TypingArgs {
    room: Option<String>,
    to: Option<String>,
    person: Option<Box<str>>,
    on: bool,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct ReadArgs {
    room: Option<String>,
    with: Option<String>,
    person: Option<Box<str>>,
    id: i64,
}

/// Says something in a room.
pub(super) fn post(cx: &mut Cx<'_>, asker: Asker, args: PostArgs) {
    let PostArgs { room, text, key, action: is_action } = args;
    let key = key.as_deref().map(|key| {
        let place = names::room_key(&room).unwrap_or_default();
        Key { key, what: what(["room", &place], &text, is_action) }
    });
    let text = &*intake::text(text.trim_end());
    let place = Where::Own { room: &room, key };
    ask(cx, asker, Request::Say(Say { place, is_action, text, relay: None }));
}

/// Says something to one person, who may be away for a moment.
pub(super) fn dm(cx: &mut Cx<'_>, asker: Asker, args: DmArgs) {
    let DmArgs { to: name, person, text, key, action: is_action } = args;
    let key = key.as_deref().map(|key| {
        let place = ["to", &name.to_lowercase()];
        Key { key, what: what(place, &text, is_action) }
    });
    let text = &*intake::text(text.trim_end());
    let to = Recipient::Named { name: &name, meant: person.as_deref() };
    ask(cx, asker, Request::Whisper(Whisper { to, is_action, text, key }));
}

/// Says whether the person is typing, which they do in one place at a time.
pub(super) fn typing(cx: &mut Cx<'_>, asker: Asker, args: TypingArgs) {
    let TypingArgs { room, to, person, on: is_on } = &args;
    let target = match (room, to) {
        (Some(room), _) => TypingTarget::Room(room),
        (None, Some(name)) => TypingTarget::Person { name, meant: person.as_deref() },
        (None, None) => return tell::refused(cx, asker, &Refusal::NoPlace),
    };
    ask(cx, asker, Request::Type { target, is_on: *is_on });
}

/// Says up to which message the person has read a room or a conversation.
pub(super) fn read(cx: &mut Cx<'_>, asker: Asker, args: ReadArgs) {
    let ReadArgs { room, with, person, id } = &args;
    let target = match (room, with) {
        (Some(room), _) => TypingTarget::Room(room),
        (None, Some(name)) => TypingTarget::Person { name, meant: person.as_deref() },
        (None, None) => return tell::refused(cx, asker, &Refusal::NoPlace),
    };
    ask(cx, asker, Request::Read { target, id: *id });
}

/// A digest of a text with its place and its kind, by which a repeated post is compared with the
/// first.
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
