//! Decides whether and how a newcomer comes in.

use super::Sockets;
use crate::chat::access::{Access, Pass};
use crate::chat::fact::{Admitted, Entered, Fact, Way};
use crate::chat::history::{KeptPerson, Token};
use crate::chat::interfaces::Interface;
use crate::chat::people::Client;
use crate::chat::recovery::Own;
use crate::chat::refusal::{AccessRefusal, Refusal};
use crate::chat::request::{Decision, Enter, Fresh, Newcomer, Visitor};
use crate::chat::{Chat, names};
use crate::limits::DEVICES_HERE_MAX;
use mio_socketio::{Now, SocketId};
use std::rc::Rc;

/// Decides how the newcomer at `socket` comes in.
///
/// # Errors
/// The refusal.
pub(super) fn decide<'a>(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    asked: Enter,
) -> Result<Decision<'a>, Refusal> {
    let Enter { from, interface, newcomer, pass } = asked;
    if let Some(ban) = from.and_then(|from| chat.ban(from)) {
        return Err(Refusal::Banned(ban.ending()));
    }
    if chat.access != Access::Open && !interface.logs_in() {
        return Err(AccessRefusal::NoWayToLogIn.into());
    }
    let is_known = match &newcomer {
        Newcomer::Guest { .. } => false,
        Newcomer::Visitor(visitor) => visitor.is_known(chat),
    };
    chat.may_enter(&pass, is_known)?;
    let entering = Entering { chat, sockets, socket, interface };
    let entered = match newcomer {
        Newcomer::Guest { back } => entering.guest(back),
        Newcomer::Visitor(visitor) => entering.visitor(*visitor)?,
    };
    let invitation = match pass {
        Pass::Invitation(invitation) if !is_known => Some(invitation),
        _ => None,
    };
    Ok(Decision::Happens(Fact::Entered(Entered { invitation, ..entered })))
}

impl Visitor {
    /// Whether they are a registered person, or somebody who is here.
    fn is_known(&self, chat: &Chat) -> bool {
        let is_here = self.token.is_some_and(|token| chat.people.by_token(&token).is_some());
        is_here || self.stored.as_ref().is_some_and(|record| record.is_registered)
    }
}

/// The newcomer, and all state on which the decision depends.
struct Entering<'s, S> {
    chat: &'s Chat,
    sockets: &'s S,
    socket: SocketId,
    interface: &'static dyn Interface,
}

impl<S: Sockets> Entering<'_, S> {
    /// A client that comes back is in its rooms already.
    fn guest(&self, back: Option<Own>) -> Entered {
        let (by, people, now_ms) = (self.socket, &self.chat.people, self.sockets.now().ms);
        let rooms = match &back {
            Some(_) => self.own_rooms(),
            None => vec![self.chat.rooms.lobby()],
        };
        let known = back.as_ref().and_then(|own| people.free_again(now_ms, None, "", &own.nick));
        let (guest, nick) = self.nick_or_guest(known);
        let id = back.and_then(|own| own.id);
        let way = Way { interface: self.interface, id, admitted: None };
        Entered { by, nick, guest, rooms, way, invitation: None }
    }

    fn visitor(&self, visitor: Visitor) -> Result<Entered, Refusal> {
        let Visitor { nick, client, shown, token, since, back, stored, fresh } = visitor;
        let now = self.sockets.now();
        let by_token = token.and_then(|token| self.chat.people.by_token(&token));
        // Another device of a registered person.
        let registered = stored.as_ref().filter(|record| record.is_registered);
        let by_id = registered.and_then(|record| self.chat.people.with_id(&record.id));
        let here = by_token.or(by_id);
        if here.is_some_and(|here| self.chat.people.devices(here).count() >= DEVICES_HERE_MAX) {
            return Err(Refusal::TooManyDevices);
        }
        let known = match here {
            Some(here) => self.record_of(here, token, stored),
            None => stored,
        };
        // Socket.IO's own recovery identifies a person too.
        let known = known.or_else(|| self.unwritten(back.as_ref()?, &fresh));
        let mut ended = Vec::new();
        // A token is valid for a limited time.
        let known = known.and_then(|mut record| {
            let old = record.token;
            let is_good = record.used(now, &token.unwrap_or(old)) || back.is_some();
            ended.extend(Some(old).filter(|old| !is_good || record.token != *old));
            is_good.then_some(record)
        });
        if let Some(ban) = known.as_ref().and_then(|record| self.chat.ban_of(&record.id)) {
            return Err(Refusal::Banned(ban.ending()));
        }
        let is_back = known.is_some();
        let was_called = known.as_ref().map(|record| record.nick.clone());
        let (guest, mut record) = match known {
            Some(record) => self.come_back(record),
            None => self.come_anew(nick.as_deref(), &fresh)?,
        };
        let has_new_token = !is_back || give_token(&mut record, now, shown, &fresh, &mut ended);
        // Only a person who has shown a token that was given here can come back: their nick is kept
        // for them.
        record.returns = is_back;
        let is_heard = is_back || since.is_some();
        let is_first = is_heard && !record.is_known;
        if is_heard {
            record.is_known = true;
            record.returns |= client != Client::App;
        }
        let (nick, rooms) = (record.nick.clone(), record.rooms.clone());
        let is_kept = |room: &Rc<str>| rooms.contains(room);
        let (known, left) = self.own_rooms().into_iter().partition(is_kept);
        let recovered = back.map(|own| !own.has_gaps);
        let admitted = Admitted {
            record,
            client,
            is_back,
            has_new_token,
            is_first,
            passing: None,
            is_renamed: was_called.is_some_and(|was| was != nick),
            ended,
            left,
            known,
            since: since.filter(|_| recovered.is_none()),
            recovered,
        };
        let admitted = Some(Box::new(admitted));
        let (by, way) = (self.socket, Way { interface: self.interface, id: None, admitted });
        Ok(Entered { by, nick, guest, rooms, way, invitation: None })
    }

    /// The record of the person at `here`, for one more device, which has shown `token`. It has the
    /// rooms of all devices that are here and, if each of these is in one room at a time, the rooms
    /// that the person was in last.
    fn record_of(
        &self,
        here: SocketId,
        token: Option<Token>,
        stored: Option<KeptPerson>,
    ) -> Option<KeptPerson> {
        let person = self.chat.people.get(here)?;
        let (nick, own) = (person.nick.clone(), person.record.as_deref().cloned());
        let record = own.or_else(|| stored.clone())?;
        let devices = self.chat.people.devices(here);
        let (mut rooms, mut is_in_all) = (Vec::new(), false);
        for socket in devices {
            let device = self.chat.people.device(socket);
            is_in_all |= device.is_some_and(|device| !device.interface.has_one_room());
            rooms.extend(self.rooms(socket));
        }
        if !is_in_all {
            rooms.extend(record.rooms.iter().cloned());
        }
        rooms.sort_unstable();
        rooms.dedup();
        let record = KeptPerson { nick, rooms, ..record };
        // The token of a registered person is the device's own.
        let token = token.or(stored.map(|stored| stored.token)).filter(|_| record.is_registered);
        Some(match token {
            Some(token) => KeptPerson {
                token,
                given_ms: self.sockets.now().unix_ms.cast_signed(),
                next: None,
                ..record
            },
            None => record,
        })
    }

    /// A person who has come back by Socket.IO's own recovery, and of whom the file has no record
    /// because they had only read.
    fn unwritten(&self, own: &Own, fresh: &Fresh) -> Option<KeptPerson> {
        let (id, lobby) = (own.id.clone()?, self.chat.rooms.lobby());
        let nick = own.nick.clone();
        let record = KeptPerson::new(self.sockets.now(), id, &fresh.secret, nick, lobby);
        Some(KeptPerson { rooms: self.own_rooms(), ..record })
    }

    /// A known person comes back, with their nick if nobody has taken it.
    fn come_back(&self, mut record: KeptPerson) -> (Option<u64>, KeptPerson) {
        let now = self.sockets.now();
        // The person at another device has their nick.
        let here = self.chat.people.with_id(&record.id);
        let here = here.and_then(|here| Some(self.chat.people.get(here)?.nick.clone()));
        let nick =
            here.or_else(|| self.chat.people.free_again(now.ms, None, &record.id, &record.nick));
        let (guest, nick) = self.nick_or_guest(nick);
        record.nick = nick;
        // A room whose name is no longer allowed could not even be left.
        let is_good = |room: &Rc<str>| {
            names::room_key(room).as_deref() == Ok(room)
                && self.chat.may_come_back_to(room, Some(&record.id))
        };
        let bad = record.rooms.extract_if(.., |room| !is_good(room)).count();
        if bad > 0 && record.rooms.is_empty() {
            record.rooms.push(self.chat.rooms.lobby());
        }
        record.seen_ms = now.unix_ms.cast_signed();
        record.is_here = true;
        (guest, record)
    }

    /// A new person, and the token by which they are known from now on.
    fn come_anew(
        &self,
        nick: Option<&str>,
        fresh: &Fresh,
    ) -> Result<(Option<u64>, KeptPerson), Refusal> {
        let (now, lobby) = (self.sockets.now(), self.chat.rooms.lobby());
        let nick = nick.map(|nick| self.chat.people.free(now.ms, None, nick.trim()));
        let (guest, nick) = self.nick_or_guest(nick.transpose()?);
        Ok((guest, KeptPerson::new(now, fresh.id.clone(), &fresh.secret, nick, lobby)))
    }

    /// A nick, or the next guest's if there is none.
    fn nick_or_guest(&self, nick: Option<Rc<str>>) -> (Option<u64>, Rc<str>) {
        nick.map(|nick| (None, nick)).unwrap_or_else(|| {
            let (guest, nick) = self.chat.people.next_guest(self.sockets.now().ms);
            (Some(guest), nick)
        })
    }

    /// The rooms that the newcomer is in already.
    fn own_rooms(&self) -> Vec<Rc<str>> {
        self.rooms(self.socket)
    }

    fn rooms(&self, socket: SocketId) -> Vec<Rc<str>> {
        let device = self.chat.people.device(socket);
        match device.and_then(|device| device.last_rooms()) {
            Some(last) => last.to_vec(),
            None => self.sockets.rooms(socket).map(|room| self.chat.rooms.shared(room)).collect(),
        }
    }
}

/// Gives a person who comes back a new token if they have not shown theirs, or if that is old.
/// Returns whether they have got one.
fn give_token(
    record: &mut KeptPerson,
    now: Now,
    shown: Option<Token>,
    fresh: &Fresh,
    ended: &mut Vec<Token>,
) -> bool {
    let given = (Token::of(&fresh.secret), now.unix_ms.cast_signed());
    match shown == Some(record.token) {
        // The old token is valid until the new one is used, which may get lost on its way.
        true if record.is_aging(now) => record.next = Some(given),
        true => return false,
        false => {
            ended.push(record.token);
            (record.token, record.given_ms, record.next) = (given.0, given.1, None);
        }
    }
    true
}
