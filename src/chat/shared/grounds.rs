//! The grounds on which people are let in: the account of a registered person, or the token of a
//! device. A node lets people in by what it has read. If it then reads that the account was reset,
//! or that the device has ended, before the fact that lets them in is in the stream, the broker
//! refuses that fact (`subjects`), and it is given up here.

use super::Waiting;
use crate::chat::fact::{Admitted, Entered, Fact};
use crate::chat::history::Token;
use crate::chat::registration::{
    DeviceEnded, EndedDevice, LoggedIn, LoggedOut, RegisterRefusal, RegistrationFact, Reset,
};
use crate::chat::{Chat, Cx, tell};
use mio_socketio::CloseReason;
use std::rc::Rc;

/// The grounds on which a fact that waits lets somebody in.
#[derive(Debug)]
pub(super) struct Grounds {
    /// The id of the person.
    id: Rc<str>,
    /// The tokens that they have, and had until now.
    tokens: Vec<Token>,
    /// The refusal if one of them ends.
    refusal: RegisterRefusal,
    /// One of them has ended since.
    are_over: bool,
}

/// Something by which people are let in has ended.
enum End {
    /// The account of the person with this id has another password, or is gone.
    Account(Rc<str>),
    /// A device, by its token.
    Device(Token),
}

impl Grounds {
    /// The grounds of a fact; `None` if it lets in nobody who was known before.
    pub(super) fn of(fact: &Fact<'_>) -> Option<Box<Self>> {
        let (id, tokens, refusal) = match fact {
            Fact::Entered(Entered { way, .. }) => {
                let Admitted { record, ended, .. } = way.admitted.as_deref()?;
                let tokens = ended.iter().copied().chain([record.token]).collect();
                (&record.id, tokens, RegisterRefusal::DeviceEnded)
            }
            Fact::Registration(RegistrationFact::LoggedIn(LoggedIn { id, new, .. })) => {
                (id, Vec::new(), RegisterRefusal::WrongPassword(new.clone()))
            }
            _ => return None,
        };
        Some(Box::new(Self { id: id.clone(), tokens, refusal, are_over: false }))
    }

    fn has(&self, end: &End) -> bool {
        match end {
            End::Account(id) => self.id == *id,
            End::Device(token) => self.tokens.contains(token),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.tokens)
    }
}

impl End {
    /// The end that a fact is, before it is applied.
    fn of(chat: &Chat, fact: &Fact<'_>) -> Option<Self> {
        match fact {
            Fact::Registration(RegistrationFact::Reset(Reset { id, .. })) => {
                Some(Self::Account(id.clone()))
            }
            Fact::Registration(
                RegistrationFact::DeviceEnded(DeviceEnded {
                    ended: EndedDevice::Token(token), ..
                })
                | RegistrationFact::LoggedOut(LoggedOut { ended: Some(token), .. }),
            ) => Some(Self::Device(*token)),
            Fact::Forgotten { by, .. } => {
                let record = chat.people.record(*by)?;
                let own = chat.people.visit(*by).filter(|_| record.is_registered);
                Some(Self::Device(own.map_or(record.token, |visit| visit.token)))
            }
            _ => None,
        }
    }
}

/// A fact is about to be applied. Notes the facts that wait and whose grounds it ends: they are not
/// in the stream before it.
pub(super) fn note_end(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    let Some(end) = End::of(cx.state, fact) else { return };
    let Some(node) = cx.state.journal.node_mut() else { return };
    let all = node.waiting.iter_mut().filter_map(|waiting| waiting.grounds.as_mut());
    all.filter(|grounds| grounds.has(&end)).for_each(|grounds| grounds.are_over = true);
}

/// Gives up a fact whose grounds are over. Gives back any other.
pub(super) fn give_up(cx: &mut Cx<'_>, mut waiting: Waiting) -> Option<Waiting> {
    let Some(grounds) = waiting.grounds.take_if(|grounds| grounds.are_over) else {
        return Some(waiting);
    };
    match waiting.asker {
        Some(asker) => tell::refused(cx, asker, &grounds.refusal.into()),
        None => cx.close(waiting.by, CloseReason::Forgotten),
    }
    None
}
