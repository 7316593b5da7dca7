//! Namespace `/`: the events of the well-known tutorials' clients.

mod order;
mod personal;
mod recovery;
mod tell;

use crate::chat::access::Pass;
use crate::chat::ask::{self, ask, ask_in_order};
use crate::chat::fact::{Fact, Stamp};
use crate::chat::interfaces::{self, Interface, KeptInterface};
use crate::chat::journal::{self, HeldNewcomer};
use crate::chat::people::DeviceHere;
use crate::chat::recovery::Own;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Enter, Form, Newcomer, Relay, Reply, Request, Say, Where};
use crate::chat::tell::Outcome;
use crate::chat::{self, Chat, Cx, begin, intake, names};
use crate::limits::{NICK_CHARS_MAX, NICK_NUMBER_CHARS_MAX};
use mio_socketio::{Builder, CloseReason, Missed, PeerAddress, SocketId};
use mio_socketio::{Connect, Event, Events, Refused};
use serde_json::{Value, json};
use std::rc::Rc;

/// The name of the namespace.
const ROOT: &str = "/";

/// The interface of namespace `/`.
#[derive(Debug)]
pub(in crate::chat) struct RootInterface;

impl Interface for RootInterface {
    fn name(&self) -> &'static str {
        "root"
    }

    fn kept(&self) -> KeptInterface {
        KeptInterface::Root
    }

    fn serve(&self, builder: Builder<Chat>) -> Builder<Chat> {
        builder.namespace(ROOT, events)
    }

    fn program(&self, _: &DeviceHere) -> &'static str {
        "socket"
    }

    fn in_words(&self, _: &DeviceHere) -> &'static str {
        "an app"
    }

    fn renames_in_lobby(&self) -> bool {
        true
    }

    fn comes_back(&self) -> bool {
        true
    }

    fn logs_in(&self) -> bool {
        false
    }

    fn lives_in_lobby(&self) -> bool {
        true
    }

    fn is_heard_in(&self, cx: &mut Cx<'_>, room: &str) -> bool {
        cx.of(ROOT).to(room).has_anyone()
    }

    fn tell(&self, cx: &mut Cx<'_>, _: Stamp, ignorers: &[SocketId], fact: &Fact<'_>) {
        tell::tell(cx, ignorers, fact);
    }

    fn reply(&self, cx: &mut Cx<'_>, _: SocketId, form: Form, outcome: Outcome<'_>) {
        match form {
            Form::Event(ack) => tell::reply(cx, ack, false, outcome),
            Form::Receipt(ack) => tell::reply(cx, ack, true, outcome),
            _ => (),
        }
    }

    fn namespace(&self) -> Option<&'static str> {
        Some(ROOT)
    }

    fn missed(
        &self,
        chat: &mut Chat,
        rooms: Vec<(Rc<str>, i64)>,
        since: i64,
        _: &mut Own,
    ) -> Option<Vec<Missed>> {
        recovery::missed(chat, rooms, since)
    }
}

/// A newcomer who has to wait, with what it comes back to, if it does.
#[derive(Debug)]
struct HeldRoot(Option<Own>);

impl HeldNewcomer for HeldRoot {
    fn interface(&self) -> &'static dyn Interface {
        &RootInterface
    }

    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, socket: SocketId) {
        let from = cx.address(socket);
        if enter(cx, socket, from, self.0).is_err() {
            cx.close(socket, CloseReason::Banned);
        }
    }
}

/// Adds the namespace's handlers.
fn events(events: Events<Chat>) -> Events<Chat> {
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
    let back = connect.recovered.map(Own::read);
    match journal::hold_newcomer(cx, connect.socket, HeldRoot(back)) {
        Some(HeldRoot(back)) => Ok(enter(cx, connect.socket, Some(connect.address), back)?),
        None => Ok(()),
    }
}

/// Asks for a client to be let in.
///
/// # Errors
/// The reason why it is not.
fn enter(
    cx: &mut Cx<'_>,
    socket: SocketId,
    from: Option<PeerAddress>,
    back: Option<Own>,
) -> Result<(), Refusal> {
    let newcomer = Newcomer::Guest { back };
    let pass = Pass::Nothing;
    let enter = Enter { from, interface: &RootInterface, newcomer, pass };
    ask::enter(cx, Asker::nobody(socket), enter)
}

fn disconnect(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    super::super::rooms::end(cx, socket);
    ask(cx, Asker::nobody(socket), Request::Depart { reason });
}

/// The event of `socket.send(x)`: everyone gets it as it is, even the sender, who also gets a
/// receipt.
fn message(cx: &mut Cx<'_>, event: Event<'_>) {
    let socket = event.socket;
    let room = &cx.state.rooms.lobby();
    // The clients of this namespace get the arguments.
    let is_read =
        interfaces::is_heard_elsewhere(cx, &RootInterface, room) || cx.state.history.is_kept();
    let text = &if is_read { intake::payload(&event.args) } else { String::new() };
    let reply = Reply::By(&RootInterface, Form::Receipt(event.ack));
    let (place, relay) = (Where::Any(room.clone()), Some(Relay::Args(event.args)));
    let say = Say { place, is_action: false, text, relay };
    ask(cx, Asker { socket, reply }, Request::Say(say));
}

/// A name, a text and perhaps a room.
fn send_message(cx: &mut Cx<'_>, event: Event<'_>) {
    let Ok(Value::Object(sent)) = event.args.get::<Value>(0) else {
        return cx.ack(event.ack, (refusal("an object with username and message is needed"),));
    };
    let name = sent.get("username").and_then(Value::as_str).map(nearest_nick);
    let room = match sent.get("room").filter(|room| !room.is_null()) {
        None => Ok(None),
        Some(room) => names::room_key(room.as_str().unwrap_or_default()).map(Some),
    };
    let text = &sent.get("message").map_or_else(String::new, intake::value);
    let shown = &intake::shown(text);
    let request = room.map(|room| {
        let relay = Some(Relay::Named { text, is_for_all: room.is_none() });
        let room = room.map_or_else(|| cx.state.rooms.lobby(), Rc::from);
        Request::Say(Say { place: Where::Any(room), is_action: false, text: shown, relay })
    });
    let asker = Asker::of_event(&RootInterface, event.socket, event.ack);
    ask_as(cx, asker, name.as_deref(), request.map_err(Refusal::BadRoom));
}

fn join(cx: &mut Cx<'_>, event: Event<'_>) {
    in_room(cx, event, |room| Request::Join { room });
}

fn leave(cx: &mut Cx<'_>, event: Event<'_>) {
    in_room(cx, event, |room| Request::Leave { room });
}

/// Makes a request about the room that a client names, alone or with its own name.
fn in_room(cx: &mut Cx<'_>, event: Event<'_>, request: impl FnOnce(&str) -> Request<'_>) {
    let asker = Asker::of_event(&RootInterface, event.socket, event.ack);
    let sent: Value = match event.args.get(0) {
        Ok(sent) => sent,
        Err(error) => return chat::tell::refused(cx, asker, &Refusal::Form(error.to_string())),
    };
    let name = sent.get("username").and_then(Value::as_str).map(nearest_nick);
    let room = sent.as_str().or_else(|| sent.get("room").and_then(Value::as_str));
    let room = names::room_key(room.unwrap_or_default()).map_err(Refusal::BadRoom);
    ask_as(cx, asker, name.as_deref(), room.as_deref().map(request).map_err(Clone::clone));
}

/// Makes a request once the client has its name, or one like it if that is taken.
fn ask_as<'a>(
    cx: &mut Cx<'_>,
    asker: Asker,
    name: Option<&'a str>,
    request: Result<Request<'a>, Refusal>,
) {
    let nobody = Asker::nobody(asker.socket);
    let rename = name.map(|name| (nobody, Request::Rename { name, is_numbered: true }));
    match request {
        Ok(request) => ask_in_order(cx, rename.into_iter().chain([(asker, request)])),
        Err(refusal) => {
            ask_in_order(cx, rename);
            chat::tell::refused(cx, asker, &refusal);
        }
    }
}

fn typing(cx: &mut Cx<'_>, event: Event<'_>) {
    let sent = event.args.get::<Value>(0).ok();
    let room = sent.as_ref().and_then(|sent| sent.get("room")).and_then(Value::as_str);
    let request = Request::RelayTyping { room, args: event.args };
    ask(cx, Asker::nobody(event.socket), request);
}

/// The allowed name that is nearest to a client's wish. `People` judges whether it is free.
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
