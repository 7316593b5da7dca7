//! What people say: kept first, then told. That they type is over before it has a number: whoever
//! has got an event with the number has got all that was said before.

use super::told::{self, Said, typing};
use super::{Cx, archive};
use crate::base::SocketId;

/// Keeps what somebody says in a room and tells it to everybody else; its number.
pub(super) fn say(cx: &mut Cx<'_>, author: SocketId, said: Said<'_>) -> i64 {
    typing::stop(cx, author);
    let id = archive::append(cx, author, said);
    told::said(cx, author, id, said);
    id
}

/// The same, but clients of namespace `/` are not told: they get it in a form of its own.
pub(super) fn say_in_words(cx: &mut Cx<'_>, author: SocketId, said: Said<'_>) -> i64 {
    typing::stop(cx, author);
    let id = archive::append(cx, author, said);
    told::in_words(cx, author, id, said);
    id
}

/// Keeps what one person says to another in private, and tells it; its number.
pub(super) fn whisper(
    cx: &mut Cx<'_>,
    author: SocketId,
    to: SocketId,
    is_action: bool,
    text: &str,
) -> i64 {
    typing::stop(cx, author);
    let id = archive::append_private(cx, author, to, is_action, text);
    if let Some(reader) = cx.state.people.get_mut(to) {
        reader.wrote_last = Some(author);
    }
    told::whispered(cx, author, to, id, is_action, text);
    id
}
