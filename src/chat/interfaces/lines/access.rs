//! Invitations, in words.

use super::{asker, hints};
use crate::chat::Cx;
use crate::chat::access::{self, InvitationMade};
use crate::chat::history::Invitation;
use crate::chat::minute::Minute;
use crate::limits::{INVITATION_MS, INVITATION_USES};
use crate::words::{Command, Misuse, span_ms, split_word};
use mio_socketio::SocketId;

/// Makes an invitation, for one person or more, for a week or another time.
pub(super) fn invite(cx: &mut Cx<'_>, socket: SocketId, rest: &str) {
    let (uses, time) = split_word(rest.trim_end());
    let uses = if uses.is_empty() { Some(INVITATION_USES) } else { uses.parse().ok() };
    let for_ms = if time.is_empty() { Some(INVITATION_MS) } else { span_ms(time) };
    match uses.zip(for_ms) {
        Some((uses, for_ms)) => access::invite(cx, asker(socket), uses, for_ms),
        None => hints::misuse(cx, socket, Misuse::Usage(Command::INVITE)),
    }
}

/// Tells somebody the invitation that they have made.
pub(super) fn invited(cx: &mut Cx<'_>, socket: SocketId, code: &str, fact: &InvitationMade) {
    let Invitation { uses, until_ms, .. } = &fact.made;
    let until = Minute(*until_ms);
    let people = if *uses == 1 { "one person".to_owned() } else { format!("{uses} people") };
    cx.send(socket, format_args!("* an invitation for {people}, until {until} UTC: {code}"));
    let link = access::link(cx.state, code);
    let link = link.map_or_else(String::new, |link| format!(", {link} in a browser"));
    cx.send(socket, format_args!("* /invite {code} at netcat{link}"));
}
