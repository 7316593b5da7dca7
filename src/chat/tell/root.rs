//! Namespace `/`, where a message is what the well-known tutorials take for one.

use super::{Said, Whispered};
use crate::chat::Cx;
use crate::chat::history::Message;
use mio_socketio::SocketId;
use serde_json::json;
use std::fmt;

/// The name of the namespace.
pub(in crate::chat) const ROOT: &str = "/";

/// Tells what was said in a room.
pub(super) fn said(cx: &mut Cx<'_>, said: Said<'_>) {
    let Said { room, nick, is_action, text, .. } = said;
    match is_action {
        true => tell(cx, room, format_args!("*{nick} {text}*")),
        false => tell(cx, room, format_args!("{nick}: {text}")),
    }
}

/// Tells one person what another has said in private.
pub(super) fn whispered(cx: &mut Cx<'_>, to: SocketId, whispered: Whispered<'_>) {
    let Whispered { author, is_action, text, .. } = whispered;
    let Some(from) = cx.state.people.get(author).map(|author| author.nick.clone()) else { return };
    let star = if is_action { "*" } else { "" };
    cx.emit(to, "message", format!("{from} -> you: {star}{text}{star}"));
}

/// Tells those in a room what was said elsewhere; what is said in the lobby is for all.
fn tell(cx: &mut Cx<'_>, key: &str, text: fmt::Arguments<'_>) {
    let is_lobby = *key == *cx.state.rooms.lobby();
    let to = if is_lobby { cx.of(ROOT) } else { cx.of(ROOT).to(key) };
    if to.has_anyone() {
        to.emit("message", text.to_string());
    }
}

/// The arguments of the event that told this namespace's clients of a message.
pub(in crate::chat) fn written(message: &Message) -> String {
    let Message { author, text, is_action, payload, .. } = message;
    let words = match payload.as_deref() {
        Some("") => text.clone(),
        Some(payload) => return payload.to_owned(),
        None if *is_action => format!("*{author} {text}*"),
        None => format!("{author}: {text}"),
    };
    json!(words).to_string()
}
