//! Registration, in words: the commands to register, to log in and out, and about devices.

use super::{TextDevice, TextInterface, answers, hints};
use crate::chat::access::Access;
use crate::chat::minute::Minute;
use crate::chat::questions::{Question, question};
use crate::chat::registration::passwords::{self, Password};
use crate::chat::registration::{
    DeviceEnded, ListedDevice, LoggedIn, LoggedOut, Registered, RegistrationFact, Reset,
};
use crate::chat::{Cx, registration, roles, tell};
use crate::words::{Command, Misuse, split_word};

/// A password may have spaces in it and, unlike a name, begins and ends as it was typed.
pub(super) fn register(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    passwords::register(cx, at.asker(), Password(rest));
}

pub(super) fn login(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let (name, password) = split_word(rest);
    passwords::log_in(cx, at.asker(), (name, Password(password)), None);
}

pub(super) fn logout(cx: &mut Cx<'_>, at: TextDevice, _: &str) {
    passwords::log_out(cx, at.asker());
}

pub(super) fn devices(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let number = match split_word(rest.trim_end()) {
        ("", _) => return question(cx, at.asker(), Question::Devices),
        ("end" | "revoke", number) | (number, _) => number,
    };
    match number.parse() {
        Ok(number) => passwords::end_device(cx, at.asker(), number),
        Err(_) => hints::misuse(cx, at, Misuse::Usage(Command::DEVICES)),
    }
}

/// Tells a netcat that it was ended. It is closed.
pub(super) fn tell(
    cx: &mut Cx<'_>,
    interface: &'static dyn TextInterface,
    fact: &RegistrationFact<'_>,
) {
    let DeviceEnded { by, ended, .. } = match fact {
        RegistrationFact::DeviceEnded(ended) => ended,
        RegistrationFact::Reset(reset) => return tell_reset(cx, interface, reset),
        RegistrationFact::Registered(_)
        | RegistrationFact::LoggedIn(_)
        | RegistrationFact::LoggedOut(_) => return,
    };
    for socket in cx.state.people.ended(*by, *ended) {
        if tell::is_at(cx, socket, interface) {
            interface.sentence(
                cx,
                socket,
                format_args!("you have ended this device from another one"),
            );
        }
    }
}

/// Tells the netcats of a person what an operator has done.
fn tell_reset(cx: &mut Cx<'_>, interface: &'static dyn TextInterface, reset: &Reset<'_>) {
    for (socket, _) in registration::told(cx, reset) {
        if tell::is_at(cx, socket, interface) {
            interface.sentence(cx, socket, format_args!("{}", reset.sentence()));
        }
    }
}

/// Tells the asker that it is done.
pub(super) fn answer(cx: &mut Cx<'_>, at: TextDevice, fact: &RegistrationFact<'_>) {
    match fact {
        RegistrationFact::Registered(registered) => tell_registered(cx, at, registered),
        RegistrationFact::LoggedIn(LoggedIn { new, .. }) => match answers::elsewhere(cx, at.socket)
        {
            None => at.tell(cx, format_args!("welcome back, {new}")),
            Some(doors) => {
                at.tell(cx, format_args!("welcome back, {new}. You are also here in {doors}."))
            }
        },
        RegistrationFact::LoggedOut(_) if cx.state.access == Access::Invite => {
            at.tell(cx, format_args!("you have logged out"));
        }
        RegistrationFact::LoggedOut(LoggedOut { new, .. }) => {
            at.tell(cx, format_args!("you are {new} now"));
        }
        RegistrationFact::DeviceEnded(DeviceEnded { number, .. }) => {
            at.tell(cx, format_args!("device {number} has ended"));
        }
        // Nobody has asked for it.
        RegistrationFact::Reset(_) => (),
    }
}

/// Tells somebody that the name is theirs, and perhaps how to own the chat.
fn tell_registered(cx: &mut Cx<'_>, at: TextDevice, registered: &Registered<'_>) {
    let Registered { id, nick, .. } = registered;
    at.tell(cx, format_args!("{nick} is yours now. From elsewhere: /login {nick} PASSWORD"));
    if let Some(hint) = roles::hint(cx, id, nick) {
        at.tell(cx, format_args!("{hint}"));
    }
}

/// Lists the devices of the asker.
pub(super) fn list(cx: &mut Cx<'_>, at: TextDevice, devices: &[ListedDevice]) {
    if devices.iter().all(|device| device.is_own) {
        return at.tell(cx, format_args!("you have no other devices"));
    }
    for ListedDevice { number, kind, since_ms, seen_ms, is_here, is_own, .. } in devices {
        let since = since_ms.map_or_else(String::new, |ms| format!(", since {} UTC", Minute(ms)));
        let used = seen_ms.map_or_else(String::new, |ms| format!(", last used {} UTC", Minute(ms)));
        let here = match (is_own, is_here) {
            (true, _) => ", this one",
            (false, true) => ", here now",
            (false, false) => "",
        };
        at.tell(cx, format_args!("{number} {kind}{since}{used}{here}"));
    }
    at.tell(cx, format_args!("/devices NUMBER ends one"));
}
