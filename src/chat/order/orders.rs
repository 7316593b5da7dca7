//! Orders that an operator gives at one node for all of them: bans and purges. They are in that
//! node's file, as on a lone server. The node tells the other nodes, which do the same.

use super::bans;
use crate::chat::fact::{Fact, NOBODY};
use crate::chat::history::{Banned, Order, ToldAt};
use crate::chat::request::Asker;
use crate::chat::{Cx, journal};
use std::collections::HashSet;

/// Applies an order. All nodes learn it from the entry that is applied now.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, order: &Order) {
    let at = cx.state.history.told_at();
    // As it began, this node may have read a later one among the bans in Redis.
    if is_news(cx, order, at) {
        keep(cx, order, at);
    }
}

/// Compares a ban in Redis, or its end, with the one in the file: the later of the two counts. If
/// that is the file's, other nodes are told again.
pub(in crate::chat) fn compare(cx: &mut Cx<'_>, order: &Order, at: ToldAt) {
    let now = cx.now();
    let own = order.whom().and_then(|whom| cx.state.history.ban_told_at(whom));
    if own.is_some_and(|own| own > at) {
        return cx.state.history.others_know(order, at, now);
    }
    if own != Some(at) || at == ToldAt::default() {
        keep(cx, order, at);
    }
}

/// Lifts the bans that are missing in Redis, which has only those in `known`. A ban that Redis has
/// lost is told again instead.
pub(in crate::chat) fn compare_missing(cx: &mut Cx<'_>, known: &HashSet<Banned>, swept: ToldAt) {
    if !cx.state.history.is_kept() {
        return cx.state.bans.retain(|ban| known.contains(&ban.whom));
    }
    for whom in cx.state.history.bans_missing(known, swept) {
        keep(cx, &Order::Unban { whom }, swept);
    }
}

/// Whether no later order about the same ban is known.
fn is_news(cx: &mut Cx<'_>, order: &Order, at: ToldAt) -> bool {
    let own = order.whom().and_then(|whom| cx.state.history.ban_told_at(whom));
    own.is_none_or(|own| own < at)
}

fn keep(cx: &mut Cx<'_>, order: &Order, at: ToldAt) {
    let now = cx.now();
    match order {
        Order::Ban { ban, .. } if !bans::impose(cx, ban) => return,
        Order::Unban { whom } => bans::lift(cx, whom),
        Order::Ban { .. } | Order::Purge(_) | Order::Roles { .. } => (),
    }
    cx.state.history.keep_order(order.clone(), at, now);
}

/// Tells other nodes the orders given here, and does the orders given elsewhere.
pub(in crate::chat) fn look(cx: &mut Cx<'_>) {
    tell(cx);
    journal::look_for_purges(cx);
}

/// Tells other nodes the orders given at the file of this one. An order on its way is not told
/// twice.
fn tell(cx: &mut Cx<'_>) {
    if !journal::takes_orders(cx.state) || !cx.state.history.has_order_news() {
        return;
    }
    let now = cx.now();
    let orders = cx.state.history.untold_orders(now);
    if orders.is_empty() {
        cx.state.history.no_order_news();
    }
    for order in orders {
        log::info!("an order is told to other nodes order={order:?}");
        journal::enter(cx, Asker::nobody(NOBODY), &Fact::Ordered(order));
    }
}
