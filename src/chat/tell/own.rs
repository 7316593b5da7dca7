//! The telling of a person's facts to their other devices: each shows the same.

use crate::chat::fact::row::OwnDevices;
use crate::chat::fact::{Fact, Stamp};
use crate::chat::registration::LoggedIn;
use crate::chat::{Cx, rooms};
use mio_socketio::SocketId;
use std::rc::Rc;

/// The other devices of a person that are told of a fact.
#[derive(Debug, Default)]
pub(in crate::chat) struct Others {
    /// The devices that are told the fact.
    told: Vec<SocketId>,
    /// The devices that come to a room.
    joined: Vec<(SocketId, Rc<str>)>,
}

/// The devices that must be told of a fact, before it is applied.
pub(in crate::chat) fn others_of(cx: &Cx<'_>, fact: &Fact<'_>) -> Others {
    let by = fact.by();
    let is_in = |socket: SocketId, room: &str| cx.rooms(socket).any(|own| *own == *room);
    match fact.row().own {
        OwnDevices::Nothing => Others::default(),
        OwnDevices::Told => Others { told: others(cx, by).collect(), ..Others::default() },
        OwnDevices::ToldIn(room) => {
            let told = others(cx, by).filter(|socket| is_in(*socket, room)).collect();
            Others { told, ..Others::default() }
        }
        OwnDevices::Come(room) => {
            let absent = others(cx, by).filter(|socket| !is_in(*socket, room));
            let joined = absent.map(|socket| (socket, room.clone())).collect();
            Others { joined, ..Others::default() }
        }
        OwnDevices::Meet(LoggedIn { id, rooms, .. }) => {
            let Some(other) = cx.state.people.with_id(id) else { return Others::default() };
            let rooms = rooms::both(cx, other, rooms);
            let devices = cx.state.people.devices(other).chain([by]);
            let absent = |socket: SocketId| {
                let rooms = rooms.iter().filter(move |room| !is_in(socket, room));
                rooms.map(move |room| (socket, room.clone()))
            };
            Others { joined: devices.flat_map(absent).collect(), ..Others::default() }
        }
    }
}

/// Tells them, once the fact is applied.
pub(in crate::chat) fn tell(cx: &mut Cx<'_>, stamp: Stamp, fact: &Fact<'_>, others: Others) {
    let Others { told, joined } = others;
    let interface = |cx: &Cx<'_>, socket| {
        let device = cx.state.people.device(socket).filter(|_| !cx.is_stand_in(socket));
        device.map(|device| device.interface.get())
    };
    for socket in told {
        if let Some(interface) = interface(cx, socket) {
            interface.tell_own(cx, socket, stamp, fact);
        }
    }
    for (socket, room) in joined {
        if let Some(interface) = interface(cx, socket) {
            interface.tell_joined(cx, socket, &room);
        }
    }
}

/// The other devices of the person at `by`.
pub(in crate::chat) fn others(cx: &Cx<'_>, by: SocketId) -> impl Iterator<Item = SocketId> {
    cx.state.people.devices(by).filter(move |other| *other != by)
}
