//! The line door's texts about its commands.

use crate::chat::Cx;
use crate::chat::refusal::AccessRefusal;
use crate::limits::HISTORY_LINES_MAX;
use crate::words::{BAD_SPAN, Misuse};
use mio_socketio::SocketId;

/// The help in one line, for a greeting.
pub(super) const SHORT_HELP: &str = "/nick NAME  /join #ROOM  /msg NAME TEXT  /who  /help  /quit";

/// Lists the commands.
pub(super) fn help(cx: &mut Cx<'_>, socket: SocketId, lines: impl Iterator<Item = String>) {
    for line in lines {
        cx.send(socket, format_args!("* {line}"));
    }
    cx.send(socket, format_args!("* anything else is said to the room; //x says /x"));
}

/// Says why a line runs no command.
pub(super) fn misuse(cx: &mut Cx<'_>, socket: SocketId, misuse: Misuse) {
    match misuse {
        Misuse::Span => cx.send(socket, format_args!("* {BAD_SPAN}")),
        Misuse::Usage(command) => cx.send(socket, format_args!("* usage: {}", command.usage())),
        Misuse::Unknown { word, nearest: Some(known) } => cx.send(
            socket,
            format_args!("* unknown command /{word}, did you mean /{known}? try /help"),
        ),
        Misuse::Unknown { word, nearest: None } => {
            cx.send(socket, format_args!("* unknown command /{word}, try /help"));
        }
    }
}

/// Says which numbers `/history` takes.
pub(super) fn history_lines(cx: &mut Cx<'_>, socket: SocketId) {
    cx.send(socket, format_args!("* /history takes 1 to {HISTORY_LINES_MAX}"));
}

/// Tells a client that has not come in how it can.
pub(super) fn outside(cx: &mut Cx<'_>, socket: SocketId) {
    cx.send(socket, format_args!("* {}", AccessRefusal::InviteOnly));
}

/// Says that a password can be read on its way.
pub(super) fn readable(cx: &mut Cx<'_>, socket: SocketId) {
    let text = "this connection is not encrypted: a password can be read on its way";
    cx.send(socket, format_args!("* {text}"));
}

/// Says goodbye to somebody who quits.
pub(super) fn bye(cx: &mut Cx<'_>, socket: SocketId) {
    cx.send(socket, format_args!("* bye"));
}
