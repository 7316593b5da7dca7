//! The changes when a person comes in, is remembered, or is forgotten.

use super::kept;
use crate::chat::fact::{Admitted, Entered, Remembered, Replaced, Stamp};
use crate::chat::history::{Device, RegistrationChange, Token};
use crate::chat::people::{Person, Visit};
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
    let person = Person::entering(nick.clone(), cx.state.rooms.lobby(), way);
    cx.state.people.insert(*by, person);
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
    let visit = cx.state.people.get_mut(*by).and_then(|person| person.visit_mut());
    let Some(visit) = visit else { return };
    (visit.record.is_known, visit.record.returns) = (true, *returns);
    kept::keep(cx, *by);
}

pub(super) fn apply_passing(cx: &mut Cx<'_>, by: SocketId) {
    let visit = cx.state.people.get_mut(by).and_then(|person| person.visit_mut());
    if let Some(visit) = visit {
        visit.passing = true;
    }
}

/// The token no longer lets anybody back in.
pub(super) fn apply_forgotten(cx: &mut Cx<'_>, stamp: Stamp, by: SocketId, unknown: Token) {
    let Some(mut person) = cx.state.people.remove(by) else { return };
    if let Some(Visit { record, .. }) = person.visit_mut() {
        cx.state.history.forget_token(&record.token);
        if record.is_registered {
            let ended = RegistrationChange::Ended(record.token);
            cx.state.history.change_registration(ended);
        }
        (record.token, record.next) = (unknown, None);
        (record.returns, record.spoke) = (false, false);
        record.given_ms = stamp.ts.saturating_sub(TOKEN_MS);
    }
    cx.state.people.insert(by, person);
    kept::keep(cx, by);
}
