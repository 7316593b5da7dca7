//! Messages of other servers are done here.

use super::message::{
    Addressed, Broadcast, ClusterKind, ClusterMessage, Said, SocketsData, event, quoted,
};
use super::servers::{HeardEvent, local_sockets, sockets_json};
use super::waiting::{Answered, FetchedSocket};
use crate::base::{CloseReason, Namespace, SocketId};
use crate::limits::{CLUSTER_ANSWER_MS, CLUSTER_ANSWER_MS_MAX};
use crate::server::{Args, Context, Prepared, To};
use serde::Deserialize;

/// Why a message of another server is not obeyed.
#[derive(Debug)]
struct Unfit;

impl<T: std::error::Error> From<T> for Unfit {
    fn from(_: T) -> Self {
        Self
    }
}

/// The sockets of another server.
#[derive(Deserialize)]
struct Told {
    sockets: Vec<FetchedSocket>,
}

impl<S> Context<'_, S> {
    /// Does what a message of another server says. An [`Adapter`](super::Adapter) calls it for each
    /// message that it gets; one of this server's own changes nothing. What is in the message is
    /// checked as a client's input is, and a message that is wrong is dropped.
    pub fn hear_cluster(&mut self, message: &ClusterMessage<'_>) {
        if message.from == self.server_id() {
            return self.heard_own(message);
        }
        let Some(namespace) = self.core.namespaces.socket_io(message.namespace) else { return };
        let before = std::mem::replace(&mut self.namespace, namespace);
        let done = self.do_heard(namespace, message);
        self.namespace = before;
        if let Err(Unfit) = done {
            log::debug!("dropped a message of a server from={:?}", message.from);
        }
    }

    fn do_heard(
        &mut self,
        namespace: Namespace,
        message: &ClusterMessage<'_>,
    ) -> Result<(), Unfit> {
        match message.kind {
            ClusterKind::Event => self.heard_event(message),
            ClusterKind::Question => self.heard_question(message),
            ClusterKind::Join | ClusterKind::Leave | ClusterKind::Disconnect => {
                self.heard_deed(message)
            }
            ClusterKind::Fetch => self.heard_fetch(namespace, message),
            ClusterKind::ServerEvent => self.heard_server_event(namespace, message),
            ClusterKind::Fetched
            | ClusterKind::ServerAnswer
            | ClusterKind::Hearers
            | ClusterKind::Answer => self.heard_answer(message),
        }
    }

    fn heard_event(&mut self, message: &ClusterMessage<'_>) -> Result<(), Unfit> {
        let broadcast: Broadcast<'_> = serde_json::from_str(message.data)?;
        let mut text = String::new();
        let (name, args) = broadcast.event(&mut text, message.attachments)?;
        addressed(self, &broadcast.opts).at_offset(message.offset).emit(&name, args);
        Ok(())
    }

    fn heard_question(&mut self, message: &ClusterMessage<'_>) -> Result<(), Unfit> {
        let broadcast: Broadcast<'_> = serde_json::from_str(message.data)?;
        let request = broadcast.request.as_deref().ok_or(Unfit)?;
        let mut text = String::new();
        let (name, args) = broadcast.event(&mut text, message.attachments)?;
        let sockets = addressed(self, &broadcast.opts).sockets();
        let timeout_ms = broadcast.opts.flags.timeout.unwrap_or(CLUSTER_ANSWER_MS);
        let timeout_ms = timeout_ms.min(CLUSTER_ANSWER_MS_MAX);
        let count = sockets.len();
        let data = format!(r#"{{"requestId":{},"clientCount":{count}}}"#, quoted(request));
        let from = Some(message.from);
        self.publish(from, message.namespace, ClusterKind::Hearers, (&data, &[]));
        let (namespace, args) = (self.namespace, Prepared::new(args));
        for socket in sockets {
            let (to, request) = (message.from.to_owned(), request.to_owned());
            self.emit_with_ack(socket, &name, &args, timeout_ms, move |cx, answer| {
                if let Ok(answer) = answer {
                    cx.respond(namespace, &to, &request, ClusterKind::Answer, answer);
                }
            });
        }
        Ok(())
    }

    fn heard_deed(&mut self, message: &ClusterMessage<'_>) -> Result<(), Unfit> {
        let deed: SocketsData<'_> = serde_json::from_str(message.data)?;
        let sockets = addressed(self, &deed.opts).sockets();
        for socket in sockets {
            match message.kind {
                ClusterKind::Join => deed.rooms.iter().for_each(|room| _ = self.join(socket, room)),
                ClusterKind::Leave => {
                    deed.rooms.iter().for_each(|room| _ = self.leave(socket, room));
                }
                _ if deed.close == Some(true) => {
                    self.close(socket, CloseReason::ServerDisconnect);
                }
                _ => self.disconnect(socket, CloseReason::ServerDisconnect),
            }
        }
        Ok(())
    }

    fn heard_fetch(
        &mut self,
        namespace: Namespace,
        message: &ClusterMessage<'_>,
    ) -> Result<(), Unfit> {
        let deed: SocketsData<'_> = serde_json::from_str(message.data)?;
        let request = deed.request.as_deref().ok_or(Unfit)?;
        let sockets = addressed(self, &deed.opts).sockets();
        let sockets = sockets_json(&local_sockets(self, &sockets));
        let data = format!(r#"{{"requestId":{},"sockets":{sockets}}}"#, quoted(request));
        let Some(name) = self.core.namespaces.name(namespace).cloned() else { return Ok(()) };
        self.publish(Some(message.from), &name, ClusterKind::Fetched, (&data, &[]));
        Ok(())
    }

    fn heard_server_event(
        &mut self,
        namespace: Namespace,
        message: &ClusterMessage<'_>,
    ) -> Result<(), Unfit> {
        let said: Said<'_> = serde_json::from_str(message.data)?;
        let mut text = String::new();
        let data = said.packet.ok_or(Unfit)?.get();
        let (name, args) = event(data, &mut text, message.attachments)?;
        let asker = said.request.map(|request| (message.from.to_owned(), request.into_owned()));
        let (name, args) = (name.into_owned(), Prepared::new(args));
        self.keep_heard(HeardEvent { namespace, name, args, asker });
        Ok(())
    }

    fn heard_answer(&mut self, message: &ClusterMessage<'_>) -> Result<(), Unfit> {
        let said: Said<'_> = serde_json::from_str(message.data)?;
        let request = said.request.as_deref().ok_or(Unfit)?;
        let attached: usize = message.attachments.iter().map(Vec::len).sum();
        let bytes = message.data.len() + attached;
        let answered = match message.kind {
            ClusterKind::Hearers => Answered::Hearers(said.clients),
            ClusterKind::Fetched => {
                let Told { mut sockets } = serde_json::from_str(message.data)?;
                for FetchedSocket { id, rooms, .. } in &mut sockets {
                    rooms.retain(|room| room != id);
                }
                Answered::Sockets(sockets)
            }
            _ => {
                let value = said.packet.map_or("null", |packet| packet.get());
                Answered::Value(Prepared::new(Args::new(value, message.attachments)?))
            }
        };
        self.take_answered(request, answered, bytes);
        Ok(())
    }

    /// The socket of the context's namespace with this public id, if it is of this server.
    fn here(&self, id: &str) -> Option<SocketId> {
        let socket = self.find(id)?;
        let voice = self.core.hub.voice(socket)?;
        (voice.namespace == self.namespace).then_some(socket)
    }
}

/// The audience of a message at this server. In a message each socket has a room with its id.
fn addressed<'b, 'a, S>(cx: &'b mut Context<'a, S>, to: &'b Addressed<'_>) -> To<'b, 'a, S> {
    let single: Vec<SocketId> = to.rooms.iter().filter_map(|id| cx.here(id)).collect();
    let except: Vec<SocketId> = to.except.iter().filter_map(|id| cx.here(id)).collect();
    let mut audience = cx.everyone().local().except_all(&except);
    for room in &to.rooms {
        audience = audience.to(room);
    }
    for room in &to.except {
        audience = audience.except_room_if_any(room);
    }
    audience = audience.and_sockets(single);
    if to.flags.volatile == Some(true) { audience.volatile() } else { audience }
}
