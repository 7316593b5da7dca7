//! Facts of this node's people that have happened after all: their author was told that they may
//! not have been done.

use super::answers::give_back;
use super::entry;
use super::later::go_on;
use crate::chat::Cx;
use crate::chat::fact::Fact;
use mio_socketio::SocketId;
use std::rc::Rc;

/// Puts right what the author has asked for since, now that they were told: it was decided as if
/// the fact had not happened. It was not sent yet, because a node sends nothing before it has read
/// all that the broker has taken from it.
pub(super) fn happened(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    let by = fact.by();
    if fact.row().gives_back {
        take_back(cx, by);
        rename_departure(cx, by);
    }
}

/// Gives back waiting requests of this person, who may make them again.
fn take_back(cx: &mut Cx<'_>, by: SocketId) {
    while let Some(node) = cx.state.journal.node_mut() {
        let is_it = |it: &&super::Waiting| {
            it.by == by && !it.is_entering && !it.is_departing && it.had_upto.is_none()
        };
        let Some(sequence) = node.waiting.iter().find(is_it).map(|it| it.sequence) else { break };
        let Some(waiting) = node.take(sequence) else { break };
        give_back(cx, waiting);
    }
    go_on(cx, by);
}

/// A person who has gone leaves under the name that they have now.
fn rename_departure(cx: &mut Cx<'_>, by: SocketId) {
    let nick: Option<Rc<str>> = cx.state.people.get(by).map(|person| person.nick.clone());
    let (Some(nick), Some(node)) = (nick, cx.state.journal.node_mut()) else { return };
    for waiting in node.waiting.iter_mut().filter(|it| it.by == by && it.is_departing) {
        if let Some(text) = entry::departed_as(&waiting.text, &nick) {
            node.waiting_bytes = node.waiting_bytes + text.len() - waiting.text.len();
            waiting.text = text;
        }
    }
}
