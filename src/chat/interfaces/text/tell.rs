//! Facts, outcomes and refusals, in sentences.

use super::{
    TextDevice, TextInterface, access, answers, hints, order, personal, registration, rules, words,
};
use crate::chat::fact::{Entered, Fact, Joined, Renamed, Whispered};
use crate::chat::refusal::{Ending, Refusal};
use crate::chat::registration::RegistrationFact;
use crate::chat::request::{Already, Form};
use crate::chat::tell::{self, Outcome};
use crate::chat::{Cx, archive, names};
use crate::words::waits;
use mio_socketio::{CloseReason, SocketId, tight};

/// Tells others of a fact.
pub(in crate::chat::interfaces) fn tell(
    cx: &mut Cx<'_>,
    interface: &'static dyn TextInterface,
    ignorers: &[SocketId],
    fact: &Fact<'_>,
) {
    match fact {
        // Each interface has a form of its own for these.
        Fact::Said(_) | Fact::Whispered(_) | Fact::TopicSet(_) => (),
        Fact::Rules(fact) => rules::tell(cx, interface, ignorers, fact),
        Fact::Words(fact) => words::tell(cx, interface, ignorers, fact),
        Fact::Expelled { by, ending } => tell_expelled(cx, interface, *by, ending),
        Fact::Order(fact) => order::tell(cx, interface, fact),
        Fact::Personal(fact) => personal::tell(fact),
        Fact::Registration(fact) => registration::tell(cx, interface, fact),
        Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Typing(_)
        | Fact::TypingRelayed { .. }
        | Fact::Read { .. }
        | Fact::Warned { .. }
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Renamed(_)
        | Fact::Joined(_)
        | Fact::Left { .. }
        | Fact::Departed(_)
        | Fact::Ordered(_) => (),
    }
}

/// Tells a device what its person has done by another one.
pub(in crate::chat::interfaces) fn tell_own(cx: &mut Cx<'_>, at: TextDevice, fact: &Fact<'_>) {
    match fact {
        Fact::Whispered(Whispered { reader, is_action, text, .. }) => {
            let (nick, star) = (&reader.nick, if *is_action { "*" } else { "" });
            at.tell(cx, format_args!("-> {nick}: {star}{}{star}", tight(text)));
        }
        Fact::Left { room, .. } => {
            let Some(own) = cx.state.people.device(at.socket).map(|device| device.room.clone())
            else {
                return;
            };
            let with = answers::company(cx, &own, at.socket);
            at.tell(cx, format_args!("you left #{room} by another device"));
            at.tell(cx, format_args!("you are in #{own}{with}"));
            answers::show_room(cx, at, &own);
        }
        Fact::Renamed(_) | Fact::Registration(RegistrationFact::Registered(_)) => {
            answer(cx, at, fact);
        }
        Fact::Personal(fact) => personal::answer(cx, at, fact),
        // A device at this interface is in a room of its own.
        _ => (),
    }
}

fn tell_expelled(
    cx: &mut Cx<'_>,
    interface: &'static dyn TextInterface,
    socket: SocketId,
    ending: &Ending,
) {
    if tell::is_at(cx, socket, interface) {
        interface.sentence(cx, socket, format_args!("you are banned{ending}"));
    }
}

/// Tells the asker the outcome of a request or a question.
pub(in crate::chat::interfaces) fn reply(
    cx: &mut Cx<'_>,
    at: TextDevice,
    form: Form,
    outcome: Outcome<'_>,
) {
    match outcome {
        Outcome::Done(_, Fact::Access(fact)) => {
            if let Form::Secret(code) = form {
                access::answer(cx, at, &code, fact);
            }
        }
        Outcome::Done(_, fact) => answer(cx, at, fact),
        Outcome::IsSo(already) => tell_already(cx, at, &already),
        Outcome::Answered(answer) => answers::answered(cx, at, answer),
        Outcome::Refused(refusal) => refused(cx, at, refusal),
    }
}

/// Tells the asker that the request is done. Authors are not told their own lines.
fn answer(cx: &mut Cx<'_>, at: TextDevice, fact: &Fact<'_>) {
    match fact {
        Fact::Entered(entered) => greet(cx, at, entered),
        Fact::Said(_) => (),
        Fact::Whispered(Whispered { to, reader, text, is_kept, .. }) => {
            let nick = &reader.nick;
            at.tell(cx, format_args!("-> {nick}: {text}"));
            if to.is_none() {
                at.tell(cx, format_args!("{nick} {}", waits(*is_kept)));
            }
        }
        Fact::Warned { name, .. } => {
            let name = names::head(name);
            let why = "is another person now, not the one you talked with";
            let again = "Say it again if it is for them";
            at.tell(cx, format_args!("not sent: {name} {why}. {again}"));
        }
        Fact::Rules(fact) => rules::answer(cx, at, fact),
        Fact::Words(fact) => words::answer(cx, at, fact),
        Fact::TopicSet(_) => at.tell(cx, format_args!("topic set")),
        Fact::Renamed(Renamed { new, .. }) => at.tell(cx, format_args!("you are now {new}")),
        Fact::Joined(Joined { room, owns, .. }) => {
            let with = answers::company(cx, room, at.socket);
            at.tell(cx, format_args!("you are in #{room}{with}"));
            order::tell_owner(cx, at, room, *owns);
            answers::show_room(cx, at, room);
        }
        // Here people leave a room by going to another, and typing is not shown.
        Fact::Left { .. }
        | Fact::Typing(_)
        | Fact::TypingRelayed { .. }
        | Fact::Read { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Ordered(_) => (),
        Fact::Order(fact) => order::answer(cx, at, fact),
        Fact::Personal(fact) => personal::answer(cx, at, fact),
        Fact::Registration(fact) => registration::answer(cx, at, fact),
    }
}

/// Shows a newcomer in.
fn greet(cx: &mut Cx<'_>, at: TextDevice, entered: &Entered) {
    let Entered { nick, rooms, .. } = entered;
    for room in rooms {
        let with = answers::company(cx, room, at.socket);
        at.tell(cx, format_args!("Welcome to mio-chat. You are {nick}, in #{room}{with}"));
        at.tell(cx, format_args!("{}", hints::SHORT_HELP));
        answers::show_room(cx, at, room);
    }
    if let Err(refusal) = cx.state.may_speak(at.socket) {
        at.tell(cx, format_args!("{refusal}"));
    }
    if let Some(warning) = archive::warning(cx) {
        at.tell(cx, format_args!("{warning}"));
    }
}

/// Tells the asker that it was already as requested.
fn tell_already(cx: &mut Cx<'_>, at: TextDevice, already: &Already) {
    match already {
        // A line has no key, and typing is not shown here.
        Already::Said(..) | Already::Silent | Already::Typing | Already::Remembered => (),
        Already::Read => (),
        Already::Ruled(room) => at.tell(cx, format_args!("#{room} is so already")),
        Already::MayEnter(nick) => at.tell(cx, format_args!("{nick} can come in already")),
        Already::Words(already) => words::tell_already(cx, at, *already),
        Already::Called(nick) => at.tell(cx, format_args!("you are {nick} already")),
        Already::LoggedIn(nick) => {
            at.tell(cx, format_args!("you are logged in as {nick} already"));
        }
        Already::Personal(already) => personal::tell_already(cx, at, already),
        Already::In(room) => at.tell(cx, format_args!("you are in #{room} already")),
    }
}

/// Tells the asker of a refusal.
pub(super) fn refused(cx: &mut Cx<'_>, at: TextDevice, refusal: &Refusal) {
    if *refusal != Refusal::Gone {
        at.tell(cx, format_args!("{refusal}"));
    }
    if matches!(refusal, Refusal::Banned(_)) {
        cx.close(at.socket, CloseReason::Banned);
    }
}
