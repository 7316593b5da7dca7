//! The changes when a person comes in, is remembered, or is forgotten.

use super::kept;
use crate::chat::fact::{Admitted, Entered, InvitationUse, Remembered, Stamp};
use crate::chat::history::{Device, RegistrationChange, Token};
use crate::chat::people::{DeviceHere, Person, ignores, reads};
use crate::chat::{Cx, rooms};
use crate::limits::TOKEN_MS;
use mio_socketio::SocketId;

pub(super) fn apply_entered(cx: &mut Cx<'_>, stamp: Stamp, entered: &Entered) {
    let Entered { by, nick, guest, rooms, way, invitation } = entered;
    if let Some(InvitationUse { code, .. }) = invitation {
        let change = RegistrationChange::Invited { code: *code, id: way.id().cloned() };
        cx.state.history.change_registration(change);
    }
    if let Some(guest) = guest {
        cx.state.people.count_guest(*guest);
    }
    let here = way.of_a_person().and_then(|id| cx.state.people.with_id(id));
    let rooms = match here {
        Some(here) => rooms::entered(cx, here, way.interface, rooms),
        None => rooms.clone(),
    };
    let lobby = cx.state.rooms.lobby();
    let room = rooms.first().filter(|_| way.interface.has_one_room()).cloned().unwrap_or(lobby);
    let device = DeviceHere::entering(room, way);
    match here {
        Some(here) => {
            cx.state.people.add(*by, device, here);
            renew_record(cx, here, way.admitted.as_deref());
        }
        None => cx.state.people.insert(*by, Person::entering(nick.clone(), way), device),
    }
    for room in rooms {
        let room = cx.state.rooms.open(&room);
        cx.join(*by, &room);
    }
    if let Some(admitted) = &way.admitted {
        apply_admitted(cx, stamp, *by, admitted);
    }
    ignores::restore(cx, *by);
    reads::restore(cx, *by);
    kept::keep(cx, *by);
}

/// A person who is here has come in with one more device: their token may be a newer one.
fn renew_record(cx: &mut Cx<'_>, here: SocketId, admitted: Option<&Admitted>) {
    let Some(Admitted { record: new, passing, .. }) = admitted else { return };
    cx.state.people.remember(here, Some(new.clone()));
    cx.state.people.change(here, |person| {
        person.passing |= passing.is_some();
        let Some(record) = &mut person.record else { return };
        if !record.is_registered {
            (record.token, record.given_ms, record.next) = (new.token, new.given_ms, new.next);
        }
        record.is_known |= new.is_known;
        record.returns |= new.returns;
    });
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
    // Not if they are here by another device, with another nick than the newcomer knew.
    let nick = cx.state.people.get(by).map(|person| person.nick.clone());
    if *is_renamed && nick.as_ref() == Some(&record.nick) {
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
    let Remembered { by, returns, record, .. } = remembered;
    if let (None, Some(record)) = (cx.state.people.get(*by), record) {
        return cx.state.history.keep_person((**record).clone());
    }
    let Some(record) = cx.state.people.record_mut(*by) else { return };
    (record.is_known, record.returns) = (true, *returns);
    kept::keep(cx, *by);
}

pub(super) fn apply_passing(cx: &mut Cx<'_>, by: SocketId) {
    if let Some(person) = cx.state.people.get_mut(by) {
        person.passing = true;
    }
}

/// The token no longer lets anybody back in. That of a registered person is their device's own.
pub(super) fn apply_forgotten(cx: &mut Cx<'_>, stamp: Stamp, by: SocketId, unknown: Token) {
    let Some(record) = cx.state.people.record(by) else { return };
    if record.is_registered {
        let token = cx.state.people.visit(by).map(|visit| visit.token);
        if let Some(token) = token {
            cx.state.history.change_registration(RegistrationChange::Ended(token));
            cx.state.history.forget_token(&token);
        }
        return kept::keep(cx, by);
    }
    let token = record.token;
    cx.state.history.forget_token(&token);
    cx.state.people.change(by, |person| {
        if let Some(record) = &mut person.record {
            (record.token, record.next) = (unknown, None);
            (record.returns, record.spoke) = (false, false);
            record.given_ms = stamp.ts.saturating_sub(TOKEN_MS);
        }
    });
    kept::keep(cx, by);
}
