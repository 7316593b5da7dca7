//! The changes when a person comes in, is remembered, or is forgotten.

use super::kept;
use crate::chat::fact::{Admitted, Entered, Remembered, Replaced, Stamp};
use crate::chat::history::{Device, RegistrationChange, Token};
use crate::chat::people::{DeviceHere, Person};
use crate::chat::{Cx, rooms};
use crate::limits::TOKEN_MS;
use mio_socketio::{CloseReason, SocketId};

pub(super) fn apply_entered(cx: &mut Cx<'_>, stamp: Stamp, entered: &Entered) {
    let Entered { by, nick, guest, rooms, replaces, way } = entered;
    if let Some(guest) = guest {
        cx.state.people.count_guest(*guest);
    }
    if let Some(older) = replaces {
        cx.state.people.remove(older.by);
    }
    let device = DeviceHere::entering(cx.state.rooms.lobby(), way);
    cx.state.people.insert(*by, Person::entering(nick.clone(), way), device);
    for room in rooms {
        let room = cx.state.rooms.open(room);
        cx.join(*by, &room);
    }
    if let Some(older) = replaces {
        end_replaced(cx, older);
    }
    if let Some(admitted) = &way.admitted {
        apply_admitted(cx, stamp, *by, admitted);
    }
    kept::keep(cx, *by);
}

/// The person's record belongs to the connection that has taken the place of this one.
pub(super) fn apply_replaced(cx: &mut Cx<'_>, older: &Replaced) {
    cx.state.people.remove(older.by);
    end_replaced(cx, older);
}

fn end_replaced(cx: &mut Cx<'_>, Replaced { by, rooms }: &Replaced) {
    for room in rooms {
        rooms::slip_out(cx, room, *by);
    }
    cx.close(*by, CloseReason::Replaced);
}

fn apply_admitted(cx: &mut Cx<'_>, stamp: Stamp, by: SocketId, admitted: &Admitted) {
    let Admitted { record, is_renamed, ended, left, .. } = admitted;
    for token in ended {
        cx.state.history.forget_token(token);
    }
    if record.is_registered {
        apply_device(cx, stamp, admitted);
    }
    for room in left {
        rooms::slip_out(cx, room, by);
    }
    if *is_renamed {
        cx.state.history.rename(record.id.clone(), record.nick.clone());
    }
}

/// A registered person has come in with a device.
fn apply_device(cx: &mut Cx<'_>, stamp: Stamp, admitted: &Admitted) {
    let Admitted { record, client, has_new_token, ended, .. } = admitted;
    let history = &mut cx.state.history;
    for token in ended {
        history.change_registration(RegistrationChange::Ended(*token));
    }
    let (id, token, ms) = (record.id.clone(), record.token, stamp.ts);
    if *has_new_token {
        let (kind, number) = (client.as_str().into(), 0);
        let device = Device { token, id: id.clone(), number, kind, seen_ms: ms };
        history.change_registration(RegistrationChange::Added(device));
    }
    history.change_registration(RegistrationChange::Seen { id, token: Some(token), ms });
}

pub(super) fn apply_remembered(cx: &mut Cx<'_>, remembered: &Remembered) {
    let Remembered { by, returns, .. } = remembered;
    let Some(record) = cx.state.people.record_mut(*by) else { return };
    (record.is_known, record.returns) = (true, *returns);
    kept::keep(cx, *by);
}

pub(super) fn apply_passing(cx: &mut Cx<'_>, by: SocketId) {
    if let Some(person) = cx.state.people.get_mut(by) {
        person.passing = true;
    }
}

/// The token no longer lets anybody back in.
pub(super) fn apply_forgotten(cx: &mut Cx<'_>, stamp: Stamp, by: SocketId, unknown: Token) {
    let record = cx.state.people.record(by);
    let token = record.map(|record| (record.token, record.is_registered));
    if let Some((token, is_registered)) = token {
        cx.state.history.forget_token(&token);
        if is_registered {
            cx.state.history.change_registration(RegistrationChange::Ended(token));
        }
    }
    cx.state.people.change(by, |person| {
        if let Some(record) = &mut person.record {
            (record.token, record.next) = (unknown, None);
            (record.returns, record.spoke) = (false, false);
            record.given_ms = stamp.ts.saturating_sub(TOKEN_MS);
        }
    });
    kept::keep(cx, by);
}
