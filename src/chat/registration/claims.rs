//! The registered people whose names a request is about. They are in the file, which `decide` does
//! not read; so they are looked up before.

use super::passwords::Checked;
use super::{AskedRegistration, RegisterRefusal};
use crate::chat::Cx;
use crate::chat::history::Claim;
use crate::chat::names;
use crate::chat::people::People;
use crate::chat::recovery::Own;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Enter, Newcomer, Request, Visitor};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The claims on the names of a request, by the keys of names.
#[derive(Debug, Default)]
pub(in crate::chat) struct Claims(Vec<(Box<str>, Claim)>);

/// Looks up the names of a request.
pub(in crate::chat) fn look_up(cx: &mut Cx<'_>, socket: SocketId, request: &Request<'_>) {
    if !cx.state.history.is_kept() {
        return;
    }
    let own = |back: &Option<Own>| back.as_ref().map(|own| own.nick.clone());
    let names: [Option<Rc<str>>; 3] = match request {
        Request::Rename { name, .. } => [Some(Rc::from(*name)), None, None],
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
        _ => return,
    };
    let now = cx.now();
    let keys = names.into_iter().flatten().flat_map(|name| names::nick_keys(&name));
    let found = keys.filter_map(|key| {
        let claim = cx.state.history.claim(now, &key)?;
        Some((key, claim))
    });
    let claims = Claims(found.collect());
    cx.state.people.set_claims(claims);
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
        self.0.iter().find(|(own, _)| **own == *key).map(|(_, claim)| claim)
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

    fn set_claims(&mut self, claims: Claims) {
        self.claims = claims;
    }
}
