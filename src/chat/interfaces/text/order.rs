//! Keeping order: the commands of people who do, and the sentences for everybody.

use super::{TextDevice, TextInterface, answers, hints};
use crate::chat::ask::ask;
use crate::chat::history::{Ban, Banned};
use crate::chat::minute::Minute;
use crate::chat::order::{
    AskedDeed, Barred, Deed, Ending, Moderated, OrderFact, Removal, Removed, bans,
};
use crate::chat::questions::{Question, question};
use crate::chat::request::Request;
use crate::chat::tell::{self, Change};
use crate::chat::{Cx, rooms};
use crate::words::{split_span, split_word};
use mio_socketio::{SocketId, tight};

fn moderate(cx: &mut Cx<'_>, at: TextDevice, asked: AskedDeed<'_>) {
    ask(cx, at.asker(), Request::Moderate(asked));
}

pub(super) fn kick(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let (name, why) = split_word(rest);
    moderate(cx, at, AskedDeed::Kick { name, room: None, why });
}

pub(super) fn op(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let name = rest.trim_end();
    moderate(cx, at, AskedDeed::SetOwner { name, room: None, is_on: true });
}

pub(super) fn deop(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let name = rest.trim_end();
    moderate(cx, at, AskedDeed::SetOwner { name, room: None, is_on: false });
}

pub(super) fn mute(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let (who, rest) = split_word(rest);
    bar(cx, at, who, rest, true);
}

/// Bans or mutes somebody, for a while if the words begin so.
fn bar(cx: &mut Cx<'_>, at: TextDevice, who: &str, words: &str, is_mute: bool) {
    match split_span(words) {
        Ok((for_ms, why)) => {
            moderate(cx, at, AskedDeed::Ban { who, for_ms, why, is_mute });
        }
        Err(misuse) => hints::misuse(cx, at, misuse),
    }
}

pub(super) fn unmute(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    moderate(cx, at, AskedDeed::Unban { who: rest.trim_end(), is_mute: true });
}

pub(super) fn ban(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let (who, rest) = split_word(rest);
    if who.is_empty() {
        return question(cx, at.asker(), Question::Bans);
    }
    bar(cx, at, who, rest, false);
}

pub(super) fn unban(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    moderate(cx, at, AskedDeed::Unban { who: rest.trim_end(), is_mute: false });
}

/// Tells others of a fact.
pub(super) fn tell(cx: &mut Cx<'_>, interface: &'static dyn TextInterface, fact: &OrderFact<'_>) {
    match fact {
        OrderFact::Moderated(moderated) => tell_deed(cx, interface, moderated),
        OrderFact::Removed(removed) => tell_removed(cx, interface, removed),
    }
}

/// Tells others what a keeper of order has done, and the person to whom it was done.
fn tell_deed(cx: &mut Cx<'_>, interface: &'static dyn TextInterface, moderated: &Moderated<'_>) {
    tell_rooms(cx, interface, moderated);
    let target = moderated.to_target();
    if let Some((target, told)) = target.filter(|(it, _)| tell::is_at(cx, *it, interface)) {
        interface.sentence(cx, target, format_args!("{told}"));
    }
    if let Deed::Unban { who, are_muted, .. } = &moderated.deed {
        tell_lifted(cx, interface, moderated, who, *are_muted);
    }
}

/// Tells people that they may speak again, and the other devices of the one who lets them.
fn tell_lifted(
    cx: &mut Cx<'_>,
    interface: &'static dyn TextInterface,
    moderated: &Moderated<'_>,
    who: &str,
    are_muted: bool,
) {
    let by = moderated.by;
    for device in bans::let_speak(cx, &moderated.deed) {
        if tell::is_at(cx, device, interface) {
            interface.sentence(cx, device, format_args!("{}", moderated.to_freed()));
        }
    }
    let own: Vec<SocketId> = cx.state.people.devices(by).filter(|own| *own != by).collect();
    for device in own {
        if tell::is_at(cx, device, interface) {
            interface.sentence(cx, device, format_args!("{}", lifted(who, are_muted)));
        }
    }
}

/// The sentence for somebody who may speak, or come in, again.
fn lifted(who: &str, are_muted: bool) -> String {
    format!("{who} is no longer {}", if are_muted { "muted" } else { "banned" })
}

fn tell_rooms(cx: &mut Cx<'_>, interface: &'static dyn TextInterface, moderated: &Moderated<'_>) {
    let Moderated { by, nick: moderator, deed, why, .. } = moderated;
    match deed {
        Deed::SetOwner { nick, room, is_on, .. } => {
            let line = owner_set(cx, moderator, nick, room, *is_on);
            interface.sentence_in(cx, room, &[], format_args!("{line}"));
        }
        Deed::DeleteRoom { room } => {
            interface.sentence_in(cx, room, &[], format_args!("{moderator} deleted #{room}"));
        }
        Deed::Ban(Barred { target, who, whom, until_ms, .. }) => {
            let ending = Ending { until_ms: *until_ms, why: (*why).into() };
            let verb = if matches!(whom, Banned::Muted(_)) { "muted" } else { "banned" };
            for room in rooms::of(cx, *target) {
                let told = format_args!("{who} was {verb} by {moderator}{ending}");
                interface.sentence_in(cx, &room, &[&[*target, *by]], told);
            }
        }
        // A removal is told with the fact of the person who is removed.
        Deed::Kick { .. } | Deed::Unban { .. } => (),
    }
}

/// Tells the asker that it is done.
pub(super) fn answer(cx: &mut Cx<'_>, at: TextDevice, fact: &OrderFact<'_>) {
    // Nobody asks for anything that follows from a deed.
    let Some(deed) = fact.deed() else { return };
    match deed {
        // As a member of the room they are told with everybody else.
        Deed::Kick { .. } | Deed::SetOwner { .. } | Deed::DeleteRoom { .. } => (),
        Deed::Ban(Barred { who, whom, until_ms, .. }) => {
            let ending = Ending { until_ms: *until_ms, why: Box::default() };
            let what = if matches!(whom, Banned::Muted(_)) { "muted" } else { "banned" };
            at.tell(cx, format_args!("{who} is {what}{ending}"));
        }
        Deed::Unban { who, are_muted, .. } => {
            at.tell(cx, format_args!("{}", lifted(who, *are_muted)));
        }
    }
}

/// Tells somebody who has begun a room if they own it.
pub(super) fn tell_owner(cx: &mut Cx<'_>, at: TextDevice, room: &str, owns: bool) {
    if owns {
        at.tell(cx, format_args!("#{room} is yours; /op NAME shares it"));
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
pub(super) fn list(cx: &mut Cx<'_>, at: TextDevice, bans: &[Ban], count: usize) {
    if bans.is_empty() {
        return at.tell(cx, format_args!("nobody is banned or muted"));
    }
    for Ban { whom, until_ms, why, nick, moderator, .. } in bans {
        let what = if matches!(whom, Banned::Muted(_)) { "muted" } else { "banned" };
        let who = match whom {
            Banned::Network(network) if nick.is_empty() => network.to_string(),
            Banned::Network(network) => format!("{nick} ({network})"),
            Banned::Person(_) | Banned::Muted(_) => nick.clone(),
        };
        let until = until_ms.map_or_else(String::new, |ms| format!(" until {} UTC", Minute(ms)));
        let by = if moderator.is_empty() { "an operator" } else { &**moderator };
        let because = because(why);
        at.tell(cx, format_args!("{who} is {what}{until} by {by}{because}"));
    }
    if count > bans.len() {
        at.tell(cx, format_args!("and {} more", count - bans.len()));
    }
}

/// Everyone in the room is told, also people who ignore the one who was removed.
fn tell_removed(cx: &mut Cx<'_>, interface: &'static dyn TextInterface, removed: &Removed<'_>) {
    let Removed { by, nick, room, to, must_go, moderator, removal, .. } = removed;
    let because = because(removed.why);
    match removal {
        // A person goes with their last device.
        _ if !must_go && rooms::has(cx, *by, room) => (),
        Removal::Kicked => {
            let told = format_args!("{nick} was removed from #{room} by {moderator}{because}");
            interface.sentence_in(cx, room, &[&[*by]], told);
        }
        Removal::Uninvited => interface.tell_change(cx, room, *by, &Change::Left(nick.clone())),
        // Everyone has been told.
        Removal::Deleted => (),
    }
    if let Some(to) = to.as_ref().filter(|to| !rooms::has_other(cx, *by, to)) {
        interface.tell_change(cx, to, *by, &Change::Joined(nick.clone()));
    }
    if !tell::is_at(cx, *by, interface) {
        return;
    }
    let id = cx.state.people.get(*by).and_then(|person| person.id.as_deref());
    let may_return = cx.state.may_enter_room(room, id);
    let back = if may_return { " You may come back." } else { "" };
    match removal {
        Removal::Kicked => {
            interface.sentence(
                cx,
                *by,
                format_args!("{moderator} removed you from #{room}{because}.{back}"),
            );
        }
        Removal::Uninvited => {
            interface.sentence(
                cx,
                *by,
                format_args!("you are no longer in #{room}: it is private"),
            );
        }
        Removal::Deleted => (),
    }
    if let Some(to) = to {
        let with = answers::company(cx, to, *by);
        interface.sentence(cx, *by, format_args!("you are in #{to}{with}"));
        answers::show_room(cx, TextDevice { interface, socket: *by }, to);
    }
}

/// A reason after a sentence: `: spam`.
fn because(why: &str) -> String {
    match why {
        "" => String::new(),
        why => format!(": {}", tight(why)),
    }
}
