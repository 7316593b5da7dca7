//! Sockets whose bytes go another way, or take another form, from now on.

use super::{Delivery, Hub};
use crate::base::{Route, SocketId};
use std::num::NonZeroU8;

impl Hub {
    /// Gives the socket's bytes another route from now on. The output of its rooms so far goes by
    /// the old one.
    pub fn reroute(&mut self, socket: SocketId, route: Route, delivery: &mut impl Delivery) {
        self.catch_up(socket, delivery);
        let Some(seat) = self.seats.get_mut(socket) else { return };
        seat.route = route;
        for side in &seat.joined {
            if let Some(room) = self.rooms.get_mut(side.room) {
                room.reroute(side.at, route);
            }
        }
    }

    /// Compresses the socket's bytes, or no longer, from now on.
    pub fn set_window(
        &mut self,
        socket: SocketId,
        window: Option<NonZeroU8>,
        delivery: &mut impl Delivery,
    ) {
        if self.voice(socket).is_none_or(|voice| voice.window == window) {
            return;
        }
        self.catch_up(socket, delivery);
        let Some(seat) = self.seats.get_mut(socket) else { return };
        seat.voice.window = window;
        for side in &seat.joined {
            if let Some(room) = self.rooms.get_mut(side.room) {
                room.revoice(side.at, seat.voice);
            }
        }
    }
}
