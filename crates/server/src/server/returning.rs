//! Clients that come back and wait until the adapter has found their sessions.
//!
//! Their sessions are not read meanwhile, so what they send is handled afterwards, in order. If a
//! client goes while it waits, its session is saved again, and the client may come back once more.

use super::joining::Join;
use super::recovery::Restored;
use super::{Context, Server};
use crate::base::{Namespace, SessionId};
use crate::limits::{RETURN_MS, RETURNS_BYTES_MAX, RETURNS_MAX};
use crate::net::Turn;
use std::collections::HashMap;

/// A client that comes back.
pub(super) enum Return {
    /// It waits.
    Waiting(Waiting),
    /// It has gone. Its session is saved again when it has been found.
    Abandoned,
}

/// A CONNECT that waits.
pub(super) struct Waiting {
    pub(super) session: SessionId,
    pub(super) namespace: Namespace,
    /// The namespace's name.
    pub(super) name: String,
    pub(super) auth: String,
}

/// All of them, by the tokens with which the adapter was asked.
#[derive(Default)]
pub(super) struct Returns {
    all: HashMap<u64, Return>,
    /// The tokens of sessions, each of which waits for one namespace at a time.
    waiting: HashMap<SessionId, u64>,
    bytes: usize,
    last: u64,
    /// The answers of the adapter, until the clients are let in.
    pub(super) answers: Vec<(u64, Option<Restored>)>,
}

impl Waiting {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.auth.len()
    }
}

impl Returns {
    /// The token for one more client; `None` if too many wait.
    fn token(&mut self, waiting: &Waiting) -> Option<u64> {
        let has_room = self.all.len() < RETURNS_MAX;
        let is_fit = has_room && self.bytes + waiting.bytes() <= RETURNS_BYTES_MAX;
        self.last += u64::from(is_fit);
        is_fit.then_some(self.last)
    }

    fn add(&mut self, token: u64, waiting: Waiting) {
        self.bytes += waiting.bytes();
        self.waiting.insert(waiting.session, token);
        self.all.insert(token, Return::Waiting(waiting));
    }

    /// Whether the client of a session waits, in any namespace.
    pub(super) fn is_waiting(&self, session: SessionId) -> bool {
        // Asked for every message, and mostly there are none.
        !self.waiting.is_empty() && self.waiting.contains_key(&session)
    }

    /// A session ends. Its client may be waiting.
    pub(super) fn abandon(&mut self, session: SessionId) {
        let Some(token) = self.waiting.remove(&session) else { return };
        if let Some(Return::Waiting(waiting)) = self.all.insert(token, Return::Abandoned) {
            self.bytes -= waiting.bytes();
        }
    }

    /// The client that the adapter has answered for; `None` if nobody waits any more.
    pub(super) fn take(&mut self, token: u64) -> Option<Return> {
        let taken = self.all.remove(&token)?;
        if let Return::Waiting(waiting) = &taken {
            self.bytes -= waiting.bytes();
            self.waiting.remove(&waiting.session);
        }
        Some(taken)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.waiting.is_empty() && self.bytes == 0
    }

    /// Forgets all, because the server ends.
    pub(super) fn clear(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }
}

impl<S> Context<'_, S> {
    /// An [`Adapter`](super::Adapter) answers its
    /// [`restore`](super::Adapter::restore) that it got with this token: the session and the events
    /// that its client has missed, or `None` if the client must begin anew. What is in them is
    /// checked as a client's input is. A second answer changes nothing.
    pub fn cluster_restored(&mut self, token: u64, restored: Option<Restored>) {
        let returns = &mut self.core.returns;
        let is_asked = returns.all.contains_key(&token)
            && !returns.answers.iter().any(|(answered, _)| *answered == token);
        if is_asked {
            returns.answers.push((token, restored));
        }
    }
}

impl<S> Server<S> {
    /// Asks the adapter for the session to which a client comes back. False if the client must
    /// begin anew.
    pub(super) fn await_return(
        &mut self,
        turn: &mut Turn<'_>,
        join: &Join<'_>,
        pid: &str,
        offset: Option<&str>,
    ) -> bool {
        let waiting = Waiting {
            session: join.session,
            namespace: join.namespace,
            name: join.name.to_owned(),
            auth: join.auth.to_owned(),
        };
        let Some(token) = self.core.returns.token(&waiting) else { return false };
        let asked = self.call_in(turn, join.namespace, |_, cx| {
            let is_asked = cx.restore_from_cluster(token, pid, offset);
            if is_asked {
                // The timer keeps a namespace that was made for the client, too.
                cx.after(RETURN_MS, move |cx| cx.give_up_return(token));
            }
            is_asked
        });
        if asked == Some(true) {
            self.core.returns.add(token, waiting);
        }
        asked == Some(true)
    }
}

impl<S> Context<'_, S> {
    /// A client has waited long enough.
    fn give_up_return(&mut self, token: u64) {
        if self.core.returns.all.contains_key(&token) {
            self.forget_restoring(token);
            self.cluster_restored(token, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Table;

    fn waiting(session: SessionId, auth: usize) -> Waiting {
        let (name, auth) = ("/".to_owned(), "x".repeat(auth));
        Waiting { session, namespace: Namespace::LINES, name, auth }
    }

    #[test]
    fn those_who_wait_are_bounded_in_number_and_in_bytes() {
        let mut sessions = Table::default();
        let mut returns = Returns::default();
        for auth in [RETURNS_BYTES_MAX / 2, RETURNS_BYTES_MAX / 4] {
            let waiting = waiting(sessions.insert(()), auth);
            let token = returns.token(&waiting).expect("there is room");
            returns.add(token, waiting);
        }
        assert!(returns.token(&waiting(sessions.insert(()), RETURNS_BYTES_MAX / 4)).is_none());
        returns.take(1);
        while let Some(token) = returns.token(&waiting(sessions.insert(()), 0)) {
            returns.add(token, waiting(sessions.insert(()), 0));
        }
        assert_eq!(returns.all.len(), RETURNS_MAX);
        // One who has gone still counts, until the adapter has answered.
        let session = *returns.waiting.keys().next().expect("there are many");
        returns.abandon(session);
        assert!(returns.token(&waiting(session, 0)).is_none() && !returns.is_waiting(session));
        (1..=returns.last).for_each(|token| _ = returns.take(token));
        assert!(returns.is_empty());
    }
}
