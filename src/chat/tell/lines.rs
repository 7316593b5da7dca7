//! The line door, where everything is said in words.

pub(in crate::chat) mod notices;

use super::{Said, Whispered};
use crate::chat::Cx;
use mio_socketio::{SocketId, tight};

/// Tells what was said in a room.
pub(super) fn said(cx: &mut Cx<'_>, author: SocketId, ignorers: &[SocketId], said: Said<'_>) {
    let Said { room, nick, is_action, text, .. } = said;
    let (to, line) = (cx.to(room).except(author).except_all(ignorers), tight(text));
    match is_action {
        true => to.send(format_args!("*{nick} {line}*")),
        false => to.send(format_args!("<{nick}> {line}")),
    }
}

/// Tells one person that who is called `nick` is another than before.
pub(in crate::chat) fn stranger(cx: &mut Cx<'_>, to: SocketId, nick: &str) {
    cx.send(to, format_args!("* this {nick} is another person than the one you talked with"));
}

/// Tells one person what another has said in private.
pub(super) fn whispered(cx: &mut Cx<'_>, to: SocketId, whispered: Whispered<'_>) {
    let Whispered { author, is_action, text, .. } = whispered;
    let Some(from) = cx.state.people.get(author).map(|author| author.nick.clone()) else { return };
    let star = if is_action { "*" } else { "" };
    cx.send(to, format_args!("<{from} -> you> {star}{}{star}", tight(text)));
}

/// Tells everyone a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, text: &str) {
    for room in cx.state.rooms.keys() {
        cx.to(&room).send(format_args!("* {text}"));
    }
}

/// Tells a room, but for whoever set it and those who ignore them, that it has another topic.
pub(super) fn topic(cx: &mut Cx<'_>, by: SocketId, room: &str, nick: &str) {
    let topic = cx.state.rooms.topic(room).map(str::to_owned);
    let ignorers = cx.state.people.ignorers(by).to_vec();
    let to = cx.to(room).except(by).except_all(&ignorers);
    match &topic {
        Some(topic) => to.send(format_args!("* {nick} set the topic: {}", tight(topic))),
        None => to.send(format_args!("* {nick} took the topic away")),
    }
}
