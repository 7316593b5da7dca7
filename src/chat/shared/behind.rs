//! Facts that the broker refused because this node was behind: their person was here by a device,
//! or under a nick, whose entry the node had not read yet, or they depend on a deed that it had not
//! read. They are decided once more after it has.

use super::answers::{give_back, put_back, settle_had};
use super::changes::Change;
use super::reports::Unknown;
use super::send::{enter_after, enter_again, push_as_it_is};
use super::{EntryId, ThisNode, Waiting, entry};
use crate::chat::fact::{Entered, Fact, Joined, Renamed};
use crate::chat::registration::{LoggedIn, RegistrationFact};
use crate::chat::request::{Already, Asker};
use crate::chat::{Cx, decide, registration, rooms, tell};
use mio_socketio::{CloseReason, SocketId};
use std::rc::Rc;

/// The expectations of a fact that the broker did not meet.
#[derive(Debug, Default)]
pub(super) struct Unmet {
    /// The last time. The broker knew more then, and the node has read it since.
    last: Vec<Change>,
    /// Twice, though the node has read all that the broker knew the first time: an entry was passed
    /// over here. The fact must not be refused for ever.
    pub(super) twice: Vec<Change>,
}

impl Unmet {
    /// The expectations of a fact that was refused, perhaps again.
    fn of(waiting: &mut Waiting) -> Self {
        let Waiting { changes, unmet, which, .. } = waiting;
        let now = changes.extract_if(.., |change| change.is_unmet(*which));
        let (twice, last) = now.partition(|change| unmet.last.contains(change));
        Self { last, twice }
    }
}

/// The broker refuses a fact of a person of whom it knows more, by an entry up to this one. `which`
/// has the kinds of expectations that were not met.
pub(super) fn refused(cx: &mut Cx<'_>, mut waiting: Waiting, upto: EntryId, which: Unknown) {
    (waiting.known_upto, waiting.which) = (Some(upto), which);
    if let Some(node) = cx.state.journal.node_mut().filter(|_| which.deed) {
        node.hold_later(waiting.by, upto);
    }
    put_back(cx, waiting);
    settle_had(cx);
}

impl ThisNode {
    /// Holds back what an author has asked for since, until their fact is decided once more: it
    /// comes after that.
    fn hold_later(&mut self, by: SocketId, upto: EntryId) {
        self.held_upto = self.held_upto.max(upto);
        let is_later = |it: &&mut Waiting| it.by == by && it.sequence > self.sent;
        for waiting in self.waiting.iter_mut().filter(is_later) {
            waiting.is_held |= waiting.known_upto.is_none();
            waiting.known_upto = waiting.known_upto.max(Some(upto));
        }
    }

    /// The entry up to which the node must have read before a further fact of this author is sent.
    pub(super) fn later_than(&self, by: SocketId) -> Option<EntryId> {
        if self.held_upto <= self.place {
            return None;
        }
        let depends = |it: &&Waiting| it.by == by && (it.is_held || it.which.deed);
        let theirs = self.waiting.iter().filter(depends);
        theirs.filter_map(|it| it.known_upto).max().filter(|it| *it > self.place)
    }
}

/// Enters a fact once more, now that all has been read that the broker knew when it refused it.
pub(super) fn enter_once_more(cx: &mut Cx<'_>, mut waiting: Waiting) {
    let by = waiting.by;
    let unmet = Unmet::of(&mut waiting);
    if waiting.is_again {
        return enter_again(cx, by, unmet);
    }
    let Ok((_, entry)) = entry::read(waiting.text.as_bytes()) else { return };
    let Some(node) = cx.state.journal.node() else { return };
    let socket = |name: &_| node.stand_ins.socket(&node.home, name);
    let Some(fact) = entry.fact(by, &waiting.attachments, socket) else { return };
    registration::look_up_again(cx, &fact);
    let fact = match decide::once_more(cx.state, cx, fact) {
        Ok(fact) => fact,
        Err(refusal) => {
            if let Some(asker) = waiting.asker {
                tell::refused(cx, asker, &refusal);
            }
            if waiting.is_entering {
                cx.close(by, CloseReason::Banned);
            }
            return;
        }
    };
    // Nothing else in them depends on what the node has read since.
    if matches!(fact, Fact::Said(_) | Fact::Whispered(_) | Fact::Words(_) | Fact::Departed(_)) {
        return push_as_it_is(cx, waiting);
    }
    let nick = rooms::nick_of(cx, by);
    if let (Fact::Renamed(renamed), Some(nick)) = (&fact, &nick)
        && renamed.new == *nick
    {
        if let Some(asker) = waiting.asker {
            tell::reply(cx, asker, tell::Outcome::IsSo(Already::Called(nick.clone())));
        }
        return;
    }
    if let (Fact::Registration(RegistrationFact::Registered(registered)), Some(nick)) =
        (&fact, &nick)
        && registered.nick != *nick
    {
        // They may not want to have the other name for good.
        return give_back(cx, waiting);
    }
    let fact = match fact {
        Fact::Entered(entered) => Fact::Entered(entered_as_here(cx, entered)),
        Fact::Registration(RegistrationFact::LoggedIn(logged_in)) => {
            let logged_in = logged_in_as_here(cx, logged_in);
            Fact::Registration(RegistrationFact::LoggedIn(logged_in))
        }
        fact => with_nick(fact, nick),
    };
    let asker = waiting.asker.unwrap_or(Asker::nobody(by));
    enter_after(cx, asker, &fact, unmet);
}

/// A person is here by another device. The newcomer has their nick, and is in their rooms.
fn entered_as_here(cx: &Cx<'_>, mut entered: Entered) -> Entered {
    let here = entered.way.of_a_person().and_then(|id| cx.state.people.with_id(id));
    if let Some(here) = here
        && let Some(nick) = rooms::nick_of(cx, here)
    {
        let rooms = rooms::entered(cx, here, entered.way.interface, &entered.rooms);
        (entered.nick, entered.guest, entered.rooms) = (nick.clone(), None, rooms.clone());
        if let Some(admitted) = &mut entered.way.admitted {
            (admitted.record.nick, admitted.record.rooms) = (nick, rooms);
            admitted.is_renamed = false;
        }
    }
    entered
}

/// The registered person is here by another device.
fn logged_in_as_here(cx: &Cx<'_>, mut logged_in: LoggedIn) -> LoggedIn {
    let here = cx.state.people.with_id(&logged_in.id);
    if let Some(nick) = here.and_then(|here| rooms::nick_of(cx, here)) {
        if let Some(record) = &mut logged_in.record {
            record.nick = nick.clone();
        }
        logged_in.new = nick;
    }
    logged_in
}

/// The fact of a person who has this nick by now.
fn with_nick<'a>(fact: Fact<'a>, nick: Option<Rc<str>>) -> Fact<'a> {
    let Some(nick) = nick else { return fact };
    match fact {
        Fact::Renamed(renamed) => Fact::Renamed(Renamed { old: nick, ..renamed }),
        Fact::Joined(joined) => Fact::Joined(Joined { nick, ..joined }),
        Fact::Left { by, room, .. } => Fact::Left { by, nick, room },
        Fact::Order(fact) => Fact::Order(fact.with_nick(nick)),
        // They have no nick, that of another person, or the one of the time when they happened.
        Fact::Entered(_)
        | Fact::Identified { .. }
        | Fact::Remembered(_)
        | Fact::Passing { .. }
        | Fact::Forgotten { .. }
        | Fact::Said(_)
        | Fact::Whispered(_)
        | Fact::Warned { .. }
        | Fact::Rules(_)
        | Fact::Words(_)
        | Fact::TopicSet(_)
        | Fact::Typing(_)
        | Fact::Read { .. }
        | Fact::TypingRelayed { .. }
        | Fact::Departed(_)
        | Fact::Expelled { .. }
        | Fact::Personal(_)
        | Fact::Registration(_)
        | Fact::Access(_)
        | Fact::HookMade { .. }
        | Fact::HookRemoved { .. }
        | Fact::Ordered(_) => fact,
    }
}
