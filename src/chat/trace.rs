//! Log lines by which abuse can be traced to an address: people who come, take a name and leave,
//! and at level `debug` the numbers of their messages. Never a message's text. Names are quoted and
//! escaped, so that none can end a line or forge another field.

use super::Cx;
use mio_socketio::SocketId;
use std::fmt;

/// A person has come in.
pub(super) fn came(cx: &Cx<'_>, socket: SocketId) {
    log::info!("came {}", who(cx, socket));
}

/// A person has another name.
pub(super) fn named(cx: &Cx<'_>, socket: SocketId, was: &str) {
    log::info!("named {} was={was:?}", who(cx, socket));
}

/// A person goes, unless they have gone already: one who comes in on another connection leaves the
/// earlier one at once.
pub(super) fn left(cx: &Cx<'_>, socket: SocketId) {
    if cx.state.people.get(socket).is_some() {
        log::info!("left {}", who(cx, socket));
    }
}

/// A person has sent the message with this number, in a room or in private.
pub(super) fn said(cx: &Cx<'_>, author: SocketId, id: i64, room: Option<&str>) {
    match room {
        Some(room) => log::debug!("said id={id} {} room={room:?}", who(cx, author)),
        None => log::debug!("said id={id} {} private=true", who(cx, author)),
    }
}

/// A person's session, address, program and nick, looked up when the line is written.
pub(super) fn who(cx: &Cx<'_>, socket: SocketId) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        if let Some(session) = cx.session_label(socket) {
            write!(f, "session={session} ")?;
        }
        if let Some(address) = cx.address(socket) {
            write!(f, "ip={address} ")?;
        }
        let people = &cx.state.people;
        let (Some(person), Some(device)) = (people.get(socket), people.device(socket)) else {
            return f.write_str("nick=\"\"");
        };
        write!(f, "door={} nick={:?}", device.program(), person.nick)
    })
}
