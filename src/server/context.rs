//! What a handler acts with.

use super::core::{Core, Wake};
use crate::base::{CloseReason, Now, Outboxes, SocketId};
use crate::net::Turn;
use crate::session::dialect;
use std::fmt;

/// The application's state, and everything a handler can do. What is sent goes into outboxes; it is
/// written when the turn's handlers have run.
pub struct Context<'a, S> {
    /// The application's state.
    pub state: &'a mut S,
    core: &'a mut Core<S>,
    out: &'a mut Outboxes,
    now: Now,
}

impl<'a, S> Context<'a, S> {
    pub(super) fn new(state: &'a mut S, core: &'a mut Core<S>, turn: &'a mut Turn<'_>) -> Self {
        Self { state, core, out: turn.out, now: turn.now }
    }

    /// The time of this turn.
    pub const fn now(&self) -> Now {
        self.now
    }

    /// Sends one line to one socket, behind all that its rooms have been told before. The line is
    /// made visible: whatever it contains, it stays one line. A socket that has gone gets nothing.
    pub fn send(&mut self, to: SocketId, line: fmt::Arguments<'_>) {
        let Some(route) = self.core.hub.route(to) else { return };
        let out = &mut *self.out;
        self.core.hub.catch_up(to, |route, bytes| out.append(route, bytes));
        self.core.scratch.clear();
        dialect::line(&mut self.core.scratch, line);
        out.append(route, &self.core.scratch);
    }

    /// Addresses the members of the room `name`; a room without members is heard by nobody.
    pub const fn to<'b>(&'b mut self, name: &'b str) -> To<'b, 'a, S> {
        To { cx: self, name, except: None }
    }

    /// Puts a socket into the room `name`, which appears with its first member. False if it has
    /// gone or is a member already.
    pub fn join(&mut self, socket: SocketId, name: &str) -> bool {
        self.core.hub.join(socket, name)
    }

    /// Takes a socket out of the room `name`, which ends with its last member. False if it was no
    /// member.
    pub fn leave(&mut self, socket: SocketId, name: &str) -> bool {
        let out = &mut *self.out;
        self.core.hub.leave(socket, name, |route, bytes| out.append(route, bytes))
    }

    /// The members of the room `name`, in no order.
    pub fn members(&self, name: &str) -> impl ExactSizeIterator<Item = SocketId> {
        self.core.hub.members(name)
    }

    /// Ends a socket's session once this handler is done: `on_disconnect` is called, and the
    /// connection is closed when what was sent to it is written.
    pub fn disconnect(&mut self, socket: SocketId, reason: CloseReason) {
        let connection = self.core.hub.route(socket);
        if let Some(id) = connection.and_then(|id| self.core.sessions.carried_by(id)) {
            self.core.leaving.push_back((id, reason));
        }
    }

    /// Calls `timer` once, `ms` milliseconds from now or a little later.
    pub fn after(&mut self, ms: u64, timer: impl FnOnce(&mut Context<'_, S>) + 'static) {
        self.core.wakes.set(self.now.ms + ms, Wake::Timer(Box::new(timer)));
    }

    /// Number of sessions.
    pub fn clients(&self) -> usize {
        self.core.sessions.len()
    }
}

/// An audience: the members of a room, perhaps without one.
pub struct To<'b, 'a, S> {
    cx: &'b mut Context<'a, S>,
    name: &'b str,
    except: Option<SocketId>,
}

impl<S> To<'_, '_, S> {
    /// Leaves out one socket: the author, who has seen it.
    pub const fn except(mut self, socket: SocketId) -> Self {
        self.except = Some(socket);
        self
    }

    /// Sends one line to the audience, rendered once for all of it and made visible as by
    /// [`Context::send`].
    pub fn send(self, line: fmt::Arguments<'_>) {
        self.cx.core.hub.post(self.name, self.except, |bytes| dialect::line(bytes, line));
    }

    /// Sends bytes to the audience just as they are.
    pub fn send_raw(self, raw: &[u8]) {
        self.cx.core.hub.post(self.name, self.except, |bytes| bytes.extend_from_slice(raw));
    }
}
