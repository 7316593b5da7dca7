//! Requests to register, to log in and out, and to list and end devices, and what clients are told
//! of them.

use super::answers::{self, Named};
use super::rooms::NoArgs;
use super::tell::notice_to;
use super::{ChatInterface, request};
use crate::chat::access::Access;
use crate::chat::questions::{Question, question};
use crate::chat::registration::passwords::{self, Password};
use crate::chat::registration::{
    DeviceEnded, EndedDevice, ListedDevice, LoggedIn, LoggedOut, Registered, RegistrationFact,
};
use crate::chat::request::Asker;
use crate::chat::{Chat, Cx, registration, roles, tell};
use mio_socketio::{Ack, Events, SocketId};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Adds the handlers of requests.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on("register", request(register))
        .on("login", request(login))
        .on("logout", request(logout))
        .on("devices", request(devices))
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct RegisterArgs {
    password: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct LoginArgs {
    nick: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct DevicesArgs {
    /// The number of the device to end.
    end: Option<i64>,
}

/// The answer to a client that is known by another token from now on.
#[derive(Serialize)]
struct Known<'a> {
    nick: &'a str,
    token: &'a str,
}

#[derive(Serialize)]
struct DeviceList<'a> {
    devices: Vec<Row<'a>>,
}

/// A device in a list.
#[derive(Serialize)]
struct Row<'a> {
    number: i64,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<i64>,
    here: bool,
    /// It is the one that asks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own: bool,
}

fn register(cx: &mut Cx<'_>, asker: Asker, args: RegisterArgs) {
    passwords::register(cx, asker, Password(&args.password));
}

fn login(cx: &mut Cx<'_>, asker: Asker, args: LoginArgs) {
    let LoginArgs { nick, password } = &args;
    passwords::log_in(cx, asker, (nick.trim(), Password(password)), None);
}

fn logout(cx: &mut Cx<'_>, asker: Asker, _: NoArgs) {
    passwords::log_out(cx, asker);
}

/// Lists the devices, or ends one.
fn devices(cx: &mut Cx<'_>, asker: Asker, args: DevicesArgs) {
    match args.end {
        None => question(cx, asker, Question::Devices),
        Some(number) => passwords::end_device(cx, asker, number),
    }
}

/// Answers with the token by which the client is known from now on, if it is another one.
pub(super) fn grant_token(
    cx: &mut Cx<'_>,
    ack: Option<Ack>,
    token: &str,
    fact: &RegistrationFact<'_>,
) {
    match fact {
        RegistrationFact::LoggedIn(LoggedIn { by, new, .. })
        | RegistrationFact::LoggedOut(LoggedOut { by, new, .. }) => {
            answers::grant(cx, ack, Known { nick: new, token });
            tell_closed(cx, *by);
        }
        RegistrationFact::Registered(_)
        | RegistrationFact::DeviceEnded(_)
        | RegistrationFact::Reset(_) => grant(cx, ack, fact),
    }
}

/// Tells the asker that the request is done.
pub(super) fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, fact: &RegistrationFact<'_>) {
    match fact {
        RegistrationFact::Registered(Registered { by, id, nick, .. }) => {
            answers::grant(cx, ack, Named { nick });
            if let Some(hint) = roles::hint(cx, id, nick) {
                notice_to(cx, *by, &hint);
            }
        }
        RegistrationFact::LoggedIn(LoggedIn { new, .. })
        | RegistrationFact::LoggedOut(LoggedOut { new, .. }) => {
            answers::grant(cx, ack, Named { nick: new });
        }
        RegistrationFact::DeviceEnded(_) | RegistrationFact::Reset(_) => {
            answers::grant(cx, ack, ())
        }
    }
}

/// Tells somebody of what has happened without an answer to this client.
pub(super) fn tell_late(cx: &mut Cx<'_>, socket: SocketId, fact: &RegistrationFact<'_>) {
    match fact {
        RegistrationFact::Registered(Registered { nick, .. }) => {
            answers::tell_late(cx, socket, "register", Named { nick });
        }
        RegistrationFact::LoggedIn(LoggedIn { new, .. })
        | RegistrationFact::LoggedOut(LoggedOut { new, .. }) => {
            answers::tell_late(cx, socket, "nick", Named { nick: new });
        }
        RegistrationFact::DeviceEnded(_) | RegistrationFact::Reset(_) => (),
    }
}

/// Tells devices that have ended.
pub(super) fn tell(cx: &mut Cx<'_>, fact: &RegistrationFact<'_>) {
    match fact {
        RegistrationFact::DeviceEnded(DeviceEnded { by, ended, .. }) => tell_ended(cx, *by, *ended),
        // Other windows that came in by the same token.
        RegistrationFact::LoggedOut(LoggedOut { by, ended: Some(token), .. }) => {
            tell_ended(cx, *by, EndedDevice::Token(*token));
        }
        RegistrationFact::Reset(reset) => {
            for (socket, _) in registration::told(cx, reset) {
                tell_bye(cx, socket, reset.sentence());
            }
        }
        RegistrationFact::Registered(_)
        | RegistrationFact::LoggedIn(_)
        | RegistrationFact::LoggedOut(_) => (),
    }
}

/// Tells a device that it was ended. It is closed.
fn tell_ended(cx: &mut Cx<'_>, by: SocketId, ended: EndedDevice) {
    for socket in cx.state.people.ended(by, ended) {
        tell_bye(cx, socket, "you have ended this device from another one");
    }
}

/// Tells a device why it is closed.
fn tell_bye(cx: &mut Cx<'_>, socket: SocketId, error: &str) {
    if tell::is_at(cx, socket, &ChatInterface) {
        cx.emit(socket, "bye", (json!({"reason": "forgotten", "error": error}),));
    }
}

/// Tells a device that has logged out that it is closed, where nobody has invited the guest that it
/// would be.
fn tell_closed(cx: &mut Cx<'_>, socket: SocketId) {
    let is_registered = cx.state.people.get(socket).is_some_and(|person| person.is_registered);
    if !is_registered && cx.state.access == Access::Invite {
        let bye = json!({"reason": "forgotten", "error": "you have logged out"});
        cx.emit(socket, "bye", (bye,));
    }
}

/// Answers with the devices.
pub(super) fn list(cx: &mut Cx<'_>, ack: Option<Ack>, devices: &[ListedDevice]) {
    let devices = devices.iter().map(|device| {
        let ListedDevice { number, kind, since_ms, seen_ms, is_here, is_own, .. } = device;
        let (since, seen) = (*since_ms, *seen_ms);
        Row { number: *number, kind, since, seen, here: *is_here, own: *is_own }
    });
    answers::grant(cx, ack, DeviceList { devices: devices.collect() });
}
