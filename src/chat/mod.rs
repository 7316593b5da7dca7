//! The application. Of the library it uses only what every application can use: the proof that the
//! library is enough for a real chat.

mod api;
mod apply;
mod archive;
mod ask;
mod bans;
mod budgets;
mod commands;
mod decide;
mod fact;
pub mod history;
mod holds;
mod intake;
mod journal;
mod mailbox;
mod metrics;
mod missed;
pub mod names;
mod nodes;
mod page;
mod people;
mod plain;
mod questions;
mod recovery;
mod refusal;
mod request;
mod rooms;
mod tell;
mod trace;
mod tutorials;
mod typing;
mod web;

pub use nodes::Nodes;
pub use plain::plain;
pub use web::Doors;

use crate::limits::HISTORY_RETRY_MS;
use history::{History, Known, Trimming};
use metrics::{Monitored, Stalls};
use mio_socketio::{
    AddressLimits, Context, EngineSettings, Hosts, LineSettings, Origins, Proxies, Server,
};
use mio_socketio::{CloseReason, Now, SocketId};
use nodes::ThisNode;
use people::{People, Person};
use recovery::FromHistory;
use request::{Asker, Enter, Newcomer, Request, Say, Where};
use rooms::Rooms;
use web::Ready;

/// A handler's context in the chat.
pub(crate) type Cx<'a> = Context<'a, Chat>;

/// The chat's state: who is here, and which rooms there are.
#[derive(Debug, Default)]
pub struct Chat {
    people: People,
    rooms: Rooms,
    history: History,
    /// How long the loop is kept.
    stalls: Stalls,
    /// Lines of history shown on entering a room.
    replay: usize,
    /// A timer for tidying the history up is set.
    tidies: bool,
    /// Up to which message somebody has been told everything, while it is not all of them.
    told_upto: Option<i64>,
    /// It is looked every second whether the file has changed.
    watches: bool,
    /// What the history knows of before is known.
    begun: bool,
    /// When it may be looked at next.
    begins_ms: u64,
    /// Who may not come in.
    bans: Vec<history::Ban>,
    /// The server as one of many nodes.
    node: Option<Box<ThisNode>>,
    /// Many people come or go at once, as their server does: their rooms are told of all together.
    gathers_notices: bool,
    /// The server is ending: nobody needs to hear who leaves.
    stopping: bool,
}

/// How a chat treats its clients.
#[derive(Debug, Default)]
pub struct Setup {
    /// Where what is said is kept.
    pub history: History,
    /// Lines of it shown on entering a room at the line door.
    pub replay: usize,
    /// Those at the line door.
    pub lines: LineSettings,
    /// Those of Socket.IO.
    pub engine: EngineSettings,
    /// Web pages of other hosts that are let in.
    pub origins: Origins,
    /// What those of one address may do together. What the chat counts itself
    /// ([`own`](AddressLimits::own)), it sets.
    pub addresses: AddressLimits,
    /// Names by which browsers may call the server.
    pub hosts: Hosts,
    /// Proxies that are believed.
    pub proxies: Proxies,
    /// How the server is one of many nodes, if it is.
    pub nodes: Option<Nodes>,
    /// Where people can come in, for those who ask at the wrong door.
    pub doors: Doors,
}

/// The chat as a server.
pub fn chat(setup: Setup) -> Server<Chat> {
    let Setup { history, replay, lines, engine, origins, addresses, hosts, .. } = setup;
    let Setup { proxies, nodes, doors, .. } = setup;
    let own = budgets::budgets(history.bytes_max());
    let builder = Server::builder()
        .line_door(lines)
        .engine(engine)
        .origins(origins)
        .addresses(addresses.own(own))
        .hosts(hosts)
        .proxies(proxies)
        .http_hint(doors.http_hint());
    // Who comes back finds in the history what they have missed; without one nobody pays for it.
    let builder = if history.is_kept() { builder.recovery(FromHistory) } else { builder };
    let (history, builder) = match &nodes {
        Some(nodes) => (history.of_nodes(), nodes::links(builder, nodes)),
        None => (history, builder),
    };
    let node = nodes.map(|nodes| Box::new(ThisNode::new(&nodes)));
    web::routes(builder, doors)
        .on_connect(connect)
        .on_line(line)
        .on_disconnect(disconnect)
        .on_settle(settle)
        .on_turn(|chat, seconds| chat.stalls.turns.observe(seconds))
        .on_panic(is_whole)
        .on_stopping(stopping)
        .on_shutdown(nodes::leave)
        .line_websocket("/ws")
        .namespace(tell::root::ROOT, tutorials::events)
        .namespace(tell::chat::CHAT, api::events)
        .build(Chat { history, replay, node, ..Chat::default() })
}

fn connect(cx: &mut Cx<'_>, socket: SocketId) {
    begin(cx);
    let (from, newcomer) = (cx.address(socket), Newcomer::Lines);
    ask::ask(cx, Asker::line(socket), Request::Enter(Enter { from, newcomer }));
}

fn line(cx: &mut Cx<'_>, socket: SocketId, text: &str) {
    let text = &*intake::text(text);
    if text.is_empty() {
        return;
    }
    match text.strip_prefix('/') {
        None => say(cx, socket, false, text),
        Some(escaped) if escaped.starts_with('/') => say(cx, socket, false, escaped),
        Some(command) if nodes::keep_command(cx, socket, command) => (),
        Some(command) => commands::run(cx, socket, command),
    }
}

/// Somebody at the line door says something in their room.
fn say(cx: &mut Cx<'_>, socket: SocketId, is_action: bool, text: &str) {
    let say = Say { place: Where::Here, is_action, text, relay: None };
    ask::ask(cx, Asker::line(socket), Request::Say(say));
}

/// A turn is over: facts go to other nodes, and the history is written.
fn settle(cx: &mut Cx<'_>) {
    nodes::settle(cx);
    archive::settle(cx);
}

fn disconnect(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    ask::ask(cx, Asker::nobody(socket), Request::Depart { reason });
}

/// Whether who is here, the rooms and the server's seats agree with each other.
fn is_whole(cx: &Cx<'_>) -> bool {
    let rooms = &cx.state.rooms;
    let lobby = rooms.lobby();
    let has_room = |socket, person: &Person| {
        matches!(person.interface, people::Interface::Lines)
            .then(|| cx.rooms(socket).eq([&*person.room]))
    };
    let mut all = cx.state.people.iter();
    cx.state.people.is_whole()
        && all.all(|(socket, person)| has_room(socket, person).unwrap_or(true))
        && rooms.keys().iter().all(|key| *key == lobby || cx.members(key).len() > 0)
}

/// Somebody comes: once, what the history knows of before is made use of; again, if it could not be
/// read. One that is not kept gets a name.
fn begin(cx: &mut Cx<'_>) {
    let now = cx.now();
    cx.state.begin(now);
    if cx.state.history.name().is_empty() {
        let name = cx.random_id();
        cx.state.history.call(name);
    }
    if cx.state.history.is_kept() && !std::mem::replace(&mut cx.state.watches, true) {
        bans::watch(cx);
        archive::watch(cx);
    }
}

impl Chat {
    /// Messages that were said and are not in the history's file; none if none is kept. Once the
    /// server has ended they are lost.
    pub fn unsaved(&self) -> u64 {
        self.history.unsaved()
    }

    /// Whether people can be taken, and what is said is kept.
    fn ready(&self) -> Ready {
        let status = self.history.status();
        match status.trims {
            _ if self.node.as_ref().is_some_and(|node| !node.is_whole()) => {
                Ready::No("the server is cut off from the chat's other servers")
            }
            _ if status.is_failing => Ready::No("the history cannot be written"),
            Some(Trimming::Size) => Ready::But("the history is full: its oldest messages go"),
            Some(Trimming::Age) | None => Ready::Yes,
        }
    }

    /// What a monitor is told of it.
    fn monitored(&self) -> Monitored<'_> {
        let node = self.node.as_ref().map(|node| node.status());
        Monitored { stalls: &self.stalls, sizes: self.history.sizes(), node }
    }

    fn begin(&mut self, now: Now) {
        if self.begun || now.ms < self.begins_ms {
            return;
        }
        self.begins_ms = now.ms + HISTORY_RETRY_MS;
        let Some(Known { away, topics }) = self.history.begin(now) else { return };
        self.begun = true;
        for (id, nick, gone_ms) in away {
            self.people.hold(now.ms.saturating_sub(gone_ms), &id, &nick);
        }
        for (key, topic) in topics {
            // What was set meanwhile is newer.
            if self.rooms.topic(&key).is_none() {
                self.rooms.set_topic(key, Some(topic));
            }
        }
    }
}

fn stopping(cx: &mut Cx<'_>) {
    cx.state.stopping = true;
    cx.state.history.hurry();
    tell::notice(cx, tell::Notice::Stopping);
}
