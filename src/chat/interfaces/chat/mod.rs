//! Namespace `/chat`: everything that the chat can do, for programs. The page and the terminal
//! client use nothing else.
//!
//! A request is an event with an object and an acknowledgement. The answer is `{"ok": true, …}` or
//! `{"ok": false, "code": …, "error": …}`, where the error is a sentence for a person.

mod access;
mod answers;
mod enter;
mod files;
mod lookup;
mod marks;
mod missed;
mod order;
mod personal;
pub(super) mod presence;
mod recovery;
mod refused;
mod registration;
mod rooms;
mod rules;
mod sent;
mod talk;
mod tell;
mod welcome;
mod wire;
mod words;

use super::{Interface, KeptInterface};
use crate::chat::ask::ask;
use crate::chat::fact::{Fact, Stamp};
use crate::chat::mail::Mail;
use crate::chat::people::{Client, DeviceHere};
use crate::chat::recovery::Own;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Form, Request};
use crate::chat::tell::listing::Relisted;
use crate::chat::tell::{Change, Notice, Outcome};
use crate::chat::{Chat, Cx};
use answers::refuse;
use mio_socketio::{Builder, Event, Events, Missed, SocketId};
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// The name of the namespace.
const CHAT: &str = "/chat";

/// The interface of namespace `/chat`.
#[derive(Debug)]
pub(in crate::chat) struct ChatInterface;

impl Interface for ChatInterface {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn kept(&self) -> KeptInterface {
        KeptInterface::Chat
    }

    fn serve(&self, builder: Builder<Chat>) -> Builder<Chat> {
        builder.namespace(CHAT, events)
    }

    fn program(&self, device: &DeviceHere) -> &'static str {
        device.visit().map_or("app", |visit| visit.client.as_str())
    }

    fn in_words(&self, device: &DeviceHere) -> &'static str {
        match device.visit().map(|visit| visit.client) {
            Some(Client::Web) => "a browser",
            Some(Client::Terminal) => "a terminal",
            Some(Client::App) | None => "an app",
        }
    }

    fn comes_back(&self) -> bool {
        true
    }

    fn answers_unasked(&self) -> bool {
        true
    }

    fn is_heard_in(&self, cx: &mut Cx<'_>, room: &str) -> bool {
        cx.of(CHAT).to(room).has_anyone()
    }

    fn tell(&self, cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], fact: &Fact<'_>) {
        tell::tell(cx, stamp, ignorers, fact);
    }

    fn tell_change(&self, cx: &mut Cx<'_>, room: &str, about: SocketId, change: &Change) {
        presence::note(cx, room, about, change);
    }

    fn tell_relisted(&self, cx: &mut Cx<'_>, relisted: &Relisted) {
        tell::tell_relisted(cx, relisted);
    }

    fn tell_own(&self, cx: &mut Cx<'_>, socket: SocketId, stamp: Stamp, fact: &Fact<'_>) {
        tell::tell_own(cx, socket, stamp, fact);
    }

    fn tell_joined(&self, cx: &mut Cx<'_>, socket: SocketId, room: &str) {
        answers::tell_joined(cx, socket, room);
    }

    fn reply(&self, cx: &mut Cx<'_>, socket: SocketId, form: Form, outcome: Outcome<'_>) {
        match form {
            Form::Event(ack) | Form::Receipt(ack) => answers::reply(cx, socket, ack, outcome),
            Form::Token(ack, token) => answers::reply_with(cx, socket, ack, &token, outcome),
            Form::Arrival => {
                if let Outcome::Refused(why) = outcome {
                    tell::turn_away(cx, socket, why);
                }
            }
            Form::Welcome(credentials) => welcome::reply(cx, socket, credentials, &outcome),
            // Something of theirs has happened without an answer.
            Form::Usual | Form::Secret(_) => {
                if let Outcome::Done(stamp, fact) = outcome {
                    answers::late(cx, socket, stamp, fact);
                }
            }
        }
    }

    fn notice(&self, cx: &mut Cx<'_>, notice: Notice) {
        tell::notice(cx, notice);
    }

    fn tell_sentence(&self, cx: &mut Cx<'_>, socket: SocketId, sentence: &str) {
        tell::notice_to(cx, socket, sentence);
    }

    fn give(&self, cx: &mut Cx<'_>, socket: SocketId, mail: Mail) {
        tell::give(cx, socket, mail);
    }

    fn namespace(&self) -> Option<&'static str> {
        Some(CHAT)
    }

    fn missed(
        &self,
        chat: &mut Chat,
        rooms: Vec<(Rc<str>, i64)>,
        since: i64,
        own: &mut Own,
    ) -> Option<Vec<Missed>> {
        recovery::events(chat, rooms, since, own)
    }
}

/// Adds the namespace's handlers.
fn events(events: Events<Chat>) -> Events<Chat> {
    let events = registration::events(words::events(order::events(events)));
    personal::events(events)
        .on_connect(enter::connect)
        .on("post", request(talk::post))
        .on("dm", request(talk::dm))
        .on("typing", request(talk::typing))
        .on("read", request(talk::read))
        .on("room", request(rules::room))
        .on("nick", request(rooms::nick))
        .on("join", request(rooms::join))
        .on("leave", request(rooms::leave))
        .on("who", request(rooms::who))
        .on("rooms", request(rooms::rooms))
        .on("topic", request(rooms::topic))
        .on("forget", request(enter::forget))
        .on("upload", request(files::upload))
        .on("invite", request(access::invite))
        .on("history", request(lookup::history))
        .on("search", request(lookup::search))
        .on_any(|cx, event| {
            refuse(cx, event.ack, &Refusal::Unknown(event.name.to_owned()));
        })
        .on_disconnect(enter::disconnect)
}

/// The refusal of arguments in a wrong form.
fn misunderstood(name: &str, error: &impl std::fmt::Display) -> Refusal {
    let error = error.to_string();
    // The position in the JSON is no help to a person.
    let cause = error.split_once(" at line ").map_or(&*error, |(cause, _)| cause);
    Refusal::Form(format!("{name} cannot be understood: {cause}"))
}

/// A handler of requests or questions as a handler of events.
fn request<T: DeserializeOwned>(
    handler: fn(&mut Cx<'_>, Asker, T),
) -> impl FnMut(&mut Cx<'_>, Event<'_>) {
    move |cx, event| {
        let Event { socket, name, args, ack, .. } = event;
        ask(cx, Asker::nobody(socket), Request::Remember);
        match args.get(0) {
            Ok(args) => handler(cx, Asker::of_event(&ChatInterface, socket, ack), args),
            Err(error) => refuse(cx, ack, &misunderstood(name, &error)),
        }
    }
}
