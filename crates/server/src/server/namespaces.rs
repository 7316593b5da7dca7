//! The namespaces and endpoints of a server, by their numbers.

use crate::base::{Destination, Namespace};
use std::rc::Rc;

/// Everything that has rooms and handlers of its own. A [`Namespace`] is a place in this list.
#[derive(Debug)]
pub(super) struct Namespaces(Vec<Known>);

#[derive(Debug)]
struct Known {
    name: Rc<str>,
    target: Destination,
}

impl Default for Namespaces {
    /// The clients of the line door, who are always there.
    fn default() -> Self {
        Self(vec![Known { name: Rc::from("lines"), target: Destination::Lines }])
    }
}

impl Namespaces {
    /// Adds a namespace of Socket.IO.
    pub(super) fn add_socket_io(&mut self, name: &str) -> Namespace {
        self.add(name, |_| Destination::SocketIo)
    }

    /// Adds an endpoint of bare Engine.IO.
    pub(super) fn add_engine(&mut self, path: &str) -> Namespace {
        self.add(&format!("engine:{path}"), Destination::Engine)
    }

    /// Adds a plain WebSocket whose messages are the application's.
    pub(super) fn add_messages(&mut self, path: &str) -> Namespace {
        self.add(&format!("ws:{path}"), Destination::Messages)
    }

    /// Adds a door whose protocol is the application's own.
    pub(super) fn add_own(&mut self, name: &str) -> Namespace {
        self.add(name, Destination::Own)
    }

    fn add(&mut self, name: &str, target: impl FnOnce(Namespace) -> Destination) -> Namespace {
        assert!(self.called(name).is_none(), "{name} is there twice");
        let number = u16::try_from(self.0.len());
        let namespace = Namespace(number.expect("a server has at most 2^16 namespaces"));
        self.0.push(Known { name: Rc::from(name), target: target(namespace) });
        namespace
    }

    /// The namespace or endpoint called `name`; `None` if there is none.
    pub(super) fn called(&self, name: &str) -> Option<Namespace> {
        let at = self.0.iter().position(|known| *known.name == *name)?;
        u16::try_from(at).ok().map(Namespace)
    }

    /// The namespace of Socket.IO called `name`; `None` if there is none.
    pub(super) fn socket_io(&self, name: &str) -> Option<Namespace> {
        self.called(name).filter(|namespace| self.is_socket_io(*namespace))
    }

    /// Whether it is one of Socket.IO.
    pub(super) fn is_socket_io(&self, namespace: Namespace) -> bool {
        let known = self.0.get(usize::from(namespace.0));
        known.is_some_and(|known| known.target == Destination::SocketIo)
    }

    /// Its name.
    pub(super) fn name(&self, namespace: Namespace) -> Option<&Rc<str>> {
        self.0.get(usize::from(namespace.0)).map(|known| &known.name)
    }
}
