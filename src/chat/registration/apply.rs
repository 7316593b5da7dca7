//! The changes when a person registers, logs in or out, or ends a device.

use super::reset;
use super::{DeviceEnded, EndedDevice, LoggedIn, LoggedOut, Registered, RegistrationFact, Reset};
use crate::chat::apply::kept;
use crate::chat::fact::Stamp;
use crate::chat::history::{Banned, KeptPerson, Registration, RegistrationChange, Token};
use crate::chat::people::{ignores, reads};
use crate::chat::roles::Rank;
use crate::chat::{Cx, rooms, rules, trace};
use mio_socketio::{CloseReason, SocketId};
use std::rc::Rc;

/// Makes the change of a fact.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, stamp: Stamp, fact: &RegistrationFact<'_>) {
    match fact {
        RegistrationFact::Registered(registered) => apply_registered(cx, stamp, registered),
        RegistrationFact::LoggedIn(logged_in) => apply_logged_in(cx, stamp, logged_in),
        RegistrationFact::LoggedOut(logged_out) => apply_logged_out(cx, stamp, logged_out),
        RegistrationFact::DeviceEnded(ended) => apply_device_ended(cx, ended),
        RegistrationFact::Reset(reset) => apply_reset(cx, reset),
    }
}

/// Writes the line by which a person who has taken a name can be traced.
pub(in crate::chat) fn trace(cx: &Cx<'_>, fact: &RegistrationFact<'_>) {
    match fact {
        RegistrationFact::Registered(Registered { by, .. }) => {
            log::info!("registered {}", trace::who(cx, *by));
        }
        RegistrationFact::LoggedIn(LoggedIn { by, old, .. }) => {
            log::info!("login {} was={old:?}", trace::who(cx, *by));
        }
        RegistrationFact::LoggedOut(LoggedOut { by, old, .. }) => {
            log::info!("logout {} was={old:?}", trace::who(cx, *by));
        }
        RegistrationFact::DeviceEnded(_) | RegistrationFact::Reset(_) => (),
    }
}

fn apply_registered(cx: &mut Cx<'_>, stamp: Stamp, registered: &Registered<'_>) {
    let Registered { by, id, nick, hash, device, ignored } = registered;
    let (made_ms, seen_ms) = (stamp.ts, stamp.ts);
    let (id, nick, hash) = (id.clone(), nick.clone(), (*hash).into());
    let registration = Registration { id: id.clone(), nick, hash, made_ms, seen_ms };
    let history = &mut cx.state.history;
    history.change_registration(RegistrationChange::Registered(registration));
    if let Some(device) = device {
        history.change_registration(RegistrationChange::Added(device.clone()));
    }
    for ignored in ignored {
        ignores::keep(cx, &id, ignored);
    }
    cx.state.people.register(*by, id);
    note_login(cx, *by, Some(stamp.ts));
    kept::keep(cx, *by);
}

/// A node whose file lacks earlier facts may not know the person. The device is kept all the same.
fn apply_logged_in(cx: &mut Cx<'_>, stamp: Stamp, logged_in: &LoggedIn) {
    let LoggedIn { by, id, new, rooms, record, device, .. } = logged_in;
    let (token, ms) = (device.as_ref().map(|device| device.token), stamp.ts);
    let history = &mut cx.state.history;
    if let Some(device) = device {
        history.change_registration(RegistrationChange::Added(device.clone()));
    }
    history.change_registration(RegistrationChange::Seen { id: id.clone(), token, ms });
    if cx.state.people.get(*by).is_none() {
        return;
    }
    note_change_of_id(cx, stamp, *by, id);
    let (guest, muted) = (last_record(cx, *by), muted_id(cx, *by));
    if let Some(guest) = cx.state.people.get(*by).and_then(|person| person.id.clone()) {
        rules::hand_over(cx, rooms, &guest, id);
    }
    let other = cx.state.people.with_id(id).filter(|other| !cx.state.people.is_same(*other, *by));
    let (who, record) = ((new.clone(), id.clone()), record.as_deref().cloned());
    let more = other.map_or_else(Vec::new, |other| rooms::both(cx, other, rooms));
    cx.state.people.become_another(*by, who, true, record);
    note_login(cx, *by, Some(stamp.ts));
    // Nobody mutes people who keep order by a device of theirs.
    if let Some(muted) = muted.filter(|_| cx.state.roles.rank_of(id) == Rank::Nobody) {
        cx.state.people.keep_mute(*by, muted);
    }
    // All devices of a person are in the same rooms, except those that are in one.
    for room in &more {
        rooms::join_all(cx, *by, room);
    }
    if let Some(guest) = guest {
        leave(cx, stamp, guest);
    }
    ignores::restore(cx, *by);
    reads::restore(cx, *by);
    kept::keep(cx, *by);
}

/// The person at `by` has the id `after` from now on. Files that they have sent, and have told of
/// nowhere yet, stay theirs.
fn note_change_of_id(cx: &mut Cx<'_>, stamp: Stamp, by: SocketId, after: &Rc<str>) {
    let Some(person) = cx.state.people.get(by) else { return };
    let recorded = person.record.as_ref().map(|record| record.id.clone());
    if let Some(before) = recorded.or_else(|| person.id.clone()) {
        cx.state.history.note_change_of_id(stamp.ts, before, after.clone());
    }
}

/// Notes when somebody logged in, at a device for which the file may have no time.
fn note_login(cx: &mut Cx<'_>, by: SocketId, ms: Option<i64>) {
    if let Some(device) = cx.state.people.device_mut(by) {
        device.note_login(ms);
    }
}

/// The id by which the person at `by` is muted: a mute stays with the device at which somebody else
/// is from now on.
fn muted_id(cx: &Cx<'_>, by: SocketId) -> Option<Rc<str>> {
    let ban = cx.state.people.get(by).and_then(|person| cx.state.mute_of(person))?;
    match &ban.whom {
        Banned::Muted(id) => Some((&**id).into()),
        Banned::Person(_) | Banned::Network(_) => None,
    }
}

/// The record of the person at `by`, if that is their last device.
fn last_record(cx: &Cx<'_>, by: SocketId) -> Option<KeptPerson> {
    let is_last = cx.state.people.devices(by).count() == 1;
    cx.state.people.record(by).filter(|_| is_last).cloned()
}

fn apply_logged_out(cx: &mut Cx<'_>, stamp: Stamp, logged_out: &LoggedOut) {
    let LoggedOut { by, id, new, guest, record, ended, .. } = logged_out;
    if let Some(token) = ended {
        end_device(cx, *token);
    }
    cx.state.people.count_guest(*guest);
    note_change_of_id(cx, stamp, *by, id);
    let (before, muted) = (last_record(cx, *by), muted_id(cx, *by));
    let (who, record) = ((new.clone(), id.clone()), record.as_deref().cloned());
    cx.state.people.become_another(*by, who, false, record);
    note_login(cx, *by, None);
    if let Some(muted) = muted {
        cx.state.people.keep_mute(*by, muted);
    }
    // Other windows of the same program came in by the same token.
    let same = ended.map_or_else(Vec::new, |token| cx.state.people.with_token(token));
    for socket in same {
        cx.close(socket, CloseReason::Forgotten);
    }
    if let Some(before) = before {
        leave(cx, stamp, before);
    }
    kept::keep(cx, *by);
}

/// A device's token no longer lets anybody in, and the devices that are here by it are closed.
fn apply_device_ended(cx: &mut Cx<'_>, ended: &DeviceEnded) {
    let DeviceEnded { by, ended, .. } = ended;
    if let EndedDevice::Token(token) = ended {
        end_device(cx, *token);
    }
    for socket in cx.state.people.ended(*by, *ended) {
        cx.close(socket, CloseReason::Forgotten);
    }
}

fn apply_reset(cx: &mut Cx<'_>, reset: &Reset<'_>) {
    let (id, hash) = (reset.id.clone(), reset.hash.map(Into::into));
    cx.state.history.change_registration(RegistrationChange::Reset { id, hash });
    reset::end(cx, reset);
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
    reads::forget(cx, &gone.id);
    cx.state.history.keep_person(gone);
}
