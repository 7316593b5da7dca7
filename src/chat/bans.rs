//! Who may not come in: told so, and closed.

use super::history::Ban;
use super::people::Door;
use super::{Chat, Cx, archive};
use crate::limits::BANS_LOOK_MS;
use mio_socketio::Refused;
use mio_socketio::{CloseReason, PeerAddress, SocketId};
use serde_json::json;

impl Chat {
    /// Whether nobody may come in from an address.
    pub fn is_banned(&self, address: PeerAddress) -> bool {
        self.ban(address).is_some()
    }

    fn ban(&self, address: PeerAddress) -> Option<&Ban> {
        self.bans.iter().find(|ban| ban.network.has(address.as_ip()))
    }

    /// What somebody is told who may not come in.
    fn sentence(&self, address: PeerAddress) -> Option<String> {
        let Ban { until_ms, .. } = self.ban(address)?;
        let until =
            until_ms.and_then(|ms| time::OffsetDateTime::from_unix_timestamp(ms / 1000).ok());
        Some(match until {
            None => "you are banned".to_owned(),
            Some(until) => {
                let (date, hour, minute) = (until.date(), until.hour(), until.minute());
                format!("you are banned until {date} {hour:02}:{minute:02} UTC")
            }
        })
    }
}

/// Whoever comes by Socket.IO may not, if they are banned.
pub(super) fn check(cx: &Cx<'_>, socket: SocketId) -> Result<(), Refused> {
    match cx.address(socket).and_then(|it| cx.state.sentence(it)) {
        None => Ok(()),
        Some(error) => {
            let data = json!({"code": "banned", "error": error});
            Err(Refused::new(error).with_data(&data))
        }
    }
}

/// Whoever comes by lines may not, if they are banned: they are told so, and closed. Whether they
/// are.
pub(super) fn turned_away(cx: &mut Cx<'_>, socket: SocketId) -> bool {
    let sentence = cx.address(socket).and_then(|it| cx.state.sentence(it));
    let Some(sentence) = sentence else { return false };
    cx.send(socket, format_args!("* {sentence}"));
    cx.close(socket, CloseReason::Banned);
    true
}

/// These are banned from now on, and nobody else: whoever is here of them is told so, and closed.
pub(super) fn bans_changed(cx: &mut Cx<'_>, bans: Vec<Ban>) {
    cx.state.bans = bans;
    for socket in cx.state.people.sockets() {
        let Some(error) = cx.address(socket).and_then(|it| cx.state.sentence(it)) else { continue };
        match cx.state.people.get(socket).map(|person| &person.door) {
            Some(Door::Lines) => cx.send(socket, format_args!("* {error}")),
            Some(Door::Chat(_)) => {
                cx.emit(socket, "bye", (json!({"reason": "banned", "error": error}),));
            }
            Some(Door::Root) | None => (),
        }
        cx.close(socket, CloseReason::Banned);
    }
}

/// Looks every second whether somebody has been banned, a ban has ended, or messages have become
/// too old.
pub(super) fn watch(cx: &mut Cx<'_>) {
    look(cx);
    let now = cx.now();
    cx.state.history.look_for_old(now);
    archive::tidy_up_soon(cx);
    cx.after(BANS_LOOK_MS, watch);
}

fn look(cx: &mut Cx<'_>) {
    let now = cx.now();
    let now_ms = now.unix_ms.cast_signed();
    cx.state.bans.retain(|ban| ban.until_ms.is_none_or(|until_ms| until_ms > now_ms));
    if let Some(bans) = cx.state.history.changed_bans(now) {
        bans_changed(cx, bans);
    }
}
