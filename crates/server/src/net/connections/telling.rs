//! News for the service that no connection brings.

use super::Connections;
use crate::base::Now;
use crate::net::connection::Transport;
use crate::net::{Service, Turn};

impl<T: Transport> Connections<T> {
    /// Tells the service that the loop begins.
    pub fn start(&mut self, service: &mut impl Service, now: Now) {
        self.act(now, |turn| service.starting(turn));
    }

    /// Tells the service that another thread has called.
    pub fn call(&mut self, service: &mut impl Service, now: Now) {
        self.act(now, |turn| service.called(turn));
    }

    /// Tells the service of SIGHUP.
    pub fn hang_up(&mut self, service: &mut impl Service, now: Now) {
        self.act(now, |turn| service.hung_up(turn));
    }

    /// Lets the service close all connections.
    pub fn stop(&mut self, service: &mut impl Service, now: Now) {
        self.act(now, |turn| service.stopping(turn));
    }

    /// Does something with the service between two turns. Its output goes out in the next one.
    pub fn act<R>(&mut self, now: Now, act: impl FnOnce(&mut Turn<'_>) -> R) -> R {
        self.unsettled = true;
        act(&mut self.begun(now))
    }
}
