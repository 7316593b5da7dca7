//! Namespace `/chat`: all that the chat can do, for programs. The page and the terminal client use
//! nothing else.
//!
//! A request is an event with an object and an acknowledgement. The answer is `{"ok": true, …}` or
//! `{"ok": false, "code": …, "error": …}`, where the error is a sentence for a person.

mod enter;
mod lookup;
mod people;
mod talk;

pub(super) use people::keep_all;

use super::mailbox::MailboxFull;
use super::people::{Addressee, NotHad, NotIgnored, Person};
use super::tell::chat::wire;
use super::{Chat, Cx, archive, names, rooms};
use crate::limits::REFUSAL_CHARS_MAX;
use mio_socketio::SocketId;
use mio_socketio::{Event, Events};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// Hangs the namespace's handlers in.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on_connect(enter::connect)
        .on("post", request(talk::post))
        .on("dm", request(talk::dm))
        .on("typing", request(talk::typing))
        .on("nick", request(people::nick))
        .on("join", request(people::join))
        .on("leave", request(people::leave))
        .on("who", request(people::who))
        .on("rooms", request(people::rooms))
        .on("ignore", request(people::ignore))
        .on("topic", request(people::topic))
        .on("forget", request(enter::forget))
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
        let mut error = error.into();
        // What was sent may stand in it.
        if let Some((end, _)) = error.char_indices().nth(REFUSAL_CHARS_MAX) {
            error.truncate(end);
            error.push('…');
        }
        Self { ok: false, code, error }
    }

    /// What is not of the form that it has to be.
    fn misunderstood(name: &str, error: &impl std::fmt::Display) -> Self {
        let error = error.to_string();
        // Where in the JSON tells nobody anything.
        let cause = error.split_once(" at line ").map_or(&*error, |(cause, _)| cause);
        Self::new("bad-request", format!("{name} cannot be understood: {cause}"))
    }

    fn nobody(nick: &str) -> Self {
        let error = format!("nobody here is called {}", names::head(nick));
        Self::new("no-such-person", error)
    }

    fn another(nick: &str) -> Self {
        let error = format!("{nick} is another person now than the one you have talked with");
        Self::new("another-person", error)
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

impl From<NotIgnored> for Refusal {
    fn from(not_ignored: NotIgnored) -> Self {
        let code = match not_ignored {
            NotIgnored::Yourself => "yourself",
            NotIgnored::Gone => "no-such-person",
            NotIgnored::Already(_) | NotIgnored::TooMany => "too-many-ignored",
        };
        Self::new(code, not_ignored.to_string())
    }
}

impl From<rooms::NotHad> for Refusal {
    fn from(not_had: rooms::NotHad) -> Self {
        Self::new("bad-room", format!("no room can be called so: {not_had}"))
    }
}

impl From<MailboxFull> for Refusal {
    fn from(full: MailboxFull) -> Self {
        Self::new("mailbox-full", full.to_string())
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
        people::heard(cx, event.socket);
        let asked = event.args.get(0);
        let asked = asked.map_err(|error| Refusal::misunderstood(event.name, &error));
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

fn person<'a>(cx: &'a Cx<'_>, socket: SocketId) -> Result<&'a Person, Refusal> {
    let gone = || Refusal::new("bad-request", "you are not here any more");
    cx.state.people.get(socket).ok_or_else(gone)
}

/// The key of a room that a client names.
fn room_key(name: &str) -> Result<String, Refusal> {
    names::room_key(name).map_err(|refused| rooms::NotHad::Refused(refused).into())
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
        false => Err(Refusal::another(nick)),
    }
}

/// The one whom a client wants to write to, who is somebody else.
fn other(cx: &Cx<'_>, socket: SocketId, nick: &str) -> Result<SocketId, Refusal> {
    match cx.state.people.addressee(cx.now().ms, nick) {
        Some(Addressee::Here(other)) if other == socket => {
            Err(Refusal::new("yourself", "that is you"))
        }
        Some(Addressee::Here(other)) => Ok(other),
        Some(Addressee::Away(_)) | None => Err(Refusal::nobody(nick)),
    }
}
