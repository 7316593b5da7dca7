//! The sentences about keeping order.

use super::{LineInterface, answers, notices};
use crate::chat::fact::{Barred, Deed, Fact, Moderated, Removed};
use crate::chat::history::{Ban, Banned};
use crate::chat::minute::Minute;
use crate::chat::refusal::Ending;
use crate::chat::tell::{self, Change};
use crate::chat::{Cx, rooms};
use mio_socketio::{SocketId, tight};

/// Tells the rooms of a person what somebody who keeps order has done, and a person who is muted.
pub(super) fn tell(cx: &mut Cx<'_>, moderated: &Moderated<'_>) {
    let Moderated { by, nick: moderator, deed, why, .. } = moderated;
    if let Deed::SetOwner { nick, room, is_on, .. } = deed {
        let line = owner_set(cx, moderator, nick, room, *is_on);
        return cx.to(room).send(format_args!("* {line}"));
    }
    let Deed::Ban(Barred { target, who, whom, until_ms, .. }) = deed else { return };
    let ending = Ending { until_ms: *until_ms, why: (*why).into() };
    let is_mute = matches!(whom, Banned::Muted(_));
    let verb = if is_mute { "muted" } else { "banned" };
    for room in rooms::of(cx, *target) {
        let others = cx.to(&room).except(*target).except(*by);
        others.send(format_args!("* {who} was {verb} by {moderator}{ending}"));
    }
    if is_mute && tell::is_at(cx, *target, &LineInterface) {
        cx.send(*target, format_args!("* {moderator} muted you{ending}"));
    }
}

/// Tells the asker that it is done.
pub(super) fn answer(cx: &mut Cx<'_>, socket: SocketId, fact: &Fact<'_>) {
    match fact {
        Fact::Moderated(moderated) => answer_keeper(cx, socket, &moderated.deed),
        Fact::Quieted { is_on, .. } => tell_quiet(cx, socket, *is_on),
        _ => (),
    }
}

fn answer_keeper(cx: &mut Cx<'_>, socket: SocketId, deed: &Deed) {
    match deed {
        // As a member of the room they are told with everybody else.
        Deed::Kick { .. } | Deed::SetOwner { .. } => (),
        Deed::Ban(Barred { who, whom, until_ms, .. }) => {
            let ending = Ending { until_ms: *until_ms, why: Box::default() };
            let what = if matches!(whom, Banned::Muted(_)) { "muted" } else { "banned" };
            cx.send(socket, format_args!("* {who} is {what}{ending}"));
        }
        Deed::Unban { who, are_muted, .. } => {
            let what = if *are_muted { "muted" } else { "banned" };
            cx.send(socket, format_args!("* {who} is no longer {what}"));
        }
    }
}

/// Tells somebody who has begun a room if they own it.
pub(super) fn tell_owner(cx: &mut Cx<'_>, socket: SocketId, room: &str, owns: bool) {
    if owns {
        cx.send(socket, format_args!("* #{room} is yours; /op NAME shares it"));
    }
}

/// The sentence for a room that has another owner, or one less.
fn owner_set(cx: &Cx<'_>, moderator: &str, nick: &str, room: &str, is_on: bool) -> String {
    match (is_on, *moderator == *nick) {
        (true, _) => format!("{nick} owns #{room} from now on, by {moderator}"),
        (false, _) if cx.state.roles.owners(room) == 0 => {
            format!("{nick} no longer owns #{room}, and nobody does, by {moderator}")
        }
        (false, true) => format!("{nick} no longer owns #{room}"),
        (false, false) => format!("{nick} no longer owns #{room}, by {moderator}"),
    }
}

/// Lists bans.
pub(super) fn list(cx: &mut Cx<'_>, socket: SocketId, bans: &[Ban], count: usize) {
    if bans.is_empty() {
        return cx.send(socket, format_args!("* nobody is banned or muted"));
    }
    for Ban { whom, until_ms, why, nick, moderator } in bans {
        let what = if matches!(whom, Banned::Muted(_)) { "muted" } else { "banned" };
        let who = match whom {
            Banned::Network(network) if nick.is_empty() => network.to_string(),
            Banned::Network(network) => format!("{nick} ({network})"),
            Banned::Person(_) | Banned::Muted(_) => nick.clone(),
        };
        let until = until_ms.map_or_else(String::new, |ms| format!(" until {} UTC", Minute(ms)));
        let by = if moderator.is_empty() { "an operator" } else { &**moderator };
        let because = because(why);
        cx.send(socket, format_args!("* {who} is {what}{until} by {by}{because}"));
    }
    if count > bans.len() {
        cx.send(socket, format_args!("* and {} more", count - bans.len()));
    }
}

/// Everyone in the room is told, also people who ignore the one who was removed.
pub(super) fn tell_removed(cx: &mut Cx<'_>, removed: &Removed<'_>) {
    let Removed { by, nick, room, to, moderator, .. } = removed;
    let because = because(removed.why);
    let others = cx.to(room).except(*by);
    others.send(format_args!("* {nick} was removed from #{room} by {moderator}{because}"));
    if let Some(to) = to {
        notices::announce(cx, to, *by, &Change::Joined(nick.clone()));
    }
    if !tell::is_at(cx, *by, &LineInterface) {
        return;
    }
    let back = "You may come back";
    cx.send(*by, format_args!("* {moderator} removed you from #{room}{because}. {back}."));
    if let Some(to) = to {
        let with = answers::company(cx, to, *by);
        cx.send(*by, format_args!("* you are in #{to}{with}"));
        answers::show_room(cx, *by, to);
    }
}

/// A reason after a sentence: `: spam`.
fn because(why: &str) -> String {
    match why {
        "" => String::new(),
        why => format!(": {}", tight(why)),
    }
}

/// Says whether somebody sees notices of comings and goings.
pub(super) fn tell_quiet(cx: &mut Cx<'_>, socket: SocketId, is_on: bool) {
    match is_on {
        true => cx.send(
            socket,
            format_args!("* you are not told who joins and leaves; /quiet off ends it"),
        ),
        false => {
            cx.send(socket, format_args!("* you are told who joins and leaves; /quiet on hides it"))
        }
    }
}
