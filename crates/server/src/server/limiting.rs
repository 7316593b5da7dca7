//! Counting against clients, and making a client wait.

use super::Context;
use crate::base::SocketId;

impl<S> Context<'_, S> {
    /// Stops handling a client's input, in all namespaces, until [`resume`](Self::resume) is called
    /// or the client goes. For example, the next event of a client must wait until another program
    /// has answered.
    ///
    /// Heartbeats go on, and so does output to the client. Its input waits meanwhile, mostly in the
    /// kernel: the server reads only up to 16 KiB of it, so a client that sends more
    /// is slowed down and not cut off. Pausing a client twice has the effect of pausing it once.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::{Events, Server};
    ///
    /// let server = Server::<()>::builder().namespace("/", |events: Events<()>| {
    ///     events
    ///         .on("first", |cx, event| {
    ///             let socket = event.socket;
    ///             cx.pause(socket);
    ///             cx.after(100, move |cx| {
    ///                 cx.emit(socket, "done", ());
    ///                 cx.resume(socket);
    ///             });
    ///         })
    ///         // Handled after `done` has been sent, however soon the client sends it.
    ///         .on("second", |cx, event| cx.emit(event.socket, "done", ()))
    /// });
    /// # let _ = server.build(());
    /// ```
    pub fn pause(&mut self, socket: SocketId) {
        let session = self.core.session_of(socket).and_then(|id| self.core.sessions.get_mut(id));
        if let Some(session) = session {
            session.is_paused = true;
        }
    }

    /// Goes on with a client that was [paused](Self::pause), after this handler: the waiting events
    /// are handled in order. Does nothing for a client that was not paused.
    pub fn resume(&mut self, socket: SocketId) {
        let Some(id) = self.core.session_of(socket) else { return };
        let Some(session) = self.core.sessions.get_mut(id) else { return };
        if std::mem::take(&mut session.is_paused) {
            self.core.wake_session(id, self.now().ms);
        }
    }

    /// Counts work for a client as `posts` messages of its pace. A client that is over its pace is
    /// read later.
    pub fn charge(&mut self, socket: SocketId, posts: u32) {
        self.core.charge(self.now().ms, socket, posts);
    }

    /// Counts `units` of the application's limit number `own` in
    /// [`AddressLimits::own`](super::AddressLimits::own) against a client's address.
    pub fn spend(&mut self, socket: SocketId, own: usize, units: u64) {
        if let Some(account) = self.core.account_of_socket(socket) {
            self.core.admission.spend_own(account, self.now().ms, own, units);
        }
    }

    /// Like [`Self::spend`], if there is something left.
    ///
    /// # Errors
    /// The milliseconds until there is something left.
    pub fn take(&mut self, socket: SocketId, own: usize, units: u64) -> Result<(), u64> {
        let Some(account) = self.core.account_of_socket(socket) else { return Ok(()) };
        let taken = self.core.admission.take_own(account, self.now().ms, own, units);
        if taken.is_err() {
            self.core.log_own_refusal(self.now().ms, socket, account, own);
        }
        taken.map_err(|until_ms| until_ms.saturating_sub(self.now().ms))
    }

    /// Whether nothing is counted against a client's address, because it is this machine's.
    pub fn is_exempt(&self, socket: SocketId) -> bool {
        let account = self.core.account_of_socket(socket);
        account.is_none_or(|account| self.core.admission.accounts().is_exempt(account))
    }
}
