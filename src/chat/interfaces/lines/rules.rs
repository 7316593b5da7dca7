//! The rules of rooms, in words.

use super::LineInterface;
use crate::chat::fact::{Fact, LetIn, RuleMade};
use crate::chat::rules::Rule;
use crate::chat::{Cx, meant};
use mio_socketio::SocketId;

/// The rule that a word of `/room` stands for.
pub(super) fn rule(words: &str) -> Option<Rule> {
    Some(match words {
        "private" => Rule::Private(true),
        "public" => Rule::Private(false),
        "readonly" => Rule::Readonly(true),
        "writable" => Rule::Readonly(false),
        "past" => Rule::Past(true),
        "no past" => Rule::Past(false),
        _ => return None,
    })
}

/// Tells others of a rule, or an invited person of the invitation.
pub(super) fn tell(cx: &mut Cx<'_>, ignorers: &[SocketId], fact: &Fact<'_>) {
    match fact {
        Fact::RuleMade(RuleMade { by, nick, room, rule, .. }) => {
            let what = words(*rule);
            cx.to(room).except(*by).send(format_args!("* {nick} has changed #{room}: {what}"));
        }
        Fact::LetIn(LetIn { nick, room, id, .. }) => {
            for device in meant::devices_at(cx, &LineInterface, id, ignorers) {
                cx.send(device, format_args!("* {nick} invites you: /join #{room}"));
            }
        }
        _ => (),
    }
}

/// Tells the asker that it is done.
pub(super) fn answer(cx: &mut Cx<'_>, socket: SocketId, fact: &Fact<'_>) {
    match fact {
        Fact::RuleMade(RuleMade { room, rule, .. }) => {
            let what = words(*rule);
            cx.send(socket, format_args!("* #{room}: {what}"));
        }
        Fact::LetIn(LetIn { room, guest, .. }) => {
            cx.send(socket, format_args!("* {guest} is invited to #{room}"));
        }
        _ => (),
    }
}

const fn words(rule: Rule) -> &'static str {
    match rule {
        Rule::Private(true) => {
            "private now, only its owners and invited people come in (/room invite NAME)"
        }
        Rule::Private(false) => "public now, everybody can come in",
        Rule::Readonly(true) => "read-only now, only its owners say something",
        Rule::Readonly(false) => "everybody in it can say something again",
        Rule::Past(true) => "invited people see what was said before they were invited",
        Rule::Past(false) => "invited people see what is said after their invitation",
    }
}
