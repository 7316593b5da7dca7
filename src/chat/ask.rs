//! The way of a request: it is decided, and what comes of it is entered in the journal; or whoever
//! asks is told why nothing comes of it.

use super::budgets::{self, Budget};
use super::decide::decide;
use super::fact::{Entered, EnteredBy, Fact, Remembered};
use super::people::Addressee;
use super::refusal::Refusal;
use super::request::{Asker, Decision, Enter, Request};
use super::{Cx, archive, journal, tell, typing};
use crate::limits::POSTS_PER_TOPIC;
use mio_socketio::SocketId;

/// Somebody wants something.
pub(super) fn ask(cx: &mut Cx<'_>, asker: Asker, request: Request<'_>) {
    match decided(cx, asker.socket, request) {
        Ok(Decision::Happens(fact)) => journal::enter(cx, asker, &fact),
        Ok(Decision::IsSo(already)) => tell::already(cx, asker, already),
        Err(refusal) => tell::refused(cx, asker, &refusal),
    }
}

/// A client of Socket.IO wants to come in. The server tells a client of a refusal by itself.
///
/// # Errors
/// Why it may not.
pub(super) fn enter(cx: &mut Cx<'_>, asker: Asker, asked: Enter) -> Result<(), Refusal> {
    match decided(cx, asker.socket, Request::Enter(asked))? {
        Decision::Happens(fact) => journal::enter(cx, asker, &fact),
        Decision::IsSo(already) => tell::already(cx, asker, already),
    }
    Ok(())
}

/// What comes of a request, and is paid for.
fn decided<'a>(
    cx: &mut Cx<'_>,
    socket: SocketId,
    request: Request<'a>,
) -> Result<Decision<'a>, Refusal> {
    let decided = prepare(cx, socket, &request)
        .and_then(|()| decide(cx.state, cx, socket, request))
        .and_then(|decision| pay(cx, socket, decision));
    match &decided {
        // Who has sent something types no more. Others hear of that first: whoever has got an event
        // with the number of a message has got all that was told before.
        Ok(Decision::Happens(Fact::Said(_) | Fact::Whispered(_)))
        | Err(Refusal::MailboxFull(_)) => typing::stop(cx, socket),
        Ok(Decision::Happens(Fact::Left { room, .. })) => typing::left(cx, socket, room),
        Ok(Decision::Happens(Fact::Entered(Entered { replaces: Some(older), .. }))) => {
            typing::stop(cx, older.by);
        }
        Ok(_) | Err(_) => (),
    }
    decided
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

/// Counts what happens against whoever asks for it. Who cannot be remembered may come in all the
/// same.
fn pay<'a>(
    cx: &mut Cx<'_>,
    socket: SocketId,
    mut decision: Decision<'a>,
) -> Result<Decision<'a>, Refusal> {
    match &mut decision {
        Decision::Happens(Fact::Joined(joined)) if !cx.state.rooms.is_there(&joined.room) => {
            budgets::take(cx, socket, Budget::Rooms)?;
        }
        Decision::Happens(Fact::TopicSet(_)) => cx.charge(socket, POSTS_PER_TOPIC),
        Decision::Happens(Fact::Entered(Entered { door: EnteredBy::Chat(admitted), .. }))
            if admitted.is_first =>
        {
            if let Err(why) = budgets::take(cx, socket, Budget::People) {
                admitted.pass(why);
            }
        }
        Decision::Happens(Fact::Remembered(Remembered { by, is_first: true, .. })) => {
            let by = *by;
            if let Err(why) = budgets::take(cx, socket, Budget::People) {
                return Ok(Decision::Happens(Fact::Passing { by, why }));
            }
        }
        _ => (),
    }
    Ok(decision)
}

/// Who is called `name`, or was a moment ago. They have an id from here on.
pub(super) fn called(cx: &mut Cx<'_>, name: &str) -> Option<Addressee> {
    let found = cx.state.people.addressee(cx.now().ms, name);
    if let Some(Addressee::Here(other)) = found {
        archive::person_id(cx, other);
    }
    found
}
