//! Observers of outgoing events.

use super::core::Core;
use super::handlers::Events;
use crate::base::SocketId;
use mio_wire::sio::Args;
use std::fmt;

/// An event that is being sent, for [`Events::on_any_outgoing`](super::Events::on_any_outgoing).
#[derive(Debug)]
#[non_exhaustive]
pub struct OutgoingEvent<'e> {
    /// The namespace in which it is sent.
    pub namespace: &'e str,
    /// Its name.
    pub name: &'e str,
    /// Its arguments.
    pub args: Args<'e>,
    /// The receiver, if the event is for one client.
    pub socket: Option<SocketId>,
    /// The rooms whose members receive it. With none, and no `socket`, it is for everyone.
    pub rooms: &'e [&'e str],
    /// The sockets that do not receive it.
    pub except: &'e [SocketId],
}

/// A function that is told of outgoing events.
pub(super) struct Observer(Box<dyn FnMut(&OutgoingEvent<'_>)>);

impl Observer {
    /// Tells it of an event.
    pub(super) fn tell(&mut self, event: &OutgoingEvent<'_>) {
        (self.0)(event);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}

impl<S> Events<S> {
    /// Tells `observe` of each event that is sent in the namespace, once however many receive it:
    /// to log, to count, to test. Answers are no events. It cannot send and has no state but what
    /// it captures, because it is called while a handler runs.
    ///
    /// # Examples
    /// ```
    /// use mio_socketio::Server;
    /// use mio_socketio::testing::TestServer;
    /// use serde_json::Value;
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// let log = Rc::new(RefCell::new(Vec::new()));
    /// let lines = Rc::clone(&log);
    /// let server = Server::new((), |server| {
    ///     server.namespace("/", |events| {
    ///         events
    ///             .on("say", |cx, event| cx.to("lobby").emit("said", event.args))
    ///             .on_any_outgoing(move |event| {
    ///                 let text = event.args.json();
    ///                 lines.borrow_mut().push(format!("{} {:?} {text}", event.name, event.rooms));
    ///             })
    ///     })
    /// });
    /// let mut world = TestServer::new(server);
    /// let alice = world.connect("/", Value::Null).expect("all are let in");
    /// world.emit(alice, "say", "hi");
    /// assert_eq!(*log.borrow(), [r#"said ["lobby"] "hi""#]);
    /// ```
    pub fn on_any_outgoing(mut self, observe: impl FnMut(&OutgoingEvent<'_>) + 'static) -> Self {
        self.outgoing = Some(Observer(Box::new(observe)));
        self
    }
}

impl<S> Core<S> {
    /// Tells the observer of a socket's namespace of an event for this socket.
    pub(super) fn observe_one(
        &mut self,
        socket: SocketId,
        name: &str,
        json: &str,
        attachments: &[Vec<u8>],
    ) {
        let Some(voice) = self.hub.voice(socket) else { return };
        if let Some((namespace, observer)) = self.namespaces.observer(voice.namespace) {
            let (args, socket) = (args(json, attachments), Some(socket));
            observer.tell(&OutgoingEvent {
                namespace,
                name,
                args,
                socket,
                rooms: &[],
                except: &[],
            });
        }
    }
}

/// Arguments that were written here, or checked when they came.
pub(super) fn args<'e>(json: &'e str, attachments: &'e [Vec<u8>]) -> Args<'e> {
    Args::new(json, attachments).unwrap_or_default()
}
