//! The interface of lines, where everything is told in words.

use super::{LineInterface, answers, hints, order, personal, registration, rules, words};
use crate::chat::fact::{Entered, Fact, Joined, Renamed, Said, TopicSet, Whispered};
use crate::chat::refusal::{Ending, Refusal};
use crate::chat::registration::RegistrationFact;
use crate::chat::request::Already;
use crate::chat::tell::{self, Notice, Outcome};
use crate::chat::{Cx, archive, names};
use crate::words::waits;
use mio_socketio::{CloseReason, SocketId, tight};

/// Tells others of a fact.
pub(super) fn tell(cx: &mut Cx<'_>, ignorers: &[SocketId], fact: &Fact<'_>) {
    match fact {
        Fact::Said(said) => tell_said(cx, ignorers, said),
        Fact::Whispered(whispered) => tell_whispered(cx, ignorers, whispered),
        Fact::Rules(fact) => rules::tell(cx, ignorers, fact),
        Fact::Words(fact) => words::tell(cx, ignorers, fact),
        Fact::TopicSet(set) => tell_topic(cx, ignorers, set),
        Fact::Expelled { by, ending } => tell_expelled(cx, *by, ending),
        Fact::Order(fact) => order::tell(cx, fact),
        Fact::Registration(fact) => registration::tell(cx, fact),
        Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Typing(_)
        | Fact::TypingRelayed { .. }
        | Fact::Read { .. }
        | Fact::Warned { .. }
        | Fact::Personal(_)
        | Fact::InvitationMade(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Renamed(_)
        | Fact::Joined(_)
        | Fact::Left { .. }
        | Fact::Departed(_)
        | Fact::Ordered(_) => (),
    }
}

/// Tells the device at `socket` what its person has done by another one.
pub(super) fn tell_own(cx: &mut Cx<'_>, socket: SocketId, fact: &Fact<'_>) {
    match fact {
        Fact::Whispered(Whispered { reader, is_action, text, .. }) => {
            let (nick, star) = (&reader.nick, if *is_action { "*" } else { "" });
            cx.send(socket, format_args!("* -> {nick}: {star}{}{star}", tight(text)));
        }
        Fact::Left { room, .. } => {
            let Some(own) = cx.state.people.device(socket).map(|device| device.room.clone()) else {
                return;
            };
            let with = answers::company(cx, &own, socket);
            cx.send(socket, format_args!("* you left #{room} by another device"));
            cx.send(socket, format_args!("* you are in #{own}{with}"));
            answers::show_room(cx, socket, &own);
        }
        Fact::Renamed(_) | Fact::Registration(RegistrationFact::Registered(_)) => {
            answer(cx, socket, fact);
        }
        Fact::Personal(fact) => personal::answer(cx, socket, fact),
        // A device at this door is in a room of its own.
        _ => (),
    }
}

fn tell_said(cx: &mut Cx<'_>, ignorers: &[SocketId], said: &Said<'_>) {
    let Said { by, nick, room, is_action, text, .. } = said;
    let (to, line) = (cx.to(room).except(*by).except_all(ignorers), tight(text));
    match is_action {
        true => to.send(format_args!("*{nick} {line}*")),
        false => to.send(format_args!("<{nick}> {line}")),
    }
}

fn tell_whispered(cx: &mut Cx<'_>, ignorers: &[SocketId], whispered: &Whispered<'_>) {
    let Whispered { author, is_action, text, is_stranger, .. } = whispered;
    let (nick, star) = (&author.nick, if *is_action { "*" } else { "" });
    for to in tell::readers(cx, &LineInterface, ignorers, whispered) {
        if *is_stranger {
            let another = "is another person, not the one you talked with";
            cx.send(to, format_args!("* this {nick} {another}"));
        }
        cx.send(to, format_args!("<{nick} -> you> {star}{}{star}", tight(text)));
    }
}

fn tell_topic(cx: &mut Cx<'_>, ignorers: &[SocketId], set: &TopicSet<'_>) {
    let TopicSet { by, nick, room, topic } = set;
    let to = cx.to(room).except(*by).except_all(ignorers);
    match topic {
        Some(topic) => to.send(format_args!("* {nick} set the topic: {}", tight(topic))),
        None => to.send(format_args!("* {nick} took the topic away")),
    }
}

fn tell_expelled(cx: &mut Cx<'_>, socket: SocketId, ending: &Ending) {
    if tell::is_at(cx, socket, &LineInterface) {
        cx.send(socket, format_args!("* you are banned{ending}"));
    }
}

/// Tells the asker the outcome of a request or a question.
pub(super) fn reply(cx: &mut Cx<'_>, socket: SocketId, outcome: Outcome<'_>) {
    match outcome {
        Outcome::Done(_, fact) => answer(cx, socket, fact),
        Outcome::IsSo(already) => tell_already(cx, socket, &already),
        Outcome::Answered(answer) => answers::answered(cx, socket, answer),
        Outcome::Refused(refusal) => refused(cx, socket, refusal),
    }
}

/// Tells the asker that the request is done. Authors are not told their own lines.
fn answer(cx: &mut Cx<'_>, socket: SocketId, fact: &Fact<'_>) {
    match fact {
        Fact::Entered(entered) => greet(cx, entered),
        Fact::Said(_) => (),
        Fact::Whispered(Whispered { to, reader, text, is_kept, .. }) => {
            let nick = &reader.nick;
            cx.send(socket, format_args!("* -> {nick}: {text}"));
            if to.is_none() {
                cx.send(socket, format_args!("* {nick} {}", waits(*is_kept)));
            }
        }
        Fact::Warned { name, .. } => {
            let name = names::head(name);
            let why = "is another person now, not the one you talked with";
            let again = "Say it again if it is for them";
            cx.send(socket, format_args!("* not sent: {name} {why}. {again}"));
        }
        Fact::Rules(fact) => rules::answer(cx, socket, fact),
        Fact::Words(fact) => words::answer(cx, socket, fact),
        Fact::TopicSet(_) => cx.send(socket, format_args!("* topic set")),
        Fact::Renamed(Renamed { new, .. }) => cx.send(socket, format_args!("* you are now {new}")),
        Fact::Joined(Joined { room, owns, .. }) => {
            let with = answers::company(cx, room, socket);
            cx.send(socket, format_args!("* you are in #{room}{with}"));
            order::tell_owner(cx, socket, room, *owns);
            answers::show_room(cx, socket, room);
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
        | Fact::InvitationMade(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Ordered(_) => (),
        Fact::Order(fact) => order::answer(cx, socket, fact),
        Fact::Personal(fact) => personal::answer(cx, socket, fact),
        Fact::Registration(fact) => registration::answer(cx, socket, fact),
    }
}

/// Shows a newcomer in.
fn greet(cx: &mut Cx<'_>, entered: &Entered) {
    let Entered { by, nick, rooms, .. } = entered;
    for room in rooms {
        let with = answers::company(cx, room, *by);
        cx.send(*by, format_args!("* Welcome to mio-chat. You are {nick}, in #{room}{with}"));
        cx.send(*by, format_args!("* {}", hints::SHORT_HELP));
        answers::show_room(cx, *by, room);
    }
    if let Err(refusal) = cx.state.may_speak(*by) {
        cx.send(*by, format_args!("* {refusal}"));
    }
    if let Some(warning) = archive::warning(cx) {
        cx.send(*by, format_args!("* {warning}"));
    }
}

/// Tells the asker that it was already as requested.
fn tell_already(cx: &mut Cx<'_>, socket: SocketId, already: &Already) {
    match already {
        // A line has no key, and typing is not shown here.
        Already::Said(..) | Already::Silent | Already::Typing | Already::Remembered => (),
        Already::Read => (),
        Already::Ruled(room) => cx.send(socket, format_args!("* #{room} is so already")),
        Already::MayEnter(nick) => cx.send(socket, format_args!("* {nick} can come in already")),
        Already::Words(already) => words::tell_already(cx, socket, *already),
        Already::Called(nick) => cx.send(socket, format_args!("* you are {nick} already")),
        Already::LoggedIn(nick) => {
            cx.send(socket, format_args!("* you are logged in as {nick} already"));
        }
        Already::Personal(already) => personal::tell_already(cx, socket, already),
        Already::In(room) => cx.send(socket, format_args!("* you are in #{room} already")),
    }
}

/// Tells the asker of a refusal.
pub(super) fn refused(cx: &mut Cx<'_>, socket: SocketId, refusal: &Refusal) {
    if *refusal != Refusal::Gone {
        cx.send(socket, format_args!("* {refusal}"));
    }
    if matches!(refusal, Refusal::Banned(_)) {
        cx.close(socket, CloseReason::Banned);
    }
}

/// Tells everyone a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, notice: Notice) {
    let text = notice.sentence();
    for room in cx.state.rooms.keys() {
        cx.to(&room).send(format_args!("* {text}"));
    }
}
