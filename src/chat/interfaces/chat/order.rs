//! Requests of people who keep order, and what everyone is told of them.

use super::answers::grant;
use super::rooms::NickArgs;
use super::{CHAT, ChatInterface, presence, request};
use crate::chat::ask::ask;
use crate::chat::history::{Ban, Banned};
use crate::chat::order::{AskedDeed, Barred, Deed, Moderated, OrderFact, Removal, Removed, bans};
use crate::chat::questions::{Question, question};
use crate::chat::request::{Asker, Request};
use crate::chat::tell::{self, Change};
use crate::chat::{Chat, Cx, intake, rooms};
use crate::limits::POSTS_PER_LOOKUP;
use mio_socketio::{Ack, Events, SocketId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Adds the handlers of requests.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on("kick", request(kick))
        .on("op", request(op))
        .on("may", request(may))
        .on("mute", request(mute))
        .on("unmute", request(unmute))
        .on("ban", request(ban))
        .on("unban", request(unban))
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct KickArgs {
    room: String,
    nick: String,
    #[serde(default)]
    reason: String,
}

/// Removes a person from a room.
fn kick(cx: &mut Cx<'_>, asker: Asker, args: KickArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let KickArgs { room, nick, reason } = &args;
    let why = &*intake::text(reason.trim());
    ask(cx, asker, Request::Moderate(AskedDeed::Kick { name: nick.trim(), room: Some(room), why }));
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct OpArgs {
    room: String,
    nick: String,
    on: Option<bool>,
}

/// Makes a registered person an owner of a room, or takes that away.
fn op(cx: &mut Cx<'_>, asker: Asker, args: OpArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let (room, is_on) = (Some(&*args.room), args.on.unwrap_or(true));
    ask(cx, asker, Request::Moderate(AskedDeed::SetOwner { name: args.nick.trim(), room, is_on }));
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct MayArgs {
    room: Option<String>,
    nick: Option<String>,
}

/// Tells how the asker may keep order in a room, or in the whole chat.
fn may(cx: &mut Cx<'_>, asker: Asker, args: MayArgs) {
    let (room, name) = (args.room.as_deref(), args.nick.as_deref().map(str::trim));
    question(cx, asker, Question::Powers { room, name });
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct BanArgs {
    /// A name, or for a ban an address or a network.
    nick: Option<String>,
    /// For so many seconds.
    r#for: Option<u64>,
    #[serde(default)]
    reason: String,
}

/// Bans a person or an address. Without a name it lists the bans.
fn ban(cx: &mut Cx<'_>, asker: Asker, args: BanArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    bar(cx, asker, &args, false);
}

/// Lets a person say nothing. Without a name it lists the bans.
fn mute(cx: &mut Cx<'_>, asker: Asker, args: BanArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    bar(cx, asker, &args, true);
}

fn bar(cx: &mut Cx<'_>, asker: Asker, args: &BanArgs, is_mute: bool) {
    let BanArgs { nick, r#for, reason } = args;
    let Some(who) = nick.as_deref().map(str::trim) else {
        return question(cx, asker, Question::Bans);
    };
    let (for_ms, why) = (r#for.map(|s| s.saturating_mul(1000)), &*intake::text(reason.trim()));
    ask(cx, asker, Request::Moderate(AskedDeed::Ban { who, for_ms, why, is_mute }));
}

fn unban(cx: &mut Cx<'_>, asker: Asker, args: NickArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    ask(cx, asker, Request::Moderate(AskedDeed::Unban { who: args.nick.trim(), is_mute: false }));
}

fn unmute(cx: &mut Cx<'_>, asker: Asker, args: NickArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    ask(cx, asker, Request::Moderate(AskedDeed::Unban { who: args.nick.trim(), is_mute: true }));
}

#[derive(Serialize)]
struct BanList<'a> {
    bans: Vec<Row<'a>>,
    count: usize,
}

/// A ban in a list.
#[derive(Serialize)]
struct Row<'a> {
    nick: &'a str,
    address: Option<String>,
    muted: bool,
    until: Option<i64>,
    by: &'a str,
    reason: &'a str,
}

/// Answers with bans.
pub(super) fn list(cx: &mut Cx<'_>, ack: Option<Ack>, bans: &[Ban], count: usize) {
    let bans = bans.iter().map(|Ban { whom, until_ms, why, nick, moderator, .. }| {
        let address = match whom {
            Banned::Network(network) => Some(network.to_string()),
            Banned::Person(_) | Banned::Muted(_) => None,
        };
        let (muted, until) = (matches!(whom, Banned::Muted(_)), *until_ms);
        Row { nick, address, muted, until, by: moderator, reason: why }
    });
    grant(cx, ack, BanList { bans: bans.collect(), count });
}

/// Tells others of a fact.
pub(super) fn tell(cx: &mut Cx<'_>, fact: &OrderFact<'_>) {
    match fact {
        OrderFact::Moderated(moderated) => tell_deed(cx, moderated),
        OrderFact::Removed(removed) => tell_removed(cx, removed),
    }
}

/// Tells others what a keeper of order has done.
fn tell_deed(cx: &mut Cx<'_>, moderated: &Moderated<'_>) {
    match &moderated.deed {
        Deed::SetOwner { nick, room, is_on, .. } => {
            let told = json!({"room": room, "nick": nick, "by": moderated.nick, "on": is_on});
            cx.of(CHAT).to(room).emit("owner", (told,));
        }
        Deed::Unban { who, are_muted, .. } => tell_lifted(cx, moderated, who, *are_muted),
        Deed::Ban(barred) => tell_barred(cx, moderated, barred),
        // A removal is told with the fact of the person who is removed.
        Deed::Kick { .. } | Deed::DeleteRoom { .. } => (),
    }
}

/// Tells the rooms of a person that they are banned or muted; the person that they are muted; and
/// the devices of the one who has done it, also if they are in none of these rooms.
fn tell_barred(cx: &mut Cx<'_>, moderated: &Moderated<'_>, barred: &Barred) {
    let Moderated { by, nick: moderator, why, .. } = moderated;
    let Barred { target, who, whom, until_ms, .. } = barred;
    let is_mute = matches!(whom, Banned::Muted(_));
    let name = if is_mute { "muted" } else { "banned" };
    let rooms = rooms::of(cx, *target);
    for room in &rooms {
        let told = json!({
            "room": room, "nick": who, "by": moderator, "until": until_ms, "reason": why
        });
        cx.of(CHAT).to(room).except(*target).emit(name, (&told,));
    }
    let told = json!({"nick": who, "by": moderator, "until": until_ms, "reason": why});
    let is_outside =
        |device: &SocketId| !cx.rooms(*device).any(|own| rooms.iter().any(|it| **it == *own));
    let mut alone: Vec<SocketId> = cx.state.people.devices(*by).filter(is_outside).collect();
    // Somebody who is banned gets `bye`.
    alone.extend(is_mute.then_some(*target));
    for device in alone {
        if tell::is_at(cx, device, &ChatInterface) {
            cx.emit(device, name, (&told,));
        }
    }
}

/// Tells people that they may speak again, and the other devices of the one who lets them.
fn tell_lifted(cx: &mut Cx<'_>, moderated: &Moderated<'_>, who: &str, are_muted: bool) {
    let Moderated { by, nick: moderator, deed, .. } = moderated;
    let name = if are_muted { "unmuted" } else { "unbanned" };
    let told = json!({"nick": who, "by": moderator});
    let own = cx.state.people.devices(*by).filter(|own| own != by);
    let devices: Vec<SocketId> = bans::let_speak(cx, deed).into_iter().chain(own).collect();
    for device in devices {
        if tell::is_at(cx, device, &ChatInterface) {
            cx.emit(device, name, (&told,));
        }
    }
}

/// Everyone in the room is told, also people who ignore the one who was removed.
fn tell_removed(cx: &mut Cx<'_>, removed: &Removed<'_>) {
    let Removed { by, nick, room, to, must_go, moderator, why, removal } = removed;
    let why = match removal {
        Removal::Kicked => why,
        Removal::Deleted => "the room is deleted",
        Removal::Uninvited => "the room is private",
    };
    let told = json!({"room": room, "nick": nick, "by": moderator, "reason": why});
    // A person goes with their last device. Of a deleted room each member is told once.
    let is_last = *must_go || !rooms::has(cx, *by, room);
    if is_last && *removal == Removal::Kicked {
        cx.of(CHAT).to(room).except(*by).emit("removed", (&told,));
    }
    if tell::is_at(cx, *by, &ChatInterface) {
        cx.emit(*by, "removed", (&told,));
    }
    if !must_go && is_last && *removal != Removal::Deleted {
        presence::note(cx, room, *by, &Change::Left(nick.clone()));
    }
    if let Some(to) = to.as_ref().filter(|to| !rooms::has_other(cx, *by, to)) {
        presence::note(cx, to, *by, &Change::Joined(nick.clone()));
    }
}
