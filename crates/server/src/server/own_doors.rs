//! The doors whose protocols are the application's own.

use super::Listen;
use super::core::Core;
use crate::base::{Dialect, Namespace, Voice};
use crate::session::{DoorSettings, Framer, LineSession, LineSettings};

/// A door for a protocol of the application's own.
pub(super) struct OwnDoor {
    pub(super) name: String,
    namespace: Namespace,
    pub(super) settings: LineSettings,
    framer: Box<dyn Fn() -> Box<dyn Framer>>,
}

impl OwnDoor {
    pub(super) fn new<F: Framer + 'static>(
        name: &str,
        namespace: Namespace,
        settings: DoorSettings,
        framer: impl Fn() -> F + 'static,
    ) -> Self {
        let framer = Box::new(move || Box::new(framer()) as Box<dyn Framer>);
        let settings = LineSettings::of_own(settings);
        Self { name: name.to_owned(), namespace, settings, framer }
    }

    /// The voice and the session of a client that has just come in; `at` is this door's number.
    pub(super) fn begin(&self, at: usize) -> (Voice, LineSession) {
        let voice = Voice::plain(self.namespace, Dialect::Bytes);
        (voice, LineSession::own(&self.settings, (self.framer)(), at))
    }
}

impl<S> Core<S> {
    /// The number of the door that has this one of [`Listen::own_doors`];
    /// `None` if the application has no door of that name.
    pub(super) fn own_door(&self, listener: usize) -> Option<usize> {
        let name = &self.listen.own_doors().nth(listener)?.name;
        self.own.iter().position(|door| door.name == *name)
    }

    /// The name of an address's door that the application does not have.
    pub(super) fn unknown_door<'l>(&self, listen: &'l Listen) -> Option<&'l str> {
        let is_known = |name: &str| self.own.iter().any(|door| door.name == name);
        listen.own_doors().map(|door| &*door.name).find(|name| !is_known(name))
    }
}
