//! Namespace `/chat`: all that the chat can do, for programs. The page and the terminal client use
//! nothing else.
//!
//! A request is an event with an object and an acknowledgement. The answer is `{"ok": true, …}` or
//! `{"ok": false, "code": …, "error": …}`, where the error is a sentence for a person.

mod enter;
mod lookup;
mod people;
mod talk;

pub(super) use people::{keep_all, save, spoke};

use super::people::{Addressee, Person};
use super::refusal::Refusal;
use super::request::{Asker, Reply};
use super::tell::chat::answers::{grant, refuse};
use super::tell::chat::wire;
use super::{Chat, Cx, archive, names};
use mio_socketio::SocketId;
use mio_socketio::{Event, Events};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// Hangs the namespace's handlers in.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on_connect(enter::connect)
        .on("post", asked(talk::post))
        .on("dm", asked(talk::dm))
        .on("typing", asked(talk::typing))
        .on("nick", asked(people::nick))
        .on("join", asked(people::join))
        .on("leave", asked(people::leave))
        .on("who", request(people::who))
        .on("rooms", request(people::rooms))
        .on("ignore", asked(people::ignore))
        .on("topic", asked(people::topic))
        .on("forget", request(enter::forget))
        .on("history", request(lookup::history))
        .on("search", request(lookup::search))
        .on_any(|cx, event| {
            refuse(cx, event.ack, &Refusal::Unknown(event.name.to_owned()));
        })
        .on_disconnect(enter::disconnect)
}

/// That what was sent is not of the form that it has to be.
fn misunderstood(name: &str, error: &impl std::fmt::Display) -> Refusal {
    let error = error.to_string();
    // Where in the JSON tells nobody anything.
    let cause = error.split_once(" at line ").map_or(&*error, |(cause, _)| cause);
    Refusal::Form(format!("{name} cannot be understood: {cause}"))
}

/// A handler of requests as a handler of events: whoever asks is answered once it is known what
/// comes of it.
fn asked<T: DeserializeOwned>(
    handler: fn(&mut Cx<'_>, Asker, T),
) -> impl FnMut(&mut Cx<'_>, Event<'_>) {
    move |cx, event| {
        let Event { socket, name, args, ack, .. } = event;
        people::heard(cx, socket);
        match args.get(0) {
            Ok(asked) => handler(cx, Asker { socket, reply: Reply::Chat(ack) }, asked),
            Err(error) => refuse(cx, ack, &misunderstood(name, &error)),
        }
    }
}

/// A handler of questions as a handler of events.
fn request<T: DeserializeOwned, A: Serialize>(
    handler: fn(&mut Cx<'_>, SocketId, T) -> Result<A, Refusal>,
) -> impl FnMut(&mut Cx<'_>, Event<'_>) {
    move |cx, event| {
        people::heard(cx, event.socket);
        let asked = event.args.get(0);
        let asked = asked.map_err(|error| misunderstood(event.name, &error));
        match asked.and_then(|asked| handler(cx, event.socket, asked)) {
            Ok(answer) => grant(cx, event.ack, answer),
            Err(refusal) => refuse(cx, event.ack, &refusal),
        }
    }
}

fn person<'a>(cx: &'a Cx<'_>, socket: SocketId) -> Result<&'a Person, Refusal> {
    cx.state.people.get(socket).ok_or(Refusal::Gone)
}

/// The key of a room that a client names.
fn room_key(name: &str) -> Result<String, Refusal> {
    names::room_key(name).map_err(Refusal::BadRoom)
}

/// The shared key of a room that the client is in.
fn own_room(cx: &mut Cx<'_>, socket: SocketId, name: &str) -> Result<Rc<str>, Refusal> {
    let key = room_key(name)?;
    if !is_in(cx, socket, &key) {
        return Err(Refusal::NotInRoom(key.into()));
    }
    Ok(cx.state.rooms.open(&key))
}

fn is_in(cx: &Cx<'_>, socket: SocketId, key: &str) -> bool {
    cx.rooms(socket).any(|room| room == key)
}

/// Whether the other one is whom a client means, if it says whom: they may be gone, and another may
/// have taken the name since.
fn meant(
    cx: &mut Cx<'_>,
    other: &Addressee,
    nick: &str,
    meant: Option<&str>,
) -> Result<(), Refusal> {
    match meant.is_none_or(|meant| *meant == *wire::person(&archive::id_of(cx, other))) {
        true => Ok(()),
        false => Err(Refusal::AnotherPerson(nick.into())),
    }
}
