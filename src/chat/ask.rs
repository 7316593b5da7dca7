//! The way of a request: it is decided, and what comes of it is entered in the journal; or whoever
//! asks is told why nothing comes of it.

use super::budgets::{self, Budget};
use super::decide::decide;
use super::fact::Fact;
use super::people::Addressee;
use super::refusal::Refusal;
use super::request::{Asker, Decision, Request};
use super::{Cx, archive, journal, tell, typing};
use crate::limits::POSTS_PER_TOPIC;
use mio_socketio::SocketId;

/// Somebody wants something.
pub(super) fn ask(cx: &mut Cx<'_>, asker: Asker, request: Request<'_>) {
    let socket = asker.socket;
    let decided = prepare(cx, socket, &request)
        .and_then(|()| decide(cx.state, cx, socket, request))
        .and_then(|decision| pay(cx, socket, &decision).map(|()| decision));
    match &decided {
        // Who has sent something types no more. Others hear of that first: whoever has got an event
        // with the number of a message has got all that was told before.
        Ok(Decision::Happens(Fact::Said(_) | Fact::Whispered(_)))
        | Err(Refusal::MailboxFull(_)) => typing::stop(cx, socket),
        Ok(Decision::Happens(Fact::Left { room, .. })) => typing::left(cx, socket, room),
        Ok(_) | Err(_) => (),
    }
    match decided {
        Ok(Decision::Happens(fact)) => journal::enter(cx, asker, &fact),
        Ok(Decision::IsSo(already)) => tell::already(cx, asker, already),
        Err(refusal) => tell::refused(cx, asker, &refusal),
    }
}

/// What must be before something is decided: who talks in private or takes a name has an id, and
/// each try to take a name counts.
fn prepare(cx: &mut Cx<'_>, socket: SocketId, request: &Request<'_>) -> Result<(), Refusal> {
    match request {
        Request::Depart { .. } => typing::stop(cx, socket),
        Request::Rename { .. } => {
            typing::stop(cx, socket);
            budgets::take(cx, socket, Budget::Names)?;
            archive::person_id(cx, socket);
        }
        Request::Whisper(_) => drop(archive::person_id(cx, socket)),
        _ => (),
    }
    Ok(())
}

/// Counts what happens against whoever asks for it.
fn pay(cx: &mut Cx<'_>, socket: SocketId, decision: &Decision<'_>) -> Result<(), Refusal> {
    match decision {
        Decision::Happens(Fact::Joined(joined)) if !cx.state.rooms.is_there(&joined.room) => {
            budgets::take(cx, socket, Budget::Rooms)
        }
        Decision::Happens(Fact::TopicSet(_)) => {
            cx.charge(socket, POSTS_PER_TOPIC);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Who is called `name`, or was a moment ago. They have an id from here on.
pub(super) fn called(cx: &mut Cx<'_>, name: &str) -> Option<Addressee> {
    let found = cx.state.people.addressee(cx.now().ms, name);
    if let Some(Addressee::Here(other)) = found {
        archive::person_id(cx, other);
    }
    found
}
