//! Personal requests, and their answers.

use super::answers::{self, grant as granted};
use super::request;
use crate::chat::ask::ask;
use crate::chat::personal::{AlreadyPersonal, AskedPersonal, PersonalFact};
use crate::chat::questions::{Question, question};
use crate::chat::request::{Asker, Request};
use crate::chat::{Chat, Cx};
use crate::limits::POSTS_PER_LOOKUP;
use mio_socketio::{Ack, Events, SocketId};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Adds the handlers of requests.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events.on("ignore", request(ignore)).on("quiet", request(quiet))
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct IgnoreArgs {
    nick: Option<String>,
    on: Option<bool>,
}

/// Ignores a person, or ends that. Without a name it only lists the ignored people.
fn ignore(cx: &mut Cx<'_>, asker: Asker, args: IgnoreArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let is_on = args.on.unwrap_or(true);
    let Some(name) = args.nick.as_deref().map(str::trim) else {
        return question(cx, asker, Question::Ignored);
    };
    let asked = match is_on {
        true => AskedPersonal::Ignore { name },
        false => AskedPersonal::Unignore { name },
    };
    ask(cx, asker, Request::Personal(asked));
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct QuietArgs {
    on: Option<bool>,
}

/// Notes whether the person wants no notices of comings and goings. Without `on` it only says so.
fn quiet(cx: &mut Cx<'_>, asker: Asker, args: QuietArgs) {
    match args.on {
        None => question(cx, asker, Question::Quiet),
        Some(is_on) => ask(cx, asker, Request::Personal(AskedPersonal::Quiet { is_on })),
    }
}

#[derive(Serialize)]
struct Ignoring {
    ignored: Vec<Rc<str>>,
}

#[derive(Serialize)]
struct QuietState {
    quiet: bool,
}

/// Tells others of a fact. These are not told to anybody else.
pub(super) const fn tell(fact: &PersonalFact) {
    match fact {
        PersonalFact::Ignored { .. }
        | PersonalFact::Unignored { .. }
        | PersonalFact::Quieted { .. } => (),
    }
}

/// Tells the asker that the request is done.
pub(super) fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, fact: &PersonalFact) {
    match fact {
        PersonalFact::Ignored { by, .. } | PersonalFact::Unignored { by, .. } => {
            let ignored = cx.state.people.ignored(*by);
            grant_ignored(cx, ack, ignored);
        }
        PersonalFact::Quieted { is_on, .. } => grant_quiet(cx, ack, *is_on),
    }
}

/// Tells the asker that it was already as requested, which counts as granted.
pub(super) fn grant_already(
    cx: &mut Cx<'_>,
    socket: SocketId,
    ack: Option<Ack>,
    already: &AlreadyPersonal,
) {
    match already {
        AlreadyPersonal::Ignored(_) | AlreadyPersonal::NotIgnored(_) => {
            let ignored = cx.state.people.ignored(socket);
            grant_ignored(cx, ack, ignored);
        }
        AlreadyPersonal::Quiet(is_on) => grant_quiet(cx, ack, *is_on),
    }
}

/// Answers with the people whom somebody ignores.
pub(super) fn grant_ignored(cx: &mut Cx<'_>, ack: Option<Ack>, ignored: Vec<Rc<str>>) {
    granted(cx, ack, Ignoring { ignored });
}

/// Answers whether somebody sees no notices of comings and goings.
pub(super) fn grant_quiet(cx: &mut Cx<'_>, ack: Option<Ack>, is_on: bool) {
    granted(cx, ack, QuietState { quiet: is_on });
}

/// Tells somebody of something of theirs that has happened without an answer to this client.
pub(super) fn tell_late(cx: &mut Cx<'_>, socket: SocketId, fact: &PersonalFact) {
    match fact {
        PersonalFact::Ignored { .. } | PersonalFact::Unignored { .. } => {
            let ignored = cx.state.people.ignored(socket);
            answers::tell_late(cx, socket, "ignore", Ignoring { ignored });
        }
        // The welcome has it, and their other devices do not show it.
        PersonalFact::Quieted { .. } => (),
    }
}
