//! The application. It uses only the library's public face, which proves that the library is enough
//! for a real chat.

mod access;
mod apply;
mod archive;
mod ask;
mod budgets;
mod decide;
mod fact;
mod files;
pub mod history;
mod hooks;
mod idle;
mod intake;
mod interfaces;
mod journal;
mod mail;
mod metrics;
mod minute;
pub mod names;
mod order;
mod page;
mod people;
mod personal;
mod plain;
mod purger;
mod questions;
mod recovery;
mod refusal;
mod registration;
mod request;
mod rereading;
mod rooms;
mod rules;
mod shared;
mod tell;
mod trace;
mod typing;
mod web;
mod words;
mod worker;

pub use access::{Access, code};
pub use files::FileFolder;
pub use journal::JournalSettings;
pub use plain::plain;
pub use purger::Purger;
pub use registration::passwords::{HashAnswer, HashWork};
pub use rereading::{Reread, Settings, Understand};
pub use shared::{BrokerSettings, ClusterSecret, Nodes, RedisSettings};
pub use web::{Doors, StaticFolder};
pub use worker::{Worker, WorkerProcess};

use crate::limits::HISTORY_RETRY_MS;
use files::Files;
use history::{History, Known, Trimming};
use journal::Journal;
use metrics::{Monitored, Observed};
use mio_socketio::Now;
use mio_socketio::{
    AddressLimits, Context, DeflateSettings, EngineSettings, Hosts, LineSettings, Origins, Proxies,
    Server,
};
use order::{bans, orders, roles};
use people::quiet::Quiet;
use people::reads::{self, Reads};
use people::{DeviceHere, People};
use purger::{OrderedPurges, TraceEraser};
use recovery::FromHistory;
use registration::passwords::Passwords;
use roles::Roles;
use rooms::{LOBBY, Rooms};
use web::Ready;

/// A handler's context in the chat.
pub(crate) type Cx<'a> = Context<'a, Chat>;

/// The chat's state: who is here, and which rooms there are.
#[derive(Debug, Default)]
pub struct Chat {
    people: People,
    rooms: Rooms,
    history: History,
    /// The pauses of the loop, for the metrics.
    observed: Observed,
    /// Lines of history shown on entering a room.
    replay: usize,
    /// A timer for tidying the history up is set.
    tidies: bool,
    /// While a person is being told messages, the last one that they have been told, if more will
    /// follow.
    told_upto: Option<i64>,
    words: words::WordsNotes,
    /// The process that erases the traces of deleted texts.
    traces: TraceEraser,
    /// Purges of the file that were ordered at another server.
    purges: OrderedPurges,
    /// A timer checks every second whether the file has changed.
    watches: bool,
    /// The state has been read from the history.
    begun: bool,
    /// The time of the next attempt to read it.
    begins_ms: u64,
    /// The process that hashes passwords.
    passwords: Passwords,
    /// The files that people send.
    files: Files,
    /// The people who may come in and speak.
    access: Access,
    /// The address of the page, for links to it.
    url: String,
    /// The posts of hooks of late.
    paces: hooks::Paces,
    /// The file may have invitations or hooks that were not looked at.
    has_access_news: bool,
    /// The file may have resets of registered people that were not looked at.
    has_reset_news: bool,
    /// The people who keep order.
    roles: Roles,
    /// The people who want no notices of comings and goings.
    quiet: Quiet,
    /// The last messages that people have read.
    reads: Reads,
    /// The bans in force.
    bans: bans::InForce,
    /// The guests who have gone of late.
    gone: order::GoneGuests,
    journal: Journal,
    /// Many people come or go at once, because their server does: each room gets one notice about
    /// all of them.
    gathers_notices: bool,
    /// Banned people will be closed after this turn's work.
    expels_soon: bool,
    /// The server is ending: nobody needs to hear who leaves.
    stopping: bool,
}

/// How a chat treats its clients.
#[derive(Debug, Default)]
pub struct Setup {
    /// The store of messages.
    pub history: History,
    /// Messages of it that are shown on entering a room at the line door.
    pub replay: usize,
    /// The settings of the line door.
    pub lines: LineSettings,
    /// The settings of Socket.IO.
    pub engine: EngineSettings,
    /// How messages on WebSockets are compressed, if they are.
    pub deflate: Option<DeflateSettings>,
    /// Web pages of other hosts that are let in.
    pub origins: Origins,
    /// The limits of each address. The chat sets its own ones ([`own`](AddressLimits::own)) by
    /// itself.
    pub addresses: AddressLimits,
    /// Names by which browsers may call the server.
    pub hosts: Hosts,
    /// Proxies that are believed.
    pub proxies: Proxies,
    /// The settings of the journal.
    pub journal: JournalSettings,
    /// The addresses of the doors, for people who come to the wrong one.
    pub doors: Doors,
    /// The operator's own pages, in whose presence the chat's page is at `/chat/`.
    pub pages: Option<StaticFolder>,
    /// The folder of files that people send. Without one, or without a history, none are taken.
    pub files: Option<FileFolder>,
    /// The handler for SIGHUP; by default it does nothing.
    pub reread: Option<Reread>,
    /// The process that erases the traces of deleted texts in the file. Without one they stay until
    /// the next purge.
    pub eraser: Option<Purger>,
    /// The process that purges the file after a purge at another server of the chat.
    pub purger: Option<Purger>,
    /// The process that hashes passwords. Without one nobody can register or log in.
    pub passwords: Option<Box<dyn Worker>>,
    /// The people who may come in and speak.
    pub access: Access,
    /// The address of the page, for links to it; without one they have that of the HTTP door.
    pub url: Option<String>,
}

/// The chat as a server.
pub fn chat(setup: Setup) -> Server<Chat> {
    let Setup { history, replay, lines, engine, origins, addresses, hosts, .. } = setup;
    let deflate = setup.deflate;
    let Setup { proxies, journal, doors, pages, files, reread, passwords, eraser, purger, .. } =
        setup;
    let (access, url) = (setup.access, setup.url);
    let (passwords, traces) = (Passwords::new(passwords), TraceEraser::new(eraser));
    let url = url.unwrap_or_else(|| doors.page_url());
    let own = budgets::budgets(history.bytes_max());
    let builder = Server::builder()
        .line_door(lines)
        .engine(engine)
        .deflate(deflate)
        .origins(origins)
        .addresses(addresses.own(own))
        .hosts(hosts)
        .proxies(proxies)
        .http_hint(doors.http_hint());
    // Clients that come back find their missed messages in the history. Without a history, recovery
    // costs nothing.
    let builder = if history.is_kept() { builder.recovery(FromHistory) } else { builder };
    let (journal, history, builder) = journal::join(journal, history, builder);
    let builder = web::routes(rereading::hangup(builder, reread), doors, pages);
    let files = Files::new(files.filter(|_| history.is_kept()));
    interfaces::all()
        .fold(builder, |builder, interface| interface.serve(builder))
        .on_start(idle::start)
        .on_settle(settle)
        .on_turn(|chat, seconds| chat.observed.turns.observe(seconds))
        .on_panic(is_whole)
        .on_stopping(stopping)
        .on_shutdown(journal::end)
        .build(Chat {
            history,
            replay,
            journal,
            purges: OrderedPurges::new(purger),
            passwords,
            files,
            traces,
            access,
            url,
            ..Chat::default()
        })
}

/// A turn is over: facts go to other nodes, and the history is written.
fn settle(cx: &mut Cx<'_>) {
    journal::settle(cx);
    archive::settle(cx);
}

/// Whether people, rooms and the server's seats agree with each other.
fn is_whole(cx: &Cx<'_>) -> bool {
    let rooms = &cx.state.rooms;
    let lobby = rooms.lobby();
    let has_room = |socket, device: &DeviceHere| {
        let has_one = device.interface.has_one_room();
        has_one.then(|| cx.rooms(socket).eq([&*device.room]))
    };
    let mut all = cx.state.people.iter();
    cx.state.people.is_whole()
        && all.all(|(socket, device)| has_room(socket, device).unwrap_or(true))
        && rooms.keys().iter().all(|key| *key == lobby || cx.members(key).len() > 0)
}

/// Reads the state from the history when the first person comes (or before: see [`idle`]), and
/// again if it could not be read.
/// A history that is not kept gets a name.
fn begin(cx: &mut Cx<'_>) {
    let now = cx.now();
    cx.state.begin(now);
    if cx.state.history.name().is_empty() {
        let name = cx.random_id();
        cx.state.history.call(name);
    }
    let watches = cx.state.history.is_kept() || journal::is_shared(cx.state);
    if watches && !std::mem::replace(&mut cx.state.watches, true) {
        bans::watch(cx);
        if cx.state.history.is_kept() {
            archive::watch(cx);
            files::watch(cx);
        }
    }
    journal::redeem(cx);
}

impl Chat {
    /// The number of messages that the history's file does not have yet; 0 if none is kept. At the
    /// server's end they are lost.
    pub fn unsaved(&self) -> u64 {
        self.history.unsaved()
    }

    /// Whether the server can take people, and keeps their messages.
    fn ready(&self) -> Ready {
        let status = self.history.status();
        match status.trims {
            _ if !journal::is_whole(self) => {
                Ready::No("the server is cut off from the chat's other servers")
            }
            _ if self.passwords.is_lost() => {
                Ready::No("passwords can no longer be hashed: the server must be started anew")
            }
            _ if status.is_failing => Ready::No("the history cannot be written"),
            Some(Trimming::Size) => Ready::But("the history is full: its oldest messages go"),
            Some(Trimming::Age) | None => Ready::Yes,
        }
    }

    /// The chat's part of the metrics.
    fn monitored(&self) -> Monitored<'_> {
        let journal = journal::status(self);
        Monitored { observed: &self.observed, sizes: self.history.sizes(), journal }
    }

    fn begin(&mut self, now: Now) {
        if self.begun || now.ms < self.begins_ms {
            return;
        }
        self.begins_ms = now.ms + HISTORY_RETRY_MS;
        let Some(Known { away, topics, rules }) = self.history.begin(now) else { return };
        self.begun = true;
        self.rooms.set_rules(rules::read(rules));
        for (id, nick, gone_ms) in away {
            self.people.hold(now.ms.saturating_sub(gone_ms), &id, &nick);
        }
        for (key, topic) in topics {
            // A topic that is set already is newer.
            if self.rooms.topic(&key).is_none() {
                self.rooms.set_topic(key, Some(topic));
            }
        }
    }
}

fn stopping(cx: &mut Cx<'_>) {
    cx.state.stopping = true;
    reads::write_all(cx);
    cx.state.history.hurry();
    tell::notice(cx, tell::Notice::Stopping);
}
