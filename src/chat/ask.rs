//! The way of a request: `decide` makes a fact of it for the journal, or the asker gets the
//! refusal.

use super::access::AccessFact;
use super::budgets::{self, Budget};
use super::decide::decide;
use super::fact::{Entered, Fact, Relayed, Remembered, Said, Way, Whispered};
use super::people::{Addressee, reads};
use super::refusal::{Refusal, RoomRefusal};
use super::registration::{RegisterRefusal, passwords};
use super::request::{Asker, Decision, Enter, Recipient, Request, TypingTarget, Whisper};
use super::{Cx, journal, order, registration, rules, tell, typing, words};
use crate::limits::POSTS_PER_TOPIC;
use mio_socketio::SocketId;

type Outcome<'a> = Result<Decision<'a>, Refusal>;

/// Makes a request of a person.
pub(super) fn ask(cx: &mut Cx<'_>, asker: Asker, request: Request<'_>) {
    // People at another node ask there, and that node ends their typing.
    if cx.is_stand_in(asker.socket) {
        return;
    }
    match outcome(cx, asker.socket, request) {
        Ok(Decision::Happens(fact)) => {
            if journal::is_shared(cx.state) {
                order::note_gone(cx, &fact);
            }
            journal::enter(cx, asker, &fact);
        }
        Ok(Decision::IsSo(already)) => tell::reply(cx, asker, tell::Outcome::IsSo(already)),
        Ok(Decision::Works(work)) => passwords::begin(cx, asker, work),
        Err(refusal) => tell::refused(cx, asker, &refusal),
    }
}

/// Lets a client of Socket.IO in. The server itself tells the client of a refusal.
///
/// # Errors
/// Why it may not.
pub(super) fn enter(cx: &mut Cx<'_>, asker: Asker, asked: Enter) -> Result<(), Refusal> {
    match outcome(cx, asker.socket, Request::Enter(asked))? {
        Decision::Happens(fact) => journal::enter(cx, asker, &fact),
        Decision::IsSo(already) => tell::reply(cx, asker, tell::Outcome::IsSo(already)),
        Decision::Works(work) => passwords::begin(cx, asker, work),
    }
    Ok(())
}

/// Makes several requests of one person, in this order: each is decided once the fact of the one
/// before has been applied. After [`ask`] a fact may still be on its way.
pub(super) fn ask_in_order<'a>(
    cx: &mut Cx<'_>,
    requests: impl IntoIterator<Item = (Asker, Request<'a>)>,
) {
    for (asker, request) in requests {
        if let Some((asker, request)) = journal::hold_back(cx, asker, request) {
            ask(cx, asker, request);
        }
    }
}

/// Decides a request, charges for it, and ends the typing that it ends. Returns the outcome.
fn outcome<'a>(cx: &mut Cx<'_>, socket: SocketId, request: Request<'a>) -> Outcome<'a> {
    let name_tried = match &request {
        Request::Rename { is_numbered, .. } => Some(*is_numbered),
        _ => None,
    };
    let is_private = matches!(request, Request::Whisper(_)) && cx.state.history.is_kept();
    identify(cx, socket, &request);
    registration::look_up(cx, socket, &request);
    words::look_up(cx, socket, &request);
    reads::look_up(cx, &request);
    let decided = decide(cx.state, cx, socket, request);
    let outcome = match (name_tried, decided) {
        (Some(is_numbered), decided) => pay_for_name(cx, socket, is_numbered, decided),
        (None, Err(refusal)) => match price(&refusal, is_private) {
            Some(budget) => budgets::take(cx, socket, budget).and(Err(refusal)),
            None => Err(refusal),
        },
        (None, Ok(decision)) => pay(cx, socket, decision),
    };
    end_typing(cx, socket, name_tried.is_some(), &outcome);
    outcome
}

/// The budget that pays for a refusal by which somebody learns whether a name or a room is there.
/// They learn nothing once they have no more to pay with.
const fn price(refusal: &Refusal, is_private: bool) -> Option<Budget> {
    match refusal {
        // As much as a new room.
        Refusal::Room(RoomRefusal::NoRoom(_)) => Some(Budget::Rooms),
        // A registered name that nobody has here costs as much as one that nobody has at all.
        Refusal::Nobody(_) | Refusal::GuestLeft(_) if is_private => Some(Budget::Mail),
        // As much as a wrong password of a name that somebody has.
        Refusal::Register(
            RegisterRefusal::NotRegistered(_) | RegisterRefusal::WrongPassword(_),
        ) => Some(Budget::Passwords),
        _ => None,
    }
}

/// Gives an id to a person whose request needs it, and to the person whom the request names.
fn identify(cx: &mut Cx<'_>, socket: SocketId, request: &Request<'_>) {
    let named = match request {
        Request::Moderate(asked) => {
            let name = asked.of_somebody();
            name.and_then(|name| cx.state.people.addressee(cx.now().ms, name))
        }
        Request::Whisper(Whisper { to: Recipient::Named { name, .. }, .. })
        | Request::Type { target: TypingTarget::Person { name, .. }, .. }
        | Request::Read { target: TypingTarget::Person { name, .. }, .. } => {
            cx.state.people.addressee(cx.now().ms, name)
        }
        Request::Personal(asked) => {
            let name = asked.of_somebody();
            name.and_then(|name| cx.state.people.addressee(cx.now().ms, name))
        }
        Request::Rule(asked) => {
            let named = rules::named(cx, socket, *asked);
            named.into_iter().for_each(|person| identify_one(cx, person));
            None
        }
        Request::Enter(_)
        | Request::Remember
        | Request::Forget { .. }
        | Request::Say(_)
        | Request::Whisper(_)
        | Request::Words(_)
        | Request::SetTopic { .. }
        | Request::Rename { .. }
        | Request::Join { .. }
        | Request::Leave { .. }
        | Request::Type { .. }
        | Request::Read { .. }
        | Request::RelayTyping { .. }
        | Request::Depart { .. }
        | Request::Registration(_)
        | Request::Invite(_) => None,
    };
    let needs_id = match request {
        Request::Whisper(_) | Request::Rename { .. } => true,
        Request::Words(asked) => asked.needs_id(),
        Request::Personal(asked) => asked.needs_id(),
        Request::Enter(_)
        | Request::Remember
        | Request::Forget { .. }
        | Request::Say(_)
        | Request::Rule(_)
        | Request::SetTopic { .. }
        | Request::Join { .. }
        | Request::Leave { .. }
        | Request::Type { .. }
        | Request::Read { .. }
        | Request::RelayTyping { .. }
        | Request::Depart { .. }
        | Request::Moderate(_)
        | Request::Registration(_)
        | Request::Invite(_) => false,
    };
    if needs_id {
        identify_one(cx, socket);
    }
    if let Some(Addressee::Here(other)) = named {
        identify_one(cx, other);
    }
}

fn identify_one(cx: &mut Cx<'_>, by: SocketId) {
    if cx.state.people.get(by).is_some_and(|person| person.id.is_none()) {
        // All nodes know a person by the same id.
        let id = journal::id_of(cx.state, by);
        let id = id.unwrap_or_else(|| cx.random_id().into());
        journal::enter(cx, Asker::nobody(by), &Fact::Identified { by, id });
    }
}

/// Each attempt to take a name counts, even a refused one.
fn pay_for_name<'a>(
    cx: &mut Cx<'_>,
    socket: SocketId,
    is_numbered: bool,
    decided: Outcome<'a>,
) -> Outcome<'a> {
    match decided {
        Ok(Decision::IsSo(_)) if is_numbered => decided,
        _ => budgets::take(cx, socket, Budget::Names).and(decided),
    }
}

/// Charges the asker for a decision. A person who cannot be remembered may come in all the same.
fn pay<'a>(cx: &mut Cx<'_>, socket: SocketId, mut decision: Decision<'a>) -> Outcome<'a> {
    let fact = match &mut decision {
        Decision::Happens(fact) => fact,
        Decision::Works(_) => {
            budgets::take(cx, socket, Budget::Passwords)?;
            return Ok(decision);
        }
        Decision::IsSo(_) => return Ok(decision),
    };
    match fact {
        Fact::Said(Said { text, relayed, .. }) => {
            let payload = relayed.as_ref().and_then(Relayed::kept);
            budgets::wrote(cx, socket, text, payload.as_deref());
        }
        Fact::Whispered(Whispered { text, is_kept, .. }) => {
            if *is_kept {
                budgets::take(cx, socket, Budget::Mail)?;
            }
            budgets::wrote(cx, socket, text, None);
        }
        Fact::Words(fact) => {
            fact.written().into_iter().for_each(|text| budgets::wrote(cx, socket, text, None));
        }
        Fact::Joined(joined) if !cx.state.rooms.is_there(&joined.room) => {
            budgets::take(cx, socket, Budget::Rooms)?;
            order::unowned::pay(cx, joined);
        }
        Fact::Rules(fact) => {
            if let Some(budget) = rules::budget(cx, fact) {
                budgets::take(cx, socket, budget)?;
            }
            // Everybody in the room is told, and it may put out all who are in it.
            if let rules::RulesFact::RuleMade(_) = fact {
                cx.charge(socket, POSTS_PER_TOPIC);
            }
        }
        Fact::TopicSet(_) => cx.charge(socket, POSTS_PER_TOPIC),
        Fact::Access(AccessFact::InvitationMade(_)) => {
            budgets::take(cx, socket, Budget::Invitations)?
        }
        Fact::Entered(Entered { way: Way { admitted: Some(admitted), .. }, .. })
            if admitted.is_first =>
        {
            if let Err(why) = budgets::take(cx, socket, Budget::People) {
                admitted.pass(why);
            }
        }
        Fact::Remembered(Remembered { by, is_first: true, .. }) => {
            if let Err(why) = budgets::take(cx, socket, Budget::People) {
                *fact = Fact::Passing { by: *by, why };
            }
        }
        _ => (),
    }
    Ok(decision)
}

/// Ends the typing of a person who sends something, goes, or takes another name. Others hear of
/// that first: a client that has an event with a message's number must have everything that was
/// told before it.
fn end_typing(cx: &mut Cx<'_>, socket: SocketId, is_renaming: bool, outcome: &Outcome<'_>) {
    match outcome {
        _ if is_renaming => typing::stop(cx, socket),
        Err(Refusal::MailboxFull(_)) => typing::stop(cx, socket),
        Ok(Decision::Happens(fact)) => typing::end_before(cx, fact),
        Ok(_) | Err(_) => (),
    }
}
