//! Texts about the commands.

use super::TextDevice;
use crate::chat::Cx;
use crate::chat::refusal::AccessRefusal;
use crate::limits::HISTORY_LINES_MAX;
use crate::words::{BAD_SPAN, Misuse};

/// The help in one line, for a greeting.
pub(super) const SHORT_HELP: &str = "/nick NAME  /join #ROOM  /msg NAME TEXT  /who  /help  /quit";

/// Lists the commands.
pub(super) fn help(cx: &mut Cx<'_>, at: TextDevice, lines: impl Iterator<Item = String>) {
    for line in lines {
        at.tell(cx, format_args!("{line}"));
    }
    at.tell(cx, format_args!("anything else is said to the room; //x says /x"));
}

/// Says why a line runs no command.
pub(super) fn misuse(cx: &mut Cx<'_>, at: TextDevice, misuse: Misuse) {
    match misuse {
        Misuse::Span => at.tell(cx, format_args!("{BAD_SPAN}")),
        Misuse::Usage(command) => at.tell(cx, format_args!("usage: {}", command.usage())),
        Misuse::Unknown { word, nearest: Some(known) } => {
            at.tell(cx, format_args!("unknown command /{word}, did you mean /{known}? try /help"))
        }
        Misuse::Unknown { word, nearest: None } => {
            at.tell(cx, format_args!("unknown command /{word}, try /help"));
        }
    }
}

/// Says which numbers `/history` takes.
pub(super) fn history_lines(cx: &mut Cx<'_>, at: TextDevice) {
    at.tell(cx, format_args!("/history takes 1 to {HISTORY_LINES_MAX}"));
}

/// Tells a client that has not come in how it can.
pub(super) fn outside(cx: &mut Cx<'_>, at: TextDevice) {
    at.tell(cx, format_args!("{}", AccessRefusal::InviteOnly));
}

/// Says that a password can be read on its way.
pub(in crate::chat::interfaces) fn readable(cx: &mut Cx<'_>, at: TextDevice) {
    let text = "this connection is not encrypted: a password can be read on its way";
    at.tell(cx, format_args!("{text}"));
}

/// Says goodbye to somebody who quits.
pub(super) fn bye(cx: &mut Cx<'_>, at: TextDevice) {
    at.tell(cx, format_args!("bye"));
}
