//! Namespace `/chat`: all that the chat can do, for programs. The page and the terminal client use
//! nothing else.
//!
//! A request is an event with an object and an acknowledgement. The answer is `{"ok": true, …}` or
//! `{"ok": false, "code": …, "error": …}`, where the error is a sentence for a person.

mod enter;
mod lookup;
mod people;
mod presence;
mod talk;
mod typing;
mod wire;

pub(super) use enter::{Seat, missed};
pub(super) use presence::{Presence, note};

use super::people::{NotHad, Person};
use super::speech::Said;
use super::{Chat, Cx, names};
use crate::base::SocketId;
use crate::server::{Event, Events};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::rc::Rc;
use wire::Shown;

/// The name of the namespace.
pub(super) const CHAT: &str = "/chat";

/// Hangs the namespace's handlers in.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on_connect(enter::connect)
        .on("post", request(talk::post))
        .on("dm", request(talk::dm))
        .on("typing", request(typing::typing))
        .on("nick", request(people::nick))
        .on("join", request(people::join))
        .on("leave", request(people::leave))
        .on("who", request(people::who))
        .on("rooms", request(people::rooms))
        .on("topic", request(people::topic))
        .on("history", request(lookup::history))
        .on("search", request(lookup::search))
        .on_any(|cx, event| {
            let error = format!("there is no request called {}", event.name);
            answer(cx, event, Err::<(), _>(Refusal::new("unknown-event", error)));
        })
        .on_disconnect(enter::disconnect)
}

/// Why a request is refused: a word for programs, a sentence for people.
#[derive(Debug, Serialize)]
struct Refusal {
    ok: bool,
    code: &'static str,
    error: String,
}

impl Refusal {
    fn new(code: &'static str, error: impl Into<String>) -> Self {
        Self { ok: false, code, error: error.into() }
    }

    fn not_in(room: &str) -> Self {
        Self::new("not-in-room", format!("you are not in #{room}; join it first"))
    }
}

impl From<NotHad> for Refusal {
    fn from(not_had: NotHad) -> Self {
        let code = match not_had {
            NotHad::Refused(_) => "bad-nick",
            NotHad::Taken(_) | NotHad::Held(_) => "nick-taken",
        };
        Self::new(code, not_had.to_string())
    }
}

/// What a request is answered when it is granted.
#[derive(Serialize)]
struct Granted<A> {
    ok: bool,
    #[serde(flatten)]
    answer: A,
}

/// A handler of requests as a handler of events.
fn request<T: DeserializeOwned, A: Serialize>(
    handler: fn(&mut Cx<'_>, SocketId, T) -> Result<A, Refusal>,
) -> impl FnMut(&mut Cx<'_>, Event<'_>) {
    move |cx, event| {
        let asked = event.args.get(0);
        let asked = asked.map_err(|error| Refusal::new("bad-request", error.to_string()));
        let answered = asked.and_then(|asked| handler(cx, event.socket, asked));
        answer(cx, event, answered);
    }
}

fn answer<A: Serialize>(cx: &mut Cx<'_>, event: Event<'_>, answer: Result<A, Refusal>) {
    match answer {
        Ok(answer) => cx.ack(event.ack, (Granted { ok: true, answer },)),
        Err(refusal) => cx.ack(event.ack, (refusal,)),
    }
}

/// Tells what was said in a room to those of its members who are in this namespace.
pub(super) fn tell(cx: &mut Cx<'_>, author: SocketId, id: i64, said: Said<'_>) {
    let Said { room, nick, is_action, text, .. } = said;
    let ts = cx.now().unix_ms.cast_signed();
    typing::stop(cx, author);
    let to = cx.of(CHAT).to(room).except(author);
    if to.has_anyone() {
        let (room, from, text) = (Some(room.clone()), nick.clone(), text.to_owned());
        to.emit("message", (Shown { id, room, from, to: None, text, ts, is_action },));
    }
}

/// Tells one person what another has said in private.
pub(super) fn tell_one(
    cx: &mut Cx<'_>,
    to: SocketId,
    from: &Rc<str>,
    nick: &Rc<str>,
    id: i64,
    is_action: bool,
    text: &str,
) {
    let ts = cx.now().unix_ms.cast_signed();
    let (from, nick, text) = (from.clone(), Some(nick.clone()), text.to_owned());
    cx.emit(to, "message", (Shown { id, room: None, from, to: nick, text, ts, is_action },));
}

/// Tells everyone here a sentence of the server's.
pub(super) fn notice(cx: &mut Cx<'_>, text: &str) {
    cx.of(CHAT).emit("notice", (json!({"text": text}),));
}

/// Tells everyone here that the server ends.
pub(super) fn goodbye(cx: &mut Cx<'_>) {
    let bye = json!({"reason": "server-shutdown", "error": "the server is shutting down"});
    cx.of(CHAT).emit("bye", (bye,));
}

/// Tells those in a room, but for whoever set it, that it has another topic.
pub(super) fn tell_topic(cx: &mut Cx<'_>, by: SocketId, room: &str, nick: &str) {
    let topic = cx.state.rooms.topic(room).map(str::to_owned);
    let to = cx.of(CHAT).to(room).except(by);
    to.emit("topic", (json!({"room": room, "topic": topic, "nick": nick}),));
}

fn person<'a>(cx: &'a Cx<'_>, socket: SocketId) -> Result<&'a Person, Refusal> {
    let gone = || Refusal::new("bad-request", "you are not here any more");
    cx.state.people.get(socket).ok_or_else(gone)
}

/// The key of a room that a client names.
fn room_key(name: &str) -> Result<String, Refusal> {
    names::room_key(name).map_err(|error| Refusal::new("bad-room", error.to_string()))
}

/// The shared key of a room that the client is in.
fn own_room(cx: &mut Cx<'_>, socket: SocketId, name: &str) -> Result<Rc<str>, Refusal> {
    let key = room_key(name)?;
    if !is_in(cx, socket, &key) {
        return Err(Refusal::not_in(&key));
    }
    Ok(cx.state.rooms.open(&key))
}

fn is_in(cx: &Cx<'_>, socket: SocketId, key: &str) -> bool {
    cx.rooms(socket).any(|room| room == key)
}

/// The one whom a client wants to write to, who is somebody else.
fn other(cx: &Cx<'_>, socket: SocketId, nick: &str) -> Result<SocketId, Refusal> {
    match cx.state.people.find(nick) {
        Some(other) if other == socket => Err(Refusal::new("yourself", "that is you")),
        Some(other) => Ok(other),
        None => {
            let error = format!("nobody here is called {nick}");
            Err(Refusal::new("no-such-person", error))
        }
    }
}
