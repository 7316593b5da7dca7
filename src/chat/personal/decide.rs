//! The rules of personal requests.

use super::{AlreadyPersonal, AskedPersonal, PersonalFact, PersonalRefusal};
use crate::chat::decide::{Me, Sockets};
use crate::chat::fact::Fact;
use crate::chat::names;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Already, Decision};
use crate::limits::IGNORED_MAX;

impl<S: Sockets> Me<'_, S> {
    /// Decides a personal request.
    pub(in crate::chat) fn personal<'a>(
        &self,
        asked: AskedPersonal<'a>,
    ) -> Result<Decision<'a>, Refusal> {
        match asked {
            AskedPersonal::Ignore { name } => self.ignore(name),
            AskedPersonal::Unignore { name } => Ok(self.unignore(name)),
            AskedPersonal::Quiet { is_on } => self.quiet(is_on),
        }
    }

    /// Whether a personal fact that was decided before may still happen.
    pub(in crate::chat) const fn personal_still(&self, fact: &PersonalFact) -> Result<(), Refusal> {
        match fact {
            // Nothing but a ban of their author forbids these.
            PersonalFact::Ignored { .. }
            | PersonalFact::Unignored { .. }
            | PersonalFact::Quieted { .. } => Ok(()),
        }
    }

    fn ignore<'a>(&self, name: &str) -> Result<Decision<'a>, Refusal> {
        let found = self.called(name).ok_or_else(|| Refusal::nobody(name))?;
        if self.is_me(&found) {
            return Err(Refusal::Yourself);
        }
        let (by, people) = (self.socket, &self.chat.people);
        let ignored = people.to_ignore(&found).ok_or(Refusal::JustGone)?;
        if people.is_ignored(by, &ignored) {
            return Ok(is_so(AlreadyPersonal::Ignored(ignored.nick)));
        }
        if people.ignored(by).len() >= IGNORED_MAX {
            return Err(PersonalRefusal::TooManyIgnored.into());
        }
        let id = self.registered_id();
        Ok(happens(PersonalFact::Ignored { by, id, ignored }))
    }

    fn unignore<'a>(&self, name: &str) -> Decision<'a> {
        let by = self.socket;
        match self.chat.people.ignored_as(by, name) {
            Some(ignored) => {
                let (nick, whom) = (ignored.nick.clone(), ignored.whom().into());
                happens(PersonalFact::Unignored { by, id: self.registered_id(), nick, whom })
            }
            None => is_so(AlreadyPersonal::NotIgnored(names::head(name).into())),
        }
    }

    fn quiet<'a>(&self, is_on: bool) -> Result<Decision<'a>, Refusal> {
        if self.chat.quiet.has(self.person) == is_on {
            return Ok(is_so(AlreadyPersonal::Quiet(is_on)));
        }
        if is_on && !self.chat.quiet.has_place() {
            return Err(PersonalRefusal::TooManyQuiet.into());
        }
        let (by, id) = (self.socket, self.person.id.clone().ok_or(Refusal::JustGone)?);
        Ok(happens(PersonalFact::Quieted { by, id, is_on }))
    }
}

const fn happens<'a>(fact: PersonalFact) -> Decision<'a> {
    Decision::Happens(Fact::Personal(fact))
}

const fn is_so<'a>(already: AlreadyPersonal) -> Decision<'a> {
    Decision::IsSo(Already::Personal(already))
}
