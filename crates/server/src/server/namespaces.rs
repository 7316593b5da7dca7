//! The namespaces and endpoints of a server, by their numbers.

use super::outgoing::Observer;
use crate::base::{Destination, Namespace};
use crate::limits::MADE_NAMESPACES_MAX;
use std::collections::HashMap;
use std::rc::Rc;

/// Everything that has rooms and handlers of its own. A [`Namespace`] is a place in this list.
#[derive(Debug)]
pub(super) struct Namespaces {
    all: Vec<Known>,
    by_name: HashMap<Rc<str>, Namespace>,
    /// The namespace `/`, or that of lines if there is none.
    slash: Namespace,
    /// Number of namespaces that were made for a client and are there.
    made: usize,
    /// Numbers of those that have gone.
    free: Vec<Namespace>,
    /// Namespaces that may have nobody in them any more.
    left: Vec<Namespace>,
    observers: Vec<Observer>,
}

#[derive(Debug)]
struct Known {
    name: Rc<str>,
    target: Destination,
    /// Whether it was made for a client, so that it goes with the last of its clients.
    is_made: bool,
    /// Calls of its handlers that are still to come, such as timers.
    calls: u32,
    /// The place of the observer of its outgoing events.
    observer: Option<usize>,
}

impl Default for Namespaces {
    /// The clients of the line door, who are always there.
    fn default() -> Self {
        let (all, by_name, observers) = (Vec::new(), HashMap::new(), Vec::new());
        let (free, left) = (Vec::new(), Vec::new());
        let slash = Namespace::LINES;
        let mut new = Self { all, by_name, slash, made: 0, free, left, observers };
        new.add("lines", |_| Destination::Lines);
        new
    }
}

impl Namespaces {
    /// Adds a namespace of Socket.IO.
    pub(super) fn add_socket_io(&mut self, name: &str) -> Namespace {
        let namespace = self.add(name, |_| Destination::SocketIo);
        if name == "/" {
            self.slash = namespace;
        }
        namespace
    }

    /// The namespace whose clients an event is for: this one, or `/` if this one's clients, such as
    /// those of the line door, hear no events.
    pub(super) fn of_events(&self, namespace: Namespace) -> Namespace {
        match self.is_socket_io(namespace) {
            true => namespace,
            false => self.slash,
        }
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
        let number = u16::try_from(self.all.len());
        let namespace = Namespace(number.expect("a server has at most 2^16 namespaces"));
        let (name, target): (Rc<str>, _) = (Rc::from(name), target(namespace));
        self.by_name.insert(Rc::clone(&name), namespace);
        self.all.push(Known { name, target, is_made: false, calls: 0, observer: None });
        namespace
    }

    /// Adds a namespace of Socket.IO for a client, for as long as anybody is in it. `None` if there
    /// are [`MADE_NAMESPACES_MAX`] already.
    pub(super) fn make(&mut self, name: &str, observer: Option<usize>) -> Option<Namespace> {
        if self.made >= MADE_NAMESPACES_MAX {
            return None;
        }
        self.made += 1;
        let namespace = match self.free.pop() {
            Some(namespace) => {
                let name: Rc<str> = Rc::from(name);
                self.by_name.insert(Rc::clone(&name), namespace);
                self.all[usize::from(namespace.0)].name = name;
                namespace
            }
            None => self.add_socket_io(name),
        };
        let known = &mut self.all[usize::from(namespace.0)];
        (known.is_made, known.observer) = (true, observer);
        Some(namespace)
    }

    /// Removes a namespace that was made for a client, with its name. Its number is used again.
    pub(super) fn remove(&mut self, namespace: Namespace) {
        let Some(known) = self.all.get_mut(usize::from(namespace.0)) else { return };
        if std::mem::take(&mut known.is_made) {
            self.by_name.remove(&std::mem::replace(&mut known.name, Rc::from("")));
            known.observer = None;
            self.made -= 1;
            self.free.push(namespace);
        }
    }

    /// Notes that a client has left, or a call has been made, so that it may have to go.
    pub(super) fn leave(&mut self, namespace: Namespace) {
        let known = self.all.get(usize::from(namespace.0));
        if known.is_some_and(|known| known.is_made) {
            self.left.push(namespace);
        }
    }

    /// Takes one that may have to go: no call of its handlers is still to come.
    pub(super) fn pop_left(&mut self) -> Option<Namespace> {
        while let Some(namespace) = self.left.pop() {
            let known = self.all.get(usize::from(namespace.0));
            if known.is_some_and(|known| known.is_made && known.calls == 0) {
                return Some(namespace);
            }
        }
        None
    }

    /// Notes a later call of one of its handlers. It stays until then.
    pub(super) fn expect_call(&mut self, namespace: Namespace) {
        if let Some(known) = self.all.get_mut(usize::from(namespace.0)) {
            known.calls += 1;
        }
    }

    /// Notes that such a call has been made.
    pub(super) fn called_back(&mut self, namespace: Namespace) {
        if let Some(known) = self.all.get_mut(usize::from(namespace.0)) {
            known.calls = known.calls.saturating_sub(1);
        }
        self.leave(namespace);
    }

    /// Keeps an observer, and returns its place.
    pub(super) fn add_observer(&mut self, observer: Observer) -> usize {
        self.observers.push(observer);
        self.observers.len() - 1
    }

    /// Sets the observer of its outgoing events, by its place.
    pub(super) fn observe(&mut self, namespace: Namespace, observer: Option<usize>) {
        if let Some(known) = self.all.get_mut(usize::from(namespace.0)) {
            known.observer = observer;
        }
    }

    /// Its name, and the observer of its outgoing events, if it has one.
    pub(super) fn observer(&mut self, namespace: Namespace) -> Option<(&str, &mut Observer)> {
        let known = self.all.get(usize::from(namespace.0))?;
        Some((&*known.name, self.observers.get_mut(known.observer?)?))
    }

    /// The namespace or endpoint called `name`; `None` if there is none.
    pub(super) fn called(&self, name: &str) -> Option<Namespace> {
        self.by_name.get(name).copied()
    }

    /// The namespace of Socket.IO called `name`; `None` if there is none.
    pub(super) fn socket_io(&self, name: &str) -> Option<Namespace> {
        self.called(name).filter(|namespace| self.is_socket_io(*namespace))
    }

    /// Whether it is one of Socket.IO.
    pub(super) fn is_socket_io(&self, namespace: Namespace) -> bool {
        let known = self.all.get(usize::from(namespace.0));
        known.is_some_and(|known| known.target == Destination::SocketIo)
    }

    /// The names of those of Socket.IO.
    pub(super) fn socket_io_names(&self) -> impl Iterator<Item = &str> {
        let known = self.all.iter().filter(|known| known.target == Destination::SocketIo);
        // One that was made and has gone has no name.
        known.map(|known| &*known.name).filter(|name| !name.is_empty())
    }

    /// Its name.
    pub(super) fn name(&self, namespace: Namespace) -> Option<&Rc<str>> {
        self.all.get(usize::from(namespace.0)).map(|known| &known.name)
    }
}
