//! Requests about the rules of rooms, and what clients are told of them.

use super::answers;
use super::{CHAT, ChatInterface};
use crate::chat::Cx;
use crate::chat::ask::ask;
use crate::chat::fact::{Fact, LetIn, RuleMade};
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Request};
use crate::chat::rules::{RoomRules, Rule};
use crate::chat::{meant, tell};
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
    invite: Option<String>,
}

/// A room with its rules.
#[derive(Serialize)]
struct Ruled<'a> {
    room: &'a str,
    #[serde(flatten)]
    rules: ShownRules,
}

/// The rules of a room as clients see them.
#[derive(Debug, Serialize)]
pub(super) struct ShownRules {
    private: bool,
    readonly: bool,
    past: bool,
}

impl From<&RoomRules> for ShownRules {
    fn from(rules: &RoomRules) -> Self {
        let (private, readonly) = (rules.is_private, rules.is_readonly);
        Self { private, readonly, past: rules.shows_past }
    }
}

/// Makes one rule of a room, or invites one person to it.
pub(super) fn room(cx: &mut Cx<'_>, asker: Asker, args: RuleArgs) {
    let RuleArgs { room, private, readonly, past, invite } = &args;
    let rules = [private.map(Rule::Private), readonly.map(Rule::Readonly), past.map(Rule::Past)];
    let mut rules = rules.into_iter().flatten();
    let room = Some(&**room);
    let request = match (rules.next(), rules.next(), invite) {
        (Some(rule), None, None) => Request::MakeRule { room, rule },
        (None, None, Some(name)) => Request::LetIn { room, name: name.trim() },
        _ => {
            let form = "one of private, readonly, past and invite is needed";
            return tell::refused(cx, asker, &Refusal::Form(form.to_owned()));
        }
    };
    ask(cx, asker, request);
}

/// Answers with the rules of a room.
pub(super) fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, room: &Rc<str>) {
    let rules = cx.state.rooms.rules(room).cloned().unwrap_or_default();
    answers::grant(cx, ack, Ruled { room, rules: ShownRules::from(&rules) });
}

/// Answers that a person is invited.
pub(super) fn grant_invited(cx: &mut Cx<'_>, ack: Option<Ack>, room: Option<&str>, nick: &str) {
    let answer = match room {
        Some(room) => json!({"room": room, "invited": nick}),
        None => json!({"invited": nick}),
    };
    answers::grant(cx, ack, answer);
}

/// Tells the members of a room of a rule, or an invited person of the invitation.
pub(super) fn tell(cx: &mut Cx<'_>, ignorers: &[SocketId], fact: &Fact<'_>) {
    match fact {
        Fact::RuleMade(made) => tell_made(cx, made),
        Fact::LetIn(invited) => tell_invited(cx, ignorers, invited),
        _ => (),
    }
}

fn tell_made(cx: &mut Cx<'_>, made: &RuleMade) {
    let RuleMade { by, nick, room, .. } = made;
    let rules = cx.state.rooms.rules(room).cloned().unwrap_or_default();
    let (private, readonly, past) = (rules.is_private, rules.is_readonly, rules.shows_past);
    let told = json!({"room": room, "private": private, "readonly": readonly, "past": past,
        "nick": nick});
    cx.of(CHAT).to(room).except(*by).emit("rules", (told,));
}

fn tell_invited(cx: &mut Cx<'_>, ignorers: &[SocketId], invited: &LetIn) {
    let LetIn { nick, room, id, .. } = invited;
    for device in meant::devices_at(cx, &ChatInterface, id, ignorers) {
        cx.emit(device, "invited", (json!({"room": room, "nick": nick}),));
    }
}
