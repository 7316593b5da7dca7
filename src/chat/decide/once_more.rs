//! Decides once more on facts of which the asker's server learnt too late that they depend on what
//! others had done before: on one of many nodes, a ban or the deletion of a room may come first.

use super::{Me, Sockets};
use crate::chat::Chat;
use crate::chat::fact::{Entered, Fact, Joined, NOBODY, Said, TopicSet, Whispered};
use crate::chat::order::{OrderFact, OrderRefusal};
use crate::chat::refusal::Refusal;
use crate::chat::registration::{LoggedIn, RegistrationFact};
use crate::chat::rules::{LetIn, RoomRefusal, RuleMade, RulesFact};
use std::rc::Rc;

/// Decides by the state of now whether a fact that was decided before may happen. Returns it, and
/// what must be otherwise in it is.
///
/// # Errors
/// The refusal.
pub(in crate::chat) fn once_more<'a>(
    chat: &Chat,
    sockets: &impl Sockets,
    fact: Fact<'a>,
) -> Result<Fact<'a>, Refusal> {
    let by = fact.by();
    match fact {
        Fact::Entered(entered) => enters(chat, sockets, entered).map(Fact::Entered),
        // A hook may say something, and an operator may do anything.
        fact if by == NOBODY => Ok(fact),
        fact => match Me::of(chat, sockets, by)? {
            me if takes_part(&fact) => me.once_more(fact),
            _ => Ok(fact),
        },
    }
}

/// Whether a fact is more than that a person takes something back or goes.
const fn takes_part(fact: &Fact<'_>) -> bool {
    !matches!(
        fact,
        Fact::Left { .. } | Fact::Departed(_) | Fact::Registration(RegistrationFact::LoggedOut(_))
    )
}

/// A newcomer comes to those of their rooms that they may still enter.
fn enters(chat: &Chat, sockets: &impl Sockets, entered: Entered) -> Result<Entered, Refusal> {
    let Entered { by, mut rooms, mut way, mut nick, mut guest, invitation } = entered;
    let id = way.id().cloned();
    let of_person = id.as_deref().and_then(|id| chat.ban_of(id));
    let ban = of_person.or_else(|| chat.ban(sockets.peer(by)?));
    if let Some(ban) = ban {
        return Err(Refusal::Banned(ban.ending()));
    }
    rooms.retain(|room| chat.may_come_back_to(room, id.as_deref()));
    if rooms.is_empty() {
        rooms.push(chat.rooms.lobby());
    }
    // Somebody has registered the name.
    if guest.is_none() && chat.people.is_claimed(id.as_deref(), &nick) {
        let (number, name) = chat.people.next_guest(sockets.now().ms);
        (guest, nick) = (Some(number), name);
    }
    if let Some(admitted) = &mut way.admitted {
        admitted.record.rooms.clone_from(&rooms);
        admitted.is_renamed |= admitted.is_back && admitted.record.nick != nick;
        admitted.record.nick = nick.clone();
    }
    Ok(Entered { by, nick, guest, rooms, way, invitation })
}

impl<S: Sockets> Me<'_, S> {
    fn once_more<'a>(&self, fact: Fact<'a>) -> Result<Fact<'a>, Refusal> {
        // It may have been done by a deed.
        if let Fact::Order(OrderFact::Removed(removed)) = &fact {
            return self.was_in(&removed.room).map(|()| fact);
        }
        self.not_banned()?;
        match &fact {
            Fact::Said(Said { room, relayed, .. }) => {
                self.not_muted()?;
                // Clients of namespace `/` say something in rooms in which they are not.
                match relayed {
                    Some(_) => self.enterable(room)?,
                    None => self.was_in(room)?,
                }
                self.speakable(room)?;
            }
            // A muted person may speak to those who keep order.
            Fact::Whispered(Whispered { to, reader, .. }) => {
                if !self.is_keeper(*to, &reader.id) {
                    self.not_muted()?;
                }
            }
            Fact::TopicSet(TopicSet { room, .. }) => {
                self.not_muted()?;
                self.was_in(room)?;
                self.speakable(room)?;
            }
            Fact::Renamed(renamed) => {
                self.not_muted()?;
                self.chat.people.free_for(self.sockets.now().ms, self.socket, &renamed.new)?;
            }
            Fact::Joined(joined) => return self.joins(joined).map(Fact::Joined),
            Fact::Words(words) => self.may_still_change(words)?,
            Fact::Rules(RulesFact::RuleMade(RuleMade { room, rule, .. })) => {
                self.rules_still(room)?;
                let made = self.rule_made(room.clone(), *rule)?;
                return Ok(Fact::Rules(RulesFact::RuleMade(made)));
            }
            Fact::Rules(RulesFact::LetIn(LetIn { room, id, guest, is_on, .. })) => {
                self.rules_still(room)?;
                if !is_on && self.chat.roles.owns(id, room) {
                    return Err(OrderRefusal::Outranked(guest.clone()).into());
                }
            }
            Fact::Order(fact) => fact.deed().map_or(Ok(()), |deed| self.may_still_do(deed))?,
            Fact::Registration(fact) => self.registers_still(fact)?,
            Fact::Personal(fact) => self.personal_still(fact)?,
            // Nothing but a ban of their author forbids these.
            Fact::Entered(_)
            | Fact::Identified { .. }
            | Fact::Remembered(_)
            | Fact::Passing { .. }
            | Fact::Forgotten { .. }
            | Fact::Warned { .. }
            | Fact::Left { .. }
            | Fact::Typing(_)
            | Fact::Read { .. }
            | Fact::TypingRelayed { .. }
            | Fact::Departed(_)
            | Fact::Expelled { .. }
            | Fact::Access(_)
            | Fact::HookMade { .. }
            | Fact::HookRemoved { .. }
            | Fact::Ordered(_) => (),
        }
        Ok(fact)
    }

    fn registers_still(&self, fact: &RegistrationFact<'_>) -> Result<(), Refusal> {
        match fact {
            RegistrationFact::LoggedIn(LoggedIn { id, .. }) => match self.chat.ban_of(id) {
                Some(ban) => Err(OrderRefusal::LoginBanned(ban.ending()).into()),
                None => Ok(()),
            },
            // By another device, perhaps, or somebody else has the name now.
            RegistrationFact::Registered(_) => self.may_register(),
            RegistrationFact::LoggedOut(_)
            | RegistrationFact::DeviceEnded(_)
            | RegistrationFact::Reset(_) => Ok(()),
        }
    }

    /// They come to a room that somebody else may have begun first.
    fn joins(&self, joined: &Joined) -> Result<Joined, Refusal> {
        let Joined { by, nick, room, from, owns, unowned, .. } = joined;
        self.enterable(room)?;
        let is_begun = self.chat.rooms.is_there(room) || self.chat.roles.owners(room) > 0;
        if !is_begun {
            self.not_muted()?;
        }
        let (by, nick, room, from) = (*by, nick.clone(), room.clone(), from.clone());
        let (owns, unowned) = (*owns && !is_begun, unowned.filter(|_| !is_begun));
        let id = self.registered_id();
        Ok(Joined { by, nick, id, room, from, owns, unowned })
    }

    fn rules_still(&self, room: &Rc<str>) -> Result<(), Refusal> {
        match self.chat.may_rule(room, self.person) && !self.chat.rooms.is_gone(room) {
            true => self.not_muted(),
            false => Err(RoomRefusal::NotOwner(room.clone()).into()),
        }
    }

    /// Refuses unless they are in a room, or were when their connection ended a moment ago.
    pub(in crate::chat) fn was_in(&self, room: &str) -> Result<(), Refusal> {
        let last = self.device.last_rooms();
        let is_there =
            last.map_or_else(|| self.is_in(room), |last| last.iter().any(|own| **own == *room));
        match is_there {
            true => Ok(()),
            false => Err(Refusal::NotInRoom(room.into())),
        }
    }
}
