//! The changes when a person registers, logs in or out, or ends a device.

use super::kept;
use crate::chat::fact::{LoggedIn, LoggedOut, Registered, Replaced, Stamp};
use crate::chat::history::{KeptPerson, Registration, RegistrationChange, Token};
use crate::chat::{Cx, rooms};
use mio_socketio::CloseReason;

pub(super) fn apply_registered(cx: &mut Cx<'_>, stamp: Stamp, registered: &Registered<'_>) {
    let Registered { by, id, nick, hash, device } = registered;
    let (made_ms, seen_ms) = (stamp.ts, stamp.ts);
    let (id, nick, hash) = (id.clone(), nick.clone(), (*hash).into());
    let registration = Registration { id: id.clone(), nick, hash, made_ms, seen_ms };
    let history = &mut cx.state.history;
    history.change_registration(RegistrationChange::Registered(registration));
    if let Some(device) = device {
        history.change_registration(RegistrationChange::Added(device.clone()));
    }
    cx.state.people.register(*by, id);
    kept::keep(cx, *by);
}

/// A node whose file lacks earlier facts may not know the person. The device is kept all the same.
pub(super) fn apply_logged_in(cx: &mut Cx<'_>, stamp: Stamp, logged_in: &LoggedIn) {
    let LoggedIn { by, id, new, replaces, record, device, .. } = logged_in;
    let (token, ms) = (device.as_ref().map(|device| device.token), stamp.ts);
    let history = &mut cx.state.history;
    if let Some(device) = device {
        history.change_registration(RegistrationChange::Added(device.clone()));
    }
    history.change_registration(RegistrationChange::Seen { id: id.clone(), token, ms });
    if cx.state.people.get(*by).is_none() {
        return;
    }
    if let Some(Replaced { by: older, .. }) = replaces {
        cx.state.people.remove(*older);
    }
    let guest = cx.state.people.record(*by).cloned();
    let (who, record) = ((new.clone(), id.clone()), record.as_deref().cloned());
    cx.state.people.become_another(*by, who, true, record);
    if let Some(Replaced { by: older, rooms }) = replaces {
        for room in rooms {
            rooms::slip_out(cx, room, *older);
        }
        cx.close(*older, CloseReason::Replaced);
    }
    if let Some(guest) = guest {
        leave(cx, stamp, guest);
    }
    kept::keep(cx, *by);
}

pub(super) fn apply_logged_out(cx: &mut Cx<'_>, stamp: Stamp, logged_out: &LoggedOut) {
    let LoggedOut { by, id, new, guest, record, ended, .. } = logged_out;
    if let Some(token) = ended {
        end_device(cx, *token);
    }
    cx.state.people.count_guest(*guest);
    let before = cx.state.people.record(*by).cloned();
    let (who, record) = ((new.clone(), id.clone()), record.as_deref().cloned());
    cx.state.people.become_another(*by, who, false, record);
    if let Some(before) = before {
        leave(cx, stamp, before);
    }
    kept::keep(cx, *by);
}

/// A device's token no longer lets anybody in, and its person is closed.
pub(super) fn apply_device_ended(cx: &mut Cx<'_>, token: Token) {
    end_device(cx, token);
    if let Some(socket) = cx.state.people.by_token(&token) {
        cx.close(socket, CloseReason::Forgotten);
    }
}

fn end_device(cx: &mut Cx<'_>, token: Token) {
    let history = &mut cx.state.history;
    history.change_registration(RegistrationChange::Ended(token));
    history.forget_token(&token);
}

/// Somebody is no longer here as the person of this record.
fn leave(cx: &mut Cx<'_>, stamp: Stamp, record: KeptPerson) {
    let returns = record.is_registered;
    let gone = KeptPerson { is_here: false, returns, seen_ms: stamp.ts, ..record };
    cx.state.history.keep_person(gone);
}
