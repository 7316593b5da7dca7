//! The devices of a person: which there are, and which are here.

use super::EndedDevice;
use crate::chat::Cx;
use crate::chat::history::Device;
use crate::chat::people::DeviceHere;
use mio_socketio::SocketId;
use std::rc::Rc;

/// A device in a list.
#[derive(Debug)]
pub(in crate::chat) struct ListedDevice {
    pub(in crate::chat) number: i64,
    /// The kind of program.
    pub(in crate::chat) kind: Rc<str>,
    /// When its person logged in there, or came in by its token for the first time, in Unix
    /// milliseconds; `None` for a guest's.
    pub(in crate::chat) since_ms: Option<i64>,
    /// When it was last used, in Unix milliseconds, if that is kept.
    pub(in crate::chat) seen_ms: Option<i64>,
    pub(in crate::chat) is_here: bool,
    /// It is the one at which this is asked.
    pub(in crate::chat) is_own: bool,
    pub(in crate::chat) ended: EndedDevice,
}

/// The devices of the person at `socket`: those of a registered person that have a token, and then
/// the others that are here.
pub(in crate::chat) fn devices(cx: &mut Cx<'_>, socket: SocketId) -> Vec<ListedDevice> {
    let now = cx.now();
    let person = cx.state.people.get(socket).filter(|person| person.is_registered);
    let kept = match person.and_then(|person| person.id.clone()) {
        Some(id) => cx.state.history.devices(now, &id),
        None => Vec::new(),
    };
    let people = &cx.state.people;
    let own = people.visit(socket).map(|visit| visit.token);
    let mut devices: Vec<ListedDevice> = Vec::new();
    for (Device { token, number, kind, seen_ms, .. }, made_ms) in &kept {
        devices.push(ListedDevice {
            number: *number,
            kind: kind.clone(),
            since_ms: Some(*made_ms),
            seen_ms: Some(*seen_ms),
            is_here: !people.with_token(*token).is_empty(),
            is_own: own == Some(*token),
            ended: EndedDevice::Token(*token),
        });
    }
    let is_kept = |other: SocketId| {
        let token = people.visit(other).map(|visit| visit.token);
        kept.iter().any(|(device, _)| Some(device.token) == token)
    };
    let last = kept.iter().map(|(device, _)| device.number).max().unwrap_or_default();
    let others = people.devices(socket).filter(|other| !is_kept(*other));
    devices.extend(others.zip(last + 1..).map(|(other, number)| ListedDevice {
        number,
        kind: people.device(other).map_or("", DeviceHere::program).into(),
        since_ms: people.device(other).and_then(DeviceHere::logged_in_ms),
        seen_ms: None,
        is_here: true,
        is_own: other == socket,
        ended: EndedDevice::Here(other),
    }));
    devices
}
