//! The journal: facts in their order. On a server that is alone, a fact has its place at once, and
//! is applied in the same turn. On one of many nodes it is sent to a broker, and applied when it
//! comes back. Handlers need not know which it is: the asker is answered only when the fact has
//! been applied, and requests that follow from each other are asked for in order
//! (`ask::ask_in_order`).
//!
//! The rest of the chat knows only this file, not which journal there is. `shared` has that of many
//! nodes, whichever broker they have. Its place in the history is a text of its own
//! (`History::place`), which is written together with the facts before it.

mod promises;

use super::fact::{Departed, Entered, Fact, NOBODY, Renamed, Said, Stamp, Whispered};
use super::history::History;
use super::interfaces::Interface;
use super::purger::purges;
use super::registration::RegisterRefusal;
use super::request::{Asker, Request};
use super::shared::{self, Nodes, ThisNode};
use super::tell::{self, listing, news, own};
use super::{Chat, Cx, apply, mail, order, registration, trace, words};
use mio_socketio::{Builder, Now, SocketId};
use promises::Promise;
pub(super) use promises::{promise, redeem};
use std::fmt::Debug;
use std::rc::Rc;

/// The sentence for somebody whose wish is done, and may not last.
const NOT_KEPT: &str = "this holds now, but the file cannot be written: if the server ends before \
                        it can, it is lost";

/// The journal of a chat.
#[derive(Debug, Default)]
pub(super) enum Journal {
    /// That of a lone server.
    #[default]
    Own,
    /// This server's part of one that many nodes share.
    Nodes(Box<ThisNode>),
}

/// The settings of a journal.
#[derive(Debug, Clone, Default)]
pub enum JournalSettings {
    /// A lone server has none.
    #[default]
    Own,
    /// Of a server that is one of many nodes.
    Nodes(Box<Nodes>),
}

impl JournalSettings {
    /// Whether other servers share the journal.
    pub const fn is_shared(&self) -> bool {
        !matches!(self, Self::Own)
    }
}

/// A shared journal's part of the metrics.
#[derive(Debug, Clone, Copy)]
pub(super) struct JournalStatus {
    /// The server is connected with the chat's others.
    pub(super) is_whole: bool,
    /// Facts that have not come back.
    pub(super) waiting: u64,
    /// Entries that were read, and those of them that were not understood.
    pub(super) read: u64,
    pub(super) unread: u64,
}

/// A newcomer who may have to wait, with the data that their interface has about them.
pub(super) trait HeldNewcomer: Debug {
    /// Their interface.
    fn interface(&self) -> &'static dyn Interface;

    /// Bytes of memory that the data takes beside the value itself, about.
    fn bytes(&self) -> usize {
        0
    }

    /// Whether another server may know them, and this one does not.
    fn is_unknown(&self, _: &mut Chat, _: Now) -> bool {
        false
    }

    /// Asks for them to be let in. If they may not, they are told so and closed.
    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, socket: SocketId);
}

/// Adds a journal's handlers and links to a server, and prepares the history for its numbers.
pub(super) fn join(
    settings: JournalSettings,
    history: History,
    builder: Builder<Chat>,
) -> (Journal, History, Builder<Chat>) {
    match settings {
        JournalSettings::Own => (Journal::Own, history, builder),
        JournalSettings::Nodes(nodes) => {
            let builder = shared::links(builder, &nodes);
            (Journal::Nodes(Box::new(ThisNode::new(&nodes))), history.shared(), builder)
        }
    }
}

/// Enters a fact.
pub(super) fn enter(cx: &mut Cx<'_>, asker: Asker, fact: &Fact<'_>) {
    let asker = match cx.state.journal {
        Journal::Own => Some(asker),
        Journal::Nodes(_) => shared::enter(cx, asker, fact),
    };
    // No other server needs the fact, or there is none.
    let Some(asker) = asker else { return };
    let socket = asker.socket;
    let promise = promises::keep(cx, fact);
    if let Promise::Refused = promise {
        return tell::refused(cx, asker, &RegisterRefusal::NotKept.into());
    }
    let id = if fact.is_message() { cx.state.history.number() } else { 0 };
    let now = cx.now();
    let stamp = Stamp { id, ts: now.unix_ms.cast_signed(), ms: now.ms };
    happened(cx, asker, stamp, fact);
    if let Promise::NotKept = promise {
        tell::sentence(cx, socket, NOT_KEPT);
    }
}

/// Holds a request back while a fact of its asker is on its way. Otherwise returns it.
pub(super) fn hold_back<'a>(
    cx: &mut Cx<'_>,
    asker: Asker,
    request: Request<'a>,
) -> Option<(Asker, Request<'a>)> {
    match cx.state.journal {
        Journal::Own => Some((asker, request)),
        Journal::Nodes(_) => shared::keep(cx, asker, request),
    }
}

/// Holds a command back while a fact of the asker is on its way. True if it is held back: then the
/// asker's interface [runs](Interface::run) it later.
pub(super) fn holds_command(cx: &mut Cx<'_>, asker: Asker, command: &str) -> bool {
    match cx.state.journal {
        Journal::Own => false,
        Journal::Nodes(_) => shared::keep_command(cx, asker, command),
    }
}

/// Has a newcomer wait if this server is cut off from the others, up to a bound; beyond it they are
/// closed. Gives the newcomer back if they need not wait.
pub(super) fn hold_newcomer<N: HeldNewcomer + 'static>(
    cx: &mut Cx<'_>,
    socket: SocketId,
    newcomer: N,
) -> Option<N> {
    match cx.state.journal {
        Journal::Own => Some(newcomer),
        Journal::Nodes(_) => shared::hold_newcomer(cx, socket, newcomer),
    }
}

/// The turn is over: facts go on their way.
pub(super) fn settle(cx: &mut Cx<'_>) {
    match cx.state.journal {
        Journal::Own => (),
        Journal::Nodes(_) => shared::settle(cx),
    }
}

/// The server ends: the last facts go on their way.
pub(super) fn end(cx: &mut Cx<'_>) {
    match cx.state.journal {
        Journal::Own => (),
        Journal::Nodes(_) => shared::leave(cx),
    }
}

/// Looks for purges that another server has begun, and for those that it must be told of.
pub(super) fn look_for_purges(cx: &mut Cx<'_>) {
    match cx.state.journal {
        Journal::Own => return,
        Journal::Nodes(_) => shared::look_for_purges(cx),
    }
    purges::look(cx);
}

/// The id by which all servers of the chat know the person at `by`; `None` on a lone server.
pub(super) fn id_of(chat: &Chat, by: SocketId) -> Option<Rc<str>> {
    match &chat.journal {
        Journal::Own => None,
        Journal::Nodes(node) => Some(node.id_of(by)),
    }
}

/// Whether other servers share the journal.
pub(super) const fn is_shared(chat: &Chat) -> bool {
    !matches!(chat.journal, Journal::Own)
}

/// Whether facts can be entered now: a server is not cut off from the others.
pub(super) fn is_whole(chat: &Chat) -> bool {
    match &chat.journal {
        Journal::Own => true,
        Journal::Nodes(node) => node.is_whole(),
    }
}

/// Whether other servers can be told an order now, and none is on its way to them.
pub(super) fn takes_orders(chat: &Chat) -> bool {
    match &chat.journal {
        Journal::Own => false,
        Journal::Nodes(node) => node.is_whole() && !node.awaits(NOBODY),
    }
}

/// A shared journal's part of the metrics.
pub(super) fn status(chat: &Chat) -> Option<JournalStatus> {
    match &chat.journal {
        Journal::Own => None,
        Journal::Nodes(node) => Some(node.status()),
    }
}

/// A fact has its place: applies it, tells it, and answers the asker.
pub(super) fn happened(cx: &mut Cx<'_>, asker: Asker, stamp: Stamp, fact: &Fact<'_>) {
    if let Fact::Departed(Departed { by, .. }) = fact {
        trace::left(cx, *by);
        order::note_gone(cx, fact);
    }
    let is_told = !words::is_gone(cx, fact);
    let (news, others) = (news::news(cx, fact), own::others_of(cx, fact));
    apply::apply(cx, stamp, fact);
    match fact {
        Fact::Entered(Entered { by, .. }) => trace::came(cx, *by),
        Fact::Said(Said { by, room, .. }) => trace::said(cx, *by, stamp.id, Some(room)),
        Fact::Whispered(Whispered { by, .. }) => trace::said(cx, *by, stamp.id, None),
        Fact::Words(fact) => words::trace(cx, fact),
        Fact::Renamed(Renamed { by, old, .. }) => trace::named(cx, *by, old),
        Fact::Registration(fact) => registration::trace(cx, fact),
        _ => (),
    }
    if is_told {
        tell::tell(cx, stamp, fact);
        // Of a join others are told at once.
        if !matches!(fact, Fact::Joined(_)) {
            listing::note_first(cx, &news);
        }
        news::tell(cx, fact.by(), news);
        own::tell(cx, stamp, fact, others);
    }
    tell::reply(cx, asker, tell::Outcome::Done(stamp, fact));
    mail::give(cx, fact);
    order::follow(cx, stamp, fact);
}
