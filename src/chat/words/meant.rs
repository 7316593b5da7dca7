//! The earlier message that a request is about. It is in the file, which `decide` does not read; so
//! the request's handler looks it up before.

use super::{About, Which};
use crate::chat::fact::Fact;
use crate::chat::history::Message;
use crate::chat::interfaces::Interface;
use crate::chat::request::Request;
use crate::chat::{Chat, Cx, archive, names, tell};
use crate::limits::{DELETE_LOOK_MESSAGES, REACT_LOOK_MESSAGES};
use mio_socketio::SocketId;

/// Looks up the earlier message that a request is about.
pub(in crate::chat) fn look_up(cx: &mut Cx<'_>, socket: SocketId, request: &Request<'_>) {
    if let Request::Words(asked) = request {
        cx.state.words.meant = find(cx.state, socket, asked.which);
    }
}

/// The message that is meant.
pub(in crate::chat) fn find(
    chat: &mut Chat,
    socket: SocketId,
    which: Which<'_>,
) -> Option<Message> {
    if let Which::LastOf(name) | Which::LastCorrectedOf(name) = which {
        let is_wanted = |it: &Message| match which {
            Which::LastCorrectedOf(_) => it.amended.as_ref().is_some_and(|it| it.edits > 0),
            _ => true,
        };
        return last_of(chat, socket, name, is_wanted);
    }
    let Chat { people, history, .. } = chat;
    let me = people.get(socket)?;
    match which {
        Which::Number(id) => history.message(id),
        Which::LastOwn => history.message(me.said).filter(|it| me.has_said(it)),
        Which::LastOfOthers => {
            let last = history.last(&people.device(socket)?.room, None, REACT_LOOK_MESSAGES)?;
            let is_hidden = |it: &Message| people.hides(socket, it.sender.as_deref(), &it.author);
            last.into_iter().rev().find(|it| !me.has_said(it) && !is_hidden(it))
        }
        Which::LastOf(_) | Which::LastCorrectedOf(_) => None,
    }
}

/// The last wanted message of the asker's one room that was said by the person with this name, also
/// under an earlier one, or under this name by somebody who has gone.
fn last_of(
    chat: &mut Chat,
    socket: SocketId,
    name: &str,
    is_wanted: impl Fn(&Message) -> bool,
) -> Option<Message> {
    let room = chat.people.device(socket)?.room.clone();
    let hidden_upto = chat.hidden_upto(&room, chat.people.get(socket)?.id.as_deref());
    let last = chat.history.last(&room, None, DELETE_LOOK_MESSAGES)?;
    let bearer = chat.people.find(name).and_then(|it| chat.people.get(it));
    let is_theirs = |it: &Message| {
        bearer.is_some_and(|bearer| bearer.has_said(it)) || names::are_alike(name, &it.author)
    };
    let is_meant = |it: &Message| it.id > hidden_upto && is_theirs(it) && is_wanted(it);
    last.into_iter().rev().find(is_meant)
}

/// Whether a place is a private conversation of the person with this id.
pub(in crate::chat) fn is_party(place: &str, id: Option<&str>) -> bool {
    id.is_some_and(|id| archive::parties(place).is_some_and(|parties| parties.contains(&id)))
}

/// Whether the message that a fact is about is gone: others are told nothing then. Two people may
/// have changed it at the same time at two nodes.
pub(in crate::chat) fn is_gone(cx: &mut Cx<'_>, fact: &Fact<'_>) -> bool {
    let Fact::Words(fact) = fact else { return false };
    cx.state.history.is_kept() && cx.state.history.message(fact.about().id).is_none()
}

/// The devices at this interface that are told of a change of a message in a private conversation,
/// each with the id of the other person: those of both people, except the one at which the change
/// was made, and except those of people who ignore its author.
pub(in crate::chat) fn told_in_private(
    cx: &Cx<'_>,
    interface: &dyn Interface,
    (by, ignorers): (SocketId, &[SocketId]),
    about: &About,
) -> Vec<(SocketId, Box<str>)> {
    let Some([one, other]) = archive::parties(&about.place) else { return Vec::new() };
    let people = &cx.state.people;
    let told = [(one, other), (other, one)].into_iter().flat_map(|(me, other)| {
        let devices = people.with_id(me).into_iter().flat_map(|me| people.devices(me));
        devices.map(move |device| (device, other))
    });
    let told = told.filter(|(device, _)| {
        *device != by && !ignorers.contains(device) && tell::is_at(cx, *device, interface)
    });
    told.map(|(device, other)| (device, other.into())).collect()
}

/// The author of a message, if they are here and it is surely them.
pub(in crate::chat) fn author(cx: &Cx<'_>, about: &About) -> Option<SocketId> {
    let people = &cx.state.people;
    if let Some(id) = &about.sender {
        return people.with_id(id);
    }
    let socket = people.find(&about.author)?;
    people.get(socket).filter(|person| person.said == about.id).map(|_| socket)
}
