//! Lets in the clients that have waited to come back.

use super::Server;
use super::joining::{Join, Wants};
use super::panics::Whose;
use super::recovery::Restored;
use super::returning::{Return, Waiting};
use crate::base::Namespace;
use crate::net::Turn;
use std::mem;

impl<S> Server<S> {
    /// Lets in the clients for whom the adapter has answered.
    pub(super) fn admit_returned(&mut self, turn: &mut Turn<'_>) {
        for (token, restored) in mem::take(&mut self.core.returns.answers) {
            match (self.core.returns.take(token), restored) {
                (Some(Return::Waiting(waiting)), restored) => {
                    self.admit_waiting(turn, &waiting, restored);
                }
                (Some(Return::Abandoned), Some(Restored { saved, .. })) => {
                    self.call_in(turn, Namespace::LINES, |_, cx| cx.save_in_cluster(&saved));
                }
                (Some(Return::Abandoned) | None, _) => (),
            }
        }
    }

    fn admit_waiting(
        &mut self,
        turn: &mut Turn<'_>,
        waiting: &Waiting,
        restored: Option<Restored>,
    ) {
        let Waiting { session, namespace, name, auth } = waiting;
        let join = Join { session: *session, namespace: *namespace, name, auth };
        let before = self.core.whose.replace(Whose::Session(*session));
        let wants = Wants::read(auth);
        let restored = restored.filter(|restored| {
            matches!(&wants, Wants::ComeBack(pid, _) if restored.saved.pid == pid.as_str())
        });
        let restored = restored.and_then(|restored| self.checked(&join, restored));
        self.admit(turn, &join, &wants, restored);
        self.see_off(turn);
        self.core.whose = before;
        self.core.wake_session(*session, turn.now.ms);
    }
}
