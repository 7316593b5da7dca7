//! What people say: kept first, then told. That they type is over before it has a number: whoever
//! has got an event with the number has got all that was said before.

use super::people::{Addressee, Writer};
use super::refusal::Refusal;
use super::tell::{self, Said, Whispered};
use super::{Cx, archive, trace, typing};
use mio_socketio::{Address, SocketId};
use std::rc::Rc;

/// Keeps what somebody says in a room and tells it to everybody else; its number.
pub(super) fn say(cx: &mut Cx<'_>, author: SocketId, said: Said<'_>) -> i64 {
    typing::stop(cx, author);
    let id = archive::append(cx, author, said);
    trace::said(cx, author, id, Some(said.room));
    tell::said(cx, author, id, said);
    id
}

/// The same, but clients of namespace `/` are not told: they get it in a form of its own.
pub(super) fn say_in_words(cx: &mut Cx<'_>, author: SocketId, said: Said<'_>) -> i64 {
    typing::stop(cx, author);
    let id = archive::append(cx, author, said);
    trace::said(cx, author, id, Some(said.room));
    tell::in_words(cx, author, id, said);
    id
}

/// Whom something said in private to `nick` is for. Nothing can be left for one who is away if no
/// history is kept.
pub(super) fn addressee(cx: &Cx<'_>, nick: &str) -> Option<Addressee> {
    reachable(cx, cx.state.people.addressee(cx.now().ms, nick))
}

/// Whom an answer to what was said in private is for.
pub(super) fn writer(cx: &Cx<'_>, writer: &Writer) -> Option<Addressee> {
    reachable(cx, cx.state.people.writer(cx.now().ms, writer))
}

fn reachable(cx: &Cx<'_>, to: Option<Addressee>) -> Option<Addressee> {
    to.filter(|to| matches!(to, Addressee::Here(_)) || cx.state.history.is_kept())
}

/// Whether limits do not count for whoever is at this socket: as they are on this machine.
pub(super) fn is_exempt(cx: &Cx<'_>, socket: SocketId) -> bool {
    cx.is_exempt(socket)
}

/// Keeps what one person says to another in private, and tells it, at once or when they come back;
/// its number. Only so much is kept for one who is away.
pub(super) fn whisper(
    cx: &mut Cx<'_>,
    author: SocketId,
    to: &Addressee,
    is_action: bool,
    text: &str,
) -> Result<i64, Refusal> {
    typing::stop(cx, author);
    if let Addressee::Away(away) = to {
        let from = cx.ip(author).filter(|_| !is_exempt(cx, author)).map(Address::of);
        cx.state.people.mailboxes.leave(&away.id, &away.nick, from)?;
    }
    let id = archive::append_private(cx, author, to, is_action, text);
    trace::said(cx, author, id, None);
    let Addressee::Here(to) = *to else { return Ok(id) };
    // Whoever ignores the author is not told, and the author is not told so.
    if cx.state.people.ignorers(author).contains(&to) {
        return Ok(id);
    }
    let writer = Writer(archive::person_id(cx, author));
    let nick = cx.state.people.get(author).map(|author| author.nick.clone()).unwrap_or_default();
    if cx.state.people.meet(to, &nick, &writer.0) {
        tell::lines::stranger(cx, to, &nick);
    }
    cx.state.people.wrote(to, writer);
    tell::whispered(cx, to, Whispered { author, id, is_action, text });
    Ok(id)
}

/// The one at `me` hears no more of somebody; what that one is called.
pub(super) fn ignore(cx: &mut Cx<'_>, me: SocketId, other: &Addressee) -> Result<Rc<str>, Refusal> {
    if let Addressee::Here(other) = other {
        // By their id they are known under another name, too.
        archive::person_id(cx, *other);
    }
    cx.state.people.ignore(me, other)
}
