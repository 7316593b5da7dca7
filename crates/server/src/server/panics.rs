//! The consequence of a handler's panic: the end of its client, or of the process.
//!
//! A handler that panics may have left its state half changed. If the application can tell whether
//! its state is whole ([`Builder::on_panic`](super::Builder::on_panic)), and it is, and so is the
//! server's own, only the client goes for whom the handler ran. In every other case the panic goes
//! on, as it does where no client is to blame: in timers, when a turn settles, at the end. A server
//! in an unknown state is worse than one that a supervisor starts again.

use super::{Context, Server};
use crate::base::{ConnectionId, Namespace, SessionId};
use crate::net::Turn;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The client for whom a handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// A session.
    Session(SessionId),
    /// The client of a connection's request.
    Connection(ConnectionId),
}

impl<S> Server<S> {
    /// Deals with the panic of a handler. Does not return if the process must end.
    pub(super) fn panicked(&mut self, turn: &mut Turn<'_>, panic: Box<dyn Any + Send>) {
        let Some(whose) = self.core.whose else { resume_unwind(panic) };
        if !catch_unwind(AssertUnwindSafe(|| self.is_whole(turn))).unwrap_or(false) {
            log::error!("a handler panicked, and its state is not whole: the process ends");
            resume_unwind(panic);
        }
        let address = match whose {
            Whose::Session(id) => self.core.sessions.get(id).map(|session| session.address),
            Whose::Connection(_) => None,
        };
        let address = address.map_or_else(String::new, |address| address.to_string());
        log::error!("a handler panicked, its client goes ip={address} client={whose:?}");
        self.core.failed = Some(whose);
    }

    /// Whether the server's tables, and the application's, agree with each other.
    fn is_whole(&mut self, turn: &mut Turn<'_>) -> bool {
        // Counts that agree only at the end of a turn are not checked.
        self.core.sessions.check_invariants();
        self.core.hub.check_invariants();
        let Self { state, handlers, core } = self;
        (handlers.is_whole)(&Context::new(state, core, turn, Namespace::LINES))
    }
}
