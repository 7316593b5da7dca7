//! The way of a request about a room: before it is decided, the people whom it names need ids, and
//! afterwards the asker is charged.

use super::{AskedRule, LetIn, Rule, RuleMade, RulesFact};
use crate::chat::Cx;
use crate::chat::budgets::Budget;
use crate::chat::decide::own_room;
use crate::chat::order::roles::Rank;
use crate::chat::people::Addressee;
use mio_socketio::SocketId;

/// The people whom a request of the person at `socket` is about: each needs an id.
pub(in crate::chat) fn named(cx: &Cx<'_>, socket: SocketId, asked: AskedRule<'_>) -> Vec<SocketId> {
    match asked {
        AskedRule::LetIn { name, .. } => match cx.state.people.addressee(cx.now().ms, name) {
            Some(Addressee::Here(other)) => vec![other],
            Some(Addressee::Away(_)) | None => Vec::new(),
        },
        // Its members stay: they are known by their ids.
        AskedRule::Make { room, rule: Rule::Private(true) } => {
            let room = own_room(cx.state, cx, socket, room);
            let person = cx.state.people.get(socket);
            let room =
                room.ok().filter(|room| person.is_some_and(|it| cx.state.may_rule(room, it)));
            room.map_or_else(Vec::new, |room| cx.members(&room).collect())
        }
        AskedRule::Make { .. } => Vec::new(),
    }
}

/// The budget that a fact uses up.
pub(in crate::chat) fn budget(cx: &Cx<'_>, fact: &RulesFact) -> Option<Budget> {
    match fact {
        RulesFact::RuleMade(RuleMade { by, room, .. }) => {
            let person = cx.state.people.get(*by);
            let keeps_order = person.is_some_and(|it| cx.state.roles.rank(it) > Rank::Nobody);
            let is_first = !cx.state.rooms.has_own_rules(room);
            (is_first && !keeps_order).then_some(Budget::RuledRooms)
        }
        // An invited person is told each time.
        RulesFact::LetIn(LetIn { is_on, .. }) => is_on.then_some(Budget::Invitations),
    }
}
