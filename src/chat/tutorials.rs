//! Namespace `/`: what the clients of the well-known tutorials send and expect.

use super::ask::{self, ask};
use super::fact::Relayed;
use super::recovery::Own;
use super::refusal::Refusal;
use super::request::{Asker, Enter, Newcomer, Reply, Request, Say, Where};
use super::tell::chat::CHAT;
use super::{Chat, Cx, begin, names, tell, text};
use crate::limits::{NICK_CHARS_MAX, NICK_NUMBER_CHARS_MAX, TYPING_MS_MIN};
use mio_socketio::{CloseReason, SocketId};
use mio_socketio::{Connect, Event, Events, Refused};
use serde_json::{Value, json};
use std::rc::Rc;

/// Hangs the namespace's handlers in.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on_connect(connect)
        .on("message", message)
        .on("send_message", send_message)
        .on("send_chat_message", send_message)
        .on("join", join)
        .on("leave", leave)
        .on("typing", typing)
        .on_any(|cx, event| cx.ack(event.ack, (refusal("unknown-event"),)))
        .on_disconnect(disconnect)
}

fn connect(cx: &mut Cx<'_>, connect: Connect<'_>) -> Result<(), Refused> {
    begin(cx);
    let (from, back) = (Some(connect.address), connect.recovered.map(Own::read));
    let newcomer = Newcomer::Root { back };
    let asker = Asker::nobody(connect.socket);
    Ok(ask::enter(cx, asker, Enter { from, newcomer })?)
}

fn disconnect(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    ask(cx, Asker::nobody(socket), Request::Depart { reason });
}

/// What `socket.send(x)` sends: everyone gets it as it is, the sender too, who is told so besides.
fn message(cx: &mut Cx<'_>, event: Event<'_>) {
    let socket = event.socket;
    let room = &cx.state.rooms.lobby();
    let is_heard = cx.to(room).has_lines() || cx.of(CHAT).to(room).has_anyone();
    let is_read = is_heard || cx.state.history.is_kept();
    let text = &if is_read { text::of(&event.args) } else { String::new() };
    let reply = Reply::Root { ack: event.ack, is_receipt: true };
    let (place, relayed) = (Where::Any(room.clone()), Some(Relayed::Args(event.args)));
    let say = Say { place, is_action: false, text, relayed };
    ask(cx, Asker { socket, reply }, Request::Say(say));
}

/// A name, a text and perhaps a room.
fn send_message(cx: &mut Cx<'_>, event: Event<'_>) {
    let socket = event.socket;
    let Ok(Value::Object(sent)) = event.args.get::<Value>(0) else {
        return cx.ack(event.ack, (refusal("an object with username and message is needed"),));
    };
    if let Some(username) = sent.get("username").and_then(Value::as_str) {
        take_name(cx, socket, username);
    }
    let room = match sent.get("room").filter(|room| !room.is_null()) {
        None => Ok(None),
        Some(room) => names::room_key(room.as_str().unwrap_or_default()).map(Some),
    };
    let room = match room {
        Ok(room) => room,
        Err(error) => return cx.ack(event.ack, (refusal(&error.to_string()),)),
    };
    let Some(person) = cx.state.people.get(socket) else { return };
    let nick = person.nick.clone();
    let text = sent.get("message").map_or_else(String::new, text::of_value);
    let key: Rc<str> = room.as_deref().map_or_else(|| cx.state.rooms.lobby(), Rc::from);
    let (words, shown) = (&format!("{nick}: {text}"), &text::shown(&text));
    let relayed = Relayed::Words { words, is_long: *shown != text, is_for_all: room.is_none() };
    let (place, relayed) = (Where::Any(key), Some(relayed));
    let say = Say { place, is_action: false, text: shown, relayed };
    ask(cx, Asker::root(socket, event.ack), Request::Say(say));
}

/// Gives a client the name that it wants, or one like it if that is taken.
fn take_name(cx: &mut Cx<'_>, socket: SocketId, wanted: &str) {
    let wanted = &*nearest_nick(wanted);
    let Some(person) = cx.state.people.get(socket) else { return };
    let is_numbered = |nick: &str| {
        let rest = nick.strip_prefix(wanted).and_then(|rest| rest.strip_prefix('~'));
        rest.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    if *person.nick != *wanted && !is_numbered(&person.nick) {
        let rename = Request::Rename { name: wanted, is_numbered: true };
        ask(cx, Asker::root(socket, None), rename);
    }
}

fn join(cx: &mut Cx<'_>, event: Event<'_>) {
    let room = room_of(cx, &event);
    let asker = Asker::root(event.socket, event.ack);
    match room {
        Ok(room) => ask(cx, asker, Request::Join { room: &room }),
        Err(refusal) => tell::refused(cx, asker, &refusal),
    }
}

fn leave(cx: &mut Cx<'_>, event: Event<'_>) {
    let room = room_of(cx, &event);
    let asker = Asker::root(event.socket, event.ack);
    match room {
        Ok(room) => ask(cx, asker, Request::Leave { room: &room }),
        Err(refusal) => tell::refused(cx, asker, &refusal),
    }
}

/// The room that a client names, alone or with its own name.
fn room_of(cx: &mut Cx<'_>, event: &Event<'_>) -> Result<String, Refusal> {
    let sent: Value = event.args.get(0).map_err(|error| Refusal::Form(error.to_string()))?;
    if let Some(username) = sent.get("username").and_then(Value::as_str) {
        take_name(cx, event.socket, username);
    }
    let room = sent.as_str().or_else(|| sent.get("room").and_then(Value::as_str));
    names::room_key(room.unwrap_or_default()).map_err(Refusal::BadRoom)
}

fn typing(cx: &mut Cx<'_>, event: Event<'_>) {
    let (socket, now_ms) = (event.socket, cx.now().ms);
    let lobby = cx.state.rooms.lobby();
    let room = event.args.get::<Value>(0).ok();
    let room = room.as_ref().and_then(|sent| sent.get("room")).and_then(Value::as_str);
    let key = room.and_then(|room| names::room_key(room).ok());
    let key = key.filter(|key| cx.rooms(socket).any(|room| *room == **key));
    let Some(person) = cx.state.people.get_mut(socket) else { return };
    if now_ms < person.typing_until_ms {
        return;
    }
    person.typing_until_ms = now_ms + TYPING_MS_MIN;
    let key = key.as_deref().unwrap_or(&lobby);
    cx.to(key).except(socket).volatile().emit("typing", event.args);
}

/// A name as near to what a client wants as names can be. `People` judges it.
fn nearest_nick(wanted: &str) -> String {
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.');
    let chars = names::head(wanted.trim_start())
        .trim_end()
        .chars()
        .map(|char| if fits(char) { char } else { '_' });
    chars.take(NICK_CHARS_MAX - NICK_NUMBER_CHARS_MAX).collect()
}

fn refusal(error: &str) -> Value {
    json!({"ok": false, "error": error})
}
