//! Timers of the application's.

use super::Context;
use super::core::Wake;
use crate::limits::TIMER_MS_MIN;

impl<S> Context<'_, S> {
    /// Calls `timer` once, `ms` milliseconds from now or a little later. Never in this turn, so
    /// that a timer which sets itself again leaves time for others.
    pub fn after(&mut self, ms: u64, timer: impl FnOnce(&mut Context<'_, S>) + 'static) {
        self.timer(self.now().ms.saturating_add(ms.max(TIMER_MS_MIN)), timer);
    }

    /// Calls `tick` each `ms` milliseconds, for as long as it returns true. Each call counts from
    /// when the one before was due, so a busy server makes none late for good; calls that a pause
    /// has swallowed whole are left out. In the namespace of this handler, as all timers are.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    ///
    /// let server = Server::<u32>::builder().on_start(|cx| {
    ///     cx.every(50, |cx| {
    ///         *cx.state += 1;
    ///         *cx.state < 10
    ///     })
    /// });
    /// let mut world = TestServer::new(server.build(0));
    /// world.advance(200);
    /// assert_eq!(*world.state(), 4);
    /// world.advance(1_000);
    /// assert_eq!(*world.state(), 10);
    /// ```
    pub fn every(&mut self, ms: u64, tick: impl FnMut(&mut Context<'_, S>) -> bool + 'static) {
        self.tick_after(self.now().ms, ms.max(TIMER_MS_MIN), tick);
    }

    /// Sets the first tick after now that is a whole number of periods after `due_ms`.
    fn tick_after<T>(&mut self, due_ms: u64, ms: u64, mut tick: T)
    where
        T: FnMut(&mut Context<'_, S>) -> bool + 'static,
    {
        let passed = self.now().ms.saturating_sub(due_ms) / ms;
        let due_ms = due_ms.saturating_add(ms.saturating_mul(passed + 1));
        self.timer(due_ms, move |cx| {
            if tick(cx) {
                cx.tick_after(due_ms, ms, tick);
            }
        });
    }

    /// Calls `timer` at this time.
    fn timer(&mut self, due_ms: u64, timer: impl FnOnce(&mut Context<'_, S>) + 'static) {
        self.core.namespaces.expect_call(self.namespace);
        self.core.wakes.set(due_ms, Wake::Timer(self.namespace, Box::new(timer)));
    }
}
