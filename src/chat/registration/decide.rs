//! Decides requests to register, to log in and out, and to end a device.

use super::passwords::{Checked, Password};
use super::{AskedRegistration, DeviceEnded, ListedDevice, LoggedIn, LoggedOut, Registered};
use super::{RegisterRefusal, RegistrationFact};
use crate::chat::Chat;
use crate::chat::decide::{Me, Sockets};
use crate::chat::fact::Fact;
use crate::chat::history::{Device, KeptPerson, Registration, Token};
use crate::chat::names;
use crate::chat::people::Visit;
use crate::chat::refusal::{OrderRefusal, Refusal};
use crate::chat::request::{Already, Decision, Fresh, Work};
use crate::limits::{DEVICES_HERE_MAX, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN};
use mio_socketio::SocketId;
use std::rc::Rc;

/// Decides a request about a registration. Somebody who has not come in yet may try a password.
pub(in crate::chat) fn decide<'a>(
    chat: &Chat,
    sockets: &impl Sockets,
    socket: SocketId,
    asked: AskedRegistration<'a>,
) -> Result<Decision<'a>, Refusal> {
    let me = || Me::of(chat, sockets, socket);
    match asked {
        AskedRegistration::Register { password } => me()?.register(password),
        AskedRegistration::Registered { hash, fresh } => me()?.registered(hash, fresh),
        AskedRegistration::LogIn { name, password, known, arrival: None } => {
            me()?.log_in(name, password, known)
        }
        AskedRegistration::LogIn { name, password, known, arrival } => {
            let known = check(chat, name, password, known)?;
            Ok(Decision::Works(Work::Check(password, known, arrival)))
        }
        AskedRegistration::LoggedIn(checked) => me()?.logged_in(checked),
        AskedRegistration::LogOut { fresh } => me()?.log_out(fresh),
        AskedRegistration::EndDevice { number, devices } => me()?.end_device(number, &devices),
    }
}

impl<S: Sockets> Me<'_, S> {
    fn register<'a>(&self, password: Password<'a>) -> Result<Decision<'a>, Refusal> {
        self.may_register()?;
        let bytes = password.0.len();
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&bytes) {
            return Err(RegisterRefusal::BadPassword.into());
        }
        Ok(Decision::Works(Work::Hash(password)))
    }

    /// Whether they may have their nick for good.
    pub(in crate::chat) fn may_register(&self) -> Result<(), Refusal> {
        let nick = &self.person.nick;
        // At a node that had not read of it yet, they may have come in again as a guest.
        let is_claimed =
            self.person.id.as_deref().is_some_and(|id| self.chat.people.is_of(id, nick));
        if self.person.is_registered || is_claimed {
            return Err(RegisterRefusal::RegisteredAlready(nick.clone()).into());
        }
        if !self.chat.history.keeps_registrations() {
            return Err(self.no_registrations().into());
        }
        // A guest's name, or one with a number after it, is the server's.
        names::nick(nick).map_err(|_| RegisterRefusal::NoOwnName)?;
        self.chat.people.free_for(self.sockets.now().ms, self.socket, nick)
    }

    pub(in crate::chat) fn no_registrations(&self) -> RegisterRefusal {
        no_registrations(self.chat)
    }

    fn registered<'a>(&self, hash: &'a str, fresh: Fresh) -> Result<Decision<'a>, Refusal> {
        self.may_register()?;
        let id = self.person.id.clone().unwrap_or(fresh.id);
        let visit = self.device.visit().zip(self.person.record.as_deref());
        let device =
            visit.map(|(visit, record)| self.kept_device(&id, record.token, visit.client.as_str()));
        let (by, nick) = (self.socket, self.person.nick.clone());
        let ignored = self.chat.people.all_ignored(by);
        let registered = Registered { by, id, nick, hash, device, ignored };
        Ok(happens(RegistrationFact::Registered(registered)))
    }

    fn log_in<'a>(
        &self,
        name: &str,
        password: Password<'a>,
        known: Option<Registration>,
    ) -> Result<Decision<'a>, Refusal> {
        let known = check(self.chat, name, password, known)?;
        // Even somebody who is logged in needs the right password.
        if self.person.is_registered && self.person.id.as_ref() != Some(&known.id) {
            return Err(RegisterRefusal::LogOutFirst(self.person.nick.clone()).into());
        }
        Ok(Decision::Works(Work::Check(password, known, None)))
    }

    fn logged_in<'a>(
        &self,
        Checked { known, stored, fresh }: Checked,
    ) -> Result<Decision<'a>, Refusal> {
        if self.person.is_registered {
            let nick = self.person.nick.clone();
            return match self.person.id.as_ref() == Some(&known.id) {
                true => Ok(Decision::IsSo(Already::LoggedIn(nick))),
                false => Err(RegisterRefusal::LogOutFirst(nick).into()),
            };
        }
        // Only somebody who has the password is told.
        if let Some(ban) = self.chat.ban_of(&known.id) {
            return Err(OrderRefusal::LoginBanned(ban.ending()).into());
        }
        let (people, now) = (&self.chat.people, self.sockets.now());
        let Registration { id, nick, .. } = known;
        let other = people.with_id(&id);
        if other.is_some_and(|other| people.devices(other).count() >= DEVICES_HERE_MAX) {
            return Err(Refusal::TooManyDevices);
        }
        // At another device they have their nick.
        let here = other.and_then(|other| Some(people.get(other)?.nick.clone()));
        // Somebody else has it only after a disturbance among nodes.
        let new = here.or_else(|| people.free_again(now.ms, Some(self.socket), &id, &nick));
        let (by, old) = (self.socket, self.person.nick.clone());
        let new = new.unwrap_or_else(|| old.clone());
        let rooms = self.rooms();
        let token = Token::of(&fresh.secret);
        let visit = self.device.visit();
        let device =
            visit.map(|Visit { client, .. }| self.kept_device(&id, token, client.as_str()));
        let record = visit.map(|_| {
            let (nick, rooms, given_ms) = (new.clone(), rooms.clone(), now.unix_ms.cast_signed());
            let here = KeptPerson { token, given_ms, next: None, nick, rooms, ..*stored };
            Box::new(KeptPerson { seen_ms: given_ms, ..here.registered() })
        });
        let logged_in = LoggedIn { by, id, old, new, rooms, record, device };
        Ok(happens(RegistrationFact::LoggedIn(logged_in)))
    }

    fn log_out<'a>(&self, fresh: Fresh) -> Result<Decision<'a>, Refusal> {
        if !self.person.is_registered {
            return Err(RegisterRefusal::NotLoggedIn.into());
        }
        let now = self.sockets.now();
        let (guest, new) = self.chat.people.next_guest(now.ms);
        let (by, old, rooms) = (self.socket, self.person.nick.clone(), self.rooms());
        let visit = self.device.visit();
        let ended = visit.map(|visit| visit.token);
        let record = visit.map(|_| {
            let (id, lobby) = (fresh.id.clone(), self.chat.rooms.lobby());
            let record = KeptPerson::new(now, id, &fresh.secret, new.clone(), lobby);
            Box::new(KeptPerson { rooms: rooms.clone(), ..record })
        });
        let id = fresh.id;
        let logged_out = LoggedOut { by, id, old, new, guest, rooms, record, ended };
        Ok(happens(RegistrationFact::LoggedOut(logged_out)))
    }

    fn end_device<'a>(
        &self,
        number: i64,
        devices: &[ListedDevice],
    ) -> Result<Decision<'a>, Refusal> {
        let device = devices.iter().find(|device| device.number == number);
        let device = device.ok_or(RegisterRefusal::NoDevice(number))?;
        if device.is_own {
            return Err(RegisterRefusal::ThisDevice.into());
        }
        let (by, ended) = (self.socket, device.ended);
        Ok(happens(RegistrationFact::DeviceEnded(DeviceEnded { by, number, ended })))
    }

    /// The program that the person uses, as a device of the registered person with this id.
    fn kept_device(&self, id: &Rc<str>, token: Token, kind: &str) -> Device {
        let seen_ms = self.sockets.now().unix_ms.cast_signed();
        Device { token, id: id.clone(), number: 0, kind: kind.into(), seen_ms }
    }
}

const fn happens(fact: RegistrationFact<'_>) -> Decision<'_> {
    Decision::Happens(Fact::Registration(fact))
}

/// The registered person of this name, for whom a password may be tried.
fn check(
    chat: &Chat,
    name: &str,
    password: Password<'_>,
    known: Option<Registration>,
) -> Result<Registration, Refusal> {
    if !chat.history.keeps_registrations() {
        return Err(no_registrations(chat).into());
    }
    let known = known.ok_or_else(|| RegisterRefusal::NotRegistered(names::head(name).into()))?;
    match password.0.len() > PASSWORD_BYTES_MAX {
        true => Err(RegisterRefusal::WrongPassword(known.nick).into()),
        false => Ok(known),
    }
}

fn no_registrations(chat: &Chat) -> RegisterRefusal {
    match chat.history.is_kept() {
        true => RegisterRefusal::NotKept,
        false => RegisterRefusal::NoRegistrations,
    }
}
