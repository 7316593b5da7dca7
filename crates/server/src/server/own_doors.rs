//! The doors whose protocols are the application's own.

use super::Listen;
use super::core::Core;
use crate::base::{Dialect, Namespace, Voice};
use crate::session::{DoorSettings, Framer, LineSession, LineSettings, Session};

/// A door for a protocol of the application's own.
pub(super) struct OwnDoor {
    pub(super) name: &'static str,
    namespace: Namespace,
    own: DoorSettings,
    /// The settings in force: its own, and the line door's for the rest.
    pub(super) settings: LineSettings,
    framer: Box<dyn Fn() -> Box<dyn Framer>>,
}

impl OwnDoor {
    /// # Panics
    /// If a log or a metric could not tell its name from that of another protocol, or not read it.
    pub(super) fn new<F: Framer + 'static>(
        name: &'static str,
        namespace: Namespace,
        own: DoorSettings,
        framer: impl Fn() -> F + 'static,
    ) -> Self {
        let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(is_word, "the name of a door, {name:?}, has spaces or is not all ASCII");
        assert!(!Session::PROTOCOLS.contains(&name), "{name} is the name of another protocol");
        let framer = Box::new(move || Box::new(framer()) as Box<dyn Framer>);
        let settings = own.beside(&LineSettings::default());
        Self { name, namespace, own, settings, framer }
    }

    /// Follows the line door, which has these settings, in everything that it does not set itself.
    pub(super) fn follow(&mut self, lines: &LineSettings) {
        self.settings = self.own.beside(lines);
    }

    /// The voice and the session of a client that has just come in; `at` is this door's number.
    pub(super) fn begin(&self, at: usize) -> (Voice, LineSession) {
        let voice = Voice::plain(self.namespace, Dialect::Bytes);
        (voice, LineSession::own(&self.settings, (self.framer)(), (at, self.name)))
    }
}

impl<S> Core<S> {
    /// Adds the doors whose protocols are the application's own.
    pub(super) fn add_own(&mut self, own: Vec<OwnDoor>) {
        self.own = own;
        self.own.iter_mut().for_each(|door| door.follow(&self.lines));
    }

    /// The number of the door that has this one of [`Listen::own_doors`];
    /// `None` if the application has no door of that name.
    pub(super) fn own_door(&self, listener: usize) -> Option<usize> {
        let name = &self.listen.own_doors().nth(listener)?.name;
        self.own.iter().position(|door| door.name == name)
    }

    /// The name of an address's door that the application does not have.
    pub(super) fn unknown_door<'l>(&self, listen: &'l Listen) -> Option<&'l str> {
        let is_known = |name: &str| self.own.iter().any(|door| door.name == name);
        listen.own_doors().map(|door| &*door.name).find(|name| !is_known(name))
    }
}
