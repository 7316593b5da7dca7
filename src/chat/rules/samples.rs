//! One fact of each kind about the rules of rooms, for tests of their entries.

use super::{LetIn, Rule, RuleMade, RulesFact};
use crate::chat::fact::Fact;
use mio_socketio::SocketId;
use std::rc::Rc;

/// The facts, of the person at `by`.
pub(in crate::chat) fn samples(by: SocketId) -> Vec<Fact<'static>> {
    let (nick, room) = (rc("alice"), rc("den"));
    let (rule, members) = (Rule::Private(true), vec![rc("id")]);
    let (stay, maker, is_own) = (Some(vec![rc("owner")]), Some(rc("owner")), Some(true));
    let made =
        RuleMade { by, nick: nick.clone(), room: room.clone(), rule, members, stay, maker, is_own };
    let let_in = LetIn { by, nick, room, id: rc("id"), guest: rc("bob"), is_on: true, is_own };
    [RulesFact::RuleMade(made), RulesFact::LetIn(let_in)].map(Fact::Rules).into()
}

fn rc(text: &str) -> Rc<str> {
    text.into()
}
