//! Namespace `/chat`: everything that the chat can do, for programs. The page and the terminal
//! client use nothing else.
//!
//! A request is an event with an object and an acknowledgement. The answer is `{"ok": true, …}` or
//! `{"ok": false, "code": …, "error": …}`, where the error is a sentence for a person.

pub(in crate::chat) mod answers;
pub(in crate::chat) mod enter;
mod lookup;
pub(in crate::chat) mod missed;
pub(in crate::chat) mod presence;
mod refused;
mod rooms;
mod talk;
pub(in crate::chat) mod tell;
pub(in crate::chat) mod welcome;
pub(in crate::chat) mod wire;

use crate::chat::ask::ask;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Reply, Request};
use crate::chat::{Chat, Cx};
use answers::refuse;
use mio_socketio::{Event, Events};
use serde::de::DeserializeOwned;

/// Adds the namespace's handlers.
pub(in crate::chat) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on_connect(enter::connect)
        .on("post", request(talk::post))
        .on("dm", request(talk::dm))
        .on("typing", request(talk::typing))
        .on("nick", request(rooms::nick))
        .on("join", request(rooms::join))
        .on("leave", request(rooms::leave))
        .on("who", request(rooms::who))
        .on("rooms", request(rooms::rooms))
        .on("ignore", request(rooms::ignore))
        .on("topic", request(rooms::topic))
        .on("forget", request(enter::forget))
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
            Ok(args) => handler(cx, Asker { socket, reply: Reply::Chat(ack) }, args),
            Err(error) => refuse(cx, ack, &misunderstood(name, &error)),
        }
    }
}
