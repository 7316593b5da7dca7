//! Sockets of clients that are connected to another server.

use super::Context;
use crate::base::{Dialect, Namespace, Route, SocketId, Voice};

/// The voice of stand-ins: nothing is sent in their namespace.
const VOICE: Voice = Voice::plain(Namespace::ELSEWHERE, Dialect::Line);

impl<S> Context<'_, S> {
    /// A new stand-in: a socket for a client that is connected to another server, so that rooms can
    /// have members there. [`join`](Self::join), [`leave`](Self::leave),
    /// [`members`](Self::members), [`rooms`](Self::rooms) and [`PerSocket`](super::PerSocket) treat
    /// it like any socket. Output for it, or for its rooms, goes nowhere from here, and costs
    /// nothing per message. It has no session, address or id, no limit counts it, and closing it
    /// does nothing.
    ///
    /// It stays until [`end_stand_in`](Self::end_stand_in) is called.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{Events, Server};
    ///
    /// let server = Server::<()>::builder().namespace("/", |events: Events<()>| {
    ///     events.on("news of another server", |cx, _| {
    ///         let there = cx.stand_in();
    ///         cx.join(there, "lobby");
    ///         assert!(cx.members("lobby").any(|member| member == there));
    ///         cx.end_stand_in(there);
    ///     })
    /// });
    /// # let _ = server.build(());
    /// ```
    pub fn stand_in(&mut self) -> SocketId {
        self.core.hub.sit(Route::Elsewhere, VOICE)
    }

    /// Whether a socket is a stand-in that has not ended.
    pub fn is_stand_in(&self, socket: SocketId) -> bool {
        self.core.hub.route(socket) == Some(Route::Elsewhere)
    }

    /// Takes a stand-in out of its rooms and forgets it. No handler is called. Nothing happens to a
    /// socket that is none.
    pub fn end_stand_in(&mut self, socket: SocketId) {
        if self.is_stand_in(socket) {
            let (hub, mut courier) = self.core.split(self.out);
            hub.rise(socket, &mut courier);
        }
    }
}
