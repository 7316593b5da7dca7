//! Namespace `/`, with messages in the form of the well-known tutorials.

use super::{ROOT, RootInterface, order, personal};
use crate::chat::fact::{Fact, Joined, Relayed, Said, Stamp, Whispered};
use crate::chat::history::Message;
use crate::chat::minute::DayTime;
use crate::chat::refusal::Refusal;
use crate::chat::request::Already;
use crate::chat::tell::{self, Outcome};
use crate::chat::words::{Deleted, Edited, WordsFact};
use crate::chat::{Cx, archive};
use mio_socketio::{Ack, SocketId};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::json;
use std::fmt;

/// The receipt for a sender.
struct Receipt {
    id: i64,
    to: usize,
}

impl Serialize for Receipt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Receipt", 3)?;
        object.serialize_field("response", "delivered")?;
        object.serialize_field("id", &self.id)?;
        object.serialize_field("to", &self.to)?;
        object.end()
    }
}

/// Tells others of a fact.
pub(super) fn tell(cx: &mut Cx<'_>, ignorers: &[SocketId], fact: &Fact<'_>) {
    match fact {
        Fact::Said(said) => tell_said(cx, said),
        Fact::Whispered(whispered) => tell_whispered(cx, ignorers, whispered),
        Fact::Words(fact) => tell_changed(cx, fact),
        Fact::Joined(Joined { by, nick, room, .. }) if is_here(cx, *by) => {
            cx.of(ROOT).to(room).emit("message", format!("{nick} has entered the room."));
        }
        // The person who leaves is told too.
        Fact::Left { by, nick, room } if is_here(cx, *by) => {
            let text = &*format!("{nick} has left the room.");
            cx.of(ROOT).to(room).emit("message", text);
            cx.emit(*by, "message", text);
        }
        Fact::Expelled { by, ending } if is_here(cx, *by) => {
            cx.emit(*by, "message", format!("you are banned{ending}"));
        }
        Fact::Order(fact) => order::tell(cx, fact),
        Fact::Personal(fact) => personal::tell(fact),
        Fact::TypingRelayed { by, room, args } => {
            cx.of(ROOT).to(room).except(*by).volatile().emit("typing", *args);
        }
        // These clients know of nothing else.
        Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Joined(_)
        | Fact::Left { .. }
        | Fact::Warned { .. }
        | Fact::Rules(_)
        | Fact::TopicSet(_)
        | Fact::Renamed(_)
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Registration(_)
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Ordered(_) => (),
    }
}

/// Tells a message. In this namespace its author gets it too.
fn tell_said(cx: &mut Cx<'_>, said: &Said<'_>) {
    let Said { nick, room, is_action, text, relayed, .. } = said;
    match relayed {
        None if *is_action => tell_words(cx, room, format_args!("*{nick} {text}*")),
        None => tell_words(cx, room, format_args!("{nick}: {text}")),
        Some(Relayed::Args(args)) => cx.of(ROOT).emit("message", args),
        Some(Relayed::Words { words, is_for_all, .. }) => match is_for_all {
            true => cx.of(ROOT).emit("message", &**words),
            false => cx.of(ROOT).to(room).emit("message", &**words),
        },
    }
}

/// Tells in a sentence that a message in a room was corrected or deleted. In private nobody is
/// told: these clients show a sentence like any message, and do not know whom it is for.
fn tell_changed(cx: &mut Cx<'_>, fact: &WordsFact<'_>) {
    let (nick, about) = match fact {
        WordsFact::Edited(Edited { nick, about, .. })
        | WordsFact::Deleted(Deleted { nick, about, .. }) => (nick, about),
        // These clients show no reactions.
        WordsFact::Reacted(_) => return,
    };
    if archive::parties(&about.place).is_some() {
        return;
    }
    let when = DayTime(about.ts);
    let of = if about.is_own { String::new() } else { format!("what {} said at ", about.author) };
    match fact {
        WordsFact::Edited(Edited { text, .. }) => {
            tell_words(cx, &about.place, format_args!("{nick} corrected {of}{when}: {text}"));
        }
        _ if about.is_own => {
            let took = "took back what was said at";
            tell_words(cx, &about.place, format_args!("{nick} {took} {when}"));
        }
        _ => tell_words(cx, &about.place, format_args!("{nick} took back {of}{when}")),
    }
}

fn tell_whispered(cx: &mut Cx<'_>, ignorers: &[SocketId], whispered: &Whispered<'_>) {
    let Whispered { author, is_action, text, .. } = whispered;
    let (nick, star) = (&author.nick, if *is_action { "*" } else { "" });
    for to in tell::readers(cx, &RootInterface, ignorers, whispered) {
        cx.emit(to, "message", format!("{nick} -> you: {star}{text}{star}"));
    }
}

/// Tells the people in a room a message from another interface; in the lobby it is for all.
fn tell_words(cx: &mut Cx<'_>, key: &str, text: fmt::Arguments<'_>) {
    let is_lobby = *key == *cx.state.rooms.lobby();
    let to = if is_lobby { cx.of(ROOT) } else { cx.of(ROOT).to(key) };
    if to.has_anyone() {
        to.emit("message", text.to_string());
    }
}

/// Tells the asker the outcome of a request.
pub(super) fn reply(cx: &mut Cx<'_>, ack: Option<Ack>, is_receipt: bool, outcome: Outcome<'_>) {
    match outcome {
        Outcome::Done(stamp, fact) => answer(cx, ack, is_receipt, stamp, fact),
        Outcome::IsSo(Already::In(room)) => grant(cx, ack, &room),
        Outcome::Refused(refusal) => refused(cx, ack, refusal),
        // The tutorials' clients have no questions.
        Outcome::IsSo(_) | Outcome::Answered(_) => (),
    }
}

/// Tells the asker that the request is done.
fn answer(cx: &mut Cx<'_>, ack: Option<Ack>, is_receipt: bool, stamp: Stamp, fact: &Fact<'_>) {
    match fact {
        Fact::Said(Said { by, room, .. }) => {
            let id = stamp.id;
            if is_receipt {
                let to = cx.members(room).len();
                cx.emit(*by, "response", (Receipt { id, to },));
            }
            if ack.is_some() {
                cx.ack(ack, (json!({"ok": true, "id": id}),));
            }
        }
        Fact::Joined(Joined { room, .. }) | Fact::Left { room, .. } => grant(cx, ack, room),
        // No other request here has an acknowledgement.
        Fact::TypingRelayed { .. }
        | Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Whispered(_)
        | Fact::Warned { .. }
        | Fact::Words(_)
        | Fact::Rules(_)
        | Fact::TopicSet(_)
        | Fact::Renamed(_)
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Personal(_)
        | Fact::Registration(_)
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Order(_)
        | Fact::Ordered(_) => (),
    }
}

fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, room: &str) {
    cx.ack(ack, (json!({"ok": true, "room": room}),));
}

/// Whether a person is in this namespace.
pub(super) fn is_here(cx: &Cx<'_>, socket: SocketId) -> bool {
    tell::is_at(cx, socket, &RootInterface)
}

/// Tells the asker of a refusal.
fn refused(cx: &mut Cx<'_>, ack: Option<Ack>, refusal: &Refusal) {
    match refusal {
        Refusal::Gone => (),
        // Leaving a room without being a member needs no change.
        Refusal::NotInRoom(room) => grant(cx, ack, room),
        _ => cx.ack(ack, (json!({"ok": false, "error": refusal.to_string()}),)),
    }
}

/// The arguments of the event that told this namespace's clients of a message.
pub(super) fn written(message: &Message) -> String {
    let Message { author, text, is_action, payload, .. } = message;
    let words = match payload.as_deref() {
        Some("") => text.clone(),
        Some(payload) => return payload.to_owned(),
        None if *is_action => format!("*{author} {text}*"),
        None => format!("{author}: {text}"),
    };
    json!(words).to_string()
}
