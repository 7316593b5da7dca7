//! Floor 4: the application. It sees only `base`, `limits` and `server`: the proof that the library
//! is enough for a real chat.

mod commands;
pub mod names;
mod notices;
mod people;
mod plain;
mod rooms;

pub use plain::plain;

use crate::base::{CloseReason, SocketId};
use crate::server::{Context, Door, Server};
use notices::Change;
use people::{People, Person};
use rooms::Rooms;

/// A handler's context in the chat.
pub(crate) type Cx<'a> = Context<'a, Chat>;

/// The chat's state: who is here, and which rooms there are.
#[derive(Debug, Default)]
pub struct Chat {
    people: People,
    rooms: Rooms,
    /// The server is ending: nobody needs to hear who leaves.
    stopping: bool,
}

/// The chat as a server. `http_hint` is what an HTTP request at the line door is answered with.
pub fn chat(door: Door, http_hint: String) -> Server<Chat> {
    Server::builder()
        .line_door(door)
        .http_hint(http_hint)
        .on_connect(connect)
        .on_line(line)
        .on_disconnect(disconnect)
        .on_shutdown(shutdown)
        .build(Chat::default())
}

fn connect(cx: &mut Cx<'_>, socket: SocketId) {
    let lobby = cx.state.rooms.lobby();
    let nick = cx.state.people.guest();
    cx.state.people.insert(socket, Person::new(nick.clone(), lobby.clone()));
    cx.join(socket, &lobby);
    let with = rooms::company(cx, &lobby, socket);
    cx.send(socket, format_args!("* Welcome to mio-chat. You are {nick}, in #{lobby}{with}"));
    cx.send(socket, format_args!("* {}", commands::SHORT_HELP));
    rooms::tell_topic(cx, socket, &lobby);
    notices::announce(cx, &lobby, socket, Change::Joined(nick));
}

fn line(cx: &mut Cx<'_>, socket: SocketId, text: &str) {
    match text.strip_prefix('/') {
        None => say(cx, socket, text),
        Some(escaped) if escaped.starts_with('/') => say(cx, socket, escaped),
        Some(command) => commands::run(cx, socket, command),
    }
}

fn say(cx: &mut Cx<'_>, socket: SocketId, text: &str) {
    let Some(person) = cx.state.people.get(socket) else { return };
    let (nick, room) = (person.nick.clone(), person.room.clone());
    cx.to(&room).except(socket).send(format_args!("<{nick}> {text}"));
}

fn disconnect(cx: &mut Cx<'_>, socket: SocketId, _reason: CloseReason) {
    let Some(person) = cx.state.people.remove(socket) else { return };
    rooms::leave(cx, &person.room, socket, person.nick);
}

fn shutdown(cx: &mut Cx<'_>) {
    cx.state.stopping = true;
    for room in cx.state.rooms.keys() {
        cx.to(&room).send(format_args!("* server is shutting down"));
    }
}
