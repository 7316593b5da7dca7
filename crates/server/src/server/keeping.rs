//! Events for single sockets that take part in recovery.

use super::Context;
use super::recovery::{Audience, Kept};
use crate::base::SocketId;
use crate::session::dialect::Sending;
use mio_wire::sio;

impl<S> Context<'_, S> {
    /// The offset of the newest event. A client that comes now has missed nothing so far.
    pub(super) fn newest_offset(&mut self) -> String {
        let now = self.now();
        let store = self.core.recovery.as_mut().and_then(|recovery| recovery.store());
        match store {
            Some(store) => store.newest(self.state, now),
            None => self.newest(),
        }
    }

    /// Sends an event to a socket that takes part in recovery.
    pub(super) fn emit_kept(
        &mut self,
        to: SocketId,
        name: &str,
        args: &str,
        attachments: &[Vec<u8>],
    ) {
        let (now, namespace) = (self.now(), &*self.namespace_of(to));
        self.core.observe_one(to, name, args, attachments);
        let mut text = std::mem::take(&mut self.core.text);
        text.clear();
        sio::encode_event(&mut text, namespace, None, name, args, attachments.len());
        if let Some(recovery) = self.core.recovery.as_mut().filter(|it| it.has_store()) {
            let (audience, except, except_rooms) = (Audience::Everyone, &[][..], &[][..]);
            let event = Kept { namespace, audience, except, except_rooms, name, args, attachments };
            let offset = recovery.keep_for(self.state, now, to, &event);
            self.core.send(self.out, to, Sending::Kept(&text, &offset, attachments));
        } else if !self.tell_one(to, (name, args), &text, attachments) {
            let offset = serde_json::to_vec(&self.newest()).unwrap_or_default();
            self.core.send(self.out, to, Sending::Kept(&text, &offset, attachments));
        }
        self.core.text = text;
    }
}
