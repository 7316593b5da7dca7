//! Private messages that were kept for a registered person who was away: they are given when the
//! person comes, by any device.

use super::fact::{Entered, Fact};
use super::history::{Message, RegistrationChange};
use super::people::Writer;
use super::registration::{LoggedIn, RegistrationFact};
use super::{Chat, Cx};
use crate::limits::{CONVERSATIONS_MAX, MAILBOX_GIVEN_MAX};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The messages that have waited for a person.
#[derive(Debug)]
pub(super) struct Mail {
    /// Each with the last nick of its author, the oldest first.
    pub(super) messages: Vec<(Message, Rc<str>)>,
    /// The number of older ones, which are in their conversations only.
    pub(super) older: usize,
}

/// After a fact by which somebody has come: gives them what has waited for them.
pub(super) fn give(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    let Some((by, told)) = comer(fact) else { return };
    let Chat { people, history, .. } = cx.state;
    let person = people.get(by).filter(|person| person.is_registered);
    let Some(id) = person.and_then(|person| person.id.clone()) else { return };
    let mut waiting = history.waiting_for(&id);
    if waiting.is_empty() {
        return;
    }
    history.change_registration(RegistrationChange::Given { id: id.clone() });
    waiting.retain(|number| match told {
        Told::Nothing => true,
        Told::After(since) => *number <= since,
        Told::All => false,
    });
    let older = waiting.len().saturating_sub(MAILBOX_GIVEN_MAX);
    let newest = waiting.drain(older..).filter_map(|number| history.message(number));
    let mut messages: Vec<Message> = newest.collect();
    messages.retain(|message| !people.hides(by, message.sender.as_deref(), &message.author));
    let Some(first) = messages.first() else { return };
    let known = history.conversations(&id, first.id - 1, None, CONVERSATIONS_MAX);
    let messages = messages.into_iter().map(|message| {
        let known = known.iter().find(|known| known.place == message.place);
        let nick = known.map_or_else(|| message.author.clone(), |known| known.nick.clone());
        (message, nick)
    });
    let mail = Mail { messages: messages.collect(), older };
    for (message, nick) in &mail.messages {
        if let Some(sender) = &message.sender {
            people.meet(by, nick, sender);
            people.wrote(by, Writer(sender.clone()));
        }
    }
    // A device at another node gets them there.
    if !cx.is_stand_in(by)
        && let Some(device) = cx.state.people.device(by)
    {
        device.interface.get().give(cx, by, mail);
    }
}

/// The messages of which a device that comes is told in another way.
#[derive(Debug, Clone, Copy)]
enum Told {
    Nothing,
    /// The ones after this number, which it names as the last that it has seen.
    After(i64),
    All,
}

/// The device that has come by a fact, and the messages of which it is told in another way.
fn comer(fact: &Fact<'_>) -> Option<(SocketId, Told)> {
    match fact {
        Fact::Entered(Entered { by, way, .. }) => {
            let admitted = way.admitted.as_ref()?;
            let told = match (admitted.recovered, admitted.since) {
                (Some(_), _) => Told::All,
                (None, Some(since)) => Told::After(since),
                (None, None) => Told::Nothing,
            };
            Some((*by, told))
        }
        Fact::Registration(RegistrationFact::LoggedIn(LoggedIn { by, .. })) => {
            Some((*by, Told::Nothing))
        }
        _ => None,
    }
}
