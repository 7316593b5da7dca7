//! The registered people whose names a request is about. They are in the file, which `decide` does
//! not read; so they are looked up before.

use super::passwords::Checked;
use super::{AskedRegistration, RegisterRefusal, Registered, RegistrationFact};
use crate::chat::fact::{Entered, Fact, Renamed};
use crate::chat::history::{Claim, History, Registration};
use crate::chat::names;
use crate::chat::people::{Addressee, Away, People};
use crate::chat::recovery::Own;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Enter, Newcomer, Recipient, Request, TypingTarget, Visitor, Whisper};
use crate::chat::{Chat, Cx};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The claims on the names of a request, by the keys of names.
#[derive(Debug, Default)]
pub(in crate::chat) struct Claims {
    by_key: Vec<(Box<str>, Claim)>,
    /// The registered person to whom the request is addressed, if they are away or have another
    /// name now.
    person: Option<Away>,
}

/// Looks up the names of a request.
pub(in crate::chat) fn look_up(cx: &mut Cx<'_>, socket: SocketId, request: &Request<'_>) {
    if !cx.state.history.is_kept() {
        return;
    }
    let own = |back: &Option<Own>| back.as_ref().map(|own| own.nick.clone());
    let names: [Option<Rc<str>>; 3] = match request {
        Request::Rename { name, .. } => [Some(Rc::from(*name)), None, None],
        Request::Whisper(Whisper { to: Recipient::Named { name, .. }, .. })
        | Request::Read { target: TypingTarget::Person { name, .. }, .. } => {
            return look_for_person(cx, name);
        }
        Request::Whisper(Whisper { to: Recipient::LastWriter, .. }) => {
            return look_for_writer(cx, socket);
        }
        Request::Join { room } => return look_for_silence(cx, socket, room),
        Request::Moderate(asked) => [asked.of_anybody().map(Rc::from), None, None],
        Request::Registration(
            AskedRegistration::Register { .. } | AskedRegistration::Registered { .. },
        ) => {
            let person = cx.state.people.get(socket);
            [person.map(|person| person.nick.clone()), None, None]
        }
        Request::Registration(AskedRegistration::LoggedIn(Checked { known, .. })) => {
            [Some(known.nick.clone()), None, None]
        }
        Request::Enter(Enter { newcomer: Newcomer::Guest { back }, .. }) => [own(back), None, None],
        Request::Enter(Enter { newcomer: Newcomer::Visitor(visitor), .. }) => {
            let Visitor { nick, back, stored, .. } = &**visitor;
            let stored = stored.as_ref().map(|record| record.nick.clone());
            [nick.as_deref().map(|nick| nick.trim().into()), own(back), stored]
        }
        // They name nobody, or only people who are here.
        Request::Remember
        | Request::Forget { .. }
        | Request::Say(_)
        | Request::Rule(_)
        | Request::Words(_)
        | Request::SetTopic { .. }
        | Request::Leave { .. }
        | Request::Type { .. }
        | Request::Read { .. }
        | Request::RelayTyping { .. }
        | Request::Depart { .. }
        | Request::Personal(_)
        | Request::Registration(_)
        | Request::Invite(_) => return,
    };
    look_up_names(cx, names.into_iter().flatten());
}

/// Looks up the name that a fact gives to somebody, before it is decided once more.
pub(in crate::chat) fn look_up_again(cx: &mut Cx<'_>, fact: &Fact<'_>) {
    let name = match fact {
        Fact::Entered(Entered { nick, .. })
        | Fact::Registration(RegistrationFact::Registered(Registered { nick, .. })) => nick,
        Fact::Renamed(Renamed { new, .. }) => new,
        _ => return,
    };
    if cx.state.history.is_kept() {
        look_up_names(cx, std::iter::once(name.clone()));
    }
}

fn look_up_names(cx: &mut Cx<'_>, names: impl Iterator<Item = Rc<str>>) {
    let now = cx.now();
    let keys = names.flat_map(|name| names::nick_keys(&name));
    let found = keys.filter_map(|key| {
        let claim = cx.state.history.claim(now, &key)?;
        Some((key, claim))
    });
    let claims = Claims { by_key: found.collect(), person: None };
    cx.state.people.set_claims(claims);
}

/// The registered person called `name` now or in the last weeks, as somebody who is away; `None` if
/// somebody who is here has the name.
pub(in crate::chat) fn person_called(cx: &mut Cx<'_>, name: &str) -> Option<Away> {
    let now = cx.now();
    if matches!(cx.state.people.addressee(now.ms, name), Some(Addressee::Here(_))) {
        return None;
    }
    let history = &mut cx.state.history;
    let claim = names::nick_keys(name).find_map(|key| history.claim(now, &key))?;
    registered(history, &claim.id)
}

/// The registered person with this id.
fn registered(history: &mut History, id: &str) -> Option<Away> {
    let Registration { id, nick, .. } = history.registration(id)?;
    Some(Away { id, nick })
}

/// Looks up the person to whom a request is addressed.
fn look_for_person(cx: &mut Cx<'_>, name: &str) {
    let person = person_called(cx, name);
    note_person(cx, person);
}

/// Looks up the person who wrote to the asker last.
fn look_for_writer(cx: &mut Cx<'_>, socket: SocketId) {
    let Chat { people, history, .. } = cx.state;
    let writer = people.wrote_last(socket).filter(|writer| people.with_id(&writer.0).is_none());
    let person = writer.and_then(|writer| registered(history, &writer.0));
    note_person(cx, person);
}

/// Notes the person to whom a request is addressed, and how much waits for them.
fn note_person(cx: &mut Cx<'_>, person: Option<Away>) {
    let Chat { people, history, .. } = cx.state;
    if let Some(Away { id, .. }) = &person
        && people.with_id(id).is_none()
        && !people.mailboxes.counts(id)
    {
        let waiting = history.waiting_for(id).len();
        people.mailboxes.begin(id, u32::try_from(waiting).unwrap_or(u32::MAX));
    }
    people.set_claims(Claims { by_key: Vec::new(), person });
}

/// Looks whether anything was ever said in a room that a registered person begins.
fn look_for_silence(cx: &mut Cx<'_>, socket: SocketId, room: &str) {
    let person = cx.state.people.get(socket);
    let key = names::room_key(room).ok().filter(|key| !cx.state.rooms.is_there(key));
    let key = key.filter(|_| person.is_some_and(|person| person.is_registered));
    let silent = key.filter(|key| cx.state.history.is_silent(key));
    cx.state.rooms.note_silent(silent.map(Into::into));
}

impl Claims {
    /// The claim on names with this key.
    pub(in crate::chat) fn get(&self, key: &str) -> Option<&Claim> {
        self.by_key.iter().find(|(own, _)| **own == *key).map(|(_, claim)| claim)
    }
}

impl Claim {
    /// The refusal for anybody else who wants the name.
    pub(in crate::chat) fn refusal(&self) -> Refusal {
        let nick = self.nick.clone();
        if self.is_hooks() {
            return RegisterRefusal::IsHook(nick).into();
        }
        match self.is_former {
            true => RegisterRefusal::WasRegistered(nick).into(),
            false => RegisterRefusal::IsRegistered(nick).into(),
        }
    }
}

impl People {
    /// The claim on names with this key, if a request at hand is about one.
    pub(in crate::chat) fn claim(&self, key: &str) -> Option<&Claim> {
        self.claims.get(key)
    }

    /// Whether this name, or one that looks like it, is that of the registered person with this id,
    /// if a request at hand is about it.
    pub(in crate::chat) fn is_of(&self, id: &str, name: &str) -> bool {
        let mut keys = names::nick_keys(name);
        keys.any(|key| self.claim(&key).is_some_and(|claim| *claim.id == *id))
    }

    /// The registered person to whom the request at hand is addressed, if they are not here under
    /// the name that it uses.
    pub(in crate::chat) const fn absent(&self) -> Option<&Away> {
        self.claims.person.as_ref()
    }

    /// That person as a receiver.
    pub(in crate::chat) fn absent_addressee(&self) -> Option<Addressee> {
        self.absent().map(|person| self.as_addressee(person))
    }

    fn set_claims(&mut self, claims: Claims) {
        self.claims = claims;
    }
}
