//! An operator's orders at one node for all: bans and purges. They are in the node's file, as on a
//! lone server. The node tells them to the others, which do the same.

use super::fact::{Fact, NOBODY};
use super::history::Order;
use super::request::Asker;
use super::{Cx, bans, journal};

/// Applies an order that all nodes know of.
pub(super) fn apply(cx: &mut Cx<'_>, order: &Order) {
    let now = cx.now();
    match order {
        Order::Ban { ban, .. } if !bans::impose(cx, ban) => return,
        Order::Unban { network } => bans::lift(cx, *network),
        Order::Ban { .. } | Order::Purge(_) => (),
    }
    cx.state.history.keep_order(order.clone(), now);
}

/// Tells other nodes the orders given here, and does the orders given elsewhere.
pub(super) fn look(cx: &mut Cx<'_>) {
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
