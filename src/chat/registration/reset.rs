//! Another password, or the end of a registration, that an operator has given at the file of one
//! server. The server sees it there and enters a fact, so that it holds at all of them, and ends
//! the devices of the person.

use super::{RegistrationFact, Reset, passwords};
use crate::chat::fact::{Fact, NOBODY};
use crate::chat::request::Asker;
use crate::chat::{Cx, journal};
use mio_socketio::{CloseReason, SocketId};

/// The file has changed, and may have some of these.
pub(in crate::chat) const fn has_news(cx: &mut Cx<'_>) {
    cx.state.has_reset_news = true;
}

/// Enters the facts, once other servers can be told.
pub(in crate::chat) fn look(cx: &mut Cx<'_>) {
    let is_busy = journal::is_shared(cx.state) && !journal::takes_orders(cx.state);
    if is_busy || !cx.state.has_reset_news {
        return;
    }
    let untold = cx.state.history.untold_resets();
    cx.state.has_reset_news = !untold.is_empty();
    for (id, hash) in untold {
        log::info!("an operator has reset a registered person id={id}");
        let reset = Reset { by: NOBODY, id, hash: hash.as_deref() };
        let fact = Fact::Registration(RegistrationFact::Reset(reset));
        journal::enter(cx, Asker::nobody(NOBODY), &fact);
    }
}

/// The devices of the person that are at this server, each with whether it is closed.
pub(in crate::chat) fn told(cx: &Cx<'_>, reset: &Reset<'_>) -> Vec<(SocketId, bool)> {
    let people = &cx.state.people;
    let devices = people.with_id(&reset.id).into_iter().flat_map(|here| people.devices(here));
    let here = devices.filter(|device| cx.address(*device).is_some());
    here.map(|device| (device, reset.closes(people.visit(device).is_some()))).collect()
}

/// Ends the devices of the person at this server.
pub(super) fn end(cx: &mut Cx<'_>, reset: &Reset<'_>) {
    for (device, _) in told(cx, reset).into_iter().filter(|(_, is_closed)| *is_closed) {
        cx.close(device, CloseReason::Forgotten);
    }
}

/// Makes guests of the devices that stay.
pub(in crate::chat) fn follow(cx: &mut Cx<'_>, reset: &Reset<'_>) {
    for (device, _) in told(cx, reset).into_iter().filter(|(_, is_closed)| !is_closed) {
        if let Some(device) = cx.state.people.device(device).map(|it| it.unasked(device)) {
            passwords::log_out(cx, device);
        }
    }
}
