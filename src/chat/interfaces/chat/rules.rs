//! Requests about the rules of rooms, and what clients are told of them.

use super::answers::{self, Left};
use super::{CHAT, ChatInterface};
use crate::chat::Cx;
use crate::chat::ask::ask;
use crate::chat::order::AskedDeed;
use crate::chat::questions::{Question, RuledRoom, question};
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Request};
use crate::chat::rules::{AskedRule, LetIn, RoomRules, Rule, RuleMade, RulesFact};
use crate::chat::tell;
use crate::limits::{POSTS_PER_LOOKUP, ROOM_KEEP_DAYS_MAX};
use mio_socketio::{Ack, SocketId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::rc::Rc;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct RuleArgs {
    room: String,
    private: Option<bool>,
    readonly: Option<bool>,
    past: Option<bool>,
    /// Days; 0 is without end.
    keep: Option<u32>,
    invite: Option<String>,
    uninvite: Option<String>,
    delete: Option<bool>,
}

/// A room with its rules.
#[derive(Serialize, Clone)]
struct Ruled<'a> {
    room: &'a str,
    #[serde(flatten)]
    rules: ShownRules,
}

/// The rules of a room as clients see them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ShownRules {
    private: bool,
    readonly: bool,
    past: bool,
    keep: Option<u32>,
}

impl From<&RoomRules> for ShownRules {
    fn from(rules: &RoomRules) -> Self {
        let (private, readonly) = (rules.is_private, rules.is_readonly);
        Self { private, readonly, past: rules.shows_past, keep: rules.keep_days }
    }
}

impl<'a> Ruled<'a> {
    fn of(room: &'a str, rules: &RoomRules) -> Self {
        Self { room, rules: rules.into() }
    }
}

/// A rule, as others are told.
#[derive(Serialize, Clone)]
struct Told<'a> {
    #[serde(flatten)]
    ruled: Ruled<'a>,
    nick: &'a str,
}

/// The answer to a question about the rules of a room.
#[derive(Serialize)]
struct RuledFor<'a> {
    #[serde(flatten)]
    ruled: Ruled<'a>,
    /// The number of invited people.
    invited: usize,
    /// Whether the asker may make other rules.
    may: bool,
}

/// Makes one rule of a room, invites one person to it or no longer, or deletes it. Without any of
/// these it asks for the rules.
pub(super) fn room(cx: &mut Cx<'_>, asker: Asker, args: RuleArgs) {
    let RuleArgs { room, private, readonly, past, keep, invite, uninvite, delete } = &args;
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let room = Some(&**room);
    if keep.is_some_and(|days| days > ROOM_KEEP_DAYS_MAX) {
        let form = format!("keep is a number of days up to {ROOM_KEEP_DAYS_MAX}, or 0");
        return tell::refused(cx, asker, &Refusal::Form(form));
    }
    let keep = keep.map(|days| Rule::Keep(Some(days).filter(|days| *days > 0)));
    let rules = [private.map(Rule::Private), readonly.map(Rule::Readonly), past.map(Rule::Past)];
    let rules = rules.into_iter().chain([keep]).flatten();
    let mut requests: Vec<Request<'_>> =
        rules.map(|rule| AskedRule::Make { room, rule }).map(Request::Rule).collect();
    for (name, is_on) in [(invite, true), (uninvite, false)] {
        let name = name.as_deref().map(str::trim);
        let asked = name.map(|name| AskedRule::LetIn { room, name, is_on });
        requests.extend(asked.map(Request::Rule));
    }
    let deed = delete.filter(|is_wanted| *is_wanted).map(|_| AskedDeed::DeleteRoom { room });
    requests.extend(deed.map(Request::Moderate));
    match (requests.pop(), requests.is_empty()) {
        (None, _) => question(cx, asker, Question::Rules { room }),
        (Some(request), true) => ask(cx, asker, request),
        (Some(_), false) => {
            let form = "only one thing about a room can be changed at a time";
            tell::refused(cx, asker, &Refusal::Form(form.to_owned()));
        }
    }
}

/// Answers with the rules of a room, for somebody who has asked for them.
pub(super) fn answer(cx: &mut Cx<'_>, ack: Option<Ack>, ruled: &RuledRoom) {
    let RuledRoom { room, rules, may_rule } = ruled;
    let (invited, may) = (rules.invited(), *may_rule);
    answers::grant(cx, ack, RuledFor { ruled: Ruled::of(room, rules), invited, may });
}

/// Tells the asker that the request is done.
pub(super) fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, fact: &RulesFact) {
    match fact {
        RulesFact::RuleMade(RuleMade { room, .. }) => grant_rules(cx, ack, room),
        RulesFact::LetIn(LetIn { room, guest, is_on: true, .. }) => {
            answers::grant(cx, ack, json!({"room": room, "invited": guest}));
        }
        RulesFact::LetIn(LetIn { room, guest, .. }) => {
            answers::grant(cx, ack, json!({"room": room, "uninvited": guest}));
        }
    }
}

/// Tells somebody that a room of theirs has changed without an answer to this client.
pub(super) fn tell_late(cx: &mut Cx<'_>, socket: SocketId, fact: &RulesFact) {
    let (RulesFact::RuleMade(RuleMade { room, .. }) | RulesFact::LetIn(LetIn { room, .. })) = fact;
    answers::tell_late(cx, socket, "room", Left { room });
}

/// Answers with the rules of a room.
pub(super) fn grant_rules(cx: &mut Cx<'_>, ack: Option<Ack>, room: &Rc<str>) {
    let rules = cx.state.rooms.rules(room).cloned().unwrap_or_default();
    answers::grant(cx, ack, Ruled::of(room, &rules));
}

/// Answers that a person can come in already.
pub(super) fn grant_invited(cx: &mut Cx<'_>, ack: Option<Ack>, nick: &str) {
    answers::grant(cx, ack, json!({"invited": nick}));
}

/// Tells the members of a room of a rule, or an invited person of the invitation.
pub(super) fn tell(cx: &mut Cx<'_>, ignorers: &[SocketId], fact: &RulesFact) {
    match fact {
        RulesFact::RuleMade(made) => tell_made(cx, made),
        RulesFact::LetIn(invited) => tell_invited(cx, ignorers, invited),
    }
}

fn tell_made(cx: &mut Cx<'_>, made: &RuleMade) {
    let RuleMade { by, nick, room, .. } = made;
    let rules = cx.state.rooms.rules(room).cloned().unwrap_or_default();
    let told = Told { ruled: Ruled::of(room, &rules), nick };
    cx.of(CHAT).to(room).except(*by).emit("rules", (told,));
}

fn tell_invited(cx: &mut Cx<'_>, ignorers: &[SocketId], invited: &LetIn) {
    let LetIn { nick, room, id, is_on: true, .. } = invited else { return };
    for device in tell::devices_at(cx, &ChatInterface, id, ignorers) {
        cx.emit(device, "invited", (json!({"room": room, "nick": nick}),));
    }
}
