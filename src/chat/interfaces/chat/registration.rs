//! Requests to register, to log in and out, and to list and end devices.

use super::answers::{self, grant};
use super::rooms::NoArgs;
use crate::chat::access::Access;
use crate::chat::ask::ask;
use crate::chat::fact::{Fact, LoggedIn, LoggedOut};
use crate::chat::history::Invitation;
use crate::chat::questions::{Question, question};
use crate::chat::registration::ListedDevice;
use crate::chat::registration::passwords::{self, Password};
use crate::chat::request::{Asker, Request};
use crate::chat::tell::Outcome;
use crate::chat::{Cx, access};
use crate::limits::{INVITATION_MS, INVITATION_USES};
use mio_socketio::{Ack, SocketId};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct RegisterArgs {
    password: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct LoginArgs {
    nick: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct DevicesArgs {
    /// The number of the device to end.
    end: Option<i64>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct InviteArgs {
    /// The number of people who may come in by it.
    uses: Option<u32>,
    /// Milliseconds for which it is good.
    #[serde(rename = "for")]
    for_ms: Option<i64>,
}

/// The answer to somebody who has made an invitation.
#[derive(Serialize)]
struct NewInvitation<'a> {
    code: &'a str,
    uses: u32,
    /// The time of its end, in Unix milliseconds.
    until: i64,
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
    seen: Option<i64>,
    here: bool,
    /// It is the one that asks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own: bool,
}

pub(super) fn register(cx: &mut Cx<'_>, asker: Asker, args: RegisterArgs) {
    ask(cx, asker, Request::Register { password: Password(&args.password) });
}

pub(super) fn login(cx: &mut Cx<'_>, asker: Asker, args: LoginArgs) {
    let LoginArgs { nick, password } = &args;
    passwords::log_in(cx, asker, (nick.trim(), Password(password)), None);
}

pub(super) fn logout(cx: &mut Cx<'_>, asker: Asker, _: NoArgs) {
    passwords::log_out(cx, asker);
}

pub(super) fn invite(cx: &mut Cx<'_>, asker: Asker, args: InviteArgs) {
    let InviteArgs { uses, for_ms } = args;
    let (uses, for_ms) = (uses.unwrap_or(INVITATION_USES), for_ms.unwrap_or(INVITATION_MS));
    access::invite(cx, asker, uses, for_ms);
}

/// Lists the devices, or ends one.
pub(super) fn devices(cx: &mut Cx<'_>, asker: Asker, args: DevicesArgs) {
    match args.end {
        None => question(cx, asker, Question::Devices),
        Some(number) => passwords::end_device(cx, asker, number),
    }
}

/// Answers with the token by which the client is known from now on.
pub(super) fn reply(
    cx: &mut Cx<'_>,
    socket: SocketId,
    ack: Option<Ack>,
    token: &str,
    outcome: Outcome<'_>,
) {
    match outcome {
        Outcome::Done(
            _,
            Fact::LoggedIn(LoggedIn { new, .. }) | Fact::LoggedOut(LoggedOut { new, .. }),
        ) => {
            grant(cx, ack, Known { nick: new, token });
            tell_closed(cx, socket);
        }
        Outcome::Done(_, Fact::InvitationMade { made, .. }) => {
            let Invitation { uses, until_ms, .. } = made;
            let (code, uses, until) = (token, *uses, *until_ms);
            grant(cx, ack, NewInvitation { code, uses, until });
        }
        outcome => answers::reply(cx, socket, ack, outcome),
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
        let ListedDevice { number, kind, seen_ms, is_here, is_own, .. } = device;
        Row { number: *number, kind, seen: *seen_ms, here: *is_here, own: *is_own }
    });
    grant(cx, ack, DeviceList { devices: devices.collect() });
}
