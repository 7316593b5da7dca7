//! What comes of it that somebody wants to come in.

use super::Sockets;
use crate::chat::Chat;
use crate::chat::fact::{Entered, EnteredBy, Fact};
use crate::chat::recovery::Own;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Decision, Enter, Newcomer};
use mio_socketio::SocketId;
use std::rc::Rc;

/// What comes of it that the one at `socket` wants to come in.
///
/// # Errors
/// Why they may not.
pub(super) fn decide<'a>(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    asked: Enter,
) -> Result<Decision<'a>, Refusal> {
    let Enter { from, newcomer } = asked;
    if let Some(ban) = from.and_then(|from| chat.ban(from)) {
        return Err(Refusal::Banned(ban.until_ms));
    }
    let entering = Entering { chat, sockets, socket };
    Ok(Decision::Happens(Fact::Entered(match newcomer {
        Newcomer::Lines => entering.by_lines(),
        Newcomer::Root { back } => entering.by_root(back),
    })))
}

/// The newcomer, and all that there is to look at.
struct Entering<'s, S> {
    chat: &'s Chat,
    sockets: &'s S,
    socket: SocketId,
}

impl<S: Sockets> Entering<'_, S> {
    fn by_lines(&self) -> Entered {
        let (guest, nick) = self.chat.people.next_guest(self.sockets.now_ms());
        let (by, rooms) = (self.socket, vec![self.chat.rooms.lobby()]);
        Entered { by, nick, guest: Some(guest), rooms, door: EnteredBy::Lines }
    }

    /// A client that comes back is in its rooms already.
    fn by_root(&self, back: Option<Own>) -> Entered {
        let (by, people, now_ms) = (self.socket, &self.chat.people, self.sockets.now_ms());
        let rooms = match &back {
            Some(_) => self.own_rooms(),
            None => vec![self.chat.rooms.lobby()],
        };
        let known = back.as_ref().and_then(|own| people.free_again(now_ms, "", &own.nick));
        let (guest, nick) = self.nick_or_guest(known);
        let id = back.and_then(|own| own.id);
        Entered { by, nick, guest, rooms, door: EnteredBy::Root { id } }
    }

    /// A nick, or the next guest's if there is none.
    fn nick_or_guest(&self, nick: Option<Rc<str>>) -> (Option<u64>, Rc<str>) {
        nick.map(|nick| (None, nick)).unwrap_or_else(|| {
            let (guest, nick) = self.chat.people.next_guest(self.sockets.now_ms());
            (Some(guest), nick)
        })
    }

    /// The rooms that the newcomer is in already.
    fn own_rooms(&self) -> Vec<Rc<str>> {
        self.sockets.rooms(self.socket).map(|room| self.chat.rooms.shared(room)).collect()
    }
}
