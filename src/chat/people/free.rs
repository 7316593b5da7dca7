//! Free nicks, and the people for whom they are free.

use super::{People, names};
use crate::chat::refusal::Refusal;
use crate::limits::NICK_NUMBERS_MAX;
use mio_socketio::SocketId;
use std::rc::Rc;

impl People {
    /// The nick of a newcomer who asks for `name`. The person at `older` is about to go.
    ///
    /// # Errors
    /// The refusal, which names the bearer.
    pub(in crate::chat) fn free(
        &self,
        now_ms: u64,
        older: Option<SocketId>,
        name: &str,
    ) -> Result<Rc<str>, Refusal> {
        let nick: Rc<str> = Rc::from(names::nick(name).map_err(Refusal::BadNick)?);
        self.is_free(now_ms, older, None, &nick).map(|()| nick)
    }

    /// The nick of a person who comes back and was called `nick`, with a number after it if the
    /// name is taken now. `None` if no such name is free, or the name is no longer allowed. The
    /// person at `older` is about to go.
    pub(in crate::chat) fn free_again(
        &self,
        now_ms: u64,
        older: Option<SocketId>,
        id: &str,
        nick: &Rc<str>,
    ) -> Option<Rc<str>> {
        let nick = Some(nick).filter(|nick| names::is_still_good(nick))?;
        numbered(nick).find(|nick| self.is_free(now_ms, older, Some(id), nick).is_ok())
    }

    /// Whether the person at the socket `me`, or with this id, can be called `nick`.
    pub(super) fn is_free(
        &self,
        now_ms: u64,
        me: Option<SocketId>,
        id: Option<&str>,
        nick: &Rc<str>,
    ) -> Result<(), Refusal> {
        let my_key = me.and_then(|me| self.key_of(me));
        for key in names::nick_keys(nick) {
            // First, because it may be the person themselves, from another program.
            if let Some(claim) = self.claim(&key).filter(|claim| Some(&*claim.id) != id) {
                return Err(claim.refusal());
            }
            let other = self.by_key.get(&key).filter(|other| Some(**other) != my_key);
            if let Some(other) = other {
                let name = self.person(*other).map_or(nick, |other| &other.nick);
                return Err(Refusal::Taken(name.clone()));
            }
            let held = self.holds.by_key(now_ms, &key).filter(|away| Some(&*away.id) != id);
            if let Some(away) = held {
                return Err(Refusal::Held(away.nick.clone()));
            }
        }
        Ok(())
    }

    /// Whether a name is that of a registered person other than the one with this id, as far as
    /// claims have been looked up.
    pub(in crate::chat) fn is_claimed(&self, id: Option<&str>, nick: &str) -> bool {
        let mut claims = names::nick_keys(nick).filter_map(|key| self.claim(&key));
        claims.any(|claim| Some(&*claim.id) != id)
    }

    /// Whether the person at `socket` can be called `nick`.
    ///
    /// # Errors
    /// The refusal, which names the bearer.
    pub(in crate::chat) fn free_for(
        &self,
        now_ms: u64,
        socket: SocketId,
        nick: &Rc<str>,
    ) -> Result<(), Refusal> {
        let id = self.get(socket).and_then(|person| person.id.as_deref());
        self.is_free(now_ms, Some(socket), id, nick)
    }

    /// The name for the person at `socket` who asks for `nick`: that name, or with a number after
    /// it. `None` if all these names are taken.
    pub(in crate::chat) fn free_like(
        &self,
        now_ms: u64,
        socket: SocketId,
        nick: &Rc<str>,
    ) -> Option<Rc<str>> {
        numbered(nick).find(|nick| self.free_for(now_ms, socket, nick).is_ok())
    }
}

/// A nick, and the same with numbers after it.
fn numbered(nick: &Rc<str>) -> impl Iterator<Item = Rc<str>> {
    let numbered = (2..NICK_NUMBERS_MAX).map(move |number| Rc::from(format!("{nick}~{number}")));
    std::iter::once(nick.clone()).chain(numbered)
}
