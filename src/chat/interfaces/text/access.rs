//! Invitations, in words.

use super::{TextDevice, hints};
use crate::chat::Cx;
use crate::chat::access::{self, AccessFact, InvitationMade};
use crate::chat::history::Invitation;
use crate::chat::minute::Minute;
use crate::limits::{INVITATION_MS, INVITATION_USES};
use crate::words::{Command, Misuse, span_ms, split_word};

/// Makes an invitation, for one person or more, for a week or another time.
pub(super) fn invite(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let (uses, time) = split_word(rest.trim_end());
    let uses = if uses.is_empty() { Some(INVITATION_USES) } else { uses.parse().ok() };
    let for_ms = if time.is_empty() { Some(INVITATION_MS) } else { span_ms(time) };
    match uses.zip(for_ms) {
        Some((uses, for_ms)) => access::invite(cx, at.asker(), uses, for_ms),
        None => hints::misuse(cx, at, Misuse::Usage(Command::INVITE)),
    }
}

/// Tells somebody the invitation that they have made.
pub(super) fn answer(cx: &mut Cx<'_>, at: TextDevice, code: &str, fact: &AccessFact) {
    let AccessFact::InvitationMade(InvitationMade { made, .. }) = fact;
    let Invitation { uses, until_ms, .. } = made;
    let until = Minute(*until_ms);
    let people = if *uses == 1 { "one person".to_owned() } else { format!("{uses} people") };
    at.tell(cx, format_args!("an invitation for {people}, until {until} UTC: {code}"));
    let link = access::link(cx.state, code);
    let link = link.map_or_else(String::new, |link| format!(", {link} in a browser"));
    at.tell(cx, format_args!("/invite {code} at netcat{link}"));
}
