//! The journal: facts in their order. On a server that is alone, a fact has its place at once, and
//! is applied in the same turn. On one of many nodes it is sent to Redis, and applied when it comes
//! back. Handlers need not know which it is: the asker is answered only when the fact has been
//! applied, and requests that follow from each other are asked for in order (`ask::ask_in_order`).
//!
//! Handlers, `decide`, `apply` and `tell` know only this file, not which journal there is. Another
//! one would be a module beside `nodes`, and a line in some of these functions. Its settings are in
//! `mod.rs`, its status in `metrics`, and its place in the history.

use super::fact::{
    Deleted, Departed, Edited, Entered, Fact, LoggedIn, LoggedOut, NOBODY, Registered, Renamed,
    Said, Stamp, Whispered,
};
use super::history::History;
use super::nodes::{self, NodeStatus, Nodes, ThisNode};
pub(super) use super::nodes::{HeldNewcomer, hold_newcomer};
use super::request::{Asker, Request};
use super::{Chat, Cx, apply, meant, news, order, own, tell, trace};
use mio_socketio::{Builder, SocketId};
use std::rc::Rc;

/// The journal of a chat: this server's part of the one in Redis, or nothing for a lone server.
pub(super) type Shared = Option<Box<ThisNode>>;

/// Adds a journal's handlers to a server, and prepares the history for its numbers.
pub(super) fn join(
    nodes: Option<Nodes>,
    history: History,
    builder: Builder<Chat>,
) -> (Shared, History, Builder<Chat>) {
    match nodes {
        None => (None, history, builder),
        Some(nodes) => {
            let builder = nodes::links(builder, &nodes);
            (Some(Box::new(ThisNode::new(&nodes))), history.of_nodes(), builder)
        }
    }
}

/// Enters a fact.
pub(super) fn enter(cx: &mut Cx<'_>, asker: Asker, fact: &Fact<'_>) {
    let Some(asker) = nodes::enter(cx, asker, fact) else { return };
    let id = if fact.is_message() { cx.state.history.number() } else { 0 };
    let now = cx.now();
    let stamp = Stamp { id, ts: now.unix_ms.cast_signed(), ms: now.ms };
    happened(cx, asker, stamp, fact);
}

/// Holds a request back while a fact of its asker is on its way. Otherwise returns it.
pub(super) fn hold_back<'a>(
    cx: &mut Cx<'_>,
    asker: Asker,
    request: Request<'a>,
) -> Option<(Asker, Request<'a>)> {
    nodes::keep(cx, asker, request)
}

/// Holds a command back while a fact of the asker is on its way. True if it is held back: then the
/// asker's interface [runs](super::interfaces::Interface::run) it later.
pub(super) fn holds_command(cx: &mut Cx<'_>, asker: Asker, command: &str) -> bool {
    nodes::keep_command(cx, asker, command)
}

/// The turn is over: facts go on their way.
pub(super) fn settle(cx: &mut Cx<'_>) {
    nodes::settle(cx);
}

/// The server ends: the last facts go on their way.
pub(super) fn end(cx: &mut Cx<'_>) {
    nodes::leave(cx);
}

/// Looks for purges that another server has begun.
pub(super) fn look_for_purges(cx: &mut Cx<'_>) {
    nodes::look_for_purges(cx);
}

/// The id by which all servers of the chat know the person at `by`; `None` on a lone server.
pub(super) fn id_of(chat: &Chat, by: SocketId) -> Option<Rc<str>> {
    chat.node.as_ref().map(|node| node.id_of(by))
}

/// Whether other servers share the journal.
pub(super) const fn is_shared(chat: &Chat) -> bool {
    chat.node.is_some()
}

/// Whether facts can be entered now: a server is not cut off from the others.
pub(super) fn is_whole(chat: &Chat) -> bool {
    chat.node.as_ref().is_none_or(|node| node.is_whole())
}

/// Whether other servers can be told an order now, and none is on its way to them.
pub(super) fn takes_orders(chat: &Chat) -> bool {
    chat.node.as_ref().is_some_and(|node| node.is_whole() && !node.awaits(NOBODY))
}

/// This server's part of a shared journal, for the metrics.
pub(super) fn status(chat: &Chat) -> Option<NodeStatus> {
    chat.node.as_ref().map(|node| node.status())
}

/// A fact has its place: applies it, tells it, and answers the asker.
pub(super) fn happened(cx: &mut Cx<'_>, asker: Asker, stamp: Stamp, fact: &Fact<'_>) {
    if let Fact::Departed(Departed { by, .. }) = fact {
        trace::left(cx, *by);
    }
    let is_told = !meant::is_gone(cx, fact);
    let (news, others) = (news::news(cx, fact), own::others_of(cx, fact));
    apply::apply(cx, stamp, fact);
    match fact {
        Fact::Entered(Entered { by, .. }) => trace::came(cx, *by),
        Fact::Said(Said { by, room, .. }) => trace::said(cx, *by, stamp.id, Some(room)),
        Fact::Whispered(Whispered { by, .. }) => trace::said(cx, *by, stamp.id, None),
        Fact::Edited(Edited { by, about, .. }) => trace::changed(cx, *by, about.id, "edited"),
        Fact::Deleted(Deleted { by, about, .. }) => trace::changed(cx, *by, about.id, "deleted"),
        Fact::Renamed(Renamed { by, old, .. }) => trace::named(cx, *by, old),
        Fact::Registered(Registered { by, .. }) => trace::registered(cx, *by),
        Fact::LoggedIn(LoggedIn { by, old, .. }) => trace::logged_in(cx, *by, old),
        Fact::LoggedOut(LoggedOut { by, old, .. }) => trace::logged_out(cx, *by, old),
        _ => (),
    }
    if is_told {
        tell::tell(cx, stamp, fact);
        news::tell(cx, fact.by(), news);
        own::tell(cx, stamp, fact, others);
    }
    tell::reply(cx, asker, tell::Outcome::Done(stamp, fact));
    order::follow(cx, fact);
}
